"""What an operator has done to a database: copied, checked."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from twisted_chat.journal.carrying import PIECE_ROWS
from twisted_chat.journal.indexing import index_all
from twisted_chat.journal.kept import DECODER
from twisted_chat.journal.writing import newest

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

BACKUP_PAGES = 1024
"""Pages that are copied between two words on how far it is: 4 MiB."""

FAULTS_LISTED = 20
"""Things that are wrong with a database, before the rest is left out: all have the same cure."""

STEPS_UNINTERRUPTED = 100_000
"""Of SQLite's machine between two moments at which it can be ended: some milliseconds."""

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What SQLite finds wrong with a file; a disk that is full, or fails, is something else."""


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


def faults(path: Path, progress: Progress) -> list[str]:
    """What is wrong with a database that nobody else uses, a line for each thing, up to a bound.

    :raises sqlite3.Error: it cannot be looked at, for a reason that is no fault of its own.
    """
    db = sqlite3.connect(path, isolation_level=None)
    db.set_progress_handler(hear_signals, STEPS_UNINTERRUPTED)
    wrong: list[str] = []
    try:
        wrong.extend(islice(_faults(db, progress), FAULTS_LISTED))
    except sqlite3.DatabaseError as error:
        if _code(error) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from None
        if _code(error) not in DAMAGED:
            raise
        wrong.append(f"it cannot be read: {error}")
    finally:
        db.close()
    return wrong


def hear_signals() -> int:
    """Do nothing, in Python: Ctrl-C is noticed there, and SQLite may be at work for a minute."""
    return 0


def _faults(db: sqlite3.Connection, progress: Progress) -> Iterator[str]:
    pages = db.execute(f"PRAGMA integrity_check({FAULTS_LISTED})")
    yield from (line for (line,) in pages if line != "ok")
    yield from _unindexed(db)
    yield from _unreadable(db, progress)


def _unindexed(db: sqlite3.Connection) -> Iterator[str]:
    index_all(db, newest(db)[0])
    try:
        db.execute("INSERT INTO found (found, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        if _code(error) not in DAMAGED:
            raise
        yield "the index of words does not fit the messages"


def _unreadable(db: sqlite3.Connection, progress: Progress) -> Iterator[str]:
    done, seq = 0, 0
    (total,) = db.execute("SELECT count(*) FROM event").fetchone()
    sql = "SELECT seq, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?"
    while rows := db.execute(sql, (seq, PIECE_ROWS)).fetchall():
        yield from (f"event {number} cannot be read" for number, body in rows if not _reads(body))
        seq, done = rows[-1][0], done + len(rows)
        progress(done, total)


def _reads(body: bytes) -> bool:
    try:
        DECODER.decode(body)
    except ValueError:
        return False
    return True


def _code(error: sqlite3.Error) -> int:
    return error.sqlite_errorcode & 0xFF
