"""What was said before, as people and programs are shown it and find it, through every door."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from doors import DOORS, Guest, Person, Program
from journals import on_disk, result
from twisted.internet.defer import Deferred

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import ACCOUNT
from twisted_chat.house import About
from twisted_chat.journal import Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import (
    ANSWER_BYTES_PER_LINE,
    HISTORY_EVENTS,
    HISTORY_EVENTS_UNASKED,
    SEARCH_EVENTS,
    Limits,
)
from twisted_chat.testing import CHEAP, EPOCH, End, MemoryServer
from twisted_chat.verbs.lists import BESIDE_EVENT

LIFTED = {"messages": 10**9, "message_burst": 10**9, "lines_waiting": 10**9}
OPEN = Limits(**LIFTED)


class Reader:
    """Somebody at a door, whose answers about the past are read the same from each."""

    def __init__(self, end: End, program: bool) -> None:
        self.end = end
        self._program = program

    def say(self, text: str) -> None:
        """Say something."""
        if self._program:
            self.end.ask(type="say", text=text)
        else:
            self.end.type(text)

    def join(self, room: str) -> None:
        """Enter a room."""
        if self._program:
            self.end.ask(type="join", room=room)
        else:
            self.end.type(f"/join {room}")

    def answer(self, verb: str, **fields: object) -> str:
        """What is said to a request that shows nothing."""
        if self._program:
            self.end.ask(type=verb, id=1, **fields)
            return str(next(told["text"] for told in self.end.objects() if told.get("id") == 1))
        self.end.type(" ".join([f"/{verb}", *map(str, fields.values())]))
        return self.end.lines()[-1].removeprefix("-> ")

    def ask(self, verb: str, **fields: object) -> list[str]:
        """What is shown of the past: who said what, or the reason why not."""
        if self._program:
            self.end.ask(type=verb, id=1, **fields)
            (answer,) = (told for told in self.end.objects() if told.get("id") == 1)
            return self._shown(answer)
        words = [_typed(name, value) for name, value in fields.items()]
        self.end.type(" ".join([f"/{verb}", *words]))
        return [line for line in map(_plain, self.end.lines()) if line]

    def entered(self) -> list[str]:
        """What was shown of the past on coming in."""
        if self._program:
            past = [told for told in self.end.objects() if told["type"] == "backlog"]
            return [line for told in past for line in self._shown(told)]
        heard = [line for line in self.end.lines() if not line.startswith("-> ")]
        return [line for line in map(_plain, heard) if line]

    def _shown(self, answer: dict[str, Any]) -> list[str]:
        if answer["type"] == "error":
            return [answer["text"]]
        return [_words(event) for event in answer["events"]]


def _typed(name: str, value: object) -> str:
    options = {"since": f"since {value}", "before": f"before {value}"}
    return options.get(name, str(value))


def _plain(line: str) -> str:
    """A line without number and time; of the server's own words the sentences, else nothing."""
    if line.startswith("-> "):
        return line.removeprefix("-> ") if line.endswith(".") else ""
    return line.partition("] ")[2] if line[:1].isdigit() or line.startswith("[2") else ""


def _words(event: dict[str, Any]) -> str:
    if event["type"] == "emoted":
        return f"** {event['who']} {event['text']}"
    if event["type"] == "told":
        return f"[PM from {event['who']} to {event['to']}] {event['text']}"
    return f"{event['who']}: {event['text']}" if event["type"] == "said" else event["type"]


class World:
    """A server where Sam talks, and somebody reads."""

    def __init__(self, door: type[Guest], limits: Limits = OPEN, backlog: int = 20) -> None:
        self.server = MemoryServer(limits, About(backlog=backlog))
        self.sam = self.server.program("Sam")
        self._door = door

    def say(self, *texts: str, **fields: object) -> None:
        """Have Sam say this."""
        for text in texts:
            self.sam.ask(type="say", text=text, **fields)
        self.sam.received()

    def reader(self, name: str = "Alex") -> Reader:
        """Somebody who has just come in, and what they are shown is not read yet."""
        end = self._door(self.server).end
        program = self._door is not Person
        if program:
            end.ask(type="hello", v=1, name=name)
        else:
            end.type(name)
        return Reader(end, program)


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def make(request: pytest.FixtureRequest) -> Callable[..., World]:
    """Makes worlds with one kind of reader."""
    return lambda **how: World(request.param, **how)


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """One with nothing special about it."""
    return make()


@pytest.fixture
def reader(world: World) -> Reader:
    """Somebody who is in, and has read what there was."""
    reader = world.reader()
    reader.entered()
    return reader


# On entering.


def test_shows_who_enters_the_last_that_was_said(world: World) -> None:
    """Twenty of it, the oldest first."""
    world.say(*(f"line {number}" for number in range(25)))
    assert world.reader().entered() == [f"Sam: line {number}" for number in range(5, 25)]


@pytest.mark.parametrize(("backlog", "shown"), [(0, []), (1, ["Sam: two"])])
def test_shows_as_much_as_the_operator_wants(
    make: Callable[..., World], backlog: int, shown: list[str]
) -> None:
    """Or nothing."""
    world = make(backlog=backlog)
    world.say("one", "two")
    assert world.reader().entered() == shown


def test_shows_a_room_s_past_to_who_joins_it(world: World, reader: Reader) -> None:
    """That of the room, and of no other."""
    world.sam.ask(type="join", room="#dev")
    world.say("in the lobby", room="#lobby")
    world.say("in dev", room="#dev")
    reader.end.received()
    reader.join("#dev")
    assert reader.entered() == ["Sam: in dev"]


def test_shows_a_bot_nothing_unless_it_asks() -> None:
    """It would answer to what is long past."""
    world = World(Program)
    world.say("!ping")
    quiet = world.server.connect()
    quiet.ask(type="hello", v=1, name="quiet", bot=True)
    curious = world.server.connect()
    curious.ask(type="hello", v=1, name="curious", bot=True, backlog=5)
    assert [told["type"] for told in quiet.objects()] == ["welcome", "joined"]
    assert [told["type"] for told in curious.objects()] == ["welcome", "backlog"]


def test_shows_nothing_of_whom_one_ignores(world: World, reader: Reader) -> None:
    """Neither live nor from before."""
    world.sam.ask(type="join", room="#dev")
    world.say("hello", room="#dev")
    reader.answer("ignore", name="Sam")
    reader.end.received()
    reader.join("#dev")
    assert reader.entered() == []


# Asking for it.


def test_shows_what_was_said_in_order(world: World, reader: Reader) -> None:
    """With what was done in it, and told to nobody else."""
    world.say("one")
    world.sam.ask(type="me", text="waves")
    assert reader.ask("history") == ["Sam: one", "** Sam waves"]


def test_shows_what_one_has_just_said(reader: Reader) -> None:
    """However fast the question follows."""
    if reader._program:
        asked = ('{"type":"say","text":"hi"}', '{"type":"history","id":1}')
        reader.end.send(b"".join(map(reader.end.as_sent, asked)))
        (answer,) = (told for told in reader.end.objects() if told.get("id") == 1)
        assert reader._shown(answer) == ["Alex: hi"]
    else:
        reader.end.send(b"hi\n/history\n")
        assert [_plain(line) for line in reader.end.lines()] == ["", "Alex: hi"]


def test_shows_the_newest_of_much(world: World, reader: Reader) -> None:
    """Two screens, where nobody says how much."""
    world.say(*(str(number) for number in range(60)))
    reader.end.received()
    assert len(reader.ask("history")) == HISTORY_EVENTS_UNASKED
    assert reader.ask("history", most=2) == ["Sam: 58", "Sam: 59"]


def test_shows_no_more_than_fits(world: World, reader: Reader) -> None:
    """However much is asked for."""
    world.say(*("x" for _ in range(HISTORY_EVENTS + 5)))
    reader.end.received()
    assert len(reader.ask("history", most=HISTORY_EVENTS + 5)) == HISTORY_EVENTS


def test_shows_what_came_before_a_message(world: World, reader: Reader) -> None:
    """So that one goes on where the last answer began."""
    world.say("one", "two", "three")
    reader.end.received()
    assert reader.ask("history", before=3) == ["Sam: one", "Sam: two"]


def test_slows_who_asks_for_much(make: Callable[..., World]) -> None:
    """An answer counts like the lines that fill it, and who asked waits like who sent them."""
    world = make(limits=Limits(message_burst=20, messages=1), backlog=0)
    lines = 20 * ANSWER_BYTES_PER_LINE // (3900 + BESIDE_EVENT)
    for _ in range(lines):
        world.say("x" * 3900)
        world.server.advance(1)
    reader = world.reader()
    reader.entered()
    assert len(reader.ask("history", most=lines)) == lines
    world.sam.received()
    # The request was one line, and its answer 19 of them: there is none left for now.
    reader.say("one")
    reader.say("two")
    assert [said["text"] for said in world.sam.objects()] == ["one"]
    world.server.advance(2)
    assert [said["text"] for said in world.sam.objects()] == ["two"]


def test_says_how_to_go_on() -> None:
    """In words that can be typed."""
    world = World(Person)
    world.say(*(str(number) for number in range(5)))
    end = world.server.person("Alex")
    end.type("/history 2")
    more = end.lines()[-1]
    assert more == "-> More: /history #lobby 2 before 4"
    end.type(more.removeprefix("-> More: "))
    assert [_plain(line) for line in end.lines()][1:3] == ["Sam: 1", "Sam: 2"]


@pytest.mark.parametrize("since", ["1h", "2023-11-14T23:00:00Z"])
def test_shows_what_was_said_since_a_moment(world: World, reader: Reader, since: str) -> None:
    """A time back from now, or a time of the day."""
    world.say("long ago")
    world.server.advance(7200)
    world.say("just now")
    reader.end.received()
    assert reader.ask("history", since=since) == ["Sam: just now"]


@pytest.mark.parametrize("since", ["tomorrow-ish", "99999999999d", "25:99"])
def test_says_what_a_moment_is(reader: Reader, since: str) -> None:
    """A wrong one loses nothing."""
    (why,) = reader.ask("history", since=since)
    assert "12:30" in why


def test_shows_a_conversation_to_those_in_it(world: World, reader: Reader) -> None:
    """What was told alone is nobody else's."""
    world.sam.ask(type="msg", name="Alex", text="psst")
    other = world.reader("Kim")
    other.entered()
    reader.end.received()
    assert reader.ask("history", room="@") == ["[PM from Sam to Alex] psst"]
    assert [line for line in other.ask("history", room="@") if "psst" in line] == []


# Searching.


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("C++20", ["Sam: we use C++20 here"]),
        ("foo.png", ["Sam: see foo.png"]),
        ("https://example.org/a?b=1", ["Sam: https://example.org/a?b=1"]),
        ("咖啡", ["Sam: 咖啡机坏了"]),
        ("机", ["Sam: 咖啡机坏了"]),
        ("USE c", ["Sam: we use C++20 here"]),
        ('"', ['Sam: "quoted" AND NOT']),
        ("AND NOT", ['Sam: "quoted" AND NOT']),
        ("ing", []),
    ],
)
def test_finds_text_as_it_was_typed(
    world: World, reader: Reader, text: str, found: list[str]
) -> None:
    """In any case, anywhere in a word, and never as a language of its own."""
    world.say("we use C++20 here", "see foo.png", "https://example.org/a?b=1", "咖啡机坏了")
    world.say('"quoted" AND NOT')
    reader.end.received()
    shown = reader.ask("search", text=text)
    assert shown == (found if found or reader._program else ["Nothing was found."])


def test_finds_the_newest_first_and_goes_on(world: World, reader: Reader) -> None:
    """A screen at a time."""
    world.say(*(f"cat {number}" for number in range(25)))
    reader.end.received()
    newest = [f"Sam: cat {number}" for number in range(24, 24 - SEARCH_EVENTS, -1)]
    assert reader.ask("search", text="cat") == newest
    if reader._program:
        older = reader.ask("search", text="cat", before=6)
    else:
        reader.end.type("/search cat before:6")
        older = [line for line in map(_plain, reader.end.lines()) if line]
    assert older == [f"Sam: cat {number}" for number in range(4, -1, -1)]


def test_finds_by_room_and_by_name() -> None:
    """The options stand at the end of the line, and what looks like one in a text is text."""
    world = World(Person)
    world.sam.ask(type="join", room="#dev")
    world.say("the build", room="#lobby")
    world.say("the build in:#dev is green", room="#dev")
    end = world.server.person("Alex")
    end.type("the build")
    end.received()
    shown = {}
    for line in ("build in:#dev", "build from:alex", "build from:sam in:lobby", "in:#dev is"):
        end.type(f"/search {line}")
        shown[line] = [_plain(told) for told in end.lines() if not told.startswith("->")]
    assert shown == {
        "build in:#dev": ["[#dev] Sam: the build in:#dev is green"],
        "build from:alex": ["Alex: the build"],
        "build from:sam in:lobby": ["Sam: the build"],
        "in:#dev is": ["[#dev] Sam: the build in:#dev is green"],
    }


def test_finds_nothing_in_a_private_room_of_others(world: World, reader: Reader) -> None:
    """Nor does history show it, nor the context of a number; not when it opens again, either."""
    world.sam.ask(type="join", room="#den")
    world.sam.ask(type="private", on=True)
    world.say("the secret plan", room="#den")
    found = [reader.ask("search", text="secret"), reader.ask("history", room="#den")]
    found.append(reader.ask("context", seq=2))
    world.sam.ask(type="private", room="#den", on=False)
    found += [reader.ask("search", text="secret"), reader.ask("history", room="#den")]
    assert [line for lines in found for line in lines if "secret plan" in line] == []


def test_shows_what_was_around_a_message(world: World, reader: Reader) -> None:
    """Before it and after it."""
    world.say("one", "two", "three", "four", "five")
    reader.end.received()
    assert reader.ask("context", seq=3, n=3) == ["Sam: two", "Sam: three", "Sam: four"]
    (why,) = reader.ask("context", seq=99)
    assert why == "There is no message 99 that you may read."


# Taking it back.


def test_takes_back_what_one_said(world: World, reader: Reader) -> None:
    """It is gone from history and search, and all are told."""
    watcher = world.server.program("Watcher")
    reader.say("my password is hunter2")
    assert reader.answer("delete", seq=1) == "Message 1 is deleted."
    told = watcher.objects()[-1]
    assert (told["type"], told["of"], told["by"]) == ("deleted", 1, "Alex")
    watcher.ask(type="history", id=1)
    watcher.ask(type="search", text="hunter2", id=2)
    shown = [event["type"] for answer in watcher.objects() for event in answer["events"]]
    assert shown == ["deleted"]


def test_lets_nobody_take_back_what_another_said(world: World, reader: Reader) -> None:
    """Unless they rule the room."""
    world.say("mine")
    reader.end.received()
    why = "Only who said it, or an operator of the room, may do that."
    assert reader.answer("delete", seq=1) == why


# Coming back.


def test_sends_a_program_exactly_what_it_missed() -> None:
    """In order, its own among it, and then what follows."""
    server = MemoryServer(OPEN)
    sam = server.program("Sam")
    end = server.connect()
    end.ask(type="hello", v=1, name="Alex")
    welcome = end.objects()[0]
    sam.ask(type="say", text="one")
    seen = end.objects()[-1]["seq"]
    end.drop()
    sam.ask(type="say", text="two")
    sam.ask(type="say", text="three")
    again = server.connect()
    again.ask(type="hello", v=1, name="Alex", resume=welcome["resume"], seen=seen)
    sam.ask(type="say", text="four")
    told = again.objects()
    (backlog,) = (one for one in told if one["type"] == "backlog")
    assert [event["text"] for event in backlog["events"]] == ["two", "three"]
    assert [one["text"] for one in told if one["type"] == "said"] == ["four"]


def test_says_where_too_much_was_missed() -> None:
    """And sends the newest part."""
    server = MemoryServer(OPEN)
    sam = server.program("Sam")
    for number in range(HISTORY_EVENTS + 1):
        sam.ask(type="say", text=str(number))
    end = server.connect()
    end.ask(type="hello", v=1, name="Alex", seen=0)
    (backlog,) = (one for one in end.objects() if one["type"] == "backlog")
    assert (backlog["more"], len(backlog["events"])) == (True, HISTORY_EVENTS)
    assert backlog["events"][0]["text"] == "1"


@pytest.mark.parametrize("verb", ["say", "me", "msg"])
def test_says_once_what_is_sent_again(verb: str) -> None:
    """The same id has the same answer, over connections too."""
    server = MemoryServer()
    sam = server.program("Sam")
    end = server.connect()
    end.ask(type="hello", v=1, name="Alex")
    secret = end.objects()[0]["resume"]
    fields = {"name": "Sam"} if verb == "msg" else {}
    end.ask(type=verb, text="once", id="a1", **fields)
    (first,) = end.objects()
    end.drop()
    again = server.connect()
    again.ask(type="hello", v=1, name="Alex", resume=secret)
    again.received()
    again.ask(type=verb, text="once", id="a1", **fields)
    assert again.objects() == [first]
    assert [told["text"] for told in sam.objects() if told.get("text") == "once"] == ["once"]


def test_refuses_an_id_for_something_else() -> None:
    """What comes with it would be lost without a word."""
    server = MemoryServer()
    alex = server.program("Alex")
    alex.ask(type="say", text="one", id="a1")
    alex.ask(type="say", text="two", id="a1")
    answers = alex.objects()
    assert (answers[1]["type"], answers[1]["code"]) == ("error", "id_used")


# Slowly, under load, and when it fails.


class Hanging(MemoryJournal):
    """A journal whose readers take as long as a test wants."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        self.reads: list[Deferred[Any]] = []

    def past(self, *scope: Any, **span: Any) -> Deferred[Any]:
        """Read, and hold what was read."""
        page: list[Any] = []
        super().past(*scope, **span).addCallback(page.append)
        held: Deferred[Any] = Deferred()
        self.reads.append(held)
        return held.addCallback(lambda _: page[0])


def test_shows_the_past_before_what_comes_after_it() -> None:
    """What is said while it is read waits for it: there is no gap, and no repeat."""
    journal = Hanging()
    server = MemoryServer(OPEN, journal=journal)
    sam = server.program("Sam", bot=True)
    sam.ask(type="say", text="before")
    kim = server.connect()
    kim.type("Kim")
    sam.ask(type="say", text="after")
    assert [line for line in kim.lines() if "Sam:" in line] == []
    journal.reads.pop().callback(None)
    server.settle()
    shown = [line for line in kim.lines() if "Sam:" in line]
    assert shown == ["[00:00] Sam: before", "Sam: after"]


def test_goes_on_where_the_past_cannot_be_read() -> None:
    """A disk that fails takes the past, and not the present."""
    journal = Hanging()
    server = MemoryServer(OPEN, journal=journal)
    sam = server.program("Sam", bot=True)
    kim = server.connect()
    kim.type("Kim")
    sam.ask(type="say", text="after")
    journal.reads.pop().errback(OSError("unreadable"))
    server.settle()
    lines = kim.lines()
    words = "-> What was said before cannot be shown now. /history shows it later."
    assert words in lines
    assert lines[-1] == "Sam: after"


@pytest.mark.parametrize("fails", [False, True], ids=["too much meanwhile", "unreadable"])
def test_says_what_is_missing_where_the_past_is(fails: bool) -> None:
    """So that a program asks for just that, and has no gap."""
    journal = Hanging()
    server = MemoryServer(replace(OPEN, outbox_bytes=10_000), journal=journal)
    sam = server.program("Sam", bot=True)
    for text in ("heard", "missed", "too"):
        sam.ask(type="say", text=text)
    kim = server.connect()
    kim.ask(type="hello", v=1, name="Kim", seen=1)
    sam.ask(type="say", text="x" * 3000)
    read = journal.reads.pop()
    if fails:
        read.errback(OSError("unreadable"))
    else:
        for _ in range(3):
            sam.ask(type="say", text="x" * 3000)
        read.callback(None)
    server.settle()
    told = kim.objects()
    (notice,) = (one for one in told if one["type"] == "notice")
    assert (notice["code"], notice["after"], notice["upto"]) == ("no_history", 1, 3)
    live = [one["seq"] for one in told if one["type"] == "said"]
    missing = {"after": notice["after"], "before": notice["upto"] + 1}
    kim.ask(type="history", id=1, **missing)
    journal.reads.pop().callback(None)
    server.settle()
    (history,) = kim.objects()
    asked_for = [event["seq"] for event in history["events"]]
    assert asked_for + live == list(range(2, journal.last + 1))


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__.lower())
def test_says_who_may_take_back_what_one_was_told_alone(door: type[Guest]) -> None:
    """And to others, that there is nothing of that number that they may read."""
    server = MemoryServer(OPEN)
    sam, alex, kim = (door(server, name) for name in ("Sam", "Alex", "Kim"))
    sam.do("msg", name="Alex", text="psst")
    assert alex.do("delete", seq=1) == "Only who wrote it to you may take it back."
    assert kim.do("delete", seq=1) == "There is no message 1 that you may read."
    assert sam.do("delete", seq=1) == "Message 1 is deleted."


@pytest.mark.parametrize("kept", ["memory", "disk"])
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__.lower())
def test_shows_an_account_what_it_was_told_before_it_was_ever_in(
    door: type[Guest], kept: str, tmp_path: Path
) -> None:
    """One that an operator made: that it is told on coming back is true of its first time too."""
    journal = MemoryJournal(lambda: EPOCH) if kept == "memory" else on_disk(tmp_path / "data")
    bob = Account("bob", "Bob", CHEAP.hash("correct-horse"))
    result(journal.commit([], [Put(ACCOUNT, "bob", msgspec.json.encode(bob))]))
    server = MemoryServer(OPEN, About(backlog=0), journal=journal)
    sam = door(server, "Sam")
    sam.say("bob: look")
    assert sam.do("msg", name="Bob", text="call me") == (
        "Bob is not here, and is told on coming back."
    )
    guest = door(server)
    assert "1 new in private." in guest.prove("Bob", "correct-horse")
    assert [line.partition("] ")[2] for line in guest.hears() if "PM" in line] == [
        "[PM from Sam to Bob] call me"
    ]
    guest.do("quit")
    assert "private" not in door(server).prove("Bob", "correct-horse")
    result(journal.close())


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__.lower())
def test_takes_back_nothing_but_what_was_said(door: type[Guest]) -> None:
    """Who may read a topic or a ruling is told so; to others there is none of that number."""
    server = MemoryServer(OPEN)
    sam, kim = (door(server, name) for name in ("Sam", "Kim"))
    sam.do("join", room="#dev")
    sam.do("private", on=True)
    sam.do("topic", text="Plans")
    why = "Only what somebody said is taken back; that is a topic, or a ruling."
    assert [sam.do("delete", seq=seq) for seq in (1, 2)] == [why, why]
    for seq in (2, 99):
        assert kim.do("delete", seq=seq) == f"There is no message {seq} that you may read."
