"""Telling who connects why they may not be here: it is all they hear, and not for long."""

from collections.abc import Callable
from typing import Any

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from twisted_chat.admission import Admission, TurnedAway
from twisted_chat.clock import Clock
from twisted_chat.house import House
from twisted_chat.limits import TURNED_AWAY_AT_ONCE


class TurningAway:
    """What a door does with those who may not come in.

    :param words: how it says why, in its own protocol.
    """

    def __init__(
        self, house: House, admission: Admission, words: Callable[[TurnedAway], bytes]
    ) -> None:
        self._house = house
        self._admission = admission
        self._words = words
        self._told = 0

    def note(self, peer: str, why: TurnedAway) -> None:
        """Count that somebody was turned away, and log it."""
        self._house.log.turned_away(peer, why)
        self._house.figures.turned_away[why.code] += 1

    def protocol(self, peer: str, why: TurnedAway) -> Protocol | None:
        """Says why not; where too many are being told already, Twisted closes without a word."""
        self.note(peer, why)
        if self._told >= TURNED_AWAY_AT_ONCE or self._admission.exhausted:
            return None
        self._told += 1
        seconds = self._house.limits.goodbye_seconds
        return _Away(self._words(why), self._house.clock, seconds, self._told_why)

    def _told_why(self) -> None:
        self._told -= 1


class _Away(Protocol):
    """A connection that may not be."""

    transport: Any

    def __init__(
        self, words: bytes, clock: Clock, seconds: float, gone: Callable[[], None]
    ) -> None:
        self._words = words
        self._clock = clock
        self._seconds = seconds
        self._gone = gone

    def connectionMade(self) -> None:
        # TLS does not write, nor close, before the peer has shaken hands.
        self._timer = self._clock.callLater(self._seconds, self.transport.abortConnection)
        self.transport.write(self._words)
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._timer.active():
            self._timer.cancel()
        self._gone()
