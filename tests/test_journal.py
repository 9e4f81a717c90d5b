"""The ordered record of what happened, as every implementation has to keep it."""

import pytest
from twisted.internet.defer import Deferred

from twisted_chat import events
from twisted_chat.events import Event
from twisted_chat.journal import Journal
from twisted_chat.journal.memory import MemoryJournal

HI = events.Said(room="#lobby", who="Alex", text="hi")
HERE = events.Joined(room="#lobby", who="Alex")
NOW = 1_700_000_000.12345


@pytest.fixture
def journal() -> Journal:
    """The one in memory, at a moment that stands still."""
    return MemoryJournal(lambda: NOW)


def test_numbers_what_is_kept_in_order(journal: Journal) -> None:
    """From one, and on through all batches."""
    batches = [_committed(journal, HI, HI), _committed(journal), _committed(journal, HI)]
    assert [[event.seq for event in batch] for batch in batches] == [[1, 2], [], [3]]


def test_gives_no_number_to_what_passes(journal: Journal) -> None:
    """Numbers have no gaps."""
    batch = _committed(journal, HI, HERE, HI)
    assert [event.seq for event in batch] == [1, 0, 2]


def test_dates_every_event_of_a_batch_with_one_moment(journal: Journal) -> None:
    """To the millisecond, since the epoch."""
    assert {event.time for event in _committed(journal, HI, HERE)} == {1_700_000_000.123}


def test_gives_the_events_back_as_they_were(journal: Journal) -> None:
    """In the same order, and with nothing changed but time and number."""
    time = round(NOW, 3)
    assert _committed(journal, HERE, HI) == [
        events.Joined(room="#lobby", who="Alex", time=time),
        events.Said(room="#lobby", who="Alex", text="hi", time=time, seq=1),
    ]


def _committed(journal: Journal, *batch: Event) -> list[Event]:
    done: Deferred[list[Event]] = journal.commit(batch)
    told: list[list[Event]] = []
    done.addCallback(told.append)
    (recorded,) = told
    return recorded
