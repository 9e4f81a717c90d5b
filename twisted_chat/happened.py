"""What followed from one thing that somebody asked for: the parcel that delivery carries."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from twisted_chat.answers import Reply
from twisted_chat.audience import Hearer, Wish
from twisted_chat.events import Event
from twisted_chat.ledger import Notes


@dataclass(frozen=True, slots=True)
class Happened:
    """Events for whom they concern, and replies for ``by`` alone, in this order."""

    events: Sequence[Event]
    by: Hearer | None
    """The session that it came from; None where the server did it by itself."""
    replies: tuple[Reply, ...] = ()
    last: bool = False
    """Whether ``by`` hears nothing after this, and its connection closes."""
    ignored_by: Collection[object] = frozenset()
    """The users who do not want to hear what was said here."""
    attaches: str = ""
    """The user who is here already, as whom ``by`` hears from now on."""
    detaches: str = ""
    """The user who stays, as whom ``by`` hears no more."""
    notes: Notes = field(default_factory=Notes)
    """What the record has to know of it."""
    catch_up: Wish | None = None
    """What ``by`` wants to know of the past, between this and what comes after it."""
    then: Callable[[], object] | None = None
    """Called when this, and all before it, is told."""
    notices: Sequence[tuple[str, Reply]] = ()
    """What other users alone are told because of it, each by their name."""
    in_others: Sequence[tuple[str, Reply]] = ()
    """What users are told by their name in all their sessions but ``by``."""

    @property
    def kept(self) -> bool:
        """Whether there is anything in it that has to be on record before it is told."""
        return bool(self.notes.changes) or any(event.kept for event in self.events)
