"""The file of a database, and the connections to it: one that writes, and some that read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from twisted_chat.journal import Durability
from twisted_chat.journal.connection import (
    WAL_BYTES,
    connect_to_read,
    connect_to_write,
    snapshot,
    transaction,
)
from twisted_chat.journal.erasing import leave_no_trace
from twisted_chat.journal.gate import Gate
from twisted_chat.journal.undoing import overwrite_what_failed
from twisted_chat.limits import LOG_BYTES

FULL_OR_BUSY = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT)
"""Errors after which a connection is as good as before, and nothing of what failed can come back;
after others a new one is made, and what failed is overwritten."""

HOLD_SECONDS = 1
"""How long a moment without reads is waited for: each of them takes half as long at most."""


class Database:
    """Gives out connections to a file that is there, each to one thread at a time.

    Only one thread at a time may write.
    """

    def __init__(self, path: Path, durability: Durability) -> None:
        self.path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._log_most = LOG_BYTES
        self._durability = durability
        self._writer: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        self._gate = Gate()
        self._in_doubt = False

    @property
    def writer(self) -> sqlite3.Connection:
        """The connection that writes."""
        if self._writer is None:
            self._writer = connect_to_write(self.path, self._durability)
        return self._writer

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """What is written inside is there as a whole afterwards, or not at all."""
        if self._in_doubt:
            self._settle()
        try:
            with transaction(self.writer) as db:
                yield db
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in FULL_OR_BUSY:
                self._drop_writer()
                self._in_doubt = True
                # The refusal may be told when it cannot come back any more.
                with suppress(sqlite3.Error):
                    self._settle()
            raise
        if self._log_bytes() > self._log_most:
            self._empty_log()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """What is read inside is of one moment."""
        with self._gate.passing():
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

    def _settle(self) -> None:
        """See to it that what failed is not in the log of changes, where a start would find it.

        :raises sqlite3.Error: it may be there still, and nothing else may be written.
        """
        with self._gate.closed(HOLD_SECONDS):
            try:
                overwrite_what_failed(self.writer)
            except sqlite3.Error:
                self._drop_writer()
                raise
        self._in_doubt = False

    def _empty_log(self) -> None:
        """Have the log of changes begin anew, which needs a moment in which nobody reads it."""
        done = False
        with self._gate.closed(HOLD_SECONDS) as free, suppress(sqlite3.Error):
            done = free and leave_no_trace(self.writer)
        # Where another process reads for long, it is not tried with each commit.
        self._log_most = LOG_BYTES if done else self._log_bytes() + WAL_BYTES

    def _log_bytes(self) -> int:
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(sqlite3.Error):
                writer.close()
