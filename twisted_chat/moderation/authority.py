"""Who may rule where, and over whom: nobody below rules over somebody above.

An administrator is above the owner of a room, who is above its operators, who are above the others.
"""

from twisted_chat.accounts.account import Account
from twisted_chat.chat import Chat
from twisted_chat.moderation.domain import Domain
from twisted_chat.names import RoomName
from twisted_chat.refused import NotInRoom, NotOperator
from twisted_chat.rooms import Member, Room, User


class Authority:
    """Lets pass who may rule."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def governed(self, user: User, name: RoomName) -> Room:
        """The room of that name, where the user rules it; an administrator need not be in it.

        :raises NotOperator: the user is no operator there.
        :raises NotInRoom: the user is not a member.
        """
        if user.admin:
            return self._chat.room(user, name)
        room = user.rooms.get(name)
        if room is None:
            raise NotInRoom(f"You are not in {name}. /join {name} first.")
        if name == self._chat.lobby:
            raise NotOperator(f"Only an administrator may do that in {room.name}.")
        room.require_operator(user)
        return room

    def domain(self, user: User, name: RoomName | None) -> Domain:
        """The room of that name, or for None the server, where the user rules it.

        :raises NotOperator: the user does not.
        :raises NotInRoom: the user is not a member.
        """
        if name is not None:
            return Domain(self.governed(user, name))
        self.require_administrator(user)
        return Domain(self._chat.guard)

    def require_administrator(self, user: User) -> None:
        """Let only an administrator pass.

        :raises NotOperator: the user is none.
        """
        if not user.admin:
            raise NotOperator("Only an administrator may do that.")

    def require_owner(self, user: User, room: Room) -> None:
        """Let only the owner of a room pass, or an administrator; where it is nobody's, operators.

        :raises NotOperator: the user is none of them.
        """
        owner = self.owner(room)
        if owner is not None and not (user.admin or room.owned_by(user)):
            raise NotOperator(f"{room.name} belongs to {owner.name}.")

    def owner(self, room: Room) -> Account | None:
        """Whose room it is; a room is nobody's if its owner's account is no more."""
        return self._chat.book.by_id(room.charter.owner)

    def require_above(self, user: User, account: Account | None, place: Room | None) -> None:
        """Let pass who may rule over the owner of an account; over anybody else all who rule may.

        :param place: the room; None for the server.
        :raises NotOperator: they are above the user.
        """
        if account is None or account.id == user.account_id:
            return
        if account.admin:
            raise NotOperator(f"{account.name} administers the server.")
        if place is not None and place.charter.owner == account.id and not user.admin:
            raise NotOperator(f"{place.name} belongs to {account.name}.")

    def check_reason(self, user: User, text: str, place: Room | None) -> None:
        """Let pass what somebody who rules in a place says there with it, if anything.

        :raises Refused: they may not say that: see `Guard.check_text`.
        """
        if text:
            self._chat.guard.check_text(user, text, place)

    def fellow(self, room: Room, target: User) -> Member:
        """What is true of somebody else in a room.

        :raises NotInRoom: they are not a member.
        """
        try:
            return room.members[target]
        except KeyError:
            raise NotInRoom(f"{target.name} is not in {room.name}.") from None
