"""What operators may say of their room: who speaks how often, who enters, whose it is."""

from twisted_chat import events
from twisted_chat.accounts.account import Account
from twisted_chat.chat import Chat, Events
from twisted_chat.identity import of_account
from twisted_chat.limits import MARKS_PER_ROOM, SHORTEST_RETENTION_SECONDS, SLOWEST_SECONDS
from twisted_chat.moderation.authority import Authority
from twisted_chat.moments import written
from twisted_chat.names import RoomName, user_name
from twisted_chat.refused import BadRequest, Banned, NotInRoom, NotOperator
from twisted_chat.rooms import Room, User


class Order:
    """The rules about rooms; what is so already is nothing that happens."""

    def __init__(self, chat: Chat, authority: Authority) -> None:
        self._chat = chat
        self._authority = authority

    def lock_topic(self, user: User, name: RoomName, on: bool) -> Events:
        """Let only operators set the topic, or everyone.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self._authority.governed(user, name)
        if room.charter.locked == on:
            return []
        self._chat.registry.amend(room, locked=on)
        return [events.Locked(room=self._at(room), by=str(user.name), on=on)]

    def make_private(self, user: User, name: RoomName, on: bool, mark: str) -> Events:
        """Let only the invited enter and see a room, or everyone.

        What is said in it while it is private is on record apart, under a mark of its own: nobody
        who comes when it is open again, or makes a room of the same name, reads it.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self._authority.governed(user, name)
        if room.name == self._chat.lobby:
            raise NotOperator(f"{room.name} is where everybody enters.")
        if room.private == on:
            return []
        self._chat.notes.moves = room.on_record
        marks = (*room.charter.former, room.charter.mark) if room.private else room.charter.former
        self._chat.registry.amend(room, mark=mark if on else "", former=marks[-MARKS_PER_ROOM:])
        return [events.MadePrivate(room=self._at(room), by=str(user.name), on=on)]

    def moderate(self, user: User, name: RoomName, on: bool) -> Events:
        """Let only operators speak, and those with a voice, or everyone.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self._authority.governed(user, name)
        if room.charter.moderated == on:
            return []
        self._chat.registry.amend(room, moderated=on)
        return [events.Moderated(room=self._at(room), by=str(user.name), on=on)]

    def slow_down(self, user: User, name: RoomName, seconds: int) -> Events:
        """Have everyone wait so many seconds between two lines, operators aside; 0 ends it.

        :raises BadRequest: it is too long.
        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self._authority.governed(user, name)
        if seconds > SLOWEST_SECONDS:
            raise BadRequest(f"That is too slow: {written(SLOWEST_SECONDS)} at most.")
        if room.charter.slow == seconds:
            return []
        self._chat.registry.amend(room, slow=seconds)
        return [events.Slowed(room=self._at(room), by=str(user.name), seconds=seconds)]

    def retain(self, user: User, name: RoomName, seconds: int) -> Events:
        """Have what is said forgotten after so many seconds; 0 keeps it.

        :raises BadRequest: it is too short.
        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        room = self._authority.governed(user, name)
        if 0 < seconds < SHORTEST_RETENTION_SECONDS:
            raise BadRequest(f"That is too short: {written(SHORTEST_RETENTION_SECONDS)} at least.")
        if room.charter.retention == seconds:
            return []
        self._chat.registry.amend(room, retention=seconds)
        return [events.Retained(room=self._at(room), by=str(user.name), seconds=seconds)]

    # Whose it is.

    def give(self, user: User, to: Account | None, name: RoomName) -> Events:
        """Make a room somebody's own, or nobody's; who owned it is an operator from then on.

        Only its owner may, and in a room of nobody's its operators; and none but an administrator
        gives it to who is not there, as that may be no gift.

        :raises NotOperator: the user may not, or the room is everybody's.
        :raises NotInRoom: the new owner is not a member.
        :raises Banned: the new owner may not be there.
        :raises TooMany: the new owner has as many rooms as one may.
        """
        room = self._authority.governed(user, name)
        if room.name == self._chat.lobby:
            raise NotOperator(f"{room.name} belongs to everybody.")
        self._authority.require_owner(user, room)
        if to is not None:
            self._check_new_owner(user, to, room)
        if room.charter.owner == ("" if to is None else to.id):
            return []
        self._chat.registry.give(room, to)
        owned = events.Owned(
            room=self._at(room), by=str(user.name), who="" if to is None else to.name
        )
        self._chat.notes.about[owned] = "" if to is None else to.identity
        return [owned]

    def release(self, account: str, by: str = "") -> Events:
        """Make the rooms of an account that is no more nobody's: who is there inherits them.

        :param account: its id.
        :param by: who gave it up; empty where the server finds that it is no more.
        """
        rooms = [room for room in self._chat.rooms.values() if room.charter.owner == account]
        return [event for room in rooms for event in self._release(room, by)]

    def release_all(self) -> Events:
        """The same for all the accounts that are no more."""
        owners = dict.fromkeys(room.charter.owner for room in self._chat.rooms.values())
        gone = [owner for owner in owners if owner and self._chat.book.by_id(owner) is None]
        return [event for owner in gone for event in self.release(owner)]

    def _release(self, room: Room, by: str) -> Events:
        released = events.Owned(room=self._at(room), by=by)
        self._chat.notes.about[released] = of_account(room.charter.owner)
        self._chat.registry.give(room, None)
        return [released, *self._chat.registry.inherit(room)]

    def _check_new_owner(self, user: User, to: Account, room: Room) -> None:
        key = user_name(to.name).key
        if room.rulings.ban_on(key, key, None, self._chat.guard.time()) is not None:
            raise Banned(f"{to.name} is banned from {room.name}. /unban {to.name} first.")
        there = any(member.account_id == to.id for member in room.members)
        if not there and not user.admin:
            raise NotInRoom(f"{to.name} is not in {room.name}.")

    def _at(self, room: Room) -> str:
        return self._chat.registry.at(room)
