"""The WebSocket of the web door: frames in and out, kept to RFC 6455 and to our limits."""

from collections.abc import Callable

import pytest
from framing import (
    BINARY,
    CLOSE,
    CONTINUED,
    PING,
    PONG,
    TEXT,
    frame,
    handshake,
    hello,
    pieces,
    request,
)
from wsproto.events import CloseConnection, Ping

from twisted_chat.doors.web.frames import framed
from twisted_chat.limits import FRAGMENTS, Limits
from twisted_chat.testing import MemoryServer
from twisted_chat.testing_web import BrowserEnd

SAY = b'{"type":"say","text":"%b"}'


@pytest.fixture
def server() -> MemoryServer:
    """One with the limits that servers have."""
    return MemoryServer()


def said(end: BrowserEnd) -> list[str]:
    """The texts that somebody heard since this was last asked."""
    return [one["text"] for one in end.objects() if one["type"] == "said"]


def codes(end: BrowserEnd) -> list[str]:
    """The codes of what was refused since then."""
    return [one["code"] for one in end.objects() if one["type"] == "error"]


# What a message is.


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 0xFFFF, 0x10000, 70_000])
def test_frames_a_text_of_any_size(size: int) -> None:
    """As an independent implementation reads it."""
    server = MemoryServer()
    end = server.web_socket()
    end.protocol._talks.hear(framed(b"x" * size))
    assert end.received() == b"x" * size + b"\n"


def test_takes_the_first_message_in_one_piece_with_the_handshake(server: MemoryServer) -> None:
    """A program need not wait for the answer to the one to send the other."""
    end = server.web_connection()
    end.send(handshake() + hello("Alex") + request(type="say", text="hi"))
    assert [str(user) for user in server.house.chat.users] == ["Alex"]
    assert b'"seq":1' in end.received()


def test_takes_two_messages_in_one_piece(server: MemoryServer) -> None:
    """In their order."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    alex.send(request(type="say", text="one") + request(type="say", text="two"))
    assert said(sam) == ["one", "two"]


def test_takes_a_message_that_is_cut_anywhere(server: MemoryServer) -> None:
    """Between any two bytes, and between them all."""
    server.take_limits(Limits(message_burst=10_000))
    alex, sam = server.browser("Alex"), server.browser("Sam")
    sent = request(type="say", text="x" * 200)
    for cut in range(1, len(sent)):
        alex.send(sent[:cut])
        assert said(sam) == []
        alex.send(sent[cut:])
        assert said(sam) == ["x" * 200]
    for byte in sent:
        alex.send(bytes([byte]))
    assert said(sam) == ["x" * 200]


def test_takes_a_handshake_that_is_cut_anywhere() -> None:
    """As a slow network cuts it."""
    server = MemoryServer(Limits(connects_per_minute=1000))
    sent = handshake()
    for cut in range(1, len(sent)):
        end = server.web_connection()
        end.send(sent[:cut])
        assert end.received() == b""
        end.send(sent[cut:])
        assert end.received().startswith(b"HTTP/1.1 101 ")
        end.hang_up()


def test_joins_the_fragments_of_a_message(server: MemoryServer) -> None:
    """Also where they cut a character, and with a ping between them."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    whole = SAY % "h\u00e9llo \U0001f600".encode()
    alex.send(pieces(whole, 10, 0, 15, 1, 8, 1, 1))
    assert said(sam) == ["h\u00e9llo \U0001f600"]
    alex.send(frame(whole[:9], last=False) + frame(b"?", PING) + frame(whole[9:], CONTINUED))
    assert said(sam) == ["h\u00e9llo \U0001f600"]
    assert [one["type"] for one in alex.objects()][-2:] == ["said", "ok"]
    assert alex.pongs == [b"?"]


def test_says_nothing_of_a_message_that_is_not_whole(server: MemoryServer) -> None:
    """It may come later."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    alex.send(frame(SAY % b"half", last=False))
    alex.drop()
    assert said(sam) == []


# What is too much.


@pytest.mark.parametrize("more", [0, 1, 2, 10_000])
def test_refuses_a_message_that_is_too_long_and_goes_on(server: MemoryServer, more: int) -> None:
    """In one frame or several; the next one is taken."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    most = server.limits.line_bytes
    text = SAY % (b"x" * (most - len(SAY % b"") + more))
    alex.send(frame(text))
    alex.send(pieces(text, 100, 1000))
    assert len(said(sam)) == (0 if more else 2)
    assert codes(alex) == (["line_too_long"] * 2 if more else [])
    alex.ask(type="say", text="short")
    assert said(sam) == ["short"]


def test_closes_who_cuts_a_message_into_too_many_pieces(server: MemoryServer) -> None:
    """Each costs us more than it costs them; empty ones are pieces too."""
    alex = server.browser("Alex")
    text = SAY % b"hi"
    alex.send(pieces(text, *[0] * (FRAGMENTS - 1)))
    assert not alex.closed
    alex.send(pieces(text, *[0] * FRAGMENTS))
    assert (alex.close_code, alex.closed) == (1008, True)


@pytest.mark.parametrize("kind", [PING, PONG])
def test_counts_a_ping_like_a_line(kind: int) -> None:
    """Who sends many is read slower, and told so once."""
    server = MemoryServer(Limits(message_burst=5, messages=1))
    alex, sam = server.browser("Alex"), server.browser("Sam")
    for _ in range(10):
        alex.send(frame(b"?", kind))
    alex.send(request(type="say", text="at last"))
    assert alex.unread
    assert [one["code"] for one in alex.objects() if "code" in one] == ["slowed"]
    assert said(sam) == []
    server.advance(15)
    assert len(alex.pongs) == (10 if kind == PING else 0)
    assert said(sam) == ["at last"]


def test_reads_who_sends_too_fast_at_their_pace() -> None:
    """Nothing is lost, and nothing out of order."""
    server = MemoryServer(Limits(message_burst=5, messages=2))
    alex, sam = server.browser("Alex"), server.browser("Sam")
    alex.send(b"".join(request(type="say", text=str(number)) for number in range(20)))
    heard = said(sam)
    assert 0 < len(heard) <= 5
    server.advance(1)
    assert len(heard := heard + said(sam)) <= 7
    server.advance(20)
    assert heard + said(sam) == [str(number) for number in range(20)]


# What breaks the protocol.


BROKEN = {
    "binary": (1003, frame(b"{}", BINARY)),
    "binary in pieces": (1003, frame(b"{", BINARY, last=False)),
    "UTF-8 that is none": (1007, frame(SAY % b"\xc3\x28")),
    "half a character": (1007, frame(b"\xf0\x9f")),
    "a surrogate": (1007, frame(b"\xed\xa0\x80")),
    "UTF-8 that is none, in the second piece": (1007, pieces(b"{\xff", 1)),
    "unmasked": (1002, frame(SAY % b"hi", masked=False)),
    "compressed": (1002, frame(b"\xaa\x56\x00", reserved=4)),
    "another reserved bit": (1002, frame(b"{}", reserved=2)),
    "an unknown kind": (1002, frame(b"", 0x3)),
    "an unknown control": (1002, frame(b"", 0xB)),
    "a long ping": (1002, frame(b"x" * 126, PING)),
    "a ping in pieces": (1002, frame(b"x", PING, last=False)),
    "a piece of nothing": (1002, frame(b"x", CONTINUED)),
    "a message within another": (1002, frame(b"{", last=False) + frame(b"{}")),
    "a length beyond 63 bits": (1002, frame(b"", length=1 << 63)),
    "a length in too many bytes": (1002, b"\x81\xfe\x00\x02\x00\x00\x00\x00{}"),
    "a goodbye of one byte": (1002, frame(b"\x03", CLOSE)),
    "a goodbye with a code that is none": (1002, frame((999).to_bytes(2), CLOSE)),
    "a goodbye with a code that nobody sends": (1002, frame((1006).to_bytes(2), CLOSE)),
    "a goodbye with UTF-8 that is none": (1007, frame(b"\x03\xe8\xff", CLOSE)),
}
"""What breaks it, with the code that it is closed with."""


@pytest.mark.parametrize(("code", "sent"), BROKEN.values(), ids=list(BROKEN))
def test_closes_on_what_breaks_the_protocol(server: MemoryServer, code: int, sent: bytes) -> None:
    """With the code that says why; what comes after it is not looked at, and nobody hears of it."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    alex.received()
    alex.send(sent + request(type="say", text="after"))
    assert alex.close_code == code
    server.advance(server.limits.goodbye_seconds + 1)
    assert alex.closed
    assert [one["type"] for one in sam.objects()] == ["left"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_WebSocket_Key": None},
        {"Sec_WebSocket_Key": "short"},
        {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="},
        {"Sec_WebSocket_Version": None},
        {"Sec_WebSocket_Version": "12"},
        {"Sec_WebSocket_Version": "x"},
        {"Connection": "keep-alive"},
        {"Connection": None},
    ],
    ids=str,
)
def test_refuses_a_handshake_that_is_none(
    server: MemoryServer, headers: dict[str, str | None], faults: Callable[[], int]
) -> None:
    """With a status that says it is the client's fault; and is over then."""
    end = server.web_connection()
    end.send(handshake(**headers) + hello("Alex"))
    assert end.received().startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 426 "))
    assert end.closed
    assert list(server.house.chat.users) == []
    assert faults() == 0


def test_takes_no_offer_to_compress(server: MemoryServer) -> None:
    """A little could unpack to a lot."""
    end = server.web_connection()
    end.send(handshake(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"))
    head = end.received()
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"sec-websocket-extensions" not in head.lower()


# Coming to an end.


def test_says_goodbye_and_closes(server: MemoryServer) -> None:
    """The words come first."""
    alex = server.browser("Alex")
    alex.ask(type="quit", id=1)
    assert alex.objects()[-1] == {"type": "goodbye", "text": "Leaving the chat..."}
    assert (alex.close_code, alex.closed) == (1000, True)


def test_waits_for_the_peer_s_goodbye_a_bounded_time(server: MemoryServer) -> None:
    """Who never says it is closed all the same."""
    alex = server.web_socket(silent=True)
    alex.ask(type="hello", v=1, name="Alex")
    alex.ask(type="quit", id=1)
    assert (alex.close_code, alex.closed) == (1000, False)
    server.advance(server.limits.goodbye_seconds + 1)
    assert alex.closed


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_takes_the_peer_s_goodbye(server: MemoryServer, code: int) -> None:
    """It is said back, and the others hear that they left, as if they had hung up."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    alex.send_event(CloseConnection(code, "gone"))
    assert (alex.close_code, alex.closed) == (1000, True)
    assert [(one["type"], one.get("reason")) for one in sam.objects()] == [("left", None)]


def test_hears_nothing_after_the_peer_s_goodbye(server: MemoryServer) -> None:
    """What comes in one piece with it is not said."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    goodbye = frame((1000).to_bytes(2), CLOSE)
    alex.send(request(type="say", text="before") + goodbye + request(type="say", text="after"))
    assert said(sam) == ["before"]
    assert alex.closed


def test_tells_the_others_that_a_connection_was_lost(server: MemoryServer) -> None:
    """As at the other doors."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    alex.drop()
    assert [one.get("reason") for one in sam.objects()] == ["lost connection"]


def test_closes_who_gives_no_name(server: MemoryServer) -> None:
    """By the deadline, whatever they send meanwhile that is no hello."""
    end = server.web_socket()
    for _ in range(server.limits.name_seconds - 1):
        server.advance(1)
        end.send_event(Ping(b""))
    assert not end.closed
    server.advance(1)
    assert (end.close_code, end.closed) == (1000, True)
    assert end.objects()[-1]["type"] == "goodbye"


def test_asks_a_silent_peer_whether_it_is_there(server: MemoryServer) -> None:
    """Who answers stays."""
    alex = server.browser("Alex")
    for _ in range(3 * server.limits.dead_peer_seconds // 10):
        server.advance(10)
        server.web.check_alive()
    assert not alex.closed
    assert alex.pings > 3


def test_drops_a_peer_that_does_not_answer(server: MemoryServer) -> None:
    """As dead, and the others hear why."""
    alex, sam = server.web_socket(silent=True), server.browser("Sam")
    alex.ask(type="hello", v=1, name="Alex")
    sam.received()
    for _ in range(server.limits.dead_peer_seconds // 10 + 1):
        server.advance(10)
        server.web.check_alive()
    server.settle()
    assert alex.closed
    assert [one.get("reason") for one in sam.objects()] == ["timed out"]
    assert server.house.figures.dropped["timed_out"] == 1


@pytest.mark.parametrize("how", ["too much", "too long"])
def test_gives_up_a_reader_who_does_not_read(how: str) -> None:
    """By what waits, or for how long; what others hear goes on."""
    server = MemoryServer(Limits(outbox_bytes=10_000 if how == "too much" else 1_000_000))
    alex, sam = server.browser("Alex"), server.browser("Sam")
    alex.stop_reading()
    for number in range(10):
        sam.ask(type="say", text=str(number) * 2000)
        server.advance(1)
    server.advance(server.limits.outbox_seconds if how == "too long" else 0)
    assert alex.closed
    assert len([one for one in sam.objects() if one["type"] == "left"]) == 1
    assert server.house.figures.dropped["too_slow"] == 1


def test_sends_pongs_in_their_place(server: MemoryServer) -> None:
    """Never between two halves of a frame that waits."""
    alex, sam = server.browser("Alex"), server.browser("Sam")
    alex.stop_reading()
    sam.ask(type="say", text="x" * 3000)
    alex.send(frame(b"1", PING))
    sam.ask(type="say", text="y" * 3000)
    alex.read_on()
    assert said(alex) == ["x" * 3000, "y" * 3000]
    assert alex.pongs == [b"1"]


@pytest.mark.parametrize("kind", [TEXT, PING, CLOSE])
def test_is_not_upset_by_a_connection_that_goes_in_the_middle(
    server: MemoryServer, kind: int, faults: Callable[[], int]
) -> None:
    """Of any frame."""
    sent = frame((1000).to_bytes(2) + b"bye", kind)
    for cut in range(1, len(sent)):
        alex = server.browser("Alex")
        alex.send(sent[:cut])
        alex.drop()
    assert list(server.house.chat.users) == []
    assert faults() == 0
