"""The data directory: made where it is missing, for nobody else to read, and for one server."""

import fcntl
import os
from pathlib import Path

from twisted_chat.journal import CannotOpen
from twisted_chat.journal.errors import why_no_file

DATABASE = "chat.db"
"""The database, in the data directory."""

LOCK = "lock"
"""The file that a server holds for as long as it runs."""


class Lock:
    """What makes a server the only one on its data directory, until it ends or lets go.

    :raises CannotOpen: another one holds it, or the directory cannot be written to.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / LOCK
        try:
            self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise why_no_file(path, error) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise CannotOpen(
                f"Another server runs on {directory}: end it, or choose another --data."
            ) from None

    def close(self) -> None:
        """Let another one have it."""
        os.close(self._file)


def make_directory(directory: Path) -> None:
    """Make the data directory, if it is not there.

    :raises CannotOpen: it cannot be made.
    """
    try:
        directory.mkdir(0o700)
    except FileExistsError:
        if not directory.is_dir():
            raise CannotOpen(f"{directory} is a file: choose a directory for --data.") from None
    except OSError as error:
        raise why_no_file(directory, error) from None


def make_file(path: Path) -> None:
    """Make a file that only its owner reads, if it is not there.

    :raises CannotOpen: it cannot be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise why_no_file(path, error) from None
