"""Delivery: what happened is put on record, and then told to everyone who should hear.

All that happens while one batch is written is the next batch, so that the record costs one write
however much is said (group commit).  Nobody hears anything that is not on record.
"""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.python.failure import Failure

from twisted_chat.answers import Answer, Entered, Error, Ok, Reply, Welcome
from twisted_chat.audience import Audience
from twisted_chat.clock import Clock
from twisted_chat.events import Event, Kicked, Left, MadePrivate
from twisted_chat.happened import Happened
from twisted_chat.journal import Again, Entry, Journal, Present
from twisted_chat.ledger import Change, Notes
from twisted_chat.limits import WAITING_BYTES
from twisted_chat.refused import NotSaved, used_before
from twisted_chat.round import Round
from twisted_chat.serverlog import ServerLog
from twisted_chat.trail import Trail

BESIDE_TEXT = 200
"""Bytes that something told takes beside its text: names, numbers and quotes."""


class Delivery:
    """The way out, from what was decided to every session that hears of it."""

    def __init__(self, journal: Journal, clock: Clock, log: ServerLog) -> None:
        self._journal = journal
        self._clock = clock
        self._log = log
        self._audience = Audience()
        self._waiting: list[Happened] = []
        self._bytes = 0
        self._held: dict[Callable[[], None], None] = {}
        self._busy = False
        self._failing = False
        self._trail = Trail(journal.last)
        self.told = journal.last
        """The number of the last event that everybody has heard who should."""

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin what takes a while before there is anything to tell."""
        begun = Deferred.fromCoroutine(work)
        begun.addErrback(lambda why: self._log.fault("what takes a while", why))

    def add(self, happened: Happened) -> None:
        """Tell of this, after all that was added before."""
        self._waiting.append(happened)
        self._bytes += _size(happened)
        if not self._busy:
            self._busy = True
            # Not at once: all that is read in this turn of the reactor is one batch.
            self._clock.callLater(0, self._next_batch)

    @property
    def crowded(self) -> bool:
        """Whether so much waits that no more should be read from anybody."""
        return self._bytes >= WAITING_BYTES

    @property
    def overcrowded(self) -> bool:
        """Whether so much waits that nobody should come in: what is read is not all there is."""
        return self._bytes >= 2 * WAITING_BYTES

    def hold(self, go_on: Callable[[], None]) -> None:
        """Call this when there is room again, and it is its turn."""
        self._held[go_on] = None

    def forget(self, go_on: Callable[[], None]) -> None:
        """Do not call this any more."""
        self._held.pop(go_on, None)

    def told_before(self, seconds: float) -> int:
        """The number of the last event that everybody had heard so many seconds ago."""
        return self._trail.at(self._clock.seconds() - seconds)

    def keep(self, change: Change) -> None:
        """Put a change on record that nobody hears of."""
        self.add(Happened([], None, notes=Notes(changes=[change])))

    async def settled(self) -> None:
        """Wait until all that has happened so far is told."""
        if self._busy:
            told: Deferred[None] = Deferred()
            self.add(Happened([], None, then=partial(told.callback, None)))
            await told

    def _next_batch(self) -> None:
        batch = self._take_waiting()
        self._busy = bool(batch)
        self._let_go_on()
        if not batch:
            return
        entries = [entry for happened in batch for entry in _entries(happened)]
        changes = [change for happened in batch for change in happened.notes.changes]
        puts = [put for change in changes for put in change.puts]
        recorded: Deferred[list[Event]] = succeed([])
        if entries or puts:
            recorded = maybeDeferred(self._journal.commit, entries, puts, told=self.told)
            recorded.addCallback(self._saved)
        recorded.addCallbacks(self._tell, self._excuse, callbackArgs=(batch,), errbackArgs=(batch,))
        recorded.addErrback(lambda why: self._log.fault("telling what happened", why))
        if recorded.called:
            # A journal that answers at once: others have their turn first, and no stack grows.
            self._clock.callLater(0, self._next_batch)
        else:
            recorded.addCallback(lambda _: self._next_batch())

    def _take_waiting(self) -> list[Happened]:
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        return waiting

    def _let_go_on(self) -> None:
        """Read from those who were held back, the longest held first, until it is too much."""
        while self._held and not self.crowded:
            go_on = next(iter(self._held))
            del self._held[go_on]
            try:
                go_on()
            except Exception:
                self._log.fault("reading on")

    def _saved(self, recorded: list[Event]) -> list[Event]:
        """Something is on record: where there was nothing to put there, the disk may still fail."""
        if self._failing:
            self._failing = False
            self._log.saves_again()
        return recorded

    def _tell(self, recorded: Sequence[Event], batch: Sequence[Happened]) -> None:
        telling = Round(self._audience, self._log, self.told)
        events = iter(recorded)
        for happened in batch:
            its_own = list(islice(events, len(happened.events)))
            _skip(events, len(happened.notes.opens))
            replies = _numbered(happened.replies, its_own)
            new = [event for event in its_own if not isinstance(event, Again)]
            if len(new) < len(its_own):
                _take_back(happened)
            telling.add(replace(happened, events=new, replies=replies))
        self.told = telling.last
        self._trail.note(self.told, self._clock.seconds())
        self._finish(telling, batch)

    def _excuse(self, why: Failure, batch: list[Happened]) -> None:
        """Nothing is on record, so what should have been is not told, and its senders know.

        What was decided meanwhile on top of a change that is taken back goes the same way.
        """
        if not self._failing:
            self._failing = True
            self._log.fault("putting what happened on record", why)
        if any(happened.notes.changes for happened in batch):
            batch += self._take_waiting()
        for change in reversed([change for happened in batch for change in happened.notes.changes]):
            change.undo()
        telling = Round(self._audience, self._log, self.told)
        for happened in batch:
            passing = [told for event in happened.events for told in _unkept(event)]
            replies = happened.replies
            if happened.kept:
                _take_back(happened)
                replies = tuple(_not_saved(reply) for reply in replies)
            telling.add(
                replace(happened, events=passing, replies=replies, notices=(), in_others=())
            )
        self._finish(telling, batch)

    def _finish(self, telling: Round, batch: Sequence[Happened]) -> None:
        telling.finish()
        for happened in batch:
            if happened.then is not None:
                happened.then()


def _size(happened: Happened) -> int:
    """How many bytes it is when it is told, nearly."""
    texts = (getattr(event, "text", "") for event in happened.events)
    return BESIDE_TEXT + sum(len(text.encode(errors="surrogatepass")) for text in texts)


def _entries(happened: Happened) -> list[Entry]:
    notes = happened.notes
    here = [Entry(Present(), notes.actor, room=room) for room in notes.opens]
    return [*(_entry(event, notes) for event in happened.events), *here]


def _take_back(happened: Happened) -> None:
    """What was said is not, now: it does not count."""
    if happened.notes.unsaid is not None:
        happened.notes.unsaid()


def _skip(events: Iterator[Event], count: int) -> None:
    """Pass over what the journal alone had to know."""
    for _ in range(count):
        next(events)


def _entry(event: Event, notes: Notes) -> Entry:
    return Entry(
        event,
        notes.actor,
        notes.about.get(event, notes.concerns) if notes.about else notes.concerns,
        once=notes.once if event.speech else "",
        room=notes.places.get(getattr(event, "room", ""), ""),
        moves=notes.moves if isinstance(event, MadePrivate) else "",
        heard=notes.heard if isinstance(event, Left) else None,
    )


def _numbered(replies: tuple[Reply, ...], events: Sequence[Event]) -> tuple[Reply, ...]:
    """The replies, an ``ok`` among them with the number of what it is an answer to."""
    first = next((event for event in events if event.seq), None)
    if first is None:
        return replies
    if isinstance(first, Again) and not first.same:
        return tuple(_used(reply) for reply in replies)
    seq = first.seq
    return tuple(reply.numbered(seq) if isinstance(reply, Ok) else reply for reply in replies)


def _used(reply: Reply) -> Reply:
    if not isinstance(reply, Ok):
        return reply
    why = used_before()
    return Error(code=why.code, text=why.text, id=reply.id)


def _unkept(event: Event) -> Sequence[Event]:
    """What is told where nothing is kept: who comes and goes, and who is out of a room by force."""
    if isinstance(event, Kicked):
        out = Left(
            who=event.who, room=event.room, reason=f"kicked by {event.by}", after=event.after
        )
        return [out]
    return [] if event.kept else [event]


def _not_saved(reply: Reply) -> Reply:
    if not isinstance(reply, Answer) or isinstance(reply, Error | Entered | Welcome):
        # Who is in, or in a room, is there, kept or not.
        return reply
    why = NotSaved("The server cannot save that now, and nobody has seen it. Try again later.")
    return Error(code=why.code, text=why.text, id=reply.id)
