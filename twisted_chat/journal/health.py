"""Whether a database is whole, as far as a start can wait for the answer."""

import sqlite3
import time
from pathlib import Path

from twisted_chat.journal.errors import damaged

CHECK_SECONDS = 0.5
"""How long a start looks for damage: what takes longer is for ``twisted-chat-admin check``."""

STEPS_BETWEEN_LOOKS = 1000
"""Steps of the database's machine between two looks at the clock: well under a millisecond."""


def check_health(db: sqlite3.Connection, path: Path) -> None:
    """Look for damage for a moment.

    :raises CannotOpen: there is some.
    """
    deadline = time.monotonic() + CHECK_SECONDS
    db.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
    try:
        (word,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return
    finally:
        db.set_progress_handler(None, 0)
    if word != "ok":
        raise damaged(path)
