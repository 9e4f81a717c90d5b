"""The command ``import``: what was exported, put on record."""

import os
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from time import time
from typing import BinaryIO

from twisted_chat.admin.carried import LINE_BYTES, Reader, WrongLine
from twisted_chat.admin.console import Console, counted
from twisted_chat.admin.errors import Unable
from twisted_chat.admin.place import alone, opened
from twisted_chat.admin.progress import Meter
from twisted_chat.journal import Entry
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.carrying import Inserted
from twisted_chat.journal.upkeep import Progress

WRONG_LINES_LISTED = 10
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
            raise Unable(f"{path} has to be a plain file: what comes slowly keeps others waiting.")
        with opened(options.data, new=True) as store, alone(options.data) as no_server:
            arriving = Arriving(file, None if no_server else EVENTS_BESIDE_A_SERVER)
            done = _insert(store, arriving, path, console)
    console.say(
        f"{counted(done.kept + done.renumbered, 'event')} imported, {done.renumbered:,} under a new"
        f" number; {done.there:,} had been there."
    )


def _insert(store: AdminStore, arriving: "Arriving", path: Path, console: Console) -> Inserted:
    try:
        with Meter(console, "Looking") as looking, Meter(console, "Importing") as meter:
            return store.insert(arriving.entries(meter), looking)
    except WrongFile as why:
        for line in arriving.wrong:
            console.tell(line)
        raise Unable(f"Nothing was imported of {path}: {why}") from None
    except OSError as error:
        raise Unable(f"Nothing was imported of {path}: {error.strerror}.") from None


class WrongFile(Exception):
    """A file of which nothing can be imported; the text says why."""


class Arriving:
    """The entries in a file, as they are read.

    :param most: how many there may be at most, if that matters.
    """

    def __init__(self, file: BinaryIO, most: int | None) -> None:
        self._file = file
        self._most = most
        self.wrong: list[str] = []
        """What is wrong with the first lines that are."""

    def entries(self, progress: Progress) -> Iterator[Entry]:
        """The entries; what is wrong with a line is noted, and told in the end.

        :raises WrongFile: there were wrong lines, or there is too much.
        """
        reader = Reader(time())
        size = os.fstat(self._file.fileno()).st_size
        for count, (number, line) in enumerate(self._lines()):
            if count == self._most:
                raise WrongFile(
                    f"while a server runs, a file may have {count:,} events. End the server, or"
                    " split the file."
                )
            try:
                yield reader.read(line)
            except WrongLine as why:
                self.wrong.append(f"line {number}: {why}")
            if len(self.wrong) == WRONG_LINES_LISTED:
                raise WrongFile("these lines are wrong, and perhaps more.")
            progress(self._file.tell(), size)
        if self.wrong:
            raise WrongFile("these lines are wrong." if self.wrong[1:] else "this line is wrong.")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines with their numbers, but for empty ones; of a long one no more than its head."""
        number = 0
        while line := self._file.readline(LINE_BYTES + 1):
            number += 1
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = self._file.readline(LINE_BYTES)
            if line.strip():
                yield number, line
