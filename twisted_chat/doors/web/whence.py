"""Where a request comes from, by its connection, or by what a proxy in front of us says."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol

from twisted.internet.interfaces import IAddress
from twisted.web.http_headers import Headers

from twisted_chat.addresses import host_of, peer_of
from twisted_chat.admission import Network, plain
from twisted_chat.doors.web.origins import is_address, is_here

UNIX = "unix"
"""What names the proxies that come by a UNIX socket."""


class Asked(Protocol):
    """A request, as far as it tells where it comes from."""

    requestHeaders: Headers

    def getClientAddress(self) -> IAddress:
        """The other end of the connection."""

    def isSecure(self) -> bool:
        """Whether that is encrypted."""


@dataclass(frozen=True, slots=True)
class Whence:
    """Where somebody comes from who asks for something."""

    address: str | None
    """Their IP address; None where there is none."""
    peer: str
    """The same for the log."""
    local: bool
    """Whether they are on this machine, as far as one can tell."""
    secure: bool
    """Whether their browser came by TLS."""


class Proxies:
    """Whom the operator named as standing between browsers and us: what they say is believed.

    :param networks: where they are.
    :param unix: whether they come by a UNIX socket.
    """

    def __init__(self, networks: Iterable[Network] = (), unix: bool = False) -> None:
        self._networks = tuple(networks)
        self._unix = unix

    def are(self, host: str | None) -> bool:
        """Whether one of them is at that address."""
        if host is None:
            return self._unix
        return self._named(host)

    def whence(self, asked: Asked) -> Whence:
        """Where a request comes from.

        What stands furthest to the right, proxies aside, was written down by one of them; where
        that is no address, it is not known, as anybody may have written what is left of it.
        """
        at = asked.getClientAddress()
        host = host_of(at)
        if not self.are(host):
            return Whence(host, peer_of(at), _seems_local(asked), asked.isSecure())
        said = [one.strip() for one in header(asked, "x-forwarded-for").split(",")]
        others = [one for one in said if not (is_address(one) and self._named(one))]
        address = others[-1] if others and is_address(others[-1]) else host
        secure = header(asked, "x-forwarded-proto") == "https"
        return Whence(address, f"{address} by way of {peer_of(at)}", False, secure)

    def _named(self, host: str) -> bool:
        address = plain(ip_address(host.partition("%")[0]))
        return any(address in network for network in self._networks)


def header(asked: Asked, name: str) -> str:
    """All that a request says under that name, separated by commas; bytes of no text are marked."""
    values = asked.requestHeaders.getRawHeaders(name.encode(), [])
    return ",".join(value.decode("utf-8", "replace") for value in values)


def _seems_local(asked: Asked) -> bool:
    """Whether nothing in a request tells of somewhere else: a proxy may stand here unnamed."""
    origin = header(asked, "origin")
    near = not origin or is_here(origin.rpartition("//")[2])
    return near and is_here(header(asked, "host")) and "x-forwarded-for" not in _names(asked)


def _names(asked: Asked) -> set[str]:
    return {name.decode("latin-1").lower() for name, _ in asked.requestHeaders.getAllRawHeaders()}
