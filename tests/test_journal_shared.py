"""One page of the past for all who ask for the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from journals import EVER, LOBBY, AtOnce, Moment, commit, deleted, joined, result, said, texts
from twisted.internet.defer import Deferred

from twisted_chat.journal import Page, Scope
from twisted_chat.journal.shared import SharedPage
from twisted_chat.journal.sqlite import SqliteJournal


class Counting(AtOnce):
    """Does work at once, and counts it."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        self.done += 1
        return super().__call__(function, *args, **kwargs)


class Reading:
    """Pages that are read when the test says so."""

    def __init__(self) -> None:
        self.begun: list[Deferred[Page]] = []

    def __call__(self) -> Deferred[Page]:
        self.begun.append(Deferred())
        return self.begun[-1]


@pytest.fixture
def reading() -> Reading:
    """Nothing is read yet."""
    return Reading()


def answers(asked: Deferred[Page]) -> list[Any]:
    """What somebody who asked is told, when it is there."""
    told: list[Any] = []
    asked.addBoth(told.append)
    return told


def test_reads_once_for_all_who_ask_for_the_same(reading: Reading) -> None:
    """While it is read, and after that."""
    shared, page = SharedPage(), Page([], False)
    early = [answers(shared.ask("lobby", reading)) for _ in range(3)]
    assert early == [[], [], []]
    reading.begun[0].callback(page)
    late = answers(shared.ask("lobby", reading))
    assert ([*early, late], len(reading.begun)) == ([[page]] * 4, 1)


def test_reads_anew_what_is_another(reading: Reading) -> None:
    """Each hears what was asked for, though the other is read last."""
    shared, lobby, dev = SharedPage(), Page([], False), Page([], True)
    first, second = (answers(shared.ask(room, reading)) for room in ("lobby", "dev"))
    reading.begun[1].callback(dev)
    reading.begun[0].callback(lobby)
    assert [first, second, answers(shared.ask("dev", reading))] == [[lobby], [dev], [dev]]


def test_reads_anew_what_may_have_changed(reading: Reading) -> None:
    """Who asked before has what there was then; who asks later has what there is."""
    shared, old, new = SharedPage(), Page([], False), Page([], True)
    before = answers(shared.ask("lobby", reading))
    shared.forget()
    after = answers(shared.ask("lobby", reading))
    reading.begun[1].callback(new)
    reading.begun[0].callback(old)
    assert [before, after, answers(shared.ask("lobby", reading))] == [[old], [new], [new]]


def test_tells_all_that_it_cannot_be_read_and_tries_again(reading: Reading) -> None:
    """A disk that failed once may be well the next time."""
    shared, page = SharedPage(), Page([], False)
    told = [answers(shared.ask("lobby", reading)) for _ in range(2)]
    reading.begun[0].errback(OSError("unreadable"))
    assert [str(failure.value) for (failure,) in told] == ["unreadable"] * 2
    again = answers(shared.ask("lobby", reading))
    reading.begun[1].callback(page)
    assert again == [page]


def test_shows_what_is_on_record_whatever_was_shown_before(tmp_path: Path) -> None:
    """Of a journal on disk: who comes is no change of the past, all else is."""
    readers, seen = Counting(), []
    journal = SqliteJournal(tmp_path / "data", Moment(), "normal", AtOnce(), readers)
    for change in (said("one"), joined("g:kim"), said("two"), deleted(1)):
        commit(journal, change)
        seen.append(texts(result(journal.past(LOBBY, upto=EVER, most=9)).events))
    elsewhere = texts(result(journal.past(Scope(["#dev"]), upto=EVER, most=9)).events)
    result(journal.close())
    assert seen == [["one"], ["one"], ["one", "two"], ["two", ""]]
    assert (elsewhere, readers.done) == ([], 4)
