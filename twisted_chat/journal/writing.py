"""One batch on its way into the database, in a transaction of its caller's."""

import sqlite3
from collections.abc import Sequence

import msgspec

from twisted_chat.events import Deleted, Event
from twisted_chat.journal import Again, Entry, Put
from twisted_chat.journal.erasing import erase
from twisted_chat.journal.indexing import index
from twisted_chat.journal.kept import DECODER, SAID, Keys, says_the_same, words
from twisted_chat.journal.positions import FOLLOWED, follow
from twisted_chat.journal.state import put

Row = tuple[int, float, str, str, str, str, bool, bool, bytes, str | None]

INSERT = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
"""Puts a row on record."""

_encode = msgspec.json.Encoder().encode


def row(entry: Entry, event: Event, keys: Keys) -> Row:
    """What is on record of an entry whose event has its number and time."""
    return (
        event.seq,
        event.time,
        keys.room(entry),
        entry.actor,
        entry.concerns,
        keys.who(event),
        type(event) in SAID,
        event.moderation,
        _encode(event),
        words(event),
    )


class Batch:
    """Gives each entry its number and time, which the database has the last word on.

    :param now: the time, in seconds since 1970; a clock that went back stands still.
    """

    def __init__(self, db: sqlite3.Connection, keys: Keys, now: float) -> None:
        self._db = db
        self._keys = keys
        self.last, latest = newest(db)
        self.time = max(round(now, 3), latest)
        self._rows: list[Row] = []
        self._sent: dict[tuple[str, str], Event] = {}
        self._deleted: list[int] = []

    def write(self, entries: Sequence[Entry], puts: Sequence[Put], told: int) -> list[Event]:
        """All of it; the events as they are on record."""
        events = [self._add(entry) for entry in entries]
        db = self._db
        db.executemany(INSERT, self._rows)
        if self._sent:
            sent = [(*key, event.seq) for key, event in self._sent.items()]
            db.executemany("INSERT INTO sent VALUES (?, ?, ?)", sent)
        erase(db, self._deleted)
        for change in puts:
            put(db, change)
        db.execute("UPDATE progress SET told = max(told, ?), time = ?", (told, self.time))
        index(db, self.last)
        return events

    @property
    def deletes(self) -> bool:
        """Whether something is to be gone."""
        return bool(self._deleted)

    def _add(self, entry: Entry) -> Event:
        event = entry.event
        if event.kept:
            again = self._again(entry) if entry.once else None
            if again is not None:
                return again
            self.last += 1
        seq = self.last if event.kept else 0
        event = msgspec.structs.replace(event, seq=seq, time=self.time)
        if seq:
            self._keep(entry, event)
        if type(event) in FOLLOWED:
            follow(self._db, entry, self._keys.room(entry), self.last)
        return event

    def _keep(self, entry: Entry, event: Event) -> None:
        self._rows.append(row(entry, event, self._keys))
        if entry.once:
            self._sent[entry.actor, entry.once] = event
        if isinstance(event, Deleted) and event.of < event.seq:
            self._deleted.append(event.of)

    def _again(self, entry: Entry) -> Again | None:
        """What stands for the entry, if it is on record."""
        key = (entry.actor, entry.once)
        there = self._sent.get(key)
        if there is not None:
            same = there.seq in self._deleted or says_the_same(there, entry.event)
            return Again(seq=there.seq, time=self.time, same=same)
        found = self._db.execute(
            "SELECT sent.seq, body FROM sent LEFT JOIN event USING (seq)"
            " WHERE sent.actor = ? AND once = ?",
            key,
        ).fetchone()
        if found is None:
            return None
        seq, body = found
        gone = body is None or seq in self._deleted
        same = gone or says_the_same(DECODER.decode(body), entry.event)
        return Again(seq=seq, time=self.time, same=same)


def newest(db: sqlite3.Connection) -> tuple[int, float]:
    """The highest number given so far, and the time of the newest event."""
    (time,) = db.execute("SELECT time FROM progress").fetchone()
    given = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
    return (given[0] if given else 0), time
