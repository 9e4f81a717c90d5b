"""Threads for what would keep the reactor waiting: so many at once, and the rest in order."""

from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

P = ParamSpec("P")
T = TypeVar("T")


class Work(Protocol):
    """Does something elsewhere, and tells when it is done."""

    def __call__(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> "Deferred[T]":
        """Call the function; the Deferred fires on the reactor with what it returned or raised."""
        ...

    def stop(self) -> None:
        """Let go of the threads, when what they were given is done."""
        ...


class Threads:
    """Threads of their own for one kind of work.

    :param most: how many of them; what is more waits its turn.
    """

    def __init__(self, reactor: Any, most: int, name: str) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(minthreads=0, maxthreads=most, name=name)

    def __call__(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> "Deferred[T]":
        if not self._pool.started:
            self._pool.start()
        done: Deferred[T] = deferToThreadPool(self._reactor, self._pool, function, *args, **kwargs)
        return done

    def stop(self) -> None:
        if self._pool.started:
            self._pool.stop()
