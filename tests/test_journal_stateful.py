"""Both journals against a plain list: whatever happens, all three tell the same of it."""

import os
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from journals import ALEX, EVER, KIM, NOW, SAM, Moment, indexed_after, left, name, on_disk, result

from twisted_chat import events
from twisted_chat.events import Event
from twisted_chat.identity import is_account
from twisted_chat.journal import PRIVATE, SERVER, Again, Entry, Journal, Put, Scope
from twisted_chat.journal.memory import MemoryJournal

CASES = int(os.environ.get("TWISTED_CHAT_CASES", "1"))
"""How many times as much as usual is tried."""

PEOPLE = st.sampled_from([ALEX, SAM, KIM])
ROOMS = st.sampled_from(["#lobby", "#lobby", "#dev", "#Dev"])
KEYS = st.sampled_from(["#lobby", "#dev", "#dev!2", PRIVATE, SERVER])
TEXTS = st.sampled_from(["Alex", "hi @alex!", "alexa", "日本語", "HELLO", "hello sam", "é", "kim"])
ONCE = st.sampled_from(["", "", "", "1", "2"])
NUMBERS = st.integers(0, 12) | st.just(EVER)
MOST = st.integers(1, 4)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Something that happens in a room, or between two."""
    actor, concerns, room = draw(PEOPLE), draw(PEOPLE), draw(ROOMS)
    who, by, text, of = name(actor), name(concerns), draw(TEXTS), draw(st.integers(1, 12))
    event: Event = draw(
        st.sampled_from(
            [
                *[events.Said(room=room, who=who, text=text)] * 5,
                *[events.Told(who=who, to=by, text=text)] * 2,
                *[events.Joined(room=room, who=who), events.Left(room=room, who=who)] * 2,
                *(events.Emoted(room=room, who=who, text=text), events.Left(who=who)),
                events.TopicSet(room=room, who=who, text=text),
                events.Kicked(room=room, who=who, by=by),
                *(
                    events.Banned(room="*", who="x", by=who),
                    events.Banned(room=room, who=by, by=who),
                ),
                *(events.LockedDown(by=who, on=True), events.Deleted(of=of, who="x", by=who)),
                events.Deleted(of=of, who="x", by=who, room=room),
                events.MadePrivate(room=room, by=who, on=draw(st.booleans())),
            ]
        )
    )
    once = draw(ONCE) if event.speech else ""
    moves = "#dev" if isinstance(event, events.MadePrivate) else ""
    place = "#dev!2" if moves else ""
    return Entry(event, actor, concerns, once, place, moves)


class Model:
    """What a journal is, written as short as can be."""

    def __init__(self) -> None:
        self.kept: list[Entry] = []
        self.last = 0
        self.now = 0.0
        self.sent: dict[tuple[str, str], Entry] = {}
        self.positions: dict[str, dict[str, int]] = {ALEX: {}, SAM: {}, KIM: {}}
        self.here: set[tuple[str, str]] = set()
        self.state: dict[tuple[str, str], bytes] = {}

    def commit(self, batch: Collection[Entry], now: float) -> list[Event]:
        """What comes back."""
        self.now = max(self.now, now)
        return [self._add(entry) for entry in batch]

    def _add(self, entry: Entry) -> Event:
        key, event = (entry.actor, entry.once), entry.event
        if entry.once and key in self.sent:
            there = self.sent[key]
            gone = there not in self.kept
            same = gone or _meaning(there.event) == _meaning(event)
            return Again(seq=there.event.seq, time=self.now, same=same)
        self.last += event.kept
        event = msgspec.structs.replace(event, time=self.now, seq=self.last if event.kept else 0)
        entry = replace(entry, event=event, room=entry.room or _place(event))
        if event.kept:
            self.kept.append(entry)
        if entry.once:
            self.sent[key] = entry
        if isinstance(event, events.Deleted) and event.of < event.seq:
            self.kept = [one for one in self.kept if one.event.seq != event.of]
        self._follow(entry)
        return event

    def _follow(self, entry: Entry) -> None:
        who = self.positions[entry.actor]
        match entry.event:
            case events.Joined() if is_account(entry.actor):
                for room, heard in ((entry.room, self.last), (PRIVATE, 0)):
                    who.setdefault(room, heard)
                    self.here.add((entry.actor, room))
            case events.Left(room=""):
                for room in who:
                    if (entry.actor, room) in self.here:
                        who[room] = self.last
                        self.here.remove((entry.actor, room))
            case events.Left():
                self._out(entry.actor, entry.room)
            case events.Kicked() | events.Banned():
                self._out(entry.concerns, entry.room)
            case events.MadePrivate(on=closes):
                for identity, rooms in self.positions.items():
                    here = (identity, entry.moves) in self.here
                    if entry.moves in rooms and (here or not closes):
                        heard = rooms[entry.moves]
                        self._out(identity, entry.room)
                        self._out(identity, entry.moves)
                        rooms[entry.room] = heard
                        self.here |= {(identity, entry.room)} if here else set()

    def _out(self, identity: str, room: str) -> None:
        self.positions[identity].pop(room, None)
        self.here.discard((identity, room))

    def read(self, scope: Scope, sees: Callable[[Event], bool]) -> list[Event]:
        """What is readable and chosen, oldest first."""
        return [
            entry.event
            for entry in self.kept
            if sees(entry.event)
            if (
                scope.identity in (entry.actor, entry.concerns)
                if entry.room == PRIVATE
                else entry.room in scope.rooms
            )
        ]

    def new(self, identity: str) -> list[Entry]:
        """What is new to somebody, oldest first."""
        heard = self.heard(identity)
        return [
            entry
            for entry in self.kept
            if isinstance(entry.event, events.Said | events.Emoted | events.Told)
            if entry.actor != identity and entry.event.seq > heard.get(entry.room, EVER)
            if entry.room != PRIVATE or entry.concerns == identity
        ]

    def heard(self, identity: str) -> dict[str, int]:
        """How far somebody has heard; an account that never was in, nothing that it was told."""
        return {**({PRIVATE: 0} if is_account(identity) else {}), **self.positions[identity]}


def _place(event: Event) -> str:
    alone = isinstance(event, events.Told | events.Deleted)
    room = getattr(event, "room", "").casefold().replace("*", SERVER)
    return room or (PRIVATE if alone else SERVER)


def _meaning(event: Event) -> tuple[object, ...]:
    return type(event), *(getattr(event, field, "") for field in ("room", "to", "text"))


class Journals(RuleBasedStateMachine):
    """The same is done to all three, and then they are asked."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.closing.enter_context(indexed_after(3, few=4))
        self.folder = Path(self.closing.enter_context(TemporaryDirectory()))
        self.time = Moment()
        self.model = Model()
        self.memory = MemoryJournal(self.time)
        self.disk = on_disk(self.folder, self.time)

    @property
    def both(self) -> tuple[Journal, Journal]:
        """What is tested."""
        return self.memory, self.disk

    def teardown(self) -> None:
        """Let go of the file."""
        result(self.disk.close())
        self.closing.close()

    @rule(batch=st.lists(entries(), max_size=5), step=st.sampled_from([-5, 0, 1]))
    def commit(self, batch: list[Entry], step: int) -> None:
        """A batch goes on record."""
        self.time.now += step
        expected = self.model.commit(batch, self.time.now)
        assert [result(one.commit(batch)) for one in self.both] == [expected] * 2

    @rule(key=st.sampled_from("ab"), value=st.sampled_from([b"1", b"2", None]), only=st.booleans())
    def put(self, key: str, value: bytes | None, only: bool) -> None:
        """State changes."""
        self.model.commit([], self.time.now)
        state = self.model.state
        if value is None:
            state.pop(("k", key), None)
        elif not only or ("k", key) in state:
            state["k", key] = value
        for one in self.both:
            result(one.commit([], [Put("k", key, value, only)]))

    @rule(rooms=st.lists(KEYS, max_size=3), ago=st.integers(-2, 5))
    def forget(self, rooms: list[str], ago: int) -> None:
        """What is old goes away."""
        before = self.time.now - ago
        old = [
            entry
            for entry in self.model.kept
            if entry.room in rooms and entry.room != PRIVATE
            if entry.event.time < before and not entry.event.moderation
        ]
        self.model.kept = [entry for entry in self.model.kept if entry not in old]
        assert [result(one.forget(rooms, before)) for one in self.both] == [len(old)] * 2

    @rule()
    def restart(self) -> None:
        """Everybody leaves, and what is on disk is opened again."""
        self.commit([left(who) for who in (ALEX, SAM)], 0)
        result(self.disk.close())
        self.disk = on_disk(self.folder, self.time)

    @rule(
        rooms=st.lists(KEYS, max_size=4),
        identity=st.just("") | PEOPLE,
        after=st.integers(0, 12),
        upto=NUMBERS,
        ago=st.sampled_from([0, 1, 5, NOW]),
        most=MOST,
        oldest=st.booleans(),
    )
    def past(
        self,
        rooms: list[str],
        identity: str,
        after: int,
        upto: int,
        ago: float,
        most: int,
        oldest: bool,
    ) -> None:
        """Somebody reads what was said before."""
        scope, since = Scope(rooms, identity), max(0, self.time.now - ago)
        known = self.model.read(scope, lambda e: after < e.seq <= upto and e.time >= since)
        for one in self.both:
            page = result(
                one.past(scope, upto=upto, after=after, since=since, most=most, oldest=oldest)
            )
            assert page.events == (known[:most] if oldest else known[-most:])
            assert page.more == (len(known) > most)

    @rule(seq=NUMBERS, room=KEYS, identity=st.just("") | PEOPLE, upto=NUMBERS, most=MOST)
    def around(self, seq: int, room: str, identity: str, upto: int, most: int) -> None:
        """Somebody reads what was said around something."""
        scope = Scope([room], identity)
        there = self.model.read(scope, lambda event: event.seq == seq <= upto)
        private = bool(there) and _place(there[0]) == PRIVATE
        here = Scope([], identity) if private else Scope([room])
        before = self.model.read(here, lambda event: event.seq <= seq) if there else []
        after = self.model.read(here, lambda event: seq < event.seq <= upto)[: (most - 1) // 2]
        before, more = before[-(most - len(after)) :], len(before) > most - len(after)
        for one in self.both:
            page = result(one.around(seq, scope, upto=upto, most=most))
            assert (page.events, page.more) == ((before + after, more) if there else ([], False))

    @rule(
        text=TEXTS | st.sampled_from(["h", "al", "本", "LO S", "nothing"]),
        rooms=st.lists(KEYS, max_size=4),
        identity=st.just("") | PEOPLE,
        who=st.sampled_from(["", "", "ALEX", "kim"]),
        after=st.integers(0, 5),
        upto=NUMBERS,
        most=MOST,
    )
    def search(
        self, text: str, rooms: list[str], identity: str, who: str, after: int, upto: int, most: int
    ) -> None:
        """Somebody searches, page by page, to the end."""
        scope, wanted = Scope(rooms, identity), text.casefold()
        known = self.model.read(
            scope,
            lambda e: (
                (after < e.seq <= upto and wanted in getattr(e, "text", "").casefold())
                and (not who or getattr(e, "who", "") == who.casefold())
            ),
        )
        for one in self.both:
            found: list[Event] = []
            reached = upto + 1
            while reached:
                page = result(
                    one.search(text, scope, who=who, after=after, upto=reached - 1, most=most)
                )
                found, reached = [*found, *page.events], page.reached
            assert found == known[::-1]

    @rule(identity=PEOPLE, most=MOST)
    def missed(self, identity: str, most: int) -> None:
        """Somebody asks what is new."""
        new, heard = self.model.new(identity), self.model.heard(identity)
        told = [entry.event for entry in new if entry.room == PRIVATE]
        spoken = [entry for entry in new if entry.room != PRIVATE]
        calls = [one for one in spoken if _calls(getattr(one.event, "text", ""), name(identity))]
        counts, rooms = Counter(one.room for one in new), Counter(one.room for one in calls)
        active = dict.fromkeys(one.room for one in reversed(new))
        for one in self.both:
            missed = result(one.missed(identity, name(identity), upto=EVER, most=most))
            assert missed.told == told[-most:]
            assert missed.mentions == [entry.event for entry in calls][-most:]
            assert [(n.room, n.after, n.new, n.mentions) for n in missed.news] == [
                (room, heard[room], counts[room], rooms[room]) for room in active
            ]

    @rule(rooms=st.none() | st.lists(KEYS, max_size=3), upto=NUMBERS, most=MOST)
    def audit(self, rooms: list[str] | None, upto: int, most: int) -> None:
        """Somebody asks what moderators did."""
        acts = [
            entry.event
            for entry in self.model.kept
            if entry.event.moderation and entry.event.seq <= upto
            if rooms is None or entry.room in set(rooms) - {PRIVATE}
        ]
        for one in self.both:
            audit = result(one.audit(rooms, upto=upto, most=most))
            assert [act.event for act in audit] == acts[-most:]

    @invariant()
    def agree(self) -> None:
        """On the last number, on who has heard what, on the state, on each event."""
        for one in self.both:
            assert one.last == self.model.last
            for who, heard in self.model.positions.items():
                assert result(one.heard(who)) == heard
            assert {(kind, key): value for kind, key, value in one.records()} == self.model.state
        last = self.model.last
        there = {entry.event.seq: entry for entry in self.model.kept}
        for one in self.both:
            found = result(one.entry(last))
            assert (found and found.event) == (there[last].event if last in there else None)


def _calls(text: str, who: str) -> bool:
    words = "".join(c if c.isalnum() else " " for c in text.casefold()).split()
    return who in words


Journals.TestCase.settings = settings(
    max_examples=40 * CASES, stateful_step_count=40, deadline=None
)
TestJournals = Journals.TestCase
