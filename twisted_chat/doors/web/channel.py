"""One connection of a browser, or of a program that speaks HTTP, until it is a WebSocket.

Stock twisted.web waits anew at every byte, so that who sends one now and then stays for ever: here
a connection has its time, and then it is over.
"""

from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, Request

from twisted_chat.addresses import host_of, peer_of
from twisted_chat.admission import Admission, TurnedAway
from twisted_chat.doors.web.answer import alone, of_text
from twisted_chat.doors.web.api import Api
from twisted_chat.doors.web.bearers import Bearers
from twisted_chat.doors.web.hooks import Hooks
from twisted_chat.doors.web.login import Login, cookie_of
from twisted_chat.doors.web.origins import Origins
from twisted_chat.doors.web.request import Question
from twisted_chat.doors.web.site import Site
from twisted_chat.doors.web.socket import ChatSocket, SocketFactory
from twisted_chat.doors.web.whence import Proxies, Whence, header
from twisted_chat.house import House
from twisted_chat.limits import (
    BODY_BYTES,
    WEB_HEADERS,
    WEB_HEADERS_BYTES,
    WEB_IDLE_SECONDS,
    WEB_QUESTIONS,
    WEB_SECONDS,
)
from twisted_chat.turning_away import TurningAway


class WebChannel(HTTPChannel):
    """A connection: for a bounded time, and a bounded number of questions."""

    requestFactory: Any = Question
    maxHeaders = WEB_HEADERS
    totalHeadersSize = WEB_HEADERS_BYTES
    timeOut = None
    factory: "WebFactory"
    transport: Any

    def __init__(self, factory: "WebFactory", host: str | None) -> None:
        super().__init__()
        self.factory = factory
        self.host = host
        """The address under which it is counted."""
        self._questions = 0
        self._full = False
        self._done: Request | None = None
        self._idle: Any = None
        self._talks: Protocol | None = None

    # What Twisted calls.

    def connectionMade(self) -> None:
        super().connectionMade()
        clock = self.factory.house.clock
        self._deadline = clock.callLater(WEB_SECONDS, self.transport.abortConnection)

    def dataReceived(self, data: bytes) -> None:
        if self._talks is None:
            super().dataReceived(data)
        else:
            self._talks.dataReceived(data)

    def rawDataReceived(self, data: bytes) -> None:
        """What comes in one piece with the request for a WebSocket is the first of that."""
        if self._talks is None:
            super().rawDataReceived(data)
        else:
            self._talks.dataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        # The channel is the transport's producer, which keeps TLS open until it lets go.
        self.loseConnection()

    def checkPersistence(self, request: Request, version: bytes) -> bool:
        self._questions += 1
        return super().checkPersistence(request, version) and self._questions < WEB_QUESTIONS

    def allContentReceived(self) -> None:
        self._stop_idling()
        super().allContentReceived()

    def pauseProducing(self) -> None:
        self._full = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        self._full = False
        super().resumeProducing()
        done, self._done = self._done, None
        if done is not None:
            self.requestDone(done)

    def requestDone(self, request: Request) -> None:
        """Go on to the next question, once this answer is on its way.

        Twisted would go through all that it has read, whether the answers are taken or not.
        """
        if self._full:
            self._done = request
            return
        super().requestDone(request)
        if self._talks is None and not self._handlingRequest:
            self._stop_idling()
            self._idle = self.factory.house.clock.callLater(WEB_IDLE_SECONDS, self.loseConnection)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._stop_deadline()
        try:
            super().connectionLost(reason)
            if self._talks is not None:
                self._talks.connectionLost(reason)
        finally:
            self.factory.closed(self)

    # What is ours.

    def become(self, talks: Protocol, head: bytes) -> None:
        """Be a WebSocket from now on, which begins with this request."""
        self._stop_deadline()
        self.requests.clear()
        # Until now this was the transport's producer itself.
        self.transport.unregisterProducer()
        self._talks = talks
        talks.makeConnection(self.transport)
        talks.dataReceived(head)

    def check_alive(self) -> None:
        """Give up a peer that has gone."""
        if isinstance(self._talks, ChatSocket):
            self._talks.check_alive()

    def _stop_deadline(self) -> None:
        self._stop_idling()
        if self._deadline.active():
            self._deadline.cancel()

    def _stop_idling(self) -> None:
        if self._idle is not None and self._idle.active():
            self._idle.cancel()


class WebFactory(Factory):
    """Makes the connections of the web door to a house.

    :param origins: which pages may act here, and by which names we are reached.
    :param proxies: those between browsers and us that the operator named.
    """

    noisy = False
    most_body = BODY_BYTES

    def __init__(
        self, house: House, admission: Admission, origins: Origins, proxies: Proxies
    ) -> None:
        self.house = house
        self.site = Site(origins)
        self.proxies = proxies
        self._admission = admission
        self._sockets = SocketFactory(house)
        self._turning = TurningAway(house, admission, _turned_away)
        self._open: set[WebChannel] = set()
        self.site.add(b"/ws", b"GET", self._open_socket)
        Login(self)
        bearers = Bearers(self)
        Hooks(self, bearers)
        Api(self, bearers)

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
        host = host_of(addr)
        # Behind a proxy there are many, of whom each is counted when it is known.
        counted = None if self.proxies.are(host) else host
        busy = self.house.delivery.overcrowded
        why = TurnedAway.BUSY if busy else self._admission.enter(counted)
        if why is not None:
            return self._turning.protocol(peer_of(addr), why)
        channel = WebChannel(self, counted)
        self._open.add(channel)
        return channel

    def check_alive(self) -> None:
        """Give up the peers that have gone; to be called every now and then."""
        for channel in list(self._open):
            channel.check_alive()

    def closed(self, channel: WebChannel) -> None:
        """A connection is gone."""
        self._open.discard(channel)
        self._admission.leave(channel.host)

    def log(self, request: Request) -> None:
        """Nothing: a line for each file would hide the others."""

    def whence(self, question: Question) -> Whence:
        """Where a question comes from."""
        whence = self.proxies.whence(question)
        if not (whence.local and self._admission.is_local(whence.address)):
            return Whence(whence.address, whence.peer, False, whence.secure)
        return whence

    def _open_socket(self, question: Question) -> Any:
        """Talk by WebSocket, if it is our page that asks for it."""
        asks = header(question, "upgrade").lower() == "websocket"
        if not asks or (question.method, question.clientproto) != (b"GET", b"HTTP/1.1"):
            return of_text("This is for a WebSocket.", 426, Upgrade="websocket")
        if self.house.closing:
            return of_text("The server is shutting down.", 503)
        whence = self.whence(question)
        refused = self.site.refuses(question, whence.secure)
        if refused is not None:
            return refused
        channel = question.channel
        why = self._admission.move(channel.host, whence.address)
        if why is not None:
            self._turning.note(whence.peer, why)
            return of_text(why, _status(why))
        channel.host = whence.address
        channel.become(self._sockets.socket(whence, cookie_of(question)), _head(question))
        return None


def _status(why: TurnedAway) -> int:
    return 503 if why in (TurnedAway.FULL, TurnedAway.BUSY) else 429


def _turned_away(why: TurnedAway) -> bytes:
    """Why somebody may not come in, as an answer to whatever they were about to ask."""
    return alone(of_text(why, _status(why), Retry_After="60"))


def _head(question: Question) -> bytes:
    """The request as it came, for who answers it as a WebSocket (RFC 6455, section 4.2.1)."""
    lines = [b"GET %b HTTP/1.1" % question.uri]
    for name, values in question.requestHeaders.getAllRawHeaders():
        lines.append(b"%b: %b" % (name, b",".join(values)))
    return b"\r\n".join(lines) + b"\r\n\r\n"
