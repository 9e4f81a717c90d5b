"""Carrying the record elsewhere: out of the database in order, and into it."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import msgspec

from twisted_chat.events import Deleted
from twisted_chat.journal import Entry
from twisted_chat.journal.indexing import index, indexed
from twisted_chat.journal.kept import DECODER, Keys, mended
from twisted_chat.journal.writing import INSERT, newest, row

PIECE_ROWS = 500
"""Events that are read, or written, at once: what people say meanwhile waits some 20 ms."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """What became of imported events."""

    kept: int = 0
    """Those that kept their number."""
    renumbered: int = 0
    """Those whose number was something else's: they are the newest now."""
    there: int = 0
    """Those that were on record, or have been deleted there."""

    def __add__(self, other: "Inserted") -> "Inserted":
        return Inserted(
            self.kept + other.kept, self.renumbered + other.renumbered, self.there + other.there
        )


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


def pieces(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The entries, as many at a time as are written at once."""
    rest = iter(entries)
    while piece := [mended(entry) for entry in islice(rest, PIECE_ROWS)]:
        yield piece


class Arrival:
    """Some entries on their way into the database, in a transaction of its caller's."""

    def __init__(self, db: sqlite3.Connection, keys: Keys) -> None:
        self._db = db
        self._keys = keys
        self._deleted = _deleted(db)

    def insert(self, entries: Iterable[Entry]) -> Inserted:
        """Put them on record; nothing that was deleted here comes back."""
        done = Inserted()
        for entry in entries:
            done += self._insert(entry)
        index(self._db, newest(self._db)[0])
        return done

    def _insert(self, entry: Entry) -> Inserted:
        seq = entry.event.seq
        taken = self._db.execute("SELECT * FROM event WHERE seq = ?", (seq,)).fetchone()
        if seq in self._deleted or taken == row(entry, entry.event, self._keys):
            return Inserted(there=1)
        if taken is None and seq > 0:
            self._write(entry)
            return Inserted(kept=1)
        event = msgspec.structs.replace(entry.event, seq=newest(self._db)[0] + 1)
        self._write(replace(entry, event=event))
        return Inserted(renumbered=1)

    def _write(self, entry: Entry) -> None:
        db, values = self._db, row(entry, entry.event, self._keys)
        seq, time, said = values[0], values[1], values[-1]
        if isinstance(entry.event, Deleted):
            self._deleted.add(entry.event.of)
        in_order = _in_order(db, seq, time)
        db.execute(INSERT, values)
        if said is not None and seq <= indexed(db):
            db.execute("INSERT INTO found (rowid, words) VALUES (?, ?)", (seq, said))
        db.execute("UPDATE progress SET in_order = min(in_order, ?)", (in_order,))
        if seq == newest(db)[0]:
            db.execute("UPDATE progress SET time = max(time, ?)", (time,))


def _deleted(db: sqlite3.Connection) -> set[int]:
    """The numbers of what has been deleted."""
    sql = "SELECT body FROM event WHERE ruled AND instr(body, '\"deleted\"')"
    acts = (DECODER.decode(body) for (body,) in db.execute(sql))
    return {act.of for act in acts if isinstance(act, Deleted)}


def _in_order(db: sqlite3.Connection, seq: int, time: float) -> bool:
    """Whether an event of that number and time comes after none that is later, nor the reverse."""
    sql = "SELECT time FROM event WHERE seq {} ? ORDER BY seq {} LIMIT 1"
    earlier = db.execute(sql.format("<", "DESC"), (seq,)).fetchone()
    later = db.execute(sql.format(">", "ASC"), (seq,)).fetchone()
    return (earlier is None or earlier[0] <= time) and (later is None or time <= later[0])
