"""What an operator does with a data directory, also while a server runs on it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted_chat.journal import Entry, Put
from twisted_chat.journal.carrying import PIECE_ROWS, Arrival, Inserted, entries, pieces
from twisted_chat.journal.erasing import erase, leave_no_trace
from twisted_chat.journal.forgetting import forget_person, said_before, said_by, stale_ids
from twisted_chat.journal.opening import open_as_operator
from twisted_chat.journal.state import put_from_outside
from twisted_chat.journal.store import Store
from twisted_chat.journal.upkeep import Progress, backup, check, unheard
from twisted_chat.journal.words import mend
from twisted_chat.journal.writing import newest


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

    def check(self, progress: Progress = unheard) -> list[str]:
        """What is wrong with the database, a line for each thing; nothing if it is whole.

        A copy is looked at, beside the database, so that a server need not wait meanwhile.
        """
        with TemporaryDirectory(dir=self.database.path.parent) as folder:
            copied = Path(folder, self.database.path.name)
            self.backup(copied)
            return check(copied, progress)

    def export(self, rooms: Collection[str] | None = None) -> Iterator[Entry]:
        """The record in order, up to now: of these rooms, or of all."""
        wanted = None if rooms is None else {mend(room) for room in rooms}
        with self.database.reading() as db:
            seq, (last, _) = 0, newest(db)
        while piece := self._entries(seq, last):
            yield from (entry for entry in piece if wanted is None or entry.room in wanted)
            seq = piece[-1].event.seq

    def insert(self, entries: Iterable[Entry]) -> Inserted:
        """Put on record what comes from elsewhere; what is there, or was deleted here, is passed.

        An event keeps its number, or becomes the newest where something else has it.
        """
        done = Inserted()
        for piece in pieces(entries):
            with self.database.writing() as db:
                done += Arrival(db, self.keys).insert(piece)
        return done

    def purge(self, before: float, room: str | None, progress: Progress = unheard) -> int:
        """Forget what was said before then, in a room, or anywhere for None; how much it was."""
        with self.database.reading() as db:
            seqs = said_before(db, before, room)
        gone = self._erase(seqs, progress)
        self._forget_ids(before)
        return gone

    def remove_said_by(self, identity: str, progress: Progress = unheard) -> int:
        """Forget all that somebody said, and how far they had heard; how much they had said."""
        with self.database.reading() as db:
            seqs = said_by(db, identity)
        with self.database.writing() as db:
            forget_person(db, identity)
        return self._erase(seqs, progress)

    def _entries(self, after: int, upto: int) -> list[Entry]:
        with self.database.reading() as db:
            return entries(db, after, upto)

    def _forget_ids(self, before: float) -> None:
        with self.database.reading() as db:
            stale = stale_ids(db, before)
        for start in range(0, len(stale), PIECE_ROWS):
            with self.database.writing() as db:
                piece = stale[start : start + PIECE_ROWS]
                db.executemany("DELETE FROM sent WHERE actor = ? AND once = ?", piece)

    def _erase(self, seqs: Sequence[int], progress: Progress) -> int:
        gone = 0
        for start in range(0, len(seqs), PIECE_ROWS):
            with self.database.writing() as db:
                gone += erase(db, seqs[start : start + PIECE_ROWS])
            progress(min(start + PIECE_ROWS, len(seqs)), len(seqs))
        leave_no_trace(self.database.writer)
        return gone
