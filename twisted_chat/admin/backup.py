"""The commands ``backup`` and ``check``: a copy of the database, and whether it is whole."""

import errno
import sqlite3
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import msgspec

from twisted_chat.accounts.account import Account, Administered, Code, Token
from twisted_chat.accounts.book import ACCOUNT, ADMINISTERED
from twisted_chat.accounts.codes import CODE
from twisted_chat.accounts.tokens import TOKEN
from twisted_chat.admin.console import NAME, Console
from twisted_chat.admin.errors import Misused, Unable
from twisted_chat.admin.files import new_file
from twisted_chat.admin.place import opened
from twisted_chat.admin.progress import Meter
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.upkeep import FAULTS_LISTED, faults
from twisted_chat.registry import ROOM, RULINGS
from twisted_chat.rooms import Founded
from twisted_chat.rulings import Rulings

FORMS = {
    ACCOUNT: Account,
    ADMINISTERED: Administered,
    CODE: Code,
    TOKEN: Token,
    ROOM: Founded,
    RULINGS: Rulings,
}
"""What the records are."""

CANNOT_WRITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
"""What is wrong with the copy's disk: the database is only read."""


def backup(options: Namespace, console: Console) -> None:
    """Copy the database as it is at this moment.

    :raises Unable: the file may not be there, or cannot be written.
    """
    if options.file == "-":
        raise Misused("a backup is a file, and cannot go to standard output", f"{NAME} backup")
    path = Path(options.file)
    if path.resolve().parent == options.data.resolve():
        raise Unable("A backup in the data directory is lost with it: choose another place.")
    with opened(options.data) as store, new_file(path, force=options.force) as half:
        _copy(store, half, console)
    console.say(f"{path}: {path.stat().st_size:,} bytes.")


def _copy(store: AdminStore, half: Path, console: Console) -> None:
    try:
        with Meter(console, "Copying") as meter:
            store.backup(half, meter)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in CANNOT_WRITE:
            raise OSError(errno.EIO, "the disk is full, or fails") from None
        raise


def check(options: Namespace, console: Console) -> int:
    """Say what is wrong with the database, and what to do; 1 if something is."""
    with opened(options.data) as store:
        wrong = _faults(store, console) or [*_unreadable(store)]
        path = store.database.path
    if not wrong:
        console.say(f"{path} is whole.")
        return 0
    for line in wrong[:FAULTS_LISTED]:
        console.say(line)
    if len(wrong) >= FAULTS_LISTED:
        console.say("and perhaps more")
    console.complain(f"{path} is damaged: end the server, and put a backup in its place.")
    return 1


def _faults(store: AdminStore, console: Console) -> list[str]:
    with Meter(console, "Checking") as meter, store.copied(meter) as copy:
        meter.begin()
        return faults(copy, meter)


def _unreadable(store: AdminStore) -> Iterator[str]:
    """Which records no server could start with."""
    for kind, key, value in store.records():
        try:
            msgspec.json.decode(value, type=FORMS.get(kind, msgspec.Raw))
        except (msgspec.DecodeError, UnicodeDecodeError) as why:
            yield f"the {kind} {key!r} cannot be read: {why}"
