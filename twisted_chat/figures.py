"""What is counted while the server runs: plain numbers, for others to show.

Reasons are codes of the program: nothing that people wrote is counted by its words or names.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The steps in which times are counted: from a commit on a fast disk to what nobody waits for."""


class Spread:
    """How often something took how long.

    :param steps: the seconds up to which each step counts, in order; one more counts the rest.
    """

    def __init__(self, steps: Sequence[float] = SECONDS) -> None:
        self.steps = steps
        self.counts = [0] * (len(steps) + 1)
        self.seconds = 0.0
        self.longest = 0.0

    def note(self, seconds: float) -> None:
        """It took so long this time; what a clock says that was set back is nothing."""
        seconds = max(0.0, seconds)
        self.counts[bisect_left(self.steps, seconds)] += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)

    @property
    def count(self) -> int:
        """How often it happened."""
        return sum(self.counts)

    def within(self, share: float) -> float:
        """The seconds within which that share of it was done, as far as the steps can tell."""
        wanted, done = share * self.count, 0
        for step, count in zip(self.steps, self.counts):
            done += count
            if done >= wanted:
                return min(step, self.longest)
        return self.longest


class Figures:
    """What one server has counted since it was started."""

    def __init__(self) -> None:
        self.connections: Counter[str] = Counter()
        """Connections that were let in, by their door."""
        self.turned_away: Counter[str] = Counter()
        """Connections that were not, by the reason."""
        self.dropped: Counter[str] = Counter(too_slow=0, timed_out=0)
        """Connections that were closed without a goodbye, by the reason."""
        self.refused: Counter[str] = Counter()
        """Requests that were not done, by the code that the asker was told."""
        self.said = 0
        """Messages that were put on record."""
        self.deliveries = 0
        """Events and answers that were told, once for each session that heard them."""
        self.commits = Spread()
        """How long it took to put a batch on record."""
        self.commits_failed = 0
        """Batches that could not be put there."""
        self.telling = Spread()
        """How long it took from what was decided first in a batch until all of it was told."""
        self.lag = Spread()
        """By how much the reactor was late, as often as that was looked at."""
        self.blocks = Spread()
        """What kept the reactor for longer than it may be kept."""
