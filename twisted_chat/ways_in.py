"""How one gets in by a listening port, as one would type it."""

import socket

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress

_EVERYWHERE = ("0.0.0.0", "::")


def page_at(address: IAddress, kind: str, page: str = "") -> str:
    """Where a page is read: an address for a browser, or the command that shows it.

    :param address: where the port listens.
    :param kind: the kind of endpoint that it was made by.
    """
    if isinstance(address, UNIXAddress):
        return f"curl --unix-socket {_path(address)} http://localhost/{page}"
    if not isinstance(address, IPv4Address | IPv6Address):
        return str(address)
    host = _host(address)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if kind in ('ssl', 'tls') else 'http'}://{shown}:{address.port}/{page}"


def way_in(address: IAddress, kind: str) -> str:
    """The command that enters by a port.

    :param address: where the port listens.
    :param kind: the kind of endpoint that it was made by, as ``tcp`` or ``ssl``.
    """
    if isinstance(address, UNIXAddress):
        return f"nc -U {_path(address)}"
    if not isinstance(address, IPv4Address | IPv6Address):
        return str(address)
    if kind == "haproxy":
        return f"the proxy in front of {address.host}:{address.port}"
    host = _host(address)
    if kind in ("ssl", "tls"):
        shown = f"[{host}]" if ":" in host else host
        return f"openssl s_client -quiet -connect {shown}:{address.port}"
    return f"nc {host} {address.port}"


def _path(address: UNIXAddress) -> str:
    path = address.name or b""
    return path.decode() if isinstance(path, bytes) else path


def _host(address: IPv4Address | IPv6Address) -> str:
    return socket.gethostname() if address.host in _EVERYWHERE else address.host
