"""What people notice of a disk that is full, or fails, through every door; and what is kept."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from disks import RealJournal
from doors import DOORS, Guest
from journals import result

from twisted_chat.house import About
from twisted_chat.limits import OFF, Limits
from twisted_chat.testing import MemoryServer

NOT_SAVED = "The server cannot save that now, and nobody has seen it. Try again later."
HORSE = "correct-horse"
SOON = Limits(messages=OFF, message_burst=OFF)


class World:
    """Alex and Sam, both in #dev, which is Alex's; and a disk."""

    def __init__(
        self, door: type[Guest], folder: Path, fails: Callable[[RealJournal], None]
    ) -> None:
        self.door = door
        self.folder = folder
        self.journal = RealJournal(folder)
        self._fails = fails
        self.server = MemoryServer(SOON, About(backlog=0), journal=self.journal)
        self.alex, self.sam = door(self.server, "Alex"), door(self.server, "Sam")
        for guest in (self.alex, self.sam):
            guest.do("join", room="#dev")
        self.forget()

    def fail(self) -> None:
        """The disk fails from now on."""
        self._fails(self.journal)

    def forget(self) -> None:
        """Have nobody remember what they heard until now."""
        for guest in (self.alex, self.sam):
            guest.hears()
            guest.answered()

    def refuses(self, guest: Guest, text: str) -> None:
        """Have somebody say what cannot be kept."""
        assert guest.do("say", text=text) == NOT_SAVED

    def starts_again(self) -> None:
        """Have the server end, and start."""
        result(self.journal.close())
        self.journal = RealJournal(self.folder)
        self.server = MemoryServer(SOON, About(backlog=0), journal=self.journal)


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def door(request: pytest.FixtureRequest) -> type[Guest]:
    """The door that the suite runs through."""
    door: type[Guest] = request.param
    return door


@pytest.fixture(params=[RealJournal.fill, RealJournal.break_down], ids=["full", "broken"])
def world(door: type[Guest], request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """One with each kind of disk."""
    world = World(door, tmp_path / "data", request.param)
    yield world
    world.journal.recover()
    result(world.journal.close())


def test_says_to_the_sender_alone_that_it_is_not_saved(
    world: World, logged: Callable[[], str]
) -> None:
    """And goes on by itself; the log says once that it began, and once that it is over."""
    world.fail()
    for text in ("lost", "lost too", "and this"):
        world.refuses(world.alex, text)
        world.alex.do("who")
    assert world.sam.hears() == []
    world.journal.recover()
    assert "record again" not in logged()
    world.alex.say("kept")
    assert world.sam.hears() == ["Alex: kept"]
    assert logged().count("Failed at") == 1
    assert logged().count("What happens is put on record again.") == 1


def test_keeps_what_was_kept_and_nothing_else(world: World) -> None:
    """Also for those who come after the server has started again."""
    world.alex.say("before")
    world.fail()
    world.refuses(world.alex, "lost")
    world.journal.recover()
    world.alex.say("after")
    world.starts_again()
    kim = world.door(world.server, "Kim")
    kim.do("join", room="#dev")
    kim.do("history")
    heard = "\n".join(kim.hears())
    assert [text in heard for text in ("before", "lost", "after")] == [True, False, True]


def test_lets_people_come_and_read_meanwhile(world: World) -> None:
    """That needs no disk; or no room on it."""
    world.alex.say("before")
    world.fail()
    kim = world.door(world.server, "Kim")
    assert "You are in #dev" in kim.do("join", room="#dev")
    kim.do("search", text="before")
    assert any("before" in line for line in kim.hears())
    assert " * Kim joined." in world.sam.hears()


def test_tells_nobody_alone_what_is_not_saved(world: World) -> None:
    """Neither now nor later."""
    world.fail()
    assert world.alex.do("msg", name="Sam", text="psst") == NOT_SAVED
    world.journal.recover()
    assert world.alex.do("msg", name="Sam", text="hello") == "Told Sam."
    assert world.sam.hears()[-1:] == ["[PM from Alex] hello"]


def test_makes_no_account_that_is_not_saved(world: World) -> None:
    """The name is as free as it was, and can be registered when the disk works."""
    world.fail()
    assert world.alex.do("register", password=HORSE) == NOT_SAVED
    assert world.alex.do("tokens") == "You have no account. /register PASSWORD makes one."
    world.journal.recover()
    assert "is yours" in world.alex.do("register", password=HORSE)


def test_bans_nobody_whose_ban_is_not_saved(world: World) -> None:
    """They are out of the room by then, and may come back; the list is as it was."""
    world.fail()
    assert world.alex.do("ban", who="Sam") == NOT_SAVED
    assert world.alex.do("bans") == "Nobody is banned from #dev, or muted there."
    world.journal.recover()
    assert "You are in #dev" in world.sam.do("join", room="#dev")
    world.alex.say("here again?")
    assert world.sam.hears()[-1:] == ["Alex: here again?"]


def test_sets_no_topic_that_is_not_saved(world: World) -> None:
    """It is what it was."""
    world.alex.do("topic", text="Releases")
    world.forget()
    world.fail()
    assert world.alex.do("topic", text="Gossip") == NOT_SAVED
    assert world.sam.hears() == []
    assert world.sam.do("topic") == "Topic of #dev: Releases"


def test_counts_no_line_that_is_not_saved(world: World) -> None:
    """Where the room is slow, its sender may try again at once."""
    world.alex.do("slow", time="30s")
    world.forget()
    world.fail()
    world.refuses(world.sam, "lost")
    world.refuses(world.sam, "lost")
    world.journal.recover()
    world.sam.say("kept")
    assert world.alex.hears() == ["Sam: kept"]
