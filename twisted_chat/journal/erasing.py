"""Taking events off the record, and out of the index."""

import sqlite3
from collections.abc import Sequence

from twisted_chat.journal.indexing import indexed


def erase(db: sqlite3.Connection, seqs: Sequence[int]) -> int:
    """Take events away; how many of them there were."""
    if not seqs:
        return 0
    upto = indexed(db)
    # The index keeps no text of its own, and has to be told what it forgets.
    db.executemany(
        "INSERT INTO found (found, rowid, words)"
        " SELECT 'delete', seq, words FROM open_event WHERE seq = ? AND seq <= ?",
        [(seq, upto) for seq in seqs],
    )
    gone: int = db.executemany("DELETE FROM event WHERE seq = ?", [(seq,) for seq in seqs]).rowcount
    return gone


def leave_no_trace(db: sqlite3.Connection) -> bool:
    """Empty the log of changes, which has what was deleted still in it; not if somebody reads.

    Whether it is empty.
    """
    (patience,) = db.execute("PRAGMA busy_timeout").fetchone()
    db.execute("PRAGMA busy_timeout = 0").fetchall()
    try:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        db.execute(f"PRAGMA busy_timeout = {patience}").fetchall()
