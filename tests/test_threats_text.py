"""What people write harms nobody: rows 1, 2, 4, 5 and 24 of the threats, through the line door.

``TWISTED_CHAT_CASES`` sets how many cases the first row is tried with; the figure that is claimed
for it is from 20,000, with ``--timeout 0``.
"""

import dataclasses
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.logger import FileLogObserver, globalLogPublisher, textFileLogObserver

from twisted_chat import events, wording
from twisted_chat.events import Event
from twisted_chat.house import About
from twisted_chat.journal import Entry, Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import (
    MOTD_BYTES,
    MOTD_LINES,
    NAME_CHARS,
    OFF,
    REASON_CHARS,
    ROOM_CHARS,
    TOPIC_CHARS,
    Limits,
)
from twisted_chat.logformat import as_line
from twisted_chat.testing import End, MemoryServer
from twisted_chat.verbs import TABLE, Verb

CASES = int(os.environ.get("TWISTED_CHAT_CASES", "200"))
CLAIMED = 20_000
LIFTED = Limits(**{field.name: OFF for field in dataclasses.fields(Limits)})
TELNET_NOP = b"\xff\xf1"
DEN = "#den"


class Record(MemoryJournal):
    """A journal in memory that shows what it put on record."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        self.events: list[Event] = []

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        """Put it on record, and keep it to be shown."""
        return super().commit(entries, puts, told=told).addCallback(self._keep_shown)

    def _keep_shown(self, recorded: list[Event]) -> list[Event]:
        self.events += recorded
        return recorded


class Den:
    """Alex and Bot, who send, and three who hear it, each in another way, all in one room."""

    def __init__(self) -> None:
        self.record = Record()
        self.server = MemoryServer(LIFTED, journal=self.record)
        self.person = self.server.person("Alex")
        self.program = self.server.program("Bot", echo=True)
        self.nc = self.server.person("Sam")
        self.telnet = self.server.connect()
        self.telnet.send(TELNET_NOP + b"Kim\r\n")
        self.hearer = self.server.program("Joe")
        for end in (self.person, self.nc, self.telnet):
            end.type(f"/join {DEN}")
        for end in (self.program, self.hearer):
            end.ask(type="join", room=DEN)
        self.person.type("/op Bot")
        self.forget()

    @property
    def ends(self) -> tuple[End, ...]:
        """Everyone's."""
        return self.person, self.program, self.nc, self.telnet, self.hearer

    def forget(self) -> None:
        """Begin from here."""
        self.record.events.clear()
        for end in self.ends:
            end.received()

    def heard_by(self, name: str) -> list[Event]:
        """What one of the hearers has to have heard, of all that is on record."""
        heard: list[Event] = []
        inside = True
        for event in self.record.events:
            match event:
                case events.Told(to=to):
                    heard += [event] if to == name else []
                case events.Invited(who=who):
                    heard += [event] if who == name else []
                case events.Left(room="") | events.Renamed() | events.WentAway():
                    heard.append(event)
                case events.CameBack():
                    heard.append(event)
                case _:
                    room = str(getattr(event, "room", ""))
                    heard += [event] if room == "#lobby" or (room == DEN and inside) else []
            if isinstance(event, events.Kicked) and event.who == name:
                inside = False
        return heard


# Row 1: no text of theirs makes a line of ours.

NASTY = st.sampled_from(
    [
        *("\r", "\n", "\0", "\r\n", "\n\r", "\r\0", "\r\r", "\x85", "\u2028", "\u2029", "\x0b"),
        *("\x0c", "\x1c", "\x1b[2J", "\x1b]52;c;AAAA\a", "\x9b31m", "\u202e", "\ud800", "\ufeff"),
        *(
            "\nAlex: forged",
            "\r\n-> forged",
            '\n{"type":"said"}',
            '"}\n{"type":"quit"}',
            "\\n",
            "\\",
        ),
    ]
)
TEXT = st.lists(st.one_of(NASTY, st.text(max_size=6)), max_size=4).map("".join)
FIELD = st.one_of(TEXT, st.sampled_from(["Sam", "Kim", "Joe", "Bot", DEN, "on", "off", "new"]))
NOTICE = re.compile(r"-> You (are (muted|banned)|may (speak|enter)) [^\r\n]*$")
REQUEST_ID = st.one_of(st.none(), st.integers(-5, 5), TEXT)


@st.composite
def typed(draw: st.DrawFn) -> bytes:
    """A verb as a person types it, with anything for its arguments."""
    verb = draw(st.sampled_from(TABLE.verbs))
    word = draw(st.sampled_from([verb.name, *verb.short]))
    arguments = [draw(FIELD) for _ in verb.words]
    line = draw(st.sampled_from([f"/{word} ", ""])) + " ".join(arguments)
    return line.encode("utf-8", "surrogatepass") + draw(st.sampled_from([b"\n", b"\r\n", b"\r\0"]))


@st.composite
def sent(draw: st.DrawFn) -> bytes:
    """A request as a program sends it, with anything for its fields."""
    verb = draw(st.sampled_from(TABLE.verbs))
    fields: dict[str, object] = {name: draw(FIELD) for name in verb.fields if draw(st.booleans())}
    if "on" in verb.fields:
        fields["on"] = draw(st.booleans())
    request = {"type": verb.name, "id": draw(REQUEST_ID), **fields}
    return json.dumps(request).encode() + b"\n"


@given(typed())
@settings(max_examples=CASES, deadline=None, database=None)
def test_makes_one_line_of_each_event_whatever_a_person_types(line: bytes) -> None:
    """From text to text, to telnet and to JSON."""
    den = Den()
    den.person.send(line)
    check_heard(den)
    check_lines(den.person.received(), b"\n")


@given(sent())
@settings(max_examples=CASES, deadline=None, database=None)
def test_makes_one_line_of_each_event_whatever_a_program_sends(request: bytes) -> None:
    """From JSON to text, to telnet and to JSON; the sender gets one answer, as one object."""
    den = Den()
    den.program.send(request)
    check_heard(den)
    lines = [json.loads(line) for line in check_lines(den.program.received(), b"\n")]
    kinds = [line["type"] for line in lines if "time" not in line]
    assert len([kind for kind in kinds if kind != "goodbye"]) == 1


def check_heard(den: Den) -> None:
    """Each hearer got each event as its own lines, and nothing else but one about themselves."""
    assert _words(check_lines(den.nc.received(), b"\n")) == _expected(den.heard_by("Sam"))
    assert _words(check_lines(den.telnet.received(), b"\r\n")) == _expected(den.heard_by("Kim"))
    objects = [json.loads(line) for line in check_lines(den.hearer.received(), b"\n")]
    notices = [one for one in objects if one["type"] == "notice"]
    assert len(notices) <= 1
    heard = [one for one in objects if one not in notices]
    assert heard == [msgspec.to_builtins(event) for event in den.heard_by("Joe")]


def check_lines(told: bytes, newline: bytes) -> list[str]:
    """The lines of it, none with CR, LF or NUL inside, the last one whole."""
    *lines, rest = told.split(newline)
    assert rest == b""
    assert [line for line in lines if re.search(rb"[\r\n\0]", line)] == []
    return [line.decode() for line in lines]


def _words(lines: Iterable[str]) -> list[str]:
    words = [re.sub(r"^\[#(den|lobby)\] ", "", line) for line in lines]
    # One may tell its reader that a ruling is about them; another line may have come after it.
    notices = [word for word in words if NOTICE.match(word)]
    assert len(notices) <= 1
    return [word for word in words if word not in notices]


def _expected(heard: Iterable[Event]) -> list[str]:
    # A message of several lines is so many, each with its author.
    return [line for event in heard for line in wording.words(event).split("\n")]


# Row 2: nothing comes out but what is printed.

CODE_POINTS = [chr(code) for code in range(0x10000)]
TYPED = ("{}", "/me {}", "/msg Sam {}", "/topic {}", "/away {}", "/kick Eve {}", "/part #eve {}")
OTHERS_TYPED = ("/nick {}", "/join {}", "/who {}", "/whois {}", "/help {}", "/{}", "//{}")
SENT: tuple[dict[str, str], ...] = (
    {"type": "say", "text": "{}"},
    {"type": "me", "text": "{}"},
    {"type": "msg", "name": "Sam", "text": "{}"},
    {"type": "topic", "text": "{}"},
    {"type": "away", "text": "{}"},
    {"type": "help", "verb": "{}"},
    {"type": "{}"},
    {"type": "say", "text": "x", "{}": "x"},
)


@pytest.mark.parametrize("usage", TYPED)
def test_lets_no_code_point_through_that_is_not_printed_when_typed(usage: str) -> None:
    """Every one of the BMP, to nc, telnet and a program."""
    den = Den()
    for text in _packed(150):
        den.person.send(usage.format(text).encode("utf-8", "surrogatepass") + b"\n")
    assert _unprintable(den) == set()
    assert len(den.record.events) > 400 or "#eve" in usage or "Eve" in usage


@pytest.mark.parametrize("request_", SENT, ids=lambda request_: "-".join(request_))
def test_lets_no_code_point_through_that_is_not_printed_when_sent(
    request_: dict[str, str],
) -> None:
    """Every one of the BMP in JSON, where even a line end gets as far as the verb."""
    den = Den()
    for text in _packed(190):
        filled = {key.format(text): value.format(text) for key, value in request_.items()}
        _send(den.program, filled)
    assert _unprintable(den) == set()


@pytest.mark.parametrize("verb", ["kick", "part", "quit"])
def test_lets_no_code_point_through_in_a_reason(verb: str) -> None:
    """Every one of the BMP, in why somebody leaves or is removed."""
    den = Den()
    for number, text in enumerate(_packed(190)):
        leaver = den.server.program(f"Eve{number}")
        leaver.ask(type="join", room=DEN)
        if verb == "kick":
            _send(den.program, {"type": "kick", "name": f"Eve{number}", "reason": text})
        else:
            _send(leaver, {"type": verb, "reason": text})
        leaver.hang_up()
    assert _unprintable(den) == set()


@pytest.mark.parametrize("field", ["nick", "join"])
def test_lets_no_code_point_through_in_a_name(field: str) -> None:
    """Every one of the BMP that is no letter or digit, as the name of a user or a room.

    With as many cases as the figures are claimed for, the letters and digits too.
    """
    den = Den()
    key = "name" if field == "nick" else "room"
    tried = [char for char in CODE_POINTS if not char.isalnum() or CASES >= CLAIMED]
    lines = [json.dumps({"type": field, key: char}) for char in tried]
    den.program.send("\n".join(lines).encode() + b"\n")
    assert _unprintable(den) == set()


@pytest.mark.parametrize("usage", [*TYPED, *OTHERS_TYPED])
def test_lets_no_byte_through_that_is_not_printed(usage: str) -> None:
    """Every byte there is, raw: inside what is said, alone where a name is meant."""
    den = Den()
    around = b"a%sb" if usage in TYPED else b"%s"
    for byte in range(256):
        end = den.server.person(f"u{byte}")
        end.send(usage.encode().replace(b"{}", around % bytes([byte])) + b"\n")
        assert _printed(end.received()) == set()
        end.hang_up()
    assert _unprintable(den) == set()


def test_lets_no_byte_through_in_what_somebody_enters_with() -> None:
    """Every byte in the first line, before there is a name, and in the next."""
    server = MemoryServer(LIFTED)
    for byte in range(256):
        end = server.connect()
        end.send(b"a%sb\n%s\n" % (bytes([byte]), bytes([byte])))
        assert _printed(end.received()) == set()
        end.hang_up()


def _packed(most: int) -> Iterator[str]:
    """All code points, so many characters to a text, each between letters."""
    size = most // 2
    for start in range(0, len(CODE_POINTS), size):
        yield "".join(f"a{char}" for char in CODE_POINTS[start : start + size])


def _send(end: End, request: dict[str, str]) -> None:
    """As ``ask``, with every character escaped: half a surrogate pair has no bytes of its own."""
    end.send(json.dumps(request).encode() + b"\n")


def _unprintable(den: Den) -> set[str]:
    """What came out at any end and should not have."""
    return set().union(*(_printed(end.received()) for end in den.ends))


def _printed(told: bytes) -> set[str]:
    """The characters that are neither printable nor TAB nor part of a line end; also in JSON."""
    text = told.decode().replace("\r\n", "\n")
    escaped = "".join(chr(int(code, 16)) for code in re.findall(r"\\u([0-9a-f]{4})", text))
    return {char for char in text + escaped if not char.isprintable() and char not in "\t\n"}


# Row 4: one line in the log for one thing that happened.

HOSTILE = [
    *("{who}", "{log_failure}", "{}", "{0}", "{who!r:>9999}", "{text.__class__}", "%s%n", "{", "}"),
    *("\rServer is running...", "\x1b[2J", "\x9b1A", "\x07", "\x7f", "\x85forged", "\u2028forged"),
    *("\u202eforged", "\x0bforged", "\x1cforged", "a\tb", "\0", "\ufeff", "\ud800", "\\n", "{peer"),
    "User root has joined the chat.",
]


def test_logs_one_line_for_each_thing_that_happens() -> None:
    """1,000 hostile names and lines: as many lines as events, none unsafe, none unformatted."""
    written = StringIO()
    observer = textFileLogObserver(written)
    globalLogPublisher.addObserver(observer)
    try:
        _come_say_and_go(1000)
    finally:
        globalLogPublisher.removeObserver(observer)
    lines = written.getvalue().removesuffix("\n").split("\n")
    assert len(lines) == 1000 * len(("connected", "entered", "received", "removed"))
    assert [line for line in lines if not line.isprintable()] == []
    assert [line for line in lines if "unable to format" in line.lower()] == []


def test_logs_one_object_for_each_thing_that_happens() -> None:
    """The same as JSON: an object a line, with no byte that a terminal obeys."""
    written = StringIO()
    observer = FileLogObserver(written, as_line)
    globalLogPublisher.addObserver(observer)
    try:
        _come_say_and_go(1000)
    finally:
        globalLogPublisher.removeObserver(observer)
    lines = written.getvalue().removesuffix("\n").split("\n")
    messages = [json.loads(line)["message"] for line in lines]
    assert len(messages) == 1000 * len(("connected", "entered", "received", "removed"))
    assert [line for line in lines if not (line.isascii() and line.isprintable())] == []
    assert [said for said in messages if "unable to format" in said.lower()] == []


def _come_say_and_go(times: int) -> None:
    """Try a hostile name, take a plain one, say something hostile and go."""
    server = MemoryServer(LIFTED)
    for number in range(times):
        bad = HOSTILE[number % len(HOSTILE)] * (1 + number // len(HOSTILE) % 3)
        end = server.connect()
        for line in (f"-{bad}", f"u{number}", f"x{bad}"):
            end.send(line.encode("utf-8", "replace") + b"\n")
        end.hang_up()


# Row 5: nobody is taken for another.

PRESENT = ("Cocoa", "Alex")
LOOK_ALIKES = (
    *("ADMIN", "аdmin", "ɑdmin", "ａｄｍｉｎ", "admın", "admi\u0307n", "adrnin", "ad\u200dmin"),
    *("r00t", "rооt", "ꓣꓳꓳꓔ", "Сосоа", "c0coa", "A1ex"),
    *("ADM1N", "ADMlN", "adm1n", "4dmin", "SYST3M", "admin_", "everyone.", "SECUR1TY"),
)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_lets_nobody_in_under_a_name_that_looks_like_another(name: str) -> None:
    """Mixes of admin, root and who is here: by text, by JSON, and by a change of name."""
    server = MemoryServer(LIFTED)
    for present in PRESENT:
        server.person(present)
    assert len(LOOK_ALIKES) >= 14
    mallory = server.person("Mallory")
    mallory.type(f"/nick {name}")
    server.person(name)
    server.program(name)
    assert {str(user) for user in server.house.chat.users} == {*PRESENT, "Mallory"}


# Row 24: a small request has no huge answer.

MOST = 500
"""Bytes out for a byte in."""

WIDE = 0x20000
"""From here on a letter takes four bytes."""


class Crowd:
    """As many people, rooms and words as an answer could be filled with, all as long as may be."""

    def __init__(self) -> None:
        motd = "\n".join(["x" * (MOTD_BYTES // MOTD_LINES - 1)] * MOTD_LINES)
        limits = dataclasses.replace(
            LIFTED,
            ignored_per_user=Limits().ignored_per_user,
            rooms_per_user=Limits().rooms_per_user,
        )
        self.server = MemoryServer(limits, About(motd=motd))
        self.asker = self.server.person("a")
        self.target = self.server.program("w")
        self.rooms = [f"#{_wide(number) * (ROOM_CHARS - 1)}" for number in range(90)]
        self.people = [self._person(number) for number in range(110)]
        self._furnish()

    def _person(self, number: int) -> str:
        # Seven long ones, and one that fills what they leave of a list.
        name = _wide(number) * (18 if number == 7 else NAME_CHARS)
        end = self.server.program(name)
        end.ask(type="away", text=_wide(number) * REASON_CHARS)
        end.ask(type="join", room="x")
        return name

    def _furnish(self) -> None:
        for room in ("x", *self.rooms):
            self.target.ask(type="join", room=room)
            self.target.ask(type="topic", text=_wide(0) * TOPIC_CHARS)
        self.target.ask(type="away", text=_wide(0) * REASON_CHARS)
        self.target.ask(type="msg", name="a", text="x")
        for room in (*self.rooms[:40], "x"):
            self.asker.type(f"/join {room}")
        self.target.ask(type="op", name="a", room="x")
        for name in self.people[: Limits().ignored_per_user]:
            self.asker.type(f"/ignore {name}")
        self.asker.received()

    def told_for(self, request: str) -> int:
        """How many bytes the asker gets for a line."""
        self.asker.type(request)
        return len(self.asker.received())


def _wide(number: int) -> str:
    return chr(WIDE + number)


def _cheapest(verb: Verb) -> Iterator[str]:
    """The shortest lines that ask for a verb, with and without what may be left out."""
    word = min((verb.name, *verb.short), key=len)
    samples = {"NAME": "w", "SEQ": "1", "N": "9", "TIME": "1h", "WHO": "w", "on|off": "on"}
    arguments: list[str] = []
    yielded = False
    for shown in verb.words:
        if shown.startswith("["):
            yield " ".join([f"/{word}", *arguments])
            yielded = True
        option, colon, _ = shown.strip("[]").rpartition(":")
        # Of what is left one letter is enough, and of rooms, verbs and texts there is one of it.
        arguments.append(f"{option}{colon}{samples.get(shown.strip('[]'), 'x')}")
    if arguments or not yielded:
        yield " ".join([f"/{word}", *arguments])


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    """One for all: it is large, and what the verbs change in it makes no answer shorter."""
    return Crowd()


LAST = ("part", "kick", "nick", "register", "logout", "quit")
PACED = ("history", "search", "context", "missed", "audit")
"""What shows much of the past counts like so many lines of the asker's own instead."""

HARMLESS_FIRST = sorted(
    (verb for verb in TABLE.verbs if verb.name not in PACED), key=lambda verb: verb.name in LAST
)


@pytest.mark.parametrize("verb", HARMLESS_FIRST, ids=lambda verb: verb.name)
def test_answers_a_small_request_with_no_huge_answer(crowd: Crowd, verb: Verb) -> None:
    """Every verb, spelled as cheaply as can be."""
    for request in _cheapest(verb):
        ratio = crowd.told_for(request) / len(request + "\n")
        assert ratio < MOST, request
