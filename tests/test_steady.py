"""The time of day, which never goes back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journals import result
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock

from twisted_chat import tap
from twisted_chat.names import user_name
from twisted_chat.options import ChatOptions
from twisted_chat.refused import Banned
from twisted_chat.rulings import Ruling, Rulings
from twisted_chat.steady import SteadyTime

NOON = 1_700_000_000.0
HOUR = 3600.0


class Clocks:
    """A clock that people set, and one that runs."""

    def __init__(self) -> None:
        self.shown, self.running = NOON, 5.0
        self.steady = SteadyTime(self.time, self.monotonic)

    def time(self) -> float:
        """What the one shows."""
        return self.shown

    def monotonic(self) -> float:
        """What the other does."""
        return self.running

    def go_on(self, seconds: float) -> float:
        """Let time pass; what is shown after it."""
        self.shown += seconds
        self.running += seconds
        return self.steady()

    def set_by(self, seconds: float) -> float:
        """Set the clock; what is shown after it."""
        self.shown += seconds
        return self.steady()


@pytest.fixture
def clocks() -> Clocks:
    """Both, and the time that is made of them."""
    return Clocks()


def test_shows_what_the_clock_does(clocks: Clocks) -> None:
    """From the beginning, and as time passes."""
    assert [clocks.steady(), clocks.go_on(1.5), clocks.go_on(HOUR)] == [
        NOON,
        NOON + 1.5,
        NOON + 1.5 + HOUR,
    ]


def test_goes_forward_with_the_clock(clocks: Clocks) -> None:
    """Who sets it forward corrects it."""
    assert [clocks.set_by(HOUR), clocks.go_on(1)] == [NOON + HOUR, NOON + HOUR + 1]


def test_goes_on_when_the_clock_is_set_back(clocks: Clocks) -> None:
    """As fast as time passes, until the clock has come up to it, and then with the clock."""
    assert clocks.set_by(-HOUR) == NOON
    assert clocks.go_on(60) == NOON + 60
    assert clocks.set_by(HOUR - 30) == NOON + 60
    assert clocks.set_by(90) == NOON + 120
    assert clocks.go_on(1) == NOON + 121


def test_is_not_put_ahead_by_a_pause(clocks: Clocks) -> None:
    """The process may stand still for long between a look at one clock and at the other."""
    paused = False

    def look(at: str) -> float:
        shown: float = getattr(clocks, at)
        if paused:
            clocks.go_on(HOUR)
        return shown

    steady = SteadyTime(lambda: look("shown"), lambda: look("running"))
    paused = True
    steady()
    paused = False
    assert steady() == clocks.shown


@settings(deadline=None, database=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1e6), st.floats(-1e6, 1e6))))
def test_never_goes_back(steps: list[tuple[bool, float, float]]) -> None:
    """However the clock is set; nor does it stand still while time passes."""
    clocks, last = Clocks(), NOON
    for sets, passes, by in steps:
        now = clocks.set_by(by) if sets else clocks.go_on(passes)
        assert now >= last + (0 if sets else passes) - 1e-6
        assert now >= clocks.shown
        last = now


# The server's.


def test_keeps_a_ban_as_long_as_was_said_when_the_clock_goes_back(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither longer nor shorter, with the clocks that the service gives to a server."""
    monkeypatch.setattr(tap, "time", clocks)
    options = ChatOptions()
    options.parseOptions(["--data", ":memory:"])
    service = tap.ChatService(options, MemoryReactorClock())
    service.startService()
    guard = service.house.chat.guard
    guard.rulings = Rulings((Ruling("Zed", "Ada", guard.time(), until=guard.time() + HOUR),))
    clocks.set_by(-24 * HOUR)
    clocks.go_on(HOUR - 1)
    with pytest.raises(Banned, match=r"until"):
        guard.check_entry(user_name("Zed"), None, None)
    clocks.go_on(1)
    guard.check_entry(user_name("Zed"), None, None)
    result(Deferred.fromCoroutine(service.stopService()))
