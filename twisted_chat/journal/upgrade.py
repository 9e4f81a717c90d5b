"""The steps of the schema: each database is brought to the newest one, on a copy's safe side."""

import sqlite3
from importlib import resources
from pathlib import Path

from twisted_chat.journal import CannotOpen
from twisted_chat.journal.directory import make_file
from twisted_chat.journal.errors import damaged


def steps() -> list[str]:
    """The SQL of each step; a database at version N has had the first N of them."""
    folder = resources.files("twisted_chat.journal") / "schema"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return [file.read_text(encoding="utf-8") for file in files]


def version(db: sqlite3.Connection) -> int:
    """How many steps a database has had; 0 for an empty one."""
    (number,) = db.execute("PRAGMA user_version").fetchone()
    return int(number)


def upgrade(db: sqlite3.Connection, path: Path) -> None:
    """Bring a database to the newest version, all steps together or none; a copy of it stays.

    :raises CannotOpen: it is newer than this program, or another program's.
    """
    there, todo = version(db), steps()
    if not there and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise damaged(path)
    if there > len(todo):
        raise CannotOpen(
            f"{path} was written by a newer twisted_chat (schema {there}, this one knows"
            f" {len(todo)}): install that version, or restore a backup from before."
        )
    if there == len(todo):
        return
    if there:
        copy(db, path.with_name(f"{path.name}.v{there}.backup"))
    script = "\n".join([*todo[there:], f"PRAGMA user_version = {len(todo)};"])
    try:
        db.executescript(f"BEGIN IMMEDIATE;\n{script}\nCOMMIT;")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def copy(db: sqlite3.Connection, path: Path) -> None:
    """Copy a database as it is at this moment, for nobody else to read."""
    make_file(path)
    target = sqlite3.connect(path)
    try:
        db.backup(target)
    finally:
        target.close()
