"""Connections to the database file, and transactions in them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twisted_chat.journal import Durability
from twisted_chat.journal.kept import DECODER, words

BUSY_SECONDS = 5
"""How long another process may keep the database before a write fails: the commands of an operator
write in small pieces, so that this is never reached unless one hangs."""

WRITER_CACHE_KIB = 16_000
"""Pages that the writer keeps in memory: the upper levels of every tree, many times over."""

READER_CACHE_KIB = 8_000
"""The same, for each reader."""

WAL_BYTES = 1 << 26
"""What the log of changes shrinks to after a reader that was slow made it grow."""


def connect_to_write(path: Path, durability: Durability) -> sqlite3.Connection:
    """A connection that commits as durably as that."""
    db = _connect(path, WRITER_CACHE_KIB)
    try:
        db.execute("PRAGMA journal_mode = WAL").fetchall()
        db.execute(f"PRAGMA synchronous = {durability.upper()}")
        db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}").fetchall()
        # What is deleted is overwritten, so that it is not in the file any more.
        db.execute("PRAGMA secure_delete = ON").fetchall()
    except sqlite3.Error:
        db.close()
        raise
    db.create_function("words_of", 1, _words_of, deterministic=True)
    return db


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot change anything."""
    db = _connect(path, READER_CACHE_KIB)
    db.execute("PRAGMA query_only = ON")
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """What is written inside is there as a whole afterwards, or not at all."""
    db.execute("BEGIN IMMEDIATE")
    with _ended_well(db):
        yield db


@contextmanager
def snapshot(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """What is read inside is of one moment."""
    db.execute("BEGIN")
    with _ended_well(db):
        yield db


@contextmanager
def _ended_well(db: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _connect(path: Path, cache_kib: int) -> sqlite3.Connection:
    # Of whichever thread has the turn; never of two at a time.
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA cache_size = -{cache_kib}")
    return db


def _words_of(body: bytes) -> str | None:
    return words(DECODER.decode(body))
