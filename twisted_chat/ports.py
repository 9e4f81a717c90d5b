"""The ports that the server listens on: how many they let in at once, and when they rest."""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.logger import ILogObserver, LogEvent
from zope.interface import implementer

from twisted_chat.clock import Clock
from twisted_chat.limits import (
    ACCEPTED_AT_ONCE,
    KNOCKING_AT_ONCE,
    LAST_DESCRIPTORS,
    PORTS_REST_SECONDS,
)
from twisted_chat.serverlog import ServerLog

_PASSING = "ECONNABORTED"
"""Somebody went before they were let in; all else that goes wrong there would at once go wrong
again."""


class Listening(Protocol):
    """The socket of what listens."""

    def listen(self, backlog: int, /) -> object: ...


class Port(Protocol):
    """What listens, for the reactor to look at or not."""

    numberAccepts: int
    socket: Listening

    def startReading(self) -> object: ...

    def stopReading(self) -> object: ...


@implementer(ILogObserver)
class Ports:
    """Bounds what the ports accept in a turn, and has them rest where they cannot accept at all.

    Where the process or the system has no descriptor left, Twisted closes who connects, or, if that
    takes a descriptor too, tries again at once, as fast as it can.  Either way it logs a line each
    time, and tells nobody else.  So this is an observer of the log.

    :param left: how many descriptors are left.
    """

    def __init__(self, clock: Clock, log: ServerLog, left: Callable[[], int]) -> None:
        self._clock = clock
        self._log = log
        self._left = left
        self._ports: list[Port] = []
        self._resting: Any = None
        self._bounding = False

    def add(self, port: Port) -> None:
        """This one listens, too."""
        self._ports.append(port)
        # Twisted's endpoints ask for 50, unless a description says otherwise.
        port.socket.listen(KNOCKING_AT_ONCE)
        self._bound()

    def accepted(self) -> None:
        """One of them accepted a connection; after that Twisted chooses anew how many it takes."""
        if not self._bounding:
            self._bounding = True
            self._clock.callLater(0, self._bound)

    def __call__(self, event: LogEvent) -> None:
        """Rest, if this tells that somebody could not be let in."""
        if self._resting is None and _tells_of_failure(event):
            for port in self._ports:
                port.stopReading()
            self._rest()
            self._log.lets_nobody_in()

    def close(self) -> None:
        """The ports are closed from now on."""
        self._ports.clear()
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None

    def _bound(self) -> None:
        self._bounding = False
        for port in self._ports:
            port.numberAccepts = ACCEPTED_AT_ONCE

    def _rest(self) -> None:
        self._resting = self._clock.callLater(PORTS_REST_SECONDS, self._go_on)

    def _go_on(self) -> None:
        if self._left() < LAST_DESCRIPTORS:
            self._rest()
            return
        self._resting = None
        for port in self._ports:
            port.startReading()
        self._log.lets_in_again()


def _tells_of_failure(event: LogEvent) -> bool:
    if not event.get("log_namespace", "").startswith("twisted.internet."):
        return False
    failure = event.get("acceptError") or event.get("log_format") or ""
    return ("acceptError" in event and failure != _PASSING) or failure.startswith("EMFILE")
