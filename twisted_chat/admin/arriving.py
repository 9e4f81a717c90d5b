"""A file of lines of JSON, as it is read for an import."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from twisted_chat.admin.carried import LINE_BYTES, Reader, WrongLine
from twisted_chat.admin.errors import Unable
from twisted_chat.journal import Entry
from twisted_chat.journal.upkeep import Progress


class Arriving:
    """The entries in a file, which is read as often as is asked for them.

    :param now: seconds since 1970.
    """

    def __init__(self, file: BinaryIO, now: float) -> None:
        self._file = file
        self._reader = Reader(now)
        self.wrong: list[str] = []
        """What is wrong with each line that is."""

    def entries(self, progress: Progress) -> Iterator[Entry]:
        """The entries; what is wrong is noted, and passed."""
        size = os.fstat(self._file.fileno()).st_size
        for number, line in self._lines():
            try:
                yield self._reader.read(line)
            except WrongLine as why:
                self.wrong.append(f"line {number}: {why}")
            progress(self._file.tell(), size)

    def again(self) -> Iterator[Entry]:
        """The entries, once no line is wrong.

        :raises Unable: one is so by now.
        """
        for number, line in self._lines():
            try:
                yield self._reader.read(line)
            except WrongLine as why:
                raise Unable(f"The file has changed: line {number}: {why}.") from None

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines with their numbers, but for empty ones; of a long one no more than its head."""
        self._file.seek(0)
        number = 0
        while line := self._file.readline(LINE_BYTES + 1):
            number += 1
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = self._file.readline(LINE_BYTES)
            if line.strip():
                yield number, line
