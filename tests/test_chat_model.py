"""The chat against two simple models, one that repeats its rules and one that believes its events.

The first is dicts of lists and sets, written from the protocol and not from the code.  The second
knows nothing but what was told, as a client does, and has to end up with the same picture.
"""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from twisted_chat import events
from twisted_chat.accounts.book import Book
from twisted_chat.chat import Chat, Events
from twisted_chat.limits import Limits
from twisted_chat.moderation import Moderation
from twisted_chat.names import RoomName, room_name, user_name
from twisted_chat.refused import (
    AlreadyInRoom,
    NameReserved,
    NameTaken,
    NotInRoom,
    NotOperator,
    Refused,
    RoomFull,
    RoomPrivate,
    TooMany,
)
from twisted_chat.rooms import User

LOBBY = "#lobby"
BOUNDS = Limits(rooms=4, rooms_per_user=3, members_per_room=3, invites_per_room=2)

NAMES = st.sampled_from(["Amy", "amy", "Bob", "BOB", "Cat", "Dan", "Eve", "root"])
ROOMS = st.sampled_from([*("#one",) * 6, "#One", LOBBY, LOBBY, "#two", "#three", "#four"])
ANYBODY = st.integers(0, 3)
"""Somebody who is there, by their place in the list of all, modulo its length."""

Why = type[Refused]


class Believer:
    """What somebody knows who hears every event and nothing else."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.rooms: dict[str, dict[str, bool]] = {LOBBY: {}}
        self.marks: set[tuple[str, str]] = set()
        self.topics: dict[str, str] = {}

    def hear(self, event: events.Event) -> None:
        """Change the picture by one event."""
        match event:
            case events.Joined(room=room, who=who):
                self.people.add(who)
                first = room not in self.rooms
                self.rooms.setdefault(room, {})[who] = first
            case events.Left(room="", who=who):
                self.people.discard(who)
                for room in [room for room, members in self.rooms.items() if who in members]:
                    self._remove(who, room)
            case events.Left(room=room, who=who) | events.Kicked(room=room, who=who):
                self._remove(who, room)
            case events.Renamed(who=who, to=to):
                self.people = {to if name == who else name for name in self.people}
                for room, members in self.rooms.items():
                    self.rooms[room] = {to if n == who else n: op for n, op in members.items()}
            case events.Opped(room=room, who=who):
                self.rooms[room][who] = True
            case events.Deopped(room=room, who=who):
                self.rooms[room][who] = False
            case events.Locked(room=room, on=on):
                self._mark("locked", room, on)
            case events.MadePrivate(room=room, on=on):
                self._mark("private", room, on)
            case events.TopicSet(room=room, text=text):
                self.topics[room] = text

    def _mark(self, what: str, room: str, on: bool) -> None:
        (self.marks.add if on else self.marks.discard)((what, room))

    def _remove(self, who: str, room: str) -> None:
        del self.rooms[room][who]
        if not self.rooms[room] and room != LOBBY:
            del self.rooms[room]
            self.topics.pop(room, None)
            self.marks -= {("locked", room), ("private", room)}


class ChatModel(RuleBasedStateMachine):
    """Asks the chat for anything, and knows from a few sets what has to come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.chat = Chat(room_name(LOBBY), BOUNDS, Book(()))
        moderation = Moderation(self.chat)
        self.ruling, self.order = moderation.members, moderation.order
        self.believer = Believer()
        self.users: list[User] = []
        self.names: dict[User, str] = {}
        self.members: dict[str, list[User]] = {LOBBY: []}
        self.operators: dict[str, set[User]] = {LOBBY: set()}
        self.locked: set[str] = set()
        self.private: set[str] = set()
        self.invited: dict[str, list[User]] = {}
        self.entered = 0

    @initialize()
    def begin(self) -> None:
        """With three people, and a room that one of them rules."""
        for name in ("Amy", "Bob", "Cat"):
            self.enter(name, False)
        self.join(0, "#one")
        self.make_private(0, "#one", True)

    # Coming, going, and being called something.

    @rule(name=NAMES, bot=st.booleans())
    def enter(self, name: str, bot: bool) -> None:
        """Come in, if the name can be had and there is a place."""
        why = self._name_refused(name) or self._full(LOBBY)
        entered = []

        def enter() -> Events:
            self.entered += 1
            who = f"g:{self.entered}"
            user, happened = self.chat.enter(user_name(name), 0.0, identity=who, bot=bot)
            entered.append(user)
            return happened

        if self._asked(why, enter):
            self.users += entered
            self.names[entered[0]] = name.casefold()
            self.members[LOBBY] += entered

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY)
    def leave(self, who: int) -> None:
        """Go, which is always possible."""
        user = self._user(who)
        assert self._asked(None, lambda: self.chat.leave(user, 1.0))
        self.users.remove(user)
        del self.names[user]
        for room in [room for room, members in self.members.items() if user in members]:
            self._remove(user, room)

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, name=NAMES)
    def rename(self, who: int, name: str) -> None:
        """Take a name that is one's own already, or nobody's."""
        user = self._user(who)
        why = self._name_refused(name, user)
        if self._asked(why, lambda: self.chat.rename(user, user_name(name))):
            self.names[user] = name.casefold()

    # Rooms.

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, place=ROOMS)
    def join(self, who: int, place: str) -> None:
        """Enter a room or make it, within every bound."""
        user, room = self._user(who), place.casefold()
        here = self.members.get(room)
        if self._asked(
            self._join_refused(user, room), lambda: self.chat.join(user, room_name(place), 0.0)
        ) and user not in (here or ()):
            self.members.setdefault(room, []).append(user)
            self.operators.setdefault(room, set() if here is not None else {user})
            self._uninvite(user, room)

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, place=ROOMS)
    def part(self, who: int, place: str) -> None:
        """Leave a room that one is in."""
        user, room = self._user(who), place.casefold()
        if self._asked(
            self._not_in(user, room), lambda: self.chat.part(user, room_name(place), 1.0)
        ):
            self._remove(user, room)

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, place=ROOMS, text=st.sampled_from(["", "a", "b"]))
    def set_topic(self, who: int, place: str, text: str) -> None:
        """Say what a room is about; in a locked one, as its operator."""
        user, room = self._user(who), place.casefold()
        why = self._not_in(user, room)
        if why is None and room in self.locked and user not in self.operators[room]:
            why = NotOperator
        self._asked(why, lambda: self.chat.set_topic(user, room_name(place), text))

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, place=ROOMS)
    def say(self, who: int, place: str) -> None:
        """Say something where one is."""
        user = self._user(who)
        why = self._not_in(user, place.casefold())
        self._asked(why, lambda: self.chat.say(user, room_name(place), "hi"))

    # What operators do.

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, whom=ANYBODY, place=ROOMS)
    def kick(self, who: int, whom: int, place: str) -> None:
        """Remove a member, oneself included."""
        user, target, room = self._user(who), self._user(whom), place.casefold()
        why = self._not_ruling(user, room) or self._not_in(target, room)
        if self._asked(why, lambda: self.ruling.kick(user, target, room_name(place), 1.0)):
            self._remove(target, room)

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, whom=ANYBODY, place=ROOMS, on=st.booleans())
    def set_operator(self, who: int, whom: int, place: str, on: bool) -> None:
        """Make a member an operator, or unmake one."""
        user, target, room = self._user(who), self._user(whom), place.casefold()
        why = self._not_ruling(user, room) or self._not_in(target, room)
        if self._asked(why, lambda: self.ruling.set_operator(user, target, room_name(place), on)):
            change = self.operators[room].add if on else self.operators[room].discard
            change(target)

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, place=ROOMS, on=st.booleans())
    def lock(self, who: int, place: str, on: bool) -> None:
        """Lock the topic, or unlock it."""
        user, room = self._user(who), place.casefold()
        why = self._not_ruling(user, room)
        if self._asked(why, lambda: self.order.lock_topic(user, room_name(place), on)):
            (self.locked.add if on else self.locked.discard)(room)

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, place=ROOMS, on=st.booleans())
    def make_private(self, who: int, place: str, on: bool) -> None:
        """Close a room, or open it."""
        user, room = self._user(who), place.casefold()
        why = self._not_ruling(user, room)
        if self._asked(why, lambda: self.order.make_private(user, room_name(place), on, "mark")):
            (self.private.add if on else self.private.discard)(room)

    @precondition(lambda self: self.users)
    @rule(who=ANYBODY, whom=ANYBODY, place=ROOMS)
    def invite(self, who: int, whom: int, place: str) -> None:
        """Ask somebody in; what waits is bounded."""
        user, target, room = self._user(who), self._user(whom), place.casefold()
        why = self._not_in(user, room)
        if why is None and target in self.members[room]:
            why = AlreadyInRoom
        if why is None and room in self.private and user not in self.operators[room]:
            why = NotOperator
        invited = self._asked(why, lambda: self.chat.invite(user, target, room_name(place)))
        if invited and room in self.private:
            self._uninvite(target, room)
            waiting = [*self.invited.get(room, []), target]
            self.invited[room] = waiting[-BOUNDS.invites_per_room :]

    # What has to be true at all times.

    @invariant()
    def knows_who_is_where(self) -> None:
        """Rooms and members are those of the model, in the order in which they came."""
        actual = {_key(room.name): list(room.members) for room in self.chat.rooms.values()}
        assert actual == self.members

    @invariant()
    def knows_who_rules_what(self) -> None:
        """So are the operators."""
        actual = {
            _key(room.name): {user for user, member in room.members.items() if member.operator}
            for room in self.chat.rooms.values()
        }
        assert actual == self.operators

    @invariant()
    def holds_the_names_of_who_is_there(self) -> None:
        """Each name once, and no other."""
        held = {name.key: user for name, user in self.chat.users.items()}
        assert held == {name: user for user, name in self.names.items()}

    @invariant()
    def knows_which_rooms_are_closed_and_to_whom(self) -> None:
        """Private rooms, and the invitations that wait."""
        rooms = self.chat.rooms.values()
        assert {_key(room.name) for room in rooms if room.private} == self.private
        waiting = {
            _key(room.name): list(room.charter.invited) for room in rooms if room.charter.invited
        }
        invited = {room: [user.identity for user in self.invited[room]] for room in self.invited}
        assert waiting == {room: who for room, who in invited.items() if who}

    @invariant()
    def has_no_empty_room_but_the_lobby(self) -> None:
        """The lobby is always there, belongs to nobody, and every other room has somebody in it."""
        rooms = self.chat.rooms
        assert [str(name) for name, room in rooms.items() if not room.members] in ([], [LOBBY])
        assert not any(member.operator for member in rooms[room_name(LOBBY)].members.values())

    @invariant()
    def keeps_every_bound(self) -> None:
        """However it got there."""
        assert len(self.members) <= BOUNDS.rooms
        assert all(len(members) <= BOUNDS.members_per_room for members in self.members.values())
        assert all(len(user.rooms) <= BOUNDS.rooms_per_user for user in self.users)
        assert all(len(names) <= BOUNDS.invites_per_room for names in self.invited.values())

    @invariant()
    def tells_all_that_there_is_to_know(self) -> None:
        """Who believes the events sees the same people, rooms, rights, marks and topics."""
        rooms = self.chat.rooms.values()
        marks = {("locked", str(room.name)) for room in rooms if room.charter.locked}
        marks |= {("private", str(room.name)) for room in rooms if room.private}
        assert self.believer.people == {str(name) for name in self.chat.users}
        assert self.believer.rooms == {
            str(room.name): {str(user.name): m.operator for user, m in room.members.items()}
            for room in rooms
        }
        assert self.believer.marks == marks
        topics = {str(room.name): room.topic for room in rooms if room.topic}
        assert {room: text for room, text in self.believer.topics.items() if text} == topics

    # The rules, once more.

    def _asked(self, why: Why | None, ask: Callable[[], Events]) -> bool:
        """Ask; whether it was done, which has to be when there is no reason why not."""
        if why is not None:
            with pytest.raises(Refused) as refused:
                ask()
            assert type(refused.value) is why
            return False
        for event in ask():
            self.believer.hear(event)
        return True

    def _user(self, number: int) -> User:
        return self.users[number % len(self.users)]

    def _name_refused(self, name: str, user: User | None = None) -> Why | None:
        if name == "root":
            return NameReserved
        holder = {key: other for other, key in self.names.items()}.get(name.casefold())
        return NameTaken if holder not in (None, user) else None

    def _join_refused(self, user: User, room: str) -> Why | None:
        if user in self.members.get(room, ()):
            return None
        if sum(user in members for members in self.members.values()) >= BOUNDS.rooms_per_user:
            return TooMany
        if room not in self.members:
            return TooMany if len(self.members) >= BOUNDS.rooms else None
        if room in self.private and user not in self.invited.get(room, ()):
            return RoomPrivate
        return self._full(room)

    def _full(self, room: str) -> Why | None:
        return RoomFull if len(self.members[room]) >= BOUNDS.members_per_room else None

    def _not_in(self, user: User, room: str) -> Why | None:
        return None if user in self.members.get(room, ()) else NotInRoom

    def _not_ruling(self, user: User, room: str) -> Why | None:
        why = self._not_in(user, room)
        return why or (None if user in self.operators[room] else NotOperator)

    def _uninvite(self, user: User, room: str) -> None:
        waiting = self.invited.get(room, [])
        self.invited[room] = [one for one in waiting if one is not user]

    def _remove(self, user: User, room: str) -> None:
        members, operators = self.members[room], self.operators[room]
        members.remove(user)
        operators.discard(user)
        if room == LOBBY:
            return
        if not members:
            del self.members[room], self.operators[room]
            self.invited.pop(room, None)
            self.private.discard(room)
            self.locked.discard(room)
        elif not operators:
            operators.add(next((one for one in members if not one.bot), members[0]))


def _key(name: RoomName) -> str:
    return str(name).casefold()


TestChatModel = ChatModel.TestCase
TestChatModel.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None, database=None
)
