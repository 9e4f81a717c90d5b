"""Telnet: its commands are taken out of what people type, wherever the bytes are cut."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twisted_chat.limits import TELNET_COMMANDS, Limits
from twisted_chat.testing import End, MemoryServer

IAC, SB, SE = b"\xff", b"\xfa", b"\xf0"
DO, DONT, WILL, WONT = b"\xfd", b"\xfe", b"\xfb", b"\xfc"
AYT, NOP, IP, BRK, EOF, ABORT, SUSP = b"\xf6", b"\xf1", b"\xf4", b"\xf3", b"\xec", b"\xee", b"\xed"
NEGOTIATION = IAC + DO + b"\x03" + IAC + WILL + b"\x18" + IAC + WONT + b"\x01"


def knock() -> tuple[End, End]:
    """Somebody who has said nothing yet, and another who hears."""
    server = MemoryServer()
    witness = server.person("Witness")
    end = server.connect()
    end.received()
    return end, witness


def enter() -> tuple[End, End]:
    """Alex, who speaks telnet, and another who hears."""
    alex, witness = knock()
    alex.send(NEGOTIATION + b"Alex\r\n")
    alex.received()
    witness.received()
    return alex, witness


@pytest.mark.parametrize(
    "glued", [NEGOTIATION, IAC + NOP, IAC + SB + b"\x18\0vt100" + IAC + SE, IAC + SB + IAC + SE]
)
@pytest.mark.parametrize("place", range(5))
def test_keeps_commands_out_of_a_name(glued: bytes, place: int) -> None:
    """Before, in and after the first line."""
    end, witness = knock()
    end.send(b"Alex"[:place] + glued + b"Alex"[place:] + b"\r\n")
    assert witness.lines() == [" * Alex joined."]
    assert b"You are Alex, in #lobby" in end.received()


def test_negotiates_nothing_by_itself() -> None:
    """Not a byte of telnet before the peer's first."""
    end = MemoryServer().connect()
    assert end.received() == b"Welcome to twisted_chat.\nEnter your username:\n"


@pytest.mark.parametrize(
    ("asked", "answered"), [(DO, WONT), (WILL, DONT), (WONT, b""), (DONT, b"")]
)
def test_refuses_every_option(asked: bytes, answered: bytes) -> None:
    """All 255 of them, each once."""
    end, _ = knock()
    for option in range(255):
        end.send(b"x" + IAC + asked + bytes([option]))
        assert end.received() == (IAC + answered + bytes([option]) if answered else b"")


def test_ends_its_lines_for_telnet() -> None:
    """With CR LF from the first command on (RFC 854)."""
    alex, _ = enter()
    alex.send(b"/motd\r\n")
    assert alex.received() == b"-> There is no message of the day.\r\n"


def test_answers_that_it_is_there() -> None:
    """AYT; nobody else hears it."""
    alex, witness = enter()
    alex.send(IAC + AYT)
    assert alex.received() == b"\r\n-> Yes.\r\n"
    assert witness.received() == b""


@pytest.mark.parametrize("command", [IP, BRK, EOF, ABORT], ids=["ip", "brk", "eof", "abort"])
def test_leaves_with_ctrl_c_and_ctrl_d(command: bytes) -> None:
    """Whatever telnet makes of them, and though something follows."""
    alex, witness = enter()
    alex.send(IAC + command + IAC + DO + b"\x06")
    assert alex.closed
    assert b"Leaving the chat...\r\n" in alex.received()
    assert witness.lines() == [" * Alex left. (After 0 seconds)"]


def test_does_not_leave_when_it_is_suspended() -> None:
    """Ctrl-Z is no goodbye."""
    alex, witness = enter()
    alex.send(IAC + SUSP + b"still here\r\n")
    assert witness.lines() == ["Alex: still here"]


@pytest.mark.parametrize("end", [b"\r\n", b"\r\0", b"\n", b"\r"], ids=["crlf", "crnul", "lf", "cr"])
def test_takes_every_line_end(end: bytes) -> None:
    """In one piece and byte by byte; a CR alone is one when something follows it."""
    for size in (1, 100):
        alex, witness = enter()
        sent = b"one" + end + b"two" + end + IAC + NOP
        for place in range(0, len(sent), size):
            alex.send(sent[place : place + size])
        assert witness.lines() == ["Alex: one", "Alex: two"]


def test_takes_an_escaped_byte_for_text() -> None:
    """IAC IAC is one byte 255, which is no UTF-8."""
    alex, witness = enter()
    alex.send(b"a" + IAC + IAC + b"b\r\n")
    assert witness.lines() == ["Alex: a\ufffdb"]


def test_speaks_json_after_telnet() -> None:
    """A program behind a telnet library is a program."""
    end, _ = knock()
    end.send(NEGOTIATION + b'{"type":"hello","v":1,"name":"Bot","id":1}\r\n')
    refusals = IAC + WONT + b"\x03" + IAC + DONT + b"\x18"
    assert end.received().startswith(refusals + b'{"type":"welcome","id":1,')


def test_goes_on_with_lines_that_waited() -> None:
    """What was too fast is read later, from a telnet too."""
    alex, witness = enter()
    alex.send(b"".join(b"%d\r\n" % number for number in range(100)))
    alex.server.advance(60)
    assert witness.lines() == [f"Alex: {number}" for number in range(100)]


def test_refuses_a_line_that_is_too_long() -> None:
    """And takes the next, with what is escaped in it unescaped once."""
    alex, witness = enter()
    alex.send(b"x" * 5000 + b"\r\n" + b"a" + IAC + IAC + IAC + NOP + b"b\r\nc\r\n")
    assert alex.lines() == ["-> That line is too long: 4096 bytes at most.\r"]
    assert witness.lines() == ["Alex: a\ufffdb", "Alex: c"]


@pytest.mark.parametrize(
    ("commands", "closed"), [(TELNET_COMMANDS, False), (TELNET_COMMANDS + 1, True)]
)
@pytest.mark.parametrize("command", [IAC + NOP, b"a" + IAC + NOP, IAC + SB + b"\x01" + IAC + SE])
def test_bounds_commands_without_a_line(commands: int, closed: bool, command: bytes) -> None:
    """So many before the next line pass, and one more is a loop."""
    end, _ = knock()
    end.send(b"Alex\r\n" + command * commands)
    assert end.closed == closed


def test_counts_commands_from_the_last_text_on() -> None:
    """Whoever talks may send any number of them."""
    alex, witness = enter()
    for _ in range(10):
        alex.send((IAC + NOP) * 150 + b"x\r\n")
    assert witness.lines() == ["Alex: x"] * 10


COMMAND = st.one_of(
    st.sampled_from([NOP, AYT, b"\xf2", b"\xf5", b"\xf7", b"\xf8", b"\xf9"]).map(IAC.__add__),
    st.tuples(st.sampled_from([DO, DONT, WILL, WONT]), st.binary(min_size=1, max_size=1)).map(
        lambda pair: IAC + pair[0] + pair[1]
    ),
    st.binary(max_size=6).map(lambda b: IAC + SB + b.replace(IAC, b"") + IAC + SE),
)


@settings(max_examples=150, deadline=None, database=None)
@given(
    text=st.text(st.characters(exclude_characters="\r\n\0\x03\x04"), max_size=30),
    glued=st.lists(st.tuples(st.integers(0, 200), COMMAND), max_size=6),
    places=st.lists(st.integers(0, 300), max_size=10),
    end=st.sampled_from([b"\r\n", b"\r\0", b"\n"]),
)
def test_hears_the_same_with_commands_glued_anywhere(
    text: str, glued: list[tuple[int, bytes]], places: list[int], end: bytes
) -> None:
    """Between any two bytes of a conversation, which is cut anywhere."""
    typed = b"Alex" + end + b"=" + text.encode("utf-8", "replace") + end + b"and on" + end
    pieces, start = [NEGOTIATION], 0
    for place, command in sorted((place % len(typed), command) for place, command in glued):
        if typed[place - 1 : place] == b"\r":
            continue  # RFC 854 has nothing but LF and NUL follow a CR
        pieces += [typed[start:place], command]
        start = place
    sent = b"".join([*pieces, typed[start:]])
    assert said(sent, []) == said(sent, places) == said(NEGOTIATION + typed, [])


def said(sent: bytes, places: list[int]) -> list[str]:
    """What others heard of it."""
    server = MemoryServer(Limits(messages=1000))
    witness = server.person("Witness")
    alex = server.connect()
    ends = sorted({place % (len(sent) + 1) for place in places} | {0, len(sent)})
    for first, last in pairwise(ends):
        alex.send(sent[first:last])
    server.advance(1)
    return witness.lines()
