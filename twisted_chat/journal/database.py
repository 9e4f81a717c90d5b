"""The file of a database, and the connections to it: one that writes, and some that read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from twisted_chat.journal import Durability
from twisted_chat.journal.connection import (
    connect_to_read,
    connect_to_write,
    snapshot,
    transaction,
)

FULL_OR_BUSY = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT)
"""Errors after which a connection is as good as before; after others a new one is made."""


class Database:
    """Gives out connections to a file that is there, each to one thread at a time.

    Only one thread at a time may write.
    """

    def __init__(self, path: Path, durability: Durability) -> None:
        self.path = path
        self._durability = durability
        self._writer: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []

    @property
    def writer(self) -> sqlite3.Connection:
        """The connection that writes."""
        if self._writer is None:
            self._writer = connect_to_write(self.path, self._durability)
        return self._writer

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """What is written inside is there as a whole afterwards, or not at all."""
        try:
            with transaction(self.writer) as db:
                yield db
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in FULL_OR_BUSY:
                self._drop_writer()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """What is read inside is of one moment."""
        try:
            db = self._readers.pop()
        except IndexError:
            db = connect_to_read(self.path)
        try:
            with snapshot(db):
                yield db
        except BaseException:
            db.close()
            raise
        self._readers.append(db)

    def close(self) -> None:
        """Close all connections, none of which is in use."""
        while self._readers:
            self._readers.pop().close()
        self._drop_writer()

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(sqlite3.Error):
                writer.close()
