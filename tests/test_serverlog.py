"""What the server logs about people, in the words that operators know."""

from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher, textFileLogObserver
from twisted.python.failure import Failure

from twisted_chat import events
from twisted_chat.events import Event
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import AHEAD_SECONDS
from twisted_chat.serverlog import ServerLog
from twisted_chat.testing import EPOCH, MemoryServer

MOST = 3
"""Lines a second, for these tests."""


@pytest.fixture
def lines() -> Iterator[Callable[[], list[str]]]:
    """What was written to the log since this was last asked, without time and place."""
    written = StringIO()
    observer = textFileLogObserver(written)
    globalLogPublisher.addObserver(observer)

    def new() -> list[str]:
        text = written.getvalue()
        written.seek(0)
        written.truncate()
        return [line.partition("] ")[2] or line for line in text.splitlines()]

    yield new
    globalLogPublisher.removeObserver(observer)


@pytest.mark.parametrize(
    ("log_it", "line"),
    [
        (lambda log: log.running(), "Server is running..."),
        (lambda log: log.way_in("nc 127.0.0.1 6789"), "Enter with: nc 127.0.0.1 6789"),
        (lambda log: log.connected("127.0.0.1:5"), "New connection from 127.0.0.1:5"),
        (lambda log: log.entered("Alex"), "User Alex has joined the chat."),
        (lambda log: log.received("Alex", "hi"), "Received message from Alex: hi"),
        (lambda log: log.gone("Alex", "bye"), "Removing user: Alex from clients"),
        (lambda log: log.turned_away("::1", "full"), "Refused connection from ::1: full"),
        (lambda log: log.dropped("::1", "too slow"), "Dropping ::1: too slow"),
    ],
)
def test_says_it_in_words_that_operators_know(
    lines: Callable[[], list[str]], log_it: Callable[[ServerLog], None], line: str
) -> None:
    """One line for each, word for word."""
    log_it(_log())
    assert lines() == [line]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (events.Said(room="#a", who="Alex", text="hi"), ["Received message from Alex: hi"]),
        (events.Emoted(room="#a", who="Alex", text="waves"), ["Received message from Alex: waves"]),
        (
            events.Kicked(room="#a", who="Alex", by="Sam"),
            ["User Alex was kicked from #a by Sam"],
        ),
        (events.Told(who="Alex", to="Sam", text="secret"), []),
        (events.TopicSet(room="#a", who="Alex", text="x"), []),
        (events.WentAway(who="Alex", text="x"), []),
    ],
)
def test_logs_what_is_said_to_all_and_nothing_private(
    lines: Callable[[], list[str]], event: Event, expected: list[str]
) -> None:
    """A private message never comes near the log."""
    _log().happened(event)
    assert lines() == expected


def test_leaves_out_what_people_say_where_it_is_told_to(lines: Callable[[], list[str]]) -> None:
    """Who comes and goes is logged still."""
    log = _log(quiet=True)
    log.happened(events.Said(room="#a", who="Alex", text="hi"))
    log.received("Alex", "q")
    log.gone("Alex", "")
    assert lines() == ["Removing user: Alex from clients"]


def test_takes_no_text_for_a_format(lines: Callable[[], list[str]]) -> None:
    """Braces in what people say are braces in the log."""
    _log().received("Alex", "{who} {log_failure} {0} {} {")
    assert lines() == ["Received message from Alex: {who} {log_failure} {0} {} {"]


def test_writes_so_many_lines_a_second(lines: Callable[[], list[str]]) -> None:
    """At the bound all, above it a count, and the next second as if nothing had been."""
    clock = Clock()
    log = ServerLog(clock, MOST)
    for number in range(MOST + 2):
        log.entered(str(number))
    assert lines() == [f"User {number} has joined the chat." for number in range(MOST)]
    clock.advance(1)
    assert lines() == ["2 more lines left out"]
    log.entered("Alex")
    clock.advance(1)
    assert lines() == ["User Alex has joined the chat."]


def test_says_nothing_of_lines_left_out_where_none_were(lines: Callable[[], list[str]]) -> None:
    """Exactly at the bound nothing is missing."""
    clock = Clock()
    log = ServerLog(clock, MOST)
    for number in range(MOST):
        log.entered(str(number))
    lines()
    clock.advance(1)
    assert lines() == []


def test_leaves_no_timer_behind_in_a_quiet_second() -> None:
    """A server where nothing happens wakes up for nothing."""
    clock = Clock()
    ServerLog(clock, MOST).entered("Alex")
    clock.advance(1)
    assert clock.getDelayedCalls() == []


def test_counts_the_quiet_lines_for_nothing(lines: Callable[[], list[str]]) -> None:
    """What is not written takes no place from what is."""
    log = _log(quiet=True)
    for _ in range(10):
        log.received("Alex", "hi")
    log.entered("Alex")
    assert lines() == ["User Alex has joined the chat."]


def test_shows_a_fault_with_its_traceback(lines: Callable[[], list[str]]) -> None:
    """What was being done, and why it failed."""
    _log().fault("being tested", Failure(RuntimeError("this is why")))
    written = "\n".join(lines())
    assert "Failed at being tested" in written
    assert "RuntimeError" in written


def test_counts_faults_that_repeat(lines: Callable[[], list[str]]) -> None:
    """What one person can make fail over and over does not fill the disk."""
    log = _log()
    for _ in range(MOST + 1):
        log.fault("being tested", Failure(RuntimeError("this is why")))
    assert "\n".join(lines()).count("Failed at being tested") == MOST


def _log(*, quiet: bool = False) -> ServerLog:
    return ServerLog(Clock(), MOST, quiet)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (AHEAD_SECONDS, []),
        (
            AHEAD_SECONDS + 1,
            [
                "The record goes up to 2023-11-15 22:13 UTC, and the clock says 2023-11-14 22:13"
                " UTC: all that happens until then is dated like that. docs/operations.md says"
                " under Clocks what to do."
            ],
        ),
        (10.0**12, ["The record goes up to 9999-12-31 23:59 UTC"]),
    ],
)
def test_says_at_the_start_that_the_record_is_ahead(
    lines: Callable[[], list[str]], ahead: float, said: list[str]
) -> None:
    """By more than a day; however far, it starts."""
    journal = MemoryJournal(lambda: EPOCH + ahead)
    journal.commit([])
    lines()
    MemoryServer(journal=journal)
    logged = lines()
    assert [line[: len(start)] for line, start in zip(logged, said, strict=True)] == said
