"""A bucket of tokens that fills again with time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twisted_chat.limits import OFF
from twisted_chat.pace import Pace

BURST, PER_SECOND = 20, 5
MANY = 100


def test_lets_a_whole_burst_through_at_once() -> None:
    """At the bound there is no wait."""
    pace = Pace(BURST, PER_SECOND, 0)
    assert [pace.take(0) for _ in range(BURST)] == [0.0] * BURST


def test_makes_the_one_after_the_burst_wait() -> None:
    """Above the bound each takes a fifth of a second."""
    pace = _spent()
    assert [pace.take(0) for _ in range(3)] == pytest.approx([0.2, 0.4, 0.6])


def test_takes_nothing_that_is_not_there() -> None:
    """What may not be taken is not taken in advance either."""
    pace = _spent()
    assert [pace.may(0), pace.may(0), pace.may(0.2), pace.may(0.2)] == [False, False, True, False]


@pytest.mark.parametrize(("after", "rested"), [(3.9, False), (4.0, True), (1000.0, True)])
def test_has_rested_when_it_is_full_again(after: float, rested: bool) -> None:
    """A burst of 20 is back after 4 seconds at 5 a second."""
    assert _spent().rested(after) is rested


def test_never_holds_more_than_a_burst() -> None:
    """A long silence is worth no more than a short one."""
    pace = Pace(BURST, PER_SECOND, 0)
    assert sum(pace.may(1_000_000) for _ in range(2 * BURST)) == BURST


@given(st.lists(st.floats(0, 10), max_size=60))
def test_lets_through_no_more_than_time_allows(gaps: list[float]) -> None:
    """However it is asked, no more than a burst and what time has filled."""
    pace, now, taken = Pace(BURST, PER_SECOND, 0), 0.0, 0
    for gap in gaps:
        now += gap
        taken += sum(pace.may(now) for _ in range(BURST))
        assert taken <= BURST + now * PER_SECOND + 1e-6


@given(st.lists(st.floats(0, 1), max_size=60))
def test_lets_one_go_on_after_the_wait_that_it_said(gaps: list[float]) -> None:
    """Who waits as told owes nothing."""
    pace, now = Pace(2, PER_SECOND, 0), 0.0
    for gap in gaps:
        now += gap
        now += pace.take(now)
        assert pace.take(now) <= 1 / PER_SECOND + 1e-6
        now += 1 / PER_SECOND


def test_goes_on_at_another_pace() -> None:
    """From the moment on when it is changed."""
    pace = _spent()
    pace.change(BURST, 1, 0.2)
    assert [pace.take(0.2) for _ in range(2)] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("taken", "burst", "left"),
    [(0, 30, 30), (15, 30, 15), (0, 5, 5), (18, 5, 2), (20, 5, 0), (20, OFF, MANY), (20, 1, 0)],
)
def test_keeps_what_was_taken_when_it_is_changed(taken: int, burst: int, left: int) -> None:
    """Whoever had rested has all of the new burst, and nobody more than that."""
    pace = Pace(BURST, PER_SECOND, 0)
    for _ in range(taken):
        pace.take(0)
    pace.change(burst, PER_SECOND, 0)
    assert sum(pace.may(0) for _ in range(MANY)) == left


def test_can_be_bounded_again_after_it_was_not() -> None:
    """A limit that was lifted holds when it is set."""
    pace = Pace(OFF, OFF, 0)
    pace.take(0)
    pace.change(BURST, PER_SECOND, 1)
    assert sum(pace.may(1) for _ in range(MANY)) == BURST


def _spent() -> Pace:
    pace = Pace(BURST, PER_SECOND, 0)
    for _ in range(BURST):
        pace.take(0)
    return pace
