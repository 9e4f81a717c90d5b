"""The time of day, which never goes back.

Who sets a clock back would have bans last longer than was said, and who sets it forward and back
again would have lifted some.
"""

from collections.abc import Callable


class SteadyTime:
    """The seconds since 1970 (UTC); where the clock is set back, they go on as if it were not.

    :param time: what the clock shows.
    :param running: seconds since any epoch, which nobody sets.
    """

    def __init__(self, time: Callable[[], float], running: Callable[[], float]) -> None:
        self._time = time
        self._running = running
        self._last = time()
        self._at = running()

    def __call__(self) -> float:
        at = self._running()
        self._last = max(self._time(), self._last + at - self._at)
        self._at = at
        return self._last
