"""One round of telling: a batch of events and replies becomes at most one write per session.

Most sessions hear one room and all of it: they share the same bytes, rendered once per style.  The
others (who spoke, came, went, ignores somebody, was told something alone, or hears several rooms of
the batch) get lines of their own, in the same order.
"""

import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

from twisted_chat import events
from twisted_chat.answers import Reply
from twisted_chat.audience import Audience, Hearer, Wish
from twisted_chat.crowds import Crowds
from twisted_chat.events import Event
from twisted_chat.happened import Happened
from twisted_chat.journal import SERVER
from twisted_chat.limits import TOLD_ALONE_AT_ONCE, TOLD_AT_ONCE
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import Style

Span = tuple[str, int, int]
"""A room, and from which to before which position of the round it is heard."""

_END = sys.maxsize


class _Lines(dict[int, bytes]):
    """The lines of a round in one style, by position, each rendered when it is first read."""

    def __init__(self, render: Callable[[int], bytes]) -> None:
        self._render = render

    def __missing__(self, position: int) -> bytes:
        line = self[position] = self._render(position)
        return line

    def of(self, positions: Sequence[int]) -> bytes:
        """The lines at these positions."""
        return b"".join(map(self.__getitem__, positions))


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
        self._said: list[Event | Reply] = []
        self._streams: defaultdict[str, list[int]] = defaultdict(list)
        self._alone: defaultdict[Hearer, list[int]] = defaultdict(list)
        self._did: defaultdict[Hearer, list[int]] = defaultdict(list)
        self._ignored: defaultdict[object, list[int]] = defaultdict(list)
        self._spans: defaultdict[Hearer, list[Span]] = defaultdict(list)
        self._since: dict[tuple[Hearer, str], int] = {}
        self._wishes: defaultdict[Hearer, list[tuple[int, Wish, int]]] = defaultdict(list)
        self._sent: defaultdict[Hearer, set[int]] = defaultdict(set)
        self._last: list[Hearer] = []
        self._lines: dict[tuple[Style, bool], _Lines] = {}

    def add(self, happened: Happened, recorded: Sequence[Event], replies: Sequence[Reply]) -> None:
        """Tell of events, as they are on record, then of the replies to whom they came from."""
        by = happened.by
        if by is not None and (recorded or happened.attaches):
            self._hears_alone(by)
        if by is not None and happened.attaches:
            self._attach(happened.attaches, by)
        for event in recorded:
            self._add_event(event, happened)
        for who, notice in happened.notices:
            self._notify(who, notice)
        for who, notice in happened.in_others:
            self._notify(who, notice, but=by)
        if by is not None:
            self._answer(happened, replies, by)

    def _add_event(self, event: Event, happened: Happened) -> None:
        position, by = self._append(event), happened.by
        self.last = max(self.last, event.seq)
        if by is not None:
            self._did[by].append(position)
        if event.speech:
            for user in happened.ignored_by:
                self._ignored[user].append(position)
        try:
            self._place(event, position, by)
        except Exception:
            self._log.fault("telling a session")

    def _notify(self, who: str, notice: Reply, but: Hearer | None = None) -> None:
        position = self._append(notice)
        for session in self._audience.sessions(who):
            if session is not but:
                self._alone[session].append(position)

    def _answer(self, happened: Happened, replies: Sequence[Reply], by: Hearer) -> None:
        for reply in replies:
            self._alone[by].append(self._append(reply))
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
        # As they are now: in a later turn somebody may be outside, and have no wishes any more.
        who = {hearer: (hearer.user, hearer.echo) for hearer in special}
        since = 0
        for room, positions in self._streams.items():
            yield from self._tell_room(room, positions, special)
            since += self._audience.count(room)
            if since >= TOLD_AT_ONCE:
                since = 0
                yield
        rooms = self._rooms_of(special)
        for count, hearer in enumerate(special, 1):
            self._safely(partial(self._tell_alone, hearer, rooms.get(hearer, ()), who[hearer]))
            if not count % TOLD_ALONE_AT_ONCE:
                yield
        for count, hearer in enumerate(self._last, 1):
            self._safely(hearer.hang_up)
            if not count % TOLD_ALONE_AT_ONCE:
                yield

    def _tell_room(
        self, room: str, positions: Sequence[int], special: Collection[Hearer]
    ) -> Iterator[None]:
        """Tell those who hear just what all of a room hear, with the bytes that they share."""
        told: dict[Style, bytes] = {}
        hearers = self._audience.rooms.get(room, {})
        self.deliveries += len(positions) * (len(hearers) - len(hearers.keys() & special))
        for count, hearer in enumerate(hearers):
            if not count % TOLD_AT_ONCE and count:
                yield
            if hearer in special:
                continue
            style = hearer.style
            lines = told.get(style)
            if lines is None:
                lines = told[style] = self._lines_in(style).of(positions)
            if not lines:
                continue
            # As `_send` does it, without a call: this is done for each listener of each line.
            try:
                hearer.hear(lines)
            except Exception:
                self._log.fault("telling a session")

    # Where an event belongs.

    def _place(self, event: Event, position: int, by: Hearer | None) -> None:
        match event:
            case events.Said() | events.Emoted():
                self._streams[event.room].append(position)
            case events.Told():
                self._place_told(event, position)
            case events.Joined():
                self._place_joined(event, position, by)
            case events.Left():
                self._place_left(event, position)
            case events.Kicked():
                self._streams[event.room].append(position)
                self._crowds.remove(event.room, event.who)
                self._part(event.who, event.room, position)
            case events.Renamed() | events.WentAway() | events.CameBack():
                self._place_changed(event, position)
            case events.Invited():
                self._tell_sessions(event.who, position)
            case events.Deleted(room=""):
                for who in {event.who, event.to}:
                    self._tell_sessions(who, position)
            case events.LockedDown():
                self._tell_everyone(position)
            case _:
                self._place_in_room(event.room, position)  # type: ignore[attr-defined]

    def _place_in_room(self, room: str, position: int) -> None:
        if room == SERVER:
            self._tell_everyone(position)
        else:
            self._streams[room].append(position)

    def _place_told(self, event: events.Told, position: int) -> None:
        told = self._audience.sessions(event.to)
        for session in told:
            self._alone[session].append(position)
        for session in self._audience.sessions(event.who):
            if session not in told:
                self._alone[session].append(position)
                self._sent[session].add(position)

    def _place_joined(self, event: events.Joined, position: int, by: Hearer | None) -> None:
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

    def _place_left(self, event: events.Left, position: int) -> None:
        for room in [event.room] if event.room else self._audience.heard_by(event.who):
            if self._crowds.leave(room, event.who, self._audience.count(room)):
                self._tell_sessions(event.who, position)
            else:
                self._streams[room].append(position)
            self._part(event.who, room, position)
        if not event.room:
            self._audience.depart(event.who)

    def _place_changed(
        self, event: events.Renamed | events.WentAway | events.CameBack, position: int
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
        if not self._audience.count(room):
            self._crowds.end(room)

    def _hear_until(self, session: Hearer, room: str, position: int) -> None:
        start = self._since.pop((session, room), 0)
        self._spans[session].append((room, start, position))

    # Who hears which lines.

    def _hears_alone(self, session: Hearer) -> None:
        """Give it lines of its own: what one did, or where one came in, makes them others."""
        self._alone.setdefault(session, [])

    def _append(self, said: Event | Reply) -> int:
        self._said.append(said)
        return len(self._said) - 1

    def _special(self) -> set[Hearer]:
        """The sessions that do not hear just what all of one room hear."""
        special = {*self._alone, *self._spans}
        seen: set[Hearer] = set()
        for room in self._streams:
            hearers = self._audience.rooms.get(room, {}).keys()
            special |= hearers & seen
            if self._ignored:
                special.update(hearer for hearer in hearers if hearer.user in self._ignored)
            if len(self._streams) > 1:
                seen |= hearers
        return special

    def _rooms_of(self, special: Collection[Hearer]) -> dict[Hearer, list[str]]:
        """The rooms of the round that each of these hears to its end."""
        rooms = defaultdict(list)
        for room in self._streams:
            for hearer in self._audience.rooms.get(room, {}).keys() & special:
                rooms[hearer].append(room)
        return rooms

    def _heard(self, hearer: Hearer, rooms: Sequence[str], user: object, echo: bool) -> list[int]:
        """The positions that a session hears, in order."""
        to_the_end = [(room, self._since.get((hearer, room), 0), _END) for room in rooms]
        positions = set(self._alone.get(hearer, ()))
        for room, start, end in (*self._spans.get(hearer, ()), *to_the_end):
            stream = self._streams.get(room, [])
            positions.update(stream[bisect_left(stream, start) : bisect_left(stream, end)])
        did = self._did.get(hearer, ())
        if self._ignored:
            positions -= set(self._ignored.get(user, ())).difference(did)
        if not echo:
            positions.difference_update(did)
        return sorted(positions)

    def _tell_alone(self, hearer: Hearer, rooms: Sequence[str], who: tuple[object, bool]) -> None:
        """Tell one session its own lines, with the past where it wants to know of it.

        :param who: whose it is, and whether it hears what it did itself.
        """
        positions, told = self._heard(hearer, rooms, *who), 0
        self.deliveries += len(positions)
        for position, wish, upto in self._wishes.get(hearer, ()):
            before = [p for p in positions[told:] if p < position]
            told += len(before)
            self._send(hearer, self._own_lines(hearer, before))
            self._safely(partial(hearer.catch_up, wish, upto))
        self._send(hearer, self._own_lines(hearer, positions[told:]))

    # As bytes.

    def _own_lines(self, hearer: Hearer, positions: Sequence[int]) -> bytes:
        sent = self._sent.get(hearer)
        lines = self._lines_in(hearer.style)
        if sent is None:
            return lines.of(positions)
        as_sender = self._lines_in(hearer.style, sent=True)
        return b"".join([as_sender[p] if p in sent else lines[p] for p in positions])

    def _lines_in(self, style: Style, sent: bool = False) -> _Lines:
        lines = self._lines.get((style, sent))
        if lines is None:
            lines = self._lines[style, sent] = _Lines(partial(self._line, style, sent))
        return lines

    def _line(self, style: Style, sent: bool, position: int) -> bytes:
        return self._render(style, self._said[position], sent)

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
