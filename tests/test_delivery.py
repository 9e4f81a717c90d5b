"""Delivery: on record first, then told, one batch after the other."""

from collections.abc import Callable, Iterator, Sequence
from io import StringIO

import pytest
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher, textFileLogObserver

from twisted_chat import events
from twisted_chat.answers import Entered, Goodbye, Ok, Reply
from twisted_chat.audience import Wish
from twisted_chat.delivery import Delivery
from twisted_chat.events import Event
from twisted_chat.happened import Happened
from twisted_chat.journal import Entry, Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import OFF
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import JsonStyle, Style, View
from twisted_chat.testing import MemoryServer

LOBBY = "#lobby"
STYLE = JsonStyle(View())
NOT_SAVED = (
    b'{"type":"error","id":7,"code":"not_saved",'
    b'"text":"The server cannot save that now, and nobody has seen it. Try again later."}\n'
)


class SlowJournal(MemoryJournal):
    """A journal that writes when it is told to, as a disk does when it is ready."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        self.given: list[list[Event]] = []
        self._writing: list[tuple[Deferred[list[Event]], Sequence[Entry], Sequence[Put]]] = []

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        """Take a batch, and hold it."""
        assert not self._writing
        self.given.append([entry.event for entry in entries])
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


class Ear:
    """A session as delivery knows it, that keeps what it hears."""

    style: Style = STYLE
    echo = False
    user = None

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.hung_up = False

    def hear(self, told: bytes) -> None:
        """Keep it."""
        self.writes.append(told)

    def catch_up(self, wish: Wish, upto: int) -> None:
        """Nobody here wants to know of the past."""
        raise AssertionError

    def hang_up(self) -> None:
        """Note it."""
        self.hung_up = True

    def lines(self) -> list[bytes]:
        """What it heard since this was last asked, line by line."""
        heard, self.writes = b"".join(self.writes), []
        return heard.splitlines(keepends=True)


class Hall:
    """A delivery with people who hear it."""

    def __init__(self, journal: SlowJournal | RaisingJournal) -> None:
        self.clock = Clock()
        self.log = ServerLog(self.clock, OFF)
        self.delivery = Delivery(journal, self.clock, self.log)

    def add(self, event: Event, by: Ear, *replies: Reply, last: bool = False) -> None:
        """Something happened."""
        self.delivery.add(Happened([event], by, replies, last))

    def turn(self) -> None:
        """One turn of the reactor."""
        self.clock.advance(0)


@pytest.fixture
def journal() -> SlowJournal:
    """One that waits to be told."""
    return SlowJournal()


@pytest.fixture
def hall(journal: SlowJournal) -> Hall:
    """Delivery into it."""
    return Hall(journal)


@pytest.fixture
def ears(hall: Hall, journal: SlowJournal) -> tuple[Ear, Ear]:
    """Alex and Sam, both in the lobby."""
    alex, sam = Ear(), Ear()
    for name, ear in (("Alex", alex), ("Sam", sam)):
        hall.add(events.Joined(room=LOBBY, who=name), ear)
    hall.turn()
    journal.write()
    assert [alex.lines() != [], sam.lines()] == [True, []]
    return alex, sam


@pytest.fixture
def faults() -> Iterator[Callable[[], int]]:
    """How many faults the log shows."""
    written = StringIO()
    observer = textFileLogObserver(written)
    globalLogPublisher.addObserver(observer)
    yield lambda: written.getvalue().count("Failed at ")
    globalLogPublisher.removeObserver(observer)


def test_tells_nobody_what_is_not_on_record(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]
) -> None:
    """Not the others, and not the one who said it."""
    alex, sam = ears
    hall.add(_said("hi"), alex, Ok(id=7))
    hall.turn()
    assert [alex.lines(), sam.lines()] == [[], []]
    journal.write()
    assert alex.lines() == [b'{"type":"ok","id":7,"seq":1}\n']
    assert sam.lines() == [STYLE.event(_said("hi", seq=1))]


def test_writes_what_happens_in_one_turn_as_one_batch(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]
) -> None:
    """However many said something in it."""
    alex, sam = ears
    for ear in (alex, sam, alex):
        hall.add(_said("hi"), ear)
    assert len(journal.given) == 1
    hall.turn()
    assert [len(batch) for batch in journal.given] == [2, 3]


def test_gathers_the_next_batch_while_one_is_written(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]
) -> None:
    """All that happens meanwhile waits together, and costs one write."""
    alex, sam = ears
    hall.add(_said("one"), alex)
    hall.turn()
    for text in ("two", "three"):
        hall.add(_said(text), alex)
        hall.turn()
    assert [_texts(batch) for batch in journal.given[1:]] == [["one"]]
    journal.write()
    assert [_texts(batch) for batch in journal.given[1:]] == [["one"], ["two", "three"]]
    assert len(sam.writes) == 1
    journal.write()
    assert len(sam.writes) == 2
    assert len(journal.given) == 3


def test_begins_anew_after_a_pause(hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]) -> None:
    """When nothing waits, the next thing that happens starts a batch of its own."""
    alex, sam = ears
    for text in ("one", "two"):
        hall.add(_said(text), alex)
        hall.turn()
        journal.write()
        assert len(sam.lines()) == 1
    assert [_texts(batch) for batch in journal.given[1:]] == [["one"], ["two"]]


def test_answers_a_request_that_made_nothing_happen_in_its_turn(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]
) -> None:
    """Replies keep their place among the events, and have no number of their own."""
    alex, sam = ears
    hall.add(_said("hi"), sam)
    hall.delivery.add(Happened([], alex, (Ok(id=7),)))
    hall.turn()
    journal.write()
    assert alex.lines() == [STYLE.event(_said("hi", seq=1)), b'{"type":"ok","id":7}\n']


def test_gives_an_answer_the_number_of_its_own_event(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]
) -> None:
    """The first kept one that its request made, and no other's."""
    alex, sam = ears
    for ear in (sam, alex):
        hall.delivery.add(Happened([events.CameBack(who="Alex"), _said("hi")], ear, (Ok(id=7),)))
    hall.turn()
    journal.write()
    assert [ear.lines()[-1] for ear in (sam, alex)] == [
        STYLE.event(_said("hi", seq=2)),
        b'{"type":"ok","id":7,"seq":2}\n',
    ]


def test_hangs_up_after_the_last_words(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]
) -> None:
    """When they are told, and not before."""
    alex, sam = ears
    hall.add(events.Left(who="Alex"), alex, Goodbye(text="Bye."), last=True)
    hall.turn()
    assert not alex.hung_up
    journal.write()
    assert [alex.hung_up, sam.hung_up] == [True, False]
    assert alex.lines() == [b'{"type":"goodbye","text":"Bye."}\n']


# What goes wrong.


def test_says_that_it_was_not_saved_to_its_sender_alone(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear], faults: Callable[[], int]
) -> None:
    """Nobody hears what a journal could not keep, and the log says why."""
    alex, sam = ears
    hall.add(_said("hi"), alex, Ok(id=7))
    hall.turn()
    journal.fail()
    assert [alex.lines(), sam.lines()] == [[NOT_SAVED], []]
    assert faults() == 1


def test_tells_what_needs_no_record_though_the_journal_fails(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]
) -> None:
    """Who comes is heard of, and answers that hold no promise are given as they are."""
    alex, sam = ears
    kim, entered = Ear(), Entered(room=LOBBY, topic="", names=["Kim"], more=0)
    hall.add(events.Joined(room=LOBBY, who="Kim"), kim, entered)
    hall.delivery.add(Happened([], alex, (Ok(id=7),)))
    hall.turn()
    journal.fail()
    assert sam.lines() == [STYLE.event(events.Joined(room=LOBBY, who="Kim"))]
    assert kim.lines() == [STYLE.reply(entered)]
    assert alex.lines()[-1] == b'{"type":"ok","id":7}\n'


def test_goes_on_after_the_journal_has_failed(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear]
) -> None:
    """What waited meanwhile is written and told, with no number lost."""
    alex, sam = ears
    hall.add(_said("lost"), alex)
    hall.turn()
    hall.add(_said("kept"), alex)
    journal.fail()
    journal.write()
    assert sam.lines() == [STYLE.event(_said("kept", seq=1))]
    hall.add(_said("and on"), alex)
    hall.turn()
    journal.write()
    assert sam.lines() == [STYLE.event(_said("and on", seq=2))]


def test_goes_on_after_the_journal_has_raised(faults: Callable[[], int]) -> None:
    """A journal with a fault harms what it was given, and nothing after it."""
    hall, alex, sam = Hall(RaisingJournal()), Ear(), Ear()
    for name, ear in (("Alex", alex), ("Sam", sam)):
        hall.add(events.Joined(room=LOBBY, who=name), ear)
    hall.turn()
    hall.add(_said("hi"), alex)
    hall.turn()
    assert sam.lines() == [STYLE.event(_said("hi", seq=1))]
    assert faults() == 1


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


def test_leaves_nobody_listening_where_they_are_not_any_more() -> None:
    """Who is removed from a room while the disk is full either stays or hears it no more."""
    journal = FullDisk()
    server = MemoryServer(journal=journal)
    alex, sam = server.program("Alex"), server.program("Sam")
    for end in (alex, sam):
        end.ask(type="join", room="dev")
    journal.full = True
    alex.ask(type="kick", name="Sam", room="dev")
    journal.full = False
    sam.received()
    alex.ask(type="say", room="dev", text="secret")
    heard = "secret" in sam.received().decode()
    alex.ask(type="who", room="dev", id=1)
    (answer,) = (told for told in alex.objects() if told.get("id") == 1)
    assert heard == ("Sam" in [person["name"] for person in answer["people"]])


class Deaf(Ear):
    """A session that fails at one of the things it is asked to do."""

    def __init__(self, failing: str) -> None:
        super().__init__()
        self._failing = failing

    def _fail(self, doing: str) -> None:
        if doing == self._failing:
            raise RuntimeError(doing)

    def hear(self, told: bytes) -> None:
        """Fail, or keep it."""
        self._fail("hear")
        super().hear(told)

    def hang_up(self) -> None:
        """Fail, or note it."""
        self._fail("hang_up")


@pytest.mark.parametrize("failing", ["hear", "hang_up"])
def test_harms_nobody_else_where_a_session_fails(
    hall: Hall,
    journal: SlowJournal,
    ears: tuple[Ear, Ear],
    faults: Callable[[], int],
    failing: str,
) -> None:
    """The others hear all of it and are hung up on in order; the log says what failed."""
    alex, sam = ears
    deaf = Deaf(failing)
    hall.add(events.Joined(room=LOBBY, who="Deaf"), deaf, Ok(id=1))
    hall.add(_said("hi"), alex)
    hall.add(events.Left(who="Deaf"), deaf, Goodbye(text="Bye."), last=True)
    hall.add(events.Left(who="Alex"), alex, Goodbye(text="Bye."), last=True)
    hall.turn()
    journal.write()
    assert sam.lines() == [
        STYLE.event(event)
        for event in (
            events.Joined(room=LOBBY, who="Deaf", time=1.0),
            _said("hi", seq=1),
            events.Left(who="Deaf", time=1.0),
            events.Left(who="Alex", time=1.0),
        )
    ]
    assert alex.hung_up
    assert faults() >= 1


class Speechless:
    """A style that fails at one text."""

    def event(self, event: Event) -> bytes:
        """Fail, or write it as others do."""
        if isinstance(event, events.Said) and event.text == "unspeakable":
            raise ValueError(event.text)
        return STYLE.event(event)

    def sent(self, event: Event) -> bytes:
        """Write it as others do."""
        return STYLE.sent(event)

    def reply(self, reply: Reply) -> bytes:
        """Write it as others do."""
        return STYLE.reply(reply)


def test_harms_nobody_else_where_a_style_fails(
    hall: Hall, journal: SlowJournal, ears: tuple[Ear, Ear], faults: Callable[[], int]
) -> None:
    """Those who share it miss that one line, and the others miss none."""
    alex, sam = ears
    odd = Ear()
    odd.style = Speechless()
    hall.add(events.Joined(room=LOBBY, who="Odd"), odd)
    hall.turn()
    journal.write()
    sam.lines()
    for text in ("one", "unspeakable", "two"):
        hall.add(_said(text), alex)
    hall.turn()
    journal.write()
    lines = [
        STYLE.event(_said(text, seq=n + 1)) for n, text in enumerate(["one", "unspeakable", "two"])
    ]
    assert sam.lines() == lines
    assert odd.lines() == [lines[0], lines[2]]
    assert faults() == 1


def _said(text: str, seq: int = 0) -> events.Said:
    return events.Said(room=LOBBY, who="Alex", text=text, seq=seq, time=1.0 if seq else 0.0)


def _texts(batch: Sequence[Event]) -> list[str]:
    return [event.text for event in batch if isinstance(event, events.Said)]
