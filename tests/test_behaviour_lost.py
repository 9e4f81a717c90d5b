"""What somebody is told on coming back whose connection was lost, through every door."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from doors import DOORS, Guest
from journals import KINDS, opened

from twisted_chat.house import About
from twisted_chat.limits import OFF, Limits
from twisted_chat.testing import EPOCH, MemoryServer

HORSE = "correct-horse"
DEAD = 100
"""After how many seconds a silent peer counts as lost; a quarter more, and it is certainly."""


class World:
    """Alex, who has an account, and Sam, who talks."""

    def __init__(self, door: type[Guest], kind: str, folder: Path, **limits: int) -> None:
        self.door = door
        self._journal = opened(kind, folder, lambda: EPOCH)
        bounds = Limits(**{"dead_peer_seconds": DEAD, **limits})
        self.server = MemoryServer(bounds, About(backlog=0), self._journal.__enter__())
        self.sam, self.alex = door(self.server, "Sam"), door(self.server, "Alex")
        assert "is yours" in self.alex.do("register", password=HORSE)

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.__exit__(None, None, None)

    def says(self, *texts: str) -> None:
        """Have Sam say this, and Alex be told at once."""
        for text in texts:
            self.sam.say(text)

    def comes_back(self) -> list[str]:
        """What Alex is told of the past on coming back."""
        self.alex = self.door(self.server)
        told = self.alex.prove("Alex", HORSE).split("\n")
        return [line for line in told if " new in " in line]


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds at one door."""
    made: list[World] = []

    def make(kind: str = "memory", **limits: int) -> World:
        made.append(World(request.param, kind, tmp_path, **limits))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.mark.parametrize("kind", KINDS)
def test_tells_again_what_may_not_have_been_read(make: Callable[..., World], kind: str) -> None:
    """What was sent to a connection that was dead by then; what is older was read."""
    world = make(kind)
    world.says("one")
    world.server.advance(DEAD * 1.25 + 1)
    world.says("two", "three")
    world.server.advance(DEAD)
    world.says("four")
    world.alex.end.drop()
    world.says("five")
    assert world.comes_back() == ["4 new in #lobby."]


@pytest.mark.parametrize("kind", KINDS)
def test_tells_nothing_again_to_who_has_left(make: Callable[..., World], kind: str) -> None:
    """By closing the connection, or with a word: they have read all of it."""
    world = make(kind)
    world.says("one")
    world.alex.end.hang_up()
    assert world.comes_back() == []
    world.says("two")
    world.alex.do("quit")
    world.says("three")
    assert world.comes_back() == ["1 new in #lobby."]


def test_tells_who_has_just_come_no_more_than_was_said_since(make: Callable[..., World]) -> None:
    """However soon the connection is lost."""
    world = make()
    world.says("before")
    world.alex.end.hang_up()
    world.comes_back()
    world.says("one")
    world.alex.end.drop()
    assert world.comes_back() == ["1 new in #lobby."]


def test_tells_again_what_was_for_a_reader_who_was_too_slow(make: Callable[..., World]) -> None:
    """It waited, and was never sent."""
    world = make(outbox_bytes=500)
    world.server.advance(DEAD * 2)
    world.alex.end.stop_reading()
    world.says("x" * 300, "x" * 300)
    world.server.advance(1)
    assert world.alex.closed
    assert world.comes_back() == ["2 new in #lobby."]


def test_tells_again_what_was_told_alone(make: Callable[..., World]) -> None:
    """A message to a dead connection is not lost."""
    world = make()
    world.server.advance(DEAD * 2)
    world.sam.do("msg", name="Alex", text="psst")
    world.alex.end.drop()
    assert world.comes_back() == ["1 new in private."]


def test_tells_nothing_again_where_another_session_has_heard_it(
    make: Callable[..., World],
) -> None:
    """They are here all the time."""
    world = make()
    lost = world.alex
    assert world.comes_back() == []
    world.says("one")
    lost.end.drop()
    world.alex.end.hang_up()
    assert world.comes_back() == []


def test_looks_back_for_a_bounded_time_only(make: Callable[..., World]) -> None:
    """Also where a silent peer is kept for ever: no word waits for a reader that long."""
    world = make(dead_peer_seconds=OFF)
    for _ in range(5):
        world.says("hourly")
        world.server.advance(3600)
    world.says("now")
    world.alex.end.drop()
    assert world.comes_back() == ["1 new in #lobby."]
