"""How often one address or account was tried, and how long it waits."""

import pytest

from twisted_chat.accounts.tries import Tries
from twisted_chat.limits import (
    FAILURES_REMEMBERED_SECONDS,
    FIRST_WAIT_SECONDS,
    FREE_TRIES,
    LONGEST_WAIT_SECONDS,
)

MANY = 1_000_000


def failed(times: int, a_minute: int = MANY) -> Tries:
    """What is remembered of so many failures at the moment 0."""
    tries = Tries(a_minute)
    for _ in range(times):
        tries.failed(0.0)
    return tries


@pytest.mark.parametrize(
    ("times", "wait"),
    [
        (0, 0),
        (FREE_TRIES - 1, 0),
        (FREE_TRIES, FIRST_WAIT_SECONDS),
        (FREE_TRIES + 1, 2 * FIRST_WAIT_SECONDS),
        (FREE_TRIES + 5, 32 * FIRST_WAIT_SECONDS),
        (FREE_TRIES + 6, LONGEST_WAIT_SECONDS),
        (FREE_TRIES + 10_000, LONGEST_WAIT_SECONDS),
    ],
)
def test_waits_twice_as_long_after_each_failure(times: int, wait: int) -> None:
    """After those that are free, and up to a bound."""
    assert failed(times).wait(0.0) == wait


def test_waits_from_the_last_failure_on() -> None:
    """To the end, and no longer."""
    tries = failed(FREE_TRIES)
    assert [tries.wait(now) for now in (5.0, 14.5, 15.0, 16.0)] == [10.0, 0.5, 0.0, 0.0]


def test_makes_so_many_hashes_a_minute() -> None:
    """In any sixty seconds, whatever came of them."""
    tries = Tries(2)
    tries.hashed(0.0)
    tries.hashed(20.0)
    assert [tries.wait_to_hash(now) for now in (20.0, 59.0, 60.0)] == [40.0, 1.0, 0.0]
    tries.hashed(60.0)
    assert tries.wait_to_hash(60.0) == 20.0


def test_holds_nobody_back_who_keeps_the_pace() -> None:
    """However long they go on."""
    tries = Tries(60)
    for second in range(1000):
        assert tries.wait_to_hash(float(second)) == 0.0
        tries.hashed(float(second))


def test_takes_failures_back() -> None:
    """So many, and never more than there were."""
    tries = failed(FREE_TRIES + 1)
    tries.forgive(1)
    assert tries.wait(0.0) == FIRST_WAIT_SECONDS
    tries.forgive(100)
    tries.failed(0.0)
    assert tries.wait(0.0) == 0


def test_forgets_failures_when_nobody_tries() -> None:
    """And remembers them as long as somebody does."""
    tries = failed(FREE_TRIES)
    tries.failed(FAILURES_REMEMBERED_SECONDS - 1.0)
    assert tries.wait(FAILURES_REMEMBERED_SECONDS - 1.0) == 2 * FIRST_WAIT_SECONDS
    assert tries.wait(2 * FAILURES_REMEMBERED_SECONDS) == 0.0
    tries.failed(2 * FAILURES_REMEMBERED_SECONDS)
    assert tries.wait(2 * FAILURES_REMEMBERED_SECONDS) == 0.0


def test_waits_no_longer_because_the_clock_was_set_back() -> None:
    """The wait begins anew, and is not the time that the clock has to make up for."""
    tries = Tries(1)
    for _ in range(FREE_TRIES):
        tries.failed(100_000.0)
    assert tries.wait(50.0) == 60.0
    assert tries.wait(110.0) == 0.0
