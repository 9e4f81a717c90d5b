"""The journal on disk: one thread writes its database, and others read it."""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from twisted.internet.defer import Deferred, fail, succeed

from twisted_chat.events import Event
from twisted_chat.journal import Durability, Entry, Found, Missed, Page, Put, Scope
from twisted_chat.journal.shared import SharedPage
from twisted_chat.journal.spans import Span
from twisted_chat.journal.store import Store

if TYPE_CHECKING:
    from twisted_chat.threads import Work

P = ParamSpec("P")
T = TypeVar("T")


class SqliteJournal:
    """A journal in a data directory, which is its alone until it is closed.

    :param time: the seconds since 1970 (UTC).
    :param durability: what a commit survives.
    :param writer: does one thing at a time, in order; the journal stops it.
    :param readers: do several at a time; the journal stops them.
    :raises CannotOpen: the directory cannot be used.
    """

    def __init__(
        self,
        directory: Path,
        time: Callable[[], float],
        durability: Durability,
        writer: "Work",
        readers: "Work",
    ) -> None:
        self._store = Store.open(directory, durability)
        self._time = time
        self._write = writer
        self._read = readers
        self._shared = SharedPage()
        self._open = True

    @property
    def last(self) -> int:
        """The highest number given so far."""
        return self._store.last

    @property
    def latest(self) -> float:
        """The time of the newest batch."""
        return self._store.latest

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        """Put a batch on record, all of it or nothing."""
        written = self._write(self._store.commit, entries, puts, told, self._time())
        if puts or any(entry.event.kept for entry in entries):
            written.addBoth(self._changed)
        return written

    def past(
        self,
        scope: Scope,
        *,
        upto: int,
        after: int = 0,
        since: float = 0,
        most: int,
        oldest: bool = False,
    ) -> Deferred[Page]:
        """The newest events of a scope, or the oldest."""
        span = Span(upto, after, since)
        return self._shared.ask(
            (tuple(scope.rooms), scope.identity, span, most, oldest),
            lambda: self._read(self._store.past, scope, span, most, oldest),
        )

    def around(self, seq: int, scope: Scope, *, upto: int, most: int) -> Deferred[Page]:
        """An event with those around it."""
        return self._read(self._store.around, seq, scope, upto, most)

    def search(
        self,
        text: str,
        scope: Scope,
        *,
        who: str = "",
        after: int = 0,
        since: float = 0,
        upto: int,
        most: int,
    ) -> Deferred[Found]:
        """What was said with this text in it."""
        return self._read(self._store.search, text, scope, who, Span(upto, after, since), most)

    def entry(self, seq: int) -> Deferred[Entry | None]:
        """The event of that number, with who did it."""
        return self._read(self._store.entry, seq)

    def sent(self, actor: str, once: str) -> Deferred[int]:
        """The number of what was sent with that id."""
        return self._read(self._store.sent, actor, once)

    def heard(self, identity: str) -> Deferred[dict[str, int]]:
        """How far an account has heard each of its rooms."""
        return self._read(self._store.heard, identity)

    def missed(self, identity: str, name: str, *, upto: int, most: int) -> Deferred[Missed]:
        """What is new to an account."""
        return self._read(self._store.missed, identity, name, upto, most)

    def audit(
        self, rooms: Collection[str] | None, *, upto: int, most: int
    ) -> Deferred[list[Entry]]:
        """The newest acts of moderation."""
        return self._read(self._store.audit, rooms, upto, most)

    def forget(self, rooms: Collection[str], before: float) -> Deferred[int]:
        """Delete what was said in these rooms before then, while others write."""
        return Deferred.fromCoroutine(self._forget(list(rooms), before))

    def records(self) -> list[tuple[str, str, bytes]]:
        """All durable state, at once."""
        return self._store.records()

    def changes(self) -> Deferred[list[Put]]:
        """What another process has changed of it."""
        # Not all that another process does is told here: after a purge, pages are others.
        self._changed()
        looked: Deferred[bool] = self._read(self._store.has_changes)
        return looked.addCallback(self._take_changes)

    def close(self, *, told: int = 0) -> Deferred[None]:
        """Let go of threads and file, after what they were given is done."""
        return Deferred.fromCoroutine(self._close(told))

    async def _forget(self, rooms: list[str], before: float) -> int:
        forgotten = 0
        while self._open:
            gone = await self._write(self._store.forget_some, rooms, before)
            self._shared.forget()
            if not gone:
                break
            forgotten += gone
        return forgotten

    def _changed(self, result: T | None = None) -> T | None:
        """The record is another now; who reads it anew, sees that."""
        self._shared.forget()
        return result

    def _take_changes(self, there: bool) -> Deferred[list[Put]]:
        return self._write(self._store.take_changes) if there and self._open else succeed([])

    async def _close(self, told: int) -> None:
        if not self._open:
            return
        self._open = False
        # Its turn comes when all that was given before is written.
        with suppress(sqlite3.Error):
            await self._write(self._store.commit, (), (), told, self._time())
        for work in (self._read, self._write):
            work.stop()
        self._read = self._write = _Closed()
        self._store.close()


class _Closed:
    """Does nothing any more: the directory may be another server's by now."""

    def __call__(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        return fail(sqlite3.ProgrammingError("The journal is closed."))

    def stop(self) -> None:
        """It has."""
