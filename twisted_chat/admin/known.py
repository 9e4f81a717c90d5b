"""What is on record where an import arrives: the same number may be another server's."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import msgspec

from twisted_chat.events import Deleted, Event
from twisted_chat.journal import Entry
from twisted_chat.journal.carrying import entries
from twisted_chat.journal.kept import DECODER, SAID
from twisted_chat.journal.writing import newest

_encode = msgspec.json.Encoder().encode


class Known:
    """What is on record, as far as arriving entries have to be told from it.

    Where a record comes back to its own place, each number has the same event or none; so all of it
    is looked through only if there is another event under an entry's number.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._last, _ = newest(db)

    def elsewhere(self, entry: Entry) -> bool:
        """Whether the entry is on record under another number than its own, which is another's."""
        there = self._at(entry.event.seq)
        taken = there is not None and _content(there) != _content(entry)
        return (taken or self._deletes_another(entry)) and hash(_content(entry)) in self._contents

    def as_new(self, entry: Entry) -> Entry:
        """The entry, without its number where another event of that number was deleted here."""
        if not self._deletes_another(entry):
            return entry
        return replace(entry, event=msgspec.structs.replace(entry.event, seq=0))

    def is_there(self, act: Deleted) -> bool:
        """Whether the message is on record that was deleted."""
        there = self._at(act.of)
        return there is not None and type(there.event) in SAID and _is_about(act, there.event)

    def _deletes_another(self, entry: Entry) -> bool:
        act = self._deleted.get(entry.event.seq)
        return act is not None and not _is_about(act, entry.event)

    def _at(self, seq: int) -> Entry | None:
        return next(iter(entries(self._db, seq - 1, seq)), None)

    @cached_property
    def _deleted(self) -> dict[int, Deleted]:
        """What was deleted here, by its number."""
        rows = self._db.execute("SELECT body FROM event WHERE ruled")
        acts = (DECODER.decode(body) for (body,) in rows)
        return {act.of: act for act in acts if isinstance(act, Deleted)}

    @cached_property
    def _contents(self) -> frozenset[int]:
        """The hashes of all that is on record: texts would be the whole database in memory."""
        return frozenset(hash(_content(entry)) for entry in self._all())

    def _all(self) -> Iterator[Entry]:
        seq = 0
        while piece := entries(self._db, seq, self._last):
            yield from piece
            seq = piece[-1].event.seq


def _content(entry: Entry) -> tuple[bytes, str, str, str]:
    """What an entry is, but for its number."""
    event = msgspec.structs.replace(entry.event, seq=0)
    return _encode(event), entry.actor, entry.concerns, entry.room


def _is_about(act: Deleted, event: Event) -> bool:
    """Whether an event is the message that was deleted, as far as is told of it."""
    return all(getattr(act, field) == getattr(event, field, "") for field in ("who", "room", "to"))
