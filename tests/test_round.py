"""One round of telling: who hears what, against somebody who walks the events one by one.

`Walker` is that somebody: slow, and too simple to be wrong.  It keeps the members of each room and,
for each event in turn, goes through all sessions and asks whether this one hears it.
"""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from twisted_chat import events
from twisted_chat.accounts.book import Book
from twisted_chat.answers import Goodbye, Ok
from twisted_chat.audience import Wish
from twisted_chat.chat import Chat
from twisted_chat.delivery import Delivery
from twisted_chat.events import Event
from twisted_chat.happened import Happened
from twisted_chat.journal import Entry, Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import OFF, Limits
from twisted_chat.moderation import Moderation
from twisted_chat.names import room_name, user_name
from twisted_chat.refused import Refused
from twisted_chat.rooms import User
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import JsonStyle, Style, TextStyle, View

LOBBY = "#lobby"
STYLES: tuple[Style, ...] = (
    JsonStyle(View()),
    TextStyle(View(current=LOBBY), b"\n"),
    TextStyle(View(current="#one", quiet=True), b"\r\n"),
)
GOODBYE = Goodbye(text="Bye.")


class Ear:
    """A session as delivery knows it, that keeps every write apart."""

    def __init__(self, style: Style, echo: bool, ignored: frozenset[str]) -> None:
        self.style = style
        self.echo = echo
        self.ignored = ignored
        self.user = self
        self.writes: list[bytes] = []
        self.hung_up = False

    def hear(self, told: bytes) -> None:
        """Keep it."""
        assert not self.hung_up
        self.writes.append(told)

    def catch_up(self, wish: Wish, upto: int) -> None:
        """Nobody here wants to know of the past."""
        raise AssertionError

    def hang_up(self) -> None:
        """Hear nothing more."""
        self.hung_up = True


def _who_ignore(happened: Sequence[Event], ears: Sequence[Ear]) -> frozenset[Ear]:
    names = {str(getattr(event, "who", "")) for event in happened}
    return frozenset(ear for ear in ears if names & ear.ignored)


class Walker:
    """Who hears what, worked out event by event."""

    def __init__(self) -> None:
        self.members: dict[str, set[str]] = {}
        self.ears: dict[str, Ear] = {}
        self.expected: dict[Ear, bytes] = {}
        self.writes: dict[Ear, list[bytes]] = {}

    def walk(self, batch: Sequence[Happened], recorded: Sequence[Event]) -> None:
        """Go through what happened in one batch."""
        following = iter(recorded)
        for happened in batch:
            its_own = [next(following) for _ in happened.events]
            for event in its_own:
                self._walk_event(event, happened.by)
            seq = next((event.seq for event in its_own if event.seq), 0)
            for reply in happened.replies:
                if isinstance(reply, Ok) and seq:
                    reply = reply.numbered(seq)
                assert happened.by is not None
                self._hear(happened.by, happened.by.style.reply(reply))
        for ear, told in self.expected.items():
            self.writes.setdefault(ear, []).extend([told] if told else [])
        self.expected = {}

    def _walk_event(self, event: Event, by: Any) -> None:
        if isinstance(event, events.Joined):
            self.ears.setdefault(event.who, by)
            self.members.setdefault(event.room, set()).add(event.who)
        for who, ear in self.ears.items():
            if self._concerns(event, who) and self._wants(ear, event, by):
                sent = isinstance(event, events.Told) and who == event.who != event.to
                self._hear(ear, ear.style.sent(event) if sent else ear.style.event(event))
        self._follow(event)

    def _concerns(self, event: Event, who: str) -> bool:
        match event:
            case events.Told():
                return who in (event.who, event.to)
            case events.Invited():
                return who == event.who
            case events.Left(room="") | events.Renamed() | events.WentAway() | events.CameBack():
                rooms = [room for room in self.members.values() if event.who in room]
                gone = isinstance(event, events.Left)
                return any(who in room for room in rooms) or (who == event.who and not gone)
        return who in self.members[str(getattr(event, "room", ""))]

    def _wants(self, ear: Ear, event: Event, by: object) -> bool:
        if by is ear:
            return ear.echo
        return not (event.speech and str(getattr(event, "who", "")) in ear.ignored)

    def _hear(self, ear: Any, told: bytes) -> None:
        self.expected[ear] = self.expected.get(ear, b"") + told

    def _follow(self, event: Event) -> None:
        match event:
            case events.Left(room="", who=who):
                for room in self.members.values():
                    room.discard(who)
                del self.ears[who]
            case events.Left(room=name, who=who) | events.Kicked(room=name, who=who):
                self.members[name].discard(who)
            case events.Renamed(who=who, to=to):
                self.ears[to] = self.ears.pop(who)
                for name, room in self.members.items():
                    self.members[name] = {to if one == who else one for one in room}


class HeldJournal(MemoryJournal):
    """Writes when the test says so."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        self.held: tuple[Deferred[list[Event]], Sequence[Entry]] | None = None

    def commit(
        self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
    ) -> Deferred[list[Event]]:
        """Hold it."""
        written: Deferred[list[Event]] = Deferred()
        self.held = written, entries
        return written

    def write(self) -> list[Event]:
        """Write what is held; what was put on record."""
        assert self.held is not None
        (written, entries), self.held = self.held, None
        recorded: list[Event] = []
        super().commit(entries).addCallback(recorded.extend)
        written.callback(recorded)
        return recorded


class Town:
    """The rules, the delivery and the walker, with people who do whatever comes."""

    def __init__(self) -> None:
        self.chat = Chat(room_name(LOBBY), Limits(), Book(()))
        self.journal = HeldJournal()
        self.clock = Clock()
        self.walker = Walker()
        self.people: list[tuple[User, Ear]] = []
        self.ears: list[Ear] = []
        self._delivery = Delivery(self.journal, self.clock, ServerLog(self.clock, OFF))
        self._waiting: list[Happened] = []
        self._writing: list[Happened] = []

    def do(self, act: str, who: int, whom: int, room: str, name: str, ear: Ear) -> None:
        """Have somebody do something; what may not be does not happen."""
        try:
            if act == "enter":
                self._enter(name, ear)
            elif act == "turn":
                self._turn()
            elif act == "write":
                self._write()
            elif self.people:
                self._act(act, who % len(self.people), whom % len(self.people), room, name)
        except Refused:
            pass

    def begin(self, *ears: Ear) -> None:
        """Have some people come who are in a room together."""
        for number, (name, ear) in enumerate(zip(["Amy", "Bob", "Cat"], ears)):
            self.do("enter", 0, 0, LOBBY, name, ear)
            self.do("join", number, 0, "#one", "", ear)

    def settle(self) -> None:
        """Write and tell all that is left."""
        while self._waiting or self.journal.held is not None:
            self._turn()
            self._write()

    def _enter(self, name: str, ear: Ear) -> None:
        user, happened = self.chat.enter(user_name(name), 0.0)
        self.people.append((user, ear))
        self.ears.append(ear)
        self._add(happened, ear)

    def _act(self, act: str, who: int, whom: int, room: str, name: str) -> None:
        chat, place = self.chat, room_name(room)
        (user, ear), (other, _) = self.people[who], self.people[whom]
        done = {
            "say": lambda: chat.say(user, place, "hi"),
            "emote": lambda: chat.emote(user, place, "waves"),
            "tell": lambda: chat.tell(user, other, "psst"),
            "join": lambda: chat.join(user, place, 0.0),
            "part": lambda: chat.part(user, place, 0.0),
            "kick": lambda: Moderation(chat).members.kick(user, other, place, 0.0),
            "invite": lambda: chat.invite(user, other, place),
            "topic": lambda: chat.set_topic(user, place, "news"),
            "rename": lambda: chat.rename(user, user_name(name)),
            "away": lambda: chat.go_away(user, ""),
            "back": lambda: chat.come_back(user),
            "leave": lambda: chat.leave(user, 0.0),
        }[act]()
        if act == "leave":
            del self.people[who]
        self._add(done, ear, last=act == "leave")

    def _add(self, done: Sequence[Event], ear: Ear, last: bool = False) -> None:
        replies = (GOODBYE if last else Ok(),)
        happened = Happened(done, ear, replies, last, _who_ignore(done, self.ears))
        self._waiting.append(happened)
        self._delivery.add(happened)

    def _turn(self) -> None:
        busy = self.journal.held is not None
        self.clock.advance(0)
        if not busy:
            self._take_batch()

    def _write(self) -> None:
        if self.journal.held is None:
            return
        batch = self._writing
        recorded = self.journal.write()
        self.walker.walk(batch, recorded)
        self._take_batch()

    def _take_batch(self) -> None:
        self._writing, self._waiting = self._waiting, []
        if self.journal.held is None:
            # There is nothing to put on record, so it is told at once.
            self.walker.walk(self._writing, [])


ROOMS = st.sampled_from([LOBBY, "#one", "#one", "#two"])
NAMES = st.sampled_from(["Amy", "Bob", "Cat", "Dan", "Eve"])
EARS = st.builds(Ear, st.sampled_from(STYLES), st.booleans(), st.frozensets(NAMES, max_size=1))
ACTS = st.sampled_from(
    [
        *(
            "enter",
            "enter",
            "say",
            "say",
            "say",
            "emote",
            "tell",
            "join",
            "join",
            "part",
            "kick",
            "kick",
        ),
        *("invite", "topic", "rename", "away", "back", "leave", "turn", "write"),
    ]
)
STEPS = st.tuples(ACTS, st.integers(0, 4), st.integers(0, 4), ROOMS, NAMES, EARS)


@given(st.tuples(EARS, EARS, EARS), st.lists(STEPS, max_size=60))
@settings(max_examples=200, deadline=None, database=None)
def test_tells_everyone_what_walking_the_events_one_by_one_would(
    ears: tuple[Ear, ...], steps: list[Any]
) -> None:
    """However things interleave with the journal: the same bytes, one write a batch, no gap.

    A few people, who come and go, take names and rooms, ignore each other, want an echo or
    none; what they do while a batch is written is the next one.
    """
    town = Town()
    town.begin(*ears)
    for step in steps:
        town.do(*step)
    town.settle()
    assert [ear.writes for ear in town.ears] == [
        town.walker.writes.get(ear, []) for ear in town.ears
    ]


@given(st.lists(STEPS, max_size=60))
@settings(max_examples=100, deadline=None, database=None)
def test_tells_a_newcomer_what_follows_and_nothing_before(steps: list[Any]) -> None:
    """Whoever comes to the lobby hears all that is said there from then on, each thing once."""
    town = Town()
    for step in steps:
        town.do(*step)
    newcomer = Ear(STYLES[0], False, frozenset())
    town.do("enter", 0, 0, LOBBY, "Newcomer", newcomer)
    speaker = Ear(STYLES[0], False, frozenset())
    town.do("enter", 0, 0, LOBBY, "Speaker", speaker)
    told: list[int] = []
    for _ in range(3):
        town.do("say", len(town.people) - 1, 0, LOBBY, "", speaker)
        town.do("write", 0, 0, LOBBY, "", speaker)
    town.settle()
    lines = b"".join(newcomer.writes).splitlines()
    told = [number for number, line in enumerate(lines) if b'"who":"Speaker","text":"hi"' in line]
    assert len(told) == 3
    assert lines[0] == b'{"type":"ok"}'
    assert not any(b'"text":"hi"' in line for line in lines[: told[0]])


class Heard:
    """A delivery that writes at once, for the plain cases below."""

    def __init__(self, *ears: Ear) -> None:
        self.clock = Clock()
        journal = MemoryJournal(lambda: 1.0)
        self._delivery = Delivery(journal, self.clock, ServerLog(self.clock, OFF))
        self._ears = ears
        for number, ear in enumerate(ears):
            self.batch((events.Joined(room=LOBBY, who=f"u{number}"), ear))
        for ear in ears:
            ear.writes.clear()

    def batch(self, *happened: tuple[Event, Ear]) -> None:
        """What happens in one turn."""
        for event, by in happened:
            ignored_by = _who_ignore([event], self._ears)
            self._delivery.add(Happened([event], by, ignored_by=ignored_by))
        self.clock.advance(0)


def _ear(echo: bool = False, ignored: Sequence[str] = ()) -> Ear:
    return Ear(STYLES[1], echo, frozenset(ignored))


def test_repeats_nothing_to_who_said_it_unless_they_want_it() -> None:
    """Those with an echo hear themselves, in the order in which all was said."""
    plain, echo = _ear(), _ear(echo=True)
    hall = Heard(plain, echo)
    hall.batch((_said("u0", "one"), plain), (_said("u1", "two"), echo))
    assert [plain.writes, echo.writes] == [[b"u1: two\n"], [b"u0: one\nu1: two\n"]]


def test_keeps_the_words_of_the_ignored_from_who_ignores_them() -> None:
    """In the room and alone, and nothing else about them."""
    one, deaf = _ear(), _ear(ignored=["u0"])
    hall = Heard(one, deaf)
    hall.batch(
        (_said("u0", "hi"), one),
        (events.Emoted(room=LOBBY, who="u0", text="waves"), one),
        (events.Told(who="u0", to="u1", text="psst"), one),
        (events.WentAway(who="u0"), one),
    )
    assert deaf.writes == [b" * u0 is away.\n"]


def test_writes_once_a_batch_to_each() -> None:
    """However much was said, and however many said it."""
    ears = [_ear() for _ in range(5)]
    hall = Heard(*ears)
    hall.batch(*((_said(f"u{n}", "hi"), ears[n]) for n in range(5) for _ in range(4)))
    assert [len(ear.writes) for ear in ears] == [1] * 5
    assert [b"".join(ear.writes).count(b"\n") for ear in ears] == [16] * 5


def test_shares_the_bytes_of_a_batch_between_those_who_hear_the_same() -> None:
    """A thousand listeners hold one string of bytes, and not a thousand."""
    ears = [_ear() for _ in range(5)]
    hall = Heard(*ears)
    hall.batch((_said("u0", "hi"), ears[0]))
    assert len({id(ear.writes[0]) for ear in ears[1:]}) == 1


def test_tells_one_thing_once_to_who_is_in_several_rooms_with_somebody() -> None:
    """A rename is heard in every room, and by each person once."""
    one, other = _ear(), _ear()
    hall = Heard(one, other)
    for who, ear in (("u0", one), ("u1", other)):
        hall.batch((events.Joined(room="#one", who=who), ear))
    other.writes.clear()
    hall.batch((events.Renamed(who="u0", to="x"), one))
    assert other.writes == [b" * u0 is now known as x.\n"]


def _said(who: str, text: str) -> events.Said:
    return events.Said(room=LOBBY, who=who, text=text)
