"""What hurts chat servers at their door, each with the figure that it must not exceed.

The figures that were measured are recorded as properties, which
``pytest --junitxml=FILE -o junit_family=xunit1`` writes.
"""

import time
from bisect import insort
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from tracing import Memory, traced
from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, LogLevel, globalLogPublisher

from twisted_chat.limits import OFF, Limits
from twisted_chat.testing import End, MemoryServer

MIB = 1 << 20
CHUNK = 1 << 16
IAC, SB, SE = b"\xff", b"\xfa", b"\xf0"
OPEN = Limits(
    messages=OFF,
    message_burst=OFF,
    lines_waiting=OFF,
    connections_per_address=OFF,
    connects_per_minute=OFF,
)
"""What a trusted network has: nothing here is slowed, so that all of it reaches the server."""

Record = Callable[[str, object], None]


@pytest.fixture(autouse=True)
def no_tracebacks() -> Iterator[None]:
    """Whatever is done to the server, it logs no fault."""
    faults: list[LogEvent] = []

    def observe(event: LogEvent) -> None:
        if event["log_level"] is LogLevel.critical:
            faults.append(event)

    globalLogPublisher.addObserver(cast(ILogObserver, observe))
    yield
    globalLogPublisher.removeObserver(cast(ILogObserver, observe))
    assert faults == []


def alive(server: MemoryServer) -> bool:
    """Whether the server still brings what one says to another."""
    one, other = server.person("One", "10.9.9.1"), server.person("Other", "10.9.9.2")
    one.type("still there?")
    heard = other.lines()
    one.type("q")
    other.type("q")
    return heard == ["One: still there?"]


# Row 3: telnet.


def test_understands_any_two_bytes_after_iac(record_property: Record) -> None:
    """All 65,536, each with text and the end of a subnegotiation after it."""
    begun = time.monotonic()
    server = MemoryServer(OPEN)
    sent = sum(every_second_byte(server, first) for first in range(256))
    record_property("row 3: sequences through the door", sent)
    record_property("row 3: seconds", round(time.monotonic() - begun, 1))
    assert sent == 65_536
    assert alive(server)


LEAVE = {0xEC, 0xEE, 0xF3, 0xF4}
"""EOF, ABORT, BRK and IP, after which a connection is closed."""

LINE_ENDS = {0x0A, 0x0D}
"""After which Ctrl-C or Ctrl-D at the beginning of a line close it too."""


def every_second_byte(server: MemoryServer, first: int) -> int:
    """Send one first byte with all second ones; how many were sent."""
    sequences = [
        b"a"
        + IAC
        + bytes((first, second))
        + b"a"
        + IAC
        + SE
        + (b"\r\n" if second % 16 == 0 else b"")
        for second in range(256)
    ]
    at_once = 1 if first in LEAVE | LINE_ENDS else 256
    for start in range(0, 256, at_once):
        end = server.connect()
        end.send(b"Tel\n")
        end.send(b"".join(sequences[start : start + at_once]))
        assert end.closed or first not in LEAVE
        assert not end.closed or first in LEAVE | LINE_ENDS
        end.hang_up()
    return len(sequences)


def test_bounds_a_subnegotiation_without_an_end(record_property: Record) -> None:
    """1 MB of it: closed, under 1 MB of memory."""
    server = MemoryServer(OPEN)
    end = server.connect()
    data = b"x" * CHUNK
    with traced():
        memory = Memory()
        end.send(IAC + SB)
        for _ in range(MIB // CHUNK):
            end.send(data)
        record_property("row 3: peak KiB for 1 MiB of subnegotiation", memory.peak() // 1024)
        assert memory.peak() < MIB
    assert end.closed
    assert alive(server)


# Row 7: slow and silent connections.

SILENT, TRICKLING = 2000, 500


class SortedClock(Clock):
    """A clock that keeps thousands of calls in order, where Twisted's sorts them each time."""

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        call = DelayedCall(
            self.seconds() + delay,
            callable,
            args,
            kw,
            self.calls.remove,
            self._move,
            self.seconds,
        )
        insort(self.calls, call, key=DelayedCall.getTime)
        return call

    def advance(self, amount: float) -> None:
        self.rightNow += amount
        while self.calls and self.calls[0].getTime() <= self.seconds():
            call = self.calls.pop(0)
            call.called = 1
            call.func(*call.args, **call.kw)

    def _move(self, call: DelayedCall) -> None:
        self.calls.remove(call)
        insort(self.calls, call, key=DelayedCall.getTime)


def test_closes_the_slow_and_the_silent(record_property: Record) -> None:
    """All are gone by the deadline and a second; memory is back after three more rounds."""
    server = MemoryServer(OPEN, clock=SortedClock())
    slowest = one_round(server, SILENT, TRICKLING)
    with traced():
        memory = Memory()
        for _ in range(3):
            one_round(server, SILENT // 10, TRICKLING // 10)
        left = memory.now()
    record_property("row 7: seconds until the last of 2,500 was closed", slowest)
    record_property("row 7: KiB more after 3 rounds of 250", left // 1024)
    assert slowest <= server.limits.name_seconds + 1
    assert left < MIB // 4
    assert alive(server)


def one_round(server: MemoryServer, silent: int, trickling: int) -> float:
    """Connect them all; how many seconds it takes until all are closed."""
    begun = server.clock.seconds()
    ends = [server.connect() for _ in range(silent)]
    slow = [server.connect() for _ in range(trickling)]
    while not all(end.closed for end in ends + slow):
        server.advance(1)
        if int(server.clock.seconds() - begun) % 10 == 0:
            for end in slow:
                end.send(b"x")
    return server.clock.seconds() - begun


# Row 8: slow readers.

SLEEPERS = 20


def test_is_not_filled_by_who_never_reads(record_property: Record) -> None:
    """24 MB to a room: under 4 MB more for 20 who never read, and the others lose no line."""
    with traced():
        without = peak_of_a_flood(0)
        with_sleepers = peak_of_a_flood(SLEEPERS)
    record_property("row 8: peak KiB without sleepers", without // 1024)
    record_property("row 8: KiB more with 20 who never read", (with_sleepers - without) // 1024)
    assert with_sleepers - without < 4 * MIB


def peak_of_a_flood(sleepers: int) -> int:
    """The most memory in use until those are gone who never read, of a room to which 24 MB go."""
    server = MemoryServer(OPEN)
    talker, readers = server.person("Talker"), [server.person(f"R{i}") for i in range(3)]
    asleep = [server.person(f"S{number}") for number in range(sleepers)]
    for end in asleep:
        end.stop_reading()
    for reader in readers:
        reader.received()
    batch = ("x" * 4000 + "\n").encode() * 16
    heard = b"".join(b"Talker: " + line for line in batch.splitlines(keepends=True))
    memory, peak, gone = Memory(), 0, 0
    for number in range(24 * MIB // len(batch)):
        talker.send(batch)
        # Later the record takes more than all who slept ever did, and would hide it.
        if number * len(batch) <= 2 * server.limits.outbox_bytes:
            peak = memory.peak()
        for reader in readers:
            told = reader.received()
            assert told.startswith(heard) or told.endswith(heard)
            others = told.replace(heard, b"").splitlines()
            assert all(line.endswith(b" - too slow") for line in others)
            gone += len(others)
    assert all(end.closed for end in asleep)
    assert gone == sleepers * len(readers)
    return peak


# Row 9: a line without an end.


@pytest.mark.parametrize("begins", [b"", b"Alex\n", b'{"type":"', IAC + b"\xf1"])
def test_bounds_a_line_without_an_end(begins: bytes, record_property: Record) -> None:
    """16 MB of it, before and after a name, from programs and telnet: under 1 MB of memory."""
    server = MemoryServer(OPEN)
    end = server.connect()
    data = b"x" * CHUNK
    with traced():
        memory = Memory()
        end.send(begins)
        for _ in range(16 * MIB // CHUNK):
            end.send(data)
        record_property(f"row 9: peak KiB after {begins!r}", memory.peak() // 1024)
        assert memory.peak() < MIB
    assert alive(server)


# Row 20: HTTP.


@pytest.mark.parametrize(
    "verb", ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
)
def test_executes_nothing_of_an_http_request(verb: str) -> None:
    """A browser or script on a text port is closed, and nobody hears of it."""
    server = MemoryServer()
    witness = server.person("Witness")
    end = server.connect()
    body = "Evil\n/nick root\n/join #dev\nhello\n"
    end.send(f"{verb} / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    assert end.closed
    assert end.lines()[-1] == "This is a chat, for nc and telnet. Goodbye."
    assert witness.received() == b""


def test_closes_who_speaks_tls_to_a_plain_port() -> None:
    """The first byte of a handshake is no name."""
    end: End = MemoryServer().connect()
    end.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n")
    assert end.closed
