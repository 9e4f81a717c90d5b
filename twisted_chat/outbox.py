"""The bounded queue in front of one reader.

While nothing waits, bytes go straight to the socket: that is half the cost of a trip through the
transport and the reactor.  What the kernel does not take waits here, and the transport asks for it
when it can go on.  Batches that wait are shared with other outboxes, not copied.
"""

import socket
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.interfaces import IPullProducer, IPushProducer
from zope.interface import implementer

from twisted_chat.clock import Clock
from twisted_chat.limits import Limits

WRITE_BYTES = 16_384
"""What a transport is handed at once for a reader that catches up.  A reader shows progress when
that much is gone, so one that takes half a kilobyte a second is still patient enough."""

Piece = bytes | memoryview
"""Bytes that wait: a whole batch, or what is left of one."""


class Transport(Protocol):
    """What an outbox needs of Twisted's transports."""

    def write(self, data: bytes) -> object: ...

    def registerProducer(self, producer: Any, streaming: bool) -> object: ...

    def unregisterProducer(self) -> object: ...

    def loseConnection(self) -> object: ...

    def abortConnection(self) -> object: ...


class Backlog:
    """What waits for all readers of a server together.

    A batch counts once for each reader who waits for it, so this is more than the memory it takes.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._waiting: dict[Outbox, int] = {}
        self._making_room = False
        self.bytes = 0

    def note(self, outbox: "Outbox", waiting: int) -> None:
        """So many bytes wait in an outbox now; where that is too much in all, the fullest goes."""
        self.bytes += waiting - self._waiting.pop(outbox, 0)
        if waiting:
            self._waiting[outbox] = waiting
        # Who goes is noted here too, and is not the one after whom it is enough.
        if self.bytes > self.most and not self._making_room:
            self._make_room()

    def _make_room(self) -> None:
        self._making_room = True
        try:
            for outbox in sorted(self._waiting, key=self._waiting.__getitem__, reverse=True):
                if self.bytes <= self.most:
                    break
                outbox.give_up()
        finally:
            self._making_room = False


def outbox_for(
    transport: Transport,
    clock: Clock,
    limits: Limits,
    backlog: Backlog,
    too_slow: Callable[[], None],
) -> "Outbox":
    """The outbox that suits a transport.

    :param too_slow: called once, if the reader is given up; its connection is aborted then.
    """
    get_handle = getattr(transport, "getHandle", None)
    handle = get_handle() if get_handle is not None else None
    # TLS has a handle too, and what is sent to the socket below it would go out in the clear.
    if isinstance(handle, socket.socket):
        return SocketOutbox(handle, transport, clock, limits, backlog, too_slow)
    return TransportOutbox(transport, clock, limits, backlog, too_slow)


class Outbox:
    """What one reader has not taken yet, in order and bounded."""

    __slots__ = (
        *("_backlog", "_clock", "_closed", "_idle", "_last_words", "_limits", "_queue", "_timer"),
        *("_too_slow", "_transport", "_waiting"),
    )

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        limits: Limits,
        backlog: Backlog,
        too_slow: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._limits = limits
        self._backlog = backlog
        self._too_slow = too_slow
        self._queue: list[Piece] = []
        self._waiting = 0
        self._timer: Any = None
        self._last_words = False
        self._closed = False
        self._idle = True
        """Whether nothing waits, and more may be sent."""

    @property
    def waiting(self) -> int:
        """How many bytes wait."""
        return self._waiting

    def send(self, data: Piece) -> None:
        """Send this after all that was sent before; after the last words nothing is sent."""
        if self._last_words or self._closed:
            return
        self._queue.append(data)
        self._note(len(data))
        self._block()
        if self._waiting > self._limits.outbox_bytes:
            self.give_up()

    def close(self) -> None:
        """Close the connection as soon as all is sent, and after a while in any case."""
        if self._last_words or self._closed:
            return
        self._last_words = True
        self._idle = False
        self._stop_timer()
        # TLS may never get as far as closing: its peer has to shake hands, and to say goodbye too.
        self._timer = self._clock.callLater(self._limits.goodbye_seconds, self.abort)
        if not self._waiting:
            self._hang_up()

    def give_up(self) -> None:
        """The reader is too slow: forget what waits, and the connection."""
        if not self._closed:
            self.abort()
            self._too_slow()

    def closed(self) -> None:
        """The connection is gone, and so is what waited for it."""
        self._closed = True
        self._stop_timer()
        self._queue.clear()
        self._note(-self._waiting)

    # What the two kinds do in their own ways.

    def _block(self) -> None:
        """Something waits from now on: see that the transport asks for it."""
        if self._timer is None and not self._closed:
            self._timer = self._clock.callLater(self._limits.outbox_seconds, self.give_up)

    def _unregister(self) -> None:
        """Let go of the transport, which keeps open while a producer is registered."""
        raise NotImplementedError

    # What they share.

    def _progress(self) -> None:
        """The reader took something."""
        if self._timer is not None and not self._last_words:
            self._timer.reset(self._limits.outbox_seconds)

    def _drained(self) -> None:
        """Nothing waits any more."""
        if self._last_words:
            self._hang_up()
        else:
            self._stop_timer()

    def _hang_up(self) -> None:
        self._unregister()
        self._transport.loseConnection()

    def abort(self) -> None:
        """Close the connection at once, whatever waits."""
        self.closed()
        self._unregister()
        self._transport.abortConnection()

    def _note(self, change: int) -> None:
        self._waiting += change
        self._idle = not (self._waiting or self._last_words or self._closed)
        self._backlog.note(self, self._waiting)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            if self._timer.active():
                self._timer.cancel()
            self._timer = None


@implementer(IPullProducer)
class SocketOutbox(Outbox):
    """For a plain socket: straight to it while nothing waits, else whenever the transport asks."""

    __slots__ = ("_in_flight", "_registered", "_socket")

    def __init__(self, plain: socket.socket, *args: Any) -> None:
        super().__init__(*args)
        self._socket = plain
        self._registered = False
        self._in_flight = 0

    def send(self, data: Piece) -> None:
        # In one step while nothing waits: it is done for each listener of each line.
        if not self._idle:
            super().send(data)
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            # The reactor may not be reading, so that nobody else would notice.
            self.abort()
            return
        if sent < len(data):
            super().send(memoryview(data)[sent:] if sent else data)

    def _block(self) -> None:
        super()._block()
        if not self._registered and not self._closed:
            self._registered = True
            self._transport.registerProducer(self, False)

    def _unregister(self) -> None:
        if self._registered:
            self._registered = False
            self._transport.unregisterProducer()

    def resumeProducing(self) -> None:
        """The transport has sent what it was given last."""
        if self._in_flight:
            self._progress()
            self._note(-self._in_flight)
            self._in_flight = 0
        if not self._waiting:
            self._unregister()
            self._drained()
            return
        data = self._next()
        self._in_flight = len(data)
        self._transport.write(data)

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._registered = False
        self.closed()

    def closed(self) -> None:
        self._in_flight = 0
        super().closed()

    def _next(self) -> bytes:
        """The next bytes for the transport; they count as waiting until it asks for more."""
        pieces: list[Piece] = []
        room = WRITE_BYTES
        for piece in self._queue:
            pieces.append(piece[:room])
            room -= len(pieces[-1])
            if not room:
                break
        whole = len(pieces) - 1
        rest = memoryview(self._queue[whole])[len(pieces[-1]) :]
        self._queue[: whole + 1] = [rest] if rest else []
        return b"".join(pieces)


@implementer(IPushProducer)
class TransportOutbox(Outbox):
    """For TLS, and whatever else is not a plain socket: through the transport until it is full."""

    __slots__ = ("_full", "_registered")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._full = False
        self._registered = True
        self._transport.registerProducer(self, True)

    def send(self, data: Piece) -> None:
        if self._idle and not self._full:
            self._transport.write(bytes(data))
        else:
            super().send(data)

    def _unregister(self) -> None:
        if self._registered:
            self._registered = False
            self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """The transport is full."""
        self._full = True

    def resumeProducing(self) -> None:
        """The transport takes more."""
        self._full = False
        self._progress()
        sent = 0
        for data in self._queue:
            if self._full:
                break
            sent += 1
            self._note(-len(data))
            self._transport.write(bytes(data))
        del self._queue[:sent]
        if not self._queue:
            self._drained()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._registered = False
        self.closed()
