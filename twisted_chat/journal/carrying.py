"""Carrying the record elsewhere: out of the database in order, and into it."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import msgspec

from twisted_chat.events import Deleted
from twisted_chat.journal import Entry
from twisted_chat.journal.erasing import erase
from twisted_chat.journal.indexing import index, index_one, indexed
from twisted_chat.journal.kept import DECODER, SAID, Keys, mended
from twisted_chat.journal.writing import INSERT, newest, row

PIECE_ROWS = 500
"""Events that are read, or written, at once: what people say meanwhile waits some 20 ms."""

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Inserted:
    """What became of imported events."""

    kept: int = 0
    """Those that kept their number."""
    renumbered: int = 0
    """Those whose number was something else's: they are the newest now."""
    there: int = 0
    """Those that were on record, or have been deleted there."""


def entries(db: sqlite3.Connection, after: int, upto: int) -> list[Entry]:
    """A piece of the record after a number, in order."""
    sql = (
        "SELECT body, actor, concerns, room FROM event"
        " WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
    )
    return [
        Entry(DECODER.decode(body), actor, concerns, room=room)
        for body, actor, concerns, room in db.execute(sql, (after, upto, PIECE_ROWS))
    ]


def everything(piece_after: Callable[[int], list[Entry]], after: int = 0) -> Iterator[Entry]:
    """The record in order after a number, a piece after the other, as far as there is one."""
    while piece := piece_after(after):
        yield from piece
        after = piece[-1].event.seq


def content(entry: Entry) -> int:
    """The hash of what an entry is, but for its number: texts would be all of it in memory."""
    event = _encode(_numbered(entry, 0).event)
    return hash((event, entry.actor, entry.concerns, entry.room))


class Arrival:
    """Entries on their way into the database, in a transaction of its caller's.

    An entry keeps its number, or becomes the newest where that is something else's.  What is on
    record, under whatever number, or was deleted here, is passed; what was deleted there goes.

    :param there: the contents of what is on record.
    """

    def __init__(self, db: sqlite3.Connection, keys: Keys, there: set[int]) -> None:
        self._db = db
        self._keys = keys
        self._there = there
        self._last, self._time = newest(db)
        self._in_order = True
        self._gone: list[int] = []
        self.done = Inserted()

    def insert(self, arriving: Iterable[Entry]) -> None:
        """Put them on record, a piece at a time."""
        rest = map(self._as_kept, arriving)
        while piece := list(islice(rest, PIECE_ROWS)):
            for entry in piece:
                self._insert(entry)
            self._end_piece()

    def _as_kept(self, entry: Entry) -> Entry:
        return replace(mended(entry), room=self._keys.room(entry))

    def _insert(self, entry: Entry) -> None:
        there = self._at(entry.event.seq)
        if there == entry or self._was_deleted(entry):
            self.done.there += 1
        elif there is None and entry.event.seq not in self._deletions:
            self._write(entry)
            self.done.kept += 1
        elif content(entry) in self._there:
            self.done.there += 1
        else:
            self._there.add(content(entry))
            self._write(_numbered(entry, self._last + 1))
            self.done.renumbered += 1

    def _write(self, entry: Entry) -> None:
        values = row(entry, entry.event, self._keys)
        seq, time = values[0], values[1]
        self._in_order = self._in_order and self._fits(seq, time)
        self._db.execute(INSERT, values)
        if seq <= indexed(self._db):
            index_one(self._db, seq)
        if seq > self._last:
            self._last, self._time = seq, max(self._time, time)
        if isinstance(entry.event, Deleted):
            self._delete_as(entry, entry.event.of)

    def _fits(self, seq: int, time: float) -> bool:
        """Whether an event of that number comes after none that is later, nor the reverse."""
        if seq > self._last:
            return time >= self._time
        sql = "SELECT time FROM event WHERE seq {} ? ORDER BY seq {} LIMIT 1"
        earlier = self._db.execute(sql.format("<", "DESC"), (seq,)).fetchone()
        later = self._db.execute(sql.format(">", "ASC"), (seq,)).fetchone()
        return (earlier is None or earlier[0] <= time) and (later is None or time <= later[0])

    def _end_piece(self) -> None:
        erase(self._db, self._gone)
        self._gone.clear()
        index(self._db, self._last)
        sql = "UPDATE progress SET time = ?, in_order = min(in_order, ?)"
        self._db.execute(sql, (self._time, self._in_order))

    # What was deleted.

    @cached_property
    def _deletions(self) -> dict[int, Entry]:
        """By what was deleted."""
        sql = "SELECT body, actor FROM event WHERE ruled AND instr(body, '\"deleted\"')"
        acts = (Entry(DECODER.decode(body), actor) for body, actor in self._db.execute(sql))
        return {act.event.of: act for act in acts if isinstance(act.event, Deleted)}

    def _was_deleted(self, entry: Entry) -> bool:
        deletion = self._deletions.get(entry.event.seq)
        return deletion is not None and _is_about(deletion, entry)

    def _delete_as(self, deletion: Entry, seq: int) -> None:
        """Delete what is said to be deleted, if that is what is here under its number."""
        self._deletions[seq] = deletion
        there = self._at(seq)
        if there is not None and type(there.event) in SAID and _is_about(deletion, there):
            self._gone.append(seq)

    def _at(self, seq: int) -> Entry | None:
        return next(iter(entries(self._db, seq - 1, seq)), None)


def _numbered(entry: Entry, seq: int) -> Entry:
    return replace(entry, event=msgspec.structs.replace(entry.event, seq=seq))


def _is_about(deletion: Entry, entry: Entry) -> bool:
    """Whether an entry is the message that was deleted, as far as is told of it.

    What somebody called the same said elsewhere is not: their identity is another.
    """
    act = deletion.event
    same = (getattr(act, of) == getattr(entry.event, of, "") for of in ("who", "room", "to"))
    own = isinstance(act, Deleted) and act.by == act.who
    return all(same) and (not own or deletion.actor == entry.actor)
