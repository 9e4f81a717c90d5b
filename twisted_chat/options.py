"""The options of ``twistd chat``, each checked here, so that a wrong one is one clear line."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import ClassVar, Literal, TypeVar, cast

from platformdirs import user_state_path
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import AuthOptionMixin
from twisted.internet.endpoints import serverFromString
from twisted.python.usage import Options, UsageError

from twisted_chat.accounts.book import Book
from twisted_chat.accounts.policy import Policy, Registration
from twisted_chat.admission import Network
from twisted_chat.held import HeldNames
from twisted_chat.house import About
from twisted_chat.journal import Durability
from twisted_chat.limits import HISTORY_EVENTS, Limits
from twisted_chat.names import RESERVED, Unusable, room_name, user_name
from twisted_chat.operator_files import BadFile, OperatorFiles
from twisted_chat.refused import NameReserved
from twisted_chat.text import clean

T = TypeVar("T")

DEFAULT_ENDPOINT = "tcp:6789:interface=127.0.0.1"
"""This machine only: who wants to let others in says so."""

DEFAULT_WEB = "tcp:6780:interface=127.0.0.1"
"""Where the page is, for browsers of this machine."""

_LOOPBACK = {"tcp": "127.0.0.1", "ssl": "127.0.0.1", "tcp6": r"\:\:1"}
"""The interface that only this machine reaches, as endpoints write it."""


def _limits_described() -> str:
    lines = ["Limits, with their defaults:"]
    for name, default, why in Limits.described():
        lines.append(f"  {name:24} {default:>9}  {why}")
    return "\n".join(lines)


def default_data() -> Path:
    """Where the chat is kept: systemd's state directory, or the user's own."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else user_state_path("twisted_chat")


class ChatOptions(Options, AuthOptionMixin):
    """What an operator may set; every option can be left out."""

    synopsis = "[options]"
    longdesc = "A chat for whoever connects with nc, telnet, twisted-chat or a program."
    supportedInterfaces = (IUsernamePassword,)
    optFlags: ClassVar = [
        ["quiet", "q", "Keep what people say out of the log."],
        ["no-web", None, "Have no page for browsers."],
    ]

    def __init__(self) -> None:
        super().__init__()
        # Where a docstring goes on in another line, the help would show the spaces before that.
        self.docs = {name: " ".join((doc or "").split()) for name, doc in self.docs.items()}
        self.endpoints: list[str] = []
        self.web: list[str] = []
        """The endpoints at which there is a page for browsers."""
        self.web_origins: list[str] = []
        """The origins of pages that may talk to the chat, beside its own."""
        self.web_proxies: list[Network] = []
        """The networks of the proxies in front of that page."""
        self.web_proxies_unix = False
        """Whether there are some that come by a UNIX socket."""
        self.metrics: str | None = None
        """The endpoint at which figures are shown; None shows them nowhere."""
        self.limits = Limits()
        self.files = OperatorFiles()
        """What is read again when the operator asks for it."""
        self.log_format: Literal["text", "json"] = "text"
        self.trusted: list[Network] = []
        self._name = About.name
        self._motd = ""
        self._lobby = About.lobby
        self._backlog = About.backlog
        self.data: Path | None = default_data()
        """The directory in which the chat is kept; None keeps nothing."""
        self.durability: Durability = "full"
        self._registration: Registration = "open"
        self._guests = True
        self._administrator = ""

    @property
    def policy(self) -> Policy:
        """Who may come in, and as whom."""
        return Policy(
            guests=self._guests,
            registration=self._registration,
            administrator=self._administrator,
        )

    @property
    def checkers(self) -> list[ICredentialsChecker]:
        """Who else knows passwords, in the order in which they are asked."""
        return list(self.get("credCheckers", []))

    @property
    def about(self) -> About:
        """What the options say of the server."""
        return About(
            name=self._name,
            motd=self._motd,
            lobby=self._lobby,
            quiet=bool(self["quiet"]),
            backlog=self._backlog,
        )

    def getUsage(self, width: int | None = None) -> str:
        """The help, with a table of the limits after it."""
        return f"{super().getUsage(width)}\n{_limits_described()}\n"

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Take the options; for a wrong one, say so in a line and exit."""
        try:
            super().parseOptions(options)
        except UsageError as why:
            wrong = str(why).rstrip(".")
            raise SystemExit(f"twistd chat: {wrong}. See twistd chat --help.") from None

    def opt_listen(self, endpoint: str) -> None:
        """A Twisted endpoint to listen on; repeatable. [default: tcp:6789:interface=127.0.0.1]"""
        _check_endpoint(endpoint)
        self.endpoints.append(endpoint)

    def opt_name(self, name: str) -> None:
        """What the server is called in its greeting. [default: twisted_chat]"""
        self._name = clean(name).strip()
        if not self._name or len(self._name) > 64:
            raise UsageError("--name takes 1 to 64 characters")

    def opt_motd(self, path: str) -> None:
        """A file with the message of the day, which everyone sees on entering."""
        # Whoever runs us may go elsewhere, as with twistd --rundir.
        self.files = dataclasses.replace(self.files, motd=Path(path).absolute())
        self._motd = _read(self.files.read_motd)

    def opt_room(self, room: str) -> None:
        """The room that everybody enters. [default: #lobby]"""
        try:
            self._lobby = room_name(room)
        except Unusable as why:
            raise UsageError(f"--room {room!r}: {why}") from None

    def opt_data(self, directory: str) -> None:
        """The directory in which the chat is kept, or :memory: to keep nothing.
        [default: $STATE_DIRECTORY, or the user's state directory]"""
        self.data = None if directory == ":memory:" else Path(directory)

    def opt_durability(self, how: str) -> None:
        """What has to survive before anybody hears of it: full, a power cut; normal, the end of
        the process. [default: full]"""
        if how not in ("full", "normal"):
            raise UsageError(f"--durability is full or normal, and not {how!r}")
        self.durability = cast(Durability, how)

    def opt_backlog(self, events: str) -> None:
        """How much of what was said before is shown on entering a room. [default: 20]"""
        if not events.isascii() or not events.isdigit() or int(events) > HISTORY_EVENTS:
            raise UsageError(f"--backlog takes a number up to {HISTORY_EVENTS}, not {events!r}")
        self._backlog = int(events)

    def opt_guests(self, may: str) -> None:
        """Whether people come in without an account: yes or no. [default: yes]"""
        if may not in ("yes", "no"):
            raise UsageError(f"--guests is yes or no, and not {may!r}")
        self._guests = may == "yes"

    def opt_registration(self, how: str) -> None:
        """Who may /register: open, closed, or invite, for those with a code. [default: open]"""
        if how not in ("open", "closed", "invite"):
            raise UsageError(f"--registration is open, closed or invite, and not {how!r}")
        self._registration = cast(Registration, how)

    def opt_admin(self, name: str) -> None:
        """The account that administers the server. [default: the first that is registered from
        this machine]"""
        try:
            wanted = user_name(name)
            HeldNames(RESERVED, Book(())).check(wanted)
        except (Unusable, NameReserved) as why:
            raise UsageError(f"--admin {name!r}: {why}") from None
        self._administrator = wanted.key

    def opt_auth(self, method: str) -> None:
        """Another way to check passwords, as file:/etc/chat.passwd; repeatable."""
        kind, _, path = method.partition(":")
        if kind == "file":
            _check_readable(path)
        if kind == "unix" and not find_spec("spwd"):
            raise UsageError(
                "--auth unix reads the shadow file with Python's spwd, which went with Python 3.13:"
                " take a plugin for PAM"
            )
        super().opt_auth(method)

    def opt_limit(self, setting: str) -> None:
        """Set a limit of the table below, NAME=NUMBER, or lift it, NAME=off; repeatable."""
        name, _, value = setting.partition("=")
        try:
            self.limits.changed(name, value)
        except ValueError as why:
            raise UsageError(str(why)) from None
        settings = (*self.files.settings, (name, value))
        self.files = dataclasses.replace(self.files, settings=settings)

    def opt_limits(self, path: str) -> None:
        """A file of limits, a NAME = NUMBER or NAME = off a line; --limit wins over it."""
        self.files = dataclasses.replace(self.files, limits=Path(path).absolute())

    def opt_web(self, endpoint: str) -> None:
        """An endpoint at which there is a page for browsers; repeatable.
        [default: tcp:6780:interface=127.0.0.1]"""
        _check_endpoint(endpoint)
        self.web.append(endpoint)

    def opt_web_origin(self, origin: str) -> None:
        """Where browsers find the page, as https://chat.example.org, or another page that may talk
        to the chat; repeatable. [default: addresses, and names that no stranger can have]"""
        # What parses it needs what the web door needs, which not everybody wants.
        from twisted_chat.doors.web.origins import is_origin

        if not is_origin(origin):
            raise UsageError(f"--web-origin is as https://chat.example.org, and not {origin!r}")
        self.web_origins.append(origin)

    def opt_web_proxy(self, network: str) -> None:
        """An address, as 10.0.0.7, a network of proxies alone, or unix, from which proxies bring
        browsers; what they say in X-Forwarded-For and X-Forwarded-Proto is believed. Repeatable."""
        if network == "unix":
            self.web_proxies_unix = True
            return
        try:
            self.web_proxies.append(ip_network(network))
        except ValueError as why:
            raise UsageError(f"--web-proxy: {why}") from None

    def opt_metrics(self, endpoint: str) -> None:
        """An endpoint, as tcp:9100, at which /metrics has figures for Prometheus, and /health tells
        whether all is well; for this machine only, unless it has an interface=. [default: none]"""
        self.metrics = _on_loopback(endpoint)
        _check_endpoint(self.metrics)

    def opt_log_format(self, how: str) -> None:
        """How the log is written: text, or json, an object a line. [default: text]"""
        if how not in ("text", "json"):
            raise UsageError(f"--log-format is text or json, and not {how!r}")
        self.log_format = cast(Literal["text", "json"], how)

    def opt_trust(self, network: str) -> None:
        """A network, as 10.0.0.0/8, from which any number may connect and log in; repeatable."""
        try:
            self.trusted.append(ip_network(network))
        except ValueError as why:
            raise UsageError(f"--trust: {why}") from None

    def postOptions(self) -> None:
        self.endpoints = self.endpoints or [DEFAULT_ENDPOINT]
        if self["no-web"] and self.web:
            raise UsageError("--no-web and --web do not go together")
        self.web = [] if self["no-web"] else self.web or [DEFAULT_WEB]
        self.limits = _read(self.files.read_limits)

    opt_l = opt_listen


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except BadFile as why:
        raise UsageError(str(why)) from None


def _check_endpoint(endpoint: str) -> None:
    try:
        serverFromString(None, endpoint)
    except Exception as why:
        # Each kind of endpoint fails in ways of its own; all of them mean the same here.
        raise UsageError(f"cannot listen on {endpoint!r}: {_first_line(why)}") from None


def _on_loopback(endpoint: str) -> str:
    """The endpoint, on this machine only where it does not say which interface."""
    kind, *words = endpoint.removeprefix("haproxy:").split(":")
    if kind not in _LOOPBACK or any(word.startswith("interface=") for word in words):
        return endpoint
    return f"{endpoint}:interface={_LOOPBACK[kind]}"


def _check_readable(path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as why:
        raise UsageError(f"cannot read {path!r}: {why.strerror}") from None


def _first_line(why: Exception) -> str:
    lines = str(why).splitlines()
    return lines[0] if lines else type(why).__name__
