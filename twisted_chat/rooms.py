"""Users, rooms, and what is true of a user in a room."""

from dataclasses import dataclass, field

from twisted_chat.names import Name, RoomName
from twisted_chat.refused import NotInRoom, NotOperator


@dataclass(eq=False, slots=True)
class User:
    """A name that is present, since the moment ``since`` (seconds, any epoch)."""

    name: Name
    since: float
    bot: bool = False
    away: str | None = None
    """Why they are not reading; None while they are."""
    rooms: dict[RoomName, "Room"] = field(default_factory=dict)
    """The rooms they are in, the one entered last at the end."""
    invited_to: dict["Room", None] = field(default_factory=dict)
    """The private rooms that they may enter."""
    ignored: dict[Name, None] = field(default_factory=dict)
    """Whom they do not want to hear."""
    correspondent: "User | None" = None
    """Who wrote to them in private last."""


@dataclass(eq=False, slots=True)
class Member:
    """What is true of a user in a room."""

    since: float
    operator: bool = False


@dataclass(eq=False, slots=True)
class Room:
    """Where people talk.  It exists as long as somebody is in it; the lobby always does."""

    name: RoomName
    topic: str = ""
    locked: bool = False
    """Whether only operators set the topic."""
    private: bool = False
    """Whether only the invited enter, and nobody else sees it."""
    members: dict[User, Member] = field(default_factory=dict)
    """Who is in it, in the order in which they came."""
    invited: dict[User, None] = field(default_factory=dict)
    """Who may enter though it is private, the earliest invited first."""

    def member(self, user: User) -> Member:
        """What is true of the user here.

        :raises NotInRoom: they are not a member.
        """
        try:
            return self.members[user]
        except KeyError:
            raise NotInRoom(f"You are not in {self.name}. /join {self.name} first.") from None

    def require_operator(self, user: User) -> None:
        """Let only an operator pass.

        :raises NotOperator: the user is a member like any other.
        :raises NotInRoom: they are not a member.
        """
        if not self.member(user).operator:
            raise NotOperator(f"Only an operator of {self.name} may do that.")

    def invite(self, user: User) -> None:
        """Let the user enter though it is private."""
        self.uninvite(user)
        self.invited[user] = None
        user.invited_to[self] = None

    def uninvite(self, user: User) -> None:
        """Forget that the user may enter."""
        self.invited.pop(user, None)
        user.invited_to.pop(self, None)

    def visible_to(self, user: User) -> bool:
        """Whether the user may know that the room exists."""
        return not self.private or user in self.members

    def heir(self) -> User | None:
        """Who takes over a room that its operators have left: a person rather than a bot."""
        if any(member.operator for member in self.members.values()):
            return None
        return min(self.members, key=lambda user: user.bot, default=None)
