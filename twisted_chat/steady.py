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
        self._shown = time()
        self._at = running()

    def __call__(self) -> float:
        # In this order, as a pause between the two would put it ahead of the clock otherwise.
        shown, at = self._time(), self._running()
        steady = self._shown + at - self._at
        if shown < steady:
            return steady
        self._shown, self._at = shown, at
        return shown
