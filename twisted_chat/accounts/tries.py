"""How often one address, or one account, was tried of late; and how long it waits."""

from collections import deque

from twisted_chat.limits import (
    FAILURES_REMEMBERED_SECONDS,
    FIRST_WAIT_SECONDS,
    FREE_TRIES,
    LONGEST_WAIT_SECONDS,
)

MINUTE = 60.0


class Tries:
    """What is remembered of one address or account.  Moments are seconds of any epoch.

    :param a_minute: how many hashes are made for it in a minute.
    """

    __slots__ = ("_failures", "_hashes", "_last", "a_minute")

    def __init__(self, a_minute: int) -> None:
        self.a_minute = a_minute
        self._failures = 0
        self._hashes: deque[float] = deque()
        self._last = 0.0

    def wait(self, now: float) -> float:
        """How many seconds until it may be tried again; 0 is now."""
        return max(self.wait_to_hash(now), self._wait_after_failures(now))

    def wait_to_hash(self, now: float) -> float:
        """The same, whatever has failed."""
        self._stay_before(now)
        while self._hashes and self._hashes[0] <= now - MINUTE:
            self._hashes.popleft()
        if len(self._hashes) < self.a_minute:
            return 0.0
        return self._hashes[0] + MINUTE - now

    def hashed(self, now: float) -> None:
        """Count a hash."""
        self._hashes.append(now)

    def failed(self, now: float) -> None:
        """Count a failure, and the hash that it took."""
        self._stay_before(now)
        if now - self._last >= FAILURES_REMEMBERED_SECONDS:
            self._failures = 0
        self._failures += 1
        self._last = now
        self.hashed(now)

    def forgive(self, failures: int) -> None:
        """Take failures back."""
        self._failures = max(0, self._failures - failures)

    def _stay_before(self, now: float) -> None:
        """Where the clock was set back, nobody waits until it has caught up."""
        if self._last > now:
            self._last = now
        if self._hashes and self._hashes[-1] > now:
            self._hashes = deque(min(at, now) for at in self._hashes)

    def _wait_after_failures(self, now: float) -> float:
        more = self._failures - FREE_TRIES
        if more < 0 or now - self._last >= FAILURES_REMEMBERED_SECONDS:
            return 0.0
        # Bounded before it is doubled: a guesser has patience for numbers of any size.
        wait = FIRST_WAIT_SECONDS << min(more, LONGEST_WAIT_SECONDS.bit_length())
        return max(0.0, self._last + min(wait, LONGEST_WAIT_SECONDS) - now)
