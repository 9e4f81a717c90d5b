"""What an operator does with a data directory, also while a server runs on it."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time

from twisted_chat.journal import Entry, Put
from twisted_chat.journal.carrying import (
    PIECE_ROWS,
    Arrival,
    Inserted,
    content,
    entries,
    everything,
)
from twisted_chat.journal.erasing import erase, leave_no_trace
from twisted_chat.journal.forgetting import (
    forget_person,
    forget_words,
    said_before,
    said_by,
    stale_ids,
)
from twisted_chat.journal.kept import Keys
from twisted_chat.journal.opening import open_as_operator
from twisted_chat.journal.state import note, put_from_outside, records_of
from twisted_chat.journal.store import Store
from twisted_chat.journal.upkeep import Progress, backup, unheard
from twisted_chat.journal.words import mend
from twisted_chat.journal.writing import Batch, newest

TRIES_TO_EMPTY = 100
"""For the log of changes: who reads does so for milliseconds, but one may come after another."""

TRY_SECONDS = 0.05
"""Between two of them."""


class Turn:
    """One's turn at the record, which nobody else changes meanwhile."""

    def __init__(self, db: sqlite3.Connection, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    def records(self, kind: str) -> dict[str, bytes]:
        """The durable state of a kind, by its keys, in order."""
        return records_of(self._db, kind)

    def change(self, kept: Put, told: Put, entry: Entry) -> None:
        """Change a piece of it, and have that on record.

        :param told: what a server that runs is told of it, which may know of more by now.
        """
        Batch(self._db, self._keys, time()).write([entry], [kept], 0)
        note(self._db, told)


class AdminStore(Store):
    """A store that is no server's: what it changes, the server hears of."""

    @classmethod
    def open_for_admin(cls, directory: Path) -> "AdminStore":
        """The store of a directory; one of an older schema is upgraded, unless a server runs on it.

        :raises CannotOpen: it cannot be used, now.
        """
        return cls(open_as_operator(directory))

    def put_from_outside(self, puts: Sequence[Put]) -> None:
        """Change durable state; a server that runs hears of it by `Journal.changes`."""
        with self.database.writing() as db:
            put_from_outside(db, puts)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """What is changed in it is there as a whole afterwards, or not at all."""
        with self.database.writing() as db:
            yield Turn(db, self.keys)

    def rooms(self) -> list[str]:
        """What there is on record under, `PRIVATE` and `SERVER` among it."""
        with self.database.reading() as db:
            return [room for (room,) in db.execute("SELECT DISTINCT room FROM event ORDER BY room")]

    def backup(self, path: Path, progress: Progress = unheard) -> None:
        """Copy the database as it is at this moment into a new file, for nobody else to read.

        :raises FileExistsError: there is a file already.
        """
        with self.database.reading() as db:
            backup(db, path, progress)

    @contextmanager
    def copied(self, progress: Progress = unheard) -> Iterator[Path]:
        """A copy beside the database, to be looked at while nobody waits, and gone afterwards."""
        with TemporaryDirectory(dir=self.database.path.parent, prefix=".copy-") as folder:
            path = Path(folder, self.database.path.name)
            self.backup(path, progress)
            yield path

    def export(self, places: Collection[str] | None = None) -> Iterator[Entry]:
        """The record in order, up to now: of these places, or of all."""
        wanted = None if places is None else {mend(place) for place in places}
        for entry in self._everything():
            if wanted is None or entry.room in wanted:
                yield entry

    def insert(self, arriving: Iterable[Entry], looking: Progress = unheard) -> Inserted:
        """Put on record what comes from elsewhere, all of it or nothing; see `Arrival`.

        :param looking: is told how far it has looked at what is there, before it keeps others out.
        """
        there: set[int] = set()
        last = 0
        for entry in self._everything():
            last = entry.event.seq
            there.add(content(entry))
            looking(last, self.last)
        with self.database.writing() as db:
            since = everything(lambda seq: entries(db, seq, newest(db)[0]), last)
            there.update(map(content, since))
            arrival = Arrival(db, self.keys, there)
            arrival.insert(arriving)
        self._leave_no_trace()
        return arrival.done

    def said_before(self, before: float, places: Collection[str] | None = None) -> list[int]:
        """The numbers of what was said before then, in some places, or everywhere and alone."""
        with self.database.reading() as db:
            return said_before(db, before, places)

    def purge(
        self, before: float, places: Collection[str] | None = None, progress: Progress = unheard
    ) -> int:
        """Forget what was said before then, in some places, or everywhere; how much it was."""
        gone = self._erase(self.said_before(before, places), progress)
        self._forget_ids(before)
        return gone

    def remove_said_by(self, identity: str, progress: Progress = unheard) -> int:
        """Forget all that somebody said, and how far they had heard; how much they had said."""
        with self.database.reading() as db:
            seqs = said_by(db, identity)
        with self.database.writing() as db:
            forget_person(db, identity)
        return self._erase(seqs, progress)

    def _everything(self) -> Iterator[Entry]:
        with self.database.reading() as db:
            last, _ = newest(db)
        # A piece at a time, as a long look at one moment would keep the log of changes from ending.
        yield from everything(lambda seq: self._entries(seq, last))

    def _entries(self, after: int, upto: int) -> list[Entry]:
        with self.database.reading() as db:
            return entries(db, after, upto)

    def _forget_ids(self, before: float) -> None:
        with self.database.reading() as db:
            stale = stale_ids(db, before)
        for start in range(0, len(stale), PIECE_ROWS):
            with self._in_turn() as db:
                piece = stale[start : start + PIECE_ROWS]
                db.executemany("DELETE FROM sent WHERE actor = ? AND once = ?", piece)

    def _erase(self, seqs: Sequence[int], progress: Progress) -> int:
        gone = 0
        try:
            for start in range(0, len(seqs), PIECE_ROWS):
                with self._in_turn() as db:
                    gone += erase(db, seqs[start : start + PIECE_ROWS])
                progress(min(start + PIECE_ROWS, len(seqs)), len(seqs))
        finally:
            if gone:
                self._forget_words()
        return gone

    def _forget_words(self) -> None:
        more = begin = True
        while more:
            with self._in_turn() as db:
                more, begin = forget_words(db, begin=begin), False
        self._leave_no_trace()

    @contextmanager
    def _in_turn(self) -> Iterator[sqlite3.Connection]:
        """Write a piece, and then let others write for as long as that took.

        A server that waits looks again after about as long as it has waited by then.
        """
        begun = monotonic()
        with self.database.writing() as db:
            yield db
        sleep(monotonic() - begun)

    def _leave_no_trace(self) -> None:
        """Empty the log of changes, in a moment in which nobody reads or writes."""
        with suppress(sqlite3.Error):
            for _ in range(TRIES_TO_EMPTY):
                if leave_no_trace(self.database.writer):
                    return
                sleep(TRY_SECONDS)
