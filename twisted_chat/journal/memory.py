"""The journal that keeps nothing beyond the process, and of what was said the newest part."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence

import msgspec
from twisted.internet.defer import Deferred, succeed

from twisted_chat.events import Deleted, Event
from twisted_chat.journal import Again, Entry, Found, Missed, Page, Put, Scope, recalling
from twisted_chat.journal.following import Following
from twisted_chat.journal.kept import Keys, mended, says_the_same
from twisted_chat.journal.positions import owed
from twisted_chat.journal.remembered import Remembered
from twisted_chat.journal.searching import wanted
from twisted_chat.journal.spans import Span
from twisted_chat.journal.words import mend
from twisted_chat.limits import MEMORY_BYTES, MEMORY_EVENTS


class MemoryJournal:
    """Numbers and dates events, and remembers them for as long as the process lives.

    :param time: the seconds since 1970 (UTC).
    :param most: how many events are remembered, and ids.
    :param most_bytes: how large the events are together.
    """

    def __init__(
        self,
        time: Callable[[], float],
        most: int = MEMORY_EVENTS,
        most_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.last = 0
        self._time = time
        self._now = 0.0
        self._most = most
        self._keys = Keys()
        self._known = Remembered(most, most_bytes)
        self._following = Following()
        self._sent: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._records: dict[tuple[str, str], bytes] = {}

    @property
    def latest(self) -> float:
        """The time of the newest batch."""
        return self._now

    # What is written.

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        """Give each event its time and number, at once."""
        self._now = max(round(self._time(), 3), self._now)
        events = [self._recorded(mended(entry)) for entry in entries]
        for put in puts:
            self._put(put)
        return succeed(events)

    def _recorded(self, entry: Entry) -> Event:
        again = self._again(entry) if entry.once and entry.event.kept else None
        if again is not None:
            return again
        room = self._keys.room(entry)
        if entry.event.kept:
            self.last += 1
        seq = self.last if entry.event.kept else 0
        event = msgspec.structs.replace(entry.event, time=self._now, seq=seq)
        if seq:
            self._keep(entry, event, room)
        self._following.follow(entry, room, self.last)
        return event

    def _again(self, entry: Entry) -> Again | None:
        """What stands for the entry, if it is on record."""
        seq = self._sent.get((entry.actor, entry.once))
        if seq is None:
            return None
        there = self._known.get(seq)
        same = there is None or says_the_same(there.event, entry.event)
        return Again(seq=seq, time=self._now, same=same)

    def _keep(self, entry: Entry, event: Event, room: str) -> None:
        self._known.add(Entry(event, entry.actor, entry.concerns, room=room))
        if entry.once:
            self._sent[entry.actor, entry.once] = event.seq
        if len(self._sent) > self._most:
            self._sent.popitem(last=False)
        if isinstance(event, Deleted) and event.of < event.seq:
            self._known.remove(event.of)

    def _put(self, put: Put) -> None:
        place = (mend(put.kind), mend(put.key))
        if put.value is None:
            self._records.pop(place, None)
        elif place in self._records or not put.if_there:
            self._records[place] = put.value

    # What is read.

    def past(
        self,
        scope: Scope,
        *,
        upto: int,
        after: int = 0,
        since: float = 0,
        most: int,
        oldest: bool = False,
    ) -> Deferred[Page]:
        """The newest events of a scope, or the oldest."""
        read = recalling.first if oldest else recalling.past
        return succeed(read(self._known, scope, Span(upto, after, since), most))

    def around(self, seq: int, scope: Scope, *, upto: int, most: int) -> Deferred[Page]:
        """An event with those around it."""
        return succeed(recalling.around(self._known, seq, scope, upto, most))

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
    ) -> Deferred[Found]:
        """What was said with this text in it."""
        what = wanted(text, who, Span(upto, after, since))
        return succeed(recalling.search(self._known, what, scope, self._keys, most))

    def entry(self, seq: int) -> Deferred[Entry | None]:
        """The event of that number, with who did it."""
        return succeed(self._known.get(seq))

    def sent(self, actor: str, once: str) -> Deferred[int]:
        """The number of what was sent with that id."""
        return succeed(self._sent.get((mend(actor), mend(once)), 0))

    def heard(self, identity: str) -> Deferred[dict[str, int]]:
        """How far an account has heard each of its rooms."""
        return succeed(self._following.heard(mend(identity)))

    def missed(self, identity: str, name: str, *, upto: int, most: int) -> Deferred[Missed]:
        """What is new to an account."""
        identity = mend(identity)
        heard = owed(identity, self._following.heard(identity))
        return succeed(recalling.missed(self._known, heard, identity, name, upto, most))

    def audit(
        self, rooms: Collection[str] | None, *, upto: int, most: int
    ) -> Deferred[list[Entry]]:
        """The newest acts of moderation."""
        return succeed(recalling.audit(self._known, rooms, upto, most))

    def forget(self, rooms: Collection[str], before: float) -> Deferred[int]:
        """Delete what was said in these rooms before then."""
        old = recalling.said_before(self._known, rooms, before)
        for seq in old:
            self._known.remove(seq)
        return succeed(len(old))

    def records(self) -> list[tuple[str, str, bytes]]:
        """All durable state."""
        return [(kind, key, value) for (kind, key), value in sorted(self._records.items())]

    def changes(self) -> Deferred[list[Put]]:
        """No other process has any part in it."""
        return succeed([])

    def close(self, *, told: int = 0) -> Deferred[None]:
        """There is nothing to let go of."""
        return succeed(None)
