"""Which pages may talk to the chat, and by which names it is reached.

A browser sends the origin of a page with whatever the page asks for (RFC 6454, section 7), and the
name that it looked up.  A page of somebody else's must not act for whoever looks at it; nor may its
owner have their own name lead here, for which the browser would take us for theirs.
"""

import re
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

_PORTS = {"http": "80", "https": "443"}
_LAST_PORT = 0xFFFF
_HOST = re.compile(r"(\[(?P<address>[\da-f:.]+)\]|(?P<name>[\w.-]+))(:(?P<port>\d+))?", re.A | re.I)
"""What a ``Host`` header is (RFC 9110, section 7.2): where there are two of them, it is none."""

_NEAR = (".local", ".localhost", ".lan", ".internal", ".home.arpa")
"""Endings of names that no stranger can own."""


class Origins:
    """Whom the operator lets talk to the chat.

    :param allowed: origins beside the chat's own, as ``https://chat.example.org``.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = {_spelled(origin) for origin in allowed}
        self._hosts = {urlsplit(origin).hostname for origin in self._allowed}
        self._hosts |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    def knows(self, host: str) -> bool:
        """Whether the chat is reached under this name, as a ``Host`` header has it.

        Addresses and names without a dot are nobody's who could have them lead here from afar.
        """
        name = _name(host)
        return bool(name) and (
            "." not in name or name in self._hosts or name.endswith(_NEAR) or is_address(name)
        )

    def may_talk(self, origin: str | None, host: str, secure: bool) -> bool:
        """Whether a page of that origin may act here.

        :param secure: whether the browser came by TLS.
        """
        if origin is None:
            return False
        own = f"{'https' if secure else 'http'}://{host}"
        spelled = _spelled(origin)
        return bool(spelled) and spelled in (*self._allowed, _spelled(own))


def is_origin(text: str) -> bool:
    """Whether this is one, as an operator writes it."""
    return bool(_spelled(text)) and text.count("/") == 2


def is_here(host: str) -> bool:
    """Whether a ``Host`` header says that the browser is on this machine."""
    name = _name(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return is_address(name) and ip_address(name).is_loopback


def is_address(name: str) -> bool:
    """Whether this is an IP address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _name(host: str) -> str:
    """The name in a ``Host`` header, without its port; empty where that is not all there is."""
    found = _HOST.fullmatch(host)
    if found is None or int(found["port"] or 0) > _LAST_PORT:
        return ""
    return (found["address"] or found["name"]).lower()


def _spelled(origin: str) -> str:
    """An origin as all are compared, its port included; empty where it is none."""
    try:
        parts = urlsplit(origin.lower())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    if parts.path or parts.query or parts.fragment:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port or _PORTS[parts.scheme]}"
