"""Browsers in memory, for tests: each speaks to the real web door of a `MemoryServer`.

`MemoryServer` imports it where a test asks for a browser, as it needs wsproto (and h11, which comes
with that; both are in the extra ``test``): the server's own end is autobahn and twisted.web, and an
end made of the same would misread the protocol in the same way.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

from twisted_chat.testing import End, MemoryServer

NAME = "127.0.0.1:6780"
"""By which name the server is reached, unless a test says another."""


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered over HTTP."""

    code: int
    headers: Mapping[str, str]
    """By their names in lower case; where one came twice, the values are separated by commas."""
    body: bytes

    @property
    def text(self) -> str:
        """The body, as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body, as what it stands for."""
        return json.loads(self.body)


class WebEnd(End):
    """A connection to the web door that asks over HTTP."""

    def __init__(
        self, server: MemoryServer, host: str | None = "127.0.0.1", closes: bool = True
    ) -> None:
        self._http = h11.Connection(h11.CLIENT)
        self._answers: list[Response] = []
        self._head: h11.Response | None = None
        self._body = b""
        super().__init__(server, host, closes, server.web)

    def request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        name: str = NAME,
    ) -> None:
        """Ask for something; what was asked for before has to be answered by then."""
        self._hear()
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        said = {"Host": name, **(headers or {})}
        if body:
            said.setdefault("Content-Length", str(len(body)))
        asked = h11.Request(method=method, target=target, headers=list(said.items()))
        parts = [asked, *([h11.Data(data=body)] if body else []), h11.EndOfMessage()]
        self.send(b"".join(self._http.send(part) or b"" for part in parts))

    def responses(self) -> list[Response]:
        """What was answered since this was last asked."""
        self._hear()
        answers, self._answers = self._answers, []
        return answers

    def response(self) -> Response:
        """The one answer that came since then."""
        (answer,) = self.responses()
        return answer

    def _hear(self) -> None:
        new = self.received()
        if new:
            self._http.receive_data(new)
        if self.closed and self._http.their_state is not h11.CLOSED:
            self._http.receive_data(b"")
        while self._http.our_state in (h11.DONE, h11.MUST_CLOSE):
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                self._head, self._body = event, b""
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._answers.append(self._response())
            elif not isinstance(event, h11.InformationalResponse):
                return

    def _response(self) -> Response:
        assert self._head is not None
        headers: dict[str, str] = {}
        for name, value in self._head.headers:
            key, text = name.decode(), value.decode()
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        return Response(self._head.status_code, headers, self._body)


class BrowserEnd(End):
    """A WebSocket to the web door; what it sends and hears are the objects of programs.

    It does what browsers do by themselves: it answers pings, and says goodbye in return.

    :param name: by which name the server is reached.
    :param origin: whence the page is that asks for it; None for a program that says nothing of it.
    :param headers: what is said beside that, a cookie for example.
    :param silent: it does not even answer pings.
    """

    def __init__(
        self,
        server: MemoryServer,
        host: str | None = "127.0.0.1",
        closes: bool = True,
        *,
        name: str = NAME,
        origin: str | None = f"http://{NAME}",
        headers: Mapping[str, str] | None = None,
        silent: bool = False,
    ) -> None:
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._silent = silent
        self._texts: list[str] = []
        self._text = ""
        self._refused: RejectConnection | None = None
        self._refusal = b""
        self.open = False
        """Whether it is a WebSocket by now."""
        self.close_code: int | None = None
        """Why the server closed it, as RFC 6455, section 7.4, has it; None where it did not."""
        self.pings = 0
        """How often it was asked whether it is there."""
        self.pongs: list[bytes] = []
        """What its own pings were answered with."""
        super().__init__(server, host, closes, server.web)
        self.wire.heard = self._follow
        also = [(key.encode(), value.encode()) for key, value in (headers or {}).items()]
        if origin is not None:
            also.append((b"Origin", origin.encode()))
        self._send_event(Request(host=name, target="/ws", extra_headers=also))

    @property
    def closed(self) -> bool:
        self._follow()
        return super().closed

    @property
    def refusal(self) -> Response | None:
        """Why there is no WebSocket; None where there is one, or the answer is still to come."""
        self._follow()
        if self._refused is None:
            return None
        headers = {key.decode(): value.decode() for key, value in self._refused.headers}
        return Response(self._refused.status_code, headers, self._refusal)

    def type(self, *lines: str) -> None:
        """Send messages, one after the other; after the end nothing is sent."""
        super().type(*([] if self.closed else lines))

    def as_sent(self, line: str) -> bytes:
        """The frame that sends a message."""
        return self._ws.send(TextMessage(line))

    def send_event(self, event: Event) -> None:
        """Send something else: a ping, a goodbye, a part of a message."""
        self._follow()
        if not self.wire.closed:
            self._send_event(event)

    def received(self) -> bytes:
        """The messages that came since this was last asked, each with a line end."""
        self._follow()
        texts, self._texts = self._texts, []
        return "".join(f"{text}\n" for text in texts).encode()

    def _send_event(self, event: Event) -> None:
        self.send(self._ws.send(event))

    def _follow(self) -> None:
        """Take what came, and answer what a browser answers."""
        new = super().received()
        if new:
            self._ws.receive_data(new)
            for event in self._ws.events():
                self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case AcceptConnection():
                self.open = True
            case RejectConnection():
                self._refused = event
            case RejectData():
                self._refusal += event.data
            case TextMessage():
                self._text += event.data
                if event.message_finished:
                    self._texts.append(self._text)
                    self._text = ""
            case Ping():
                self.pings += 1
                self._answer(event.response())
            case Pong():
                self.pongs.append(bytes(event.payload))
            case CloseConnection():
                self.close_code = event.code
                self._answer(event.response())

    def _answer(self, event: Event) -> None:
        """Answer as soon as the server reads again."""
        if not self._silent and self._ws.state is not ConnectionState.CLOSED:
            self.send_later(self._ws.send(event))
