"""The real server in memory, for tests: the whole of it but sockets and time.

    server = MemoryServer()
    alex = server.person("Alex")
    bot = server.program("Bot", bot=True)
    alex.type("Hello everyone!")
    kim = server.browser("Kim")
    assert bot.objects()[-1]["text"] == "Hello everyone!"

Everything between the two ends is what runs in production; a test advances ``server.clock``.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IProtocolFactory,
    IPushProducer,
    ITransport,
)
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.accounts.policy import Policy
from twisted_chat.admission import Admission, Network
from twisted_chat.doors.line import ChatFactory
from twisted_chat.house import About, House
from twisted_chat.journal import Journal
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import OFF, Limits
from twisted_chat.threads import P, T, Work

if TYPE_CHECKING:
    from twisted_chat.doors.web.channel import WebFactory
    from twisted_chat.testing_web import BrowserEnd, Response, WebEnd

EPOCH = 1_700_000_000.0
"""What a memory server's wall clock shows when its clock shows 0."""

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes passwords as a server does, but for what it costs to guess them."""


class AtOnce:
    """Does work at once, where a server has threads for it."""

    def __call__(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        """Call the function; the Deferred has fired already."""
        done: Deferred[T] = maybeDeferred(function, *args, **kwargs)
        return done

    def stop(self) -> None:
        """There is nothing to let go of."""


@implementer(ITransport, IConsumer, IPushProducer)
class Wire:
    """The server's end of a connection in memory; what it writes is kept for the other end.

    :param host: the peer's IP address; None for a UNIX socket.
    """

    def __init__(self, clock: Clock, host: str | None, closes: bool = True) -> None:
        self.written = bytearray()
        self.paused = False
        self.closed = False
        self.disconnecting = False
        self.producer: Any = None
        self.protocol: Any = None
        self.heard: Callable[[], None] | None = None
        """Called soon after something was written, for an end that answers by itself."""
        self._clock = clock
        self._host = host
        self._closes = closes

    def write(self, data: bytes) -> None:
        assert isinstance(data, bytes)
        if self.closed:
            return
        if self.heard is not None and not self.written:
            self._clock.callLater(0, self.heard)
        self.written += data

    def writeSequence(self, data: Any) -> None:
        self.write(b"".join(data))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert self.producer is None
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        self.paused = False

    def stopProducing(self) -> None:
        self.loseConnection()

    def loseConnection(self) -> None:
        """As a transport does: close soon, unless a producer or the peer keeps it open."""
        self.disconnecting = True
        if self.producer is None and self._closes:
            self._clock.callLater(0, self.lose, ConnectionDone())

    def abortConnection(self) -> None:
        self.disconnecting = True
        self._clock.callLater(0, self.lose, ConnectionAborted())

    def lose(self, why: Exception) -> None:
        """The connection is gone, for whatever reason."""
        if not self.closed:
            self.closed = True
            if self.producer is not None:
                self.producer.stopProducing()
            self.protocol.connectionLost(Failure(why))

    def getPeer(self) -> IPv4Address | IPv6Address | UNIXAddress:
        if self._host is None:
            return UNIXAddress(None)
        kind = IPv6Address if ":" in self._host else IPv4Address
        return kind("TCP", self._host, 54321)

    def getHost(self) -> IPv4Address:
        """Where it came to: who is on this machine comes by an address that only they reach."""
        near = self._host in ("127.0.0.1", "::1", None)
        return IPv4Address("TCP", "127.0.0.1" if near else "192.0.2.99", 6789)


class End:
    """The peer's end of a connection in memory."""

    def __init__(
        self,
        server: "MemoryServer",
        host: str | None,
        closes: bool = True,
        factory: IProtocolFactory | None = None,
    ) -> None:
        self.server = server
        self.wire = Wire(server.clock, host, closes)
        made: Any = (factory or server.factory).buildProtocol(self.wire.getPeer())
        self.protocol = self.wire.protocol = made
        self._unread = b""
        self._finished = False
        if made is None:
            # A factory that makes no protocol has the transport closed.
            self.wire.closed = True
        else:
            self.protocol.makeConnection(self.wire)
        server.settle()

    @property
    def closed(self) -> bool:
        """Whether the server has closed the connection."""
        return self.wire.closed

    @property
    def unread(self) -> bool:
        """Whether something that was sent is still to be read."""
        return not self.closed and bool(self._unread or self._finished)

    def send(self, data: bytes) -> None:
        """Send bytes; while the server reads nothing they wait, as in a kernel's buffer."""
        if not self.closed:
            self.send_later(data)
            self.server.settle()

    def send_later(self, data: bytes) -> None:
        """Have bytes be there when the server reads next."""
        self._unread += data
        self.server.deliver(self)

    def type(self, *lines: str) -> None:
        """Send lines, one after the other."""
        for line in lines:
            self.send(self.as_sent(line))

    def as_sent(self, line: str) -> bytes:
        """The bytes that send a line, for a test that sends several in one piece."""
        return line.encode() + b"\n"

    def ask(self, **request: object) -> None:
        """Send a JSON request."""
        self.type(json.dumps(request, ensure_ascii=False))

    def received(self) -> bytes:
        """The bytes that came since this was last asked."""
        new = bytes(self.wire.written)
        self.wire.written.clear()
        return new

    def lines(self) -> list[str]:
        """The lines that came since then."""
        return self.received().decode().split("\n")[:-1]

    def objects(self) -> list[dict[str, Any]]:
        """The JSON objects that came since then; lines for people are skipped."""
        return [json.loads(line) for line in self.lines() if line.startswith("{")]

    def finish(self) -> None:
        """Send no more, and go on reading, as ``nc -N`` does at the end of its input."""
        self._finished = True
        self.server.deliver(self)
        self.server.settle()

    def stop_reading(self) -> None:
        """Read nothing from now on, so that what the server sends has to wait."""
        self.wire.producer.pauseProducing()

    def read_on(self) -> None:
        """Read again."""
        self.wire.producer.resumeProducing()
        self.server.settle()

    def hang_up(self) -> None:
        """Close the connection."""
        self.wire.lose(ConnectionDone())
        self.server.settle()

    def drop(self) -> None:
        """Lose the connection without a word."""
        self.wire.lose(ConnectionLost())
        self.server.settle()

    def flush(self) -> bool:
        """Let the server read what waits; whether there was anything that it took."""
        if self.wire.paused or self.wire.closed or not (self._unread or self._finished):
            return False
        data, self._unread = self._unread, b""
        if data:
            self.protocol.dataReceived(data)
        else:
            self._finished = False
            self._end_reading()
        return True

    def _end_reading(self) -> None:
        if IHalfCloseableProtocol.providedBy(self.protocol):
            self.protocol.readConnectionLost()
        else:
            self.wire.lose(ConnectionDone())


class MemoryServer:
    """A server in memory, with a clock that stands still until a test moves it."""

    def __init__(
        self,
        limits: Limits | None = None,
        about: About | None = None,
        journal: Journal | None = None,
        trusted: tuple[Network, ...] = (),
        clock: Clock | None = None,
        policy: Policy | None = None,
        checkers: Sequence[ICredentialsChecker] = (),
        hashing: Work | None = None,
        origins: Sequence[str] = (),
        proxies: Sequence[Network] = (),
        proxies_unix: bool = False,
    ) -> None:
        self.clock = clock or Clock()
        # A copy, as `take_limits` changes them in place.
        self.limits = dataclasses.replace(limits or Limits())
        self.house = House(
            about or About(),
            self.limits,
            self.clock,
            journal or MemoryJournal(self.time),
            self.time,
            hashing or AtOnce(),
            policy=policy,
            checkers=checkers,
            trusted=trusted,
            argon=CHEAP,
            new_secret=self._new_secret,
        )
        self.admission = Admission(self.limits, self.clock, OFF, trusted=trusted)
        self.factory = ChatFactory(self.house, self.admission)
        self._origins = origins
        self._proxies = proxies
        self._proxies_unix = proxies_unix
        self._sending: dict[End, None] = {}
        self._secrets = 0

    @cached_property
    def web(self) -> "WebFactory":
        """The web door; it is there from when it is used first."""
        from twisted_chat.doors.web.channel import WebFactory
        from twisted_chat.doors.web.origins import Origins
        from twisted_chat.doors.web.whence import Proxies

        proxies = Proxies(self._proxies, self._proxies_unix)
        return WebFactory(self.house, self.admission, Origins(self._origins), proxies)

    def time(self) -> float:
        """The seconds since 1970."""
        return EPOCH + self.clock.seconds()

    def _new_secret(self) -> str:
        self._secrets += 1
        return f"secret-of-guest-{self._secrets}"

    def take_limits(self, limits: Limits) -> None:
        """Have other limits hold from now on, as a reload does."""
        self.house.take_limits(limits)
        self.admission.limits_changed(OFF)

    def connect(self, host: str | None = "127.0.0.1", closes: bool = True) -> End:
        """A connection that has said nothing yet; one may not help to close it, as TLS asks."""
        return End(self, host, closes)

    def person(self, name: str, host: str = "127.0.0.1") -> End:
        """Somebody on nc who has entered, and read what there was to read."""
        end = self.connect(host)
        end.type(name)
        end.received()
        return end

    def program(self, name: str, host: str = "127.0.0.1", **hello: object) -> End:
        """A program that has entered, and read what there was to read."""
        end = self.connect(host)
        end.ask(type="hello", v=1, name=name, **hello)
        end.received()
        return end

    def web_connection(self, host: str | None = "127.0.0.1") -> "WebEnd":
        """A connection to the web door over which nothing was asked yet."""
        from twisted_chat.testing_web import WebEnd

        return WebEnd(self, host)

    def fetch(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        host: str | None = "127.0.0.1",
    ) -> "Response":
        """What the web door answers at once to a question, on a connection of its own."""
        end = self.web_connection(host)
        end.request(method, target, body, headers)
        answer = end.response()
        end.hang_up()
        return answer

    def web_socket(self, host: str | None = "127.0.0.1", **how: Any) -> "BrowserEnd":
        """A WebSocket over which nothing was said yet; `BrowserEnd` tells how it may be."""
        from twisted_chat.testing_web import BrowserEnd

        return BrowserEnd(self, host, **how)

    def browser(self, name: str, host: str = "127.0.0.1", **hello: object) -> "BrowserEnd":
        """A browser that has entered, and read what there was to read."""
        end = self.web_socket(host)
        end.ask(type="hello", v=1, name=name, **{"echo": True, **hello})
        end.received()
        return end

    def deliver(self, end: End) -> None:
        """Read what an end has sent, as soon as its connection is read."""
        self._sending[end] = None

    def settle(self) -> None:
        """Let everything happen that can happen now."""
        self.advance(0)

    def advance(self, seconds: float) -> None:
        """Let time pass, and everything happen in it at its own moment."""
        end = self.clock.seconds() + seconds
        self._settle()
        while (soonest := self._soonest()) <= end:
            self.clock.advance(soonest - self.clock.seconds())
            self._settle()
        self.clock.advance(end - self.clock.seconds())

    def _settle(self) -> None:
        while self._read() or self._soonest() <= self.clock.seconds():
            self.clock.advance(0)

    def _read(self) -> bool:
        took = [end for end in self._sending if end.flush()]
        self._sending = {end: None for end in self._sending if end.unread}
        return bool(took)

    def _soonest(self) -> float:
        """When the next thing happens by itself."""
        # A clock keeps its calls in the order in which they are due.
        calls = self.clock.getDelayedCalls()
        return calls[0].getTime() if calls else math.inf
