"""How far everybody had been told at moments gone by, to the second and for a bounded time."""

from collections import deque

from twisted_chat.limits import TRAIL_SECONDS


class Trail:
    """The number of the last event told, as it was before.

    :param told: what it is at the beginning.
    """

    def __init__(self, told: int) -> None:
        self._before = told
        self._seconds: deque[tuple[int, int]] = deque()

    def note(self, told: int, now: float) -> None:
        """So far everybody is told, now."""
        second = int(now)
        if self._seconds and self._seconds[-1][0] >= second:
            # Where a clock goes back, this second lasts until it has caught up.
            second = self._seconds.pop()[0]
        self._seconds.append((second, told))
        if len(self._seconds) > TRAIL_SECONDS:
            _, self._before = self._seconds.popleft()

    def at(self, moment: float) -> int:
        """How far everybody was told by then; the earliest that is known, for long ago."""
        for second, told in reversed(self._seconds):
            if second < int(moment):
                return told
        return self._before
