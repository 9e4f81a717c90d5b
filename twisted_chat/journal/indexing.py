"""The index of words: it is written in large pieces, as small ones cost several times as much."""

import sqlite3

PIECE_ROWS = 1000
"""Events that wait for the index: a search looks at them one by one, in about a millisecond, and
writing them keeps the next batch waiting for ten."""


def indexed(db: sqlite3.Connection) -> int:
    """The number up to which the index has everything."""
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
        " SELECT seq, words FROM event WHERE seq > ? AND seq <= ? AND words IS NOT NULL",
        (indexed(db), last),
    )
    db.execute("UPDATE progress SET indexed = ?", (last,))
