"""Text that is made to be taken for something else, in every field and every question.

Row 16 of the threats: first the journal alone, then the whole server on a disk.
"""

import dataclasses
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from doors import DOORS, Guest
from journals import (
    ALEX,
    EVER,
    KIM,
    KINDS,
    NOW,
    SAM,
    Moment,
    commit,
    indexed_after,
    joined,
    left,
    on_disk,
    opened,
    result,
    said,
    told,
)

from twisted_chat import events
from twisted_chat.events import Recorded
from twisted_chat.house import About
from twisted_chat.journal import Entry, Journal, Put, Scope, looking, patience
from twisted_chat.journal.words import fold, mend
from twisted_chat.limits import OFF, SEARCH_EVENTS, Limits
from twisted_chat.testing import MemoryServer
from twisted_chat.text import clean
from twisted_chat.verbs import TABLE, Verb

CASES = int(os.environ.get("TWISTED_CHAT_CASES", "1"))
"""How many times as much as usual is tried; with 20 it is 500 strings and 6,000 searches."""

STRINGS = min(500, 50 * CASES)
SEARCHES = 300 * CASES
MESSAGES = 2500
"""More than twice what waits for the index: some are in it, and some are not."""

Record = Callable[[str, object], None]

PIECES = (
    *("'", '"', "''", '""', "`", ";", "--", "/*", "*/", "\\", "%", "_", "*", "^", "(", ")", "{"),
    *("}", "[", "]", ":", "+", "-", "~", "?", "?1", ":a", "@a", "$a", "#", "|", "&", "<", ">", "="),
    *(" ", "  ", "\t", "\n", "\r\n", "\0", "\x01", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff"),
    *(" AND ", " OR ", " NOT ", " NEAR(", "NEAR/2", "words:", "found", "rowid", "NULL", "rank"),
    *("'; DROP TABLE event; --", "1 OR 1=1", "UNION SELECT", "PRAGMA", "MATCH", "{0}", "%s", "%00"),
    *("a", "ab", "abc", "A", "ABC", "é", "É", "ß", "SS", "İ", "i̇", "ı", "ς", "Σ", "ﬁ", "FI", "ŉ"),
    *(
        "日",
        "日本",
        "日本語",
        "の",
        "한국어",
        "ไทย",
        "א",
        "‮",
        "\u200b",
        "\u200d",
        "\u0301",
        "\u0345",
    ),
    *("\U0001f600", "\U0001f468\u200d\U0001f469", "\ud800", "\udc00", "\udfff", "\ud83d\ude00"),
    *("\uffff", "\ufffe", "\U0010ffff", "\ufffd", "C++20", "foo.png", "http://x/?a=b&c=%20"),
)


@pytest.fixture(params=KINDS)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    """One of each kind, with nothing in it."""
    with opened(request.param, tmp_path / "data", Moment()) as journal:
        yield journal


def test_takes_any_text_in_every_field(journal: Journal) -> None:
    """It is kept, given back and found, and means nothing but itself."""
    strings = _strings(STRINGS)
    for number, text in enumerate(strings, start=1):
        place, actor = f"#r{number}{text}", f"a:{number}{text}"
        event = events.Said(room=text, who=text, text=text)
        assert commit(journal, Entry(event, actor, text, f"{number}{text}", place))[0].seq == number
        mine = mend(place)
        found = result(journal.past(Scope([place]), upto=EVER, most=9)).events
        assert found == [
            events.Said(room=mend(text), who=mend(text), text=mend(text), seq=number, time=NOW)
        ]
        entry = result(journal.entry(number))
        assert entry is not None
        assert (entry.actor, entry.concerns, entry.room) == (mend(actor), mend(text), mine)
        again = result(journal.commit([Entry(event, actor, text, f"{number}{text}", place)]))
        assert again[0].seq == number
    assert journal.last == len(strings)


def test_takes_any_text_in_every_question(journal: Journal) -> None:
    """The answer to what nobody wrote is that there is nothing."""
    commit(journal, joined(ALEX), left(ALEX), said("zzz"))
    for text in _strings(STRINGS):
        scope = Scope([text, "#lobby"], text)
        assert result(journal.search(f"q{text}q", scope, upto=EVER, most=9)).events == []
        assert result(journal.search("zzz", scope, who=f"q{text}", upto=EVER, most=9)).events == []
        assert len(result(journal.past(scope, upto=EVER, most=9)).events) == 1
        assert len(result(journal.around(1, scope, upto=EVER, most=9)).events) == 1
        assert result(journal.missed(ALEX, f"q{text}q", upto=EVER, most=9)).mentions == []
        assert result(journal.missed(text, text, upto=EVER, most=9)).news == []
        assert result(journal.heard(text)) == {}
        assert result(journal.audit([text], upto=EVER, most=9)) == []
        assert result(journal.forget([text], NOW + 1)) == 0


def test_takes_any_text_in_state(journal: Journal) -> None:
    """As a kind and as a key."""
    strings = [f"{number}{text}" for number, text in enumerate(_strings(STRINGS))]
    result(journal.commit([], [Put(text, text, b"1") for text in strings]))
    kept = sorted((mend(text), mend(text), b"1") for text in strings)
    assert sorted(journal.records()) == kept
    result(journal.commit([], [Put(text, text, None) for text in strings]))
    assert journal.records() == []


def test_follows_anybody_through_any_room(journal: Journal) -> None:
    """Whatever they, and it, are called."""
    for text in _strings(STRINGS):
        actor, room = f"a:{text}", f"#{text}"
        commit(journal, joined(actor, room), left(actor), said("x", KIM, room))
        assert len(result(journal.missed(actor, "nobody", upto=EVER, most=9)).news) == 1
        commit(journal, left(actor, room))
        assert room not in result(journal.heard(actor))


@pytest.mark.parametrize("few", [0, MESSAGES])
def test_finds_what_is_there_and_nothing_else(tmp_path: Path, few: int) -> None:
    """Searches for parts of what was said, and for what was not, against looking at each line."""
    random = Random(16)
    journal = on_disk(tmp_path / "data")
    with indexed_after(1000, few=few):
        _compare(journal, random)
    result(journal.close())


@pytest.mark.parametrize("text", ["zebra", "ze"])
@pytest.mark.parametrize("few", [0, MESSAGES])
def test_gives_numbers_that_tell_nothing_of_what_one_may_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, few: int
) -> None:
    """A search that ends at every chance does so at the same ones, whatever is said in private."""
    monkeypatch.setattr(patience, "WORK_SECONDS", -1)
    for window, size in (("FIRST_WINDOW", 8), ("LAST_WINDOW", 8), ("SCAN_WINDOW", 4)):
        monkeypatch.setattr(looking, window, size)
    reached = []
    for secret in ("zebra", "gnu"):
        journal = on_disk(tmp_path / secret)
        with indexed_after(20, few=few):
            for number in range(10):
                commit(journal, said(f"at {number}, {text if number == 3 else 'nothing'}"))
                commit(journal, *(said(secret, place="#dev!1") for _ in range(5)))
                commit(journal, told(secret, SAM, KIM))
            reached.append(_reached(journal, text, Scope(["#lobby", "#dev"], ALEX)))
        result(journal.close())
    assert reached[0] == reached[1]
    assert len(reached[0]) > 3


def _reached(journal: Journal, text: str, scope: Scope) -> list[int]:
    """How far each answer got, until there is nothing more."""
    numbers = [EVER]
    while numbers[-1]:
        page = result(journal.search(text, scope, upto=numbers[-1] - 1, most=9))
        numbers.append(page.reached)
    return numbers


def _compare(journal: Journal, random: Random) -> None:
    known = _filled(journal, random)
    for _ in range(SEARCHES):
        text = _asked(random, known)
        scope = Scope(random.sample(["#a", "#b", "#c"], random.randint(0, 3)), ALEX)
        expected = [
            event.seq
            for event in reversed(known)
            if getattr(event, "room", "") in scope.rooms or isinstance(event, events.Told)
            if fold(mend(text)) in fold(getattr(event, "text", "")) and text
        ]
        assert _all_found(journal, text, scope) == expected


def _strings(most: int) -> list[str]:
    random = Random(17)
    made = ["".join(random.choices(PIECES, k=random.randint(1, 5))) for _ in range(most)]
    return [*random.sample(PIECES, min(most // 2, len(PIECES))), *made][:most]


def _filled(journal: Journal, random: Random) -> list[Recorded]:
    """Lines made of pieces, some of them deleted again; all that is left of them."""
    for _ in range(MESSAGES // 100):
        batch = [_line(random) for _ in range(100)]
        commit(journal, *batch)
        gone = random.randint(1, journal.last)
        commit(journal, Entry(events.Deleted(of=gone, who="x", by="x", room="#a"), ALEX))
    everything = Scope(["#a", "#b", "#c"], ALEX)
    known: list[Recorded] = []
    more = True
    while more:
        upto = known[0].seq - 1 if known else EVER
        page = result(journal.past(everything, upto=upto, most=500))
        known, more = [*page.events, *known], page.more
    return known


def _line(random: Random) -> Entry:
    text = "".join(random.choices(PIECES, k=random.randint(1, 12)))
    if random.random() < 0.1:
        return Entry(events.Told(who="alex", to="kim", text=text), ALEX, KIM)
    return said(text, KIM, random.choice(["#a", "#b", "#c"]))


def _asked(random: Random, known: list[Recorded]) -> str:
    if random.random() < 0.3:
        return "".join(random.choices(PIECES, k=random.randint(1, 3)))
    text: str = getattr(random.choice(known), "text", "")
    start = random.randint(0, len(text))
    part = text[start : start + random.choice([1, 2, 3, 4, 8, 30])]
    return random.choice([part, part.upper(), part.lower(), part.casefold()])


def _all_found(journal: Journal, text: str, scope: Scope) -> list[int]:
    """Page by page, to the end."""
    found: list[int] = []
    reached = EVER
    while reached:
        page = result(journal.search(text, scope, upto=reached - 1, most=100))
        found += [event.seq for event in page.events]
        reached = page.reached
    return found


# The whole server.

LIFTED = Limits(**{field.name: OFF for field in dataclasses.fields(Limits)})
SENSIBLE = {
    "text": "hello",
    "room": "#den",
    "name": "Kim",
    "who": "Kim",
    "reason": "just so",
    "time": "2h",
    "since": "1h",
    "how": "5",
    "pattern": "spam",
    "verb": "say",
    "password": "correct-horse",
    "old": "correct-horse",
    "new": "correct-horse",
    "code": "x",
}
"""What a field says while another one is tried."""

UNWRITTEN = {"on", "most", "before", "after", "seq", "seen", "skip", "n"}
"""Fields that are no text; a verb that wants one without a choice gets it."""


def _fields(verb: Verb) -> list[str]:
    """Those that are written, and neither numbers nor on or off."""
    return [field for field in verb.fields if field not in UNWRITTEN]


VERBS = [verb for verb in TABLE.verbs if _fields(verb)]
HORSE = "correct-horse"


class Served:
    """A server that keeps everything on disk, which Ada administers, and where Kim is a guest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.server = MemoryServer(LIFTED, About(backlog=0), on_disk(folder))
        self.ada = self.server.program("Ada")
        self.ada.ask(type="register", password=HORSE)
        self.kim = self.server.program("Kim")

    def ask(self, request: dict[str, object]) -> dict[str, Any]:
        """Have Ada, who may do everything, ask in a room where Kim is; the answer."""
        if self.ada.closed:
            self.ada = self.server.program("Ada", password=HORSE)
        for end in (self.ada, self.kim):
            end.ask(type="join", room="#den")
            end.received()
        self.ada.send(json.dumps({**request, "id": 1}).encode() + b"\n")
        told = self.ada.objects()
        # Half a character is no JSON, so that the answer does not know the id.
        (answer,) = (one for one in told if one.get("id") == 1 or one["type"] == "error")
        return answer

    def rows(self) -> tuple[int, int]:
        """How many events are on record, and the number of the last one."""
        with closing(sqlite3.connect(self._folder / "chat.db")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            count, last = db.execute("SELECT count(*), coalesce(max(seq), 0) FROM event").fetchone()
        return count, last


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """One with nothing said in it yet."""
    folder = tmp_path / "data"
    with indexed_after(1, few=0):
        served = Served(folder)
        yield served
        result(served.server.house.journal.close())


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def door(request: pytest.FixtureRequest) -> type[Guest]:
    """The door that it is tried at."""
    door: type[Guest] = request.param
    return door


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_takes_any_text_in_every_field_of_a_request(
    verb: Verb, served: Served, record_property: Record
) -> None:
    """It is answered, with no fault, and no row is there that should not be, or is missing."""
    usual: dict[str, object] = {name: SENSIBLE[name] for name in _fields(verb)}
    usual |= {"type": verb.request.__struct_config__.tag}
    usual |= {"on": True} if "on" in verb.fields else {}
    answers = [
        served.ask({**usual, field: text}) for text in _strings(STRINGS) for field in _fields(verb)
    ]
    assert [answer for answer in answers if answer.get("code") == "something_wrong"] == []
    assert served.rows() == (served.server.house.journal.last,) * 2
    record_property("answers", len(answers))


def test_finds_at_every_door_what_was_said(
    door: type[Guest], served: Served, record_property: Record
) -> None:
    """As it was typed, whatever it looks like: those lines, and no others."""
    random, said = Random(18), []
    for text in _strings(STRINGS):
        answer = served.ask({"type": "say", "text": f"{random.choice(PIECES)}{text}"})
        if answer["type"] == "ok":
            said.append(answer["seq"])
    known = result(served.server.house.journal.past(Scope(["#den"]), upto=EVER, most=2 * STRINGS))
    texts = {event.seq: fold(getattr(event, "text", "")) for event in known.events}
    assert list(texts) == said
    guest = door(served.server, "Alex")
    guest.do("join", room="#den")
    asked = 0
    for text in filter(None, (clean(mend(text)).strip() for text in _strings(2 * STRINGS))):
        expected = [seq for seq in reversed(said) if fold(text) in texts[seq]]
        assert _found(guest, text) == expected[:SEARCH_EVENTS]
        asked += 1
    record_property("searches", asked)


def _found(guest: Guest, text: str) -> list[int]:
    """The numbers in the answer; where there was no time to look at all, it is asked again."""
    numbers: list[int] = []
    answer = "More: "
    while "More: " in answer and len(numbers) < SEARCH_EVENTS:
        guest.hears()
        answer = guest.do("search", text=text)
        # A message of several lines has its number before each of them.
        numbers = list(dict.fromkeys(int(line.partition(" ")[0]) for line in guest.hears()))
    assert ("Nothing was found." in answer) == (not numbers)
    return numbers
