"""The journal that keeps nothing beyond the process."""

from collections.abc import Callable, Sequence

import msgspec
from twisted.internet.defer import Deferred, succeed

from twisted_chat.events import Event


class MemoryJournal:
    """Numbers and dates events.

    :param time: the seconds since 1970 (UTC).
    """

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._seq = 0

    def commit(self, batch: Sequence[Event]) -> Deferred[list[Event]]:
        """Give each event its time and number, at once."""
        now = round(self._time(), 3)
        return succeed([self._recorded(event, now) for event in batch])

    def _recorded(self, event: Event, now: float) -> Event:
        if not event.kept:
            return msgspec.structs.replace(event, time=now)
        self._seq += 1
        return msgspec.structs.replace(event, time=now, seq=self._seq)
