"""The record in a data directory, for the server's threads and for an operator's commands.

Nothing here knows the reactor: every method works, and returns when it is done.
"""

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from twisted_chat.events import Event
from twisted_chat.journal import Durability, Entry, Found, Missed, Page, Put, Scope
from twisted_chat.journal.catching_up import missed
from twisted_chat.journal.database import Database
from twisted_chat.journal.directory import Lock
from twisted_chat.journal.erasing import leave_no_trace
from twisted_chat.journal.errors import why_not
from twisted_chat.journal.forgetting import forget_some
from twisted_chat.journal.kept import Keys, mended
from twisted_chat.journal.opening import open_as_server
from twisted_chat.journal.positions import heard
from twisted_chat.journal.reading import around, audit, entry, first, past
from twisted_chat.journal.searching import search, wanted
from twisted_chat.journal.spans import Span
from twisted_chat.journal.state import has_changes, records, take_changes
from twisted_chat.journal.words import mend
from twisted_chat.journal.writing import Batch, newest


class Store:
    """What a journal on disk does, at once; reads by many threads, writes by one at a time."""

    def __init__(self, database: Database, lock: Lock | None = None) -> None:
        self.database = database
        self.keys = Keys()
        self._lock = lock
        with database.reading() as db:
            self.last, self.latest = newest(db)

    @classmethod
    def open(cls, directory: Path, durability: Durability) -> "Store":
        """The store of a server, the only one on the directory until it is closed.

        :raises CannotOpen: it cannot be used, by this server, now.
        """
        database, lock = open_as_server(directory, durability)
        try:
            return cls(database, lock)
        except sqlite3.Error as error:
            database.close()
            lock.close()
            raise why_not(database.path, error) from None

    def close(self) -> None:
        """Let go of the file, and of the directory."""
        self.database.close()
        if self._lock is not None:
            self._lock.close()

    # What is written.

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put], told: int, now: float
    ) -> list[Event]:
        """Put a batch on record, all of it or nothing; see `Journal.commit`.

        :raises sqlite3.Error: the disk, or the database, does not take it.
        """
        try:
            return self._commit(entries, puts, told, now)
        except UnicodeEncodeError:
            return self._commit([mended(entry) for entry in entries], puts, told, now)

    def _commit(
        self, entries: Sequence[Entry], puts: Sequence[Put], told: int, now: float
    ) -> list[Event]:
        with self.database.writing() as db:
            batch = Batch(db, self.keys, now)
            events = batch.write(entries, puts, told)
        self.last, self.latest = batch.last, batch.time
        if batch.deletes:
            with suppress(sqlite3.Error):
                leave_no_trace(db)
        return events

    def forget_some(self, rooms: Collection[str], before: float) -> int:
        """Forget a piece of what was said in these rooms before then; 0 when nothing is left."""
        with self.database.writing() as db:
            return forget_some(db, rooms, before)

    def take_changes(self) -> list[Put]:
        """What another process has changed of the state, which is not told again."""
        with self.database.writing() as db:
            return take_changes(db)

    # What is read; see `Journal` for what each means.

    def past(self, scope: Scope, span: Span, most: int, oldest: bool = False) -> Page:
        """The newest events of a scope, or the oldest."""
        with self.database.reading() as db:
            return (first if oldest else past)(db, scope, span, most)

    def around(self, seq: int, scope: Scope, upto: int, most: int) -> Page:
        """An event with those around it."""
        with self.database.reading() as db:
            return around(db, seq, scope, upto, most)

    def search(self, text: str, scope: Scope, who: str, span: Span, most: int) -> Found:
        """The newest events of a scope that have the text."""
        with self.database.reading() as db:
            return search(db, wanted(text, who, span), scope, most)

    def entry(self, seq: int) -> Entry | None:
        """The event of a number, with who did it."""
        with self.database.reading() as db:
            return entry(db, seq)

    def sent(self, actor: str, once: str) -> int:
        """The number of what was sent with that id; 0 where nothing was."""
        sql = "SELECT seq FROM sent WHERE actor = ? AND once = ?"
        with self.database.reading() as db:
            found = db.execute(sql, (mend(actor), mend(once))).fetchone()
        return found[0] if found else 0

    def heard(self, identity: str) -> dict[str, int]:
        """How far an account has heard each of its rooms."""
        with self.database.reading() as db:
            return heard(db, mend(identity))

    def missed(self, identity: str, name: str, upto: int, most: int) -> Missed:
        """What is new to an account."""
        with self.database.reading() as db:
            return missed(db, identity, name, upto, most)

    def audit(self, rooms: Collection[str] | None, upto: int, most: int) -> list[Entry]:
        """The newest acts of moderation."""
        with self.database.reading() as db:
            return audit(db, rooms, upto, most)

    def records(self) -> list[tuple[str, str, bytes]]:
        """All durable state, which is read at the start.

        :raises CannotOpen: it cannot be read.
        """
        try:
            with self.database.reading() as db:
                return records(db)
        except sqlite3.Error as error:
            raise why_not(self.database.path, error) from None

    def has_changes(self) -> bool:
        """Whether another process has changed some of it."""
        with self.database.reading() as db:
            return has_changes(db)
