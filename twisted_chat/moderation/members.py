"""What operators may do to a member of their room: remove them, and give them rights."""

from twisted_chat import events
from twisted_chat.accounts.account import Account
from twisted_chat.chat import Chat, Events
from twisted_chat.events import Event
from twisted_chat.identity import account_id
from twisted_chat.moderation.authority import Authority
from twisted_chat.names import RoomName, user_name
from twisted_chat.refused import NotOperator
from twisted_chat.rooms import Room, User
from twisted_chat.rulings import Ruling


class Members:
    """The rules about members."""

    def __init__(self, chat: Chat, authority: Authority) -> None:
        self._chat = chat
        self._authority = authority

    def kick(
        self, user: User, target: User, name: RoomName, now: float, reason: str = ""
    ) -> Events:
        """Remove somebody from a room.

        :raises NotOperator: the user is no operator there, or the target above them.
        :raises NotInRoom: one of them is not a member.
        :raises Refused: the user may not give that reason.
        """
        room = self._authority.governed(user, name)
        self._authority.fellow(room, target)
        self._authority.require_above(user, target.account, room)
        self._authority.check_reason(user, reason, room)
        return self.remove(user, target, room, now, reason)

    def remove(self, user: User, target: User, room: Room, now: float, reason: str) -> Events:
        """Take a member out of a room against their will."""
        kicked = events.Kicked(
            room=self._chat.registry.at(room),
            who=str(target.name),
            by=str(user.name),
            reason=reason,
            after=int(now - room.members[target].since),
        )
        self._about(kicked, target)
        self._chat.registry.uninvite(room, target.identity)
        return [kicked, *self._chat.registry.vacate(target, [room])]

    def turn_out(self, target: User, room: Room, now: float) -> Events:
        """Take a member out of a room where a ruling is that somebody else has made."""
        left = events.Left(
            room=self._chat.registry.at(room),
            who=str(target.name),
            reason="banned",
            after=int(now - room.members[target].since),
        )
        self._chat.registry.uninvite(room, target.identity)
        return [left, *self._chat.registry.vacate(target, [room])]

    def depose_banned(self, room: Room) -> Events:
        """Have nobody be an operator of a room, here or away, who is banned from it."""
        happened = []
        for account in filter(None, map(self._chat.book.by_id, sorted(room.charter.operators))):
            ruling = self._ban_on(account, room)
            if ruling is not None:
                others = room.charter.operators - {account.id}
                self._chat.registry.amend(room, operators=others)
                place = self._chat.registry.at(room)
                event = events.Deopped(room=place, who=account.name, by=ruling.by)
                self._chat.notes.about[event] = account.identity
                happened.append(event)
        return happened

    def uninvite_banned(self, room: Room) -> None:
        """Have nobody be invited into a room any more, here or away, who is banned from it."""
        here = {user.identity: user for user in self._chat.users.values()}
        invited = room.charter.invited
        out = [who for who in invited if self._is_banned(who, here.get(who), room)]
        self._chat.registry.uninvite(room, *out)

    def set_operator(self, user: User, target: User, name: RoomName, on: bool) -> Events:
        """Give somebody an operator's rights in a room, or take them; from its owner nobody can.

        Who has an account keeps them where the room is somebody's own, also while away.

        :raises NotOperator: the user is no operator there, the target above them, or the room one
            that has no operators.
        :raises NotInRoom: one of them is not a member.
        """
        room = self._authority.governed(user, name)
        member = self._authority.fellow(room, target)
        if on and room.name == self._chat.lobby:
            raise NotOperator(f"{room.name} belongs to everybody and has no operators.")
        if not on:
            self._authority.require_above(user, target.account, room)
        if not on and room.owned_by(target):
            raise NotOperator(f"{room.name} belongs to {target.name}.")
        if room.operated_by(target) == on:
            return []
        appointed = _with(room.charter.operators, target, on)
        if room.charter.owner and appointed != room.charter.operators:
            self._chat.registry.amend(room, operators=appointed)
        self._chat.registry.set_member(member, operator=on)
        happened = events.Opped if on else events.Deopped
        event = happened(room=self._chat.registry.at(room), who=str(target.name), by=str(user.name))
        return [self._about(event, target)]

    def set_voice(self, user: User, target: User, name: RoomName, on: bool) -> Events:
        """Let somebody speak in a room where only some do, or no more, in the same way.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: one of them is not a member.
        """
        room = self._authority.governed(user, name)
        member = self._authority.fellow(room, target)
        if room.voiced(target) == on:
            return []
        voices = _with(room.charter.voices, target, on)
        if room.charter.owner and voices != room.charter.voices:
            self._chat.registry.amend(room, voices=voices)
        self._chat.registry.set_member(member, voice=on)
        happened = events.Voiced if on else events.Devoiced
        event = happened(room=self._chat.registry.at(room), who=str(target.name), by=str(user.name))
        return [self._about(event, target)]

    def _is_banned(self, identity: str, user: User | None, room: Room) -> bool:
        """Whether somebody is banned from a room, as the user if they are here."""
        if user is not None:
            return self._chat.guard.ban_on(user, room) is not None
        account = self._chat.book.by_id(account_id(identity))
        return account is not None and self._ban_on(account, room) is not None

    def _ban_on(self, account: Account, room: Room) -> Ruling | None:
        """The ban that keeps the owner of an account out of a room, wherever they are."""
        key = user_name(account.name).key
        now = self._chat.guard.time()
        return None if account.admin else room.rulings.ban_on(key, key, None, now)

    def _about(self, event: Event, target: User) -> Event:
        self._chat.notes.about[event] = target.identity
        return event


def _with(accounts: frozenset[str], user: User, on: bool) -> frozenset[str]:
    """The accounts, with the user's among them or not; a guest has none."""
    own = {user.account_id} - {""}
    return accounts | own if on else accounts - own
