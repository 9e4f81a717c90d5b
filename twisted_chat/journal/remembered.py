"""The newest entries, in memory: by number, and by what they are on record under."""

import heapq
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

from twisted_chat.journal import PRIVATE, Entry, Scope
from twisted_chat.journal.kept import mended_scope

Entries = OrderedDict[int, Entry]
"""By number; a plain dict is slow to lose its oldest."""


class Remembered:
    """Remembers so many entries, in the order of their numbers, and forgets the oldest for more."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._all: Entries = OrderedDict()
        self._places: dict[str, Entries] = {}

    def add(self, entry: Entry) -> None:
        """Remember an entry, whose number is the highest."""
        seq = entry.event.seq
        self._all[seq] = self._places.setdefault(entry.room, OrderedDict())[seq] = entry
        if len(self._all) > self._most:
            self.remove(next(iter(self._all)))

    def remove(self, seq: int) -> None:
        """Forget the entry of a number, if there is one."""
        entry = self._all.pop(seq, None)
        if entry is None:
            return
        place = self._places[entry.room]
        del place[seq]
        if not place:
            del self._places[entry.room]

    def get(self, seq: int) -> Entry | None:
        """The entry of a number."""
        return self._all.get(seq)

    def newest(self, scope: Scope | None = None) -> Iterator[Entry]:
        """The entries of a scope, or all, the newest first."""
        if scope is None:
            return iter(reversed(self._all.values()))
        return heapq.merge(
            *self._streams(scope, lambda place: reversed(place.values())), key=_seq, reverse=True
        )

    def oldest(self, scope: Scope) -> Iterator[Entry]:
        """The entries of a scope, the oldest first."""
        return heapq.merge(*self._streams(scope, lambda place: iter(place.values())), key=_seq)

    def _streams(
        self, scope: Scope, read: Callable[[Entries], Iterable[Entry]]
    ) -> Iterator[Iterable[Entry]]:
        scope = mended_scope(scope)
        yield from (read(self._places[room]) for room in scope.rooms if room in self._places)
        if scope.identity and PRIVATE in self._places:
            told = read(self._places[PRIVATE])
            yield (one for one in told if scope.identity in (one.actor, one.concerns))


def _seq(entry: Entry) -> int:
    return entry.event.seq
