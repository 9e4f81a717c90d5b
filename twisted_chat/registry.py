"""The rooms there are: who is in each, what is true of it, and what of that outlasts the process.

Who may change it is not known here.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec

from twisted_chat import events
from twisted_chat.accounts.account import Account
from twisted_chat.events import Event
from twisted_chat.guard import Guard
from twisted_chat.journal import SERVER, Put
from twisted_chat.ledger import Change, Notes
from twisted_chat.limits import ROOMS_PER_OWNER, Limits
from twisted_chat.names import RoomName, room_name
from twisted_chat.refused import TooMany
from twisted_chat.rooms import Charter, Founded, Member, Room, User
from twisted_chat.rulings import Ruling, Rulings

ROOM = "room"
"""The kind of record in which a room is kept that outlasts its members."""

RULINGS = "rulings"
"""The kind of record in which the rulings of such a room are kept, and those of the server."""

BAN = "ban"
"""The kind of note by which a server hears of a `BanNote`, under the key of its place."""


class BanNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """A ban that another process has made, or lifted."""

    ban: Ruling
    lifted: bool = False


class Registry:
    """All rooms.

    :param lobby: the one that is always there.
    :param guard: holds the rulings of the server.
    """

    def __init__(self, lobby: RoomName, bounds: Limits, guard: Guard) -> None:
        self.rooms: dict[RoomName, Room] = {lobby: Room(lobby)}
        self.notes = Notes()
        """What the record has to know of what the present request made happen."""
        self._lobby = lobby
        self._limits = bounds
        self._guard = guard

    def take_notes(self) -> Notes:
        """What the record has to know of the present request; the next one begins with none."""
        notes, self.notes = self.notes, Notes()
        return notes

    def at(self, room: Room) -> str:
        """The name of a room where something happens, which is noted if it is not on record so."""
        if room.private:
            self.notes.places[str(room.name)] = room.on_record
        return str(room.name)

    # What is on record: at the start, or as somebody else changed it.

    def restore(self, value: bytes) -> None:
        """Take a room."""
        founded = msgspec.json.decode(value, type=Founded)
        name = room_name(founded.name)
        room = self.rooms.setdefault(name, Room(name))
        room.charter = founded.charter
        self._forget_if_over(room)

    def restore_rulings(self, key: str, value: bytes) -> None:
        """Take the rulings of a room that there is, or of the server."""
        place = self.place(key)
        if place is not None:
            rulings = msgspec.json.decode(value, type=Rulings)
            place.rulings = rulings.dated(self._guard.time())

    def take_ban(self, key: str, value: bytes) -> None:
        """Make a ban hold, or not any more, in a room that there is, or on the server.

        It may do so already, if this was noted before the start; a later one on the same stands.

        :raises TooMany: there are as many as there may be.
        """
        note = msgspec.json.decode(value, type=BanNote)
        place, ban, now = self.place(key), note.ban, self._guard.time()
        if place is None or ban.whom is None:
            return
        rest, there = place.rulings.unbanning(ban.whom, now)
        if note.lifted:
            if there is not None and there.since <= ban.since:
                self._hold(place, rest)
        elif there is None or there.since < ban.since:
            self._hold(place, place.rulings.banning(ban, now))

    def _hold(self, place: Room | Guard, rulings: Rulings) -> None:
        """Change rulings for good, as it is on record already: it is not taken back."""
        place.rulings = rulings
        self._note(self._puts_of_rulings(place), lambda: None)

    def place(self, key: str) -> Room | Guard | None:
        """The room of that key, if there is one, or what has the rulings of the server."""
        return self._guard if key == SERVER else self.rooms.get(RoomName(key, key))

    # What is true of a room.

    def make(self, user: User, name: RoomName) -> Room:
        """A new room, which is the user's own if they have an account.

        :raises TooMany: there are as many as there may be.
        """
        if len(self.rooms) >= self._limits.rooms:
            raise TooMany("There are as many rooms as there may be. /list shows them.")
        room = self.rooms[name] = Room(name)
        if user.account is not None and self._may_own_more(user.account):
            self.amend(room, owner=user.account.id)
        return room

    def amend(self, room: Room, **articles: object) -> None:
        """Change what is true of a room, so that it is on record where the room is kept."""
        before = room.charter
        room.charter = msgspec.structs.replace(before, **articles)
        self._note(self._puts(room, before), partial(setattr, room, "charter", before))

    def rule(self, place: Room | Guard, rulings: Rulings) -> None:
        """Change the rulings of a room, or of the server, in the same way."""
        before, place.rulings = place.rulings, rulings
        self._note(self._puts_of_rulings(place), partial(setattr, place, "rulings", before))

    def give(self, room: Room, account: Account | None) -> None:
        """Make a room somebody's own, or nobody's: it is over then, unless somebody is in it.

        Who owned it is an operator from then on.

        :raises TooMany: the account owns as many as one may.
        """
        if account is not None and not self._may_own_more(account):
            raise TooMany(f"{account.name} owns {ROOMS_PER_OWNER} rooms, as many as one may.")
        operators = room.charter.operators | {room.charter.owner} - {""}
        self.amend(room, owner="" if account is None else account.id, operators=operators)
        self._forget_if_over(room)
        if room.name not in self.rooms:
            self._note((), partial(self.rooms.__setitem__, room.name, room))

    def inherit(self, room: Room) -> Sequence[Event]:
        """Have a room of nobody's be ruled by somebody who is in it, if nobody there does."""
        heir = self._heir(room)
        if heir is None:
            return []
        self.set_member(room.members[heir], operator=True)
        return [events.Opped(room=self.at(room), who=str(heir.name))]

    def invite(self, room: Room, user: User) -> None:
        """Let the user enter once; the earliest of too many invitations is forgotten."""
        others = [who for who in room.charter.invited if who != user.identity]
        most = self._limits.invites_per_room
        self.amend(room, invited=(*others, user.identity)[-most:])

    def uninvite(self, room: Room, *identities: str) -> None:
        """Have them be invited no more."""
        others = tuple(who for who in room.charter.invited if who not in identities)
        if others != room.charter.invited:
            self.amend(room, invited=others)

    # Who is in it.

    def add(self, user: User, room: Room, member: Member) -> Event:
        """Let the user in."""
        if room.charter.slow:
            # Who leaves and comes again waits like the others.
            member.spoke = self._guard.time()
        room.members[user] = member
        user.rooms[room.name] = room
        return events.Joined(room=self.at(room), who=str(user.name), bot=user.bot)

    def set_member(self, member: Member, **rights: bool) -> None:
        """Change what is true of a member for as long as they are in the room."""
        for right, on in rights.items():
            undo = partial(setattr, member, right, getattr(member, right))
            setattr(member, right, on)
            self._note((), undo)

    def vacate(self, user: User, rooms: Iterable[Room]) -> Sequence[Event]:
        """Take the user out of rooms; the heirs of their operators are what follows from it."""
        follow = []
        for room in rooms:
            del room.members[user]
            del user.rooms[room.name]
            self._forget_if_over(room)
            heir = self._heir(room)
            if heir is not None:
                room.members[heir].operator = True
                follow.append(events.Opped(room=self.at(room), who=str(heir.name)))
        return follow

    # How the above is done.

    def _forget_if_over(self, room: Room) -> None:
        if not room.members and not self._outlasts(room):
            self.rooms.pop(room.name, None)

    def _heir(self, room: Room) -> User | None:
        """Who is to rule a room that nobody rules; the lobby is everybody's."""
        return room.heir() if room.name != self._lobby else None

    def _outlasts(self, room: Room) -> bool:
        """Whether a room is kept when nobody is in it."""
        return bool(room.charter.owner) or room.name == self._lobby

    def _may_own_more(self, account: Account) -> bool:
        owned = sum(room.charter.owner == account.id for room in self.rooms.values())
        return owned < ROOMS_PER_OWNER

    def _puts(self, room: Room, before: Charter) -> tuple[Put, ...]:
        key = room.name.key
        if self._outlasts(room):
            founded = Founded(str(room.name), room.charter)
            kept = Put(ROOM, key, msgspec.json.encode(founded))
            newly = not before.owner and room.name != self._lobby
            return (kept, put_rulings(key, room.rulings)) if newly else (kept,)
        return (Put(ROOM, key, None), Put(RULINGS, key, None)) if before.owner else ()

    def _puts_of_rulings(self, place: Room | Guard) -> tuple[Put, ...]:
        if not isinstance(place, Room):
            return (put_rulings(SERVER, place.rulings),)
        return (put_rulings(place.name.key, place.rulings),) if self._outlasts(place) else ()

    def _note(self, puts: tuple[Put, ...], undo: Callable[[], None]) -> None:
        self.notes.changes.append(Change(puts, undo))


def put_rulings(key: str, rulings: Rulings) -> Put:
    """What is kept of the rulings of a room, or of the server; where there are none, nothing."""
    return Put(RULINGS, key, None if rulings == Rulings() else msgspec.json.encode(rulings))
