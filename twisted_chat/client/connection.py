"""The connection to the server: made, kept, made again; lines out, objects in."""

from collections.abc import Callable
from typing import Protocol, cast

from service_identity import CertificateError, VerificationError
from twisted.application.internet import ClientService, backoffPolicy
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.interfaces import (
    IPushProducer,
    IReactorTime,
    IStreamClientEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.answers import Welcome
from twisted_chat.client.bounds import ANSWER_BYTES, DEAD_SECONDS, RETRY_SECONDS
from twisted_chat.client.hearing import Heard, hear
from twisted_chat.keepalive import keep_alive, socket_of

Policy = Callable[[int], float]


class Listener(Protocol):
    """Who wants to know what becomes of a connection."""

    def connected(self) -> None:
        """It is there."""

    def failed(self, why: str, delay: float | None) -> None:
        """It could not be made; the next attempt is after so many seconds, or never."""

    def heard(self, heard: Heard) -> None:
        """The server said something."""

    def lost(self, why: str, delay: float | None) -> None:
        """It was there and is gone; the next attempt is after so many seconds, or never."""


class ServerLine(LineReceiver):
    """One connection to the line door, as a program."""

    delimiter = b"\n"
    MAX_LENGTH = ANSWER_BYTES

    def __init__(self, link: "Link") -> None:
        self._link = link
        self._last_words = ""

    def connectionMade(self) -> None:
        tcp = socket_of(self.transport)
        if tcp is not None:
            keep_alive(tcp, DEAD_SECONDS)

    def lineReceived(self, line: bytes) -> None:
        if line.startswith(b"{"):
            self._last_words = ""
            self._link.heard(self, hear(line))
        else:
            self._last_words = line.decode(errors="replace").strip()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._link.lost(self, self._said_why() or reason_of(reason))

    def _said_why(self) -> str:
        """The server's last words to people; its question for a name is no reason to close."""
        words = self._last_words.removeprefix("-> ")
        return "" if words.endswith(":") else words


@implementer(IPushProducer)
class Link:
    """A connection for as long as it is wanted.

    What happens to it is told one turn of the reactor later: `ClientService` tells it in the middle
    of changing its own state, and whoever hears it may want to close or open at once.
    """

    _log = Logger()

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        clock: IReactorTime,
        listener: Listener,
        *,
        retry: bool = True,
        policy: Policy | None = None,
    ) -> None:
        self._policy = policy or backoffPolicy(maxDelay=RETRY_SECONDS)
        factory = Factory.forProtocol(lambda: ServerLine(self))
        factory.noisy = False
        self._service = ClientService(endpoint, factory, self._pause, clock)
        self._clock = clock
        self._listener = listener
        self._retry = retry
        self._delay = 0.0
        self._failures = 0
        self._line: ServerLine | None = None

    def open(self) -> None:
        """Connect, and again whenever that fails or the connection is lost."""
        if not self._service.running:
            self._service.startService()
            self._await()

    def close(self) -> None:
        """Close, and connect no more.  Nothing is told about a connection that was closed."""
        line, self._line = self._line, None
        self._failures = 0
        if self._service.running:
            with self._log.failuresHandled("while closing"):
                self._service.stopService()
        if line is not None and line.transport is not None:
            line.transport.loseConnection()

    def abort(self) -> None:
        """Cut the connection, and whatever is still to be sent on it."""
        if self._line is not None:
            cast(ITCPTransport, self._line.transport).abortConnection()

    def send(self, line: bytes) -> None:
        """Send a line; what is sent just after a loss is lost with the connection."""
        if self._line is not None:
            self._line.sendLine(line)

    def heard(self, line: ServerLine, heard: Heard | None) -> None:
        """The server said something, and not on a connection that was closed."""
        if heard is not None and line is self._line:
            if isinstance(heard, Welcome):
                self._failures = 0
            self._listener.heard(heard)

    def lost(self, line: ServerLine, why: str) -> None:
        """A connection is gone."""
        self._clock.callLater(0, self._tell_lost, line, why)

    # A slow standard output slows the server down.

    def pauseProducing(self) -> None:
        if self._line is not None:
            self._line.pauseProducing()

    def resumeProducing(self) -> None:
        if self._line is not None:
            self._line.resumeProducing()

    def stopProducing(self) -> None:
        """Nothing is read any more by standard output: that has its own way to say so."""

    # What ClientService tells.

    def _pause(self, failures: int) -> float:
        # ClientService counts from the last connection, and a full server closes it at once.
        self._failures += 1
        self._delay = self._policy(self._failures)
        return self._delay

    def _await(self) -> None:
        waiting = self._service.whenConnected(failAfterFailures=1)
        waiting.addCallbacks(self._connected, self._failed)
        waiting.addErrback(lambda failure: self._log.failure("while connecting", failure))

    def _connected(self, protocol: object) -> None:
        self._line = cast(ServerLine, protocol)
        self._clock.callLater(0, self._tell_connected, protocol)

    def _failed(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._clock.callLater(0, self._tell_failed, reason_of(failure))

    def _tell_connected(self, line: ServerLine) -> None:
        if line is self._line:
            self._listener.connected()

    def _tell_failed(self, why: str) -> None:
        if self._service.running:
            self._listener.failed(why, self._next_attempt())

    def _tell_lost(self, line: ServerLine, why: str) -> None:
        if line is self._line:
            self._line = None
            self._listener.lost(why, self._next_attempt())

    def _next_attempt(self) -> float | None:
        if self._retry:
            self._await()
            return self._delay
        self.close()
        return None


def reason_of(failure: Failure) -> str:
    """Why there is no connection, in a sentence; nothing for one that was closed in good order."""
    if failure.check(ConnectionDone):
        return ""
    words = " ".join(_words_of(failure).split()) or type(failure.value).__name__
    return words if words.endswith(".") else f"{words}."


def _words_of(failure: Failure) -> str:
    match failure.value:
        case ConnectError():
            # After the first colon come the number and the name of the same error again.
            return str(failure.value).partition(": ")[0]
        case Exception(args=([(_, _, str(why)), *_],)):
            return f"TLS says: {why}"
        case VerificationError() | CertificateError():
            return "The server's certificate is not made out to that name"
    return failure.getErrorMessage()
