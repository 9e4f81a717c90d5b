"""Who hears what: the sessions of each user, and the users that hear each room.

This follows what has been delivered, where `Chat` follows what has been decided: so a newcomer
hears all that comes after their own arrival, and nothing from before it.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from twisted_chat.answers import Reply
from twisted_chat.styles import Style


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to know of the past."""

    read: Callable[[int], Coroutine[Any, Any, Sequence[Reply]]]
    """Reads it, up to a number of the record."""
    room: str = ""
    """Where it was said; empty for all rooms that they may read."""
    after: int = 0
    """What it begins after."""


class Hearer(Protocol):
    """A session, as far as delivery knows it."""

    @property
    def style(self) -> Style:
        """How it wants to be told."""
        ...

    @property
    def echo(self) -> bool:
        """Whether it hears what it did itself."""
        ...

    @property
    def user(self) -> object:
        """Whose session it is; None while it is nobody's."""
        ...

    def hear(self, told: bytes) -> None:
        """Take these bytes, unless it is gone."""
        ...

    def catch_up(self, wish: Wish, upto: int) -> None:
        """Learn of the past up to this number before anything that comes after it."""
        ...

    def hang_up(self) -> None:
        """It has heard the last; close when that is sent."""
        ...


class Audience:
    """Rooms and users, by their names as events write them."""

    def __init__(self) -> None:
        self.rooms: dict[str, dict[Hearer, None]] = {}
        """Who hears each room."""
        self._sessions: dict[str, dict[Hearer, None]] = {}
        self._hears: dict[str, dict[str, None]] = {}

    def sessions(self, who: str) -> list[Hearer]:
        """The sessions of a user; none if they are gone."""
        return list(self._sessions.get(who, ()))

    def everyone(self) -> list[Hearer]:
        """The sessions of all users."""
        return [session for sessions in self._sessions.values() for session in sessions]

    def count(self, room: str) -> int:
        """How many sessions hear a room."""
        return len(self.rooms.get(room, ()))

    def heard_by(self, who: str) -> list[str]:
        """The rooms that a user hears."""
        return list(self._hears.get(who, ()))

    def arrive(self, who: str, session: Hearer) -> None:
        """A session of this user begins to hear; the user may be new."""
        self._sessions.setdefault(who, {})[session] = None
        self._hears.setdefault(who, {})

    def join(self, who: str, room: str) -> None:
        """The user hears the room from now on."""
        self._hears[who][room] = None
        self.rooms.setdefault(room, {}).update(self._sessions[who])

    def part(self, who: str, room: str) -> None:
        """The user does not hear the room any more."""
        del self._hears[who][room]
        hearers = self.rooms[room]
        for session in self._sessions[who]:
            del hearers[session]
        if not hearers:
            del self.rooms[room]

    def attach(self, who: str, session: Hearer) -> list[str]:
        """One more session of a user who is here hears what they hear; which rooms that is."""
        self.arrive(who, session)
        rooms = self.heard_by(who)
        for room in rooms:
            self.rooms[room][session] = None
        return rooms

    def detach(self, who: str, session: Hearer) -> None:
        """One of a user's sessions hears nothing any more, while the others do."""
        del self._sessions[who][session]
        for room in self.heard_by(who):
            del self.rooms[room][session]

    def depart(self, who: str) -> None:
        """The user hears nothing any more."""
        for room in self.heard_by(who):
            self.part(who, room)
        del self._hears[who], self._sessions[who]

    def rename(self, who: str, to: str) -> None:
        """The user goes by another name."""
        self._sessions[to] = self._sessions.pop(who)
        self._hears[to] = self._hears.pop(who)
