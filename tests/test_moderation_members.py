"""What operators may do to members: remove them, and give them rights."""

from collections.abc import Callable

import pytest
from town import DEV, LOBBY, NOW, Town

from twisted_chat import events
from twisted_chat.names import RoomName
from twisted_chat.refused import NotInRoom, NotOperator, RoomModerated
from twisted_chat.rooms import User
from twisted_chat.rulings import Ruling, Rulings

Ask = Callable[[Town, User, RoomName], object]


@pytest.fixture
def town() -> Town:
    """People of every rank."""
    return Town()


@pytest.mark.parametrize(
    "ask",
    [
        lambda town, user, room: town.moderation.members.kick(user, user, room, 1.0),
        lambda town, user, room: town.moderation.members.set_operator(user, user, room, True),
        lambda town, user, room: town.moderation.members.set_voice(user, user, room, True),
    ],
)
@pytest.mark.parametrize("room", [LOBBY, DEV])
def test_lets_nobody_rule_a_room_but_its_operators(town: Town, ask: Ask, room: RoomName) -> None:
    """Others are members like any other, and so is everyone in the lobby."""
    with pytest.raises(NotOperator):
        ask(town, town.max, room)


def test_lets_an_administrator_rule_the_lobby_and_rooms_that_they_are_not_in(town: Town) -> None:
    """They are above everybody, everywhere."""
    assert town.moderation.members.kick(town.ada, town.olga, DEV, 1.0)
    assert town.moderation.members.kick(town.ada, town.olga, LOBBY, 1.0)
    assert town.olga.rooms == {}


def test_makes_no_operator_of_the_lobby(town: Town) -> None:
    """Nobody rules it but administrators, so nobody is to believe that they do."""
    with pytest.raises(NotOperator, match="#lobby belongs to everybody and has no operators"):
        town.moderation.members.set_operator(town.ada, town.max, LOBBY, True)
    assert town.moderation.members.set_operator(town.ada, town.max, LOBBY, False) == []


def test_removes_somebody_from_a_room(town: Town) -> None:
    """With who did it, why, and how long they had been there."""
    assert town.moderation.members.kick(town.oscar, town.gus, DEV, 30.5, "noise") == [
        events.Kicked(room="#dev", who="Gus", by="Oscar", reason="noise", after=30)
    ]
    assert DEV not in town.gus.rooms


def test_gives_the_room_of_who_kicks_himself_away(town: Town) -> None:
    """Where it is nobody's, and there is an heir."""
    room = next(iter(town.kim.rooms))
    assert room == LOBBY
    town.moderation.order.give(town.olga, None, DEV)
    for user in (town.olga, town.oscar):
        happened = town.moderation.members.kick(user, user, DEV, 200.0)
    assert happened[1:] == [events.Opped(room="#dev", who="Max")]


def test_does_nothing_to_who_is_not_there(town: Town) -> None:
    """The reason names them, and not the operator who asked."""
    members = town.moderation.members
    with pytest.raises(NotInRoom, match=r"Kim is not in #dev\."):
        members.kick(town.oscar, town.kim, DEV, 1.0)
    for change in (members.set_operator, members.set_voice):
        with pytest.raises(NotInRoom, match=r"Kim is not in #dev\."):
            change(town.oscar, town.kim, DEV, True)


def test_makes_an_operator_and_unmakes_one(town: Town) -> None:
    """What is so already is nothing that happens."""
    change = town.moderation.members.set_operator
    assert [change(town.olga, town.gus, DEV, on) for on in (True, True, False, False)] == [
        [events.Opped(room="#dev", who="Gus", by="Olga")],
        [],
        [events.Deopped(room="#dev", who="Gus", by="Olga")],
        [],
    ]


def test_gives_a_voice_and_takes_it(town: Town) -> None:
    """It is good for speaking where only some do."""
    town.moderation.order.moderate(town.oscar, DEV, True)
    change = town.moderation.members.set_voice
    assert [change(town.oscar, town.gus, DEV, True) for _ in range(2)] == [
        [events.Voiced(room="#dev", who="Gus", by="Oscar")],
        [],
    ]
    assert town.chat.say(town.gus, DEV, "hi")
    assert change(town.oscar, town.gus, DEV, False) == [
        events.Devoiced(room="#dev", who="Gus", by="Oscar")
    ]
    with pytest.raises(RoomModerated):
        town.chat.say(town.gus, DEV, "hi")


@pytest.mark.parametrize("right", ["set_operator", "set_voice"])
def test_keeps_the_rights_of_accounts_for_when_they_come_back(town: Town, right: str) -> None:
    """A guest's go with them; where the disk refuses, nobody has them."""
    give = getattr(town.moderation.members, right)
    for user in (town.max, town.gus):
        give(town.olga, user, DEV, True)
    room = town.chat.rooms[DEV]
    for user in (town.max, town.gus):
        town.chat.part(user, DEV, 1.0)
        town.chat.join(user, DEV, 2.0)
    assert [room.heard(user) for user in (town.max, town.gus)] == [True, False]
    town.take_back()
    assert [room.heard(user) for user in (town.max, town.gus)] == [False, False]


def test_deposes_who_is_banned(town: Town) -> None:
    """Here or away, with whom it was about; neither others, nor whom no ban stops."""
    members, room = town.moderation.members, town.chat.rooms[DEV]
    for user in (town.ada, town.max):
        town.chat.registry.amend(room, operators=room.charter.operators | {user.account_id})
    bans = tuple(Ruling(who, "Olga", NOW) for who in ("Ada", "Oscar", "Kim"))
    town.chat.registry.rule(room, Rulings(bans))
    (deposed,) = members.depose_banned(room)
    assert deposed == events.Deopped(room="#dev", who="Oscar", by="Olga")
    assert town.chat.notes.about[deposed] == town.oscar.identity
    assert room.charter.operators == {"ada", "max"}
    assert members.depose_banned(room) == []


# Nobody rules over somebody above.


@pytest.mark.parametrize("target", ["ada", "olga"])
def test_removes_nobody_above(town: Town, target: str) -> None:
    """An operator neither kicks nor unmakes the owner, nor an administrator."""
    town.chat.join(town.ada, DEV, 1.0)
    above = getattr(town, target)
    with pytest.raises(NotOperator, match=r"belongs to Olga|Ada administers the server"):
        town.moderation.members.kick(town.oscar, above, DEV, 1.0)
    with pytest.raises(NotOperator, match=r"belongs to Olga|Ada administers the server"):
        town.moderation.members.set_operator(town.oscar, above, DEV, False)


def test_lets_the_owner_rule_over_operators_and_them_over_each_other(town: Town) -> None:
    """Nobody of one's own rank is above."""
    members = town.moderation.members
    members.set_operator(town.olga, town.max, DEV, True)
    assert members.set_operator(town.max, town.oscar, DEV, False)
    assert members.set_operator(town.olga, town.max, DEV, False)


def test_notes_whom_it_was_about(town: Town) -> None:
    """Each act on record knows them, whatever they are called later."""
    happened = town.moderation.members.kick(town.oscar, town.max, DEV, 1.0)
    assert town.chat.notes.about[happened[0]] == town.max.identity
