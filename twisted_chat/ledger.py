"""What goes on record with events, beside what they tell; and how to take back what could not."""

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted_chat.events import Event
from twisted_chat.journal import Put


@dataclass(frozen=True, slots=True)
class Change:
    """A change of durable state that is made in memory already."""

    puts: tuple[Put, ...]
    """What to keep of it."""
    undo: Callable[[], None]
    """Takes it back; changes are taken back in the opposite order to that in which they came."""


@dataclass(slots=True)
class Notes:
    """What the record has to know of what one request made happen."""

    actor: str = ""
    """The identity of who did it."""
    concerns: str = ""
    """The identity of whom it was done to, or said to."""
    about: dict[Event, str] = field(default_factory=dict)
    """The same of single events, where it is not the same for all of them."""
    heard: int | None = None
    """How far who leaves the chat has heard it; None where that is all of it."""
    once: str = ""
    """A program's own id, by which the same is not said twice."""
    places: dict[str, str] = field(default_factory=dict)
    """What rooms are on record under, where that is not their own key."""
    moves: str = ""
    """What a room was on record under until now, if that has just changed."""
    unsaid: Callable[[], None] | None = None
    """Takes back what was counted of something said that is not, or was on record before."""
    opens: list[str] = field(default_factory=list)
    """What the rooms are on record under that ``actor`` is in from now on, without an event."""
    changes: list[Change] = field(default_factory=list)
    """What changed that has to outlast the process."""
