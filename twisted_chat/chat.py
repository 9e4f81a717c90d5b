"""The chat itself: who is in which room, and who may do what.

Everything here is decided at once and in memory, and answered with the events that follow from it,
or with a `Refused`.  It knows no bytes, no reactor and no database: where a moment matters it is an
argument, in seconds since any epoch, and what time of day it is only its guard asks.  Texts come
here cleaned.  What operators do beyond it is in moderation/.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from twisted_chat import events
from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.events import Event
from twisted_chat.guard import Guard
from twisted_chat.held import HeldNames
from twisted_chat.identity import of_guest
from twisted_chat.journal import Entry
from twisted_chat.ledger import Change, Notes
from twisted_chat.limits import TOPIC_CHARS, Limits
from twisted_chat.names import RESERVED, Name, RoomName, user_name
from twisted_chat.refused import (
    AlreadyInRoom,
    BadRequest,
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
from twisted_chat.registry import Registry
from twisted_chat.rooms import Member, Room, User

Events = Sequence[Event]


class Chat:
    """Users and rooms, and the rules between them.

    :param book: the accounts, which own their names.
    :param guard: knows the rulings that are in force.
    """

    def __init__(
        self,
        lobby: RoomName,
        bounds: Limits,
        book: Book,
        reserved: Iterable[str] = RESERVED,
        guard: Guard | None = None,
    ) -> None:
        self.lobby = lobby
        self.limits = bounds
        self.book = book
        self.guard = guard or Guard()
        self.registry = Registry(lobby, bounds, self.guard)
        self._held = HeldNames(reserved, book)
        self._ignoring: dict[Name, set[User]] = {}

    @property
    def rooms(self) -> Mapping[RoomName, Room]:
        """The rooms there are, by name."""
        return self.registry.rooms

    @property
    def notes(self) -> Notes:
        """What the record has to know of what the present request made happen."""
        return self.registry.notes

    # Coming, going, and being called something.

    def enter(
        self,
        name: Name,
        now: float,
        *,
        identity: str = "",
        account: Account | None = None,
        address: str | None = None,
        door: str = "",
        bot: bool = False,
        heard: Iterable[str] = (),
    ) -> tuple[User, Events]:
        """Let somebody in under a name, into the lobby and the rooms that they were in before.

        :param address: the IP address of their connection; None for one without.
        :param door: by which it comes.
        :param heard: what those rooms are on record under.
        :raises Refused: they cannot: see `check_entry`.
        """
        self.check_entry(name, account, address)
        lobby = self.rooms[self.lobby]
        user = User(name, now, identity, account, addresses=[address], doors=[door], bot=bot)
        self._held.hold(user)
        joined = [self.registry.add(user, lobby, Member(now))]
        return user, [*joined, *self._return(user, heard, now)]

    def check_entry(self, name: Name, account: Account | None, address: str | None) -> None:
        """Let somebody pass who wants to come in under a name.

        :raises Banned: they may not be on the server.
        :raises LockedDown: they are a guest, and none comes in now.
        :raises Filtered: they are a guest, and a filter of the server stops the name.
        :raises NameReserved: the name is, or looks like, one of the server's own.
        :raises NameTaken: it is, or looks like, that of somebody who is here or has an account.
        :raises RoomFull: the lobby has no place left.
        """
        self.guard.check_entry(name, account, address)
        if account is None:
            self.guard.check_guest(name)
        self._held.check(name, account=account)
        self._check_place(self.rooms[self.lobby])

    def attach(self, user: User, address: str | None = None, door: str = "") -> None:
        """Somebody who is here has one more connection.

        :raises Banned: nobody who comes from there may be on the server.
        """
        self.guard.check_entry(user.name, user.account, address)
        user.addresses.append(address)
        user.doors.append(door)

    def detach(self, user: User, address: str | None = None, door: str = "") -> bool:
        """A connection of the user's is gone; whether there are others."""
        user.addresses.remove(address)
        user.doors.remove(door)
        return bool(user.addresses)

    def leave(self, user: User, now: float, reason: str = "") -> Events:
        """Let the user out; from now on another may have the name, unless it is owned."""
        self._held.release(user)
        for name in list(user.ignored):
            self.unignore(user, name)
        user.correspondent = None
        left = events.Left(who=str(user.name), reason=reason, after=int(now - user.since))
        return [left, *self.registry.vacate(user, list(user.rooms.values()))]

    def rename(self, user: User, name: Name) -> Events:
        """Call the user something else; who has an account only spells its name otherwise.

        :raises NameOwned: the user has an account.
        :raises NameReserved: the name is, or looks like, one of the server's own.
        :raises NameTaken: it is, or looks like, that of somebody else.
        :raises Refused: it is a way around a ruling: see `Guard.check_name`, and for the rooms that
            the user is not in `Guard.check_no_way_around`.
        """
        if user.account is not None and name != user.name:
            raise NameOwned(f"You are logged in as {user.name}, and called that. /logout first.")
        self._held.check(name, user, user.account)
        self.guard.check_name(user, name)
        if user.account is None:
            for room in self._known_to(user):
                if user not in room.members:
                    self.guard.check_no_way_around(user, room)
        return self._rename(user, name)

    def own(self, user: User, account: Account) -> None:
        """Make the user, who is called that, the owner of an account that is made just now."""
        self._identify(user, account, account.identity, durable=True)

    def check_drop(self, user: User) -> None:
        """Let somebody pass who gives up their account, as that is no way around a ruling.

        :raises Banned: the account may not be somewhere.
        :raises Muted: it may not speak somewhere.
        """
        self.guard.check_drop(user, self._known_to(user))

    def disown(self, user: User, secret: str) -> None:
        """Make the user a guest of the same name, as their account is no more."""
        self._identify(user, None, of_guest(secret), durable=True)

    def recognize(self, user: User, account: Account, heard: Iterable[str], now: float) -> Events:
        """Let a guest who is here go on as the owner of an account that nobody is here with.

        :raises Banned: they may not be on the server, or in a room where the guest is.
        :raises NameTaken: the account's name is, or looks like, that of another guest.
        """
        name = user_name(account.name)
        for address in user.addresses:
            self.guard.check_entry(name, account, address)
        self.guard.check_rooms(user, name)
        self._held.check(name, user, account)
        self._identify(user, account, account.identity)
        return [*self._rename(user, name), *self._return(user, heard, now)]

    # Talking.

    def say(self, user: User, room: RoomName, text: str) -> Events:
        """Say something in a room.

        :raises NotInRoom: the user is not a member.
        :raises Refused: they may not speak there, or not say that: see `Guard.check_speech`.
        """
        place = self._spoken_in(user, room, text)
        return [events.Said(room=place, who=str(user.name), text=text)]

    def emote(self, user: User, room: RoomName, text: str) -> Events:
        """Do something in a room, as in ``/me waves``.

        :raises NotInRoom: the user is not a member.
        :raises Refused: they may not speak there, or not say that: see `Guard.check_speech`.
        """
        place = self._spoken_in(user, room, text)
        return [events.Emoted(room=place, who=str(user.name), text=text)]

    def tell(self, user: User, to: User, text: str) -> Events:
        """Say something to one other user alone.

        :raises Refused: they may not speak, or not say that: see `Guard.check_text`.
        """
        self.guard.check_text(user, text)
        if user.name not in to.ignored:
            to.correspondent = user
        self.notes.concerns = to.identity
        return [events.Told(who=str(user.name), to=str(to.name), text=text)]

    def leave_word(self, user: User, to: Account, text: str) -> Events:
        """Say something to the owner of an account alone, who is not here and hears it later.

        :raises Refused: they may not speak, or not say that: see `Guard.check_text`.
        """
        self.guard.check_text(user, text)
        self.notes.concerns = to.identity
        return [events.Told(who=str(user.name), to=to.name, text=text)]

    def go_away(self, user: User, text: str) -> Events:
        """Note that the user is not reading, and why.

        :raises Refused: why is nothing that they may say in all their rooms, now.
        """
        if text:
            self.guard.check_status(user, text)
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
        :raises Banned: the user may not be in it.
        :raises RoomFull: it has no place left.
        :raises TooMany: the user is in as many rooms as one may be, or there are too many rooms.
        :raises Refused: they may not make a room of that name: see `Guard.check_new_room`.
        """
        if name in user.rooms:
            return []
        if len(user.rooms) >= self.limits.rooms_per_user:
            raise TooMany(f"You are in {len(user.rooms)} rooms already. /part one first.")
        room = self.rooms.get(name)
        if room is None:
            self.guard.check_new_room(user, name)
            return [
                self.registry.add(user, self.registry.make(user, name), Member(now, operator=True))
            ]
        if not room.admits(user):
            raise RoomPrivate(f"{room.name} is private: ask somebody in it for an invitation.")
        self.guard.check_room(user, room)
        self._check_place(room)
        self.registry.uninvite(room, user.identity)
        return [self.registry.add(user, room, Member(now))]

    def part(self, user: User, name: RoomName, now: float, reason: str = "") -> Events:
        """Leave a room; a reason that the user may not say there is left out.

        :raises NotInRoom: the user is not a member.
        """
        room = self._joined(user, name)
        reason = reason if self.guard.passes(user, reason, [room]) else ""
        after = int(now - room.member(user).since)
        left = events.Left(
            who=str(user.name), room=self.registry.at(room), reason=reason, after=after
        )
        return [left, *self.registry.vacate(user, [room])]

    def delete(self, user: User, entry: Entry) -> Events:
        """Take a message back: one's own, or as an operator any in the room.

        :raises NoSuchMessage: it is none that the user may read.
        :raises BadRequest: it is a topic, or a ruling, and nothing that somebody said.
        :raises NotOperator: it is somebody else's, and the user no operator there.
        """
        said = entry.event
        if not isinstance(said, events.Said | events.Emoted | events.Told):
            if self._room_of(user, entry) is None:
                raise no_such_message(said.seq)
            raise BadRequest("Only what somebody said is taken back; that is a topic, or a ruling.")
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
        :raises Refused: they may not speak there, or not say that: see `Guard.check_speech`.
        """
        room = self._joined(user, name)
        if room.charter.locked:
            room.require_operator(user)
        if len(text) > TOPIC_CHARS:
            raise TooLong(f"That is too long: {TOPIC_CHARS} characters at most.")
        self.guard.check_speech(user, room, text)
        self.registry.amend(room, topic=text)
        return [events.TopicSet(room=self.registry.at(room), who=str(user.name), text=text)]

    def invite(self, user: User, target: User, name: RoomName) -> Events:
        """Ask somebody into a room; into a private one only an operator may.

        The earliest of too many invitations that wait is forgotten.

        :raises NotOperator: the room is private, and the user no operator.
        :raises AlreadyInRoom: there is no need to.
        :raises NotInRoom: the user is not a member.
        :raises Refused: they may not speak, or not say what the room is called.
        """
        room = self._joined(user, name)
        self.guard.check_text(user, str(room.name))
        if target in room.members:
            raise AlreadyInRoom(f"{target.name} is in {room.name} already.")
        if room.private:
            room.require_operator(user)
            self.registry.invite(room, target)
        return [
            events.Invited(room=self.registry.at(room), who=str(target.name), by=str(user.name))
        ]

    # Looking.

    @property
    def users(self) -> Mapping[Name, User]:
        """Who is here, by name."""
        return self._held.users

    def guests_like(self, name: Name) -> list[User]:
        """The guests whose name is, or looks like, this one."""
        return self._held.guests_like(name)

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
        return sorted(self._known_to(user), key=lambda room: (-len(room.members), room.name.key))

    def readable(self, user: User, room: Room) -> list[str]:
        """What a room is on record under, as far as the user may read it.

        What is said in a private room is for those in it, whoever else may know that it exists; and
        nothing is for who is banned.
        """
        if self.guard.ban_on(user, room) is not None:
            return []
        if not room.private:
            return [room.name.key]
        return [room.name.key, room.on_record] if user in room.members else [room.name.key]

    def readable_rooms(self, user: User) -> frozenset[str]:
        """What the rooms are on record under that the user may read."""
        rooms = self._known_to(user)
        return frozenset(key for room in rooms for key in self.readable(user, room))

    # How the above is done.

    def _known_to(self, user: User) -> Iterator[Room]:
        return (room for room in self.rooms.values() if room.visible_to(user))

    def _spoken_in(self, user: User, name: RoomName, text: str) -> str:
        """The name of a room where the user may say this, and has."""
        room = self._joined(user, name)
        member = room.member(user)
        before = member.spoke
        self.guard.check_speech(user, room, text)
        if member.spoke != before:
            self.notes.unsaid = partial(setattr, member, "spoke", before)
        return self.registry.at(room)

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
        """Let somebody who was away into the rooms that they were in, where they still may.

        What a private room is on record under is theirs only if they were in it while it was so.
        """
        joined = []
        for key in heard:
            name = _name_on_record(key)
            room = None if name is None else self.rooms.get(name)
            if room is None or user in room.members or room.on_record != key:
                continue
            full = len(room.members) >= self.limits.members_per_room
            if not full and self.guard.ban_on(user, room) is None:
                self.registry.uninvite(room, user.identity)
                joined.append(self.registry.add(user, room, Member(now)))
        return joined

    def _check_may_delete(self, user: User, entry: Entry) -> None:
        room = self._room_of(user, entry)
        if room is not None and room.ruled_by(user):
            return
        if room is not None:
            raise NotOperator("Only who said it, or an operator of the room, may do that.")
        if isinstance(entry.event, events.Told) and entry.concerns == user.identity:
            raise NotOperator("Only who wrote it to you may take it back.")
        raise no_such_message(entry.event.seq)

    def _room_of(self, user: User, entry: Entry) -> Room | None:
        """Where something is on record that the user may read; None where it is no room of it."""
        rooms = self.rooms_for(user)
        return next((room for room in rooms if entry.room in self.readable(user, room)), None)

    def _check_place(self, room: Room) -> None:
        if len(room.members) >= self.limits.members_per_room:
            raise RoomFull(f"{room.name} is full. Try again later.")

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
