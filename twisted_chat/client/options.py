"""The client's command line."""

import sys
from typing import ClassVar

from twisted.internet.endpoints import clientFromString
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python import usage

from twisted_chat import __version__
from twisted_chat.client.bounds import SECRET_BYTES
from twisted_chat.client.proof import NO_PROOF, Proof, password, token

SERVER = "tcp:127.0.0.1:6789"


class Options(usage.Options):
    """What can be asked for on the command line."""

    synopsis = "Usage: twisted-chat [options]"
    longdesc = "Chat on a terminal, or through a pipe. Ctrl-C or Ctrl-D leaves."

    optParameters: ClassVar = [
        ["connect", "c", SERVER, "The server, as a Twisted client endpoint; also tls:HOST:PORT."],
        ["name", "n", None, "Join under this name, without the menu."],
        ["room", "r", None, "Enter this room after joining."],
        ["password-file", None, None, "The first line of this file is the password of --name."],
        ["token-file", None, None, "The same with a token, as /token makes one."],
    ]
    optFlags: ClassVar = [
        ["plain", "p", "Plain lines: no colours, no editing, no bell, also on a terminal."],
        ["no-retry", None, "Exit with code 1 when the server cannot be reached or is lost."],
    ]

    proof: Proof = NO_PROOF
    """What proves that the name is one's own."""

    def postOptions(self) -> None:
        """Read the secrets: they are no arguments, as every user of the machine can see those."""
        # Left out they have no default that the help would show.
        for option in ("name", "room"):
            self[option] = self[option] or ""
        files = [kind for kind in ("password", "token") if self[f"{kind}-file"]]
        if len(files) > 1:
            raise usage.UsageError("--password-file and --token-file exclude each other")
        if files and not self["name"]:
            raise usage.UsageError(f"--{files[0]}-file is of use with --name")
        if files:
            secret = _secret_in(self[f"{files[0]}-file"], f"--{files[0]}-file")
            self.proof = password(secret) if files[0] == "password" else token(secret)

    def opt_version(self) -> None:
        """Show the version and exit."""
        sys.stdout.write(f"twisted-chat {__version__}\n")
        raise SystemExit(0)


def endpoint_of(reactor: object, described: str) -> IStreamClientEndpoint:
    """The endpoint that a description means.

    :raises usage.UsageError: it means none.
    """
    try:
        endpoint: IStreamClientEndpoint = clientFromString(reactor, described)
    except (ValueError, TypeError, KeyError, IndexError, OSError) as why:
        raise usage.UsageError(
            f"--connect {described}: {why}; try {SERVER} or tls:HOST:PORT"
        ) from None
    return endpoint


def _secret_in(path: str, option: str) -> str:
    """The first line of a file.

    :raises usage.UsageError: there is none.
    """
    try:
        with open(path, "rb") as file:
            secret = file.read(SECRET_BYTES).decode().partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        # Its words would show what cannot be decoded.
        raise usage.UsageError(f"{option} {path}: it is not UTF-8") from None
    except OSError as why:
        raise usage.UsageError(f"{option} {path}: {why.strerror}") from None
    if not secret:
        raise usage.UsageError(f"{option} {path}: its first line is empty")
    return secret
