"""What counts as one address: that of a site, where a single one is cheap to change."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

IPV6_SITE_BITS = 64
"""One customer has a /64 at least, so that single IPv6 addresses count for nothing."""


def address_of(host: str) -> Address:
    """The IP address that is meant: an IPv4 one, where an IPv6 one only wraps it.

    :raises ValueError: it is none.
    """
    address = ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def site_of(address: Address) -> str:
    """The address, or the /64 that it is in."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_SITE_BITS), strict=False))
    return str(address)
