"""Python's collector of cycles, as a server wants it."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from twisted_chat import collector


class Cycle:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def spared() -> Iterator[None]:
    """It is spared, until the test is over."""
    before = gc.get_threshold()
    collector.spare()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("spared")
def test_does_not_look_at_what_stays() -> None:
    """All that is there when the server has started."""
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == collector.THRESHOLDS


@pytest.mark.usefixtures("spared")
def test_still_finds_what_is_left_behind() -> None:
    """Without anybody asking for it, as other objects come."""
    gone = weakref.ref(Cycle())
    kept = [[number] for number in range(2 * collector.THRESHOLDS[0])]
    assert (gone(), len(kept)) == (None, 2 * collector.THRESHOLDS[0])


def test_leaves_no_cycle_that_holds_something_before() -> None:
    """What is to be forgotten by then is: nothing of it stays for good."""
    gone = weakref.ref(Cycle())
    before = gc.get_threshold()
    try:
        collector.spare()
        assert gone() is None
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
