"""The two pages, ``/metrics`` and ``/health``, over HTTP: one question for each connection."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, Request
from twisted.web.iweb import INonQueuedRequestFactory
from zope.interface import provider

from twisted_chat.clock import Clock
from twisted_chat.limits import HTTP_CONNECTIONS, HTTP_SECONDS

METHODS = (b"GET", b"HEAD")


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered."""

    body: bytes
    code: int = 200
    kind: str = "text/plain; charset=utf-8"


@provider(INonQueuedRequestFactory)
class _Question(Request):
    """A request; whatever is wrong with it is told in a line."""

    channel: "_Channel"
    method: bytes
    path: bytes

    def gotLength(self, length: int | None) -> None:
        self.content = BytesIO()

    def process(self) -> None:
        page = self._page()
        self.setResponseCode(page.code)
        self.responseHeaders.setRawHeaders("Content-Type", [page.kind])
        self.responseHeaders.setRawHeaders("Content-Length", [str(len(page.body))])
        self.responseHeaders.setRawHeaders("Connection", ["close"])
        self.write(page.body)
        self.finish()

    def _page(self) -> Page:
        if self.method not in METHODS:
            self.responseHeaders.setRawHeaders("Allow", ["GET, HEAD"])
            return Page(b"Only GET and HEAD.\n", 405)
        pages = self.channel.factory.pages
        return pages[self.path]() if self.path in pages else Page(b"No such page.\n", 404)


class _Channel(HTTPChannel):
    """A connection: it is over after one answer, and after a while in any case.

    Stock HTTP waits anew at every byte, so that who sends one now and then would stay for ever.
    """

    requestFactory = _Question
    factory: "Pages"
    transport: Any

    def connectionMade(self) -> None:
        super().connectionMade()
        self._deadline = self.factory.clock.callLater(HTTP_SECONDS, self.transport.abortConnection)

    def checkPersistence(self, request: Request, version: bytes) -> bool:
        return False

    def allHeadersReceived(self) -> None:
        super().allHeadersReceived()
        # Nobody asks in so many words: what comes after the headers is not read.
        self.length = 0

    def lineLengthExceeded(self, line: bytes) -> None:
        # The channel is the transport's producer, which keeps TLS open until it lets go.
        self.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._deadline.active():
            self._deadline.cancel()
        self.factory.open.discard(self)
        super().connectionLost(reason)


class Pages(Factory):
    """Makes the connections to some pages; beyond a few at once they are closed without a word."""

    noisy = False

    def __init__(
        self,
        pages: Mapping[bytes, Callable[[], Page]],
        clock: Clock,
        accepted: Callable[[], None],
    ) -> None:
        self.pages = pages
        self.clock = clock
        self._accepted = accepted
        self.open: set[_Channel] = set()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        self._accepted()
        if len(self.open) >= HTTP_CONNECTIONS:
            return None
        channel = _Channel()
        channel.factory = self
        self.open.add(channel)
        return channel

    def logPrefix(self) -> str:
        """What the log says that listens."""
        return "The metrics"

    def log(self, request: Request) -> None:
        """Nothing: a line for each time that somebody looks would hide the others."""
