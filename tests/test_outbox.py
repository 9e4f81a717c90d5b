"""The outbox in front of real sockets, plain and TLS, and in memory at its bounds."""

import contextlib
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
import pytest_twisted
from certificates import self_signed
from twisted.internet import endpoints, reactor, threads
from twisted.internet.defer import Deferred
from twisted.internet.ssl import PrivateCertificate

from twisted_chat.admission import Admission
from twisted_chat.doors.line import ChatFactory
from twisted_chat.house import About, House
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import OFF, Limits
from twisted_chat.outbox import Backlog, SocketOutbox, outbox_for
from twisted_chat.testing import AtOnce, End, MemoryServer

# Twisted 26.10 hands pyOpenSSL what this one would rather not take any more.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")

LINE = 1000
BYTES_HELD_BY_KERNEL = 4096


# A plain socket under a transport that does only what it is told.


class PlainTransport:
    """One end of a pair of real sockets, as Twisted's TCP transport shows it to an outbox."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.theirs.setblocking(False)
        self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BYTES_HELD_BY_KERNEL)
        self.producer: Any = None
        self.buffer = b""
        self.log: list[str] = []

    def getHandle(self) -> socket.socket:
        return self.ours

    def write(self, data: bytes) -> None:
        self.buffer += data

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert not streaming
        self.producer = producer
        producer.resumeProducing()

    def unregisterProducer(self) -> None:
        self.producer = None

    def loseConnection(self) -> None:
        self.log.append("close")

    def abortConnection(self) -> None:
        self.log.append("abort")

    def read(self) -> bytes:
        """What the other end has got, the transport's own turn in between."""
        got = b""
        while (some := self.step()) or self.buffer:
            got += some
        return got

    def step(self) -> bytes:
        """What the other end gets in one turn of the transport."""
        try:
            got = self.theirs.recv(1 << 16)
        except BlockingIOError:
            got = b""
        if self.buffer:
            self.buffer = self.buffer[self.ours.send(self.buffer) :]
            if not self.buffer and self.producer is not None:
                self.producer.resumeProducing()
        return got


class Plain:
    """An outbox on a plain socket, with the server whose clock and backlog it uses."""

    def __init__(self, limits: Limits | None = None, backlog: Backlog | None = None) -> None:
        self.server = MemoryServer(limits)
        self.transport = PlainTransport()
        self.outbox = outbox_for(
            self.transport,
            self.server.clock,
            self.server.limits,
            backlog or self.server.house.backlog,
            lambda: self.transport.log.append("too slow"),
        )

    def fill(self) -> bytes:
        """Send until something waits; what was sent."""
        sent = b""
        while not self.outbox.waiting:
            line = b"%0*d\n" % (LINE - 1, len(sent))
            self.outbox.send(line)
            sent += line
        return sent

    def end(self) -> None:
        """Close both sockets."""
        self.outbox.closed()
        self.transport.ours.close()
        self.transport.theirs.close()


MakePlain = Callable[..., Plain]


@pytest.fixture
def make_plain() -> Iterator[MakePlain]:
    """Make outboxes on plain sockets, which are closed at the end of the test."""
    made: list[Plain] = []

    def make(*args: Any) -> Plain:
        made.append(Plain(*args))
        return made[-1]

    yield make
    for plain in made:
        plain.end()


def test_sends_straight_to_a_plain_socket(make_plain: MakePlain) -> None:
    """The reader has it without a turn of the reactor, and the transport never saw it."""
    plain = make_plain()
    plain.outbox.send(b"hello\n")
    assert plain.transport.theirs.recv(100) == b"hello\n"
    assert isinstance(plain.outbox, SocketOutbox)
    assert (plain.transport.producer, plain.transport.buffer) == (None, b"")


def test_keeps_what_the_kernel_does_not_take(make_plain: MakePlain) -> None:
    """The rest of a batch that was sent in part goes on from where it stopped."""
    plain = make_plain()
    sent = bytes(range(256)) * 1000
    plain.outbox.send(sent)
    assert 0 < plain.outbox.waiting < len(sent)
    assert plain.transport.read() == sent
    assert plain.outbox.waiting == 0
    assert plain.transport.producer is None


def test_keeps_the_order_through_being_blocked_and_free(make_plain: MakePlain) -> None:
    """Whatever is sent while something waits comes after it."""
    plain = make_plain()
    sent, got = b"", b""
    for _ in range(5):
        sent += plain.fill()
        # The kernel has room again, and the transport has not noticed yet.
        got += plain.transport.theirs.recv(1 << 16)
        plain.outbox.send(b"while blocked\n")
        got += plain.transport.read()
        plain.outbox.send(b"free again\n")
        got += plain.transport.read()
        sent += b"while blocked\nfree again\n"
    assert got == sent


def test_closes_at_once_when_nothing_waits(make_plain: MakePlain) -> None:
    """And sends nothing after that."""
    plain = make_plain()
    plain.outbox.close()
    plain.outbox.send(b"too late")
    assert plain.transport.log == ["close"]
    assert plain.transport.read() == b""


def test_closes_when_all_is_sent(make_plain: MakePlain) -> None:
    """The last words come first, without a producer that would keep the connection open."""
    plain = make_plain()
    sent = plain.fill()
    plain.outbox.send(b"goodbye\n")
    plain.outbox.close()
    assert plain.transport.log == []
    assert plain.transport.read() == sent + b"goodbye\n"
    assert (plain.transport.log, plain.transport.producer) == (["close"], None)


def test_waits_for_last_words_no_longer_than_it_may(make_plain: MakePlain) -> None:
    """5 seconds; then the connection is cut."""
    plain = make_plain()
    plain.fill()
    plain.outbox.close()
    plain.server.advance(4.9)
    assert plain.transport.log == []
    plain.server.advance(0.1)
    assert plain.transport.log == ["abort"]
    assert (plain.outbox.waiting, plain.server.house.backlog.bytes) == (0, 0)


def test_waits_for_ever_for_last_words_when_that_is_off(make_plain: MakePlain) -> None:
    """The limit is lifted."""
    plain = make_plain(Limits(goodbye_seconds=OFF))
    plain.fill()
    plain.outbox.close()
    plain.server.advance(10**6)
    assert plain.transport.log == []


@pytest.mark.parametrize(("too_many", "log"), [(0, []), (1, ["abort", "too slow"])])
def test_gives_up_a_reader_with_too_much_waiting(
    make_plain: MakePlain, too_many: int, log: list[str]
) -> None:
    """Exactly the bound may wait, and not a byte more."""
    plain = make_plain(Limits(outbox_bytes=50_000))
    plain.fill()
    plain.outbox.send(b"x" * (50_000 - plain.outbox.waiting + too_many))
    assert plain.transport.log == log
    assert plain.server.house.backlog.bytes == (0 if too_many else 50_000)


def test_holds_any_number_of_bytes_when_that_is_off(make_plain: MakePlain) -> None:
    """The limit is lifted."""
    plain = make_plain(Limits(outbox_bytes=OFF))
    plain.fill()
    plain.outbox.send(b"x" * 5_000_000)
    assert plain.transport.log == []
    assert plain.outbox.waiting > 5_000_000 - BYTES_HELD_BY_KERNEL


def test_gives_up_a_reader_who_takes_nothing_for_too_long(make_plain: MakePlain) -> None:
    """30 seconds without progress."""
    plain = make_plain()
    plain.fill()
    plain.server.advance(29.9)
    plain.outbox.send(b"more to wait for\n")
    assert plain.transport.log == []
    plain.server.advance(0.1)
    assert plain.transport.log == ["abort", "too slow"]


def test_is_patient_with_a_reader_who_takes_some(make_plain: MakePlain) -> None:
    """Each 16 KiB that are gone begin the time anew."""
    plain = make_plain()
    plain.outbox.send(b"x" * 1_000_000)
    for _ in range(5):
        plain.server.advance(20)
        before = plain.outbox.waiting
        while plain.outbox.waiting == before:
            plain.transport.step()
    assert plain.transport.log == []
    plain.server.advance(30)
    assert plain.transport.log == ["abort", "too slow"]


def test_waits_for_ever_for_a_reader_when_that_is_off(make_plain: MakePlain) -> None:
    """The limit is lifted."""
    plain = make_plain(Limits(outbox_seconds=OFF))
    plain.fill()
    plain.server.advance(10**6)
    assert plain.transport.log == []


def test_aborts_when_the_socket_is_broken(make_plain: MakePlain) -> None:
    """Though nobody reads from it, and once."""
    plain = make_plain()
    plain.transport.theirs.close()
    plain.outbox.send(b"to nobody")
    plain.outbox.send(b"to nobody")
    assert plain.transport.log == ["abort"]


def test_forgets_what_waits_when_the_connection_is_gone(make_plain: MakePlain) -> None:
    """And takes nothing any more, nor gives up anybody."""
    plain = make_plain()
    plain.fill()
    plain.outbox.stopProducing()  # type: ignore[attr-defined]
    plain.outbox.send(b"x")
    plain.outbox.close()
    plain.server.advance(100)
    assert (plain.outbox.waiting, plain.transport.log) == (0, [])
    assert plain.server.house.backlog.bytes == 0


def test_gives_up_the_fullest_when_too_much_waits_in_all(make_plain: MakePlain) -> None:
    """The others are kept, and have room again."""
    backlog = Backlog(300_000)
    one, two, three = (make_plain(None, backlog) for _ in range(3))
    for plain, size in ((one, 80_000), (two, 150_000), (three, 60_000)):
        plain.outbox.send(b"x" * size)
    assert 0 < backlog.bytes <= 300_000
    one.outbox.send(b"x" * 50_000)
    assert [plain.transport.log for plain in (one, two, three)] == [[], ["abort", "too slow"], []]
    assert backlog.bytes == one.outbox.waiting + three.outbox.waiting


def test_gives_up_as_many_as_it_takes_when_less_may_wait(make_plain: MakePlain) -> None:
    """As when an operator has lowered the limit while hundreds wait: each of them goes in order."""
    backlog = Backlog(OFF)
    plains = [make_plain(None, backlog) for _ in range(300)]
    for plain in plains:
        plain.outbox.send(b"x" * 900_000)
    backlog.most = 1
    plains[0].outbox.send(b"x")
    assert [plain.transport.log for plain in plains] == [["abort", "too slow"]] * 300
    assert backlog.bytes == 0


def test_holds_any_number_of_bytes_in_all_when_that_is_off(make_plain: MakePlain) -> None:
    """The limit is lifted."""
    backlog = Backlog(OFF)
    plains = [make_plain(None, backlog) for _ in range(5)]
    for plain in plains:
        plain.outbox.send(b"x" * 900_000)
    assert [plain.transport.log for plain in plains] == [[]] * 5


# In memory, where a transport says when it is full.


def room(limits: Limits | None = None) -> tuple[MemoryServer, End, End, End]:
    """A server, with one who talks, one who reads and one who will not."""
    server = MemoryServer(limits)
    talker, reader, sleeper = (server.person(name) for name in ("Talker", "Reader", "Sleeper"))
    for end in (talker, reader):
        end.received()
    sleeper.stop_reading()
    return server, talker, reader, sleeper


def test_drops_a_reader_who_never_reads() -> None:
    """The others hear why, and lose nothing."""
    _, talker, reader, sleeper = room(Limits(outbox_bytes=10_000, messages=OFF))
    said = ["x" * 1000 for _ in range(20)]
    talker.type(*said)
    heard = reader.lines()
    gone = " * Sleeper left. (After 0 seconds) - too slow"
    assert sleeper.closed
    assert [line for line in heard if line != gone] == [f"Talker: {line}" for line in said]
    assert heard.count(gone) == talker.lines().count(gone) == 1


def test_drops_a_reader_who_pauses_for_too_long() -> None:
    """30 seconds, and not a moment before."""
    server, talker, reader, sleeper = room()
    talker.type("anybody there?")
    server.advance(29.9)
    assert not sleeper.closed
    server.advance(0.1)
    assert sleeper.closed
    assert reader.lines()[-1] == " * Sleeper left. (After 30 seconds) - too slow"


def test_goes_on_where_a_reader_paused() -> None:
    """All in order."""
    server, talker, _, sleeper = room()
    talker.type("one", "two")
    assert sleeper.received() == b""
    server.advance(29)
    sleeper.read_on()
    talker.type("three")
    assert sleeper.lines() == ["Talker: one", "Talker: two", "Talker: three"]
    server.advance(60)
    assert not sleeper.closed


def test_shares_what_waits_between_readers() -> None:
    """A thousand who are slow wait for the very same bytes."""
    server = MemoryServer(
        Limits(messages=OFF, connects_per_minute=OFF, connections_per_address=OFF)
    )
    talker = server.person("Talker")
    sleepers = [server.person(f"S{number}") for number in range(50)]
    for sleeper in sleepers:
        sleeper.stop_reading()
    talker.type("x" * 4000)
    waiting = {id(piece) for sleeper in sleepers for piece in sleeper.protocol._outbox._queue}
    assert len(waiting) == 1
    assert server.house.backlog.bytes == 50 * len("Talker: " + "x" * 4000 + "\n")


# Over real connections, with the real reactor.


def trusting() -> ssl.SSLContext:
    """A client's side of TLS that trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class RealServer:
    """The chat on a real port of this machine."""

    def __init__(self, limits: Limits, tls: bool = False) -> None:
        self.tls = tls
        self.house = House(About(), limits, reactor, MemoryJournal(time.time), time.time, AtOnce())
        admission = Admission(limits, reactor, OFF)
        self.factory = ChatFactory(self.house, admission)
        self.clients: list[socket.socket] = []
        self.port: Any = None

    async def start(self) -> None:
        """Listen."""
        where: Any
        if self.tls:
            options = PrivateCertificate.loadPEM(self_signed()).options()
            where = endpoints.SSL4ServerEndpoint(reactor, 0, options, interface="127.0.0.1")
        else:
            where = endpoints.TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        self.port = await where.listen(self.factory)

    async def stop(self) -> None:
        """Close everything, and wait until it is."""
        for client in self.clients:
            client.close()
        gone: Deferred[None] = Deferred()
        self.house.close(lambda: gone.callback(None))
        await gone
        await self.port.stopListening()

    def raw(self) -> socket.socket:
        """A plain connection to it, whatever it speaks."""
        client = socket.create_connection(("127.0.0.1", self.port.getHost().port), timeout=10)
        self.clients.append(client)
        return client

    def connect(self) -> socket.socket:
        """A connection in what it speaks; only in a thread, as TLS needs the server for it."""
        client = self.raw()
        if not self.tls:
            return client
        wrapped = trusting().wrap_socket(client)
        self.clients.append(wrapped)
        return wrapped

    def enter(self, name: str) -> socket.socket:
        """Somebody who is in the chat; only in a thread."""
        client = self.connect()
        client.sendall(f"{name}\n".encode())
        read_until(client, b"q leaves.\n")
        return client


def read_until(client: socket.socket, end: bytes) -> bytes:
    """What comes, up to this, or to the end of the connection; only in a thread."""
    got = bytearray()
    while not got.endswith(end):
        data = client.recv(1 << 16)
        if not data:
            break
        got += data
    return bytes(got)


def wait_for_the_end(client: socket.socket) -> None:
    """Until the server has closed the connection, or cut it; only in a thread."""
    with contextlib.suppress(ConnectionResetError):
        read_until(client, b"nothing ends like this")


@contextlib.asynccontextmanager
async def listening(limits: Limits, tls: bool) -> AsyncIterator[RealServer]:
    """A server that listens, and is gone afterwards."""
    server = RealServer(limits, tls)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def on_reactor(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Any]:
    """Run a test in the reactor."""
    made: Callable[..., Any] = pytest_twisted.ensureDeferred(test)
    return made


on_tcp_and_tls = pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])


@on_tcp_and_tls
@on_reactor
async def test_brings_every_byte_over_a_real_connection(tls: bool) -> None:
    """Megabytes, in order, to a reader who is slower than the talker."""
    lines = [f"{number:04000}" for number in range(2000)]

    def talk(server: RealServer) -> list[str]:
        reader, talker = server.enter("Reader"), server.enter("Talker")
        talker.sendall("".join(line + "\n" for line in [*lines, "end"]).encode())
        return read_until(reader, b"Talker: end\n").decode().split("\n")[1:-2]

    limits = Limits(messages=OFF, message_burst=OFF, outbox_bytes=OFF, lines_waiting=OFF)
    async with listening(limits, tls) as server:
        heard = await threads.deferToThread(talk, server)
    assert heard == [f"Talker: {line}" for line in lines]


@on_tcp_and_tls
@on_reactor
async def test_says_goodbye_before_it_closes(tls: bool) -> None:
    """The last words arrive, then the end."""

    def leave(server: RealServer) -> bytes:
        alex = server.enter("Alex")
        alex.sendall(b"q\n")
        return read_until(alex, b"nothing ends like this")

    async with listening(Limits(), tls) as server:
        assert await threads.deferToThread(leave, server) == b"Leaving the chat...\n"


@on_tcp_and_tls
@on_reactor
async def test_drops_a_real_reader_who_never_reads(tls: bool) -> None:
    """The others hear `too slow`, and each line."""

    def talk(server: RealServer) -> bytes:
        _, reader, talker = map(server.enter, ("Sleeper", "Reader", "Talker"))
        read_until(reader, b" * Talker joined.\n")
        told, line = b"", b"Talker: " + b"x" * 4000 + b"\n"
        for number in range(1, 6000):
            talker.sendall(line.removeprefix(b"Talker: "))
            while told.count(b"x\n") < 1:
                told += reader.recv(1 << 16)
            told = told.replace(line, b"", 1)
            if b"too slow" in told or number == 5999:
                break
        return told

    limits = Limits(messages=OFF, message_burst=OFF, outbox_bytes=100_000)
    async with listening(limits, tls) as server:
        told = await threads.deferToThread(talk, server)
    assert re.fullmatch(rb" \* Sleeper left. \(After \d+ seconds?\) - too slow\n", told)


@on_reactor
async def test_sends_nothing_in_the_clear_on_tls() -> None:
    """What is on the wire below TLS has none of the words in it."""
    async with listening(Limits(), tls=True) as server:
        below = await threads.deferToThread(greeted_below_tls, server.raw())
    assert len(below) > 500
    assert b"Welcome" not in below
    assert b"username" not in below


def greeted_below_tls(raw: socket.socket) -> bytes:
    """Shake hands and read the greeting; every byte that came below TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting().wrap_bio(incoming, outgoing)
    below, greeting = b"", b""
    while b"username:\n" not in greeting:
        try:
            greeting += tls.read(1000)
        except ssl.SSLWantReadError:
            raw.sendall(outgoing.read())
            data = raw.recv(1 << 16)
            assert data
            below += data
            incoming.write(data)
    return below


@on_tcp_and_tls
@on_reactor
async def test_closes_who_never_speaks_or_never_shakes_hands(tls: bool) -> None:
    """By the deadline for a name and the time for last words, on TLS too."""
    async with listening(Limits(name_seconds=1, goodbye_seconds=1), tls) as server:
        begun = time.monotonic()
        silent = server.raw()
        polite = await threads.deferToThread(server.connect)
        for client in (silent, polite):
            await threads.deferToThread(wait_for_the_end, client)
    # Not before; how soon after is the machine's affair, and the clock in memory tests that.
    assert time.monotonic() - begun > 0.9


@on_tcp_and_tls
@pytest.mark.parametrize(("seconds", "told"), [(0, b" - timed out\n"), (120, b"Alex: hi\n")])
@on_reactor
async def test_gives_up_a_peer_whose_machine_is_silent(
    tls: bool, seconds: int, told: bytes
) -> None:
    """For longer than it may be, which no machine of ours is but for a bound of nothing."""

    def talk(server: RealServer) -> socket.socket:
        witness = server.enter("Witness")
        alex = server.enter("Alex")
        read_until(witness, b"joined.\n")
        alex.sendall(b"hi\n" if seconds else b"")
        return witness

    async with listening(Limits(dead_peer_seconds=seconds), tls) as server:
        witness = await threads.deferToThread(talk, server)
        if seconds:
            server.factory.check_alive()
        else:
            # The one who is to hear of it came first, and is kept.
            list(server.factory._open)[-1].check_alive()
        heard = await threads.deferToThread(read_until, witness, told)
    assert heard.endswith(told)
