"""Bytes through the door of a whole server in memory, which answers others after each input.

The peer is anywhere but on the server's machine, so that it administers nothing, unless it is
meant to; whatever it says or does, two others talk, and no fault is logged.
"""

import dataclasses
import re
from functools import cache

from parsers.bits import halves, no_tracebacks
from twisted_chat.limits import OFF, Limits
from twisted_chat.testing import MemoryServer

OPEN = Limits(
    message_burst=OFF,
    messages=OFF,
    connections_per_address=OFF,
    connects_per_minute=OFF,
    logins=OFF,
    line_bytes=250,
)
"""Nobody is slowed, so that all of an input is read; a line is soon too long."""

INPUTS_OF_A_SERVER = 500
"""After so many there is a new one: what is said is kept in memory."""

HELLO = b'{"type":"hello","v":1,"name":"Bot","bot":true}\n'
IAC, IAC_NOP = b"\xff", b"\xff\xf1"
TLS = b"\x16\x03"
LEAVE = b"\xec\xee\xf3\xf4"
ELSEWHERE = "10.9.9.9"
HORSE = "correct-horse"


class Town:
    """A server with two who talk, and a stranger whose bytes are those of the input."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._inputs = 0
        self._begin()

    def _begin(self) -> None:
        self.server = MemoryServer(OPEN)
        self.speaker = self.server.program("Speaker", "10.1.1.1")
        self.listener = self.server.program("Listener", "10.1.1.2")

    def take(self, begins: bytes, data: bytes) -> None:
        """Have the stranger send it in two pieces, and end in one of three ways."""
        self._inputs += 1
        if self._inputs % INPUTS_OF_A_SERVER == 0:
            self._begin()
        with no_tracebacks():
            end = self.server.connect(self._host)
            for piece in (begins, *halves(data), b"\n"):
                end.send(piece)
            (end.finish, end.hang_up, end.drop)[len(data) % 3]()
            end.hang_up()
            self.check()

    def check(self) -> None:
        """Whether one of the two still hears the other."""
        self.speaker.received()
        self.listener.received()
        self.speaker.ask(type="say", text="still there?", id=1)
        assert [one["type"] for one in self.speaker.objects()] == ["ok"]
        assert [one.get("text") for one in self.listener.objects()] == ["still there?"]


class Ruled(Town):
    """A town whose stranger administers it, and may ban or silence the two."""

    def _begin(self) -> None:
        super()._begin()
        self.admin = self.server.program("Ada", register=True, password=HORSE)

    def check(self) -> None:
        """Whether it answers one of them, if that one may be here."""
        self.speaker.received()
        self.speaker.ask(type="uptime", id="now")
        answers = [one["type"] for one in self.speaker.objects() if one.get("id") == "now"]
        assert answers == ([] if self.speaker.closed else ["uptime"])
        if self.speaker.closed or self.listener.closed or self.admin.closed:
            self._begin()


@cache
def _town() -> Town:
    return Town(ELSEWHERE)


@cache
def _ruled() -> Ruled:
    return Ruled("127.0.0.1")


def stranger(data: bytes) -> None:
    """From the first byte of a connection."""
    _town().take(b"", data)


def person(data: bytes) -> None:
    """From somebody who has given a name, and made a room."""
    _town().take(b"Alex\n/join #dev\n", data)


def program(data: bytes) -> None:
    """From a program that said hello."""
    _town().take(HELLO, data)


def negotiation(data: bytes) -> None:
    """From a telnet that negotiates."""
    _town().take(IAC_NOP, data)


def administrator(data: bytes) -> None:
    """From a program that may do everything."""
    hello = f'{{"type":"hello","v":1,"name":"Ada","password":"{HORSE}"}}\n'
    _ruled().take(hello.encode(), data)


def cut(data: bytes) -> None:
    """What comes back, and what others hear, does not depend on where it is cut."""
    # A TLS handshake is known by the beginning of a piece.
    first, second = halves(data.replace(TLS, b""))
    if IAC not in data:
        assert _outcome([first, second]) == _outcome([first + second])
    else:
        # What telnet is answered does not wait until a piece is read, and so goes before the rest;
        # and who leaves by Ctrl-C leaves before the lines that wait.
        first, second = first.translate(None, LEAVE), second.translate(None, LEAVE)
        _, *one = _outcome([IAC_NOP, first, second])
        _, *other = _outcome([IAC_NOP, first + second])
        assert one == other


def _outcome(pieces: list[bytes]) -> tuple[bytes, bytes, bool]:
    server = MemoryServer(dataclasses.replace(OPEN, bad_requests=3))
    witness = server.person("Witness", "10.1.1.1")
    end = server.connect(ELSEWHERE)
    for piece in pieces:
        end.send(piece)
    # Which room one looks at when an answer comes is decided by then: what is asked for in the
    # same turn is decided first.
    told = re.sub(rb"\[#[^] ]*\] ", b"", end.received())
    return told, witness.received(), end.closed
