"""How far accounts have heard each room, in memory, as what they do there says it."""

from dataclasses import dataclass

from twisted_chat.events import Banned, Joined, Kicked, Left, MadePrivate
from twisted_chat.identity import is_account
from twisted_chat.journal import PRIVATE, Entry, Present
from twisted_chat.journal.positions import NOTHING


@dataclass(slots=True)
class Position:
    """How far somebody had heard a room when they left it, or came if they are there."""

    heard: int
    here: bool = True


class Following:
    """Who hears what, and how far those had heard who are not here."""

    def __init__(self) -> None:
        self._positions: dict[str, dict[str, Position]] = {}

    def heard(self, identity: str) -> dict[str, int]:
        """How far an account has heard each of its rooms."""
        return {room: position.heard for room, position in self._of(identity).items()}

    def follow(self, entry: Entry, room: str, last: int) -> None:
        """Note what an entry says of who hears what.

        :param room: what the entry is on record under.
        :param last: the highest number so far.
        """
        match entry.event:
            case MadePrivate(on=closes) if entry.moves:
                self._move(entry.moves, room, closes)
            case Kicked() | Banned():
                self._of(entry.concerns).pop(room, None)
            case Joined() | Present() if is_account(entry.actor):
                self._open(entry.actor, room, last)
                self._open(entry.actor, PRIVATE, NOTHING)
            case Left(room=""):
                self._close(entry.actor, last if entry.heard is None else entry.heard)
            case Left():
                self._of(entry.actor).pop(room, None)

    def _of(self, identity: str) -> dict[str, Position]:
        return self._positions.get(identity, {})

    def _open(self, identity: str, room: str, last: int) -> None:
        # Who comes back has missed what came since they left.
        positions = self._positions.setdefault(identity, {})
        positions.setdefault(room, Position(last)).here = True

    def _close(self, identity: str, upto: int) -> None:
        # Who came in after that has heard what was there then.
        for position in self._of(identity).values():
            if position.here:
                position.heard, position.here = max(position.heard, upto), False

    def _move(self, old: str, new: str, closes: bool) -> None:
        # Who is away when a room is closed to others is not in it from then on.
        for positions in self._positions.values():
            if old in positions and (positions[old].here or not closes):
                positions[new] = positions.pop(old)
