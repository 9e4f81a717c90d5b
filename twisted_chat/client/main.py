"""The console script ``twisted-chat``: the one place that chooses a reactor and a screen."""

import fcntl
import os
import sys
import termios
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogBeginner
from twisted.python import usage
from zope.interface import implementer

from twisted_chat.client.bounds import MARK_BYTES, SIGNAL_SECONDS
from twisted_chat.client.client import Client
from twisted_chat.client.options import Options, endpoint_of
from twisted_chat.client.screen import Screen

STANDARD = (0, 1, 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the client and exit: 0 after leaving, 1 without a server, 2 for wrong options."""
    options = Options()
    try:
        options.parseOptions(sys.argv[1:] if arguments is None else arguments)
        with restored(STANDARD):
            code = _run(options)
    except usage.UsageError as why:
        sys.stderr.write(f"twisted-chat: {why}\n")
        code = 2
    sys.exit(code)


def _run(options: Options) -> int:
    on_terminal = wants_terminal(options, os.environ)
    if on_terminal:
        from twisted.internet import asyncioreactor

        asyncioreactor.install()
    from twisted.internet import reactor

    endpoint = endpoint_of(reactor, options["connect"])
    screen = _terminal() if on_terminal else _plain(reactor)
    client = Client(
        screen,
        endpoint,
        reactor,
        options["connect"],
        token_hex(MARK_BYTES),
        name=options["name"],
        room=options["room"],
        proof=options.proof,
        retry=not options["no-retry"],
    )
    return run(client, reactor)


def run(client: Client, reactor: Any) -> int:
    """Run the client until it is done; its exit code."""
    codes: list[int] = []

    def done(code: int) -> None:
        codes.append(code)
        with suppress(ReactorNotRunning):
            reactor.stop()

    def stopping() -> Deferred[int] | None:
        if codes:
            return None
        left: Deferred[int] = Deferred()
        client.done.chainDeferred(left)
        left.addTimeout(2 * SIGNAL_SECONDS, reactor, lambda *_: 0)
        client.interrupted()
        return left

    globalLogBeginner.beginLoggingTo([FaultObserver(client)], redirectStandardIO=False)
    client.done.addCallback(done)
    reactor.addSystemEventTrigger("before", "shutdown", stopping)
    reactor.callWhenRunning(client.start)
    reactor.run()
    if client.fault is not None:
        traceback.print_exception(client.fault)
    return codes[0] if codes else 1


@implementer(ILogObserver)
class FaultObserver:
    """Ends the client at the first fault in it: a traceback has no place on its screen."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __call__(self, event: LogEvent) -> None:
        if event["log_level"] is not LogLevel.critical:
            return
        if event.get("log_namespace") == "twisted.internet._sslverify":
            # Where a certificate has no name to check, Twisted logs that, and goes on.
            self._client.distrusted()
        else:
            # Reactors still log the old way, which has another name for the failure.
            failure = event.get("log_failure") or event.get("failure")
            self._client.broken(failure.value if failure else RuntimeError(formatEvent(event)))


def wants_terminal(options: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    """Whether to edit the line: not without a terminal that can, and not where plain is wanted."""
    able = os.isatty(0) and os.isatty(1) and environment.get("TERM", "dumb") != "dumb"
    return able and not options["plain"]


def _terminal() -> Screen:
    import asyncio

    from twisted_chat.client.terminal import Terminal

    return Terminal(asyncio.get_event_loop(), colours=not os.environ.get("NO_COLOR"))


def _plain(reactor: Any) -> Screen:
    from twisted_chat.client.plain import Cooked, Pipe, echo_on, on_standard_io

    return on_standard_io(Cooked(echo_on(0)) if os.isatty(0) else Pipe(), reactor)


@contextmanager
def restored(descriptors: Sequence[int]) -> Iterator[None]:
    """Put descriptors back as they were: their terminal, and whether they block.

    They are shared with the shell that started this, and outlive it.
    """
    before = [(fd, _flags(fd), _attributes(fd)) for fd in descriptors]
    try:
        yield
    finally:
        for fd, flags, attributes in before:
            with suppress(OSError, termios.error):
                if flags is not None:
                    fcntl.fcntl(fd, fcntl.F_SETFL, flags)
                if attributes is not None:
                    termios.tcsetattr(fd, termios.TCSADRAIN, attributes)


def _flags(fd: int) -> int | None:
    try:
        return fcntl.fcntl(fd, fcntl.F_GETFL)
    except OSError:
        return None


def _attributes(fd: int) -> list[Any] | None:
    try:
        return termios.tcgetattr(fd)
    except termios.error:
        return None
