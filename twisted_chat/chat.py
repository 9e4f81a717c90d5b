"""The chat itself: who is in which room, and who may do what.

Everything here is decided at once and in memory, and answered with the events that follow from it,
or with a `Refused`.  It knows no bytes, no reactor, no clock and no database: where a moment
matters it is an argument, in seconds since any epoch.  Texts come here cleaned.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec

from twisted_chat import events
from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.events import Event
from twisted_chat.held import HeldNames
from twisted_chat.identity import of_guest
from twisted_chat.journal import Entry, Put
from twisted_chat.ledger import Change, Notes
from twisted_chat.limits import ROOMS_PER_OWNER, TOPIC_CHARS, Limits
from twisted_chat.names import RESERVED, Name, RoomName, room_name, user_name
from twisted_chat.refused import (
    AlreadyInRoom,
    NameOwned,
    NoSuchRoom,
    NotInRoom,
    NotOperator,
    RoomFull,
    RoomPrivate,
    TooLong,
    TooMany,
    no_such_message,
)
from twisted_chat.rooms import Charter, Founded, Member, Room, User

Events = Sequence[Event]

ROOM = "room"
"""The kind of record in which a room is kept that outlasts its members."""


class Chat:
    """Users and rooms, and the rules between them.

    :param book: the accounts, which own their names.
    """

    def __init__(
        self, lobby: RoomName, bounds: Limits, book: Book, reserved: Iterable[str] = RESERVED
    ) -> None:
        self.lobby = lobby
        self.limits = bounds
        self.book = book
        self.rooms: dict[RoomName, Room] = {lobby: Room(lobby)}
        self._held = HeldNames(reserved, book)
        self.notes = Notes()
        """What the record has to know of what the present request made happen."""
        self._ignoring: dict[Name, set[User]] = {}

    def take_notes(self) -> Notes:
        """What the record has to know of the present request; the next one begins with none."""
        notes, self.notes = self.notes, Notes()
        return notes

    def restore(self, key: str, value: bytes | None) -> None:
        """Take a room as it is on record: at the start, or as somebody else changed it."""
        founded = None if value is None else msgspec.json.decode(value, type=Founded)
        name = room_name(key if founded is None else founded.name)
        charter = Charter() if founded is None else founded.charter
        room = self.rooms.get(name)
        if room is None and founded is not None:
            room = self.rooms[name] = Room(name)
        if room is not None:
            room.charter = charter
            self._forget_if_over(room)

    # Coming, going, and being called something.

    def enter(
        self,
        name: Name,
        now: float,
        *,
        identity: str = "",
        account: Account | None = None,
        bot: bool = False,
        heard: Iterable[str] = (),
    ) -> tuple[User, Events]:
        """Let somebody in under a name, into the lobby and the rooms that they were in before.

        :param heard: what those rooms are on record under.
        :raises NameReserved: the name is, or looks like, one of the server's own.
        :raises NameTaken: it is, or looks like, that of somebody who is here or has an account.
        :raises RoomFull: the lobby has no place left.
        """
        self._held.check(name, account=account)
        lobby = self.rooms[self.lobby]
        self._check_place(lobby)
        user = User(name, now, identity=identity, account=account, bot=bot)
        self._held.hold(user)
        joined = [self._add(user, lobby, Member(now))]
        return user, [*joined, *self._return(user, heard, now)]

    def attach(self, user: User) -> None:
        """Somebody who is here has one more connection."""
        user.sessions += 1

    def detach(self, user: User) -> bool:
        """A connection of the user's is gone; whether there are others."""
        user.sessions -= 1
        return user.sessions > 0

    def leave(self, user: User, now: float, reason: str = "") -> Events:
        """Let the user out; from now on another may have the name, unless it is owned."""
        self._held.release(user)
        for name in list(user.ignored):
            self.unignore(user, name)
        for room in user.rooms.values():
            if room.private and user.account is not None:
                self._invite(room, user)
        user.correspondent = None
        left = events.Left(who=str(user.name), reason=reason, after=int(now - user.since))
        return [left, *self._vacate(user, list(user.rooms.values()))]

    def rename(self, user: User, name: Name) -> Events:
        """Call the user something else; who has an account only spells its name otherwise.

        :raises NameOwned: the user has an account.
        :raises NameReserved: the name is, or looks like, one of the server's own.
        :raises NameTaken: it is, or looks like, that of somebody else.
        """
        if user.account is not None and name != user.name:
            raise NameOwned(f"You are logged in as {user.name}, and called that. /logout first.")
        self._held.check(name, user, user.account)
        return self._rename(user, name)

    def own(self, user: User, account: Account) -> None:
        """Make the user, who is called that, the owner of an account that is made just now."""
        self._identify(user, account, account.identity, durable=True)

    def disown(self, user: User, secret: str) -> None:
        """Make the user a guest of the same name, as their account is no more."""
        self._identify(user, None, of_guest(secret), durable=True)

    def recognize(self, user: User, account: Account, heard: Iterable[str], now: float) -> Events:
        """Let a guest who is here go on as the owner of an account that nobody is here with.

        :raises NameTaken: the account's name is, or looks like, that of another guest.
        """
        name = user_name(account.name)
        self._held.check(name, user, account)
        self._identify(user, account, account.identity)
        return [*self._rename(user, name), *self._return(user, heard, now)]

    # Talking.

    def say(self, user: User, room: RoomName, text: str) -> Events:
        """Say something in a room.

        :raises NotInRoom: the user is not a member.
        """
        return [events.Said(room=self._at(self._joined(user, room)), who=str(user.name), text=text)]

    def emote(self, user: User, room: RoomName, text: str) -> Events:
        """Do something in a room, as in ``/me waves``.

        :raises NotInRoom: the user is not a member.
        """
        place = self._at(self._joined(user, room))
        return [events.Emoted(room=place, who=str(user.name), text=text)]

    def tell(self, user: User, to: User, text: str) -> Events:
        """Say something to one other user alone."""
        if user.name not in to.ignored:
            to.correspondent = user
        self.notes.concerns = to.identity
        return [events.Told(who=str(user.name), to=str(to.name), text=text)]

    def leave_word(self, user: User, to: Account, text: str) -> Events:
        """Say something to the owner of an account alone, who is not here and hears it later."""
        self.notes.concerns = to.identity
        return [events.Told(who=str(user.name), to=to.name, text=text)]

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
        """Enter a room, or make it and rule it; nothing happens to one who is in it.

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
            return [self._add(user, self._make(user, name), Member(now, operator=True))]
        if not room.admits(user):
            raise RoomPrivate(f"{room.name} is private: ask somebody in it for an invitation.")
        self._check_place(room)
        self._uninvite(room, user)
        return [self._add(user, room, Member(now))]

    def part(self, user: User, name: RoomName, now: float, reason: str = "") -> Events:
        """Leave a room.

        :raises NotInRoom: the user is not a member.
        """
        room = self._joined(user, name)
        after = int(now - room.member(user).since)
        left = events.Left(who=str(user.name), room=self._at(room), reason=reason, after=after)
        return [left, *self._vacate(user, [room])]

    def delete(self, user: User, entry: Entry) -> Events:
        """Take a message back: one's own, or as an operator any in the room.

        :raises NoSuchMessage: it is none that the user may read.
        :raises NotOperator: it is somebody else's, and the user no operator there.
        """
        said = entry.event
        if not isinstance(said, events.Said | events.Emoted | events.Told):
            raise no_such_message(said.seq)
        if entry.actor != user.identity:
            self._check_may_delete(user, entry)
        what, by = said.seq, str(user.name)
        self.notes.concerns = entry.concerns
        if isinstance(said, events.Told):
            return [events.Deleted(of=what, who=said.who, to=said.to, by=by)]
        self.notes.places[said.room] = entry.room
        return [events.Deleted(of=what, who=said.who, room=said.room, by=by)]

    def set_topic(self, user: User, name: RoomName, text: str) -> Events:
        """Say what a room is about; an empty text takes the topic away.

        :raises NotInRoom: the user is not a member.
        :raises NotOperator: the topic is locked, and the user no operator.
        :raises TooLong: the text is longer than a topic may be.
        """
        room = self._joined(user, name)
        if room.charter.locked:
            room.require_operator(user)
        if len(text) > TOPIC_CHARS:
            raise TooLong(f"That is too long: {TOPIC_CHARS} characters at most.")
        self.amend(room, topic=text)
        return [events.TopicSet(room=self._at(room), who=str(user.name), text=text)]

    # What operators of a room may do.

    def kick(
        self, user: User, target: User, name: RoomName, now: float, reason: str = ""
    ) -> Events:
        """Remove somebody from a room.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: one of them is not a member.
        """
        room = self.governed(user, name)
        return self.remove(user, target, room, now, reason)

    def set_operator(self, user: User, target: User, name: RoomName, on: bool) -> Events:
        """Give somebody an operator's rights in a room, or take them; from its owner nobody can.

        Who has an account keeps them where the room is somebody's own, also while away.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: one of them is not a member.
        """
        room = self.governed(user, name)
        member = self.fellow(room, target)
        if not on and room.owned_by(target):
            raise NotOperator(f"{room.name} belongs to {target.name}.")
        if room.ruled_by(target) == on:
            return []
        if room.charter.owner and target.account is not None:
            self.amend(room, operators=_with(room.charter.operators, target.account.id, on))
        self.set_member(member, operator=on)
        happened = events.Opped if on else events.Deopped
        self.notes.concerns = target.identity
        return [happened(room=self._at(room), who=str(target.name), by=str(user.name))]

    def lock_topic(self, user: User, name: RoomName, on: bool) -> Events:
        """Let only operators set the topic, or everyone.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self.governed(user, name)
        self.amend(room, locked=on)
        return [events.Locked(room=self._at(room), by=str(user.name), on=on)]

    def make_private(self, user: User, name: RoomName, on: bool, mark: str) -> Events:
        """Let only the invited enter and see a room, or everyone.

        What is said in it while it is private is on record apart, under a mark of its own: nobody
        who comes when it is open again, or makes a room of the same name, reads it.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self.governed(user, name)
        if room.name == self.lobby:
            raise NotOperator(f"{room.name} is where everybody enters.")
        if room.private == on:
            return []
        self.notes.moves = room.on_record
        self.amend(room, mark=mark if on else "")
        return [events.MadePrivate(room=self._at(room), by=str(user.name), on=on)]

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
            self._invite(room, target)
        return [events.Invited(room=self._at(room), who=str(target.name), by=str(user.name))]

    # Looking.

    @property
    def users(self) -> Mapping[Name, User]:
        """Who is here, by name."""
        return self._held.users

    def present(self, name: Name, identity: str) -> User | None:
        """Who is here under that name, if it is the one of that identity."""
        user = self.users.get(name)
        return user if user is not None and user.identity == identity else None

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

    def readable(self, user: User, room: Room) -> list[str]:
        """What a room is on record under, as far as the user may read it.

        What is said in a private room is for those in it, whoever else may know that it exists.
        """
        if not room.private:
            return [room.name.key]
        return [room.name.key, room.on_record] if user in room.members else [room.name.key]

    def readable_rooms(self, user: User) -> frozenset[str]:
        """What the rooms are on record under that the user may read."""
        rooms = (room for room in self.rooms.values() if room.visible_to(user))
        return frozenset(key for room in rooms for key in self.readable(user, room))

    # What the rules of moderation share.

    def amend(self, room: Room, **articles: object) -> None:
        """Change what is true of a room, so that it is on record where the room is kept."""
        before = room.charter
        room.charter = msgspec.structs.replace(before, **articles)
        puts = self._puts(room, before)
        self.notes.changes.append(Change(puts, partial(setattr, room, "charter", before)))

    def set_member(self, member: Member, **rights: bool) -> None:
        """Change what is true of a member for as long as they are in the room."""
        for right, on in rights.items():
            undo = partial(setattr, member, right, getattr(member, right))
            setattr(member, right, on)
            self.notes.changes.append(Change((), undo))

    def remove(self, user: User, target: User, room: Room, now: float, reason: str) -> Events:
        """Take somebody out of a room against their will.

        :raises NotInRoom: they are not a member.
        """
        after = int(now - self.fellow(room, target).since)
        self.notes.concerns = target.identity
        self._uninvite(room, target)
        kicked = events.Kicked(
            room=self._at(room),
            who=str(target.name),
            by=str(user.name),
            reason=reason,
            after=after,
        )
        return [kicked, *self._vacate(target, [room])]

    def governed(self, user: User, name: RoomName) -> Room:
        """The room of that name, where the user rules it; an administrator need not be in it.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        if user.admin:
            return self.room(user, name)
        room = self._joined(user, name)
        if name == self.lobby:
            raise NotOperator(f"{room.name} belongs to everybody and has no operators.")
        room.require_operator(user)
        return room

    def fellow(self, room: Room, target: User) -> Member:
        """What is true of somebody else in a room.

        :raises NotInRoom: they are not a member.
        """
        try:
            return room.members[target]
        except KeyError:
            raise NotInRoom(f"{target.name} is not in {room.name}.") from None

    # How the above is done.

    def _at(self, room: Room) -> str:
        """The name of a room where something happens, which is noted if it is not on record so."""
        if room.private:
            self.notes.places[str(room.name)] = room.on_record
        return str(room.name)

    def _ignore(self, user: User, name: Name) -> None:
        user.ignored[name] = None
        self._ignoring.setdefault(name, set()).add(user)

    def _rename(self, user: User, name: Name) -> Events:
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

    def _identify(
        self, user: User, account: Account | None, who: str, durable: bool = False
    ) -> None:
        """Make the user another one on record, who is in the same rooms."""
        undo = partial(_be, user, user.account, user.identity)
        _be(user, account, who)
        self.notes.opens += [room.on_record for room in user.rooms.values()]
        if durable:
            self.notes.changes.append(Change((), undo))

    def _return(self, user: User, heard: Iterable[str], now: float) -> list[Event]:
        """Let somebody who was away into the rooms that they were in, where they still may."""
        joined = []
        for key in heard:
            name = _name_on_record(key)
            room = None if name is None else self.rooms.get(name)
            if room is None or user in room.members or room.on_record != key:
                continue
            full = len(room.members) >= self.limits.members_per_room
            if not full and room.admits(user):
                self._uninvite(room, user)
                joined.append(self._add(user, room, Member(now)))
        return joined

    def _check_may_delete(self, user: User, entry: Entry) -> None:
        for room in self.rooms_for(user):
            if entry.room in self.readable(user, room):
                if room.ruled_by(user):
                    return
                raise NotOperator("Only who said it, or an operator of the room, may do that.")
        raise no_such_message(entry.event.seq)

    def _check_place(self, room: Room) -> None:
        if len(room.members) >= self.limits.members_per_room:
            raise RoomFull(f"{room.name} is full. Try again later.")

    def _make(self, user: User, name: RoomName) -> Room:
        if len(self.rooms) >= self.limits.rooms:
            raise TooMany("There are as many rooms as there may be. /list shows them.")
        room = self.rooms[name] = Room(name)
        if user.account is not None and self._may_own_more(user.account):
            self.amend(room, owner=user.account.id)
        return room

    def _may_own_more(self, account: Account) -> bool:
        owned = sum(room.charter.owner == account.id for room in self.rooms.values())
        return owned < ROOMS_PER_OWNER

    def _puts(self, room: Room, before: Charter) -> tuple[Put, ...]:
        if room.charter.owner or room.name == self.lobby:
            founded = Founded(str(room.name), room.charter)
            return (Put(ROOM, room.name.key, msgspec.json.encode(founded)),)
        return (Put(ROOM, room.name.key, None),) if before.owner else ()

    def _invite(self, room: Room, user: User) -> None:
        others = [who for who in room.charter.invited if who != user.identity]
        most = self.limits.invites_per_room
        self.amend(room, invited=(*others, user.identity)[-most:])

    def _uninvite(self, room: Room, user: User) -> None:
        others = tuple(who for who in room.charter.invited if who != user.identity)
        if others != room.charter.invited:
            self.amend(room, invited=others)

    def _add(self, user: User, room: Room, member: Member) -> Event:
        room.members[user] = member
        user.rooms[room.name] = room
        return events.Joined(room=self._at(room), who=str(user.name), bot=user.bot)

    def _vacate(self, user: User, rooms: Iterable[Room]) -> Events:
        """Take the user out of rooms; the heirs of their operators are what follows from it."""
        follow = []
        for room in rooms:
            del room.members[user]
            del user.rooms[room.name]
            self._forget_if_over(room)
            heir = room.heir() if room.name != self.lobby else None
            if heir is not None:
                room.members[heir].operator = True
                follow.append(events.Opped(room=self._at(room), who=str(heir.name)))
        return follow

    def _forget_if_over(self, room: Room) -> None:
        if not room.members and not room.charter.owner and room.name != self.lobby:
            self.rooms.pop(room.name, None)

    def _joined(self, user: User, name: RoomName) -> Room:
        try:
            return user.rooms[name]
        except KeyError:
            raise NotInRoom(f"You are not in {name}. /join {name} first.") from None


def _be(user: User, account: Account | None, who: str) -> None:
    user.account, user.identity = account, who


def _name_on_record(key: str) -> RoomName | None:
    """The name of the room that is, or was, on record under this."""
    name = key.partition("!")[0]
    return RoomName(name, name) if name.startswith("#") else None


def _with(accounts: frozenset[str], account_id: str, on: bool) -> frozenset[str]:
    return accounts | {account_id} if on else accounts - {account_id}
