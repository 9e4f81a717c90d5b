"""Who may connect: so many in all, so many from one address, and so many new ones a minute."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from twisted_chat.clock import Clock
from twisted_chat.limits import (
    ADDRESSES_REMEMBERED,
    LAST_DESCRIPTORS,
    OFF,
    SPARE_DESCRIPTORS,
    Limits,
)
from twisted_chat.pace import Pace

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

IPV6_SITE_BITS = 64
"""One customer has a /64 at least, so that single IPv6 addresses count for nothing."""


class TurnedAway(StrEnum):
    """Why a connection may not be, as its peer is told."""

    FULL = "The server is full. Try again later."
    BUSY = "The server is too busy to let anybody in. Try again later."
    TOO_MANY = "There are too many connections from your address. Close one first."
    TOO_OFTEN = "Your address connects too often. Try again in a minute."

    @property
    def code(self) -> str:
        """The reason as it is counted."""
        return self.name.lower()


class Admission:
    """Counts connections of all doors.

    :param descriptors: how many connections the process's descriptors leave room for.
    :param trusted: networks for which only the number in all counts.
    :param left: how many descriptors the process has left at the moment.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        descriptors: int,
        trusted: Iterable[Network] = (),
        left: Callable[[], int] = lambda: OFF,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._descriptors = descriptors
        self._trusted = tuple(trusted)
        self._left = left
        self._open = 0
        self._open_from: Counter[str] = Counter()
        self._new_from: OrderedDict[str, Pace] = OrderedDict()

    @property
    def full(self) -> bool:
        """Whether there are as many connections as there may be, or hardly a descriptor is left."""
        most = min(self._limits.connections, self._descriptors)
        return self._open >= most or self._left() < SPARE_DESCRIPTORS

    @property
    def exhausted(self) -> bool:
        """Whether nobody can be told even why they may not be."""
        return self._left() < LAST_DESCRIPTORS

    def limits_changed(self, descriptors: int) -> None:
        """Go by the limits that hold now; whoever is connected stays.

        :param descriptors: how many connections there is room for now.
        """
        self._descriptors = descriptors
        now, a_minute = self._clock.seconds(), self._limits.connects_per_minute
        for pace in self._new_from.values():
            pace.change(a_minute, a_minute / 60, now)

    def enter(self, host: str | None) -> TurnedAway | None:
        """Count a new connection; where it may not be, why not, and it is not counted.

        :param host: the peer's IP address; None for a peer without one (a UNIX socket).
        """
        if self.full:
            return TurnedAway.FULL
        origin = self._origin(host)
        if origin is not None:
            if self._open_from[origin] >= self._limits.connections_per_address:
                return TurnedAway.TOO_MANY
            if self._too_often(origin):
                return TurnedAway.TOO_OFTEN
            self._open_from[origin] += 1
        self._open += 1
        return None

    def move(self, host: str | None, to: str | None) -> TurnedAway | None:
        """Count a connection that is open under another address; where it may not be, why not.

        What a proxy says of whom it brings is known later than that it has connected.
        """
        if host == to:
            return None
        self._open -= 1
        why = self.enter(to)
        self._open += why is not None
        if why is None:
            self._forget(host)
        return why

    def leave(self, host: str | None) -> None:
        """Forget a connection that was counted."""
        self._open -= 1
        self._forget(host)

    def _forget(self, host: str | None) -> None:
        origin = self._origin(host)
        if origin is not None:
            self._open_from[origin] -= 1
            if not self._open_from[origin]:
                del self._open_from[origin]

    def is_local(self, host: str | None) -> bool:
        """Whether somebody is on this machine; what comes from a trusted network may be a proxy's.

        :param host: the peer's IP address; None for a peer without one (a UNIX socket).
        """
        if host is None:
            return True
        return (
            plain(ip_address(host.partition("%")[0])).is_loopback and self._origin(host) is not None
        )

    def _too_often(self, origin: str) -> bool:
        now = self._clock.seconds()
        a_minute = self._limits.connects_per_minute
        pace = self._new_from.setdefault(origin, Pace(a_minute, a_minute / 60, now))
        self._new_from.move_to_end(origin)
        if len(self._new_from) > ADDRESSES_REMEMBERED:
            self._new_from.popitem(last=False)
        return not pace.may(now)

    def _origin(self, host: str | None) -> str | None:
        """What counts as one address; None where only the number in all counts."""
        if host is None:
            return None
        address = plain(ip_address(host.partition("%")[0]))
        if any(address in network for network in self._trusted):
            return None
        if isinstance(address, IPv6Address):
            return str(IPv6Network((address, IPV6_SITE_BITS), strict=False))
        return str(address)


def plain(address: Address) -> Address:
    """An IPv4 address, where an IPv6 one only wraps it."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
