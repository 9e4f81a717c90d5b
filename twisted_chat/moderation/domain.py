"""Where a ruling holds: in a room, or on the whole server."""

from dataclasses import dataclass

from twisted_chat.guard import SERVER_WORDS, Guard
from twisted_chat.journal import SERVER
from twisted_chat.rooms import Room


@dataclass(frozen=True, slots=True)
class Domain:
    """A room, or the server, whose rulings the guard has."""

    place: Room | Guard

    @property
    def room(self) -> Room | None:
        """The room; None for the server."""
        return self.place if isinstance(self.place, Room) else None

    @property
    def name(self) -> str:
        """What events call it."""
        return SERVER if self.room is None else str(self.room.name)

    @property
    def words(self) -> str:
        """What people are told it is called."""
        return SERVER_WORDS if self.room is None else str(self.room.name)

    @property
    def within(self) -> str:
        """The same, with the word before it that fits: ``in #dev``, ``on this server``."""
        return f"on {self.words}" if self.room is None else f"in {self.words}"
