"""Journals to test, and short ways to write and read them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from twisted.internet.defer import Deferred, maybeDeferred

from twisted_chat import events
from twisted_chat.events import Event
from twisted_chat.journal import Durability, Entry, Journal, Scope, indexing, looking
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.journal.sqlite import SqliteJournal

P = ParamSpec("P")
T = TypeVar("T")

KINDS = ("memory", "disk", "indexed")
"""Those that there are; the last has everything in its index at once."""

NOW = 1_700_000_000.0
EVER = 1 << 62
"""A number that no event has reached."""

ALEX, SAM, KIM = "a:alex", "a:sam", "g:kim"
"""Two with accounts, and a guest."""

LOBBY = Scope(["#lobby"])


class AtOnce:
    """Does work in the thread that asks for it, before it returns."""

    def __call__(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        done: Deferred[T] = maybeDeferred(function, *args, **kwargs)
        return done

    def stop(self) -> None:
        """There is nothing to stop."""


class Moment:
    """The time, which stands still until it is set."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def result(of: Deferred[T]) -> T:
    """What a Deferred has fired with, or raises what it has failed with."""
    results: list[T] = []
    failures: list[BaseException] = []
    of.addCallbacks(results.append, lambda failure: failures.append(failure.value))
    if failures:
        raise failures[0]
    (value,) = results
    return value


def on_disk(
    folder: Path, time: Callable[[], float] = lambda: NOW, durability: Durability = "normal"
) -> SqliteJournal:
    """A journal in a folder, that works in the thread of the test."""
    return SqliteJournal(folder, time, durability, AtOnce(), AtOnce())


@contextmanager
def opened(kind: str, folder: Path, time: Callable[[], float]) -> Iterator[Journal]:
    """A journal of one of the `KINDS`, closed in the end."""
    journal: Journal = MemoryJournal(time) if kind == "memory" else on_disk(folder, time)
    with indexed_after(1, few=0) if kind == "indexed" else nullcontext():
        yield journal
        result(journal.close())


@contextmanager
def indexed_after(rows: int, few: int) -> Iterator[None]:
    """Have few events do what takes thousands: they go to the index, and are looked up there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexing, "PIECE_ROWS", rows)
        patch.setattr(looking, "FEW_ROWS", few)
        yield


def commit(journal: Journal, *batch: Entry | Event) -> list[Event]:
    """Put a batch on record; the events as they came back."""
    entries = [one if isinstance(one, Entry) else Entry(one) for one in batch]
    return result(journal.commit(entries))


def said(
    text: str, actor: str = "g:amy", room: str = "#lobby", *, once: str = "", place: str = ""
) -> Entry:
    """Somebody says something in a room."""
    event = events.Said(room=room, who=name(actor), text=text)
    return Entry(event, actor, once=once, room=place)


def told(text: str, actor: str = "g:amy", to: str = ALEX, *, once: str = "") -> Entry:
    """Somebody says something to somebody alone."""
    return Entry(events.Told(who=name(actor), to=name(to), text=text), actor, to, once=once)


def joined(actor: str, room: str = "#lobby") -> Entry:
    """Somebody comes into a room."""
    return Entry(events.Joined(room=room, who=name(actor)), actor)


def left(actor: str, room: str = "") -> Entry:
    """Somebody leaves a room, or the chat."""
    return Entry(events.Left(room=room, who=name(actor)), actor)


def deleted(of: int, room: str = "#lobby", actor: str = "g:amy", concerns: str = "") -> Entry:
    """Somebody deletes an event; one that was told alone, where no room is given."""
    return Entry(events.Deleted(of=of, who="amy", by="amy", room=room), actor, concerns)


def name(identity: str) -> str:
    """What somebody is called, in these tests."""
    return identity.partition(":")[2]


def texts(of: Sequence[Event]) -> list[str]:
    """What was said in these events."""
    return [getattr(event, "text", "") for event in of]
