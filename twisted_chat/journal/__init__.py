"""The ordered record of what happened: it gives every event that is kept its number, and is read.

Rooms are named by their keys here, as `RoomName.key` has them, users by their identities: what
they are beyond a name that they may change, or that another may have after them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from twisted_chat.events import Emoted, Event, Recorded, Said, Told

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

Durability = Literal["full", "normal"]
"""What a commit survives: that the machine loses its power, or that the process ends."""

PRIVATE = "@"
"""What stands for a room where somebody was told something alone."""

SERVER = "*"
"""What stands for a room where the whole server is meant."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event on its way to the record, with what the event itself does not tell."""

    event: Event
    actor: str = ""
    """The identity of who did it."""
    concerns: str = ""
    """The identity of whom it was done to, or said to."""
    once: str = ""
    """A program's own id for it: the same actor's second entry with this id is not recorded."""
    room: str = ""
    """What it is on record under, where that is not the key of the event's own room."""
    moves: str = ""
    """What its room was on record under until now, where positions have to move with it."""
    heard: int | None = None
    """How far who leaves the chat has heard it; None where that is all that was told."""


class Again(Event, frozen=True, kw_only=True):
    """What stands for an entry that is on record already, as number ``seq``."""

    same: bool
    """Whether what is on record says the same; else the id was used for something else."""


class Present(Event, frozen=True, kw_only=True):
    """What tells the journal, and nobody else, that the actor is in the entry's room by now."""


@dataclass(frozen=True, slots=True)
class Put:
    """A piece of durable state that is no event, to be kept under a kind and a key."""

    kind: str
    key: str
    value: bytes | None
    """JSON; None forgets it."""
    if_there: bool = False
    """Whether it only changes what exists, so that a removal by somebody else stands."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may read: rooms, and what they were told or told others themselves."""

    rooms: Collection[str] = ()
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the record, and whether more of it came before."""

    events: list[Recorded]
    more: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, newest first; it goes on below ``reached``, which is 0 at the end."""

    events: list[Recorded]
    reached: int


@dataclass(frozen=True, slots=True)
class News:
    """How much is new to somebody in a room, and how much of that mentions them."""

    room: str
    """What it is on record under."""
    after: int
    """The number of the last event there that they have heard."""
    new: int
    mentions: int


@dataclass(frozen=True, slots=True)
class Missed:
    """What happened in the rooms of somebody while they were not here."""

    news: list[News]
    """The rooms where something is new, the most recently active first; `PRIVATE` among them."""
    told: list[Told]
    """What they were told alone meanwhile, oldest first, the newest of it."""
    mentions: list[Said | Emoted]
    """What mentions them, oldest first, the newest of it."""


class CannotOpen(Exception):
    """What is kept cannot be opened; the text is one line that says why and what to do."""


class Journal(Protocol):
    """Where events go before anybody hears them, and where they are found again.

    Every Deferred fails where the disk does.  No time goes back from one event to the next.
    """

    @property
    def last(self) -> int:
        """The highest number given so far."""

    @property
    def latest(self) -> float:
        """The time of the newest batch, before which nothing comes any more; 0 with none."""

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> "Deferred[list[Event]]":
        """Put a batch on record, all of it or nothing.

        Fires with the events in the same order, each with its time and, where it is kept, its
        number, when they are as durable as this journal makes them; an entry that was recorded
        before comes back as `Again`.  The next batch is not given before the last one has fired.

        Who has an account is followed through the rooms: when it joins one, leaves one, is
        kicked, or leaves the chat, so that `heard` and `missed` know how far it has heard.

        :param told: the number of the last event that everybody has heard who should.
        """
        ...

    def past(
        self,
        scope: Scope,
        *,
        upto: int,
        after: int = 0,
        since: float = 0,
        most: int,
        oldest: bool = False,
    ) -> "Deferred[Page]":
        """The newest events of a scope in ``after < seq <= upto`` and since that time.

        Oldest first, at most so many, and no more than `ANSWER_BYTES` of them.

        :param oldest: the oldest of them instead, so that more comes after them.
        """
        ...

    def around(self, seq: int, scope: Scope, *, upto: int, most: int) -> "Deferred[Page]":
        """An event with what was said around it, oldest first; nothing, if out of the scope."""
        ...

    def search(
        self,
        text: str,
        scope: Scope,
        *,
        who: str = "",
        after: int = 0,
        since: float = 0,
        upto: int,
        most: int,
    ) -> "Deferred[Found]":
        """What was said in ``after < seq <= upto`` with this text in it, in any case, newest first.

        A search that takes long ends early, and goes on from what it has reached.

        :param who: the name of who said it, in any case; empty for everyone.
        """
        ...

    def entry(self, seq: int) -> "Deferred[Entry | None]":
        """The event of that number, with who did it; None where there is none."""
        ...

    def sent(self, actor: str, once: str) -> "Deferred[int]":
        """The number of what an actor sent with a program's own id for it; 0 where nothing was."""
        ...

    def heard(self, identity: str) -> "Deferred[dict[str, int]]":
        """The rooms that an account is in, or was in when it left, and how far it had heard each.

        What it was told alone counts as the room `PRIVATE`.
        """
        ...

    def missed(self, identity: str, name: str, *, upto: int, most: int) -> "Deferred[Missed]":
        """What is new to an account since it last heard each of its rooms, and was told alone.

        :param name: what it is called; somebody mentions it who writes that as a word of its own.
        :param most: how many of what it was told, and of what mentions it, there are at most.
        """
        ...

    def audit(
        self, rooms: Collection[str] | None, *, upto: int, most: int
    ) -> "Deferred[list[Entry]]":
        """The newest acts of moderation in these rooms, or in all, oldest first."""
        ...

    def forget(self, rooms: Collection[str], before: float) -> "Deferred[int]":
        """Delete what was said in these rooms before then; how much it was."""
        ...

    def records(self) -> list[tuple[str, str, bytes]]:
        """All durable state, by kind and key; asked for once, at the start."""
        ...

    def changes(self) -> "Deferred[list[Put]]":
        """What another process has changed of it since this was last asked."""
        ...

    def close(self, *, told: int = 0) -> "Deferred[None]":
        """Let go of what it holds, after what it was given is done.

        :param told: as in `commit`.
        """
        ...
