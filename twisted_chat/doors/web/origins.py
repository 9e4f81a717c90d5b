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

_PLAIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")
"""As browsers send it: other letters are written in ASCII then (RFC 3490), and nothing stands for
several."""

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
        # Not the whole of it: to ask for that may take as long as no server of names answers.
        self._hosts.add(socket.gethostname().lower())

    def knows(self, host: str, loopback: bool = False) -> bool:
        """Whether the chat is reached under this name, as a ``Host`` header has it.

        Addresses and names without a dot are nobody's who could have them lead here from afar; but
        whoever runs the network that a machine is in can have them lead to the machine itself.

        :param loopback: whether the browser came by an address that only this machine reaches.
        """
        name = _name(host)
        if not name:
            return False
        if name in self._hosts or is_address(name) or is_here(host):
            return True
        return not loopback and ("." not in name or name.endswith(_NEAR))

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
    return bool(_spelled(text)) and text.count("/") == 2 and _PLAIN.fullmatch(text) is not None


def is_here(host: str) -> bool:
    """Whether a ``Host`` header says that the browser is on this machine."""
    name = _name(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return is_address(name) and ip_address(name).is_loopback


def is_address(name: str) -> bool:
    """Whether this is an IP address; what may stand behind a ``%`` can be any text."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return "%" not in name


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
