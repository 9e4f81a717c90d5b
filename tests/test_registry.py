"""The rooms there are, and what of them outlasts the process."""

from typing import Any

import msgspec
import pytest
from town import DEV, LOBBY, NOW, Town

from twisted_chat import events
from twisted_chat.accounts.account import Account
from twisted_chat.guard import Guard
from twisted_chat.journal import SERVER, Put
from twisted_chat.limits import BANS_PER_PLACE, ROOMS_PER_OWNER, Limits
from twisted_chat.names import RoomName, room_name, user_name
from twisted_chat.refused import TooMany
from twisted_chat.registry import ROOM, RULINGS, BanNote, Registry
from twisted_chat.rooms import Charter, Founded, Member, Room, User
from twisted_chat.rulings import Filter, Ruling, Rulings

OPS, PUB = room_name("#ops"), room_name("#Pub")
BANNED = Rulings(bans=(Ruling("Zed", "Ada", NOW - 1),))


@pytest.fixture
def town() -> Town:
    """People of every rank."""
    return Town()


@pytest.fixture
def rooms(town: Town) -> Registry:
    """Its rooms: the lobby, and #dev, which Olga owns."""
    return town.chat.registry


def puts(rooms: Registry) -> list[tuple[str, str, Any]]:
    """What is to be put on record because of what has changed."""
    changes = rooms.take_notes().changes
    return [(put.kind, put.key, _read(put)) for change in changes for put in change.puts]


def _read(put: Put) -> Founded | Rulings | None:
    if put.value is None:
        return None
    kind: type[Founded] | type[Rulings] = Founded if put.kind == ROOM else Rulings
    return msgspec.json.decode(put.value, type=kind)


def room_of(rooms: Registry, *users: User, name: RoomName = OPS) -> Room:
    """A room of nobody's in which these are."""
    room = rooms.rooms[name] = Room(name)
    for user in users:
        rooms.add(user, room, Member(0.0))
    return room


# Making one.


def test_makes_a_room_that_is_its_makers_own(town: Town, rooms: Registry) -> None:
    """It goes on record at once, with its rulings, as there may be some of an earlier one."""
    room = rooms.make(town.max, OPS)
    assert rooms.rooms[OPS] is room
    assert room.owned_by(town.max)
    assert puts(rooms) == [
        (ROOM, "#ops", Founded("#ops", Charter(owner="max"))),
        (RULINGS, "#ops", None),
    ]


def test_makes_a_room_of_nobodys_for_a_guest(town: Town, rooms: Registry) -> None:
    """It is not on record."""
    assert rooms.make(town.gus, OPS).charter == Charter()
    assert puts(rooms) == []


def test_makes_no_more_rooms_than_there_may_be() -> None:
    """At the bound one is made, beyond it none."""
    rooms = Registry(LOBBY, Limits(rooms=2), Guard())
    user = User(user_name("Gus"), 0.0)
    rooms.make(user, OPS)
    with pytest.raises(TooMany, match=r"as many rooms as there may be\. /list shows them"):
        rooms.make(user, PUB)
    assert list(rooms.rooms) == [LOBBY, OPS]


def test_bounds_how_many_rooms_somebody_owns(town: Town, rooms: Registry) -> None:
    """A room more is nobody's; and is given to somebody who has fewer."""
    made = [rooms.make(town.max, room_name(f"#r{n}")) for n in range(ROOMS_PER_OWNER + 1)]
    owned = [room.owned_by(town.max) for room in made]
    assert owned == [True] * ROOMS_PER_OWNER + [False]
    with pytest.raises(TooMany, match=f"Max owns {ROOMS_PER_OWNER} rooms, as many as one may"):
        rooms.give(made[-1], town.max.account)
    rooms.give(made[-1], town.ada.account)
    assert made[-1].owned_by(town.ada)


# Changing one.


def test_puts_on_record_what_is_true_of_a_room(town: Town, rooms: Registry) -> None:
    """All of it, and not the rulings, which are there already."""
    room = rooms.rooms[DEV]
    rooms.amend(room, topic="Builds", slow=5)
    assert (room.charter.topic, room.charter.slow) == ("Builds", 5)
    assert puts(rooms) == [(ROOM, "#dev", Founded("#dev", room.charter))]


def test_puts_the_lobby_on_record(rooms: Registry) -> None:
    """It outlasts everybody, and nobody owns it."""
    lobby = rooms.rooms[LOBBY]
    rooms.amend(lobby, topic="Hi")
    assert puts(rooms) == [(ROOM, "#lobby", Founded("#lobby", Charter(topic="Hi")))]


def test_puts_nothing_of_a_room_on_record_that_is_nobodys(town: Town, rooms: Registry) -> None:
    """It is over with its last member."""
    room = room_of(rooms, town.gus)
    rooms.amend(room, topic="Gossip")
    rooms.rule(room, BANNED)
    assert (room.topic, room.rulings) == ("Gossip", BANNED)
    assert puts(rooms) == []


@pytest.mark.parametrize("rulings", [BANNED, Rulings()])
def test_puts_rulings_on_record(town: Town, rooms: Registry, rulings: Rulings) -> None:
    """Of a room that is kept, and of the server; where there are none, that there are none."""
    kept = None if rulings == Rulings() else rulings
    rooms.rule(rooms.rooms[DEV], rulings)
    rooms.rule(town.chat.guard, rulings)
    assert puts(rooms) == [(RULINGS, "#dev", kept), (RULINGS, SERVER, kept)]


def test_takes_back_what_the_disk_refused(town: Town, rooms: Registry) -> None:
    """As it was before, whatever it was."""
    room = rooms.rooms[DEV]
    before = room.charter
    rooms.amend(room, topic="Builds")
    rooms.rule(room, BANNED)
    rooms.rule(town.chat.guard, BANNED)
    rooms.set_member(room.members[town.gus], operator=True, voice=True)
    rooms.invite(room, town.kim)
    member = room.members[town.gus]
    assert (member.operator, member.voice) == (True, True)
    town.take_back()
    assert (room.charter, room.rulings, town.chat.guard.rulings) == (before, Rulings(), Rulings())
    assert (member.operator, member.voice) == (False, False)


def test_begins_each_request_with_no_notes(rooms: Registry) -> None:
    """Those of the last one are taken once."""
    rooms.amend(rooms.rooms[DEV], topic="Builds")
    assert len(rooms.take_notes().changes) == 1
    assert rooms.take_notes().changes == []


# Whose it is.


def test_gives_a_room_to_somebody(town: Town, rooms: Registry) -> None:
    """Who owned it is an operator from then on, as the others stay."""
    room = rooms.rooms[DEV]
    rooms.give(room, town.max.account)
    assert room.charter.owner == "max"
    assert room.charter.operators == {"olga", "oscar"}
    assert puts(rooms) == [(ROOM, "#dev", Founded("#dev", room.charter))]


def test_puts_on_record_a_room_that_is_owned_from_now_on(town: Town, rooms: Registry) -> None:
    """With its rulings, which were not there before."""
    room = room_of(rooms, town.max)
    rooms.rule(room, BANNED)
    rooms.give(room, town.max.account)
    assert room.charter.operators == frozenset()
    assert puts(rooms) == [
        (ROOM, "#ops", Founded("#ops", room.charter)),
        (RULINGS, "#ops", BANNED),
    ]


def test_takes_a_room_off_the_record_that_is_nobodys_from_now_on(
    town: Town, rooms: Registry
) -> None:
    """It lives as long as somebody is in it."""
    rooms.give(rooms.rooms[DEV], None)
    assert puts(rooms) == [(ROOM, "#dev", None), (RULINGS, "#dev", None)]
    assert DEV in rooms.rooms


def test_ends_an_empty_room_that_is_given_up(town: Town, rooms: Registry) -> None:
    """And has it back, with all that was true of it, where the disk refuses."""
    room = rooms.rooms[DEV]
    before = room.charter
    rooms.vacate(town.gus, [room])
    for user in (town.olga, town.oscar, town.max):
        rooms.vacate(user, [room])
    rooms.give(room, None)
    assert DEV not in rooms.rooms
    town.take_back()
    assert rooms.rooms[DEV] is room
    assert room.charter == before


def test_has_an_heir_no_more_where_the_disk_refuses(town: Town, rooms: Registry) -> None:
    """The room is its owner's again, as before."""
    room = rooms.rooms[DEV]
    for user in (town.olga, town.oscar):
        rooms.vacate(user, [room])
    rooms.amend(room, operators=frozenset())
    rooms.give(room, None)
    heir = next(iter(room.members))
    assert rooms.inherit(room) == [events.Opped(room="#dev", who=str(heir.name))]
    assert rooms.inherit(room) == []
    assert room.operated_by(heir)
    town.take_back()
    assert not room.operated_by(heir)
    assert room.charter.owner == "olga"


# Who is invited.


def test_invites_each_once(town: Town, rooms: Registry) -> None:
    """Who is invited again is the latest; who is not any more is not on the list."""
    room = rooms.rooms[DEV]
    for user in (town.gus, town.kim, town.gus):
        rooms.invite(room, user)
    assert list(room.charter.invited) == ["g:Kim", "g:Gus"]
    rooms.uninvite(room, town.kim.identity)
    assert list(room.charter.invited) == ["g:Gus"]


def test_notes_nothing_where_nobody_was_invited(town: Town, rooms: Registry) -> None:
    """Nothing has changed."""
    rooms.uninvite(rooms.rooms[DEV], town.kim.identity)
    assert puts(rooms) == []


def test_bounds_the_invitations_that_wait() -> None:
    """Beyond the bound the earliest is forgotten."""
    rooms = Registry(LOBBY, Limits(invites_per_room=2), Guard())
    room = rooms.make(User(user_name("Amy"), 0.0), OPS)
    for name in ("a", "b", "c"):
        rooms.invite(room, User(user_name(name), 0.0, identity=f"g:{name}"))
    assert room.charter.invited == ("g:b", "g:c")


# Who is in it.


def test_lets_somebody_in(town: Town, rooms: Registry) -> None:
    """Both know of it; in a slow room they wait like the others before they speak."""
    room, member = rooms.rooms[DEV], Member(1.0)
    assert rooms.add(town.kim, room, member) == events.Joined(room="#dev", who="Kim")
    assert room.members[town.kim] is member
    assert town.kim.rooms[DEV] is room
    assert member.spoke is None
    rooms.vacate(town.kim, [room])
    rooms.amend(room, slow=5)
    rooms.add(town.kim, room, member)
    assert member.spoke == NOW


def test_says_who_is_a_bot(rooms: Registry) -> None:
    """Those who hear it need not ask."""
    bot = User(user_name("Bot"), 0.0, bot=True)
    assert rooms.add(bot, rooms.rooms[DEV], Member(0.0)) == events.Joined(
        room="#dev", who="Bot", bot=True
    )


def test_lets_somebody_out(town: Town, rooms: Registry) -> None:
    """Of each of these rooms, and of no other."""
    room = rooms.rooms[DEV]
    assert rooms.vacate(town.gus, [room]) == []
    assert town.gus not in room.members
    assert list(town.gus.rooms) == [LOBBY]


def test_hands_a_room_of_nobodys_on(town: Town, rooms: Registry) -> None:
    """To who has been there longest, when its last operator leaves; the lobby has none."""
    room = room_of(rooms, town.gus, town.kim, town.max)
    room.members[town.gus].operator = True
    happened = rooms.vacate(town.gus, list(town.gus.rooms.values()))
    assert happened == [events.Opped(room="#ops", who="Kim")]
    assert room.members[town.kim].operator
    assert rooms.vacate(town.max, [room]) == []


def test_ends_with_its_last_member(town: Town, rooms: Registry) -> None:
    """Unless somebody owns it, or it is the lobby."""
    room_of(rooms, town.gus)
    for user in list(town.chat.users.values()):
        rooms.vacate(user, list(user.rooms.values()))
    assert list(rooms.rooms) == [LOBBY, DEV]


def test_notes_where_a_private_room_is_on_record(town: Town, rooms: Registry) -> None:
    """Of what happens there; of an open one its name says it."""
    room = rooms.rooms[DEV]
    assert rooms.at(room) == "#dev"
    assert rooms.notes.places == {}
    rooms.amend(room, mark="m1")
    assert rooms.at(room) == "#dev"
    assert rooms.notes.places == {"#dev": "#dev!m1"}


# What is on record.


def founded(name: str = "#Pub", **charter: Any) -> bytes:
    """A room as it is kept."""
    return msgspec.json.encode(Founded(name, Charter(**charter)))


def test_takes_a_room_that_was_kept(rooms: Registry) -> None:
    """With its name as it is written, and all that is true of it."""
    rooms.restore(founded(owner="max", topic="Beer", mark="m1"))
    room = rooms.rooms[PUB]
    assert str(room.name) == "#Pub"
    assert room.charter == Charter(owner="max", topic="Beer", mark="m1")


def test_takes_the_lobby(rooms: Registry) -> None:
    """It has no owner, and is kept all the same."""
    rooms.restore(founded("#lobby", topic="Hi"))
    assert rooms.rooms[LOBBY].topic == "Hi"


def test_makes_no_room_of_one_that_nobody_owns(rooms: Registry) -> None:
    """A room that is empty and nobody's is none."""
    rooms.restore(founded())
    assert PUB not in rooms.rooms


def test_takes_rulings(town: Town, rooms: Registry) -> None:
    """Of a room that there is, and of the server; of another they are nothing."""
    for key in ("#dev", SERVER, "#never"):
        rooms.restore_rulings(key, msgspec.json.encode(BANNED))
    assert rooms.rooms[DEV].rulings == BANNED
    assert town.chat.guard.rulings == BANNED


def test_dates_rulings_that_were_made_later_than_now(town: Town, rooms: Registry) -> None:
    """The clock has been set back since: they last as long as was said."""
    later = Rulings(bans=(Ruling("Zed", "Ada", NOW + 1000, until=NOW + 1060),))
    rooms.restore_rulings(SERVER, msgspec.json.encode(later))
    assert town.chat.guard.rulings.bans == (Ruling("Zed", "Ada", NOW, until=NOW + 60),)


def test_keeps_what_it_takes_as_it_was_put(town: Town, rooms: Registry) -> None:
    """What goes on record comes back from it the same."""
    room = rooms.make(town.max, PUB)
    rooms.amend(
        room,
        topic="Beer",
        locked=True,
        mark="m2",
        former=("m1",),
        moderated=True,
        slow=5,
        retention=3600,
        operators=frozenset({"olga"}),
        voices=frozenset({"oscar"}),
        invited=("g:Kim",),
    )
    rooms.rule(room, Rulings(BANNED.bans, BANNED.bans, (Filter("spam", "Ada"),), True))
    other = Registry(LOBBY, Limits(), Guard(lambda: NOW))
    for change in rooms.take_notes().changes:
        for put in change.puts:
            if put.value is not None and put.kind == ROOM:
                other.restore(put.value)
            elif put.value is not None:
                other.restore_rulings(put.key, put.value)
    assert (other.rooms[PUB].charter, other.rooms[PUB].rulings) == (room.charter, room.rulings)


def test_knows_a_room_by_any_spelling() -> None:
    """Its key is what it is kept under."""
    rooms = Registry(LOBBY, Limits(), Guard())
    owner = User(user_name("Max"), 0.0, account=Account("max", "Max", ""))
    rooms.make(owner, PUB)
    assert [key for _, key, _ in puts(rooms)] == ["#pub", "#pub"]
    assert room_name("PUB") in rooms.rooms


# What another process has made of a ban.


def noted(since: float = NOW, who: str = "Zed", lifted: bool = False) -> bytes:
    """What the server is told of it."""
    return msgspec.json.encode(BanNote(Ruling(who, "op", since), lifted))


@pytest.mark.parametrize("key", ["#dev", SERVER])
def test_takes_a_ban(rooms: Registry, key: str) -> None:
    """Beside all that holds there by now, and puts that on record; and lifts it again."""
    place = rooms.place(key)
    assert place is not None
    before = Rulings((Ruling("Kim", "Ada", NOW),), filters=(Filter("spam", "Ada"),))
    rooms.rule(place, before)
    rooms.take_notes()
    both = Rulings((*before.bans, Ruling("Zed", "op", NOW)), filters=before.filters)
    rooms.take_ban(key, noted())
    assert puts(rooms) == [(RULINGS, key, both)]
    rooms.take_ban(key, noted(lifted=True))
    assert puts(rooms) == [(RULINGS, key, before)]
    assert place.rulings == before


def test_takes_no_ban_back(town: Town, rooms: Registry) -> None:
    """Where what was decided cannot be kept: the ban is on record already."""
    rooms.take_ban(SERVER, noted())
    rooms.take_ban(SERVER, noted(who="Kim"))
    for change in reversed(rooms.take_notes().changes):
        change.undo()
    assert [ban.mask for ban in town.chat.guard.rulings.bans] == ["Zed", "Kim"]


@pytest.mark.parametrize("lifted", [False, True])
def test_takes_a_ban_once(rooms: Registry, lifted: bool) -> None:
    """What was noted before the start is on record already."""
    rooms.take_ban(SERVER, noted())
    for _ in range(2):
        rooms.take_ban(SERVER, noted(lifted=lifted))
    assert len(puts(rooms)) == (2 if lifted else 1)


def test_takes_a_later_ban(town: Town, rooms: Registry) -> None:
    """It holds in place of the earlier one on the same."""
    rooms.rule(town.chat.guard, BANNED)
    rooms.take_ban(SERVER, noted(NOW))
    assert town.chat.guard.rulings.bans == (Ruling("Zed", "op", NOW),)


@pytest.mark.parametrize("lifted", [False, True])
def test_takes_no_ban_in_place_of_a_later_one(town: Town, rooms: Registry, lifted: bool) -> None:
    """Nor lifts that: another one was meant."""
    rooms.rule(town.chat.guard, BANNED)
    rooms.take_notes()
    rooms.take_ban(SERVER, noted(NOW - 2, lifted=lifted))
    assert town.chat.guard.rulings == BANNED
    assert puts(rooms) == []


def test_takes_no_ban_that_keeps_nobody_out(rooms: Registry) -> None:
    """The room is over, or it is not understood who is meant."""
    rooms.take_ban("#never", noted())
    rooms.take_ban(SERVER, noted(who="a b"))
    assert puts(rooms) == []
    assert room_name("#never") not in rooms.rooms


def test_takes_no_more_bans_than_there_may_be(town: Town, rooms: Registry) -> None:
    """Others may have been made meanwhile."""
    for number in range(BANS_PER_PLACE):
        rooms.take_ban(SERVER, noted(who=f"n{number}"))
    before = town.chat.guard.rulings
    with pytest.raises(TooMany):
        rooms.take_ban(SERVER, noted())
    assert len(before.bans) == BANS_PER_PLACE
    assert town.chat.guard.rulings == before
