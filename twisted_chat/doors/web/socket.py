"""A browser in the chat: the objects of programs, each a message of a WebSocket (RFC 6455).

autobahn knows the frames.  What it sends goes through the outbox like all else, so that nothing
comes between two halves of a frame.
"""

from collections import deque
from contextlib import suppress
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from twisted_chat.doors.web.frames import framed
from twisted_chat.doors.web.whence import Whence
from twisted_chat.holding import Holding
from twisted_chat.house import House
from twisted_chat.keepalive import keep_alive, socket_of
from twisted_chat.limits import FRAGMENTS, PIECE_BYTES
from twisted_chat.outbox import Outbox, outbox_for
from twisted_chat.refused import LineTooLong
from twisted_chat.session import Session
from twisted_chat.styles import Style, View

_NORMAL, _NO_TEXT, _TOO_MANY = 1000, 1003, 1008
"""Why a WebSocket is closed: all is well, it sends what nobody reads, and it breaks our rules
(RFC 6455, section 7.4.1)."""


class _Silent:
    """A log that nobody keeps: what peers send is not to be repeated line by line."""

    def __getattr__(self, name: str) -> Any:
        return self._nothing

    def _nothing(self, *args: object, **fields: object) -> None:
        """Say nothing."""


class ChatSocket(Holding, WebSocketServerProtocol):  # type: ignore[misc]
    """One WebSocket: messages to requests on the way in, frames on the way out."""

    door = "web"
    log = _Silent()
    peer: str
    transport: Any

    def __init__(self, house: House, whence: Whence, token: str) -> None:
        super().__init__()
        self.token = token
        self.address = whence.address
        self.local = whence.local
        self._house = house
        self._whence = whence
        self._session: Session | None = None
        self._unread = b""
        self._messages: deque[bytes | None] = deque()
        self._reading = False
        self._text = bytearray()
        self._size = self._frames = 0
        self._closer: Any = None
        self._silent = True
        self._hold_nothing()

    # What Twisted calls.

    def connectionMade(self) -> None:
        house = self._house
        self._connection = self.transport
        self._outbox = outbox_for(
            self._connection, house.clock, house.limits, house.backlog, self._too_slow
        )
        self.hear = self._outbox.send
        self._heard_at = house.clock.seconds()
        self._keep_alive()
        # What autobahn writes has its place among the rest.
        self.transport = _SocketEnd(self._connection, self._outbox)
        super().connectionMade()
        self.peer = self._whence.peer

    def dataReceived(self, data: bytes) -> None:
        self._heard_at = self._house.clock.seconds()
        if self.state != self.STATE_CLOSED:
            self._unread += data
            self._hold_if_crowded()
            self._read()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._let_go()
        self._unread = b""
        if self._closer is not None and self._closer.active():
            self._closer.cancel()
        self._outbox.closed()
        super().connectionLost(reason)
        if self._session is not None:
            self._session.lost("" if reason.check(ConnectionDone) else "lost connection")

    def check_alive(self) -> None:
        """Ask a peer that has said nothing for a while; give it up if it does not answer."""
        if self._waits:
            # What it said is not read, so that nothing tells how it is.
            return
        most = self._house.limits.dead_peer_seconds
        silent = self._house.clock.seconds() - self._heard_at
        if silent >= most:
            self._drop("timed out")
        elif silent >= most / 4 and self.state == self.STATE_OPEN:
            self.sendPing()

    # What autobahn calls.

    def onOpen(self) -> None:
        self._session = Session(self._house, self)

    def onMessageBegin(self, isBinary: bool) -> None:
        self._text.clear()
        self._size = self._frames = 0
        if isBinary:
            self._break_off("this takes messages of text", _NO_TEXT)

    def onMessageFrameBegin(self, length: int) -> None:
        self._frames += 1
        if self._frames > FRAGMENTS:
            self._break_off("a message in too many pieces")

    def onMessageFrameData(self, payload: bytes) -> None:
        # What is too long is not kept to find out by how much.
        self._size += len(payload)
        if self._size <= self._house.limits.line_bytes:
            self._text += payload

    def onMessageFrameEnd(self) -> None:
        """The rest may come in more frames."""

    def onMessageEnd(self) -> None:
        self._silent = False
        whole = self._size <= self._house.limits.line_bytes
        self._messages.append(bytes(self._text) if whole else None)
        self._text.clear()

    def onPing(self, payload: bytes) -> None:
        super().onPing(payload)
        self._count()

    def onPong(self, payload: bytes) -> None:
        self._count()

    # What the session calls.

    def style_for(self, view: View) -> Style:
        """The objects of programs, each in a frame."""
        return self._house.styles.json(view, framed)

    def hide_typing(self, hidden: bool) -> bool:
        """The page sees to that itself."""
        return False

    def hang_up(self) -> None:
        """Say that this is the end, and close when the peer has said so too.

        Who has never said anything is not waited for.
        """
        self.sendClose(_NORMAL)
        if self._silent:
            self._outbox.close()
            return
        self._closer = self._house.clock.callLater(
            self._house.limits.goodbye_seconds, self._outbox.abort
        )

    def limits_changed(self) -> None:
        """Go by the limits that hold now."""
        if self._dead_after != self._house.limits.dead_peer_seconds:
            self._keep_alive()

    # From bytes to messages.

    def _read(self) -> None:
        """Read piece by piece, so that many small frames do not come all at once."""
        if self._reading:
            return
        self._reading = True
        try:
            while not self._waits and (self._messages or self._unread):
                if self._messages:
                    self._take(self._messages.popleft())
                else:
                    self._take_piece()
        finally:
            self._reading = False

    def _take_piece(self) -> None:
        piece, self._unread = self._unread[:PIECE_BYTES], self._unread[PIECE_BYTES:]
        super().dataReceived(piece)
        if self.failedByMe:
            self._unread = b""
            self._messages.clear()
            self._outbox.close()

    def _take(self, message: bytes | None) -> None:
        session = self._session
        if session is None:
            return
        wait = session.pace()
        if message is None:
            most = self._house.limits.line_bytes
            session.refuse(LineTooLong(f"That message is too long: {most} bytes at most."))
        else:
            session.sent(message.decode("utf-8", "replace"))
        self._after(wait)

    def _count(self) -> None:
        """Count what says nothing like a line of the peer's."""
        if self._session is not None:
            self._after(self._session.pace())

    def _after(self, wait: float) -> None:
        if wait:
            self._rest(wait)
        self._hold_if_crowded()

    def _pause_reading(self) -> None:
        self._connection.pauseProducing()

    def _resume_reading(self) -> None:
        self._heard_at = self._house.clock.seconds()
        self._read()
        if not self._waits and self.state != self.STATE_CLOSED:
            self._connection.resumeProducing()

    # Being gone.

    def _keep_alive(self) -> None:
        self._dead_after = self._house.limits.dead_peer_seconds
        tcp = socket_of(self._connection)
        if tcp is not None:
            # A peer that has hung up already is no reason to fail: the reactor will tell of it.
            with suppress(OSError):
                keep_alive(tcp, self._dead_after)

    def _break_off(self, why: str, code: int = _TOO_MANY) -> None:
        """Close on a peer that keeps to the letter of the protocol, and not to ours."""
        self._fail_connection(code, why)

    def _too_slow(self) -> None:
        self._drop("too slow")

    def _drop(self, why: str) -> None:
        """Be rid of a peer that would not hear a goodbye."""
        self._house.log.dropped(self.peer, why)
        self._house.figures.dropped[why.replace(" ", "_")] += 1
        if self._session is not None:
            self._session.lost(why)
        self._connection.abortConnection()


class _SocketEnd:
    """What autobahn takes for its transport: the outbox, so that all is sent in its order."""

    def __init__(self, connection: Any, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox

    def write(self, data: bytes) -> None:
        self._outbox.send(data)

    def loseConnection(self) -> None:
        self._outbox.close()

    def abortConnection(self) -> None:
        """It is autobahn's word for closing after both have said goodbye."""
        self._outbox.close()

    def unregisterProducer(self) -> None:
        """The producer is the outbox, which sees to that."""

    def getPeer(self) -> IAddress:
        peer: IAddress = self._connection.getPeer()
        return peer

    def getHost(self) -> IAddress:
        host: IAddress = self._connection.getHost()
        return host


class SocketFactory(WebSocketServerFactory):
    """Makes WebSockets; what they may is said here once.

    Time is kept by the house's clock, so autobahn has no timers of its own; nothing is compressed,
    as a little could then unpack to a lot.
    """

    log = _Silent()

    def __init__(self, house: House) -> None:
        super().__init__(server="", reactor=house.clock)
        self._house = house
        self.setProtocolOptions(
            webStatus=False,
            failByDrop=False,
            openHandshakeTimeout=0,
            closeHandshakeTimeout=0,
            tcpNoDelay=False,
            versions=[13],
        )

    def socket(self, whence: Whence, token: str) -> ChatSocket:
        """A WebSocket for a browser that comes from there.

        :param token: what it remembers of a login; empty for nothing.
        """
        made = ChatSocket(self._house, whence, token)
        made.factory = self
        return made
