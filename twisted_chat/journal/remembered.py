"""The newest entries, in memory: by number, and by what they are on record under."""

import heapq
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from twisted_chat.journal import PRIVATE, Entry, Scope
from twisted_chat.journal.kept import mended_scope, words
from twisted_chat.limits import MEMORY_BYTES, MEMORY_EVENTS

ENTRY_BYTES = 1000
"""What an entry takes beside its texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Entry):
    """An entry with what is looked at when somebody searches, and how large both are."""

    words: str = ""
    size: int = 0


Entries = OrderedDict[int, Known]
"""By number; a plain dict is slow to lose its oldest."""


class Remembered:
    """Remembers entries in the order of their numbers, and forgets the oldest for more.

    :param most: how many.
    :param most_bytes: how large they are together.
    """

    def __init__(self, most: int = MEMORY_EVENTS, most_bytes: int = MEMORY_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._all: Entries = OrderedDict()
        self._places: dict[Hashable, Entries] = {}

    def add(self, entry: Entry) -> None:
        """Remember an entry, whose number is the highest."""
        seq, known = entry.event.seq, _known(entry)
        self._all[seq] = known
        self._bytes += known.size
        for place in _places(known):
            self._places.setdefault(place, OrderedDict())[seq] = known
        while len(self._all) > self._most or self._bytes > self._most_bytes:
            self.remove(next(iter(self._all)))

    def remove(self, seq: int) -> None:
        """Forget the entry of a number, if there is one."""
        known = self._all.pop(seq, None)
        if known is None:
            return
        self._bytes -= known.size
        for place in _places(known):
            del self._places[place][seq]
            if not self._places[place]:
                del self._places[place]

    def get(self, seq: int) -> Known | None:
        """The entry of a number."""
        return self._all.get(seq)

    def newest(self, scope: Scope | None = None) -> Iterator[Known]:
        """The entries of a scope, or all, the newest first."""
        if scope is None:
            return iter(reversed(self._all.values()))
        streams = self._streams(scope, lambda place: reversed(place.values()))
        return _merged(streams, reverse=True)

    def oldest(self, scope: Scope) -> Iterator[Known]:
        """The entries of a scope, the oldest first."""
        return _merged(self._streams(scope, lambda place: iter(place.values())))

    def _streams(
        self, scope: Scope, read: Callable[[Entries], Iterator[Known]]
    ) -> list[Iterator[Known]]:
        scope = mended_scope(scope)
        places: list[Hashable] = [*scope.rooms]
        places += [(PRIVATE, scope.identity)] if scope.identity else []
        return [read(self._places[place]) for place in places if place in self._places]


def _merged(streams: Sequence[Iterator[Known]], reverse: bool = False) -> Iterator[Known]:
    # Of one room alone a merge would take several times as long.
    if len(streams) == 1:
        return streams[0]
    return heapq.merge(*streams, key=_seq, reverse=reverse)


def _known(entry: Entry) -> Known:
    event = entry.event
    texts = [text for text in msgspec.structs.astuple(event) if isinstance(text, str)]
    folded = words(event) or ""
    if folded in texts:
        # Most lines are in lower case: one text is enough.
        folded = texts[texts.index(folded)]
    else:
        texts.append(folded)
    size = ENTRY_BYTES + sum(map(sys.getsizeof, texts))
    return Known(event, entry.actor, entry.concerns, room=entry.room, words=folded, size=size)


def _places(entry: Entry) -> set[Hashable]:
    """What an entry is found under: what was told alone, under both whom it concerns."""
    if entry.room != PRIVATE:
        return {entry.room}
    return {(PRIVATE, entry.actor), (PRIVATE, entry.concerns)}


def _seq(entry: Entry) -> int:
    return entry.event.seq
