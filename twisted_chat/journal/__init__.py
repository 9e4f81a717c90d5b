"""The ordered record of what happened; it gives every event that is kept its number."""

from collections.abc import Sequence
from typing import Protocol

from twisted.internet.defer import Deferred

from twisted_chat.events import Event


class Journal(Protocol):
    """Where events go before anybody hears them."""

    def commit(self, batch: Sequence[Event]) -> "Deferred[list[Event]]":
        """Put a batch on record, all of it or nothing.

        Fires with the same events in the same order, each with its time and, where it is kept, its
        sequence number, when they are as durable as this journal makes them; fails where none of
        them is.  The next batch is not given before the last one has fired.
        """
        ...
