"""Undoing a commit of which nobody knows whether it is in the log of changes.

A commit writes to the log and syncs it.  Where the sync fails, so does the commit, and SQLite goes
on as if nothing were there: but a start after a crash reads the log, and finds it whole.
"""

import sqlite3

from twisted_chat.journal.connection import transaction


def overwrite_what_failed(db: sqlite3.Connection) -> None:
    """Put something harmless in its place, and have the log begin anew.

    :raises sqlite3.Error: what failed may still be there, or what was written since is not synced.
    """
    # It comes into its place though its own sync fails: what follows there fits no more.
    _write_anything(db)
    # A system may forget what it could not sync.  So nothing is built on it.
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("The log of changes is in use.")


def _write_anything(db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    with transaction(db):
        # What it is already: it is written all the same.
        db.execute(f"PRAGMA user_version = {version}")
