"""Delivery: what happened is put on record, and then told to everyone who should hear.

All that happens while one batch is written is the next batch, so that the record costs one write
however much is said (group commit).  Nobody hears anything that is not on record.
"""

from collections.abc import Sequence
from dataclasses import replace

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.python.failure import Failure

from twisted_chat.answers import Error, Ok, Reply
from twisted_chat.audience import Audience
from twisted_chat.clock import Clock
from twisted_chat.events import Event, Kicked, Left
from twisted_chat.happened import Happened
from twisted_chat.journal import Journal
from twisted_chat.refused import NotSaved
from twisted_chat.round import Round
from twisted_chat.serverlog import ServerLog


class Delivery:
    """The way out, from what was decided to every session that hears of it."""

    def __init__(self, journal: Journal, clock: Clock, log: ServerLog) -> None:
        self._journal = journal
        self._clock = clock
        self._log = log
        self._audience = Audience()
        self._waiting: list[Happened] = []
        self._busy = False

    def add(self, happened: Happened) -> None:
        """Tell of this, after all that was added before."""
        self._waiting.append(happened)
        if not self._busy:
            self._busy = True
            # Not at once: all that is read in this turn of the reactor is one batch.
            self._clock.callLater(0, self._next_batch)

    def _next_batch(self) -> None:
        batch, self._waiting = self._waiting, []
        self._busy = bool(batch)
        if not batch:
            return
        events = [event for happened in batch for event in happened.events]
        recorded: Deferred[list[Event]] = maybeDeferred(self._journal.commit, events)
        recorded.addCallbacks(self._tell, self._excuse, callbackArgs=(batch,), errbackArgs=(batch,))
        recorded.addErrback(lambda why: self._log.fault("telling what happened", why))
        recorded.addCallback(lambda _: self._next_batch())

    def _tell(self, recorded: Sequence[Event], batch: Sequence[Happened]) -> None:
        telling = Round(self._audience, self._log)
        events = iter(recorded)
        for happened in batch:
            its_own = [next(events) for _ in happened.events]
            replies = _numbered(happened.replies, its_own)
            telling.add(replace(happened, events=its_own, replies=replies))
        telling.finish()

    def _excuse(self, why: Failure, batch: Sequence[Happened]) -> None:
        """Nothing is on record, so what should have been is not told, and its senders know."""
        self._log.fault("putting what happened on record", why)
        telling = Round(self._audience, self._log)
        for happened in batch:
            passing = [told for event in happened.events for told in _unkept(event)]
            replies = happened.replies
            if len(passing) < len(happened.events):
                replies = tuple(_not_saved(reply) for reply in replies)
            telling.add(replace(happened, events=passing, replies=replies))
        telling.finish()


def _numbered(replies: tuple[Reply, ...], events: Sequence[Event]) -> tuple[Reply, ...]:
    """The replies, an ``ok`` among them with the number of what it is an answer to."""
    seq = next((event.seq for event in events if event.seq), 0)
    if not seq:
        return replies
    return tuple(reply.numbered(seq) if isinstance(reply, Ok) else reply for reply in replies)


def _unkept(event: Event) -> Sequence[Event]:
    """What is told where nothing is kept: who comes and goes, and who is out of a room by force."""
    if isinstance(event, Kicked):
        out = Left(
            who=event.who, room=event.room, reason=f"kicked by {event.by}", after=event.after
        )
        return [out]
    return [] if event.kept else [event]


def _not_saved(reply: Reply) -> Reply:
    if not isinstance(reply, Ok):
        return reply
    why = NotSaved("The server cannot save that now, and nobody has seen it. Try again later.")
    return Error(code=why.code, text=why.text, id=reply.id)
