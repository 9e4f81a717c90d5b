"""Who tries passwords has to wait."""

from ipaddress import ip_network

import pytest
from twisted.internet.task import Clock

from twisted_chat.accounts.origin import Network
from twisted_chat.accounts.throttle import Throttle
from twisted_chat.limits import (
    ADDRESSES_REMEMBERED,
    FAILURES_REMEMBERED_SECONDS,
    FREE_TRIES,
    LONGEST_WAIT_SECONDS,
    Limits,
)
from twisted_chat.refused import TooManyTries
from twisted_chat.testing import MemoryServer

LOGINS = Limits().logins
HOME, AWAY = "192.0.2.1", "198.51.100.1"


class Door:
    """Somebody who tries, at a moment that a test moves."""

    def __init__(self, *trusted: Network) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.limits = Limits()
        self.throttle = Throttle(self.limits, self.clock, trusted)

    def wait(self, name: str = "alex", address: str | None = HOME) -> int:
        """Try; for how many seconds one has to wait instead, mostly 0."""
        try:
            self.throttle.check(name, address)
        except TooManyTries as why:
            return int(why.text.split()[4])
        return 0

    def log_in(self, name: str = "alex", address: str | None = HOME) -> None:
        """Try, with the right password."""
        self.throttle.check(name, address)
        self.throttle.succeeded(name, address)

    def fail_on(self, name: str = "alex", address: str = HOME, times: int = FREE_TRIES) -> int:
        """Fail that often, as soon as one may; how many seconds it took."""
        begun = self.clock.seconds()
        for _ in range(times):
            while wait := self.wait(name, address):
                self.clock.advance(wait)
        return int(self.clock.seconds() - begun)


@pytest.fixture
def door() -> Door:
    """A door at which nobody has tried anything."""
    return Door()


@pytest.fixture
def class_() -> Door:
    """A door that trusts the network of `HOME`."""
    return Door(ip_network("192.0.2.0/24"))


def test_lets_people_mistype(door: Door) -> None:
    """A few tries are free; then one is told how long to wait."""
    assert [door.wait() for _ in range(FREE_TRIES)] == [0] * FREE_TRIES
    with pytest.raises(TooManyTries, match=r"^Too many tries\. Wait 60 seconds\.$"):
        door.throttle.check("alex", HOME)
    door.clock.advance(59.5)
    with pytest.raises(TooManyTries, match=r"^Too many tries\. Wait 1 second\.$"):
        door.throttle.check("alex", HOME)
    door.clock.advance(0.5)
    assert door.wait() == 0


def test_makes_who_goes_on_wait_longer_each_time(door: Door) -> None:
    """Twice as long, up to a bound."""
    door.fail_on(times=FREE_TRIES)
    door.clock.advance(60)
    waits = []
    for _ in range(8):
        assert door.wait() == 0
        waits.append(door.wait())
        door.clock.advance(waits[-1])
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.parametrize(("names", "addresses"), [(1, 200), (200, 1)])
def test_lets_so_many_tries_pass_a_minute(door: Door, names: int, addresses: int) -> None:
    """For an account from 200 addresses, and for an address that tries 200 accounts."""
    passed = []
    for second in range(600):
        turn = second % 200
        passed.append(door.wait(f"n{turn % names}", f"192.0.2.{turn % addresses}") == 0)
        door.clock.advance(1)
    assert max(sum(passed[start : start + 60]) for start in range(600)) == LOGINS


def test_counts_who_succeeds_towards_the_minute_too(door: Door) -> None:
    """Their passwords are hashed like any other."""
    for _ in range(LOGINS):
        door.log_in()
    assert door.wait() == 60
    door.clock.advance(60)
    assert door.wait() == 0


@pytest.mark.parametrize(("logins", "more"), [(LOGINS + 2, 2), (LOGINS, 0), (1, 0)])
@pytest.mark.parametrize(("name", "address"), [("alex", AWAY), ("sam", HOME)])
def test_goes_by_the_limit_that_holds_now(
    door: Door, name: str, address: str, logins: int, more: int
) -> None:
    """What was tried before counts still, for the account and for the address."""
    for _ in range(LOGINS):
        door.log_in()
    door.limits.take_over(Limits(logins=logins))
    assert [door.wait(name, address) == 0 for _ in range(more + 1)] == [True] * more + [False]


def test_counts_those_that_are_not_decided_yet(door: Door) -> None:
    """Of fifty at once only a few are looked at."""
    assert sum(door.wait(f"n{number}") == 0 for number in range(50)) == FREE_TRIES


def test_forgets_a_try_that_nobody_looked_at(door: Door) -> None:
    """It was no failure; in that minute it counts all the same."""
    for _ in range(FREE_TRIES):
        assert door.wait() == 0
        door.throttle.undecided("alex", HOME)
    assert door.wait() == 60
    door.clock.advance(60)
    assert [door.wait() for _ in range(FREE_TRIES)] == [0] * FREE_TRIES


def test_forgives_who_succeeds(door: Door) -> None:
    """The next failure is the first one again."""
    door.fail_on(times=FREE_TRIES)
    door.clock.advance(60)
    door.log_in()
    door.clock.advance(60)
    assert [door.wait() for _ in range(FREE_TRIES)] == [0] * FREE_TRIES


def test_forgives_only_what_the_owner_failed(door: Door) -> None:
    """An account of one's own is no help in guessing another's password."""
    door.fail_on("alex", times=FREE_TRIES + 2)
    door.clock.advance(120)
    door.log_in("mallory")
    assert door.wait("kim") > 0


def test_forgets_failures_after_a_while(door: Door) -> None:
    """Later than the longest wait."""
    assert LONGEST_WAIT_SECONDS < FAILURES_REMEMBERED_SECONDS
    door.fail_on(times=FREE_TRIES + 5)
    door.clock.advance(FAILURES_REMEMBERED_SECONDS)
    assert [door.wait() for _ in range(FREE_TRIES)] == [0] * FREE_TRIES


def test_holds_an_account_back_from_every_address(door: Door) -> None:
    """Whoever has an address for each try waits all the same."""
    for number in range(FREE_TRIES):
        door.wait("alex", f"192.0.2.{number}")
    assert door.wait("alex", AWAY) > 0
    assert door.wait("sam", AWAY) == 0


def test_lets_the_owner_in_whatever_others_fail(door: Door) -> None:
    """Where they have logged in before; the address itself counts as any other."""
    door.log_in("alex", HOME)
    door.fail_on("alex", AWAY, times=FREE_TRIES + 3)
    assert (door.wait("alex", AWAY) > 0, door.wait("alex", "203.0.113.1") > 0) == (True, True)
    door.log_in("alex", HOME)
    door.clock.advance(60)
    door.fail_on("sam", HOME, times=FREE_TRIES + 1)
    assert door.wait("alex", HOME) > 0


@pytest.mark.parametrize("other", ["2001:db8::ffff:1", "2001:db8::2%eth0"])
def test_takes_two_addresses_of_one_site_for_one(door: Door, other: str) -> None:
    """One customer's /64."""
    door.fail_on("alex", "2001:db8::1")
    assert door.wait("sam", other) > 0
    assert door.wait("sam", "2001:db8:0:1::1") == 0


def test_takes_those_without_an_address_for_one(door: Door) -> None:
    """On a UNIX socket, and no one else."""
    assert [door.wait(f"n{number}", None) for number in range(6)] == [0] * 5 + [60]
    assert door.wait("n1", HOME) == 0


def test_counts_what_is_hashed_without_a_try(door: Door) -> None:
    """Towards the minute of the address, and not as failures."""
    for _ in range(LOGINS):
        door.throttle.check_hash(HOME)
    with pytest.raises(TooManyTries):
        door.throttle.check_hash(HOME)
    assert (door.wait("alex", HOME), door.wait("alex", AWAY)) == (60, 0)
    door.clock.advance(60)
    assert [door.wait("sam") for _ in range(FREE_TRIES)] == [0] * FREE_TRIES


def test_remembers_so_many_addresses(door: Door) -> None:
    """At the bound, the one that tried longest ago is forgotten."""
    door.fail_on("alex", HOME)
    for number in range(ADDRESSES_REMEMBERED - 1):
        door.wait(f"n{number}", _address(number))
    assert door.wait("sam", HOME) > 0
    door.wait("more", _address(ADDRESSES_REMEMBERED))
    assert door.wait("sam", HOME) == 0


def test_goes_on_when_the_clock_is_set_back(door: Door) -> None:
    """Nobody waits until it has caught up."""
    door.fail_on(times=FREE_TRIES)
    door.clock.rightNow = 50.0
    assert door.wait() == 60
    door.clock.advance(60)
    assert door.wait() == 0


def test_lets_each_of_a_trusted_network_try(class_: Door) -> None:
    """A class behind a router logs in, and registers, at once."""
    names = [f"n{number}" for number in range(200)]
    assert {class_.wait(name) for name in names} == {0}
    for _ in range(200):
        class_.throttle.check_hash(HOME)
    assert class_.fail_on("sam", AWAY) == 0
    assert class_.wait("kim", AWAY) > 0


def test_lets_a_class_behind_a_router_register_at_once() -> None:
    """All from one address; a stranger's is held back as ever."""
    server = MemoryServer(trusted=(ip_network("192.0.2.0/24"),))
    many = range(LOGINS + 1)
    at_home = [_registered(server, HOME, f"pupil{number}") for number in many]
    assert at_home == ["ok"] * (LOGINS + 1)
    away = [_registered(server, AWAY, f"stranger{number}") for number in many]
    assert away == ["ok"] * LOGINS + ["error"]


def test_holds_an_account_back_from_a_trusted_network(class_: Door) -> None:
    """Also where its owner has logged in from there: else a neighbour guesses for ever."""
    class_.log_in("alex")
    class_.clock.advance(60)
    assert class_.fail_on("alex") == 0
    assert class_.wait("alex") > 0
    with pytest.raises(TooManyTries):
        class_.throttle.check("alex", HOME, inside=True)
    assert class_.wait("sam") == 0


def test_lets_the_owner_in_from_a_trusted_network_whatever_others_fail(class_: Door) -> None:
    """As from any other, and what they mistype is forgiven there."""
    class_.log_in("alex")
    class_.fail_on("alex", AWAY, times=FREE_TRIES + 3)
    assert class_.wait("alex", AWAY) > 0
    for _ in range(3):
        class_.clock.advance(60)
        assert [class_.wait("alex") for _ in range(FREE_TRIES - 1)] == [0] * (FREE_TRIES - 1)
        class_.log_in("alex")


def _registered(server: MemoryServer, host: str, name: str) -> str:
    end = server.program(name, host)
    end.ask(type="register", password="correct-horse-battery")
    (answer,) = end.objects()
    return str(answer["type"])


def _address(number: int) -> str:
    return f"198.{number >> 16}.{number >> 8 & 255}.{number & 255}"
