"""What is counted: each figure where it happens, at the real server in memory."""

import pytest
from disks import FullDisk, SlowJournal

from twisted_chat.admission import TurnedAway
from twisted_chat.delivery import BESIDE_TEXT
from twisted_chat.figures import Figures, Spread
from twisted_chat.health import why_not_ready
from twisted_chat.house import About
from twisted_chat.limits import OFF, RECORD_SECONDS, WAITING_BYTES, Limits
from twisted_chat.testing import MemoryServer

HORSE = "correct-horse"
QUICK = Limits(
    messages=OFF,
    message_burst=OFF,
    lines_waiting=OFF,
    connections_per_address=OFF,
    connects_per_minute=OFF,
)


def figures_of(server: MemoryServer) -> Figures:
    """What a server has counted."""
    return server.house.figures


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [
        (0.0, [1, 0, 0]),
        (1.0, [1, 0, 0]),
        (1.1, [0, 1, 0]),
        (2.0, [0, 1, 0]),
        (2.1, [0, 0, 1]),
        (-5.0, [1, 0, 0]),
    ],
)
def test_counts_times_in_steps(seconds: float, counts: list[int]) -> None:
    """A step is what took so long at most; what a clock says that was set back took no time."""
    spread = Spread((1.0, 2.0))
    spread.note(seconds)
    assert spread.counts == counts
    assert (spread.seconds, spread.longest, spread.count) == (max(seconds, 0), max(seconds, 0), 1)


def test_tells_within_what_time_a_share_was_done() -> None:
    """As the step above it, and never as more than the longest."""
    spread = Spread((1.0, 2.0, 4.0))
    assert spread.within(0.99) == 0
    for seconds in (0.5, 0.5, 1.5, 3.0):
        spread.note(seconds)
    assert [spread.within(share) for share in (0.5, 0.75, 0.99, 1)] == [1.0, 2.0, 3.0, 3.0]
    spread.note(9.0)
    assert spread.within(1) == 9.0


def test_counts_what_is_said_and_who_is_told() -> None:
    """A message once, and once more for each session that hears it; its answer too."""
    server = MemoryServer()
    alex, _, kim = (server.person(name) for name in ("Alex", "Sam", "Kim"))
    figures = figures_of(server)
    said, told = figures.said, figures.deliveries
    alex.type("hello")
    assert (figures.said - said, figures.deliveries - told) == (1, 3)
    kim.type("/msg Alex hello")
    assert (figures.said - said, figures.deliveries - told) == (2, 5)
    kim.type("/join #dev")
    assert figures.said - said == 2


def test_counts_who_hears_their_own_lines_in_a_round_of_many() -> None:
    """Speakers hear each other, and the others hear all: nobody is counted twice, or left out."""
    server = MemoryServer()
    speakers = [server.person(f"speaker{number}") for number in range(4)]
    for number in range(6):
        server.person(f"other{number}")
    told = figures_of(server).deliveries
    for speaker in speakers:
        speaker.wire.protocol.dataReceived(b"hello\n")
    server.settle()
    assert [len(speaker.lines()) for speaker in speakers] == [3 + 9 - number for number in range(4)]
    assert figures_of(server).deliveries - told == 4 * 9 + 4


def test_counts_commits_and_how_long_they_take() -> None:
    """From when the journal was asked to its answer; and from what was decided to what is told."""
    journal = SlowJournal(held=False)
    server = MemoryServer(about=About(backlog=0), journal=journal)
    alex = server.person("Alex")
    figures = figures_of(server)
    commits, telling = figures.commits.seconds, figures.telling.seconds
    journal.held = True
    alex.type("one")
    server.advance(0.25)
    alex.type("two")
    assert server.house.delivery.recording_for() == 0.25
    assert server.house.delivery.waiting_bytes > 0
    server.advance(0.25)
    alex.type("three")
    server.advance(0.25)
    journal.write()
    server.settle()
    assert (figures.commits.seconds - commits, figures.telling.seconds - telling) == (0.75, 0.75)
    server.advance(1)
    journal.write()
    assert figures.commits.seconds - commits == 1.75
    assert figures.telling.seconds - telling == 0.75 + 0.5 + 1
    assert (server.house.delivery.recording_for(), server.house.delivery.waiting_bytes) == (0, 0)


def test_counts_what_could_not_be_put_on_record() -> None:
    """A batch as one; and each request in it as refused."""
    journal = FullDisk()
    server = MemoryServer(journal=journal)
    alex, sam = server.person("Alex"), server.person("Sam")
    journal.full = True
    alex.wire.protocol.dataReceived(b"hello\n")
    sam.wire.protocol.dataReceived(b"hello\n")
    server.settle()
    figures = figures_of(server)
    assert (figures.commits_failed, figures.refused["not_saved"]) == (1, 2)
    assert server.house.log.faults == 1


def test_counts_what_is_refused_by_its_code() -> None:
    """Whether it is refused at once, or when it is put on record."""
    server = MemoryServer()
    alex, bot = server.person("Alex"), server.program("Bot")
    alex.type("/nosuch", "/who #nowhere", "/msg Nobody hello", "/who #nowhere")
    bot.ask(type="say", text="hello", id="x")
    bot.ask(type="say", text="something else", id="x")
    server.connect().type("Alex")
    assert figures_of(server).refused == {
        "unknown_verb": 1,
        "no_such_room": 2,
        "nobody_there": 1,
        "id_used": 1,
        "name_taken": 1,
    }


def test_counts_who_comes_by_which_door_and_who_may_not() -> None:
    """Each reason by its own code."""
    server = MemoryServer(Limits(connections=4, connections_per_address=2, connects_per_minute=3))
    first, second = server.connect(), server.connect()
    server.connect()
    first.hang_up()
    second.hang_up()
    server.connect().hang_up()
    server.connect()
    for host in range(4):
        server.connect(f"192.0.2.{host}")
    server.connect("192.0.2.9")
    figures = figures_of(server)
    assert figures.connections == {"line": 7}
    assert figures.turned_away == {"too_many": 1, "too_often": 1, "full": 1}


def test_counts_who_comes_while_the_disk_is_too_slow() -> None:
    """Under the reason that they are told."""
    server, _ = overcrowded()
    assert server.house.delivery.waiting_bytes >= 2 * WAITING_BYTES
    before = figures_of(server).turned_away["busy"]
    assert server.connect().lines() == [f"-> {TurnedAway.BUSY}"]
    assert figures_of(server).turned_away == {"busy": before + 1}


def test_counts_readers_who_were_too_slow() -> None:
    """And not those who left."""
    server = MemoryServer(Limits(outbox_seconds=30))
    alex, sam, kim = (server.person(name) for name in ("Alex", "Sam", "Kim"))
    sam.stop_reading()
    alex.type("hello")
    assert server.house.backlog.bytes == len("Alex: hello\n")
    kim.hang_up()
    server.advance(30)
    assert sam.closed
    assert figures_of(server).dropped == {"too_slow": 1, "timed_out": 0}
    assert server.house.backlog.bytes == 0


def test_counts_logins() -> None:
    """By password or token, outside and inside; who has to wait is refused, and has not failed."""
    server = MemoryServer()
    alex = server.connect()
    alex.type(f"/register Alex {HORSE}", "/token ci")
    token = alex.lines()[-1].rpartition(" ")[2]
    logins = server.house.logins
    assert (logins.succeeded, logins.failed) == (0, 0)
    server.program("Alex", password=HORSE)
    server.program("Alex", token=token)
    assert (logins.succeeded, logins.failed) == (2, 0)
    server.program("Alex", "192.0.2.1", password="wrong-horse")
    server.program("Alex", "192.0.2.1", password="")
    server.program("Alex", "192.0.2.1", token="tc_wrong")
    assert (logins.succeeded, logins.failed) == (2, 3)
    for _ in range(5):
        server.program("Alex", "192.0.2.1", password="wrong-horse")
    refused = figures_of(server).refused
    assert (refused["wrong_password"], refused["too_many_tries"]) == (5, 3)
    assert logins.failed == 5


def test_is_ready_while_people_can_come_and_be_heard() -> None:
    """A server on which nothing is wrong."""
    server = MemoryServer()
    server.person("Alex").type("hello")
    assert not_ready(server) == ""


def test_is_not_ready_while_the_disk_fails() -> None:
    """Until something is saved again."""
    journal = FullDisk()
    server = MemoryServer(journal=journal)
    alex = server.person("Alex")
    journal.full = True
    alex.type("hello")
    assert not_ready(server) == "the disk fails: nothing is saved"
    journal.full = False
    alex.type("hello")
    assert not_ready(server) == ""


def test_is_not_ready_while_the_disk_does_not_answer() -> None:
    """For longer than a disk takes."""
    journal = SlowJournal(held=False)
    server = MemoryServer(journal=journal)
    alex = server.person("Alex")
    journal.held = True
    alex.type("hello")
    server.advance(RECORD_SECONDS)
    assert not_ready(server) == ""
    server.advance(1.5)
    assert not_ready(server) == f"the disk has not answered for {RECORD_SECONDS + 1} seconds"
    journal.write()
    assert not_ready(server) == ""


def test_is_not_ready_while_nobody_is_let_in() -> None:
    """As there are as many as there may be."""
    server = MemoryServer(Limits(connections=2))
    server.person("Alex")
    assert not_ready(server) == ""
    sam = server.person("Sam")
    assert not_ready(server) == "full: there are as many connections as there may be"
    sam.hang_up()
    assert not_ready(server) == ""


def test_is_not_ready_while_too_much_waits_for_the_disk() -> None:
    """As nobody is let in then."""
    server, journal = overcrowded()
    assert not_ready(server) == "too much waits for the disk"
    journal.held = False
    journal.write()
    server.settle()
    assert not_ready(server) == ""


def test_is_not_ready_when_it_closes() -> None:
    """From the goodbye on."""
    server = MemoryServer()
    server.person("Alex")
    server.house.close(lambda: None)
    assert not_ready(server) == "closing"


def overcrowded() -> tuple[MemoryServer, SlowJournal]:
    """A server on which so much waits for the disk that nobody is let in."""
    journal = SlowJournal(held=False)
    server = MemoryServer(QUICK, journal=journal)
    alex = server.person("Alex")
    journal.held = True
    alex.send((b"x" * 4000 + b"\n") * (2 * WAITING_BYTES // 4000))
    # Each is asked for a name, which waits as well.
    for _ in range(WAITING_BYTES // BESIDE_TEXT + 1):
        server.connect()
    return server, journal


def not_ready(server: MemoryServer) -> str:
    """Why a server is not."""
    return why_not_ready(server.house, server.admission)
