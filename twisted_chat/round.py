"""One round of telling: a batch of events and replies becomes at most one write per session.

Most sessions hear one room and all of it: they share the same bytes, rendered once per style.  The
others (who spoke, came, went, ignores somebody, was told something alone, or hears several rooms of
the batch) get lines of their own, in the same order.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial, singledispatchmethod

from twisted_chat import events
from twisted_chat.answers import Reply
from twisted_chat.audience import Audience, Hearer
from twisted_chat.events import Event
from twisted_chat.happened import Happened
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import Style

Span = tuple[str, int, int]
"""A room, and from which to before which position of the round it is heard."""

_END = sys.maxsize


class Round:
    """What is told in one go; positions count what was added, and give its order."""

    def __init__(self, audience: Audience, log: ServerLog) -> None:
        self._audience = audience
        self._log = log
        self._said: list[tuple[Event | Reply, Happened]] = []
        self._ignoring: set[object] = set()
        self._streams: defaultdict[str, list[int]] = defaultdict(list)
        self._alone: defaultdict[Hearer, list[int]] = defaultdict(list)
        self._spans: defaultdict[Hearer, list[Span]] = defaultdict(list)
        self._since: dict[tuple[Hearer, str], int] = {}
        self._last: list[Hearer] = []
        self._rendered: dict[tuple[Style, int], bytes] = {}

    def add(self, happened: Happened) -> None:
        """Tell of events, then of the replies to the session that they came from."""
        by = happened.by
        self._ignoring.update(happened.ignored_by)
        for event in happened.events:
            self._hears_alone(by)
            position = self._append(event, happened)
            self._safely(partial(self._place, event, position, by))
        for reply in happened.replies:
            self._alone[by].append(self._append(reply, happened))
        if happened.last:
            self._last.append(by)

    def finish(self) -> None:
        """Tell everyone."""
        special = self._special()
        for room, positions in self._streams.items():
            told: dict[Style, bytes] = {}
            for hearer in self._audience.rooms.get(room, ()):
                if hearer in special:
                    continue
                style = hearer.style
                lines = told.get(style)
                if lines is None:
                    lines = told[style] = self._lines(style, positions)
                self._send(hearer, lines)
        for hearer in special:
            self._send(hearer, self._lines(hearer.style, self._heard(hearer)))
        for hearer in self._last:
            self._safely(hearer.hang_up)

    # Where an event belongs.

    @singledispatchmethod
    def _place(self, event: Event, position: int, by: Hearer) -> None:
        """Put what happened in a room where all in the room hear it."""
        room: str = event.room  # type: ignore[attr-defined]
        self._streams[room].append(position)

    @_place.register
    def _(self, event: events.Told, position: int, by: Hearer) -> None:
        for session in self._audience.sessions(event.who) + self._audience.sessions(event.to):
            self._alone[session].append(position)

    @_place.register
    def _(self, event: events.Invited, position: int, by: Hearer) -> None:
        for session in self._audience.sessions(event.who):
            self._alone[session].append(position)

    @_place.register
    def _(self, event: events.Joined, position: int, by: Hearer) -> None:
        if not self._audience.sessions(event.who):
            self._audience.arrive(event.who, by)
        self._streams[event.room].append(position)
        self._audience.join(event.who, event.room)
        for session in self._audience.sessions(event.who):
            self._since[session, event.room] = position
            self._hears_alone(session)

    @_place.register
    def _(self, event: events.Kicked, position: int, by: Hearer) -> None:
        self._streams[event.room].append(position)
        self._part(event.who, event.room, position)

    @_place.register
    def _(self, event: events.Left, position: int, by: Hearer) -> None:
        rooms = [event.room] if event.room else self._audience.heard_by(event.who)
        for room in rooms:
            self._streams[room].append(position)
            self._part(event.who, room, position)
        if not event.room:
            self._audience.depart(event.who)

    @_place.register(events.Renamed)
    @_place.register(events.WentAway)
    @_place.register(events.CameBack)
    def _(
        self, event: events.Renamed | events.WentAway | events.CameBack, position: int, by: Hearer
    ) -> None:
        for session in self._audience.sessions(event.who):
            self._alone[session].append(position)
        for room in self._audience.heard_by(event.who):
            self._streams[room].append(position)
        if isinstance(event, events.Renamed):
            self._audience.rename(event.who, event.to)

    def _part(self, who: str, room: str, position: int) -> None:
        for session in self._audience.sessions(who):
            start = self._since.pop((session, room), 0)
            self._spans[session].append((room, start, position + 1))
        self._audience.part(who, room)

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

    # As bytes.

    def _lines(self, style: Style, positions: Sequence[int]) -> bytes:
        return b"".join([self._line(style, position) for position in positions])

    def _line(self, style: Style, position: int) -> bytes:
        line = self._rendered.get((style, position))
        if line is None:
            line = self._rendered[style, position] = self._render(style, self._said[position][0])
        return line

    def _render(self, style: Style, said: Event | Reply) -> bytes:
        """The line; a style that fails at it leaves it out, and harms no other."""
        try:
            return style.event(said) if isinstance(said, Event) else style.reply(said)
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
