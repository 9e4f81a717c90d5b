"""Why a journal cannot be opened, in words that say what to do."""

import shutil
import sqlite3
from pathlib import Path

from twisted_chat.journal import CannotOpen

LEAST_BYTES = 1 << 16
"""What a database needs beside itself to be opened at all."""


def damaged(path: Path) -> CannotOpen:
    """The file is not a database, or no whole one."""
    return CannotOpen(
        f"{path} is damaged, or no chat database: put a backup made with twisted-chat-admin in its"
        " place, or move the file away to begin with an empty one."
    )


def why_not(path: Path, error: sqlite3.Error) -> CannotOpen:
    """What a failure to open or read a database file means to its operator."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_IOERR and _is_full(path):
        # What it needs beside the file cannot be made.
        code = sqlite3.SQLITE_FULL
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return damaged(path)
    reasons = {
        sqlite3.SQLITE_READONLY: "cannot be written to: make it the server's own user's.",
        sqlite3.SQLITE_PERM: "cannot be written to: make it the server's own user's.",
        sqlite3.SQLITE_CANTOPEN: "cannot be opened: it has to be a file of the server's own user.",
        sqlite3.SQLITE_FULL: "cannot grow, as the disk is full: make room on it.",
        sqlite3.SQLITE_BUSY: "is in use by another program: end that first.",
    }
    return CannotOpen(f"{path} {reasons.get(code, f'cannot be read: {error}.')}")


def why_no_file(path: Path, error: OSError) -> CannotOpen:
    """What the system's refusal means to the operator."""
    if isinstance(error, FileNotFoundError):
        return CannotOpen(f"There is no directory {path.parent} to put {path.name} in: make it.")
    reason = error.strerror or "it cannot be used"
    return CannotOpen(f"{path}: {reason}. Choose a directory that the server's user may write to.")


def _is_full(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free < LEAST_BYTES
