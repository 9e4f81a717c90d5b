"""How one gets in by a listening port, as one would type it."""

import socket

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress

_EVERYWHERE = ("0.0.0.0", "::")


def way_in(address: IAddress, kind: str) -> str:
    """The command that enters by a port.

    :param address: where the port listens.
    :param kind: the kind of endpoint that it was made by, as ``tcp`` or ``ssl``.
    """
    if isinstance(address, UNIXAddress):
        path = address.name or b""
        return f"nc -U {path.decode() if isinstance(path, bytes) else path}"
    if not isinstance(address, IPv4Address | IPv6Address):
        return str(address)
    if kind == "haproxy":
        return f"the proxy in front of {address.host}:{address.port}"
    host = socket.gethostname() if address.host in _EVERYWHERE else address.host
    if kind in ("ssl", "tls"):
        shown = f"[{host}]" if ":" in host else host
        return f"openssl s_client -quiet -connect {shown}:{address.port}"
    return f"nc {host} {address.port}"
