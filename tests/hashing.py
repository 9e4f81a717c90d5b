"""Threads for hashing, as tests want them: that count, or wait for the test."""

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred, maybeDeferred

from twisted_chat.testing import AtOnce
from twisted_chat.threads import P, T


class Counted(AtOnce):
    """Does work at once, and counts how often."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> "Deferred[T]":
        self.done += 1
        return super().__call__(function, *args, **kwargs)


class Later:
    """Does nothing before a test says so, as threads do that are busy."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()

    def __call__(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> "Deferred[T]":
        done: Deferred[T] = Deferred()
        self._waiting.append(
            lambda: maybeDeferred(function, *args, **kwargs).addBoth(done.callback)
        )
        return done

    @property
    def waiting(self) -> int:
        """How much is still to be done."""
        return len(self._waiting)

    def do(self, many: int = 1) -> None:
        """Do what was asked for first."""
        for _ in range(many):
            self._waiting.popleft()()

    def stop(self) -> None:
        """There is nothing to let go of."""
