"""Lets reads in, and holds them back for a moment in which there are to be none."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """What every read of a database goes through, in whichever thread."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._is_closed = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        """A read, which begins when the gate is open."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self, seconds: float) -> Iterator[bool]:
        """Hold new reads back, and wait so long for the others; whether they have ended."""
        with self._changed:
            self._is_closed = True
            free = self._changed.wait_for(lambda: not self._inside, seconds)
        try:
            yield free
        finally:
            with self._changed:
                self._is_closed = False
                self._changed.notify_all()
