"""A connection that is not read for a while: an answer takes time, it sent too fast, or the disk is
slow.

Doors inherit from it; it knows neither bytes nor transports.
"""

from typing import Any

from twisted_chat.house import House

ANSWER, BREATH, ROOM = "an answer", "a breath", "room"
"""What it may wait for: what was asked for before, the pace it has to keep, and the disk."""

_NOTHING: frozenset[str] = frozenset()
"""What it waits for mostly; the same for all connections."""


class Holding:
    """What a door's connection waits for before it is read again."""

    __slots__ = ("_breather", "_house", "_waits")

    _house: House

    def _hold_nothing(self) -> None:
        """Begin; to be called once."""
        self._breather: Any = None
        self._waits = _NOTHING

    def _pause_reading(self) -> None:
        """Read nothing more for now."""
        raise NotImplementedError

    def _resume_reading(self) -> None:
        """Nothing is waited for any more: read again, unless the connection is gone."""
        raise NotImplementedError

    def wait(self) -> None:
        """Read no more until `go_on`: what was asked for takes a while."""
        self._wait_for(ANSWER)

    def go_on(self) -> None:
        """Read again, once what is being read is done with."""
        self._house.clock.callLater(0, self._go_on_after, ANSWER)

    def _rest(self, seconds: float) -> None:
        """Read nothing for so long; what was read already waits."""
        self._wait_for(BREATH)
        self._stop_breather()
        self._breather = self._house.clock.callLater(seconds, self._go_on_after, BREATH)

    def _hold_if_crowded(self) -> None:
        """Read nothing while too much waits for the disk."""
        if self._house.delivery.crowded and ROOM not in self._waits:
            self._wait_for(ROOM)
            self._house.delivery.hold(self._go_on_with_room)

    def _let_go(self) -> None:
        """The connection is gone: nothing is waited for."""
        self._stop_breather()
        self._house.delivery.forget(self._go_on_with_room)

    def _go_on_with_room(self) -> None:
        self._go_on_after(ROOM)

    def _wait_for(self, reason: str) -> None:
        self._waits |= {reason}
        self._pause_reading()

    def _go_on_after(self, reason: str) -> None:
        self._waits -= {reason}
        if not self._waits:
            self._resume_reading()

    def _stop_breather(self) -> None:
        if self._breather is not None and self._breather.active():
            self._breather.cancel()
