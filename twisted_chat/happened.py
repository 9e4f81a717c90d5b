"""What followed from one thing that somebody asked for: the parcel that delivery carries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from twisted_chat.answers import Reply
from twisted_chat.audience import Hearer
from twisted_chat.events import Event


@dataclass(frozen=True, slots=True)
class Happened:
    """Events for whom they concern, and replies for ``by`` alone, in this order."""

    events: Sequence[Event]
    by: Hearer
    replies: tuple[Reply, ...] = ()
    last: bool = False
    """Whether ``by`` hears nothing after this, and its connection closes."""
    ignored_by: Collection[object] = frozenset()
    """The users who do not want to hear what was said here."""
