"""What an operator has done to a database: copied, checked."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from twisted_chat.journal.carrying import PIECE_ROWS
from twisted_chat.journal.indexing import index_all
from twisted_chat.journal.kept import DECODER
from twisted_chat.journal.writing import newest

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

BACKUP_PAGES = 1024
"""Pages that are copied between two words on how far it is: 4 MiB."""


def unheard(done: int, of: int) -> None:
    """Tell nobody."""


def backup(db: sqlite3.Connection, path: Path, progress: Progress) -> None:
    """Copy a database into a new file, which nobody else may read.

    :param db: in a snapshot, as the copy begins anew where another process writes meanwhile.

    :raises FileExistsError: there is a file already.
    :raises OSError: it cannot be written.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    target = sqlite3.connect(path)
    try:
        db.execute("SELECT 1 FROM progress").fetchone()
        db.backup(target, pages=BACKUP_PAGES, progress=lambda _, left, of: progress(of - left, of))
    finally:
        target.close()


def check(path: Path, progress: Progress) -> list[str]:
    """What is wrong with a database that nobody else uses, a line for each thing."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        wrong = [line for (line,) in db.execute("PRAGMA integrity_check") if line != "ok"]
        return [*wrong, *_index(db), *_unreadable(db, progress)]
    except sqlite3.DatabaseError as error:
        return [f"it cannot be read: {error}"]
    finally:
        db.close()


def _index(db: sqlite3.Connection) -> list[str]:
    index_all(db, newest(db)[0])
    try:
        db.execute("INSERT INTO found (found, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:
        return ["the index of words does not fit the messages"]
    return []


def _unreadable(db: sqlite3.Connection, progress: Progress) -> list[str]:
    wrong, done = [], 0
    total, last = db.execute("SELECT count(*), coalesce(max(seq), 0) FROM event").fetchone()
    sql = "SELECT seq, body FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
    seq = 0
    while rows := db.execute(sql, (seq, last, PIECE_ROWS)).fetchall():
        wrong += [f"event {number} cannot be read" for number, body in rows if not _reads(body)]
        seq, done = rows[-1][0], done + len(rows)
        progress(done, total)
    return wrong


def _reads(body: bytes) -> bool:
    try:
        DECODER.decode(body)
    except ValueError:
        return False
    return True
