"""Who asks for something, as far as a verb needs to know."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.logins import Logins
from twisted_chat.accounts.proof import Proof
from twisted_chat.accounts.registrar import Registrar
from twisted_chat.answers import Notice, Stats
from twisted_chat.chat import Chat
from twisted_chat.journal import Journal
from twisted_chat.masks import Mask
from twisted_chat.moderation import Moderation
from twisted_chat.names import RoomName
from twisted_chat.rooms import User

if TYPE_CHECKING:
    from twisted_chat.house import About
    from twisted_chat.verbs.table import Table
    from twisted_chat.verbs.verb import Outcome


class Asker(Protocol):
    """A session that is inside."""

    user: User

    @property
    def chat(self) -> Chat:
        """The rules."""

    @property
    def moderation(self) -> Moderation:
        """The rules of who rules."""

    @property
    def verbs(self) -> "Table":
        """What there is to ask for."""

    @property
    def about(self) -> "About":
        """What the operator says of the server."""

    @property
    def started(self) -> float:
        """When the server started, on the same clock as `now`."""

    @property
    def current(self) -> RoomName | None:
        """The room that the user looks at."""

    @property
    def quiet(self) -> bool:
        """Whether the user sees not who comes and goes."""

    @property
    def logins(self) -> Logins:
        """Proves who owns an account."""

    @property
    def registrar(self) -> Registrar:
        """The rules of who may have an account."""

    @property
    def proof(self) -> Proof:
        """What the session came in with."""

    @property
    def address(self) -> str | None:
        """The IP address that the user connects from; None where there is none."""

    @property
    def local(self) -> bool:
        """Whether the user connects from this machine."""

    @property
    def journal(self) -> Journal:
        """What was said before."""

    @property
    def told(self) -> int:
        """The number of the last event that is told: what comes after it comes by itself."""

    def check_here(self) -> None:
        """Let a verb act that has waited for something.

        :raises NotEntered: the session has ended meanwhile.
        """

    async def settled(self) -> None:
        """Wait until all that was asked for before is told."""

    def stats(self) -> Stats:
        """What the server has counted."""

    def now(self) -> float:
        """The moment, in seconds."""

    def wall(self) -> float:
        """The moment, in seconds since 1970 (UTC)."""

    def charge(self, lines: int) -> None:
        """Count an answer like so many lines of the asker's own."""

    def room(self, named: RoomName | None) -> RoomName:
        """The room that is meant: the one named, else the current one.

        :raises NotInRoom: none is named, and the user is in none.
        """

    def look_at(self, room: RoomName | None) -> None:
        """Make a room that the user is in the current one, or none."""

    def catch_up(self, name: RoomName, seen: int | None = None) -> None:
        """Show what was said in a room before, or since a number, after the present answer."""

    def notify(self, users: Iterable[User], notice: Notice) -> None:
        """Tell these users alone, once the request is on record."""

    def expel(self, mask: Mask, words: str) -> None:
        """Close the connections of those whom the mask is about, once the request is answered."""

    def evict(self, stale: Callable[[Proof], bool], words: str, *, too: bool = False) -> None:
        """End other sessions of the account that came in with what is stale by now, once the
        request is answered.

        :param too: whether this one ends with them, if it did so.
        """

    def show(self, **wishes: bool) -> None:
        """See more or less."""

    def quit(self, reason: str) -> None:
        """Leave the chat once the request that asks for it is answered."""

    def log_in(self, account: Account, heard: Iterable[str]) -> "Outcome":
        """Go on as the owner of an account.

        :param heard: where they were when they left, as the rooms are on record.
        :raises Refused: the user has an account already, or has left.
        """

    def log_out(self) -> None:
        """Be asked for a name again, once the request is answered."""

    def disown(self) -> None:
        """Go on as a guest; where there are none, be outside, and gone with all other sessions."""
