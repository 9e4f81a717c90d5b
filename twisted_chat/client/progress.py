"""How far one has heard, by the numbers of the server's record."""

from collections.abc import Iterable

from twisted_chat.events import Event


class Progress:
    """The last that was heard of each room, and of all.

    What one is told comes in the order of its numbers, so that who has heard a number has heard all
    before it that were meant for them; but not while they are still catching up, room by room.
    """

    def __init__(self) -> None:
        self.seen = 0
        """All up to this number is heard, or was not meant for one."""
        self._told = 0
        self._catching_up = False
        self._rooms: dict[str, int] = {}
        self._mentions: frozenset[int] = frozenset()

    def is_news(self, event: Event) -> bool:
        """Whether the event was not heard before: after a break it may be told again."""
        if event.seq in self._mentions:
            return False
        return not event.seq or event.seq > self._rooms.get(place_of(event), 0)

    def heard(self, event: Event) -> None:
        """An event was heard."""
        if event.seq:
            self.said(place_of(event), event.seq)

    def said(self, room: str, seq: int) -> None:
        """What one did there oneself has that number; what is in no room is in the empty one."""
        self._rooms[room] = max(seq, self._rooms.get(room, 0))
        self.told(seq)

    def told(self, seq: int) -> None:
        """The server says that it has told all up to there."""
        self._told = max(self._told, seq)
        if not self._catching_up:
            self.seen = self._told

    def mentioned(self, events: Iterable[Event]) -> None:
        """These were shown ahead of what else was said in their rooms."""
        self._mentions = frozenset(event.seq for event in events)

    def leave(self, room: str) -> None:
        """Whoever enters the room again wants to see what was said there."""
        self._rooms.pop(room, None)

    # After a break.

    def begin_to_catch_up(self, seq: int) -> None:
        """One is back, and the server has told others all up to there.

        Where that is less than was heard, its record is not the one that it had.
        """
        if seq < self.seen:
            self._rooms.clear()
            self.seen = self._told = 0
        self._catching_up = True
        self.told(seq)

    def caught_up(self) -> None:
        """All that was missed is heard."""
        self._catching_up = False
        self.seen = self._told


def place_of(event: Event) -> str:
    """The room of an event, empty for one in none."""
    return str(getattr(event, "room", ""))
