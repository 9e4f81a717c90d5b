"""The line door, byte by byte: lines, their ends and bounds, programs, and connections."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.task import Clock

from twisted_chat.admission import Admission
from twisted_chat.doors.line import ChatFactory
from twisted_chat.house import About, House
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import (
    LAST_DESCRIPTORS,
    OFF,
    SPARE_DESCRIPTORS,
    TURNED_AWAY_AT_ONCE,
    Limits,
)
from twisted_chat.testing import AtOnce, End, MemoryServer

MODEST = settings(max_examples=120, deadline=None, database=None)
HELLO = b'{"type":"hello","v":1,"name":"Bot"}\n'


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces, cut at these places."""
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


def outcome(pieces: list[bytes], limits: Limits) -> tuple[list[str], bytes, bool]:
    """What a witness heard, what the sender got, and whether it was closed."""
    server = MemoryServer(limits)
    witness = server.person("Witness")
    sender = server.connect()
    for piece in pieces:
        sender.send(piece)
    server.advance(600)
    return witness.lines(), sender.received(), sender.closed


def sender_and_witness(limits: Limits | None = None) -> tuple[End, End]:
    """Alex on nc, and another who hears."""
    server = MemoryServer(limits)
    witness = server.person("Witness")
    alex = server.person("Alex")
    witness.received()
    return alex, witness


# Where lines end, and what is in them.


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\0"], ids=["lf", "crlf", "crnul"])
@pytest.mark.parametrize("byte_by_byte", [False, True])
def test_takes_every_line_end(end: bytes, byte_by_byte: bool) -> None:
    """LF, CR LF and CR NUL, also when they come in two pieces."""
    sent = b"Alex" + end + b"one" + end + b"two" + end
    pieces = [sent[place : place + 1] for place in range(len(sent))] if byte_by_byte else [sent]
    heard, _, _ = outcome(pieces, Limits())
    assert heard == [" * Alex joined.", "Alex: one", "Alex: two"]


def test_takes_a_lone_carriage_return_for_a_space() -> None:
    """It ends no line, and cannot overwrite one on another's terminal."""
    alex, witness = sender_and_witness()
    alex.send(b"one\rtwo\n")
    assert witness.lines() == ["Alex: one two"]


def test_waits_for_the_end_of_a_line() -> None:
    """Half a line is not said."""
    alex, witness = sender_and_witness()
    alex.send(b"half")
    assert witness.lines() == []
    alex.send(b" and half\n")
    assert witness.lines() == ["Alex: half and half"]


@pytest.mark.parametrize("at", range(1, 12))
def test_takes_a_character_in_two_pieces(at: int) -> None:
    """UTF-8 cut anywhere is whole again."""
    sent = "é世👋x\n".encode()
    alex, witness = sender_and_witness()
    alex.send(sent[:at])
    alex.send(sent[at:])
    assert witness.lines() == ["Alex: é世👋x"]


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        (b"caf\xe9", "caf\ufffd"),
        (b"\xc3(", "\ufffd("),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"\xf0\x9f\x91", "\ufffd"),
        (b"\xc0\xaf", "\ufffd\ufffd"),
        (b"\x80\xfe", "\ufffd\ufffd"),
    ],
)
def test_replaces_what_is_no_utf8(sent: bytes, heard: str) -> None:
    """And drops nobody for it."""
    alex, witness = sender_and_witness()
    alex.send(sent + b"\nand on\n")
    assert witness.lines() == [f"Alex: {heard}", "Alex: and on"]
    assert not alex.closed


LINES = st.lists(
    st.one_of(
        st.text(max_size=12).map(lambda text: text.encode("utf-8", "replace")),
        st.binary(max_size=12),
        st.integers(28, 34).map(lambda size: b"x" * size),
        st.sampled_from([b"/me waves", b"q", b"/nick Zed", b"/join #dev", b"//x", b"/foo"]),
    ),
    max_size=8,
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r\0"])
PLACES = st.lists(st.integers(0, 400), max_size=12)


def is_plain(line: bytes) -> bool:
    """Whether a line has nothing in it that is about the connection and not about the line."""
    return not set(line) & set(b"\n\r\0\xff\x03\x04")


@MODEST
@given(lines=LINES, end=ENDS, places=PLACES)
def test_hears_the_same_from_a_person_wherever_it_is_cut(
    lines: list[bytes], end: bytes, places: list[int]
) -> None:
    """Line ends of every kind, broken UTF-8, lines too long, verbs."""
    sent = b"".join(line + end for line in [b"Alex", *filter(is_plain, lines)])
    limits = Limits(line_bytes=30, message_burst=3)
    assert outcome([sent], limits) == outcome(cut(sent, places), limits)


REQUESTS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"type": st.just("say"), "text": st.text(max_size=6)}).map(
            lambda request: json.dumps(request).encode()
        ),
        st.sampled_from(
            [b'{"type":"say","text":"\xc3\xa9\xff\xe9"}', b'{"type":"quit"}', b"{", b""]
        ),
        st.binary(max_size=20),
    ),
    max_size=8,
)


@MODEST
@given(requests=REQUESTS, end=st.sampled_from([b"\n", b"\r\n"]), places=PLACES)
def test_hears_the_same_from_a_program_wherever_it_is_cut(
    requests: list[bytes], end: bytes, places: list[int]
) -> None:
    """Requests, and what is none."""
    lines = [line for line in requests if not set(line) & set(b"\n\r\0\xff")]
    sent = b"".join(line + end for line in [HELLO.strip(), *lines])
    limits = Limits(bad_requests=3)
    assert outcome([sent], limits) == outcome(cut(sent, places), limits)


# How long a line may be.


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_takes_a_line_of_the_longest_size(end: bytes) -> None:
    """4,096 bytes, without the line end."""
    alex, witness = sender_and_witness()
    alex.send(b"x" * 4096 + end)
    assert witness.lines() == ["Alex: " + "x" * 4096]


@pytest.mark.parametrize("size", [4097, 5000, 70_000])
def test_refuses_a_longer_line_and_takes_those_after_it(size: int) -> None:
    """In the same piece; the connection is kept, and each such line is refused once."""
    alex, witness = sender_and_witness()
    alex.send((b"x" * size + b"\none\n") * 2 + b"two\n")
    assert alex.lines() == ["-> That line is too long: 4096 bytes at most."] * 2
    assert witness.lines() == ["Alex: one", "Alex: one", "Alex: two"]


def test_skips_the_rest_of_a_longer_line() -> None:
    """However many pieces it has."""
    alex, witness = sender_and_witness()
    for _ in range(10):
        alex.send(b"x" * 1000)
    alex.send(b"end\nfree again\n")
    assert alex.lines() == ["-> That line is too long: 4096 bytes at most."]
    assert witness.lines() == ["Alex: free again"]


def test_refuses_a_name_that_is_too_long_a_line() -> None:
    """And still waits for one."""
    end = MemoryServer().connect()
    end.received()
    end.send(b"x" * 5000 + b"\nAlex\n")
    first, second, *_ = end.lines()
    assert first == "-> That line is too long: 4096 bytes at most."
    assert second.startswith("-> You are Alex")


def test_refuses_a_request_that_is_too_long_a_line() -> None:
    """With the code that the protocol page has for it."""
    bot = MemoryServer().program("Bot")
    bot.send(json.dumps({"type": "say", "text": "x" * 4096}).encode() + b"\n")
    assert [said["code"] for said in bot.objects()] == ["line_too_long"]


def test_has_no_longest_line_when_that_is_off() -> None:
    """The limit is lifted."""
    alex, witness = sender_and_witness(Limits(line_bytes=OFF))
    alex.send(b"x" * 1_000_000 + b"\n")
    assert witness.received() == b"Alex: " + b"x" * 1_000_000 + b"\n"


# Leaving with a key.


@pytest.mark.parametrize("key", [b"\x03", b"\x04", b"\x03\r\n"])
def test_leaves_with_a_key(key: bytes) -> None:
    """Ctrl-C and Ctrl-D, as a terminal in character mode sends them."""
    alex, witness = sender_and_witness()
    alex.send(key)
    assert (alex.lines(), alex.closed) == (["Leaving the chat..."], True)
    assert witness.lines() == [" * Alex left. (After 0 seconds)"]


def test_leaves_at_the_end_of_input() -> None:
    """All that was sent before it is said, and the goodbye is still heard."""
    alex, witness = sender_and_witness()
    alex.type("one", "two")
    alex.finish()
    assert (alex.lines(), alex.closed) == (["Leaving the chat..."], True)
    assert witness.lines() == ["Alex: one", "Alex: two", " * Alex left. (After 0 seconds)"]


def test_says_all_that_waits_before_the_end_of_input() -> None:
    """Also what was too fast: nothing that was sent is lost."""
    alex, witness = sender_and_witness()
    alex.send(b"".join(b"%d\n" % number for number in range(50)))
    alex.finish()
    alex.server.advance(60)
    *said, left = witness.lines()
    assert said == [f"Alex: {number}" for number in range(50)]
    assert left.startswith(" * Alex left.")


def test_closes_when_the_peer_reads_no_more() -> None:
    """Who cannot hear is not kept."""
    alex, witness = sender_and_witness()
    alex.protocol.writeConnectionLost()
    alex.server.settle()
    assert alex.closed
    assert witness.lines() == [" * Alex left. (After 0 seconds)"]


# Programs.


def test_greets_a_program_as_a_person_until_it_speaks() -> None:
    """The first byte of the first line decides."""
    end = MemoryServer().connect()
    assert end.lines() == ["Welcome to twisted_chat.", "Enter your username:"]
    end.send(HELLO)
    assert [said["type"] for said in end.objects()] == ["welcome"]


@pytest.mark.parametrize("number", [1, -1, 2**53, "x" * 64, ""])
def test_answers_with_the_id_of_the_request(number: int | str) -> None:
    """A string of up to 64 characters, or a whole number that every language can hold."""
    bot = MemoryServer().program("Bot")
    bot.ask(type="motd", id=number)
    assert bot.objects() == [{"type": "motd", "id": number, "text": ""}]


BAD_JSON = [
    "{",
    "[]",
    "null",
    "hello",
    "{}",
    "[" * 4000,
    '{"a":' * 800,
    '{"type":"say","text":"' + "x" * 4000,
    '{"type":"say","text":1e999}',
    '{"type":"motd","id":' + "9" * 4000 + "}",
    '{"type":"motd","id":1e400}',
    '{"type":"motd","id":9007199254740993}',
    '{"type":"motd","id":1.5}',
    '{"type":"motd","id":"' + "x" * 65 + '"}',
    '{"type":"say","text":"\\ud800"}',
    '{"type":"say","text":"a\x00b"}',
    '{"type":"say","text":["a"]}',
    '{"type":"say","text":null}',
    '{"type":"say","text":"a","huh":1}',
    '{"type":"say"}',
    '{"type":["say"]}',
    '{"type":"\\u0000"}',
    '{"type":"lock","on":"yes"}',
]


@pytest.mark.parametrize("line", BAD_JSON, ids=lambda line: line[:24])
def test_answers_a_line_that_is_no_request_and_goes_on(line: str) -> None:
    """One error object in one line, and the next request is done."""
    bot = MemoryServer().program("Bot")
    bot.type(line, '{"type":"motd","id":"after"}')
    error, after = bot.objects()
    assert (error["type"], error["code"]) == ("error", "bad_request")
    assert 0 < len(error["text"]) < 500
    assert after["id"] == "after"


def test_takes_the_last_of_two_equal_keys() -> None:
    """As JSON parsers do; there is nothing in it that another part would read otherwise."""
    server = MemoryServer()
    alex, bot = server.person("Alex"), server.program("Bot")
    alex.received()
    bot.type('{"type":"say","text":"one","text":"two"}')
    assert alex.lines() == ["Bot: two"]


@pytest.mark.parametrize("text", ["a\\u000cb", "a\\u000bb", "a\\u2028b", "a\\u0085b"])
def test_keeps_what_a_program_says_on_one_line(text: str) -> None:
    """Nothing but a line end makes a second line, for people and for programs."""
    server = MemoryServer()
    alex, other, bot = server.person("Alex"), server.program("Other"), server.program("Bot")
    alex.received()
    other.received()
    bot.type(f'{{"type":"say","text":"{text}"}}')
    assert alex.lines() == ["Bot: a b"]
    assert [said["text"] for said in other.objects()] == ["a b"]


def test_makes_what_a_program_says_safe() -> None:
    """NUL and an emoji's surrogates written as escapes."""
    server = MemoryServer()
    alex, bot = server.person("Alex"), server.program("Bot")
    alex.received()
    bot.type('{"type":"say","text":"a\\u0000b \\ud83d\\ude00"}')
    assert alex.lines() == ["Bot: a\ufffdb 😀"]


@given(line=st.text(max_size=80).filter(lambda line: "\n" not in line and "\r" not in line))
@settings(max_examples=300, deadline=None, database=None)
def test_answers_any_line_of_a_program_with_one_object(line: str) -> None:
    """Whatever it is."""
    bot = MemoryServer().program("Bot")
    bot.send(line.encode("utf-8", "replace") + b"\n")
    assert len(bot.objects()) == 1


def test_closes_after_too_many_lines_that_are_no_request() -> None:
    """19 are answered and forgiven; the 20th is the last."""
    server = MemoryServer()
    alex, bot = server.person("Alex"), server.program("Bot")
    alex.received()
    bot.type(*["nonsense"] * 19)
    assert not bot.closed
    bot.type("nonsense")
    assert bot.objects()[-1] == {
        "type": "goodbye",
        "text": "Too many lines that are no request. Goodbye.",
    }
    assert bot.closed
    assert alex.lines() == [" * Bot left. (After 0 seconds) - sent nonsense"]


def test_forgives_any_nonsense_when_that_is_off() -> None:
    """The limit is lifted."""
    bot = MemoryServer(Limits(bad_requests=OFF, messages=OFF)).program("Bot")
    bot.type(*["nonsense"] * 1000)
    assert (len(bot.objects()), bot.closed) == (1000, False)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"type": "say", "text": "hi"}, "not_entered"),
        ({"type": "hello", "v": 2, "name": "Bot"}, "version"),
        ({"type": "hello", "v": 1, "name": "root"}, "name_reserved"),
        ({"type": "hello", "v": 1, "name": "a b"}, "name_not_allowed"),
        ({"type": "hello", "v": 1}, "bad_request"),
    ],
)
def test_says_hello_before_anything_else(request_: dict[str, Any], code: str) -> None:
    """What cannot be is an error, and another hello may follow."""
    end = MemoryServer().connect()
    end.ask(id=1, **request_)
    assert [(said["code"], said["id"]) for said in end.objects()] == [(code, 1)]
    end.send(HELLO)
    assert end.objects()[-1]["name"] == "Bot"


def test_says_hello_once() -> None:
    """A second name is what `nick` is for."""
    bot = MemoryServer().program("Bot")
    bot.ask(type="hello", v=1, name="Bot2", id=5)
    assert [(said["code"], said["id"]) for said in bot.objects()] == [("already_entered", 5)]


# Bounds.


@pytest.mark.parametrize("trickle", [b"", b"x"], ids=["silent", "trickling"])
def test_closes_without_a_name_after_a_minute(trickle: bytes) -> None:
    """A byte now and then does not extend it."""
    server = MemoryServer()
    end = server.connect()
    for _ in range(59):
        server.advance(1)
        end.send(trickle)
    assert not end.closed
    server.advance(1)
    assert end.closed
    assert end.lines()[-1] == "No name within 60 seconds. Goodbye."


def test_waits_for_ever_for_a_name_when_that_is_off() -> None:
    """The limit is lifted."""
    server = MemoryServer(Limits(name_seconds=OFF))
    end = server.connect()
    server.advance(10**9)
    assert not end.closed


@pytest.mark.parametrize("hello", [False, True], ids=["person", "program"])
def test_closes_after_five_names_that_cannot_be_had(hello: bool) -> None:
    """The fifth is told why, too."""
    end = MemoryServer().connect()
    end.received()
    root = '{"type":"hello","v":1,"name":"root"}' if hello else "root"
    end.type(*[root] * 4)
    assert not end.closed
    end.received()
    end.type(root)
    why, bye, *_ = [line for line in end.lines() if "username" not in line]
    assert "The name root is reserved. Choose another." in why
    assert "Too many tries. Goodbye." in bye
    assert end.closed


def test_lets_try_any_number_of_names_when_that_is_off() -> None:
    """The limit is lifted."""
    end = MemoryServer(Limits(name_tries=OFF, messages=OFF)).connect()
    end.type(*["root"] * 500)
    assert not end.closed


@pytest.mark.parametrize("telnet", [b"", b"\xff\xf1"], ids=["nc", "telnet"])
def test_slows_who_sends_too_much_and_loses_nothing(telnet: bytes) -> None:
    """20 at once and 5 a second then; told once; all in order."""
    alex, witness = sender_and_witness()
    server = alex.server
    alex.send(telnet + b"".join(b"%d\n" % number for number in range(100)))
    # The name was one of 20, and the one over the burst is taken in advance.
    heard = witness.lines()
    assert heard == [f"Alex: {number}" for number in range(20)]
    server.advance(10.01)
    heard += witness.lines()
    assert heard == [f"Alex: {number}" for number in range(70)]
    server.advance(10)
    heard += witness.lines()
    assert heard == [f"Alex: {number}" for number in range(100)]
    slowed = "-> You send more than 5 lines a second: they are read slower, none is lost."
    assert [line.rstrip("\r") for line in alex.lines()] == [slowed]


def test_tells_who_is_slowed_again_after_a_rest() -> None:
    """Once each time."""
    alex, _ = sender_and_witness()
    for _ in range(2):
        alex.type(*["x"] * 30)
        alex.server.advance(60)
    assert len(alex.lines()) == 2


def test_slows_a_program_with_a_notice() -> None:
    """With a code, between its answers."""
    bot = MemoryServer().program("Bot")
    for number in range(30):
        bot.ask(type="motd", id=number)
    bot.server.advance(60)
    said = bot.objects()
    assert [it["id"] for it in said if it["type"] == "motd"] == list(range(30))
    assert [it["code"] for it in said if it["type"] == "notice"] == ["slowed"]


def test_takes_a_burst_of_any_size_when_that_is_off() -> None:
    """The limit is lifted."""
    alex, witness = sender_and_witness(Limits(message_burst=OFF))
    alex.send(b"x\n" * 1000)
    assert (len(witness.lines()), alex.lines()) == (1000, [])


def test_takes_lines_at_any_rate_when_that_is_off() -> None:
    """The limit is lifted, and nobody is told of it."""
    alex, witness = sender_and_witness(Limits(messages=OFF))
    alex.send(b"x\n" * 1000)
    assert (len(witness.lines()), alex.lines()) == (1000, [])


@pytest.mark.parametrize(("waiting", "closed"), [(200, False), (201, True)])
def test_closes_who_has_too_many_lines_waiting(waiting: int, closed: bool) -> None:
    """200 lines wait; with one more it is closed, and the others hear why."""
    alex, witness = sender_and_witness()
    # The first burst is taken at once: 19, as the name was a line too, and one in advance.
    alex.send(b"x\n" * (20 + waiting))
    assert alex.closed == closed
    assert ("Too many lines at once. Goodbye." in alex.lines()) == closed
    left = " * Alex left. (After 0 seconds) - sent too much at once"
    assert (left in witness.lines()) == closed


def test_lets_any_number_of_lines_wait_when_that_is_off() -> None:
    """The limit is lifted; each is said in its time."""
    alex, witness = sender_and_witness(Limits(lines_waiting=OFF))
    alex.send(b"x\n" * 1000)
    assert not alex.closed
    alex.server.advance(200)
    assert len(witness.lines()) == 1000


# Who may connect.


def refusals(limits: Limits, hosts: list[str], between: float = 0) -> list[str]:
    """What each connection heard first, one after the other."""
    server = MemoryServer(limits)
    heard = []
    for host in hosts:
        heard.append(server.connect(host).lines()[0])
        server.advance(between)
    return heard


HI = "Welcome to twisted_chat."


@pytest.mark.parametrize(
    ("limits", "hosts", "refused"),
    [
        (
            Limits(connections=2),
            ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
            "-> The server is full. Try again later.",
        ),
        (
            Limits(connections_per_address=2),
            ["10.0.0.1"] * 3,
            "-> There are too many connections from your address. Close one first.",
        ),
        (
            Limits(connects_per_minute=2),
            ["10.0.0.1"] * 3,
            "-> Your address connects too often. Try again in a minute.",
        ),
    ],
    ids=["connections", "connections_per_address", "connects_per_minute"],
)
def test_turns_away_one_connection_too_many(limits: Limits, hosts: list[str], refused: str) -> None:
    """It hears why; those who are there are kept."""
    assert refusals(limits, hosts) == [HI, HI, refused]


@pytest.mark.parametrize("name", ["connections", "connections_per_address", "connects_per_minute"])
def test_lets_any_number_connect_when_that_is_off(name: str) -> None:
    """Each limit is lifted by itself."""
    small = {"connections": 3, "connections_per_address": 3, "connects_per_minute": 3}
    limits = Limits(**{**dict.fromkeys(small, 100), name: OFF})
    assert refusals(limits, ["10.0.0.1"] * 100) == [HI] * 100


def test_closes_who_is_turned_away() -> None:
    """And counts them no more; a place that is left is free again."""
    server = MemoryServer(Limits(connections=1))
    first = server.connect()
    assert server.connect().closed
    first.drop()
    assert server.connect().lines()[0] == HI


def test_counts_sites_and_not_single_addresses_of_ipv6() -> None:
    """One customer has a /64 at least; a peer without an address is only counted in all."""
    factory, _ = bare_factory(Limits(connections_per_address=1))
    first = factory.buildProtocol(IPv6Address("TCP", "2001:db8::1", 1))
    second = factory.buildProtocol(IPv6Address("TCP", "2001:db8::2", 1))
    other = factory.buildProtocol(IPv6Address("TCP", "2001:db8:0:1::1", 1))
    local = [factory.buildProtocol(UNIXAddress("/tmp/x")) for _ in range(3)]
    kinds = [type(protocol).__name__ for protocol in [first, second, other, *local]]
    assert kinds == ["ChatProtocol", "_Away"] + ["ChatProtocol"] * 4


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        (IPv6Address("TCP", "::1", 9), "[::1]:9"),
        (UNIXAddress("/tmp/x"), "a local socket"),
        (None, "a local socket"),
    ],
)
def test_knows_where_a_peer_comes_from(address: IPv6Address | None, peer: str) -> None:
    """For the log."""
    factory, _ = bare_factory(Limits())
    assert getattr(factory.buildProtocol(address), "peer") == peer  # noqa: B009


def bare_factory(
    limits: Limits, left: Callable[[], int] = lambda: OFF
) -> tuple[ChatFactory, House]:
    """The factory alone, for addresses that a memory server does not have."""
    clock = Clock()
    house = House(About(), limits, clock, MemoryJournal(clock.seconds), clock.seconds, AtOnce())
    return ChatFactory(house, Admission(limits, clock, OFF, left=left)), house


@pytest.mark.parametrize("key", [b"\x03", b"\x04"])
@pytest.mark.parametrize("sent", [[b"hi\n%s"], [b"hi\n", b"%s"], [b"hi\n%sthere\n"]])
def test_leaves_when_a_line_begins_with_control_c_or_d(key: bytes, sent: list[bytes]) -> None:
    """A telnet that has not negotiated sends them as they are, glued to whatever it likes."""
    server = MemoryServer()
    alex, sam = server.person("Alex"), server.person("Sam")
    for data in sent:
        alex.send(data.replace(b"%s", key))
    assert [alex.closed, sam.lines()] == [True, ["Alex: hi", " * Alex left. (After 0 seconds)"]]


def test_slows_who_sends_lines_that_are_too_long() -> None:
    """They count like any other, so that a flood of them is no way around the pace."""
    server = MemoryServer(Limits(message_burst=2, line_bytes=10))
    alex = server.person("Alex")
    alex.send(b"x" * 11 + b"\n")
    assert not alex.wire.paused
    alex.send(b"x" * 11 + b"\n")
    assert alex.wire.paused


def test_gives_up_who_is_turned_away_and_does_not_go() -> None:
    """TLS closes only with the peer's help: who gives none is cut off after a while."""
    server = MemoryServer(Limits(connections=1))
    server.connect()
    stuck = server.connect(closes=False)
    server.advance(server.limits.goodbye_seconds - 0.1)
    assert not stuck.closed
    server.advance(0.2)
    assert stuck.closed


def test_tells_no_more_than_so_many_why_they_may_not_be() -> None:
    """Beyond that, Twisted closes a connection without a word."""
    factory, _ = bare_factory(Limits(connections=1))
    address = IPv4Address("TCP", "10.0.0.1", 1)
    made = [factory.buildProtocol(address) for _ in range(TURNED_AWAY_AT_ONCE + 2)]
    assert [protocol is None for protocol in made] == [False] * (TURNED_AWAY_AT_ONCE + 1) + [True]


def test_tells_nobody_why_with_the_last_descriptors() -> None:
    """Who is told has one meanwhile."""
    left = SPARE_DESCRIPTORS - 1
    factory, _ = bare_factory(Limits(), left=lambda: left)
    address = IPv4Address("TCP", "10.0.0.1", 1)
    assert type(factory.buildProtocol(address)).__name__ == "_Away"
    left = LAST_DESCRIPTORS - 1
    assert factory.buildProtocol(address) is None


@pytest.mark.parametrize("hello", [b"\x16\x03\x01\x02\x00\x01", b"\x16\x03\x03\n\n"])
def test_closes_who_speaks_tls_where_there_is_none(hello: bytes) -> None:
    """At once, and not when the time for a name is over."""
    end = MemoryServer().connect()
    end.send(hello)
    assert (end.lines()[-1], end.closed) == ("This is a chat, for nc and telnet. Goodbye.", True)


def test_takes_a_last_line_without_its_end() -> None:
    """A pipe that forgets it does not lose its last word."""
    server = MemoryServer()
    alex, sam = server.person("Alex"), server.person("Sam")
    alex.send(b"hi\nthere")
    alex.finish()
    assert sam.lines() == ["Alex: hi", "Alex: there", " * Alex left. (After 0 seconds)"]
