"""What another process changes of what is kept, while people are there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from doors import DOORS, Guest
from journals import on_disk, result
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import ACCOUNT
from twisted_chat.accounts.policy import Policy
from twisted_chat.house import About
from twisted_chat.journal import SERVER, Put
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.limits import Limits
from twisted_chat.names import RoomName
from twisted_chat.registry import ROOM, RULINGS
from twisted_chat.rooms import Charter, Founded
from twisted_chat.rulings import Ruling, Rulings
from twisted_chat.testing import CHEAP, EPOCH, MemoryServer

HORSE = "correct-horse"
DEV = RoomName("#dev", "#dev")
THERE, AFAR = "192.0.2.7", "198.51.100.9"
ACCOUNTS = ("Ada", "Olga", "Max")


class World:
    """A server on a data directory, and another process that writes there.

    Olga owns #dev, where Max and Gus are members; Gus is a guest, from another address.
    """

    def __init__(self, door: type[Guest], folder: Path, journal: SqliteJournal) -> None:
        hashed = CHEAP.hash(HORSE)
        self.accounts = {
            name: Account(name.lower(), name, hashed, name == "Ada") for name in ACCOUNTS
        }
        self.door = door
        accounts = [_put(ACCOUNT, one.name.lower(), one) for one in self.accounts.values()]
        dev = _put(ROOM, "#dev", Founded("#dev", Charter(owner="olga", topic="Builds")))
        result(journal.commit([], [*accounts, dev]))
        self.journal = journal
        self._store = AdminStore.open_for_admin(folder)
        self.server = MemoryServer(
            Limits(logins=1000),
            About(backlog=0),
            journal=journal,
            policy=Policy(administrator="kim"),
        )
        self.olga, self.max = self.come("Olga"), self.come("Max")
        self.gus = door(self.server, "Gus", AFAR)
        for guest in (self.olga, self.max, self.gus):
            assert "You are in #dev" in guest.do("join", room="#dev")
        self.told(self.olga, self.max, self.gus)

    def come(self, name: str) -> Guest:
        """Somebody with an account, who has come in."""
        guest = self.door(self.server, host=THERE)
        assert f"You are {name}" in guest.prove(name, HORSE)
        return guest

    def changes(self, *puts: Put) -> None:
        """The other process changes something, and the server looks for that."""
        self._store.put_from_outside(puts)
        self.server.house.look_for_changes()
        self.server.settle()

    def bans(self, mask: str, place: str, until: float = 0.0) -> None:
        """The other process bans somebody."""
        ban = Ruling(mask, "Ada", EPOCH, "spam", until)
        self.changes(_put(RULINGS, place, Rulings((ban,))))

    def told(self, *guests: Guest) -> list[list[str]]:
        """What each of them has heard, or was told, since this was last asked."""
        return [[*one.hears(), *filter(None, one.answered().split("\n"))] for one in guests]

    def close(self) -> None:
        """Nobody works on the directory any more."""
        self._store.close()
        result(self.journal.close())


def _put(kind: str, key: str, value: Any) -> Put:
    return Put(kind, key, None if value is None else msgspec.json.encode(value))


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """People at one of the doors of a server."""
    journal = on_disk(tmp_path, lambda: EPOCH)
    world = World(request.param, tmp_path, journal)
    yield world
    world.close()


@pytest.fixture
def logged() -> Iterator[list[LogEvent]]:
    """What is in the server's log."""
    seen: list[LogEvent] = []
    globalLogPublisher.addObserver(cast(ILogObserver, seen.append))
    yield seen
    globalLogPublisher.removeObserver(cast(ILogObserver, seen.append))


def faults(logged: list[LogEvent]) -> int:
    """How many of them are faults."""
    return sum("log_failure" in event for event in logged)


# At the start.


def test_takes_rooms_before_their_rulings(tmp_path: Path) -> None:
    """In whatever order they are on record."""
    journal = on_disk(tmp_path, lambda: EPOCH)
    ban = Rulings((Ruling("Zed", "Ada", EPOCH),))
    room = Founded("#dev", Charter(owner="olga"))
    result(journal.commit([], [_put(RULINGS, "#dev", ban), _put(ROOM, "#dev", room)]))
    for records in (journal.records(), list(journal.records())[::-1]):
        server = MemoryServer()
        server.house._elsewhere.restore(records)
        assert server.house.chat.rooms[DEV].rulings == ban
    result(journal.close())


# Bans.


@pytest.mark.parametrize("mask", ["Max", "account:Max"])
def test_puts_out_at_once_who_is_banned_from_the_server(world: World, mask: str) -> None:
    """Telling them why and until when; the others hear that they left, and they stay out."""
    world.bans(mask, SERVER, EPOCH + 3600)
    assert world.max.closed
    (told,) = world.told(world.max)
    assert told == ["You are banned from this server until 23:14: spam"]
    gone = " * Max left. (After 0 seconds) - banned"
    assert world.told(world.olga, world.gus) == [[gone], [gone]]
    back = world.door(world.server, host=THERE)
    assert "You are banned from this server until 23:14: spam" in back.prove("Max", HORSE)


def test_puts_out_who_comes_from_an_address(world: World, logged: list[LogEvent]) -> None:
    """All of them, and nobody else; who has not come in yet is looked at when they do."""
    outside = world.door(world.server, host=THERE)
    world.bans("192.0.2.0/24", SERVER)
    assert [one.closed for one in (world.olga, world.max, world.gus)] == [True, True, False]
    assert not outside.closed
    assert faults(logged) == 0
    assert "You are banned from this server for good: spam" in outside.enter("Sue")


def test_puts_out_no_administrator(world: World) -> None:
    """They pass everywhere."""
    ada = world.come("Ada")
    world.bans("192.0.2.0/24", SERVER)
    assert [ada.closed, world.max.closed] == [False, True]


def test_puts_out_nobody_for_a_ban_that_is_over(world: World) -> None:
    """It may have ended since it was made."""
    world.bans("Max", SERVER, EPOCH)
    assert not world.max.closed
    assert world.told(world.max) == [[]]


@pytest.mark.parametrize("who", ["max", "gus"])
def test_puts_out_of_a_room_who_is_banned_there(world: World, who: str) -> None:
    """Telling them why and until when; those who stay hear it, and they do not come again."""
    guest = getattr(world, who)
    name, banned = who.capitalize(), "You are banned from #dev until 23:14: spam"
    world.bans(name, "#dev", EPOCH + 3600)
    (told,) = world.told(guest)
    gone = f" * {name} left. (After 0 seconds) - banned"
    assert told == [gone, banned]
    others = [one for one in (world.olga, world.max, world.gus) if one is not guest]
    assert world.told(*others) == [[gone], [gone]]
    assert not guest.closed
    assert guest.do("join", room="#dev") == banned
    assert guest.do("who", room="#lobby").startswith("3 in #lobby")


def test_hands_a_room_on_whose_operator_is_put_out(world: World) -> None:
    """As where an operator leaves; all that happens is heard in order."""
    world.olga.do("owner", name="-")
    world.told(world.olga, world.max)
    world.changes(_put(RULINGS, "#dev", Rulings((Ruling("Olga", "Ada", EPOCH),))))
    assert world.told(world.max) == [
        [" * Olga left. (After 0 seconds) - banned", " * Max is an operator now."]
    ]


def test_forgets_the_invitation_of_who_is_put_out(world: World) -> None:
    """And puts on record what came of it, as of any request."""
    room = world.server.house.chat.rooms[DEV]
    (gus,) = [user for user in room.members if str(user.name) == "Gus"]
    charter = Charter(owner="olga", mark="m1", invited=(gus.identity,))
    world.changes(_put(ROOM, "#dev", Founded("#dev", charter)))
    world.bans("Gus", "#dev")
    assert room.charter.invited == ()
    kept = {(kind, key): value for kind, key, value in world.journal.records()}
    assert msgspec.json.decode(kept[ROOM, "#dev"], type=Founded).charter.invited == ()


def test_lets_in_again_who_is_banned_no_more(world: World) -> None:
    """At the next try."""
    world.bans("Gus", "#dev")
    world.changes(_put(RULINGS, "#dev", None))
    assert "You are in #dev" in world.gus.do("join", room="#dev")


def test_passes_over_the_rulings_of_a_room_that_is_over(
    world: World, logged: list[LogEvent]
) -> None:
    """There is nobody there to be put out."""
    world.bans("Gus", "#gone")
    assert world.told(world.gus, world.olga) == [[], []]
    assert faults(logged) == 0


def test_keeps_quiet_who_is_muted(world: World) -> None:
    """From the next line on."""
    muted = Rulings(mutes=(Ruling("Gus", "Ada", EPOCH, "spam"),))
    world.changes(_put(RULINGS, "#dev", muted))
    world.gus.say("hello")
    assert world.told(world.gus, world.max)[1] == []


# Rooms.


def test_takes_what_has_become_of_a_room(world: World) -> None:
    """What it is about, and whose it is, from the next request on."""
    charter = Charter(owner="max", topic="Tests")
    world.changes(_put(ROOM, "#dev", Founded("#dev", charter)))
    assert world.gus.do("topic") == "Topic of #dev: Tests"
    assert world.gus.do("owner") == "#dev belongs to Max."


def test_takes_a_new_room_and_its_rulings(world: World) -> None:
    """Who is banned there does not enter it."""
    world.changes(
        _put(ROOM, "#ops", Founded("#ops", Charter(owner="olga"))),
        _put(RULINGS, "#ops", Rulings((Ruling("Gus", "Ada", EPOCH),))),
    )
    assert world.gus.do("join", room="#ops") == "You are banned from #ops for good."
    assert "You are in #ops" in world.max.do("join", room="#ops")


# Accounts.


def test_puts_out_who_has_no_account_any_more(world: World) -> None:
    """The others stay, and the name is anybody's."""
    world.changes(_put(ACCOUNT, "max", None))
    assert [one.closed for one in (world.olga, world.max, world.gus)] == [False, True, False]
    assert world.told(world.max) == [["Your account is no more. Goodbye."]]
    assert "You are Max" in world.door(world.server, host=AFAR).enter("Max")


def test_puts_out_whose_name_is_another_account_s(world: World) -> None:
    """It was given to somebody else meanwhile, with another password."""
    other = Account("max2", "Max", CHEAP.hash("another-horse"), False)
    world.changes(_put(ACCOUNT, "max", other))
    assert world.max.closed
    assert "You are Max" in world.door(world.server, host=AFAR).prove("Max", "another-horse")


def test_makes_an_administrator_of_who_is_here(world: World) -> None:
    """At once, and unmakes one."""
    assert "Only an administrator" in world.max.do("bans", room="*")
    for on, answer in ((True, "Nobody is banned from this server"), (False, "Only an admin")):
        changed = msgspec.structs.replace(world.accounts["Max"], admin=on)
        world.changes(_put(ACCOUNT, "max", changed))
        assert world.max.do("bans", room="*").startswith(answer)


def test_lets_in_who_has_an_account_from_now_on(world: World, logged: list[LogEvent]) -> None:
    """And nobody else under that name; who is to administer the server does so."""
    kim = Account("kim", "Kim", CHEAP.hash(HORSE), False)
    world.changes(_put(ACCOUNT, "kim", kim))
    assert world.come("Kim").do("bans", room="*").startswith("Nobody is banned from this server")
    assert faults(logged) == 0
    assert "You are Kim" not in world.door(world.server, host=AFAR).enter("kim")


# When it cannot look.


def test_goes_on_where_something_cannot_be_read(world: World, logged: list[LogEvent]) -> None:
    """The log says so, everybody stays, and what is changed after that is taken."""
    world.changes(Put(ROOM, "#dev", b"{"))
    assert faults(logged) == 1
    assert world.gus.do("topic") == "Topic of #dev: Builds"
    world.bans("Max", SERVER)
    assert world.max.closed
