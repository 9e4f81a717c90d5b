"""The data directory that a command works on, and whether a server does so, too."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdirs import user_state_path

from twisted_chat.journal import CannotOpen
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.directory import DATABASE, Lock
from twisted_chat.journal.errors import why_not

TAKEN_SECONDS = 5
"""A server looks for changes every second: one that has not by then hangs, or is at its end."""

LOOK_SECONDS = 0.05
"""Between two looks whether it has."""


def default_data() -> Path:
    """Where the server keeps the chat, too: systemd's state directory, or the user's own."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else user_state_path("twisted_chat")


@contextmanager
def opened(directory: Path, *, new: bool = False) -> Iterator[AdminStore]:
    """What is kept in a directory.

    :param new: whether an empty one is made where there is none.
    :raises CannotOpen: it cannot be used, or the disk fails meanwhile.
    """
    path = directory / DATABASE
    if new:
        _make_way(directory)
    elif not path.exists():
        raise CannotOpen(f"There is no chat in {directory}: say with --data where it is.")
    try:
        store = AdminStore.open_for_admin(directory)
        try:
            yield store
        finally:
            store.close()
    except sqlite3.Error as error:
        raise why_not(path, error) from None


@contextmanager
def alone(directory: Path) -> Iterator[bool]:
    """Whether no server runs on a directory; none starts meanwhile."""
    try:
        lock = Lock(directory)
    except CannotOpen:
        yield False
        return
    try:
        yield True
    finally:
        lock.close()


def wait_until_taken(store: AdminStore) -> bool:
    """Wait until the server on the directory has taken over what was changed; whether it has."""
    deadline = time.monotonic() + TAKEN_SECONDS
    while store.has_changes():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _make_way(directory: Path) -> None:
    if directory == default_data():
        # The user's own state directory may be the first of its kind.
        with suppress(OSError):
            directory.parent.mkdir(0o700, parents=True, exist_ok=True)
