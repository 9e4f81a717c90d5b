"""How fast somebody may go on: a bucket of tokens that fills again with time."""


class Pace:
    """So many at once, then so many a second.

    :param burst: how many at once.
    :param per_second: how many a second after that.
    :param now: a moment, in seconds of any epoch; every later call is given one of the same.
    """

    __slots__ = ("_at", "_burst", "_left", "_per_second")

    def __init__(self, burst: float, per_second: float, now: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left = burst
        self._at = now

    def change(self, burst: float, per_second: float, now: float) -> None:
        """Go on with other numbers; what was taken stays taken."""
        self._fill(now)
        if burst > self._burst:
            self._left += burst - self._burst
        self._burst = burst
        self._per_second = per_second

    def take(self, now: float) -> float:
        """Take one, in advance if need be: how many seconds to wait before the next, mostly 0."""
        self._fill(now)
        self._left -= 1
        # Less than a microsecond is none: a rate that is lifted makes nobody wait.
        return max(0.0, round(-self._left / self._per_second, 6))

    def may(self, now: float) -> bool:
        """Take one if there is one; whether there was."""
        self._fill(now)
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def rested(self, now: float) -> bool:
        """Whether nothing has been taken for long enough that it is full again."""
        self._fill(now)
        return self._left >= self._burst

    def _fill(self, now: float) -> None:
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
