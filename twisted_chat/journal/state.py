"""Durable state that is no event, and what another process changes of it."""

import sqlite3
from collections.abc import Sequence

from twisted_chat.journal import Put
from twisted_chat.journal.words import mend


def put(db: sqlite3.Connection, change: Put) -> bool:
    """Keep a piece of state; whether it is kept, or forgotten, now."""
    kind, key = mend(change.kind), mend(change.key)
    if change.value is None:
        sql, values = "DELETE FROM record WHERE kind = ? AND key = ?", (kind, key)
        return db.execute(sql, values).rowcount > 0
    if change.if_there:
        update = "UPDATE record SET value = ? WHERE kind = ? AND key = ?"
        return db.execute(update, (change.value, kind, key)).rowcount > 0
    db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (kind, key, change.value))
    return True


def put_from_outside(db: sqlite3.Connection, puts: Sequence[Put]) -> None:
    """Keep it, and a note for the server, which has its own copy in memory."""
    for change in puts:
        if put(db, change):
            note(db, change)


def note(db: sqlite3.Connection, change: Put) -> None:
    """Keep a note for the server."""
    values = (mend(change.kind), mend(change.key), change.value)
    db.execute("INSERT INTO change (kind, key, value) VALUES (?, ?, ?)", values)


def records(db: sqlite3.Connection) -> list[tuple[str, str, bytes]]:
    """All of it, by kind and key."""
    return db.execute("SELECT kind, key, value FROM record ORDER BY kind, key").fetchall()


def records_of(db: sqlite3.Connection, kind: str) -> dict[str, bytes]:
    """Those of one kind, by their keys, in order."""
    found = db.execute("SELECT key, value FROM record WHERE kind = ? ORDER BY key", (kind,))
    return dict(found.fetchall())


def has_changes(db: sqlite3.Connection) -> bool:
    """Whether there are notes."""
    return db.execute("SELECT 1 FROM change LIMIT 1").fetchone() is not None


def take_changes(db: sqlite3.Connection) -> list[Put]:
    """The notes, which are gone then."""
    notes = db.execute("SELECT kind, key, value FROM change ORDER BY id").fetchall()
    db.execute("DELETE FROM change")
    return [Put(kind, key, value) for kind, key, value in notes]
