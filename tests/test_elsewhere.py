"""What another process changes of what is kept, while people are there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from doors import DOORS, Guest, Person
from journals import on_disk, result
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher

from twisted_chat import events
from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import ACCOUNT
from twisted_chat.accounts.kept import digest
from twisted_chat.accounts.policy import Policy
from twisted_chat.accounts.tokens import TOKEN
from twisted_chat.house import About
from twisted_chat.journal import PRIVATE, SERVER, Entry, Put
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.limits import Limits
from twisted_chat.masks import read_mask
from twisted_chat.names import RoomName
from twisted_chat.registry import BAN, ROOM, RULINGS, BanNote, put_rulings
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
        self.notes(BanNote(Ruling(mask, "Ada", EPOCH, "spam", until)), place)
        self.changes()

    def notes(self, note: BanNote, place: str) -> None:
        """The other process makes a ban, or lifts one, and the server has not looked yet."""
        rule(self._store, note, place)

    def kept(self, place: str) -> Rulings:
        """The rulings of a place that are on record."""
        return msgspec.json.decode(_records(self.journal)[RULINGS, place], type=Rulings)

    def told(self, *guests: Guest) -> list[list[str]]:
        """What each of them has heard, or was told, since this was last asked."""
        return [[*one.hears(), *filter(None, one.answered().split("\n"))] for one in guests]

    def close(self) -> None:
        """Nobody works on the directory any more."""
        self._store.close()
        result(self.journal.close())


def rule(store: AdminStore, note: BanNote, place: str) -> None:
    """Make a ban, or lift one, as the operator's command does."""
    ban, mask = note.ban, read_mask(note.ban.mask)
    with store.turn() as turn:
        kept = turn.records(RULINGS).get(place)
        before = Rulings() if kept is None else msgspec.json.decode(kept, type=Rulings)
        rest, _ = before.unbanning(mask, EPOCH)
        after = rest if note.lifted else before.banning(ban, EPOCH)
        event = events.Unbanned if note.lifted else events.Banned
        entry = Entry(event(room=place, who=ban.mask, by=ban.by))
        turn.change(put_rulings(place, after), _put(BAN, place, note), entry)


def _records(journal: SqliteJournal) -> dict[tuple[str, str], bytes]:
    return {(kind, key): value for kind, key, value in journal.records()}


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


def test_has_done_what_was_noted_before_the_start(tmp_path: Path) -> None:
    """A ban that was lifted again puts nobody out, and one that was made since then holds."""
    journal = on_disk(tmp_path, lambda: EPOCH)
    store = AdminStore.open_for_admin(tmp_path)
    bans = [Ruling(who, "op", EPOCH - since) for who in ("Kim", "Zed") for since in (2, 1)]
    for ban in bans:
        rule(store, BanNote(ban), SERVER)
        if ban != bans[-1]:
            rule(store, BanNote(ban, lifted=True), SERVER)
    store.close()
    server = MemoryServer(journal=journal)
    kim = Person(server, "Kim")
    server.house.look_for_changes()
    server.settle()
    assert not kim.closed
    assert "You are banned" in Person(server).enter("Zed")
    assert msgspec.json.decode(_records(journal)[RULINGS, SERVER], type=Rulings).bans == (bans[-1],)
    result(journal.close())


# Rooms.


def test_hands_a_room_on_whose_owner_has_no_account_any_more(world: World) -> None:
    """To who is there longest, once they are out; it is over with the last one."""
    world.changes(_put(ACCOUNT, "olga", None))
    assert world.told(world.max)[0] == [
        " * Olga left. (After 0 seconds)",
        " * The room belongs to nobody now: the account of its owner is no more.",
        " * Max is an operator now.",
    ]
    assert world.gus.do("owner") == "#dev belongs to nobody."
    for guest in (world.max, world.gus):
        guest.do("part", room="#dev")
    assert (ROOM, "#dev") not in _records(world.journal)
    assert world.max.do("list") == "#lobby (2 people)"


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
    world.bans("Olga", "#dev")
    assert world.told(world.max)[0][1:] == [
        " * Olga left. (After 0 seconds) - banned",
        " * Max is an operator now.",
    ]


@pytest.mark.parametrize("away", [False, True])
def test_leaves_nobody_an_operator_who_is_banned(world: World, away: bool) -> None:
    """Wherever they are, and also when the ban is lifted again; the others hear it."""
    world.olga.do("op", name="Max")
    if away:
        world.max.do("part", room="#dev")
    world.told(world.olga, world.max)
    world.bans("account:Max", "#dev")
    deposed = " * Ada took the operator's rights from Max."
    gone = [] if away else [" * Max left. (After 0 seconds) - banned"]
    assert world.told(world.olga) == [[deposed, *gone]]
    world.notes(BanNote(Ruling("account:Max", "Ada", EPOCH), lifted=True), "#dev")
    world.changes()
    kept = msgspec.json.decode(_records(world.journal)[ROOM, "#dev"], type=Founded)
    assert (kept.charter.owner, kept.charter.operators) == ("olga", frozenset())
    assert "You are in #dev" in world.max.do("join", room="#dev")
    assert world.max.do("slow", time="10s") == "Only an operator of #dev may do that."


def test_forgets_the_invitation_of_who_is_put_out(world: World) -> None:
    """And puts on record what came of it, as of any request."""
    registry = world.server.house.chat.registry
    room = registry.rooms[DEV]
    (gus,) = [user for user in room.members if str(user.name) == "Gus"]
    registry.amend(room, invited=(gus.identity,))
    world.bans("Gus", "#dev")
    assert room.charter.invited == ()
    kept = _records(world.journal)[ROOM, "#dev"]
    assert msgspec.json.decode(kept, type=Founded).charter.invited == ()


def test_ends_the_membership_of_who_is_put_out_by_an_address(world: World) -> None:
    """They are not let back in when the ban is over and they come again."""
    world.bans("192.0.2.0/24", "#dev")
    assert result(world.journal.heard("a:max")).keys() == {"#lobby", PRIVATE}


def test_forgets_the_invitation_of_who_is_banned_while_away(world: World) -> None:
    """It is not good for entering when the ban is over; that of others is."""
    registry = world.server.house.chat.registry
    room = registry.rooms[DEV]
    world.max.do("quit")
    registry.amend(room, invited=("a:max", "a:olga", "g:x"))
    world.bans("Max", "#dev")
    assert room.charter.invited == ("a:olga", "g:x")


def test_lets_in_again_who_is_banned_no_more(world: World) -> None:
    """At the next try."""
    world.bans("Gus", "#dev")
    world.notes(BanNote(Ruling("Gus", "Ada", EPOCH), lifted=True), "#dev")
    world.changes()
    assert "You are in #dev" in world.gus.do("join", room="#dev")


def test_puts_nobody_out_whose_ban_is_lifted_by_then(world: World) -> None:
    """A server that was busy hears of both at once."""
    for lifted in (False, True):
        world.notes(BanNote(Ruling("Gus", "Ada", EPOCH), lifted=lifted), "#dev")
    world.changes()
    assert world.told(world.gus, world.olga) == [[], []]


@pytest.mark.parametrize("lifted", [False, True])
def test_loses_nothing_that_was_ruled_in_the_same_second(world: World, lifted: bool) -> None:
    """What a moderator and the other process rule both holds, and is both on record."""
    if lifted:
        world.bans("Gus", "#dev")
    world.notes(BanNote(Ruling("Gus", "Ada", EPOCH), lifted=lifted), "#dev")
    assert world.olga.do("ban", who="Max") == "Max is banned from #dev for good."
    world.changes()
    banned = ["Max"] if lifted else ["Max", "Gus"]
    room = world.server.house.chat.rooms[DEV]
    for rulings in (room.rulings, world.kept("#dev")):
        assert [ban.mask for ban in rulings.bans] == banned
    world.told(world.gus)
    answer = world.gus.do("join", room="#dev")
    assert answer.startswith("You are in #dev" if lifted else "You are banned from #dev")


def test_passes_over_a_ban_from_a_room_that_is_over(world: World, logged: list[LogEvent]) -> None:
    """There is nobody there to be put out."""
    world.bans("Gus", "#gone")
    assert world.told(world.gus, world.olga) == [[], []]
    assert faults(logged) == 0


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


@pytest.mark.parametrize("on", [True, False])
def test_has_who_the_operator_names_administer_whatever_is_put(world: World, on: bool) -> None:
    """Another process does not know of --admin."""
    kim = Account("kim", "Kim", CHEAP.hash(HORSE), True)
    world.changes(_put(ACCOUNT, "kim", kim))
    there = world.come("Kim")
    world.changes(_put(ACCOUNT, "kim", msgspec.structs.replace(kim, admin=on)))
    assert there.do("bans", room="*").startswith("Nobody is banned from this server")
    assert [one.name for one in world.server.house.book.administrators] == ["Ada", "Kim"]


def test_ends_the_sessions_of_a_password_that_is_reset(world: World) -> None:
    """As where its owner changes it: those of tokens stay."""
    token = world.max.do("token", name="bot").rpartition(" ")[2]
    bot = world.server.program("Max", token=token)
    changed = msgspec.structs.replace(world.accounts["Max"], hash=CHEAP.hash("another-horse"))
    world.told(world.max)
    world.changes(_put(ACCOUNT, "max", changed))
    assert [one.closed for one in (world.max, world.olga, world.gus)] == [True, False, False]
    assert not bot.closed
    assert world.told(world.max) == [["Your password was changed. Come in with the new one."]]


def test_ends_the_sessions_of_a_token_that_is_revoked(world: World) -> None:
    """The owner's others stay."""
    tokens = [world.max.do("token", name=name).rpartition(" ")[2] for name in ("bot", "hook")]
    bot, hook = (world.server.program("Max", token=token) for token in tokens)
    world.changes(Put(TOKEN, digest(tokens[0]), None))
    assert [bot.closed, hook.closed, world.max.closed] == [True, False, False]
    assert bot.objects()[-1]["text"] == "The token bot is of no use any more."


# When it cannot look.


def test_goes_on_where_something_cannot_be_read(world: World, logged: list[LogEvent]) -> None:
    """The log says so, everybody else stays, and what was changed beside that is taken."""
    unreadable = [Put(kind, "#dev", value) for kind in (ACCOUNT, BAN) for value in (b"{", b"\xff")]
    world.notes(BanNote(Ruling("Max", "Ada", EPOCH)), SERVER)
    world.changes(*unreadable, _put(ACCOUNT, "olga", None))
    assert faults(logged) == len(unreadable)
    assert [one.closed for one in (world.olga, world.max, world.gus)] == [True, True, False]


def test_takes_at_the_start_what_the_last_server_wrote_over(world: World, tmp_path: Path) -> None:
    """A ban was noted, a moderator ruled in the same place, and the server ended at once."""
    world.notes(BanNote(Ruling("Kim", "Ada", EPOCH)), "#dev")
    assert "is banned" in world.olga.do("ban", who="Lee")
    assert [one.mask for one in world.kept("#dev").bans] == ["Lee"]
    result(world.journal.close())
    world.journal = on_disk(tmp_path, lambda: EPOCH)
    server = MemoryServer(journal=world.journal)
    server.house.look_for_changes()
    server.settle()
    assert {one.mask for one in world.kept("#dev").bans} == {"Lee", "Kim"}
