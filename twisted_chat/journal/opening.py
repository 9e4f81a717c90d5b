"""Opening a data directory: made, locked, looked over, and brought to the newest schema."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twisted_chat.journal import CannotOpen, Durability
from twisted_chat.journal.database import Database
from twisted_chat.journal.directory import DATABASE, Lock, make_directory, make_file
from twisted_chat.journal.errors import why_not
from twisted_chat.journal.health import check_health
from twisted_chat.journal.positions import close_all
from twisted_chat.journal.upgrade import steps, upgrade, version


def open_as_server(directory: Path, durability: Durability) -> tuple[Database, Lock]:
    """The database, and the lock on it, which is to be closed after it.

    :raises CannotOpen: it cannot be used, by this server, now.
    """
    make_directory(directory)
    lock = Lock(directory)
    try:
        with _opening(directory, durability) as database:
            upgrade(database.writer, database.path)
            _take_over(database)
        return database, lock
    except BaseException:
        lock.close()
        raise


def open_as_operator(directory: Path) -> Database:
    """The database, also while a server runs on it.

    :raises CannotOpen: it cannot be used, or is of an older schema and a server runs.
    """
    make_directory(directory)
    with _opening(directory, "full") as database:
        if version(database.writer) != len(steps()):
            _upgrade_unless_served(directory, database)
    return database


def _upgrade_unless_served(directory: Path, database: Database) -> None:
    lock = Lock(directory)
    try:
        upgrade(database.writer, database.path)
    finally:
        lock.close()


def _take_over(database: Database) -> None:
    """Begin where the last server ended.

    What others changed meanwhile of a record is read with the record.  Notes of another kind tell
    of one change alone, which the last server may have written over: they are still to be taken.
    """
    with database.writing() as db:
        close_all(db)
        db.execute("DELETE FROM change WHERE kind IN (SELECT kind FROM record)")


@contextmanager
def _opening(directory: Path, durability: Durability) -> Iterator[Database]:
    """A database that is looked over, and closed again if it turns out to be unusable."""
    path = directory / DATABASE
    make_file(path)
    database = Database(path, durability)
    try:
        check_health(database.writer, path)
        yield database
    except sqlite3.Error as error:
        database.close()
        raise why_not(path, error) from None
    except CannotOpen:
        database.close()
        raise
