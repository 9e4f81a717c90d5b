"""Delivery: on record first, then told, one batch after the other."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count

import pytest
from disks import FullDisk, RaisingJournal, SlowJournal
from doors import DOORS, Guest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from twisted_chat import events
from twisted_chat.answers import Entered, Goodbye, Ok, Reply
from twisted_chat.audience import Wish
from twisted_chat.delivery import BESIDE_TEXT, Delivery
from twisted_chat.events import Event
from twisted_chat.happened import Happened
from twisted_chat.limits import OFF, TOLD_ALONE_AT_ONCE, TOLD_AT_ONCE, WAITING_BYTES, Limits
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import JsonStyle, Style, View
from twisted_chat.testing import MemoryServer

LOBBY = "#lobby"
STYLE = JsonStyle(View())
QUICK = Limits(
    messages=OFF,
    message_burst=OFF,
    lines_waiting=OFF,
    connections_per_address=OFF,
    connects_per_minute=OFF,
)
NOT_SAVED = (
    b'{"type":"error","id":7,"code":"not_saved",'
    b'"text":"The server cannot save that now, and nobody has seen it. Try again later."}\n'
)


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


def crowd(
    hall: Hall, journal: SlowJournal, many: int, rooms: Sequence[str] | None = None
) -> list[Ear]:
    """So many people, each in the lobby or in a room of theirs, who have read what there was."""
    ears = [Ear() for _ in range(many)]
    for number, ear in enumerate(ears):
        room = LOBBY if rooms is None else rooms[number]
        hall.add(events.Joined(room=room, who=f"p{number}"), ear)
    hall.turn()
    journal.write()
    hall.turn()
    for ear in ears:
        ear.lines()
    return ears


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


def test_lets_others_have_their_turn_while_it_tells_a_large_crowd(
    hall: Hall, journal: SlowJournal
) -> None:
    """So many at once and no more; what is said meanwhile comes after it for everyone."""
    ears = crowd(hall, journal, TOLD_AT_ONCE + 2)
    hall.add(_said("one"), ears[0])
    hall.turn()
    journal.write()
    # The one who speaks is one of those who are gone through.
    assert sum(bool(ear.writes) for ear in ears) == TOLD_AT_ONCE - 1
    assert hall.delivery.told == 0
    hall.add(_said("two"), ears[0])
    hall.turn()
    assert hall.delivery.told == 1
    journal.write()
    hall.turn()
    one, two = STYLE.event(_said("one", seq=1)), STYLE.event(_said("two", seq=2))
    assert [ear.lines() for ear in ears[1:]] == [[one, two]] * (TOLD_AT_ONCE + 1)


def test_lets_others_have_their_turn_while_many_hear_something_alone(
    hall: Hall, journal: SlowJournal
) -> None:
    """Each of them costs what ten of a crowd do."""
    ears = crowd(hall, journal, TOLD_ALONE_AT_ONCE + 1)
    for number, ear in enumerate(ears):
        hall.add(events.Left(who=f"p{number}"), ear, Goodbye(text="Bye."), last=True)
    hall.turn()
    journal.write()
    told = [ear for ear in ears if b"Bye." in b"".join(ear.writes)]
    assert (len(told), any(ear.hung_up for ear in ears)) == (TOLD_ALONE_AT_ONCE, False)
    hall.turn()
    assert all(ear.hung_up and b"Bye." in b"".join(ear.writes) for ear in ears)


def test_goes_by_what_somebody_wants_when_a_round_begins(hall: Hall, journal: SlowJournal) -> None:
    """Who steps outside in its midst hears what they would have heard, as it was said before."""
    ears = crowd(hall, journal, TOLD_AT_ONCE + 2)
    speaker = ears[0]
    speaker.echo = True
    hall.add(_said("one"), speaker)
    hall.turn()
    journal.write()
    speaker.echo = False
    hall.turn()
    assert speaker.lines() == [STYLE.event(_said("one", seq=1))]


def test_ends_a_round_that_goes_wrong(hall: Hall, journal: SlowJournal) -> None:
    """Somebody waits until all that came before is told."""
    alex = Ear()
    hall.add(events.Joined(room=LOBBY, who="Alex"), alex)
    hall.turn()
    journal.write()
    alex.style = None  # type: ignore[assignment]
    over: list[None] = []
    hall.add(_said("one"), alex, Ok(id=1))
    Deferred.fromCoroutine(hall.delivery.settled()).addCallback(over.append)
    hall.turn()
    journal.write()
    assert over == [None]


def test_lets_others_have_their_turn_between_many_rooms(hall: Hall, journal: SlowJournal) -> None:
    """Rooms that are not large, and many of them."""
    rooms = [f"#{number // 100}" for number in range(TOLD_AT_ONCE + 100)]
    ears = crowd(hall, journal, len(rooms), rooms)
    for number in range(0, len(ears), 100):
        hall.add(events.Said(room=rooms[number], who=f"p{number}", text="hi"), ears[number])
    hall.turn()
    journal.write()
    assert sum(bool(ear.writes) for ear in ears) == 0.99 * TOLD_AT_ONCE
    hall.turn()
    assert sum(bool(ear.writes) for ear in ears) == 0.99 * len(ears)


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


def test_logs_once_that_the_disk_fails(logged: Callable[[], str]) -> None:
    """It works again when something is on record, and not when somebody has only looked."""
    journal = FullDisk()
    alex = MemoryServer(QUICK, journal=journal).program("Alex")
    for _ in range(2):
        journal.full = True
        for _ in range(3):
            alex.ask(type="say", text="hi")
            alex.ask(type="who")
            alex.ask(type="away")
        journal.full = False
        alex.ask(type="who")
        assert logged().count("record again") == logged().count("Failed at putting") - 1
        alex.ask(type="say", text="hi")
        assert logged().count("record again") == logged().count("Failed at putting")
    assert logged().count("Failed at ") == 2


def test_logs_once_that_what_others_change_cannot_be_seen(faults: Callable[[], int]) -> None:
    """And again only after it could."""
    journal = FullDisk()
    house = MemoryServer(journal=journal).house
    for times in (1, 2):
        journal.full = True
        for _ in range(3):
            house.look_for_changes()
        assert faults() == times
        journal.full = False
        house.look_for_changes()
        assert faults() == times


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


# What waits for a slow disk.

LINE = f"{{:0{1024 - BESIDE_TEXT}}}"
WAITING = WAITING_BYTES // 1024
"""How many such lines may wait."""


@pytest.mark.parametrize("door", DOORS)
def test_reads_no_more_than_may_wait_for_the_disk(door: type[Guest]) -> None:
    """Nothing is lost of what is sent meanwhile, and everyone is read again when it is written."""
    journal = SlowJournal(held=False)
    server = MemoryServer(QUICK, journal=journal)
    ear, sam, kim = (door(server, name) for name in ("Ear", "Sam", "Kim"))
    ear.hears()
    lines = [LINE.format(number) for number in range(2 * WAITING + 100)]
    journal.held = True
    sam.end.send(b"".join(map(sam.saying, lines)))
    for line in ("one", "two"):
        kim.end.send(kim.saying(line))
    assert (sam.end.wire.paused, kim.end.wire.paused, kim.end.unread) == (True, True, True)
    assert ear.hears() == []
    journal.held = False
    journal.write()
    server.settle()
    heard = ear.hears()
    assert [line for line in heard if "Sam" in line] == [f"Sam: {line}" for line in lines]
    assert [line for line in heard if "Kim" in line] == ["Kim: one", "Kim: two"]
    assert max(map(len, journal.given)) == WAITING
    told = max(len(b"".join(map(STYLE.event, batch))) for batch in journal.given)
    assert told < server.limits.outbox_bytes
    assert not sam.end.wire.paused
    assert not kim.end.wire.paused


@pytest.mark.parametrize("door", DOORS)
def test_lets_nobody_in_while_far_too_much_waits_for_the_disk(door: type[Guest]) -> None:
    """They hear why; who was let in before is asked for a name when it is written."""
    journal = SlowJournal(held=False)
    server = MemoryServer(QUICK, journal=journal)
    sam = door(server, "Sam")
    journal.held = True
    sam.end.send(sam.saying(LINE.format(0)) * (2 * WAITING))
    waiting = [server.connect() for _ in range(WAITING_BYTES // BESIDE_TEXT + 1)]
    assert server.connect().lines() == [
        "-> The server is too busy to let anybody in. Try again later."
    ]
    assert not any(end.received() for end in waiting)
    journal.held = False
    journal.write()
    server.settle()
    assert all(end.lines()[-1].startswith("Enter your username") for end in waiting)
    assert server.connect().lines()[-1] == "Enter your username:"


def test_reads_on_in_the_order_in_which_it_was_held_up(hall: Hall, journal: SlowJournal) -> None:
    """So that nobody who sends much keeps the others from being read."""
    read: list[str] = []

    def go_on(who: str) -> Callable[[], None]:
        def add() -> None:
            read.append(who)
            hall.add(_said("x" * (WAITING_BYTES // 2)), Ear())

        return add

    for who in ("Alex", "Sam", "Kim"):
        hall.delivery.hold(go_on(who))
    gone = go_on("Gone")
    hall.delivery.hold(gone)
    hall.delivery.forget(gone)
    hall.add(_said("hi"), Ear())
    hall.turn()
    assert read == ["Alex", "Sam"]
    journal.write()
    assert read == ["Alex", "Sam", "Kim"]


def test_reads_on_from_any_number_where_the_record_is_at_once() -> None:
    """One after the other, and not one within the other."""
    server = MemoryServer(QUICK)
    delivery, read = server.house.delivery, count()

    def go_on() -> None:
        next(read)
        delivery.add(Happened([_said("x" * WAITING_BYTES)], None))

    for _ in range(1000):
        delivery.hold(partial(go_on))
    delivery.add(Happened([_said("hi")], None))
    server.settle()
    assert next(read) == 1000


def test_reads_on_from_the_others_where_one_fails_at_it(
    hall: Hall, journal: SlowJournal, faults: Callable[[], int]
) -> None:
    """It is logged, and delivery goes on."""
    read: list[str] = []

    def fail() -> None:
        raise RuntimeError

    hall.delivery.hold(fail)
    hall.delivery.hold(lambda: read.append("Sam"))
    hall.add(_said("hi"), Ear())
    hall.turn()
    assert (read, faults()) == (["Sam"], 1)
    assert len(journal.given) == 1


def _said(text: str, seq: int = 0) -> events.Said:
    return events.Said(room=LOBBY, who="Alex", text=text, seq=seq, time=1.0 if seq else 0.0)


def _texts(batch: Sequence[Event]) -> list[str]:
    return [event.text for event in batch if isinstance(event, events.Said)]
