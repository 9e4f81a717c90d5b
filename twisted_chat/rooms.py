"""Users, rooms, and what is true of a user in a room."""

from dataclasses import dataclass, field

import msgspec

from twisted_chat.accounts.account import Account
from twisted_chat.names import Name, RoomName
from twisted_chat.refused import NotInRoom, NotOperator
from twisted_chat.rulings import Rulings


@dataclass(eq=False, slots=True)
class User:
    """A name that is present, since the moment ``since`` (seconds, any epoch)."""

    name: Name
    since: float
    identity: str = ""
    """Who they are on record, whatever they are called."""
    account: Account | None = None
    """What makes the name theirs; None for a guest."""
    addresses: list[str | None] = field(default_factory=lambda: [None])
    """Where their connections come from, each of them; None for one without an IP address."""
    doors: list[str] = field(default_factory=lambda: [""])
    """The door of each of these connections."""
    bot: bool = False
    away: str | None = None
    """Why they are not reading; None while they are."""
    rooms: dict[RoomName, "Room"] = field(default_factory=dict)
    """The rooms they are in, the one entered last at the end."""
    ignored: dict[Name, None] = field(default_factory=dict)
    """Whom they do not want to hear."""
    correspondent: "User | Name | None" = None
    """Who wrote to them in private last; a name, where that was before they came."""
    missed: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Where on record something was said that they have not heard yet: after which number, up to
    which, and how much."""

    @property
    def account_id(self) -> str:
        """The id of their account; empty for a guest."""
        return "" if self.account is None else self.account.id

    @property
    def admin(self) -> bool:
        """Whether they administer the server."""
        return self.account is not None and self.account.admin


@dataclass(eq=False, slots=True)
class Member:
    """What is true of a user in a room, for as long as they are in it."""

    since: float
    operator: bool = False
    voice: bool = False
    spoke: float | None = None
    """When they spoke last while it was slow, or entered it, in seconds since 1970."""


class Charter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a room is, whoever is in it; accounts stand in it by their ids."""

    topic: str = ""
    locked: bool = False
    """Whether only operators set the topic."""
    mark: str = ""
    """While it is private, what its talk is on record under, beside its name."""
    former: tuple[str, ...] = ()
    """The marks of the times that it was private before, the latest of them."""
    moderated: bool = False
    """Whether only operators speak, and those with a voice."""
    slow: int = 0
    """How many seconds a member waits between two lines."""
    retention: int = 0
    """After how many seconds what is said is forgotten; 0 keeps it."""
    owner: str = ""
    """Whose room it is: it outlasts the last member."""
    operators: frozenset[str] = frozenset()
    voices: frozenset[str] = frozenset()
    invited: tuple[str, ...] = ()
    """The identities of those who may enter though it is private, the earliest invited first."""


class Founded(msgspec.Struct, frozen=True):
    """A room as it is kept."""

    name: str
    charter: Charter


@dataclass(eq=False, slots=True)
class Room:
    """Where people talk.

    It exists as long as somebody is in it or owns it; the lobby always does.
    """

    name: RoomName
    charter: Charter = field(default_factory=Charter)
    rulings: Rulings = field(default_factory=Rulings)
    """Who may not enter it, or not speak there, and what is not said."""
    members: dict[User, Member] = field(default_factory=dict)
    """Who is in it, in the order in which they came."""

    @property
    def topic(self) -> str:
        """What it is about."""
        return self.charter.topic

    @property
    def private(self) -> bool:
        """Whether only the invited enter, and nobody else sees it."""
        return bool(self.charter.mark)

    @property
    def on_record(self) -> str:
        """What is said in it is on record under this: a private room's talk is apart."""
        return f"{self.name.key}!{self.charter.mark}" if self.private else self.name.key

    @property
    def ever_on_record(self) -> list[str]:
        """All that what was said in it is on record under, the times included that it was
        private."""
        marks = [*self.charter.former, self.charter.mark]
        return [self.name.key, *(f"{self.name.key}!{mark}" for mark in marks if mark)]

    def member(self, user: User) -> Member:
        """What is true of the user here.

        :raises NotInRoom: they are not a member.
        """
        try:
            return self.members[user]
        except KeyError:
            raise NotInRoom(f"You are not in {self.name}. /join {self.name} first.") from None

    def owned_by(self, user: User) -> bool:
        """Whether the room is the user's own."""
        return bool(self.charter.owner) and self.charter.owner == user.account_id

    def ruled_by(self, user: User) -> bool:
        """Whether the user may do here what operators may."""
        return user.admin or self.operated_by(user)

    def operated_by(self, user: User) -> bool:
        """Whether the user is an operator here, or the owner."""
        if user.account is not None and self._appointed(user.account):
            return True
        member = self.members.get(user)
        return member is not None and member.operator

    def heard(self, user: User) -> bool:
        """Whether the user speaks here where only some do."""
        return self.voiced(user) or self.ruled_by(user)

    def voiced(self, user: User) -> bool:
        """Whether the user was given a voice here."""
        member = self.members.get(user)
        given = member is not None and member.voice
        return given or user.account_id in self.charter.voices

    def require_operator(self, user: User) -> None:
        """Let only an operator pass.

        :raises NotOperator: the user is none.
        """
        if not self.ruled_by(user):
            raise NotOperator(f"Only an operator of {self.name} may do that.")

    def admits(self, user: User) -> bool:
        """Whether the user may enter as far as that is a question of privacy."""
        return not self.private or user.identity in self.charter.invited or self.ruled_by(user)

    def visible_to(self, user: User) -> bool:
        """Whether the user may know that the room exists."""
        return not self.private or user in self.members or self.ruled_by(user)

    def heir(self) -> User | None:
        """Who takes over a room of nobody's that its operators left: a person before a bot."""
        if self.charter.owner or any(self.ruled_by(user) for user in self.members):
            return None
        return min(self.members, key=lambda user: user.bot, default=None)

    def _appointed(self, account: Account) -> bool:
        return account.id == self.charter.owner or account.id in self.charter.operators
