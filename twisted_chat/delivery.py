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

from twisted_chat.answers import Answer, Entered, Error, Ok, Reply, Welcome
from twisted_chat.audience import Audience
from twisted_chat.clock import Clock
from twisted_chat.crowds import Crowds
from twisted_chat.events import CrowdMoved, Event, Kicked, Left, MadePrivate
from twisted_chat.figures import Figures
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

    def __init__(
        self, journal: Journal, clock: Clock, log: ServerLog, figures: Figures | None = None
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._log = log
        self._figures = figures or Figures()
        self._audience = Audience()
        self._crowds = Crowds(clock, self._tell_of_crowd)
        self._waiting: list[Happened] = []
        self._bytes = 0
        self._held: dict[Callable[[], None], None] = {}
        self._busy = False
        self._failing = False
        self._waits_since = self._batch_since = 0.0
        self._records_since: float | None = None
        self._trail = Trail(journal.last)
        self.told = journal.last
        """The number of the last event that everybody has heard who should."""

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin what takes a while before there is anything to tell."""
        begun = Deferred.fromCoroutine(work)
        begun.addErrback(lambda why: self._log.fault("what takes a while", why))

    def add(self, happened: Happened) -> None:
        """Tell of this, after all that was added before."""
        if not self._waiting:
            self._waits_since = self._clock.seconds()
        self._waiting.append(happened)
        self._bytes += _size(happened)
        if not self._busy:
            self._busy = True
            self.begin(self._deliver())

    @property
    def crowded(self) -> bool:
        """Whether so much waits that no more should be read from anybody."""
        return self._bytes >= WAITING_BYTES

    @property
    def overcrowded(self) -> bool:
        """Whether so much waits that nobody should come in: what is read is not all there is."""
        return self._bytes >= 2 * WAITING_BYTES

    @property
    def failing(self) -> bool:
        """Whether what happened last could not be put on record."""
        return self._failing

    @property
    def waiting_bytes(self) -> int:
        """How much waits to be put on record, as it is told, nearly."""
        return self._bytes

    def recording_for(self) -> float:
        """For how many seconds the journal has not answered; 0 while it is not asked."""
        return 0.0 if self._records_since is None else self._clock.seconds() - self._records_since

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

    def close(self) -> None:
        """Tell nobody any more of what waits for its time."""
        self._crowds.close()

    async def settled(self) -> None:
        """Wait until all that has happened so far is told."""
        if self._busy:
            told: Deferred[None] = Deferred()
            self.add(Happened([], None, then=partial(told.callback, None)))
            await told

    async def _deliver(self) -> None:
        """Put on record and tell, one batch after the other, until nothing waits."""
        # Not at once: all that is read in this turn of the reactor is one batch.
        await self._turn()
        while batch := self._take_batch():
            recording = self._record(batch)
            at_once = recording.called
            try:
                await self._tell_when(recording, batch)
            except Exception:
                self._log.fault("telling what happened")
            if at_once:
                await self._turn()

    def _take_batch(self) -> list[Happened]:
        batch, self._batch_since = self._take_waiting(), self._waits_since
        self._busy = bool(batch)
        self._let_go_on()
        return batch

    async def _turn(self) -> None:
        """Let others have their turn."""
        turn: Deferred[None] = Deferred()
        self._clock.callLater(0, turn.callback, None)
        await turn

    def _record(self, batch: list[Happened]) -> Deferred[list[Event]]:
        entries = [entry for happened in batch for entry in _entries(happened)]
        changes = [change for happened in batch for change in happened.notes.changes]
        puts = [put for change in changes for put in change.puts]
        if not entries and not puts:
            return succeed([])
        self._records_since = self._clock.seconds()
        recording = maybeDeferred(self._journal.commit, entries, puts, told=self.told)
        return recording.addCallback(self._saved)

    async def _tell_when(self, recording: Deferred[list[Event]], batch: list[Happened]) -> None:
        try:
            recorded = await recording
        except Exception:
            await self._excuse(batch)
        else:
            await self._tell(recorded, batch)

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
        self._figures.commits.note(self._recorded())
        self._figures.said += sum(event.speech for event in recorded)
        return recorded

    def _recorded(self) -> float:
        """The journal has answered; after how many seconds."""
        since, self._records_since = self._records_since, None
        return 0.0 if since is None else self._clock.seconds() - since

    async def _tell(self, recorded: Sequence[Event], batch: Sequence[Happened]) -> None:
        telling = Round(self._audience, self._crowds, self._log, self.told)
        events = iter(recorded)
        for happened in batch:
            its_own = list(islice(events, len(happened.events)))
            _skip(events, len(happened.notes.opens))
            replies = _numbered(happened.replies, its_own)
            new = [event for event in its_own if not isinstance(event, Again)]
            if len(new) < len(its_own):
                _take_back(happened)
                self._count_refused(replies)
            telling.add(happened, new, replies)
        await self._finish(telling, batch)

    async def _excuse(self, batch: list[Happened]) -> None:
        """Nothing is on record, so what should have been is not told, and its senders know.

        What was decided meanwhile on top of a change that is taken back goes the same way.
        """
        if not self._failing:
            self._failing = True
            self._log.fault("putting what happened on record")
        self._recorded()
        self._figures.commits_failed += 1
        if any(happened.notes.changes for happened in batch):
            batch += self._take_waiting()
        for change in reversed([change for happened in batch for change in happened.notes.changes]):
            change.undo()
        telling = Round(self._audience, self._crowds, self._log, self.told)
        for happened in batch:
            passing = [told for event in happened.events for told in _unkept(event)]
            replies = happened.replies
            if happened.kept:
                _take_back(happened)
                replies = tuple(_not_saved(reply) for reply in replies)
                self._count_refused(replies)
            telling.add(replace(happened, notices=(), in_others=()), passing, replies)
        await self._finish(telling, batch)

    async def _finish(self, telling: Round, batch: Sequence[Happened]) -> None:
        try:
            for _ in telling.tell():
                await self._turn()
        finally:
            # Whatever went wrong there: somebody waits for it to be over.
            self.told = telling.last
            self._trail.note(self.told, self._clock.seconds())
            self._figures.deliveries += telling.deliveries
            self._figures.telling.note(self._clock.seconds() - self._batch_since)
            for happened in batch:
                if happened.then is not None:
                    happened.then()

    def _count_refused(self, replies: Sequence[Reply]) -> None:
        """Count what a session is told that its request is not done."""
        self._figures.refused.update(reply.code for reply in replies if isinstance(reply, Error))

    def _tell_of_crowd(self, moved: CrowdMoved) -> None:
        self.add(Happened([moved], None))


def _size(happened: Happened) -> int:
    """How many bytes it is when it is told, nearly."""
    size = BESIDE_TEXT
    for event in happened.events:
        text: str = getattr(event, "text", "")
        size += len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
    return size


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
