"""How much memory something takes, by what Python allocates for it."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


class Memory:
    """How much was in use beyond what was there before."""

    def __init__(self) -> None:
        gc.collect()
        self._before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()

    def peak(self) -> int:
        """The most since it began."""
        return tracemalloc.get_traced_memory()[1] - self._before

    def now(self) -> int:
        """At the moment, rubbish aside."""
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - self._before


@contextmanager
def traced() -> Iterator[None]:
    """Count what is allocated."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()
