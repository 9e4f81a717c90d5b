"""One round of telling: a batch of events and replies becomes at most one write per session.

Most sessions hear one room and all of it: they share the same bytes, rendered once per style.  The
others (who spoke, came, went, ignores somebody, was told something alone, or hears several rooms of
the batch) get lines of their own, in the same order.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial, singledispatchmethod

from twisted_chat import events
from twisted_chat.answers import Reply
from twisted_chat.audience import Audience, Hearer, Wish
from twisted_chat.crowds import Crowds
from twisted_chat.events import Event
from twisted_chat.happened import Happened
from twisted_chat.journal import SERVER
from twisted_chat.limits import TOLD_AT_ONCE
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import Style

Span = tuple[str, int, int]
"""A room, and from which to before which position of the round it is heard."""

_END = sys.maxsize


class Round:
    """What is told in one go; positions count what was added, and give its order."""

    def __init__(self, audience: Audience, crowds: Crowds, log: ServerLog, last: int) -> None:
        self.last = last
        """The highest number of what was told, in this round or before it."""
        self.deliveries = 0
        """How many events and answers were told, once for each session that heard them."""
        self._audience = audience
        self._crowds = crowds
        self._log = log
        self._said: list[tuple[Event | Reply, Happened]] = []
        self._ignoring: set[object] = set()
        self._streams: defaultdict[str, list[int]] = defaultdict(list)
        self._alone: defaultdict[Hearer, list[int]] = defaultdict(list)
        self._spans: defaultdict[Hearer, list[Span]] = defaultdict(list)
        self._since: dict[tuple[Hearer, str], int] = {}
        self._wishes: defaultdict[Hearer, list[tuple[int, Wish, int]]] = defaultdict(list)
        self._sent: set[tuple[Hearer, int]] = set()
        self._last: list[Hearer] = []
        self._rendered: dict[tuple[Style, int, bool], bytes] = {}

    def add(self, happened: Happened) -> None:
        """Tell of events, then of the replies to the session that they came from."""
        by = happened.by
        if by is not None and (happened.events or happened.attaches):
            self._hears_alone(by)
        if by is not None and happened.attaches:
            self._attach(happened.attaches, by)
        self._ignoring.update(happened.ignored_by)
        for event in happened.events:
            position = self._append(event, happened)
            self.last = max(self.last, event.seq)
            self._safely(partial(self._place, event, position, by))
        for who, notice in happened.notices:
            self._notify(who, notice, happened)
        for who, notice in happened.in_others:
            self._notify(who, notice, happened, but=by)
        if by is not None:
            self._answer(happened, by)

    def _notify(
        self, who: str, notice: Reply, happened: Happened, but: Hearer | None = None
    ) -> None:
        position = self._append(notice, happened)
        for session in self._audience.sessions(who):
            if session is not but:
                self._alone[session].append(position)

    def _answer(self, happened: Happened, by: Hearer) -> None:
        for reply in happened.replies:
            self._alone[by].append(self._append(reply, happened))
        if happened.catch_up is not None:
            self._hears_alone(by)
            self._wishes[by].append((len(self._said), happened.catch_up, self.last))
        if happened.detaches:
            self._detach(happened.detaches, by)
        if happened.last:
            self._last.append(by)

    def tell(self) -> Iterator[None]:
        """Tell everyone; at each step others may have their turn."""
        special = self._special()
        for count, (hearer, lines) in enumerate(self._shares(special), 1):
            # As `_send` does it, without a call: this is done for each listener of each line.
            try:
                hearer.hear(lines)
            except Exception:
                self._log.fault("telling a session")
            if not count % TOLD_AT_ONCE:
                yield
        for count, hearer in enumerate(special, 1):
            self._tell_alone(hearer, self._heard(hearer))
            if not count % TOLD_AT_ONCE:
                yield
        for hearer in self._last:
            self._safely(hearer.hang_up)

    def _shares(self, special: Collection[Hearer]) -> Iterator[tuple[Hearer, bytes]]:
        """Who hears just what all of a room hear, and the bytes that they share."""
        for room, positions in self._streams.items():
            told: dict[Style, bytes] = {}
            hearers = self._audience.rooms.get(room, {})
            self.deliveries += len(positions) * (len(hearers) - len(hearers.keys() & special))
            for hearer in hearers:
                if hearer in special:
                    continue
                style = hearer.style
                lines = told.get(style)
                if lines is None:
                    lines = told[style] = self._lines(style, positions)
                if lines:
                    yield hearer, lines

    # Where an event belongs.

    @singledispatchmethod
    def _place(self, event: Event, position: int, by: Hearer | None) -> None:
        """Put what happened in a room where all in the room hear it."""
        room: str = event.room  # type: ignore[attr-defined]
        if room == SERVER:
            self._tell_everyone(position)
        else:
            self._streams[room].append(position)

    @_place.register
    def _(self, event: events.Told, position: int, by: Hearer | None) -> None:
        told = self._audience.sessions(event.to)
        for session in told:
            self._alone[session].append(position)
        for session in self._audience.sessions(event.who):
            if session not in told:
                self._alone[session].append(position)
                self._sent.add((session, position))

    @_place.register
    def _(self, event: events.Deleted, position: int, by: Hearer | None) -> None:
        if event.room:
            self._streams[event.room].append(position)
            return
        for who in {event.who, event.to}:
            self._tell_sessions(who, position)

    @_place.register
    def _(self, event: events.LockedDown, position: int, by: Hearer | None) -> None:
        self._tell_everyone(position)

    @_place.register
    def _(self, event: events.Invited, position: int, by: Hearer | None) -> None:
        self._tell_sessions(event.who, position)

    @_place.register
    def _(self, event: events.Joined, position: int, by: Hearer | None) -> None:
        if by is not None and not self._audience.sessions(event.who):
            self._audience.arrive(event.who, by)
        if self._crowds.join(event.room, event.who, self._audience.count(event.room)):
            self._tell_sessions(event.who, position)
        else:
            self._streams[event.room].append(position)
        self._audience.join(event.who, event.room)
        for session in self._audience.sessions(event.who):
            self._since[session, event.room] = position
            self._hears_alone(session)

    @_place.register
    def _(self, event: events.Kicked, position: int, by: Hearer | None) -> None:
        self._streams[event.room].append(position)
        self._crowds.remove(event.room, event.who)
        self._part(event.who, event.room, position)

    @_place.register
    def _(self, event: events.Left, position: int, by: Hearer | None) -> None:
        rooms = [event.room] if event.room else self._audience.heard_by(event.who)
        for room in rooms:
            if self._crowds.leave(room, event.who, self._audience.count(room)):
                self._tell_sessions(event.who, position)
            else:
                self._streams[room].append(position)
            self._part(event.who, room, position)
        if not event.room:
            self._audience.depart(event.who)

    @_place.register(events.Renamed)
    @_place.register(events.WentAway)
    @_place.register(events.CameBack)
    def _(
        self,
        event: events.Renamed | events.WentAway | events.CameBack,
        position: int,
        by: Hearer | None,
    ) -> None:
        self._tell_sessions(event.who, position)
        for room in self._audience.heard_by(event.who):
            self._streams[room].append(position)
        if isinstance(event, events.Renamed):
            self._audience.rename(event.who, event.to)
            self._crowds.rename(event.who, event.to)

    def _tell_sessions(self, who: str, position: int) -> None:
        for session in self._audience.sessions(who):
            self._alone[session].append(position)

    def _tell_everyone(self, position: int) -> None:
        for session in self._audience.everyone():
            self._alone[session].append(position)

    def _attach(self, who: str, session: Hearer) -> None:
        for room in self._audience.attach(who, session):
            self._since[session, room] = len(self._said)

    def _detach(self, who: str, session: Hearer) -> None:
        for room in self._audience.heard_by(who):
            self._hear_until(session, room, len(self._said))
        self._audience.detach(who, session)

    def _part(self, who: str, room: str, position: int) -> None:
        for session in self._audience.sessions(who):
            self._hear_until(session, room, position + 1)
        self._audience.part(who, room)

    def _hear_until(self, session: Hearer, room: str, position: int) -> None:
        start = self._since.pop((session, room), 0)
        self._spans[session].append((room, start, position))

    # Who hears which lines.

    def _hears_alone(self, session: Hearer) -> None:
        """Give it lines of its own: what one did, or where one came in, makes them others."""
        self._alone.setdefault(session, [])

    def _append(self, said: Event | Reply, happened: Happened) -> int:
        self._said.append((said, happened))
        return len(self._said) - 1

    def _special(self) -> set[Hearer]:
        """The sessions that do not hear just what all of one room hear."""
        special = set(self._alone) | set(self._spans)
        seen: set[Hearer] = set()
        for room in self._streams:
            for hearer in self._audience.rooms.get(room, ()):
                if hearer in seen or (self._ignoring and hearer.user in self._ignoring):
                    special.add(hearer)
            if len(self._streams) > 1:
                seen.update(self._audience.rooms.get(room, ()))
        return special

    def _heard(self, hearer: Hearer) -> list[int]:
        """The positions that a session hears, in order."""
        spans = list(self._spans.get(hearer, ()))
        for room in self._streams:
            if hearer in self._audience.rooms.get(room, ()):
                spans.append((room, self._since.get((hearer, room), 0), _END))
        positions = set(self._alone.get(hearer, ()))
        for room, start, end in spans:
            positions.update(p for p in self._streams[room] if start <= p < end)
        return [position for position in sorted(positions) if self._wants(hearer, position)]

    def _wants(self, hearer: Hearer, position: int) -> bool:
        said, happened = self._said[position]
        if not isinstance(said, Event):
            return True
        if happened.by is hearer:
            return hearer.echo
        return not (said.speech and hearer.user in happened.ignored_by)

    def _tell_alone(self, hearer: Hearer, positions: Sequence[int]) -> None:
        """Tell one session its own lines, with the past where it wants to know of it."""
        told = 0
        self.deliveries += len(positions)
        for position, wish, upto in self._wishes.get(hearer, ()):
            before = [p for p in positions[told:] if p < position]
            told += len(before)
            self._send(hearer, self._own_lines(hearer, before))
            self._safely(partial(hearer.catch_up, wish, upto))
        self._send(hearer, self._own_lines(hearer, positions[told:]))

    # As bytes.

    def _own_lines(self, hearer: Hearer, positions: Sequence[int]) -> bytes:
        style = hearer.style
        lines = [self._line(style, place, (hearer, place) in self._sent) for place in positions]
        return b"".join(lines)

    def _lines(self, style: Style, positions: Sequence[int]) -> bytes:
        return b"".join([self._line(style, position) for position in positions])

    def _line(self, style: Style, position: int, sent: bool = False) -> bytes:
        line = self._rendered.get((style, position, sent))
        if line is None:
            said = self._said[position][0]
            line = self._rendered[style, position, sent] = self._render(style, said, sent)
        return line

    def _render(self, style: Style, said: Event | Reply, sent: bool) -> bytes:
        """The line; a style that fails at it leaves it out, and harms no other."""
        try:
            if isinstance(said, Reply):
                return style.reply(said)
            return style.sent(said) if sent else style.event(said)
        except Exception:
            self._log.fault("writing what happened")
            return b""

    def _send(self, hearer: Hearer, lines: bytes) -> None:
        """Hand over the bytes."""
        if lines:
            self._safely(hearer.hear, lines)

    def _safely(self, tell: Callable[..., object], *told: bytes) -> None:
        """Do a part of the telling; one that fails harms no other."""
        try:
            tell(*told)
        except Exception:
            self._log.fault("telling a session")
