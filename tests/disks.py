"""Journals whose disk is slow, full or broken, as tests say."""

import resource
import sqlite3
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from journals import NOW, AtOnce, said
from twisted.internet.defer import Deferred, fail

from twisted_chat.events import Event
from twisted_chat.journal import Entry, Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.journal.sqlite import SqliteJournal


class SlowJournal(MemoryJournal):
    """A journal that writes when it is told to, as a disk does when it is ready.

    :param held: whether it waits to be told; else it writes at once.
    """

    def __init__(self, held: bool = True) -> None:
        super().__init__(lambda: 1.0)
        self.held = held
        self.given: list[list[Event]] = []
        self._writing: list[tuple[Deferred[list[Event]], Sequence[Entry], Sequence[Put]]] = []

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        """Take a batch, and hold it."""
        assert not self._writing
        self.given.append([entry.event for entry in entries])
        if not self.held:
            return super().commit(entries, puts)
        written: Deferred[list[Event]] = Deferred()
        self._writing.append((written, entries, puts))
        return written

    def write(self) -> None:
        """Put the batch that is held on record."""
        written, entries, puts = self._writing.pop()
        super().commit(entries, puts).addCallback(written.callback)

    def fail(self) -> None:
        """Fail to."""
        written, _, _ = self._writing.pop()
        written.errback(OSError("the disk is full"))


class RaisingJournal(MemoryJournal):
    """A journal with a fault: it does not even return."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        self._broken = True

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        """Raise, the first time."""
        if self._broken:
            self._broken = False
            raise OSError("the disk is gone")
        return super().commit(entries, puts, told=told)


class FullDisk(MemoryJournal):
    """A journal that fails while its disk is full."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        self.full = False

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        """Fail, or put it on record."""
        if self.full:
            return fail(OSError("no space left"))
        return super().commit(entries, puts, told=told)

    def changes(self) -> Deferred[list[Put]]:
        """Fail, or find nothing."""
        return fail(OSError("no space left")) if self.full else super().changes()


class RealJournal(SqliteJournal):
    """The journal on disk, in the thread of the test, whose disk can be made to fail."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda: NOW, "normal", AtOnce(), AtOnce())
        self._may_write = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        """Have no room for another page, and fill those that there are."""
        (pages,) = self._store.database.writer.execute("PRAGMA page_count").fetchone()
        self._set_most(pages)
        for size in (4000, 400, 40, 1):
            self._fill_with([said("x" * size, room="#full")])
            self._fill_with([], b"1" * size)

    def break_down(self) -> None:
        """Have every write fail."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, self._may_write[1]))

    def recover(self) -> None:
        """Have room, and work."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._may_write)
        self._set_most(1 << 30)

    def _set_most(self, pages: int) -> None:
        self._store.database.writer.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    def _fill_with(self, entries: Sequence[Entry], value: bytes = b"") -> None:
        for number in count():
            puts = [Put("full", f"{len(value)}-{number}", value)] if value else []
            try:
                self._store.commit(entries, puts, 0, NOW)
            except sqlite3.OperationalError:
                return
