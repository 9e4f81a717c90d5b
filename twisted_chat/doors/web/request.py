"""One question over HTTP, of a bounded size, and its answer."""

from collections.abc import Coroutine
from io import BytesIO
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.http import Request
from twisted.web.iweb import INonQueuedRequestFactory
from zope.interface import provider

from twisted_chat.addresses import host_of
from twisted_chat.doors.web.answer import ALWAYS, Answer, alone, of_refusal, of_text, phrase
from twisted_chat.doors.web.whence import header
from twisted_chat.refused import Refused, SomethingWrong

if TYPE_CHECKING:
    from twisted_chat.doors.web.channel import WebChannel

PATIENCE = 64
"""How many times what a body may be is read before its sender, who has not read that it is too
large, is given up."""

Coming = Coroutine[Any, Any, Answer]
"""An answer that takes a while."""


@provider(INonQueuedRequestFactory)
class Question(Request):
    """A request; what is answered is the site's to say."""

    channel: "WebChannel"
    content: Any
    method: bytes
    path: bytes
    uri: bytes

    def __init__(self, channel: "WebChannel") -> None:
        super().__init__(channel, parsePOSTFormSubmission=False)
        self._size = 0
        self._refused = False
        self._gone = False

    @property
    def by_loopback(self) -> bool:
        """Whether it came by an address that only this machine reaches."""
        host = host_of(self.getHost())
        return host is not None and ip_address(host).is_loopback

    @property
    def body(self) -> bytes:
        """What came after the headers."""
        body: bytes = self.content.getvalue()
        return body

    # What Twisted calls.

    def gotLength(self, length: int | None) -> None:
        self.content = BytesIO()
        if length is not None and length > self.channel.factory.most_body:
            self._refuse_body()

    def handleContentChunk(self, data: bytes) -> None:
        """Keep what comes as far as it may be kept; the rest is read, and forgotten."""
        most = self.channel.factory.most_body
        self._size += len(data)
        if self._size <= most:
            self.content.write(data)
        elif self._size - len(data) <= most:
            self._refuse_body()
        elif self._size - len(data) <= PATIENCE * most < self._size:
            self.channel.transport.abortConnection()

    def process(self) -> None:
        if self._refused:
            self.channel.loseConnection()
        elif header(self, "transfer-encoding").lower() not in ("", "chunked"):
            # A proxy may take for the next question what Twisted took for a body, or the other way.
            self._end_with(of_text("Send the body in chunks, or say its length.", 400))
        else:
            self._answer_safely()

    def connectionLost(self, reason: Failure) -> None:
        self._gone = True
        super().connectionLost(reason)

    # What is ours.

    def send(self, answer: Answer) -> None:
        """Answer, unless nobody waits for it any more."""
        if self._gone:
            return
        self.setResponseCode(answer.code, phrase(answer.code))
        headers = {**ALWAYS, "Content-Type": answer.kind, **answer.headers}
        if answer.code not in (204, 304):
            headers["Content-Length"] = str(len(answer.body))
        if not self.channel.persistent:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.responseHeaders.setRawHeaders(name, [value])
        self.write(b"" if self.method == b"HEAD" else answer.body)
        self.finish()

    def _refuse_body(self) -> None:
        """Answer at once: who sends much more would hear of it only when all is sent, or never."""
        if not self._refused:
            self._refused = True
            self.channel.transport.write(alone(of_text("That is too large.", 413)))

    def _end_with(self, answer: Answer) -> None:
        """Answer, and nothing after that on this connection."""
        self.channel.persistent = False
        self.send(answer)

    def _answer_safely(self) -> None:
        try:
            answer = self.channel.factory.site.answer(self)
        except Exception:
            self._fail(Failure())
        else:
            if isinstance(answer, Answer):
                self.send(answer)
            elif answer is not None:
                coming = Deferred.fromCoroutine(answer)
                coming.addCallback(self.send).addErrback(self._fail)

    def _fail(self, why: Failure) -> None:
        refused = why.value
        if not isinstance(refused, Refused):
            self.channel.factory.house.log.fault("answering a browser", why)
            refused = SomethingWrong()
        self.channel.factory.house.figures.refused[refused.code] += 1
        self.send(of_refusal(refused))
