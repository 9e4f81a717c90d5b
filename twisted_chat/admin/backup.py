"""The commands ``backup`` and ``check``: a copy of the database, and whether it is whole."""

import sqlite3
from argparse import Namespace
from pathlib import Path

from twisted_chat.admin.console import Console
from twisted_chat.admin.errors import Misused, Unable
from twisted_chat.admin.files import new_file
from twisted_chat.admin.place import opened
from twisted_chat.admin.progress import Meter
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.errors import why_not

FAULTS_SHOWN = 20
"""Things that are wrong with a database, as they are listed: all of them have the same cure."""


def backup(options: Namespace, console: Console) -> None:
    """Copy the database as it is at this moment.

    :raises Unable: the file may not be there, or cannot be written.
    """
    if options.file == "-":
        raise Misused("a backup is a file, and cannot go to standard output")
    path = Path(options.file)
    if path.resolve().parent == options.data.resolve():
        raise Unable("A backup in the data directory is lost with it: choose another place.")
    with opened(options.data) as store, new_file(path, force=options.force) as half:
        _copy(store, half, console)
    console.say(f"{path}: {path.stat().st_size:,} bytes.")


def _copy(store: AdminStore, half: Path, console: Console) -> None:
    with Meter(console, "Copying") as meter:
        try:
            store.backup(half, meter)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_FULL:
                raise
            raise why_not(half, error) from None


def check(options: Namespace, console: Console) -> int:
    """Say what is wrong with the database, and what to do; 1 if something is."""
    with opened(options.data) as store:
        with Meter(console, "Checking") as meter:
            meter.begin()
            wrong = store.check(meter)
        path = store.database.path
    if not wrong:
        console.say(f"{path} is whole.")
        return 0
    for line in wrong[:FAULTS_SHOWN]:
        console.say(line)
    if len(wrong) > FAULTS_SHOWN:
        console.say(f"and {len(wrong) - FAULTS_SHOWN:,} more")
    console.complain(f"{path} is damaged: end the server, and put a backup in its place.")
    return 1
