"""How far everybody had been told at moments gone by."""

from hypothesis import given
from hypothesis import strategies as st

from twisted_chat.limits import TRAIL_SECONDS
from twisted_chat.trail import Trail


def test_knows_the_beginning() -> None:
    """Before anything is told."""
    assert Trail(7).at(100) == 7


def test_knows_what_was_told_by_a_moment() -> None:
    """Of the second that a moment is in nothing is sure."""
    trail = Trail(0)
    for told, now in ((3, 10.1), (4, 10.9), (5, 12.0)):
        trail.note(told, now)
    assert [trail.at(moment) for moment in (9.0, 10.95, 11.0, 12.9, 13.0)] == [0, 0, 4, 4, 5]


def test_remembers_so_many_seconds_and_no_more() -> None:
    """What was before is not forgotten altogether: it is as far as the earliest of them."""
    trail = Trail(0)
    for second in range(TRAIL_SECONDS + 10):
        trail.note(second + 1, second)
    assert [trail.at(0), trail.at(10), trail.at(11), trail.at(12)] == [10, 10, 11, 12]


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 100))
def test_never_claims_more_than_was_told(moments: list[float], asked: float) -> None:
    """Whatever the clock does."""
    trail, least = Trail(0), 0
    for told, now in enumerate(moments, 1):
        trail.note(told, now)
        least = told if max(moments[:told]) < int(asked) else least
    assert least <= trail.at(asked) <= sum(1 for now in moments if now < asked) + len(moments)
