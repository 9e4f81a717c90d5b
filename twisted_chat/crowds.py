"""Who comes to a crowd and goes: told in one line every now and then, and not one by one.

Ten thousand arrivals would otherwise be ten thousand lines for each of ten thousand people.  The
first who moves is told of at once, as in any other room; who follows is told of together.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

from twisted_chat.clock import Clock
from twisted_chat.events import CrowdMoved
from twisted_chat.limits import CROWD_HEARERS, CROWD_NAMES, CROWD_SECONDS


class Crowds:
    """The rooms in which more people are than anybody follows one by one.

    :param tell: has a room hear who came and went.
    """

    def __init__(self, clock: Clock, tell: Callable[[CrowdMoved], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._moves: dict[str, _Moves] = {}

    def join(self, room: str, who: str, hearers: int) -> bool:
        """Somebody comes where so many hear it; whether that is told later, with others."""
        moves = self._moves_in(room, hearers)
        if moves is not None:
            moves.join(who)
        return moves is not None

    def leave(self, room: str, who: str, hearers: int) -> bool:
        """Somebody goes where so many hear it; whether that is told later, with others."""
        moves = self._moves_in(room, hearers)
        if moves is not None:
            moves.leave(who)
        return moves is not None

    def remove(self, room: str, who: str) -> None:
        """Somebody is put out, which everybody hears: that they came is old by then."""
        if room in self._moves:
            self._moves[room].joined.pop(who, None)

    def end(self, room: str) -> None:
        """Nobody is there any more: who comes next is not told of those who were."""
        moves = self._moves.pop(room, None)
        if moves is not None:
            moves.timer.cancel()

    def close(self) -> None:
        """Nobody is told any more."""
        for room in list(self._moves):
            self.end(room)

    def rename(self, who: str, to: str) -> None:
        """Somebody goes by another name."""
        for moves in self._moves.values():
            if who in moves.joined:
                del moves.joined[who]
                moves.joined[to] = None

    def _moves_in(self, room: str, hearers: int) -> "_Moves | None":
        """What waits to be told; None where it is told at once."""
        moves = self._moves.get(room)
        if moves is None and hearers > CROWD_HEARERS:
            self._gather(room)
        return moves

    def _gather(self, room: str) -> None:
        self._moves[room] = _Moves(self._clock.callLater(CROWD_SECONDS, self._tell_of, room))

    def _tell_of(self, room: str) -> None:
        moves = self._moves.pop(room)
        if moves.joined or moves.left:
            self._gather(room)
            self._tell(moves.told(room))


class _Moves:
    """Who came and who went, of one room, since that was last told.

    Who did both is in neither: nobody has to hear of it.
    """

    def __init__(self, timer: Any) -> None:
        self.timer = timer
        """When they are told."""
        self.joined: dict[str, None] = {}
        self.left: dict[str, None] = {}

    def join(self, who: str) -> None:
        if who in self.left:
            del self.left[who]
        else:
            self.joined[who] = None

    def leave(self, who: str) -> None:
        if who in self.joined:
            del self.joined[who]
        else:
            self.left[who] = None

    def told(self, room: str) -> CrowdMoved:
        return CrowdMoved(
            room=room,
            joined=tuple(islice(self.joined, CROWD_NAMES)),
            others_joined=max(0, len(self.joined) - CROWD_NAMES),
            left=tuple(islice(self.left, CROWD_NAMES)),
            others_left=max(0, len(self.left) - CROWD_NAMES),
        )
