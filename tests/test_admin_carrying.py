"""The record written out, and put on record elsewhere."""

import json
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import time
from typing import Any

import pytest
from journals import (
    ALEX,
    EVER,
    LOBBY,
    NOW,
    SAM,
    commit,
    deleted,
    on_disk,
    result,
    said,
    texts,
    told,
)
from operators import Operator

from twisted_chat import events
from twisted_chat.admin.carried import AHEAD_SECONDS, HIGHEST_SEQ, LINE_BYTES
from twisted_chat.admin.importing import EVENTS_BESIDE_A_SERVER, WRONG_LINES_LISTED
from twisted_chat.journal import SERVER, Entry
from twisted_chat.journal.sqlite import SqliteJournal

UNREADABLE = Path("/proc/self/mem")
EVENT = {"type": "said", "seq": 7, "time": NOW, "room": "#lobby", "who": "amy", "text": "hi"}
LINE = {"event": EVENT, "room": "#lobby", "actor": "g:amy"}
DELETED = {**EVENT, "type": "deleted", "by": "amy"}
BANNED = {**EVENT, "type": "banned", "by": "amy"}
BAN = events.Banned(room="#lobby", who="an address", by="amy")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    """That of a server on which some things were said, in the open and not."""
    journal = on_disk(tmp_path / "data")
    commit(
        journal,
        said("open"),
        said("elsewhere", room="#Dev"),
        said("closed", room="#Dev", place="#dev!mark"),
        told("alone"),
        Entry(BAN, "a:amy", "10.0.0.5"),
        Entry(events.LockedDown(by="amy", on=False), "a:amy"),
        Entry(events.Kicked(room="#lobby", who="sam", by="amy"), "a:amy", SAM),
    )
    yield journal
    result(journal.close())


@pytest.fixture
def operator(journal: SqliteJournal, tmp_path: Path) -> Operator:
    """Somebody who works beside that server."""
    return Operator(tmp_path / "data")


@pytest.fixture
def other(tmp_path: Path) -> Operator:
    """Somebody whose directory is not there yet."""
    return Operator(tmp_path / "other")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes a file with these lines, or objects; its path."""

    def write(*lines: object) -> str:
        path = tmp_path / "file.jsonl"
        path.write_text("".join(f"{_line(line)}\n" for line in lines), encoding="utf-8")
        return str(path)

    return write


def _line(line: object) -> str:
    return line if isinstance(line, str) else json.dumps(line)


def _seqs(lines: Sequence[dict[str, Any]]) -> list[int]:
    return [line["event"]["seq"] for line in lines]


# Out.


def test_exports_what_anybody_may_read(operator: Operator) -> None:
    """What is said in the open, and rulings that tell no address; a line of JSON for each."""
    done = operator.does("export")
    assert (done.code, done.err, _seqs(done.objects)) == (0, "", [1, 2, 7])
    assert done.objects[0] == {
        "event": {**EVENT, "seq": 1, "text": "open"},
        "room": "#lobby",
        "actor": "g:amy",
    }


def test_exports_all_where_that_is_wanted(operator: Operator) -> None:
    """Private rooms, what was told alone, and what administrators see alone."""
    done = operator.does("export", "--private")
    assert _seqs(done.objects) == [1, 2, 3, 4, 5, 6, 7]
    assert "10.0.0.5" in done.out


@pytest.mark.parametrize("room", ["#dev", "DEV"])
def test_exports_a_room(operator: Operator, room: str) -> None:
    """In any case, with its mark or without; what was private in it is so still."""
    assert _seqs(operator.does("export", room).objects) == [2]
    assert _seqs(operator.does("export", room, "--private").objects) == [2, 3]


def test_says_that_nothing_is_known_of_a_room(operator: Operator) -> None:
    """Rather than write nothing, for a name that is mistyped."""
    refused = operator.does("export", "#nowhere", "--private")
    assert (refused.code, refused.err) == (
        1,
        "twisted-chat-admin: Nothing is on record of #nowhere.\n",
    )


def test_exports_text_for_people(operator: Operator) -> None:
    """The day and the time, the room, and what happened."""
    done = operator.does("export", "--private", "--format", "text")
    assert done.lines == [
        "2023-11-14 22:13:20 [#lobby] amy: open",
        "2023-11-14 22:13:20 [#Dev] amy: elsewhere",
        "2023-11-14 22:13:20 [#Dev] amy: closed",
        "2023-11-14 22:13:20 [PM from amy to alex] alone",
        "2023-11-14 22:13:20 [#lobby]  * amy banned an address.",
        "2023-11-14 22:13:20  * amy ended the lockdown.",
        "2023-11-14 22:13:20 [#lobby]  * sam left. (After 0 seconds) - kicked by amy",
    ]


def test_exports_into_a_file(operator: Operator, tmp_path: Path) -> None:
    """For its owner alone, and in no other one's place unless that is wanted."""
    path = tmp_path / "out"
    done = operator.does("export", "--output", str(path))
    assert (done.out, done.err) == ("", f"{path}: 3 events.\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == operator.does("export").out
    assert operator.does("export", "--private", "--output", str(path)).code == 1
    assert len(path.read_text().splitlines()) == 3
    assert operator.does("export", "--private", "--force", "--output", str(path)).code == 0
    assert len(path.read_text().splitlines()) == 7


# In.


def test_imports_what_was_exported(operator: Operator, other: Operator, tmp_path: Path) -> None:
    """Into a directory that it makes, all of it, once; and it is found there."""
    file = str(tmp_path / "file")
    operator.does("export", "--private", "--output", file)
    done = other.does("import", file)
    assert (done.code, done.err) == (0, "")
    assert done.out == "7 events imported, 0 under a new number; 0 had been there.\n"
    assert other.does("import", file).out.endswith("; 7 had been there.\n")
    assert other.does("export", "--private").out == operator.does("export", "--private").out
    assert other.does("check").code == 0
    journal = on_disk(other.data)
    found = result(journal.search("OPEN", LOBBY, upto=EVER, most=9))
    assert [event.seq for event in found.events] == [1]
    result(journal.close())


def test_imports_beside_what_others_said(operator: Operator, write: Callable[..., str]) -> None:
    """What has the number of something else gets a new one, once, however often it is imported."""
    file = write(
        {**LINE, "event": {**EVENT, "seq": 8, "text": "eight"}},
        {**LINE, "event": {**EVENT, "seq": 1, "text": "one"}},
        {**LINE, "event": {**EVENT, "seq": 2, "text": "two"}},
    )
    first = "3 events imported, 2 under a new number; 0 had been there.\n"
    assert operator.does("import", file).out == first
    for _ in range(2):
        again = "0 events imported, 0 under a new number; 3 had been there.\n"
        assert operator.does("import", file).out == again
    said_there = [(line["event"]["seq"], line["event"]["text"]) for line in _said(operator)]
    assert said_there == [(1, "open"), (2, "elsewhere"), (8, "eight"), (9, "one"), (10, "two")]


def _said(operator: Operator) -> list[dict[str, Any]]:
    return [line for line in operator.does("export").objects if line["event"]["type"] == "said"]


def test_is_heard_of_by_a_server_that_runs(
    operator: Operator, journal: SqliteJournal, write: Callable[..., str]
) -> None:
    """What is said next has the next number, and what came is found."""
    operator.does("import", write({**LINE, "event": {**EVENT, "seq": 20}}))
    (event,) = commit(journal, said("next"))
    assert event.seq == 21
    page = result(journal.past(LOBBY, upto=EVER, most=9))
    assert texts([event for event in page.events if isinstance(event, events.Said)]) == [
        "open",
        "hi",
        "next",
    ]


def test_brings_nothing_back_that_was_deleted(
    operator: Operator, journal: SqliteJournal, tmp_path: Path
) -> None:
    """Whichever of message and deletion the file has, and what else has its number elsewhere."""
    before, after = str(tmp_path / "before"), str(tmp_path / "after")
    operator.does("export", "--output", before)
    older = Operator(tmp_path / "older")
    older.does("import", before)
    commit(journal, deleted(1))
    operator.does("export", "--output", after)
    assert operator.does("import", before).out.startswith("0 events imported")
    assert older.does("import", after).out.startswith("1 event imported")
    for place in (operator, older):
        assert "open" not in place.does("export").out


def test_imports_what_has_the_number_of_something_deleted(
    operator: Operator, journal: SqliteJournal, write: Callable[..., str]
) -> None:
    """What another said elsewhere is not what was deleted here."""
    commit(journal, deleted(1))
    file = write({**LINE, "event": {**EVENT, "seq": 1, "who": "kim"}})
    assert operator.does("import", file).out.startswith("1 event imported, 1 under a new")
    assert operator.does("import", file).out.startswith("0 events imported")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense", "it is no exported event: JSON is malformed"),
        ("{}", "it is no exported event: Object missing required field `event`"),
        ({**LINE, "more": 1}, "it is no exported event: Object contains unknown field `more`"),
        ({**LINE, "event": {**EVENT, "type": "joined"}}, "it is no exported event: Invalid value"),
        ({**LINE, "event": {**EVENT, "seq": 0}}, "its number is not between 1 and"),
        ({**LINE, "event": {**EVENT, "seq": HIGHEST_SEQ + 1}}, "its number is not between 1 and"),
        ({**LINE, "event": {**EVENT, "seq": 1 << 70}}, "its number is not between 1 and"),
        ({**LINE, "event": {**EVENT, "time": -1}}, "its time is no time, or still to come"),
        ({**LINE, "event": {**EVENT, "time": 9e9}}, "its time is no time, or still to come"),
        ({**LINE, "room": "#dev"}, "it is on record under '#dev', not under '#lobby'"),
        ({**LINE, "room": ""}, "it is on record under '', not under '#lobby'"),
        ({**LINE, "room": "@"}, "it is on record under '@', not under '#lobby'"),
        ({**LINE, "event": {**EVENT, "room": "lobby"}}, "'lobby' is no room: that would be"),
        ({**LINE, "event": {**EVENT, "room": ""}}, "'' is no room: A name needs"),
        ({**LINE, "event": {**EVENT, "room": SERVER}, "room": SERVER}, "'*' is no room"),
        ({**LINE, "event": {**EVENT, "room": "#a b"}}, "'#a b' is no room: A name is one word"),
        ({**LINE, "room": "#lobby!\x9b"}, "it is on record under '#lobby!\\x9b', not under"),
        ({**LINE, "room": "#lobby!" + "x" * 65}, "it is on record under '#lobby!xxx"),
        ({**LINE, "actor": "amy"}, "it does not say as an export does who did it, and to whom"),
        ({**LINE, "actor": "g:\x9b"}, "it does not say as an export does who did it"),
        ({**LINE, "concerns": "\x1b"}, "it does not say as an export does who did it"),
        ({**LINE, "event": {**EVENT, "who": "w" * 201}}, "its 'who' is none that can be"),
        ({**LINE, "event": {**DELETED, "of": -1}}, "its 'of' is none that can be"),
        ({**LINE, "event": {**DELETED, "of": 1 << 63}}, "its 'of' is none that can be"),
        ({**LINE, "event": {**BANNED, "until": 1e300}}, "its 'until' is none that can be"),
        (f'{{"event":{"[" * 9000}', "it is no exported event: "),
        (f'{{"event":{{"type":"said","x":{"[" * 30000}', "it is no exported event: maximum"),
        ({**LINE, "actor": "x" * LINE_BYTES}, f"it has more than {LINE_BYTES:,} bytes"),
    ],
)
def test_imports_all_or_nothing(
    other: Operator, write: Callable[..., str], line: object, why: str
) -> None:
    """A line that is wrong is named, and those around it are not imported either."""
    file = write(LINE, "", line, {**LINE, "event": {**EVENT, "seq": 9}})
    refused = other.does("import", file)
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (1, "", 2)
    assert refused.err.startswith(f"line 3: {why}")
    assert f"Nothing was imported of {file}: this line is wrong.\n" in refused.err
    assert other.does("export").out == ""


def test_names_the_first_of_many_wrong_lines(other: Operator, write: Callable[..., str]) -> None:
    """A file that is something else is not repeated as a whole."""
    refused = other.does("import", write(*["nonsense"] * 1000))
    assert len(refused.err.splitlines()) == WRONG_LINES_LISTED + 1
    assert refused.err.endswith(": these lines are wrong, and perhaps more.\n")


def test_takes_times_of_clocks_that_differ(other: Operator, write: Callable[..., str]) -> None:
    """A little ahead is no future."""
    ahead = round(time()) + AHEAD_SECONDS / 2
    assert other.does("import", write({**LINE, "event": {**EVENT, "time": ahead}})).code == 0


def test_cleans_what_it_imports(other: Operator, write: Callable[..., str]) -> None:
    """Nobody's terminal is worked on by what comes in a file, and half a character is none."""
    event = {**EVENT, "text": "a\x1b[2Jb\nc\u202ed", "who": "a\rmy"}
    for _ in range(2):
        other.does("import", write({**LINE, "event": event}))
    (line,) = other.does("export").objects
    assert (line["event"]["text"], line["event"]["who"]) == ("a\ufffd[2Jb\ncd", "a my")


def test_leaves_the_server_its_time(operator: Operator, tmp_path: Path) -> None:
    """Beside one that runs no more is imported at once than it can wait for."""
    many = tmp_path / "many"
    with many.open("w") as file:
        for seq in range(10, 10 + EVENTS_BESIDE_A_SERVER + 1):
            file.write(json.dumps({**LINE, "event": {**EVENT, "seq": seq}}) + "\n")
    refused = operator.does("import", str(many))
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (1, "", 1)
    assert "End the server, or split the file" in refused.err
    assert len(operator.does("export").lines) == 3


def test_keeps_servers_out_while_it_imports_much(
    other: Operator, monkeypatch: pytest.MonkeyPatch, write: Callable[..., str]
) -> None:
    """Without a server there is no bound, as one that starts meanwhile is refused."""
    monkeypatch.setattr("twisted_chat.admin.importing.EVENTS_BESIDE_A_SERVER", 0)
    file = write(LINE)
    assert other.does("import", file).code == 0
    journal = on_disk(other.data)
    assert other.does("import", file).code == 1
    result(journal.close())


def test_repeats_little_of_a_wrong_line(other: Operator, write: Callable[..., str]) -> None:
    """It may be long, and a terminal's codes are written out."""
    refused = other.does("import", write({**LINE, "room": "\x1b[2J" + "x" * 50_000}))
    assert "under '\\x1b[2Jxxx" in refused.err
    assert len(refused.err) < 500


@pytest.mark.skipif(not UNREADABLE.exists(), reason="this system has no such file")
def test_says_that_a_file_cannot_be_read(other: Operator) -> None:
    """One line, about that file."""
    refused = other.does("import", str(UNREADABLE))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"twisted-chat-admin: Nothing was imported of {UNREADABLE}: Input/output error.\n"
    )


@pytest.mark.parametrize("name", ["nowhere", ".", "pipe"])
def test_imports_plain_files(other: Operator, tmp_path: Path, name: str) -> None:
    """Anything else is one line."""
    (tmp_path / "pipe").symlink_to("/dev/null")
    refused = other.does("import", str(tmp_path / name))
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (1, "", 1)


# What is forgotten.


@pytest.fixture
def old(tmp_path: Path) -> Operator:
    """Somebody whose directory has two old lines in two rooms, one told alone, and a new one."""
    moment = [NOW]
    journal = on_disk(tmp_path / "old", lambda: moment[0])
    commit(journal, said("a"), said("b", room="#Dev"), said("c", place="#lobby!mark"), told("d"))
    commit(journal, Entry(events.Kicked(room="#lobby", who="sam", by="amy"), ALEX, SAM))
    moment[0] = time()
    commit(journal, said("e"))
    result(journal.close())
    return Operator(tmp_path / "old")


def _left(operator: Operator) -> list[int]:
    return _seqs(operator.does("export", "--private").objects)


def test_forgets_what_is_old(old: Operator) -> None:
    """In all rooms, and what was told alone; rulings stay."""
    done = old.does("purge", "--older-than", "90d", "--yes")
    assert (done.code, done.out, done.err) == (0, "4 messages forgotten.\n", "")
    assert _left(old) == [5, 6]
    assert old.does("purge", "--older-than", "90d").out == "There is nothing that old.\n"
    assert old.does("check").code == 0


def test_forgets_what_is_old_in_a_room(old: Operator) -> None:
    """And in what was private there; nothing else."""
    assert old.does("purge", "--older-than", "90d", "LOBBY", "--yes").code == 0
    assert _left(old) == [2, 4, 5, 6]
    assert old.does("purge", "--older-than", "90d", "nowhere").out.startswith("There is nothing")


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y", 0, [5, 6]), ("YES", 0, [5, 6]), ("", 1, [1, 2, 3, 4, 5, 6])]
)
def test_asks_before_it_forgets(old: Operator, answer: str, code: int, left: list[int]) -> None:
    """With how much it is; whatever is not yes is no."""
    done = old.answers(answer, "purge", "--older-than", "90d")
    assert (done.code, _left(old)) == (code, left)
    assert done.err.startswith("Forget 4 messages from before ")
    assert " in all rooms and in private, for good? [y/N] " in done.err


def test_takes_the_end_of_input_for_no(old: Operator) -> None:
    """Ctrl-D leaves the cursor in the question's line, and what follows begins another."""
    done = old.answers("\x04", "purge", "--older-than", "90d")
    assert (done.code, _left(old)) == (1, [1, 2, 3, 4, 5, 6])
    assert done.err.endswith(" [y/N] \ntwisted-chat-admin: Nothing is forgotten.\n")


def test_forgets_nothing_where_nobody_can_be_asked(old: Operator) -> None:
    """A script has to say that it means it."""
    refused = old.does("purge", "--older-than", "90d", stdin="y\n")
    assert (refused.code, _left(old)) == (2, [1, 2, 3, 4, 5, 6])
    assert "nobody can be asked here: add --yes." in refused.err
