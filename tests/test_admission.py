"""Who may connect."""

import resource
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from twisted.internet.task import Clock

from twisted_chat.admission import Admission, TurnedAway
from twisted_chat.descriptors import room_for_connections
from twisted_chat.limits import (
    ADDRESSES_REMEMBERED,
    DESCRIPTORS_SHARE,
    LAST_DESCRIPTORS,
    OFF,
    SPARE_DESCRIPTORS,
    Limits,
)

HERE = "192.0.2.1"


def test_lets_in_as_many_as_there_may_be() -> None:
    """At the bound the server is full, and a place that is left can be taken."""
    admission = _admission(connections=3)
    assert [admission.enter(f"192.0.2.{n}") for n in range(3)] == [None] * 3
    assert admission.enter("192.0.2.9") == "The server is full. Try again later."
    admission.leave("192.0.2.0")
    assert admission.enter("192.0.2.9") is None


def test_lets_in_no_more_than_there_are_descriptors() -> None:
    """What the process can hold bounds what the operator wishes."""
    admission = Admission(Limits(connections=100), Clock(), 2)
    assert [admission.enter(f"192.0.2.{n}") is None for n in range(3)] == [True, True, False]


def test_lets_nobody_in_where_descriptors_run_out() -> None:
    """Whoever has them: with fewer than are spared it is full, with the last ones it is silent."""
    left = SPARE_DESCRIPTORS
    admission = Admission(Limits(), Clock(), OFF, left=lambda: left)
    assert (admission.enter(HERE), admission.exhausted) == (None, False)
    left -= 1
    assert (admission.enter(HERE), admission.exhausted) == (TurnedAway.FULL, False)
    left = LAST_DESCRIPTORS
    assert admission.exhausted is False
    left -= 1
    assert admission.exhausted is True


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    """A soft limit of 250 for this process, as long as the test lasts."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (250, before[1]))
    yield 250
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_leaves_a_share_of_the_descriptors_to_others(few_descriptors: int) -> None:
    """At the bound the soft limit stays as it is."""
    most = int(few_descriptors * DESCRIPTORS_SHARE)
    assert [room_for_connections(wanted) for wanted in (1, most)] == [most] * 2
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == few_descriptors


@pytest.mark.parametrize("wanted", [201, 250, 999])
def test_raises_the_soft_limit_as_far_as_is_needed(few_descriptors: int, wanted: int) -> None:
    """Beyond the bound there is room for as many as there may be."""
    assert room_for_connections(wanted) == wanted
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert few_descriptors < soft <= wanted / DESCRIPTORS_SHARE + 1


def test_lets_in_as_many_from_one_address_as_there_may_be() -> None:
    """At the bound the address has to close one, and others are let in as before."""
    admission = _admission(connections_per_address=2)
    assert [admission.enter(HERE) for _ in range(2)] == [None] * 2
    refused = "There are too many connections from your address. Close one first."
    assert admission.enter(HERE) == refused
    assert admission.enter("192.0.2.2") is None
    admission.leave(HERE)
    assert admission.enter(HERE) is None


def test_lets_an_address_connect_so_often_a_minute() -> None:
    """At the bound it has to wait; a second later one of 60 a minute is free again."""
    clock = Clock()
    admission = Admission(Limits(connects_per_minute=60), clock, OFF)
    assert [_in_and_out(admission) for _ in range(60)] == [None] * 60
    assert _in_and_out(admission) == "Your address connects too often. Try again in a minute."
    clock.advance(1)
    assert [_in_and_out(admission) is None for _ in range(2)] == [True, False]


def test_counts_not_who_was_refused() -> None:
    """Knocking at a full server takes no place from anybody."""
    admission = _admission(connections=1, connections_per_address=1)
    admission.enter(HERE)
    for _ in range(10):
        admission.enter(HERE)
    admission.leave(HERE)
    assert admission.enter(HERE) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("fe80::1%eth0", "fe80::2%eth1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
    ],
)
def test_takes_two_addresses_of_one_site_for_one(first: str, second: str) -> None:
    """One customer's /64, and an IPv4 address in IPv6's clothes."""
    admission = _admission(connections_per_address=1)
    assert admission.enter(first) is None
    assert admission.enter(second) is not None


@pytest.mark.parametrize("other", ["2001:db8:0:1::1", "192.0.2.2"])
def test_tells_sites_apart(other: str) -> None:
    """The next /64 is somebody else."""
    admission = _admission(connections_per_address=1)
    assert [admission.enter("2001:db8::1"), admission.enter(HERE)] == [None, None]
    assert admission.enter(other) is None


@pytest.mark.parametrize("host", ["10.1.2.3", "::ffff:10.1.2.3", None])
def test_lets_in_any_number_from_networks_it_trusts(host: str | None) -> None:
    """A trusted network and a UNIX socket are bounded by the number in all alone."""
    limits = Limits(connections=5, connections_per_address=1, connects_per_minute=1)
    admission = Admission(limits, Clock(), OFF, trusted=[ip_network("10.0.0.0/8")])
    assert [admission.enter(host) is None for _ in range(6)] == [True] * 5 + [False]
    admission.leave(host)
    assert admission.enter(host) is None


def test_forgets_the_address_that_was_quiet_longest() -> None:
    """The table has a bound: beyond it the one longest quiet counts as new."""
    admission = _admission(connects_per_minute=1)
    for number in range(ADDRESSES_REMEMBERED):
        _in_and_out(admission, _address(number))
    assert [_may_again(admission, 1), _may_again(admission, 0)] == [False, False]
    _in_and_out(admission, _address(ADDRESSES_REMEMBERED))
    assert [_may_again(admission, 1), _may_again(admission, 2)] == [False, True]


def test_goes_by_the_limits_that_hold_now() -> None:
    """Nobody who is here has to go, and who comes next is bounded as it is wanted now."""
    limits = Limits(connections=3, connects_per_minute=OFF)
    admission = Admission(limits, Clock(), OFF)
    assert [admission.enter(HERE) for _ in range(3)] == [None] * 3
    limits.take_over(Limits(connections=2, connects_per_minute=1))
    admission.limits_changed(OFF)
    assert admission.enter("192.0.2.9") == "The server is full. Try again later."
    limits.take_over(Limits(connections=9, connects_per_minute=1))
    assert [admission.enter(HERE) is None for _ in range(2)] == [True, False]
    admission.limits_changed(3)
    assert admission.enter("192.0.2.9") == "The server is full. Try again later."


def _admission(**bounds: int) -> Admission:
    return Admission(Limits(**bounds), Clock(), OFF)


def _address(number: int) -> str:
    return f"198.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def _in_and_out(admission: Admission, host: str = HERE) -> str | None:
    why = admission.enter(host)
    if why is None:
        admission.leave(host)
    return why


def _may_again(admission: Admission, number: int) -> bool:
    return _in_and_out(admission, _address(number)) is None
