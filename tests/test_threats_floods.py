"""Floods of every kind through the door, with a clock that the test moves.

Two talk with one another meanwhile: they lose nothing, and wait for nothing.  The figures are
recorded as properties, as those of the other threats.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice

import pytest
from hashing import Counted
from parsers.bits import no_tracebacks
from tracing import Memory, traced

from twisted_chat.limits import FREE_TRIES, TELNET_COMMANDS, Limits
from twisted_chat.testing import End, MemoryServer

MIB = 1 << 20
MINUTE = 60
ELSEWHERE = "10.9.9.9"
BOUNDS = Limits()
MOST_TAKEN = BOUNDS.message_burst + BOUNDS.messages * MINUTE
"""Lines of one connection that are read in a minute."""

IAC, DO, DONT, WILL, WONT, AYT = b"\xff", b"\xfd", b"\xfe", b"\xfb", b"\xfc", b"\xf6"

Record = Callable[[str, object], None]


@pytest.fixture(autouse=True)
def nothing_fails() -> Iterator[None]:
    """Whatever is done to the server, it logs no fault."""
    with no_tracebacks():
        yield


class Town:
    """A server with two who talk; one of them counts what else is to be heard."""

    def __init__(self, limits: Limits | None = None, hashing: Counted | None = None) -> None:
        self.server = MemoryServer(limits, hashing=hashing)
        self.speaker = self.server.person("Speaker", "10.1.1.1")
        self.bystander = self.server.person("Bystander", "10.1.1.2")
        self.speaker.type("/join #dev")
        self.bystander.type("/join #dev", "/ignore Nobody")
        self.bystander.received()
        self._said = 0

    def a_second(self) -> list[str]:
        """Have one say something to the other, who hears it at once; what else they heard."""
        self._said += 1
        self.speaker.type(f"line {self._said}")
        self.speaker.received()
        *others, last = self.bystander.lines()
        assert last == f"Speaker: line {self._said}"
        self.server.advance(1)
        return others + self.bystander.lines()


def flood(town: Town, end: End, lines: Iterable[bytes], each_second: int = 10) -> tuple[int, int]:
    """Send that many lines each second for a minute: what the others heard of it, and the flooder.

    Twice as many as are read, so that the rest waits.
    """
    sending, heard, answered = iter(lines), 0, 0
    for _ in range(MINUTE):
        end.send(b"".join(islice(sending, each_second)))
        heard += len(town.a_second())
        answered += len(end.lines())
    return heard, answered


# Lines that are something else each time.


def two(one: bytes, other: bytes) -> Iterator[bytes]:
    """One thing and the other, for ever."""
    for number in count():
        yield (one, other)[number % 2] % {b"n": number // 2}


TYPED = {
    "lines": lambda: two(b"spam\n", b"more of it\n"),
    "joins and parts": lambda: two(b"/join #dev\n", b"/part #dev\n"),
    "renames": lambda: two(b"/nick one%(n)d\n", b"/nick other%(n)d\n"),
    "rooms": lambda: two(b"/join #r%(n)d\n", b"/topic mine\n"),
    "rooms that end": lambda: two(b"/join #r%(n)d\n", b"/part #r%(n)d\n"),
    "private messages": lambda: two(b"/msg Bystander %s\n" % (b"x" * 3900), b"/msg Speaker x\n"),
    "away and back": lambda: two(b"/away so\n", b"/back\n"),
    "invitations": lambda: two(b"/invite #den Bystander\n", b"/invite #den Speaker\n"),
    "topics": lambda: two(b"/topic one\n", b"/topic other\n"),
    "questions": lambda: two(b"/history 1000\n", b"/search e\n"),
    "unknown verbs": lambda: two(b"/whoo %(n)d\n", b"/%(n)d\n"),
    "NULs": lambda: two(b"\0\0\0\n", b"a\0b\n"),
}


@pytest.mark.parametrize("kind", TYPED)
def test_takes_a_few_lines_a_second_of_a_flood(kind: str, record_property: Record) -> None:
    """For a minute: others hear each line at most once, and at the pace at which it is read."""
    town = Town()
    flooder = town.server.person("Flooder", ELSEWHERE)
    flooder.type("/join #den", "/join #dev")
    with traced():
        memory = Memory()
        heard, answered = flood(town, flooder, TYPED[kind]())
        record_property(f"floods: {kind}: heard by others", heard)
        record_property(f"floods: {kind}: heard by the flooder", answered)
        record_property(f"floods: {kind}: peak KiB", memory.peak() // 1024)
        assert memory.peak() < 4 * MIB
    assert heard <= MOST_TAKEN
    flooder.hang_up()
    assert len(town.a_second()) <= 2


@pytest.mark.parametrize("kind", TYPED)
def test_closes_who_sends_too_much_at_once(kind: str) -> None:
    """1,000 lines in one piece: a few are taken, and the others hear why nothing comes any more."""
    town = Town()
    flooder = town.server.person("Flooder", ELSEWHERE)
    flooder.send(b"/join #den\n/join #dev\n" + b"".join(islice(TYPED[kind](), 1000)))
    assert flooder.closed
    heard = town.a_second()
    assert heard[-1].endswith(" left. (After 0 seconds) - sent too much at once")
    assert len(heard) <= BOUNDS.message_burst + 1


def test_is_not_filled_by_as_many_as_one_address_may_have(record_property: Record) -> None:
    """64 come from one address, and all that get in say 10 long lines a second for 20 seconds."""
    town = Town()
    with traced():
        memory = Memory()
        flooders = [
            town.server.person(f"f{number}", ELSEWHERE)
            for number in range(BOUNDS.connections_per_address)
        ]
        entered = [end for end in flooders if not end.closed]
        for end in entered:
            end.type("/join #dev")
        town.a_second()
        heard = 0
        for _ in range(MINUTE // 3):
            for end in entered:
                end.send(b"".join(b"%s\n" % (b"x" * 1000) for _ in range(10)))
                end.received()
            heard += len(town.a_second())
        record_property("floods: many at once: are in", len(entered))
        record_property("floods: many at once: lines heard", heard)
        record_property("floods: many at once: peak MiB", memory.peak() // MIB)
        assert memory.peak() < 64 * MIB
    assert heard <= len(entered) * (BOUNDS.message_burst + BOUNDS.messages * MINUTE // 3 + 1)


# Coming and going.


def test_lets_an_address_come_and_go_so_often(record_property: Record) -> None:
    """20 connections a second for a minute, each with a name, and gone at once."""
    town, heard, told = Town(), 0, 0
    with traced():
        memory = Memory()
        for second in range(MINUTE):
            for number in range(20):
                end = town.server.connect(ELSEWHERE)
                end.type(f"u{second}-{number}")
                told += end.lines() == [
                    "-> Your address connects too often. Try again in a minute."
                ]
                end.hang_up()
            heard += len(town.a_second())
        record_property("floods: coming and going: heard by others", heard)
        record_property("floods: coming and going: told why not", told)
        record_property("floods: coming and going: peak KiB", memory.peak() // 1024)
        assert memory.peak() < MIB
    assert heard == 2 * (MINUTE * 20 - told)
    assert heard <= 2 * (BOUNDS.connects_per_minute * 2)


def test_hashes_few_passwords_of_a_flood_of_logins(record_property: Record) -> None:
    """A minute of ``/login`` from within, and of new connections that try a password each."""
    hashing = Counted()
    town = Town(hashing=hashing)
    owner = town.server.person("Owner", "10.1.1.3")
    owner.type("/register correct-horse")
    hashing.done = 0
    flooder = town.server.person("Flooder", ELSEWHERE)
    town.a_second()
    with traced():
        memory = Memory()
        heard, answered = flood(town, flooder, two(b"/login Owner %(n)d-wrong\n", b"/login x y\n"))
        for number in range(MINUTE):
            end = town.server.connect("10.9.9.8")
            end.type("Owner", *(f"wrong-{number}-{more}" for more in range(BOUNDS.name_tries)))
            assert end.closed
            heard += len(town.a_second())
        record_property("floods: logins: answered", answered)
        record_property("floods: logins: hashed", hashing.done)
        record_property("floods: logins: peak KiB", memory.peak() // 1024)
        assert memory.peak() < MIB
    # Whoever logs in is heard nowhere; that somebody was closed is.
    assert heard <= 1
    # Two addresses, each of which waits longer after each of its failures.
    assert hashing.done <= 2 * (FREE_TRIES + 4)


# JSON.


def program(limits: Limits | None = None) -> tuple[Town, End]:
    """A program in a town."""
    town = Town(limits)
    bot = town.server.program("Bot", ELSEWHERE)
    bot.ask(type="join", room="#dev")
    town.a_second()
    bot.received()
    return town, bot


DEEP = 1 << 20
NESTED = {
    "alone": b"%s",
    "as a text": b'{"type":"say","text":%s}',
    "as an id": b'{"type":"say","text":"x","id":%s}',
    "as something else": b'{"x":%s}',
    "before the type": b'{"x":%s,"type":"say"}',
}


@pytest.mark.parametrize("where", NESTED)
@pytest.mark.parametrize("opened", [b"[", b'{"a":'])
def test_refuses_json_nested_deep(where: str, opened: bytes, record_property: Record) -> None:
    """A megabyte of it, where lines may be so long: one clear error, and little memory."""
    town, bot = program(Limits(line_bytes=2 * DEEP, message_burst=1000))
    line = NESTED[where] % (opened * (DEEP // len(opened))) + b"\n"
    with traced():
        memory = Memory()
        bot.send(line)
        record_property(f"floods: nested {where}: peak KiB for 1 MiB", memory.peak() // 1024)
        # It is cut off once, decoded once, and repeated by nobody.
        assert memory.peak() < 3 * DEEP
    (answer,) = bot.objects()
    assert answer["code"] == "bad_request"
    assert len(answer["text"]) < 200
    assert town.a_second() == []


NUMBERS = [
    *("1e400", "-1e400", "1e999999999", "1e-999999999", "9" * 1900, "-" + "9" * 1900, "-0", "0.1"),
    *("0." + "1" * 1900, "1" * 20, "18446744073709551616", "9007199254740993", "-9007199254740993"),
    *("NaN", "Infinity", "0x10", "01", "+1", "1_000", "1e", "--1", "\u0661"),
]
COUNTED = [
    '{"type":"history","most":%s,"id":1}',
    '{"type":"history","before":%s,"id":1}',
    '{"type":"history","after":%s,"id":1}',
    '{"type":"context","seq":%s,"n":%s,"id":1}',
    '{"type":"delete","seq":%s,"id":1}',
    '{"type":"join","room":"#x","seen":%s,"id":1}',
    '{"type":"say","text":"x","id":%s}',
    '{"type":"say","text":%s,"id":1}',
    '{"type":"time","on":%s,"id":1}',
]


@pytest.mark.parametrize("request_", COUNTED)
def test_refuses_json_with_numbers_that_count_nothing(request_: str) -> None:
    """Each is an error with a code; -0 is 0, and an id may be any that programs can tell apart."""
    town, bot = program(Limits(message_burst=1000, bad_requests=1000))
    for number in NUMBERS:
        bot.type(request_.replace("%s", number))
        (answer,) = bot.objects()
        fine = number == "-0" and answer["type"] in ("history", "entered", "ok")
        assert answer.get("code") == "bad_request" or fine, (number, answer)
        assert len(json.dumps(answer)) < 400
    assert len(town.a_second()) <= 1


@pytest.mark.parametrize("more", [1, 100])
def test_takes_a_field_that_is_there_twice_for_one(more: int) -> None:
    """The last of them, as most programs read it; and there is one answer."""
    town, bot = program()
    fields = '"text":"no","id":1,' * more
    bot.type(f'{{"type":"say",{fields}"text":"yes","id":2}}')
    assert [one["id"] for one in bot.objects()] == [2]
    assert town.a_second() == ["Bot: yes"]


# Telnet.


def test_ends_a_negotiation_that_never_ends(record_property: Record) -> None:
    """Who takes up whatever is refused, and offers it again, is closed before a line ends."""
    town = Town()
    peer = town.server.connect(ELSEWHERE)
    peer.send(IAC + WILL + b"\x01" + IAC + DO + b"\x01")
    turns = 0
    while not peer.closed:
        turns += 1
        refused = b"".join(re.findall(rb"\xff[\xfc\xfe].", peer.received()))
        peer.send(refused.replace(DONT, WILL).replace(WONT, DO))
        assert turns <= TELNET_COMMANDS
    record_property("floods: negotiation: turns until it is closed", turns)
    assert town.a_second() == []


@pytest.mark.parametrize("command", [AYT, WILL + b"\x01", DO + b"\x03", b"\xfa\x18\x01\xff\xf0"])
def test_answers_telnet_commands_with_few_bytes(command: bytes, record_property: Record) -> None:
    """As many as there may be before the end of a line, and as many lines as are read."""
    town = Town()
    peer = town.server.connect(ELSEWHERE)
    peer.send(IAC + AYT + b"Peer\r\n")
    peer.received()
    line = (IAC + command) * (TELNET_COMMANDS - 1) + b"\r\n"
    sent = told = 0
    with traced():
        memory = Memory()
        for _ in range(MINUTE // 3):
            peer.send(BOUNDS.messages * line)
            sent += BOUNDS.messages * len(line)
            told += len(peer.received())
            town.a_second()
        record_property(
            f"floods: telnet {command!r}: bytes out for a byte in", round(told / sent, 1)
        )
        record_property(f"floods: telnet {command!r}: peak KiB", memory.peak() // 1024)
        assert memory.peak() < MIB
    assert told < 6 * sent


# NULs.


@pytest.mark.parametrize("begins", [b"", b"Alex\n", b'{"type":"hello","v":1,"name":"Alex"}\n'])
@pytest.mark.parametrize("repeated", [b"\0", b"\0\r", b"\0\0\n", b"\r\0"])
def test_is_not_upset_by_nuls(begins: bytes, repeated: bytes, record_property: Record) -> None:
    """A megabyte of them: little memory, and nobody hears one."""
    town = Town()
    end = town.server.connect(ELSEWHERE)
    with traced():
        memory = Memory()
        end.send(begins)
        for _ in range(16):
            end.send(repeated * (MIB // 16 // len(repeated)))
        record_property(
            f"floods: {repeated!r} after {begins[:4]!r}: peak KiB", memory.peak() // 1024
        )
        assert memory.peak() < MIB
    heard = "".join(town.a_second())
    assert "\0" not in heard
    assert len(heard) < 10_000
