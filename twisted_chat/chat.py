"""The chat itself: who is in which room, and who may do what.

Everything here is decided at once and in memory, and answered with the events that follow from it,
or with a `Refused`.  It knows no bytes, no reactor, no clock and no database: where a moment
matters it is an argument, in seconds since any epoch.  Texts come here cleaned.
"""

from collections.abc import Iterable, Mapping, Sequence

from twisted_chat import events
from twisted_chat.events import Event
from twisted_chat.held import HeldNames
from twisted_chat.limits import TOPIC_CHARS, Limits
from twisted_chat.names import RESERVED, Name, RoomName
from twisted_chat.refused import (
    AlreadyInRoom,
    NoSuchRoom,
    NotInRoom,
    NotOperator,
    RoomFull,
    RoomPrivate,
    TooLong,
    TooMany,
)
from twisted_chat.rooms import Member, Room, User

Events = Sequence[Event]


class Chat:
    """Users and rooms, and the rules between them."""

    def __init__(self, lobby: RoomName, bounds: Limits, reserved: Iterable[str] = RESERVED) -> None:
        self.lobby = lobby
        self.limits = bounds
        self.rooms: dict[RoomName, Room] = {lobby: Room(lobby)}
        self._held = HeldNames(reserved)
        self._ignoring: dict[Name, set[User]] = {}

    # Coming, going, and being called something.

    def enter(self, name: Name, now: float, *, bot: bool = False) -> tuple[User, Events]:
        """Let somebody in under a name, and into the lobby.

        :raises NameReserved: the name is, or looks like, one of the server's own.
        :raises NameTaken: it is, or looks like, that of somebody who is here.
        :raises RoomFull: the lobby has no place left.
        """
        self._held.check(name)
        lobby = self.rooms[self.lobby]
        self._check_place(lobby)
        user = User(name, now, bot=bot)
        self._held.hold(user)
        return user, [self._add(user, lobby, Member(now))]

    def leave(self, user: User, now: float, reason: str = "") -> Events:
        """Let the user out; from now on another may have the name."""
        self._held.release(user)
        for name in list(user.ignored):
            self.unignore(user, name)
        for room in list(user.invited_to):
            room.uninvite(user)
        user.correspondent = None
        left = events.Left(who=str(user.name), reason=reason, after=int(now - user.since))
        return [left, *self._vacate(user, list(user.rooms.values()))]

    def rename(self, user: User, name: Name) -> Events:
        """Call the user something else.

        :raises NameReserved: the name is, or looks like, one of the server's own.
        :raises NameTaken: it is, or looks like, that of somebody else.
        """
        self._held.check(name, user)
        old = user.name
        if old.shown == name.shown:
            return []
        self._held.release(user)
        user.name = name
        self._held.hold(user)
        for other in list(self._ignoring.get(old, ())):
            self.unignore(other, old)
            self._ignore(other, name)
        return [events.Renamed(who=str(old), to=str(name))]

    # Talking.

    def say(self, user: User, room: RoomName, text: str) -> Events:
        """Say something in a room.

        :raises NotInRoom: the user is not a member.
        """
        return [events.Said(room=str(self._joined(user, room).name), who=str(user.name), text=text)]

    def emote(self, user: User, room: RoomName, text: str) -> Events:
        """Do something in a room, as in ``/me waves``.

        :raises NotInRoom: the user is not a member.
        """
        place = str(self._joined(user, room).name)
        return [events.Emoted(room=place, who=str(user.name), text=text)]

    def tell(self, user: User, to: User, text: str) -> Events:
        """Say something to one other user alone."""
        if user.name not in to.ignored:
            to.correspondent = user
        return [events.Told(who=str(user.name), to=str(to.name), text=text)]

    def go_away(self, user: User, text: str) -> Events:
        """Note that the user is not reading, and why."""
        user.away = text
        return [events.WentAway(who=str(user.name), text=text)]

    def come_back(self, user: User) -> Events:
        """Note that the user reads again; nothing happens if they did all along."""
        if user.away is None:
            return []
        user.away = None
        return [events.CameBack(who=str(user.name))]

    def ignore(self, user: User, other: User) -> None:
        """Keep what the other says from the user.

        :raises TooMany: the user ignores as many as one may.
        """
        most = self.limits.ignored_per_user
        if other.name not in user.ignored and len(user.ignored) >= most:
            raise TooMany(f"You cannot ignore more than {most}. /unignore one first.")
        self._ignore(user, other.name)

    def unignore(self, user: User, name: Name) -> bool:
        """Hear somebody again; whether the user had ignored them."""
        if name not in user.ignored:
            return False
        del user.ignored[name]
        self._ignoring[name].discard(user)
        if not self._ignoring[name]:
            del self._ignoring[name]
        return True

    def ignored_by(self, user: User) -> frozenset[User]:
        """Those who do not want to hear the user now."""
        return frozenset(self._ignoring.get(user.name, ()))

    # Rooms.

    def join(self, user: User, name: RoomName, now: float) -> Events:
        """Enter a room, or make it and be its operator; nothing happens to one who is in it.

        :raises RoomPrivate: only the invited enter.
        :raises RoomFull: it has no place left.
        :raises TooMany: the user is in as many rooms as one may be, or there are too many rooms.
        """
        if name in user.rooms:
            return []
        if len(user.rooms) >= self.limits.rooms_per_user:
            raise TooMany(f"You are in {len(user.rooms)} rooms already. /part one first.")
        room = self.rooms.get(name)
        if room is None:
            return [self._add(user, self._make(name), Member(now, operator=True))]
        if room.private and user not in room.invited:
            raise RoomPrivate(f"{room.name} is private: ask somebody in it for an invitation.")
        self._check_place(room)
        room.uninvite(user)
        return [self._add(user, room, Member(now))]

    def part(self, user: User, name: RoomName, now: float, reason: str = "") -> Events:
        """Leave a room.

        :raises NotInRoom: the user is not a member.
        """
        room = self._joined(user, name)
        after = int(now - room.member(user).since)
        left = events.Left(who=str(user.name), room=str(room.name), reason=reason, after=after)
        return [left, *self._vacate(user, [room])]

    def set_topic(self, user: User, name: RoomName, text: str) -> Events:
        """Say what a room is about; an empty text takes the topic away.

        :raises NotInRoom: the user is not a member.
        :raises NotOperator: the topic is locked, and the user no operator.
        :raises TooLong: the text is longer than a topic may be.
        """
        room = self._joined(user, name)
        if room.locked:
            room.require_operator(user)
        if len(text) > TOPIC_CHARS:
            raise TooLong(f"That is too long: {TOPIC_CHARS} characters at most.")
        room.topic = text
        return [events.TopicSet(room=str(room.name), who=str(user.name), text=text)]

    # What operators of a room may do.

    def kick(
        self, user: User, target: User, name: RoomName, now: float, reason: str = ""
    ) -> Events:
        """Remove somebody from a room.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: one of them is not a member.
        """
        room = self._governed(user, name)
        after = int(now - self._fellow(room, target).since)
        kicked = events.Kicked(
            room=str(room.name),
            who=str(target.name),
            by=str(user.name),
            reason=reason,
            after=after,
        )
        return [kicked, *self._vacate(target, [room])]

    def set_operator(self, user: User, target: User, name: RoomName, on: bool) -> Events:
        """Give somebody an operator's rights in a room, or take them.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: one of them is not a member.
        """
        room = self._governed(user, name)
        member = self._fellow(room, target)
        if member.operator == on:
            return []
        member.operator = on
        happened = events.Opped if on else events.Deopped
        return [happened(room=str(room.name), who=str(target.name), by=str(user.name))]

    def lock_topic(self, user: User, name: RoomName, on: bool) -> Events:
        """Let only operators set the topic, or everyone.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self._governed(user, name)
        room.locked = on
        return [events.Locked(room=str(room.name), by=str(user.name), on=on)]

    def make_private(self, user: User, name: RoomName, on: bool) -> Events:
        """Let only the invited enter and see a room, or everyone.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self._governed(user, name)
        room.private = on
        return [events.MadePrivate(room=str(room.name), by=str(user.name), on=on)]

    def invite(self, user: User, target: User, name: RoomName) -> Events:
        """Ask somebody into a room; into a private one only an operator may.

        The earliest of too many invitations that wait is forgotten.

        :raises NotOperator: the room is private, and the user no operator.
        :raises AlreadyInRoom: there is no need to.
        :raises NotInRoom: the user is not a member.
        """
        room = self._joined(user, name)
        if target in room.members:
            raise AlreadyInRoom(f"{target.name} is in {room.name} already.")
        if room.private:
            room.require_operator(user)
            room.invite(target)
            if len(room.invited) > self.limits.invites_per_room:
                room.uninvite(next(iter(room.invited)))
        return [events.Invited(room=str(room.name), who=str(target.name), by=str(user.name))]

    # Looking.

    @property
    def users(self) -> Mapping[Name, User]:
        """Who is here, by name."""
        return self._held.users

    def user(self, name: Name) -> User:
        """The user of that name.

        :raises NobodyThere: there is none.
        """
        return self._held.user(name)

    def room(self, user: User, name: RoomName) -> Room:
        """The room of that name, as far as the user may know of it.

        :raises NoSuchRoom: there is none.
        """
        room = self.rooms.get(name)
        if room is None or not room.visible_to(user):
            raise NoSuchRoom(f"There is no room {name}. /list shows those there are.")
        return room

    def rooms_for(self, user: User) -> list[Room]:
        """The rooms that the user may know of, those with most people first."""
        visible = (room for room in self.rooms.values() if room.visible_to(user))
        return sorted(visible, key=lambda room: (-len(room.members), room.name.key))

    # How the above is done.

    def _ignore(self, user: User, name: Name) -> None:
        user.ignored[name] = None
        self._ignoring.setdefault(name, set()).add(user)

    def _check_place(self, room: Room) -> None:
        if len(room.members) >= self.limits.members_per_room:
            raise RoomFull(f"{room.name} is full. Try again later.")

    def _make(self, name: RoomName) -> Room:
        if len(self.rooms) >= self.limits.rooms:
            raise TooMany("There are as many rooms as there may be. /list shows them.")
        room = self.rooms[name] = Room(name)
        return room

    def _add(self, user: User, room: Room, member: Member) -> Event:
        room.members[user] = member
        user.rooms[room.name] = room
        return events.Joined(room=str(room.name), who=str(user.name), bot=user.bot)

    def _vacate(self, user: User, rooms: Iterable[Room]) -> Events:
        """Take the user out of rooms; the heirs of their operators are what follows from it."""
        follow = []
        for room in rooms:
            del room.members[user]
            del user.rooms[room.name]
            if room.name == self.lobby:
                continue
            if not room.members:
                del self.rooms[room.name]
                for invited in list(room.invited):
                    room.uninvite(invited)
            elif heir := room.heir():
                room.members[heir].operator = True
                follow.append(events.Opped(room=str(room.name), who=str(heir.name)))
        return follow

    def _joined(self, user: User, name: RoomName) -> Room:
        try:
            return user.rooms[name]
        except KeyError:
            raise NotInRoom(f"You are not in {name}. /join {name} first.") from None

    def _governed(self, user: User, name: RoomName) -> Room:
        room = self._joined(user, name)
        if name == self.lobby:
            raise NotOperator(f"{room.name} belongs to everybody and has no operators.")
        room.require_operator(user)
        return room

    def _fellow(self, room: Room, target: User) -> Member:
        try:
            return room.members[target]
        except KeyError:
            raise NotInRoom(f"{target.name} is not in {room.name}.") from None
