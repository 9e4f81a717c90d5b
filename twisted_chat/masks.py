"""Whom a rule is about: a name, an account, an address, or a network."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Generic, TypeVar

from twisted_chat.admission import IPV6_SITE_BITS, Address, Network
from twisted_chat.limits import WIDEST_IPV4_BITS, WIDEST_IPV6_BITS
from twisted_chat.names import Unusable, user_name
from twisted_chat.refused import BadRequest, NameNotAllowed

NAME = "name:"
ACCOUNT = "account:"

_IPV4_IN_IPV6_BITS = 96
_MEANT_AS_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+)+|.*[:/].*", re.DOTALL)

Key = tuple[str, str] | tuple[int, int, int]
"""What is looked up: the kind of a name and its own key; or the version of a network, its length
and its bits."""

Width = tuple[int, int]
"""The version of a network and its length."""

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Mask:
    """Whom a rule is about; equal to another that is about the same ones."""

    key: Key
    shown: str = field(compare=False)
    """As people write it."""

    def __str__(self) -> str:
        return self.shown

    @property
    def is_address(self) -> bool:
        """Whether it tells an address, which only administrators see."""
        return self.width is not None

    @property
    def width(self) -> Width | None:
        """How wide a network it is; None for a name."""
        return (self.key[0], self.key[1]) if isinstance(self.key[0], int) else None

    @property
    def name_key(self) -> str | None:
        """The key of the name, or of the account's; None for an address."""
        return self.key[1] if isinstance(self.key[1], str) else None

    def spelled(self, name: str) -> "Mask":
        """The same, with the name as its holder writes it."""
        kind = str(self.key[0])
        return Mask(self.key, kind + name if self.shown.startswith(kind) else name)

    def matches(self, name_key: str, account_key: str | None, address: str | None) -> bool:
        """Whether it is about somebody.

        :param name_key: what they are called.
        :param account_key: the name of their account; None for a guest.
        :param address: their IP address; None for a peer without one (a UNIX socket).
        """
        widths = [] if self.width is None else [self.width]
        return self.key in _keys(name_key, account_key, address, widths)


class Masks(Generic[Kept]):
    """What is kept for each mask, found at once however many there are.

    Networks are looked up once for each width that there is, and not once for each network.
    """

    def __init__(self, kept: Iterable[tuple[Mask, Kept]]) -> None:
        self._kept: dict[Key, Kept] = {}
        widths: set[Width] = set()
        for mask, what in kept:
            self._kept[mask.key] = what
            if mask.width is not None:
                widths.add(mask.width)
        self._widths = sorted(widths)

    def about(self, name_key: str, account_key: str | None, address: str | None) -> Iterator[Kept]:
        """What is kept for the masks that are about somebody: see `Mask.matches`."""
        for key in _keys(name_key, account_key, address, self._widths):
            if key in self._kept:
                yield self._kept[key]


def read_mask(text: str) -> Mask:
    """Whom somebody means: ``Sam``, ``account:Sam``, ``10.0.0.5``, ``10.0.0.0/8``.

    ``Sam`` is whoever is called that or has the account; ``name:10.0.0.5`` is a name that looks
    like an address.  A bare IPv6 address means its /64, as its owner has all of it.

    :raises NameNotAllowed: nobody can have the name.
    :raises BadRequest: the address is none, or the network is too wide.
    """
    written = text.strip()
    lowered = written.lower()
    if lowered.startswith(ACCOUNT):
        return _read_name(ACCOUNT, written[len(ACCOUNT) :])
    if lowered.startswith(NAME):
        return _read_name(NAME, written[len(NAME) :])
    if _MEANT_AS_ADDRESS.fullmatch(written):
        return _of_network(_read_network(written))
    return _read_name(NAME, written)


def _read_name(kind: str, text: str) -> Mask:
    try:
        name = user_name(text)
    except Unusable as why:
        raise NameNotAllowed(str(why)) from None
    bare = kind == NAME and not _MEANT_AS_ADDRESS.fullmatch(name.shown)
    return Mask((kind, name.key), name.shown if bare else kind + name.shown)


def _read_network(written: str) -> Network:
    host, slash, length = written.partition("/")
    # What follows a % is the number of an interface here, and nothing of the peer's.
    host = host.partition("%")[0]
    try:
        return _narrow(host, length) if slash else _site(_plain(ip_address(host)))
    except ValueError:
        raise BadRequest(
            "That is no address. Write NAME, account:NAME, an address such as 10.0.0.5, or a"
            " network such as 10.0.0.0/8."
        ) from None


def _narrow(host: str, length: str) -> Network:
    network = _plain_network(ip_network(f"{host}/{length}", strict=False))
    widest = WIDEST_IPV4_BITS if network.version == 4 else WIDEST_IPV6_BITS
    if network.prefixlen < widest:
        raise BadRequest(f"That is nearly everybody: a network has /{widest} at least.")
    return network


def _site(address: Address) -> Network:
    if isinstance(address, IPv6Address):
        return IPv6Network((address, IPV6_SITE_BITS), strict=False)
    return IPv4Network(address)


def _of_network(network: Network) -> Mask:
    bits = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
    single = network.version == 4 and network.prefixlen == network.max_prefixlen
    shown = str(network.network_address) if single else str(network)
    return Mask((network.version, network.prefixlen, bits), shown)


def _keys(
    name_key: str, account_key: str | None, address: str | None, widths: Iterable[Width]
) -> Iterator[Key]:
    """The keys of all the masks that are about somebody."""
    yield NAME, name_key
    if account_key is not None:
        yield ACCOUNT, account_key
        if account_key != name_key:
            yield NAME, account_key
    if address is not None and widths:
        yield from _networks(_plain(ip_address(address.partition("%")[0])), widths)


def _networks(address: Address, widths: Iterable[Width]) -> Iterator[Key]:
    bits = int(address)
    for version, length in widths:
        if version == address.version:
            yield version, length, bits >> (address.max_prefixlen - length)


def _plain(address: Address) -> Address:
    """An IPv4 address, where an IPv6 one only wraps it."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _plain_network(network: Network) -> Network:
    first = _plain(network.network_address)
    if first.version == network.version or network.prefixlen < _IPV4_IN_IPV6_BITS:
        return network
    return IPv4Network((first, network.prefixlen - _IPV4_IN_IPV6_BITS))
