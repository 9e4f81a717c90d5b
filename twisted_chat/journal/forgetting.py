"""Forgetting what was said, in pieces between which others write."""

import sqlite3
from collections.abc import Collection

from twisted_chat.journal.erasing import erase
from twisted_chat.journal.kept import rooms_of
from twisted_chat.journal.spans import turn
from twisted_chat.journal.words import mend

PIECE_ROWS = 500
"""Events that are forgotten in one transaction: what people say meanwhile waits some 20 ms."""

INDEX_PAGES = 64
"""Pages of the index that are written in one transaction: some 10 ms."""

_HIGHEST = (1 << 63) - 1

_OLD = "time < ? AND seq <= ? AND NOT ruled"
"""What is forgotten: acts of moderation stay, as an audit has to show them."""


def forget_some(db: sqlite3.Connection, rooms: Collection[str], before: float) -> int:
    """Forget a piece of what was said in these rooms before then; 0 when nothing is left."""
    upto = _upto(db, before)
    for room in rooms_of(rooms):
        sql = f"SELECT seq FROM event WHERE room = ? AND {_OLD} ORDER BY seq LIMIT ?"
        old = [seq for (seq,) in db.execute(sql, (room, before, upto, PIECE_ROWS))]
        if old:
            return erase(db, old)
    return 0


def said_before(db: sqlite3.Connection, before: float, places: Collection[str] | None) -> list[int]:
    """The numbers of what was said before then, in some places; everywhere, for None."""
    values = (before, _upto(db, before))
    if places is None:
        return _seqs(db.execute(f"SELECT seq FROM event WHERE {_OLD} ORDER BY seq", values))
    sql = f"SELECT seq FROM event WHERE room = ? AND {_OLD} ORDER BY seq"
    old = (_seqs(db.execute(sql, (mend(place), *values))) for place in places)
    return [seq for seqs in old for seq in seqs]


def stale_ids(db: sqlite3.Connection, before: float) -> list[tuple[str, str]]:
    """Whose ids, and which, are of what was said before then and is gone."""
    sql = (
        "SELECT actor, once FROM sent"
        " WHERE seq < (SELECT coalesce(min(seq), ?) FROM event WHERE time >= ?)"
        " AND NOT EXISTS (SELECT 1 FROM event WHERE event.seq = sent.seq)"
    )
    return db.execute(sql, (_HIGHEST, before)).fetchall()


def said_by(db: sqlite3.Connection, identity: str) -> list[int]:
    """The numbers of what somebody said, wherever it was."""
    sql = "SELECT seq FROM event WHERE actor = ? AND NOT ruled ORDER BY seq"
    return _seqs(db.execute(sql, (mend(identity),)))


def forget_person(db: sqlite3.Connection, identity: str) -> None:
    """Forget how far somebody had heard, and the ids of what they sent."""
    identity = mend(identity)
    db.execute("DELETE FROM position WHERE identity = ?", (identity,))
    db.execute("DELETE FROM sent WHERE actor = ?", (identity,))


def forget_words(db: sqlite3.Connection, *, begin: bool) -> bool:
    """Write a piece of the index anew, without what is gone; whether there is more to write.

    Until that has ended, the index has pieces of forgotten words, which it has only been told not
    to find any more.
    """
    before = db.total_changes
    pages = -INDEX_PAGES if begin else INDEX_PAGES
    db.execute("INSERT INTO found (found, rank) VALUES ('merge', ?)", (pages,))
    return db.total_changes - before > 1


def _upto(db: sqlite3.Connection, before: float) -> int:
    """The highest number that may be of before then."""
    upto = turn(db, before)
    return _HIGHEST if upto is None else upto


def _seqs(rows: sqlite3.Cursor) -> list[int]:
    return [seq for (seq,) in rows]
