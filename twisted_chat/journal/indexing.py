"""The index of words: it is written in large pieces, as small ones cost several times as much.

It has what was said in the open, as ``open_event`` in the schema says, and nothing else.
"""

import sqlite3

PIECE_ROWS = 1000
"""Events that wait for the index: a search looks at them one by one, in about a millisecond, and
writing them keeps the next batch waiting for ten."""


def indexed(db: sqlite3.Connection) -> int:
    """The number up to which the index has everything that it is to have."""
    (upto,) = db.execute("SELECT indexed FROM progress").fetchone()
    return int(upto)


def index(db: sqlite3.Connection, last: int) -> None:
    """Bring the index up to the last number, where it is so far behind that it is worth it."""
    if last - indexed(db) >= PIECE_ROWS:
        index_all(db, last)


def index_all(db: sqlite3.Connection, last: int) -> None:
    """Bring the index up to the last number."""
    db.execute(
        "INSERT INTO found (rowid, words)"
        " SELECT seq, words FROM open_event WHERE seq > ? AND seq <= ?",
        (indexed(db), last),
    )
    db.execute("UPDATE progress SET indexed = ?", (last,))


def index_one(db: sqlite3.Connection, seq: int) -> None:
    """Have an event in the index that came later than those around it."""
    db.execute(
        "INSERT INTO found (rowid, words) SELECT seq, words FROM open_event WHERE seq = ?", (seq,)
    )
