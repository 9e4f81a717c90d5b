"""The line door: people on nc or telnet, and programs that send one JSON object a line."""

import re
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.addresses import host_of, peer_of
from twisted_chat.admission import Admission, TurnedAway
from twisted_chat.doors.telnet import IAC, Telnet
from twisted_chat.holding import ANSWER, ROOM, Holding
from twisted_chat.house import House
from twisted_chat.keepalive import keep_alive, silent_seconds, socket_of, watched
from twisted_chat.outbox import outbox_for
from twisted_chat.refused import LineTooLong
from twisted_chat.session import Session
from twisted_chat.states import LEAVING
from twisted_chat.styles import Style, View
from twisted_chat.text import clean
from twisted_chat.turning_away import TurningAway

_HTTP = re.compile(rb"[A-Z]+ \S+ HTTP/\d")
_TLS = b"\x16\x03"
_NOT_THAT = "This is a chat, for nc and telnet. Goodbye."
_GOODBYES = (b"\x03", b"\x04")
"""Ctrl-C and Ctrl-D at the start of a line, as a telnet sends them that has not negotiated."""


@implementer(IHalfCloseableProtocol)
class ChatProtocol(Holding, LineReceiver):
    """One connection: bytes to lines on the way in, bytes on the way out."""

    # A dictionary of this many names would take more than all the rest of a connection.
    __slots__ = (
        *("MAX_LENGTH", "_closed", "_dead_after", "_gone", "_held", "_input_over", "_is_local"),
        *("_line", "_newline", "_outbox", "_program", "_session", "_tcp", "_telnet", "hear"),
        "peer",
    )

    delimiter = b"\n"
    door = "line"
    token = ""
    transport: Any

    def __init__(
        self,
        house: House,
        peer: str,
        is_local: Callable[[str | None], bool],
        gone: Callable[["ChatProtocol"], None],
    ) -> None:
        self.peer = peer
        self._house = house
        self._is_local = is_local
        self._gone = gone
        self._newline = b"\n"
        self._program = False
        self._telnet: Telnet | None = None
        self._held = b""
        self._tcp: socket | None = None
        self._line: Callable[[bytes], None] = self._first_line
        self._hold_nothing()
        self._input_over = False
        self._closed = False
        self.MAX_LENGTH = house.limits.line_bytes

    # What Twisted calls.

    def connectionMade(self) -> None:
        house = self._house
        self._outbox = outbox_for(
            self.transport, house.clock, house.limits, house.backlog, self._too_slow
        )
        self.hear = self._outbox.send
        self._tcp = socket_of(self.transport)
        self._keep_alive()
        self._session = Session(house, self)
        self._session.greet()

    def dataReceived(self, data: bytes) -> None:
        if self._line == self._first_line and data.startswith(_TLS):
            # There may be no line end in it for as long as it likes.
            self._session.end(_NOT_THAT)
            return
        if self._telnet is None and IAC in data and not self._program:
            self._speak_telnet()
        if self._telnet is not None and data:
            self._telnet.dataReceived(data)
        else:
            # Without data, lines that were read before a pause go on, telnet's among them.
            self._take(self._whole_ends(data))

    def lineReceived(self, line: bytes) -> None:
        wait = self._session.pace()
        self._line(line)
        self._after_line(wait)

    def lineLengthExceeded(self, line: bytes) -> None:
        wait, most = self._session.pace(), self.MAX_LENGTH
        self._session.refuse(LineTooLong(f"That line is too long: {most} bytes at most."))
        self.setRawMode()
        self.rawDataReceived(line)
        self._after_line(wait)

    def rawDataReceived(self, data: bytes) -> None:
        """Skip the rest of a line that is too long."""
        _, newline, rest = data.partition(self.delimiter)
        if newline:
            self.setLineMode()
            # Given to `setLineMode`, the rest would come in by our own dataReceived once more.
            super().dataReceived(rest)

    def readConnectionLost(self) -> None:
        """The peer sends no more, and may still read: it hears what it asked for, and goodbye.

        A last line needs no end: a pipe that forgets it would lose its last word.
        """
        if self._buffer and self.line_mode:
            self.lineReceived(self.clearLineBuffer())
        self._input_over = True
        self._check_over()

    def writeConnectionLost(self) -> None:
        self._outbox.close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._gone(self)
        self._closed = True
        self._tcp = None
        self._let_go()
        self._outbox.closed()
        self._session.lost("" if reason.check(ConnectionDone) else "lost connection")

    def check_alive(self) -> None:
        """Give up a peer whose machine has answered nothing for too long."""
        most = self._house.limits.dead_peer_seconds
        if self._tcp is not None and watched(most) and silent_seconds(self._tcp) >= most:
            self._drop("timed out")

    # What the session calls.

    @property
    def address(self) -> str | None:
        """The peer's IP address; behind a PROXY proxy it is known after the first bytes."""
        return host_of(self.transport.getPeer())

    @property
    def local(self) -> bool:
        """Whether the peer is on this machine, as far as its address tells."""
        return self._is_local(self.address)

    def hide_typing(self, hidden: bool) -> bool:
        """Have a telnet that negotiates echo nothing, or echo again."""
        if self._telnet is None or self._program:
            return False
        return self._telnet.hide_typing(hidden)

    def style_for(self, view: View) -> Style:
        """JSON for a program, else text."""
        styles = self._house.styles
        return styles.json(view) if self._program else styles.text(view, self._newline)

    def hang_up(self) -> None:
        """Close when all is sent; the outbox lets go of the transport first."""
        self._outbox.close()

    def limits_changed(self) -> None:
        """Go by the limits that hold now, and have the kernel do it."""
        self.MAX_LENGTH = self._house.limits.line_bytes
        if self._dead_after != self._house.limits.dead_peer_seconds:
            self._keep_alive()

    # From bytes to lines.

    def _whole_ends(self, data: bytes) -> bytes:
        """The data with every line end a LF; a CR at its end waits for what comes after it."""
        data = self._held + data
        self._held = b""
        if b"\r" in data:
            if data.endswith(b"\r"):
                data, self._held = data[:-1], b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r\0", b"\n")
        return data

    def _take(self, data: bytes) -> None:
        self._hold_if_crowded()
        super().dataReceived(data)
        # A line that was too long ends LineReceiver's loop, whatever comes after it.
        while self._buffer and self.line_mode and not self.paused and b"\n" in self._buffer:
            super().dataReceived(b"")
        if not self.paused:
            if not self._program and self._buffer[:1] in _GOODBYES:
                self._session.end(LEAVING)
        elif ROOM not in self._waits:
            self._check_waiting()

    def _speak_telnet(self) -> None:
        self._telnet = Telnet(self._take, lambda: self._session.end(LEAVING))
        self._telnet.makeConnection(_TelnetEnd(self))
        self._newline = b"\r\n"
        self._session.show()
        held, self._held = self._held, b""
        self._telnet.dataReceived(held)

    # From lines to the session.

    def _first_line(self, line: bytes) -> None:
        if line.startswith(b"{"):
            self._program = True
            self._line = self._program_line
            self._session.show()
        elif _HTTP.match(line):
            self._session.end(_NOT_THAT)
            return
        else:
            self._line = self._person_line
        self._line(line)

    def _person_line(self, line: bytes) -> None:
        if line[:1] in _GOODBYES:
            self._session.end(LEAVING)
        else:
            self._session.typed(clean(line.decode("utf-8", "replace")))

    def _program_line(self, line: bytes) -> None:
        self._session.sent(line.decode("utf-8", "replace"))

    # Being held back, being too slow, and being gone.

    def _keep_alive(self) -> None:
        """Have the kernel ask whether the peer is there."""
        self._dead_after = self._house.limits.dead_peer_seconds
        if self._tcp is not None:
            # A peer that has hung up already is no reason to fail: the reactor will tell of it.
            with suppress(OSError):
                keep_alive(self._tcp, self._dead_after)

    def _after_line(self, wait: float) -> None:
        if wait:
            self._rest(wait)
        self._hold_if_crowded()

    def _pause_reading(self) -> None:
        self.pauseProducing()

    def _resume_reading(self) -> None:
        if self.paused and not self._closed:
            self.resumeProducing()

    def _go_on_after(self, reason: str) -> None:
        super()._go_on_after(reason)
        self._check_over()

    def _check_over(self) -> None:
        """Leave at the end of input, once all that was asked for is answered."""
        if self._input_over and ANSWER not in self._waits:
            self._session.end(LEAVING)

    def _check_waiting(self) -> None:
        if self._buffer.count(self.delimiter) > self._house.limits.lines_waiting:
            self.clearLineBuffer()
            self._session.end("Too many lines at once. Goodbye.", "sent too much at once")

    def _too_slow(self) -> None:
        self._drop("too slow")

    def _drop(self, why: str) -> None:
        """Be rid of a peer that would not hear a goodbye."""
        self._house.log.dropped(self.peer, why)
        self._house.figures.dropped[why.replace(" ", "_")] += 1
        self._session.lost(why)
        self.transport.abortConnection()


class _TelnetEnd:
    """What telnet takes for its transport: the connection, with everything in its order."""

    def __init__(self, protocol: ChatProtocol) -> None:
        self._protocol = protocol
        self.disconnecting = False

    def write(self, data: bytes) -> None:
        self._protocol.hear(data)

    def loseConnection(self) -> None:
        self.disconnecting = True
        self._protocol._session.end("That telnet command has no end. Goodbye.")


class ChatFactory(Factory):
    """Makes the connections of one door to a house."""

    noisy = False

    def __init__(self, house: House, admission: Admission) -> None:
        self._house = house
        self._admission = admission
        self._open: dict[ChatProtocol, str | None] = {}
        self._turning = TurningAway(house, admission, lambda why: f"-> {why}\n".encode())

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
        host, peer = host_of(addr), peer_of(addr)
        busy = self._house.delivery.overcrowded
        why = TurnedAway.BUSY if busy else self._admission.enter(host)
        if why is not None:
            return self._turning.protocol(peer, why)
        protocol = ChatProtocol(self._house, peer, self._admission.is_local, self._closed)
        self._open[protocol] = host
        return protocol

    def check_alive(self) -> None:
        """Give up the peers whose machines have gone; to be called every now and then."""
        for protocol in list(self._open):
            protocol.check_alive()

    def _closed(self, protocol: ChatProtocol) -> None:
        self._admission.leave(self._open.pop(protocol))
