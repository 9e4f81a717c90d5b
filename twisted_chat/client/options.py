"""The client's command line."""

import sys
from typing import ClassVar

from twisted.internet.endpoints import clientFromString
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python import usage

from twisted_chat import __version__

SERVER = "tcp:127.0.0.1:6789"


class Options(usage.Options):
    """What can be asked for on the command line."""

    synopsis = "Usage: twisted-chat [options]"
    longdesc = "Chat on a terminal, or through a pipe. Ctrl-C or Ctrl-D leaves."

    optParameters: ClassVar = [
        ["connect", "c", SERVER, "The server, as a Twisted client endpoint; also tls:HOST:PORT."],
        ["name", "n", "", "Join under this name, without the menu."],
        ["room", "r", "", "Enter this room after joining."],
    ]
    optFlags: ClassVar = [
        ["plain", "p", "Plain lines: no colours, no editing, no bell, also on a terminal."],
        ["no-retry", None, "Exit with code 1 when the server cannot be reached or is lost."],
    ]

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
