"""Users and rooms, and who may do what: verbs in, events or a reason out."""

from collections.abc import Callable

import pytest

from twisted_chat import events
from twisted_chat.accounts.book import Book
from twisted_chat.chat import Chat
from twisted_chat.limits import TOPIC_CHARS, Limits
from twisted_chat.moderation import Moderation
from twisted_chat.names import RESERVED, room_name, user_name
from twisted_chat.refused import (
    AlreadyInRoom,
    NameReserved,
    NameTaken,
    NobodyThere,
    NoSuchRoom,
    NotInRoom,
    NotOperator,
    Refused,
    RoomFull,
    RoomPrivate,
    TooLong,
    TooMany,
)
from twisted_chat.rooms import User

LOBBY, DEV = room_name("#lobby"), room_name("#dev")


@pytest.fixture
def chat() -> Chat:
    """A chat that nobody is in."""
    return _chat()


@pytest.fixture
def alex(chat: Chat) -> User:
    """Somebody who entered at 100 and made #dev at 200."""
    user, _ = chat.enter(user_name("Alex"), 100.0, identity="g:Alex")
    chat.join(user, DEV, 200.0)
    return user


@pytest.fixture
def sam(chat: Chat, alex: User) -> User:
    """Somebody who entered after Alex, and #dev at 300."""
    user, _ = chat.enter(user_name("Sam"), 150.0, identity="g:Sam")
    chat.join(user, DEV, 300.0)
    return user


@pytest.fixture
def kim(chat: Chat, sam: User) -> User:
    """Somebody who is in the lobby alone."""
    return _enter(chat, "Kim")


# Coming, going, and being called something.


@pytest.mark.parametrize("bot", [False, True])
def test_lets_somebody_into_the_lobby(chat: Chat, bot: bool) -> None:
    """Who enters is a member of the lobby, and no operator there."""
    user, happened = chat.enter(user_name("Alex"), 1.0, bot=bot)
    assert happened == [events.Joined(room="#lobby", who="Alex", bot=bot)]
    assert not chat.rooms[LOBBY].members[user].operator


@pytest.mark.parametrize("name", RESERVED)
def test_keeps_the_names_that_it_reserves(chat: Chat, name: str) -> None:
    """Nobody enters under a name of the server's own, in whatever case."""
    with pytest.raises(NameReserved):
        chat.enter(user_name(name.upper()), 1.0)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ALEX", "The name ALEX is taken. Choose another."),
        ("A1ex", "The name A1ex looks like Alex, who is here. Choose another."),
    ],
)
def test_gives_no_name_to_two(chat: Chat, alex: User, name: str, why: str) -> None:
    """The reason says whose it is where that is not to be seen."""
    with pytest.raises(NameTaken) as refused:
        chat.enter(user_name(name), 1.0)
    assert refused.value.text == why


def test_frees_the_name_of_who_leaves(chat: Chat, alex: User) -> None:
    """Another may have it at once, and what looks like it."""
    chat.leave(alex, 500.0)
    assert str(_enter(chat, "A1ex").name) == "A1ex"


def test_says_how_long_who_leaves_has_been_there(chat: Chat, alex: User) -> None:
    """One event for all rooms, with whole seconds since they entered."""
    assert chat.leave(alex, 400.9, "gone home") == [
        events.Left(who="Alex", reason="gone home", after=300)
    ]
    assert list(chat.users) == []


def test_ends_a_room_that_the_last_one_leaves(chat: Chat, alex: User) -> None:
    """Every room but the lobby."""
    chat.leave(alex, 500.0)
    assert list(chat.rooms) == [LOBBY]


def test_gives_the_rooms_of_who_leaves_to_others(chat: Chat, alex: User, sam: User) -> None:
    """The heir is named in an event that nobody did."""
    assert chat.leave(alex, 500.0)[1:] == [events.Opped(room="#dev", who="Sam")]
    assert chat.rooms[DEV].members[sam].operator


def test_calls_somebody_something_else(chat: Chat, alex: User) -> None:
    """The new name is taken and the old one free."""
    assert chat.rename(alex, user_name("Max")) == [events.Renamed(who="Alex", to="Max")]
    assert list(chat.users) == [user_name("Max")]
    assert str(_enter(chat, "Alex").name) == "Alex"


def test_lets_somebody_write_their_name_otherwise(chat: Chat, alex: User) -> None:
    """Another case, or a look-alike of one's own name, is nobody else's."""
    assert chat.rename(alex, user_name("ALEX")) == [events.Renamed(who="Alex", to="ALEX")]
    assert chat.rename(alex, user_name("A1EX")) == [events.Renamed(who="ALEX", to="A1EX")]
    assert chat.rename(alex, user_name("A1EX")) == []


@pytest.mark.parametrize(
    ("name", "why"), [("sam", NameTaken), ("ROOT", NameReserved), ("r00t", NameReserved)]
)
def test_renames_nobody_to_what_another_has(
    chat: Chat, alex: User, sam: User, name: str, why: type[Refused]
) -> None:
    """The same rules as on entering; a refusal leaves the old name in place."""
    with pytest.raises(why):
        chat.rename(alex, user_name(name))
    assert chat.users[user_name("Alex")] is alex


def test_goes_on_ignoring_who_takes_another_name(chat: Chat, alex: User, sam: User) -> None:
    """A new name is no way around being ignored."""
    chat.ignore(alex, sam)
    chat.rename(sam, user_name("Max"))
    assert [str(name) for name in alex.ignored] == ["Max"]


# Talking.


def test_says_something_in_a_room(chat: Chat, alex: User) -> None:
    """With the names as their owners write them."""
    said = events.Said(room="#dev", who="Alex", text="hi")
    assert chat.say(alex, room_name("#DEV"), "hi") == [said]


def test_emotes_in_a_room(chat: Chat, alex: User) -> None:
    """As it says, but another event."""
    assert chat.emote(alex, DEV, "waves") == [events.Emoted(room="#dev", who="Alex", text="waves")]


@pytest.mark.parametrize(
    "ask",
    [
        lambda chat, kim: chat.say(kim, DEV, "hi"),
        lambda chat, kim: chat.emote(kim, DEV, "waves"),
        lambda chat, kim: chat.set_topic(kim, DEV, "x"),
        lambda chat, kim: chat.part(kim, DEV, 1.0),
        lambda chat, kim: Moderation(chat).members.kick(kim, kim, DEV, 1.0),
        lambda chat, kim: Moderation(chat).members.set_operator(kim, kim, DEV, True),
        lambda chat, kim: Moderation(chat).order.lock_topic(kim, DEV, True),
        lambda chat, kim: Moderation(chat).order.make_private(kim, DEV, True, "mark"),
        lambda chat, kim: chat.invite(kim, kim, DEV),
    ],
)
def test_does_nothing_in_a_room_for_who_is_not_in_it(
    chat: Chat, kim: User, ask: Callable[[Chat, User], object]
) -> None:
    """Whatever they ask for, they have to join first."""
    with pytest.raises(NotInRoom, match=r"You are not in #dev\. /join #dev first\."):
        ask(chat, kim)


def test_tells_one_user_alone(chat: Chat, alex: User, sam: User) -> None:
    """And the one who is told can reply."""
    assert chat.tell(alex, sam, "psst") == [events.Told(who="Alex", to="Sam", text="psst")]
    assert [sam.correspondent, alex.correspondent] == [alex, None]


def test_notes_who_is_away(chat: Chat, alex: User) -> None:
    """And who reads again; who never went does not come back."""
    assert chat.go_away(alex, "lunch") == [events.WentAway(who="Alex", text="lunch")]
    assert alex.away == "lunch"
    assert chat.come_back(alex) == [events.CameBack(who="Alex")]
    assert chat.come_back(alex) == []


def test_ignores_as_many_as_one_may(alex: User) -> None:
    """At the bound it does, above it one has to be heard again first."""
    chat = _chat(ignored_per_user=2)
    alex, *others = (_enter(chat, name) for name in ("Alex", "Sam", "Kim", "Joe"))
    for other in others[:2]:
        chat.ignore(alex, other)
    chat.ignore(alex, others[0])
    with pytest.raises(TooMany, match="You cannot ignore more than 2"):
        chat.ignore(alex, others[2])
    assert chat.unignore(alex, user_name("SAM"))
    chat.ignore(alex, others[2])
    assert [str(name) for name in alex.ignored] == ["Kim", "Joe"]


def test_does_not_unignore_who_was_not_ignored(chat: Chat, alex: User) -> None:
    """It says that there was nobody."""
    assert not chat.unignore(alex, user_name("Sam"))


# Rooms.


def test_makes_who_makes_a_room_its_operator(chat: Chat, alex: User) -> None:
    """A room that nobody has made yet begins with its maker."""
    room = room_name("#New")
    assert chat.join(alex, room, 1.0) == [events.Joined(room="#New", who="Alex")]
    assert chat.rooms[room].members[alex].operator


def test_lets_another_into_a_room(chat: Chat, kim: User) -> None:
    """As a member like any other, and under the name that the room has."""
    assert chat.join(kim, room_name("#DEV"), 1.0) == [events.Joined(room="#dev", who="Kim")]
    assert not chat.rooms[DEV].members[kim].operator


def test_lets_who_is_in_a_room_be(chat: Chat, alex: User) -> None:
    """Joining twice is nothing that happens."""
    assert chat.join(alex, DEV, 1.0) == []


def test_lets_a_user_into_as_many_rooms_as_one_may() -> None:
    """At the bound, the lobby counted, one has to be left first."""
    chat = _chat(rooms_per_user=2)
    alex = _enter(chat, "Alex")
    chat.join(alex, DEV, 1.0)
    with pytest.raises(TooMany, match="You are in 2 rooms already"):
        chat.join(alex, room_name("#ops"), 1.0)
    chat.part(alex, LOBBY, 1.0)
    chat.join(alex, room_name("#ops"), 1.0)
    assert len(alex.rooms) == 2


def test_has_as_many_rooms_as_there_may_be() -> None:
    """At the bound no other is made, and those there are can be entered."""
    chat = _chat(rooms=2)
    alex, sam = _enter(chat, "Alex"), _enter(chat, "Sam")
    chat.join(alex, DEV, 1.0)
    with pytest.raises(TooMany, match="as many rooms as there may be"):
        chat.join(alex, room_name("#ops"), 1.0)
    assert chat.join(sam, DEV, 1.0) == [events.Joined(room="#dev", who="Sam")]


def test_fills_a_room_with_as_many_as_it_may_hold() -> None:
    """At the bound it is full, until somebody goes."""
    chat = _chat(members_per_room=2)
    alex, sam = _enter(chat, "Alex"), _enter(chat, "Sam")
    with pytest.raises(RoomFull, match="#lobby is full"):
        chat.enter(user_name("Kim"), 1.0)
    chat.part(sam, LOBBY, 1.0)
    kim = _enter(chat, "Kim")
    for user in (alex, sam):
        chat.join(user, DEV, 1.0)
    with pytest.raises(RoomFull, match="#dev is full"):
        chat.join(kim, DEV, 1.0)


def test_gives_no_name_to_who_finds_no_place() -> None:
    """A refusal on entering leaves nothing behind."""
    chat = _chat(members_per_room=1)
    _enter(chat, "Alex")
    with pytest.raises(RoomFull):
        chat.enter(user_name("Kim"), 1.0)
    assert list(chat.users) == [user_name("Alex")]


def test_lets_a_user_leave_a_room(chat: Chat, alex: User, sam: User) -> None:
    """With the seconds since they joined it; an operator's room goes to another."""
    assert chat.part(alex, DEV, 260.0, "lunch") == [
        events.Left(who="Alex", room="#dev", reason="lunch", after=60),
        events.Opped(room="#dev", who="Sam"),
    ]


def test_gives_the_lobby_to_nobody(chat: Chat, alex: User, sam: User) -> None:
    """It has no operators, is never inherited, and stays when all have left."""
    assert [len(chat.part(user, LOBBY, 1.0)) for user in (alex, sam)] == [1, 1]
    assert chat.rooms[LOBBY].members == {}


def test_sets_a_topic_as_long_as_one_may_be(chat: Chat, alex: User) -> None:
    """At the bound it is set, and one more character is too long."""
    topic = "x" * TOPIC_CHARS
    assert chat.set_topic(alex, DEV, topic) == [
        events.TopicSet(room="#dev", who="Alex", text=topic)
    ]
    with pytest.raises(TooLong, match="390 characters at most"):
        chat.set_topic(alex, DEV, topic + "x")
    assert chat.rooms[DEV].topic == topic


def test_keeps_a_locked_topic_from_all_but_operators(chat: Chat, alex: User, sam: User) -> None:
    """And lets everyone set one that is not."""
    assert Moderation(chat).order.lock_topic(alex, DEV, True) == [
        events.Locked(room="#dev", by="Alex", on=True)
    ]
    with pytest.raises(NotOperator):
        chat.set_topic(sam, DEV, "mine")
    assert chat.set_topic(alex, DEV, "ours")
    assert Moderation(chat).order.lock_topic(alex, DEV, False) == [
        events.Locked(room="#dev", by="Alex", on=False)
    ]
    assert chat.set_topic(sam, DEV, "mine")


# Invitations.


def test_lets_only_the_invited_into_a_private_room(chat: Chat, alex: User, kim: User) -> None:
    """An invitation is for one time; who comes again needs another."""
    happened = Moderation(chat).order.make_private(alex, DEV, True, "mark")
    assert happened == [events.MadePrivate(room="#dev", by="Alex", on=True)]
    with pytest.raises(RoomPrivate):
        chat.join(kim, DEV, 1.0)
    assert chat.invite(alex, kim, DEV) == [events.Invited(room="#dev", who="Kim", by="Alex")]
    assert chat.join(kim, DEV, 1.0) == [events.Joined(room="#dev", who="Kim")]
    chat.part(kim, DEV, 1.0)
    with pytest.raises(RoomPrivate):
        chat.join(kim, DEV, 1.0)


def test_lets_an_operator_alone_invite_into_a_private_room(
    chat: Chat, alex: User, sam: User, kim: User
) -> None:
    """Into an open one every member may."""
    assert chat.invite(sam, kim, DEV) == [events.Invited(room="#dev", who="Kim", by="Sam")]
    Moderation(chat).order.make_private(alex, DEV, True, "mark")
    with pytest.raises(NotOperator):
        chat.invite(sam, kim, DEV)


def test_forgets_the_earliest_of_too_many_invitations() -> None:
    """At the bound they all wait; the one above it pushes out the one longest there."""
    chat = _chat(invites_per_room=2)
    alex, *others = (_enter(chat, name) for name in ("Alex", "Sam", "Kim", "Joe"))
    chat.join(alex, DEV, 1.0)
    Moderation(chat).order.make_private(alex, DEV, True, "mark")
    for other in (others[0], others[1], others[0], others[2]):
        chat.invite(alex, other, DEV)
    assert chat.rooms[DEV].charter.invited == ("g:Sam", "g:Joe")


def test_invites_a_user_and_not_a_name(chat: Chat, alex: User, kim: User) -> None:
    """Who is invited may come under another name, and nobody else under theirs."""
    Moderation(chat).order.make_private(alex, DEV, True, "mark")
    joe = _enter(chat, "Joe")
    chat.invite(alex, kim, DEV)
    chat.invite(alex, joe, DEV)
    chat.rename(kim, user_name("Kimberley"))
    chat.leave(joe, 5.0)
    with pytest.raises(RoomPrivate):
        chat.join(chat.enter(user_name("Joe"), 6.0, identity="g:another")[0], DEV, 6.0)
    assert chat.join(kim, DEV, 6.0)


def test_invites_nobody_who_is_there(chat: Chat, alex: User, sam: User) -> None:
    """It says so."""
    with pytest.raises(AlreadyInRoom, match="Sam is in #dev already"):
        chat.invite(alex, sam, DEV)


# Looking.


def test_finds_a_user_by_any_case(chat: Chat, alex: User) -> None:
    """And says where to look for one who is not there."""
    assert chat.user(user_name("ALEX")) is alex
    with pytest.raises(NobodyThere, match=r"There is nobody called Max here\. /names lists all\."):
        chat.user(user_name("Max"))


def test_says_the_same_of_a_hidden_room_as_of_none(chat: Chat, alex: User, kim: User) -> None:
    """Who may not know of a room cannot tell it from one that is not there."""
    Moderation(chat).order.make_private(alex, DEV, True, "mark")
    texts = []
    for name in (DEV, room_name("#no")):
        with pytest.raises(NoSuchRoom) as refused:
            chat.room(kim, name)
        texts.append(refused.value.text.replace(str(name), "#"))
    assert texts[0] == texts[1]
    assert chat.room(alex, DEV).name == DEV


def test_lists_the_rooms_one_may_know_of(chat: Chat, alex: User, sam: User, kim: User) -> None:
    """Those with most people first, then by name."""
    for name in ("#b", "#a"):
        chat.join(alex, room_name(name), 1.0)
    assert [str(room.name) for room in chat.rooms_for(kim)] == ["#lobby", "#dev", "#a", "#b"]
    Moderation(chat).order.make_private(alex, DEV, True, "mark")
    assert [str(room.name) for room in chat.rooms_for(kim)] == ["#lobby", "#a", "#b"]
    assert [str(room.name) for room in chat.rooms_for(sam)] == ["#lobby", "#dev", "#a", "#b"]


def _chat(**bounds: int) -> Chat:
    return Chat(LOBBY, Limits(**bounds), Book(()))


def _enter(chat: Chat, name: str) -> User:
    user, _ = chat.enter(user_name(name), 1.0, identity=f"g:{name}")
    return user
