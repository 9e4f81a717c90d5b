"""What one session hears, in order: what comes while the past is read waits until it is there."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from twisted_chat.answers import Notice, Reply
from twisted_chat.audience import Wish

UNREADABLE = "What was said before cannot be shown now. /history shows it later."


class Stream:
    """The way to one listener.

    :param hear: sends bytes.
    :param hang_up: closes when all is sent.
    :param write: a reply as bytes, as the session wants to see it now.
    :param begin: begins work that takes a while.
    :param most: the bytes that may wait for the past; with more of them it is not waited for.
    :param steer: is told what takes the bytes that come from now on: `hear`, but while the past is
        read.  So nothing stands between a batch and the queue of a reader.
    """

    __slots__ = (
        *("most", "_hear", "_hang_up", "_write", "_begin", "_steer", "_waiting", "_bytes"),
        *("_reading", "_telling", "_instead", "_whoever_waits"),
    )

    def __init__(
        self,
        hear: Callable[[bytes], None],
        hang_up: Callable[[], None],
        write: Callable[[Reply], bytes],
        begin: Callable[[Coroutine[Any, Any, None]], None],
        most: int,
        steer: Callable[[Callable[[bytes], None]], None],
    ) -> None:
        self._hear = hear
        self._hang_up = hang_up
        self._write = write
        self._begin = begin
        self.most = most
        self._steer = steer
        self._waiting: list[tuple[int, Callable[[], None]]] = []
        self._bytes = 0
        self._reading: object = None
        self._telling = False
        self._instead = b""
        self._whoever_waits: list[Deferred[None]] = []
        steer(hear)

    def _keep(self, told: bytes) -> None:
        """Send these bytes after the past, and after all that waits for it."""
        self._waiting.append((len(told), partial(self._hear, told)))
        self._bytes += len(told)
        if self._bytes > self.most:
            self._go_on(self._instead)

    def catch_up(self, wish: Wish, upto: int) -> None:
        """Send what was before, up to a number of the record; what comes now waits for it."""
        if self._reading is None:
            self._reading = reading = object()
            self._steer(self._keep)
            self._instead = self._write(_unreadable(wish, upto))
            self._begin(self._read(reading, wish, upto))
        else:
            self._waiting.append((0, partial(self.catch_up, wish, upto)))

    async def settled(self) -> None:
        """Wait until nothing of the past is being read."""
        while self._reading is not None:
            read: Deferred[None] = Deferred()
            self._whoever_waits.append(read)
            await read

    def hang_up(self) -> None:
        """Close when all is sent."""
        if self._reading is None:
            self._hang_up()
        else:
            self._waiting.append((0, self._hang_up))

    async def _read(self, reading: object, wish: Wish, upto: int) -> None:
        told = self._instead
        try:
            told = b"".join([self._write(reply) for reply in await wish.read(upto)])
        finally:
            if self._reading is reading:
                self._go_on(told)

    def _go_on(self, past: bytes) -> None:
        self._reading = None
        if past:
            self._hear(past)
        # What waits may ask for more of the past, which may be there at once.
        if not self._telling:
            self._tell_waiting()

    def _tell_waiting(self) -> None:
        self._telling = True
        try:
            while self._waiting and self._reading is None:
                waiting, self._waiting = self._waiting, []
                self._tell_until_it_reads(waiting)
        finally:
            self._telling = False
        if self._reading is None:
            self._steer(self._hear)
            waited, self._whoever_waits = self._whoever_waits, []
            for read in waited:
                read.callback(None)

    def _tell_until_it_reads(self, waiting: list[tuple[int, Callable[[], None]]]) -> None:
        for count, (size, tell) in enumerate(waiting, 1):
            self._bytes -= size
            tell()
            if self._reading is not None:
                self._waiting = [*waiting[count:], *self._waiting]
                break


def _unreadable(wish: Wish, upto: int) -> Notice:
    """What is said instead: a program can ask for what is missing."""
    room = wish.room or msgspec.UNSET
    return Notice(code="no_history", text=UNREADABLE, room=room, after=wish.after, upto=upto)
