"""The command ``import``: what was exported, put on record."""

import os
from argparse import Namespace
from pathlib import Path
from stat import S_ISREG
from time import time

from twisted_chat.admin.arriving import Arriving
from twisted_chat.admin.bringing import bring
from twisted_chat.admin.console import Console
from twisted_chat.admin.errors import Unable
from twisted_chat.admin.place import alone, opened
from twisted_chat.admin.progress import Meter
from twisted_chat.journal.carrying import Inserted

WRONG_LINES_SHOWN = 10
"""Lines that are named as wrong: a file that is something else is wrong in all of them."""

EVENTS_BESIDE_A_SERVER = 10_000
"""Events that are imported while a server runs: as all are put on record at once, nobody else is
heard meanwhile, for about a second."""


def import_file(options: Namespace, console: Console) -> None:
    """Put on record what a file brings, all of it or, where a line is wrong, nothing.

    :raises Unable: it is no such file, a line is wrong, or a server runs and there is too much.
    """
    path = Path(options.file)
    with path.open("rb") as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unable(f"{path} has to be a plain file, as it is read twice.")
        arriving = Arriving(file, time())
        count = _checked(arriving, path, console)
        done = _bring(arriving, count, options.data, console)
    console.say(
        f"{done.kept + done.renumbered:,} events imported, {done.renumbered:,} of them under new"
        f" numbers; {done.there:,} were there."
    )


def _checked(arriving: Arriving, path: Path, console: Console) -> int:
    """How many events there are, as no line is wrong."""
    with Meter(console, "Reading") as meter:
        count = sum(1 for _ in arriving.entries(meter))
    for line in arriving.wrong[:WRONG_LINES_SHOWN]:
        console.tell(line)
    if arriving.wrong:
        lines = f"{len(arriving.wrong):,} lines" if len(arriving.wrong) > 1 else "a line"
        raise Unable(f"Nothing was imported: {lines} of {path} cannot be.")
    return count


def _bring(arriving: Arriving, count: int, directory: Path, console: Console) -> Inserted:
    with opened(directory, new=True) as store, alone(directory) as no_server:
        if count > EVENTS_BESIDE_A_SERVER and not no_server:
            raise Unable(
                f"While a server runs, a file may have {EVENTS_BESIDE_A_SERVER:,} events, and this"
                f" one has {count:,}: end the server, or split the file."
            )
        with Meter(console, "Importing") as meter:
            return bring(store, arriving.again(), lambda done: meter(done, count))
