"""Forgetting what was said in rooms that do not keep it for ever."""

from collections.abc import Collection, Iterator
from typing import cast

import pytest
from journals import Moment, result, said, texts
from town import DEV, NOW, Town
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher

from twisted_chat import tap
from twisted_chat.journal import Scope
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import RETENTION_CHECK_SECONDS
from twisted_chat.names import room_name
from twisted_chat.options import ChatOptions
from twisted_chat.retention import Retention
from twisted_chat.serverlog import ServerLog

DAY = 86_400


class Failing(MemoryJournal):
    """A journal whose disk is out of order now and then, or slow."""

    broken = False
    slow: "Deferred[int] | None" = None
    asked = 0

    def forget(self, rooms: Collection[str], before: float) -> "Deferred[int]":
        self.asked += 1
        if self.slow is not None:
            return self.slow
        return fail(OSError("out of order")) if self.broken else super().forget(rooms, before)


class World:
    """A town whose rooms have a past of three days: one line each day, and one just now."""

    def __init__(self) -> None:
        self.town = Town()
        self.now = Moment(NOW - 3 * DAY)
        self.journal = Failing(self.now)
        for days in (3, 2, 1, 0):
            self.now.now = NOW - days * DAY
            for place in ("#lobby", "#dev", "#dev!m1", "#dev!m2", "#ops"):
                result(self.journal.commit([said(f"{place} {days}", place=place)]))
        self.retention = Retention(self.town.chat, self.journal, ServerLog(Clock(), 1000))

    def keeps(self, name: str, days: int) -> None:
        """A room keeps what is said in it for so long."""
        room = self.town.chat.rooms[room_name(name)]
        self.town.chat.registry.amend(room, retention=days * DAY)

    def forget(self) -> "Deferred[None]":
        """Have it forgotten what is too old."""
        return Deferred.fromCoroutine(self.retention.forget())

    def kept(self, *places: str) -> list[str]:
        """What is on record there."""
        page = result(self.journal.past(Scope(places), upto=1 << 40, most=100))
        return texts(page.events)


@pytest.fixture
def world() -> World:
    """Rooms with a past."""
    return World()


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What the log says went wrong."""
    seen: list[str] = []

    def observe(event: LogEvent) -> None:
        if "log_failure" in event:
            seen.append(str(event["log_failure"].value))

    globalLogPublisher.addObserver(cast(ILogObserver, observe))
    yield seen
    globalLogPublisher.removeObserver(cast(ILogObserver, observe))


def test_forgets_what_is_too_old(world: World) -> None:
    """In each room as long ago as that keeps it, and nothing where all is kept."""
    world.keeps("#lobby", 1)
    world.keeps("#dev", 2)
    result(world.forget())
    assert world.kept("#lobby") == ["#lobby 1", "#lobby 0"]
    assert world.kept("#dev") == ["#dev 2", "#dev 1", "#dev 0"]
    assert len(world.kept("#ops")) == 4


def test_forgets_nothing_where_all_is_kept(world: World) -> None:
    """The journal is not even asked."""
    result(world.forget())
    assert world.journal.asked == 0
    assert len(world.kept("#lobby", "#dev", "#ops")) == 12


def test_forgets_what_was_said_while_the_room_was_private(world: World) -> None:
    """Now, or before."""
    room = world.town.chat.rooms[DEV]
    world.town.chat.registry.amend(room, mark="m2", former=("m1",))
    world.keeps("#dev", 1)
    result(world.forget())
    for place in ("#dev", "#dev!m1", "#dev!m2"):
        assert world.kept(place) == [f"{place} 1", f"{place} 0"]


def test_goes_on_when_the_clock_does(world: World) -> None:
    """What is not too old yet is so later."""
    world.keeps("#lobby", 1)
    world.town.now += DAY
    result(world.forget())
    assert world.kept("#lobby") == ["#lobby 0"]


def test_says_once_that_it_fails_and_goes_on_by_itself(world: World, faults: list[str]) -> None:
    """When the disk does; what fails after that is said again."""
    world.keeps("#lobby", 1)
    world.journal.broken = True
    for _ in range(3):
        result(world.forget())
    assert faults == ["out of order"]
    world.journal.broken = False
    result(world.forget())
    assert world.kept("#lobby") == ["#lobby 1", "#lobby 0"]
    world.journal.broken = True
    result(world.forget())
    assert faults == ["out of order"] * 2


def test_does_it_once_at_a_time(world: World) -> None:
    """While that takes, nothing more is begun; after it, it is."""
    world.keeps("#lobby", 1)
    slow: Deferred[int] = Deferred()
    world.journal.slow = slow
    first = world.forget()
    assert not first.called
    result(world.forget())
    assert world.journal.asked == 1
    world.journal.slow = None
    slow.callback(0)
    result(first)
    result(world.forget())
    assert world.journal.asked == 2


def test_forgets_nothing_of_a_room_that_keeps_all_by_then(world: World) -> None:
    """An operator may have said so while it was busy with another room."""
    world.keeps("#lobby", 1)
    world.keeps("#dev", 1)
    slow: Deferred[int] = Deferred()
    world.journal.slow = slow
    begun = world.forget()
    world.keeps("#dev", 0)
    world.journal.slow = None
    slow.callback(0)
    result(begun)
    assert len(world.kept("#dev")) == 4


class Clocks:
    """The clocks of a machine, which stand still until they are set."""

    def __init__(self) -> None:
        self.now = NOW

    def time(self) -> float:
        """The seconds since 1970."""
        return self.now

    monotonic = time


def test_is_forgotten_when_the_server_looks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some minutes after its time: at the bound, and not before."""
    clocks, reactor, options = Clocks(), MemoryReactorClock(), ChatOptions()
    monkeypatch.setattr(tap, "time", clocks)
    options.parseOptions(["--data", ":memory:"])
    service = tap.ChatService(options, reactor)
    service.startService()
    chat, journal = service.house.chat, service.house.journal
    chat.registry.amend(chat.rooms[chat.lobby], retention=DAY)
    result(journal.commit([said("old news")]))
    clocks.now += DAY + 1
    lobby = Scope(["#lobby"])
    kept = []
    for seconds in (RETENTION_CHECK_SECONDS - 1, 1):
        reactor.advance(seconds)
        kept.append(texts(result(journal.past(lobby, upto=1 << 40, most=9)).events))
    assert kept == [["old news"], []]
    result(Deferred.fromCoroutine(service.stopService()))
