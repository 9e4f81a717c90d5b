"""Threads for what would keep the reactor waiting."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import gatherResults

from twisted_chat.limits import READERS
from twisted_chat.threads import Threads


def on_threads(test: Callable[..., Any]) -> Any:
    """A test on the real reactor."""
    made: Callable[..., Any] = pytest_twisted.ensureDeferred(test)
    return made


class Gate:
    """Holds those who come until so many are there, and sees how many there are at once."""

    def __init__(self, most: int) -> None:
        self._full = threading.Barrier(most)
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __call__(self, number: int) -> int:
        """Come, wait for the others, and go."""
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._full.wait(30)
        with self._lock:
            self._now -= 1
        return number


@pytest.mark.parametrize("most", [1, READERS, 5])
@on_threads
async def test_does_as_much_at_once_as_there_are_threads(most: int) -> None:
    """No less, as it would stand still here; no more; and all of it is done in the end."""
    from twisted.internet import reactor

    threads, gate = Threads(reactor, most, "testing"), Gate(most)
    done = await gatherResults([threads(gate, number) for number in range(4 * most)])
    threads.stop()
    assert done == list(range(4 * most))
    assert gate.most == most


@on_threads
async def test_tells_what_went_wrong() -> None:
    """The error of a thread is raised where its result is waited for."""
    from twisted.internet import reactor

    threads = Threads(reactor, 1, "testing")
    with pytest.raises(ZeroDivisionError):
        await threads(divmod, 1, 0)
    threads.stop()
