"""Who asks for something, as far as a verb needs to know."""

from typing import TYPE_CHECKING, Protocol

from twisted_chat.chat import Chat
from twisted_chat.names import RoomName
from twisted_chat.rooms import User

if TYPE_CHECKING:
    from twisted_chat.house import About
    from twisted_chat.verbs.table import Table


class Asker(Protocol):
    """A session that is inside."""

    user: User

    @property
    def chat(self) -> Chat:
        """The rules."""

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

    def now(self) -> float:
        """The moment, in seconds."""

    def room(self, named: RoomName | None) -> RoomName:
        """The room that is meant: the one named, else the current one.

        :raises NotInRoom: none is named, and the user is in none.
        """

    def look_at(self, room: RoomName | None) -> None:
        """Make a room that the user is in the current one, or none."""

    def show(self, **wishes: bool) -> None:
        """See more or less."""

    def quit(self, reason: str) -> None:
        """Leave the chat once the request that asks for it is answered."""
