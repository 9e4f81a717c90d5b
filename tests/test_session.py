"""One connection, outside, inside and gone, by calling it as a door does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import pytest
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, LogLevel, globalLogPublisher

from twisted_chat.events import Event
from twisted_chat.house import About, House
from twisted_chat.journal import Entry, Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import Limits
from twisted_chat.refused import LineTooLong
from twisted_chat.session import Session
from twisted_chat.styles import Style, View
from twisted_chat.testing import AtOnce


class Ear:
    """A door of its own kind: it keeps what it hears, as lines."""

    peer = "a test"
    door = "test"
    token = ""
    address = "192.0.2.1"
    local = False

    def __init__(self, house: House) -> None:
        self._house = house
        self._heard = b""
        self.hung_up = False
        self.session = Session(house, self)

    def style_for(self, view: View) -> Style:
        return self._house.styles.text(view, b"\n")

    def hear(self, told: bytes) -> None:
        assert not self.hung_up
        self._heard += told

    def hang_up(self) -> None:
        self.hung_up = True

    def hide_typing(self, hidden: bool) -> bool:
        return False

    def limits_changed(self) -> None:
        pass

    def wait(self) -> None:
        pass

    def go_on(self) -> None:
        pass

    def lines(self) -> list[str]:
        """What was heard since this was last asked."""
        heard, self._heard = self._heard, b""
        return heard.decode().splitlines()


class Deaf(Ear):
    """A door that fails whenever it is told something."""

    def hear(self, told: bytes) -> None:
        raise ZeroDivisionError


class World:
    """A house, and time in it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.clock = Clock()
        journal = MemoryJournal(self.clock.seconds)
        self.house = House(
            About(motd="Be kind."),
            limits or Limits(),
            self.clock,
            journal,
            self.clock.seconds,
            AtOnce(),
        )

    def enter(self, name: str, door: type[Ear] = Ear) -> Ear:
        """Somebody who is in, and has read what there was to read."""
        ear = door(self.house)
        ear.session.typed(name)
        self.clock.advance(0)
        ear.lines()
        return ear

    def typed(self, ear: Ear, *lines: str) -> list[str]:
        """What the one who types this is told."""
        for line in lines:
            ear.session.typed(line)
            self.clock.advance(0)
        return ear.lines()


@contextmanager
def faults() -> Iterator[list[LogEvent]]:
    """What is logged with a traceback meanwhile."""
    logged: list[LogEvent] = []

    def observe(event: LogEvent) -> None:
        if event["log_level"] is LogLevel.critical:
            logged.append(event)

    globalLogPublisher.addObserver(cast(ILogObserver, observe))
    try:
        yield logged
    finally:
        globalLogPublisher.removeObserver(cast(ILogObserver, observe))


def test_greets_and_asks_for_a_name() -> None:
    """The first that is heard."""
    world = World()
    ear = Ear(world.house)
    ear.session.greet()
    world.clock.advance(0)
    assert ear.lines() == ["Welcome to twisted_chat.", "Enter your username:"]


def test_goes_from_outside_to_inside_to_gone() -> None:
    """A name lets in, a quit lets out, and then nothing is heard any more."""
    world = World()
    ear, other = Ear(world.house), world.enter("Sam")
    assert world.typed(ear, "Alex") == [
        "-> Be kind.",
        "-> You are Alex, in #lobby with Sam.",
        "-> Say something and press Enter. /help tells more, q leaves.",
    ]
    assert world.typed(ear, "hello", "q") == ["Leaving the chat..."]
    assert ear.hung_up
    assert world.typed(ear, "more") == []
    heard = [" * Alex joined.", "Alex: hello", " * Alex left. (After 0 seconds)"]
    assert other.lines() == heard


def test_goes_only_once() -> None:
    """A connection that is lost after a goodbye is no second leave."""
    world = World()
    other, ear = world.enter("Sam"), world.enter("Alex")
    other.lines()
    ear.session.end("Bye.", "bored")
    ear.session.lost("lost connection")
    ear.session.dismiss("Again.")
    world.clock.advance(0)
    assert other.lines() == [" * Alex left. (After 0 seconds) - bored"]
    assert ear.lines() == ["Bye."]


def test_hears_only_what_follows_its_arrival_in_the_same_moment() -> None:
    """Though all of it is told in one go."""
    world = World()
    alex, kim = world.enter("Alex"), Ear(world.house)
    alex.session.typed("before")
    kim.session.typed("Kim")
    alex.session.typed("after")
    world.clock.advance(0)
    heard = [line for line in kim.lines() if not line.startswith("-> ")]
    assert heard == ["[00:00] Alex: before", "Alex: after"]


@pytest.mark.parametrize("inside", [False, True])
def test_dismisses_without_telling_anybody(inside: bool) -> None:
    """When the server goes, everybody goes."""
    world = World()
    other, ear = world.enter("Sam"), world.enter("Alex") if inside else Ear(world.house)
    other.lines()
    ear.session.dismiss("The end.")
    world.clock.advance(0)
    assert (ear.lines(), ear.hung_up, other.lines()) == (["The end."], True, [])


def test_gives_up_waiting_for_a_name() -> None:
    """After exactly as long as it says; a name in time ends the waiting."""
    world = World(Limits(name_seconds=7))
    slow, quick = Ear(world.house), world.enter("Alex")
    world.clock.advance(6.9)
    assert not slow.hung_up
    world.clock.advance(0.1)
    assert slow.lines() == ["No name within 7 seconds. Goodbye."]
    assert (slow.hung_up, quick.hung_up) == (True, False)


def test_leaves_nothing_behind() -> None:
    """No timer and no session stays when a connection is gone, at whatever stage."""
    world = World()
    for ear in (Ear(world.house), world.enter("Alex")):
        ear.session.lost("")
    world.clock.advance(1)
    emptied: list[bool] = []
    world.house.close(lambda: emptied.append(True))
    assert (emptied, world.clock.getDelayedCalls()) == ([True], [])


def test_counts_names_that_cannot_be_had() -> None:
    """And closes after as many as it may."""
    world = World(Limits(name_tries=2))
    ear = Ear(world.house)
    assert world.typed(ear, "root")[1:] == ["Enter your username:"]
    assert world.typed(ear, "root")[1:] == ["Too many tries. Goodbye."]
    assert ear.hung_up


def test_says_how_long_to_wait_after_a_burst() -> None:
    """It tells the user so once, and again only after a rest."""
    world = World(Limits(message_burst=2, messages=5))
    ear = world.enter("Alex")
    assert [ear.session.pace() for _ in range(4)] == pytest.approx([0, 0, 0.2, 0.4])
    world.clock.advance(0)
    assert len(ear.lines()) == 1
    world.clock.advance(0.5)
    ear.session.pace()
    world.clock.advance(0)
    assert ear.lines() == []
    world.clock.advance(10)
    assert [ear.session.pace() > 0 for _ in range(3)] == [False, False, True]
    world.clock.advance(0)
    assert len(ear.lines()) == 1


def test_closes_a_program_that_sends_nonsense() -> None:
    """After as many lines as it may; what is refused for another reason does not count."""
    world = World(Limits(bad_requests=3))
    ear, other = world.enter("Alex"), world.enter("Sam")
    for line in ("nonsense", '{"type":"join","room":"a b"}', "nonsense"):
        ear.session.sent(line)
    assert not ear.hung_up
    ear.session.sent("nonsense")
    world.clock.advance(0)
    assert ear.hung_up
    assert other.lines() == [" * Alex left. (After 0 seconds) - sent nonsense"]


def test_says_why_something_is_refused_after_what_came_before() -> None:
    """Answers keep the order of what they answer."""
    world = World()
    ear = world.enter("Alex")
    ear.session.typed("/motd")
    ear.session.refuse(LineTooLong("That line is too long."))
    ear.session.typed("/uptime")
    world.clock.advance(0)
    assert [line[:8] for line in ear.lines()] == ["-> Be ki", "-> That ", "-> Up fo"]


# A fault in the program.


def test_goes_on_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked hears that something went wrong, it is logged, and all go on."""
    world = World()
    alex, sam = world.enter("Alex"), world.enter("Sam")
    alex.lines()
    with monkeypatch.context() as patch, faults() as logged:
        patch.delattr(world.house, "about")
        assert world.typed(alex, "/motd") == ["-> Something went wrong."]
    assert [event["log_failure"].type for event in logged] == [AttributeError]
    assert "Traceback" in logged[0]["log_failure"].getTraceback()
    assert sam.lines() == []
    assert world.typed(alex, "still here", "/motd") == ["-> Be kind."]
    assert sam.lines() == ["Alex: still here"]


def test_answers_a_program_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stable code and the request's id, which is here in the words of its style."""
    world = World()
    ear = world.enter("Alex")
    with monkeypatch.context() as patch, faults() as logged:
        patch.delattr(world.house, "about")
        ear.session.sent('{"type":"motd","id":1}')
        world.clock.advance(0)
    assert ear.lines() == ["-> Something went wrong."]
    assert len(logged) == 1


def test_survives_a_fault_before_there_is_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes on, and the next name is taken."""
    world = World()
    ear = Ear(world.house)
    with monkeypatch.context() as patch, faults() as logged:
        patch.delattr(world.house.chat, "lobby")
        assert world.typed(ear, "Alex")[-1] == "-> Something went wrong."
    assert len(logged) == 1
    assert "-> You are Sam, in #lobby. Nobody else is here yet." in world.typed(ear, "Sam")


def test_harms_nobody_else_when_telling_one_fails() -> None:
    """The others hear everything, and each failure is logged."""
    world = World()
    alex, sam = world.enter("Alex"), world.enter("Sam")
    with faults() as logged:
        world.enter("Deaf", Deaf)
        world.typed(alex, "hello")
    assert sam.lines() == [" * Deaf joined.", "Alex: hello"]
    assert {event["log_failure"].type for event in logged} == {ZeroDivisionError}


class BrokenJournal(MemoryJournal):
    """A disk that is full."""

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        return fail(OSError("No space left on device"))


def test_says_that_nothing_was_saved() -> None:
    """Nobody hears what is not on record, whoever said it knows, and the server goes on."""
    clock = Clock()
    world = World()
    journal = BrokenJournal(clock.seconds)
    world.clock = clock
    world.house = House(About(), Limits(), clock, journal, clock.seconds, AtOnce())
    with faults() as logged:
        alex, sam = world.enter("Alex"), world.enter("Sam")
        alex.lines()
        told = world.typed(alex, "/msg Sam hello", "/uptime")
    assert told == [
        "-> The server cannot save that now, and nobody has seen it. Try again later.",
        "-> Up for 0 seconds. 2 people in 1 room.",
    ]
    assert sam.lines() == []
    assert {event["log_failure"].type for event in logged} == {OSError}
