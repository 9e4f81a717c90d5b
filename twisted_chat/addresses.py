"""What Twisted's addresses say of a peer."""

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress


def host_of(addr: IAddress | None) -> str | None:
    """The IP address; None for a peer without one (a UNIX socket)."""
    return addr.host if isinstance(addr, IPv4Address | IPv6Address) else None


def peer_of(addr: IAddress | None) -> str:
    """Where somebody comes from, for the log."""
    if isinstance(addr, IPv4Address):
        return f"{addr.host}:{addr.port}"
    if isinstance(addr, IPv6Address):
        return f"[{addr.host}]:{addr.port}"
    return "a local socket"
