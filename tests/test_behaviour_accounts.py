"""What people do to own a name, and with one that they own, through every door."""

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from doors import DOORS, Guest, Person, Program
from hashing import Later
from journals import on_disk, result
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.defer import Deferred

from twisted_chat.accounts.account import Account, Code
from twisted_chat.accounts.book import ACCOUNT
from twisted_chat.accounts.policy import Policy
from twisted_chat.house import About
from twisted_chat.journal import Put
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import (
    ACCOUNTS,
    CODE_SECONDS,
    HASHES_AT_ONCE,
    HASHES_WAITING,
    HISTORY_EVENTS_UNASKED,
    LONGEST_CODE_SECONDS,
    MISSED_EVENTS,
    OFF,
    Limits,
)
from twisted_chat.testing import CHEAP, EPOCH, MemoryServer

AFAR = "192.0.2.1"
HORSE = "correct-horse"
WRONG = "Wrong name or password."
WRONG_OWN = "Wrong password."
WELCOME = "You are {}, in #lobby"


class Slow(MemoryJournal):
    """Takes its time to read where somebody was."""

    def __init__(self) -> None:
        super().__init__(lambda: EPOCH)
        self.slow = False
        self._waiting: list[Deferred[Any]] = []

    def heard(self, actor: str) -> "Deferred[Any]":
        if not self.slow:
            return super().heard(actor)
        waiting: Deferred[Any] = Deferred()
        self._waiting.append(waiting.addCallback(lambda _: super(Slow, self).heard(actor)))
        return waiting

    def go_on(self) -> None:
        """Read it now."""
        for waiting in self._waiting:
            waiting.callback(None)


class Full(MemoryJournal):
    """Keeps nothing while it is full."""

    def __init__(self) -> None:
        super().__init__(lambda: EPOCH)
        self.full = False

    def commit(self, *args: Any, **kwargs: Any) -> "Deferred[Any]":
        if self.full:
            raise OSError("no space left")
        return super().commit(*args, **kwargs)


class World:
    """A server, and guests at one of its doors."""

    def __init__(
        self, door: type[Guest], *, logins: int = OFF, backlog: int = 0, **server: Any
    ) -> None:
        # What was said before is the matter of another suite.
        limits = Limits(logins=logins)
        self.server = MemoryServer(limits, About(backlog=backlog), **server)
        self.door = door

    def knock(self, host: str = AFAR) -> Guest:
        """Somebody without a name yet."""
        return self.door(self.server, host=host)

    def guest(self, name: str, host: str = AFAR) -> Guest:
        """Somebody who has entered."""
        return self.door(self.server, name, host)

    def owner(self, name: str, host: str = AFAR) -> Guest:
        """Somebody who has an account, and makes it first where there is none."""
        if self.server.house.book.account(name.lower()) is None:
            guest = self.guest(name, host)
            assert "is yours" in guest.do("register", password=HORSE)
        else:
            guest = self.knock(host)
            assert WELCOME.format(name) in guest.prove(name, HORSE)
        guest.hears()
        return guest


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def door(request: pytest.FixtureRequest) -> type[Guest]:
    """The door that the suite runs through."""
    door: type[Guest] = request.param
    return door


@pytest.fixture
def world(door: type[Guest]) -> World:
    """A new server."""
    return World(door)


# Owning a name.


def test_makes_a_name_ones_own(world: World) -> None:
    """Nobody else gets it from then on, not while its owner is away, and nothing like it."""
    alex = world.guest("Alex")
    assert alex.do("register", password=HORSE) == (
        "The name Alex is yours: your password is asked for from now on."
    )
    alex.do("quit")
    assert WELCOME.format("Alex") not in world.knock().enter("Alex")
    assert world.knock().prove("Alex", "wrong-horse") == WRONG
    assert world.knock().enter("A1ex") == (
        "The name A1ex looks like Alex, which is owned. Choose another."
    )
    sam = world.guest("Sam")
    assert sam.do("nick", name="aLEX") == (
        "The name aLEX is owned. /login aLEX PASSWORD makes it yours."
    )
    assert WELCOME.format("Alex") in world.knock().prove("alex", HORSE)


def test_asks_again_after_a_wrong_password(world: World) -> None:
    """Whoever knows it comes in at the next try, or takes another name."""
    world.owner("Alex").do("quit")
    for name in ("Alex", "Sam"):
        guest = world.knock()
        assert guest.prove("Alex", "wrong-horse") == WRONG
        if isinstance(guest, Person):
            guest.end.type(HORSE if name == "Alex" else "")
            answer = guest.answered() if name == "Alex" else guest.enter(name)
        else:
            answer = guest.prove(name, HORSE) if name == "Alex" else guest.enter(name)
        assert WELCOME.format(name) in answer


@pytest.mark.parametrize("refused", ["wrong", "busy", "waits"])
def test_takes_no_password_for_a_name(refused: str) -> None:
    """Who types it once more is asked for it still, whatever was wrong with it."""
    work = Later()
    world = World(Person, hashing=work, logins=1 if refused == "waits" else OFF)
    world.server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    witness, alex = world.guest("Witness"), world.server.connect(AFAR)
    alex.type("Alex")
    many = HASHES_AT_ONCE + HASHES_WAITING
    for number in range(many if refused == "busy" else 0):
        other = world.server.connect(f"198.51.100.{number}")
        other.ask(type="hello", v=1, name=f"Nobody{number}", password=HORSE)
    said = []
    for _ in range(2):
        alex.type("battery-staple")
        if refused != "busy" and work.waiting:
            work.do()
            world.server.settle()
        said.append(alex.lines())
    wrong = {
        "wrong": "Wrong name or password.",
        "busy": "Too many people log in at the moment. Try again in a minute.",
        "waits": "Too many tries. Wait 60 seconds.",
    }
    again = ["An empty line leads back to the name.", "Password (it can be seen as you type):"]
    assert said[1] == [f"-> {wrong[refused]}", *again]
    assert witness.hears() == []
    assert [str(user.name) for user in world.server.house.chat.users.values()] == ["Witness"]


def test_asks_for_a_password_so_often_and_no_more() -> None:
    """Each one counts as a name that could not be had."""
    world = World(Person)
    world.owner("Alex").do("quit")
    end = world.server.connect()
    end.type("Alex", *["wrong-horse"] * (world.server.limits.name_tries - 1))
    assert not end.closed
    end.type("wrong-horse")
    assert end.closed
    assert end.lines()[-2:] == [f"-> {WRONG}", "Too many tries. Goodbye."]


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "A password has 8 characters at least."),
        ("x" * 129, "A password has 128 characters at most."),
        ("Alexander", "Your name is the first password that others try."),
    ],
)
def test_says_which_passwords_one_may_have(world: World, password: str, why: str) -> None:
    """In length, and not one's name."""
    assert world.guest("Alexander").do("register", password=password) == why


def test_takes_no_second_word_for_a_part_of_the_password(world: World) -> None:
    """Nor drops it without a word."""
    alex = world.guest("Alex")
    assert alex.do("register", password="battery-horse", code="staple") == (
        "Nobody needs a code here. A password that is typed after a verb is one word."
    )


def test_registers_nobody_twice(world: World) -> None:
    """Who has an account is told so."""
    alex = world.owner("Alex")
    assert alex.do("register", password=HORSE) == "The name Alex is yours already."


def test_becomes_who_one_is_while_being_a_guest(world: World) -> None:
    """The others hear that the guest has another name."""
    world.owner("Alex").do("quit")
    kim, guest = world.guest("Kim"), world.guest("Visitor")
    kim.hears()
    assert guest.do("login", name="Alex", password="wrong-horse") == WRONG
    assert WELCOME.format("Alex") in guest.do("login", name="alex", password=HORSE)
    assert kim.hears() == [" * Visitor is now known as Alex."]
    guest.say("It is me.")
    assert kim.hears() == ["Alex: It is me."]


def test_logs_nobody_in_twice(world: World) -> None:
    """One logs out first."""
    world.owner("Sam")
    alex = world.owner("Alex")
    assert alex.do("login", name="Sam", password=HORSE) == (
        "You are logged in as Alex. /logout first."
    )


def test_gives_another_name_after_logging_out(world: World) -> None:
    """The connection stays, and asks for a name as in the beginning."""
    kim, alex = world.guest("Kim"), world.owner("Alex")
    kim.hears()
    assert alex.do("logout") == "You are Alex no more."
    assert kim.hears() == [" * Alex left. (After 0 seconds)"]
    assert WELCOME.format("Sam") in alex.enter("Sam")
    assert kim.hears() == [" * Sam joined."]


def test_changes_a_password(world: World) -> None:
    """For who knows the one of before; a new one has to be one."""
    alex = world.owner("Alex")
    assert alex.do("passwd", old="wrong-horse", new="battery-staple") == WRONG_OWN
    assert "8 characters" in alex.do("passwd", old=HORSE, new="short")
    assert alex.do("passwd", old=HORSE, new="battery-staple") == "Your password is changed."
    assert world.knock().prove("Alex", HORSE) == WRONG
    assert WELCOME.format("Alex") in world.knock().prove("Alex", "battery-staple")


def test_ends_the_sessions_of_who_loses_the_account(door: type[Guest], tmp_path: Path) -> None:
    """The operator removes it while the server runs; whom the operator makes is there at once."""
    world = World(door, journal=on_disk(tmp_path), policy=Policy(administrator="kim"))
    alex, other, witness = world.owner("Alex"), world.owner("Alex"), world.guest("Witness")
    witness.hears()
    with closing(AdminStore.open_for_admin(tmp_path)) as store:
        kim = msgspec.json.encode(Account("1", "Kim", CHEAP.hash(HORSE)))
        store.put_from_outside([Put(ACCOUNT, "alex", None), Put(ACCOUNT, "kim", kim)])
    world.server.house.look_for_changes()
    world.server.settle()
    assert (alex.closed, other.closed, witness.closed) == (True, True, False)
    assert "Your account is no more. Goodbye." in (*alex.hears(), alex.answered())
    assert witness.hears() == [" * Alex left. (After 0 seconds)"]
    assert WELCOME.format("Kim") in world.knock().prove("Kim", HORSE)
    assert [account.name for account in world.server.house.book.administrators] == ["Kim"]
    world.server.house.close(lambda: None)
    world.server.settle()
    result(world.server.house.journal.close())


def test_gives_an_account_up(world: World) -> None:
    """For who knows the password; the name is anybody's then, and its owner is a guest."""
    alex = world.owner("Alex")
    assert alex.do("drop", password="wrong-horse") == WRONG_OWN
    assert alex.do("drop", password=HORSE) == ("Your account is gone. The name Alex is anybody's.")
    assert "is yours" not in alex.do("passwd", old=HORSE, new=HORSE)
    assert alex.do("passwd", old=HORSE, new=HORSE) == (
        "You have no account. /register PASSWORD makes one."
    )
    alex.do("quit")
    assert WELCOME.format("alex") in world.knock().enter("alex")


def test_tells_the_other_sessions_that_the_account_is_given_up(world: World) -> None:
    """They are a guest's from then on: of the tokens that they came in with nothing is left."""
    first, second, witness = world.owner("Alex"), world.owner("Alex"), world.guest("Witness")
    bot = world.server.program("Alex", token=first.do("token", name="bot").rpartition(" ")[2])
    for guest in (first, second, witness):
        guest.hears(), guest.answered()
    first.do("drop", password=HORSE)
    words = "Your account is no more. You are a guest now."
    assert words in (*second.hears(), second.answered())
    assert words not in (*first.hears(), first.answered(), *witness.hears())
    assert bot.objects()[-1] == {"type": "notice", "code": "no_account", "text": words}
    assert "is yours" in first.do("register", password=HORSE)
    first.do("passwd", old=HORSE, new="battery-staple")
    assert (second.closed, bot.closed) == (True, True)


def test_tells_nobody_that_an_account_is_gone_which_is_not(door: type[Guest]) -> None:
    """Where that could not be kept."""
    journal = Full()
    world = World(door, journal=journal)
    first, second = world.owner("Alex"), world.owner("Alex")
    journal.full = True
    assert "cannot save" in first.do("drop", password=HORSE)
    assert (second.hears(), second.answered()) == ([], "")
    assert first.do("tokens") == "You have no tokens. /token NAME makes one."


def test_spells_ones_name_otherwise_and_nothing_else(world: World) -> None:
    """An account is called what it is called."""
    alex = world.owner("Alex")
    assert alex.do("nick", name="Sam") == (
        "You are logged in as Alex, and called that. /logout first."
    )
    assert "aLEX" in alex.do("nick", name="aLEX")


@pytest.mark.parametrize("verb", ["passwd", "drop", "token", "tokens", "revoke"])
def test_asks_a_guest_to_register_first(world: World, verb: str) -> None:
    """What is an owner's is nobody else's."""
    fields = {
        "passwd": {"old": HORSE, "new": HORSE},
        "drop": {"password": HORSE},
        "token": {"name": "bot"},
        "tokens": {},
        "revoke": {"name": "bot"},
    }
    assert world.guest("Sam").do(verb, **fields[verb]) == (
        "You have no account. /register PASSWORD makes one."
    )


# Several sessions.


def test_is_one_user_in_several_sessions(world: World) -> None:
    """The others see one person, who comes once, and leaves with the last session."""
    kim, first = world.guest("Kim"), world.owner("Alex")
    kim.hears()
    second = world.knock()
    assert "You are Alex, in #lobby with Kim." in second.prove("Alex", HORSE)
    assert kim.hears() == []
    assert kim.do("names") == "2 in the chat: Kim, Alex."
    first.end.drop()
    assert kim.hears() == []
    second.do("quit")
    assert kim.hears() == [" * Alex left. (After 0 seconds)"]


def test_takes_the_name_at_once_while_a_session_hangs(world: World) -> None:
    """Nobody waits for a connection that is dead without knowing it."""
    hanging = world.owner("Alex")
    hanging.end.stop_reading()
    second = world.knock()
    assert WELCOME.format("Alex") in second.prove("Alex", HORSE)
    third = world.guest("Visitor")
    assert WELCOME.format("Alex") in third.do("login", name="Alex", password=HORSE)


def test_shows_the_same_in_all_sessions(world: World) -> None:
    """What others say, and what the user says in another of them."""
    kim, first, second = world.guest("Kim"), world.owner("Alex"), world.owner("Alex")
    kim.hears()
    kim.say("hello")
    first.say("hi")
    assert first.hears() == ["Kim: hello"]
    assert second.hears() == ["Kim: hello", "Alex: hi"]
    assert kim.hears() == ["Alex: hi"]


def test_shows_what_one_told_somebody_alone_in_all_sessions(world: World) -> None:
    """On both sides."""
    kims, alexs = (
        [world.owner("Kim"), world.owner("Kim")],
        [world.owner("Alex"), world.owner("Alex")],
    )
    for guest in (*kims, *alexs):
        guest.hears()
    assert alexs[0].do("msg", name="Kim", text="psst") == "Told Kim."
    sent = "[PM to Kim] psst" if world.door is Person else "[PM from Alex] psst"
    assert [guest.hears() for guest in alexs] == [[], [sent]]
    assert [guest.hears() for guest in kims] == [["[PM from Alex] psst"]] * 2


def test_is_in_the_same_rooms_in_all_sessions(world: World) -> None:
    """A room that is entered in one is heard in the others."""
    kim, first = world.guest("Kim"), world.owner("Alex")
    kim.do("join", room="#dev")
    second = world.owner("Alex")
    first.do("join", room="#dev")
    second.hears()
    kim.say("hello")
    assert (first.hears(), second.hears()) == (["Kim: hello"], ["[#dev] Kim: hello"])


# Coming back.


def test_tells_who_comes_back_what_was_said(world: World) -> None:
    """How much in each room; what they were told alone first, then what mentions them."""
    world.owner("Alex").do("quit")
    kim = world.guest("Kim")
    kim.say("anybody here?")
    kim.say("@alex: look")
    assert kim.do("msg", name="ALEX", text="call me") == (
        "Alex is not here, and is told on coming back."
    )
    kim.say("Alex, are you here?")
    alex = world.knock()
    told = alex.prove("Alex", HORSE).split("\n")
    assert [line for line in told if "new" in line or "/missed" in line] == [
        "3 new in #lobby, 2 mention you.",
        "1 new in private.",
        "/missed shows the rest.",
    ]
    assert alex.hears() == [
        *(["Password (it can be seen as you type):"] if world.door is Person else []),
        "[22:13] [PM from Kim to Alex] call me",
        "[22:13] Kim: @alex: look",
        "[22:13] Kim: Alex, are you here?",
    ]


@pytest.mark.parametrize("more", [0, 1])
def test_shows_so_much_of_what_was_missed(world: World, more: int) -> None:
    """At the bound all of it, and beyond it the newest, with the way to the rest."""
    world.owner("Alex").do("quit")
    kim = world.guest("Kim")
    for number in range(MISSED_EVENTS + more):
        kim.do("msg", name="Alex", text=f"call {number}")
        world.server.advance(1)
    alex = world.knock()
    told = alex.prove("Alex", HORSE)
    shown = [line.partition("Alex] ")[2] for line in alex.hears() if "PM" in line]
    assert shown == [f"call {number}" for number in range(more, MISSED_EVENTS + more)]
    assert ("/missed shows the rest." in told) == bool(more)


@pytest.mark.parametrize(
    ("backlog", "elsewhere"), [(3, False), (2, False), (0, False), (3, True), (4, True), (5, True)]
)
def test_names_the_rest_only_where_there_is_one(backlog: int, elsewhere: bool) -> None:
    """What the last of the room shows is no rest; what was said in another room is.

    What one has heard, or said oneself before the connection was lost, is not new there.
    """
    world = World(Person, backlog=backlog)
    kim, alex = world.guest("Kim"), world.owner("Alex")
    for guest in (kim, alex):
        guest.do("join", room="#dev")
        guest.do("switch", room="#lobby")
    kim.say("heard")
    world.server.advance(600)
    alex.say("mine")
    alex.end.drop()
    for text in ("one", "two", "three"):
        kim.say(text)
    kim.do("msg", name="Alex", text="call me")
    if elsewhere:
        kim.do("join", room="#dev")
        kim.say("built")
    told = world.knock().prove("Alex", HORSE)
    assert "3 new in #lobby." in told
    assert ("/missed shows the rest." in told) == (backlog < 3 or elsewhere)


def test_shows_the_day_once_before_what_is_meant_for_oneself(world: World) -> None:
    """What one was told alone and what mentions one are of the same day."""
    world.owner("Alex").do("quit")
    kim = world.guest("Kim")
    kim.do("msg", name="Alex", text="call me")
    kim.say("@alex: look")
    assert world.knock().prove("Alex", HORSE).split("\n").count("2023-11-14") == 1


def test_shows_the_rest_of_what_was_missed(world: World) -> None:
    """Room by room, until there is nothing."""
    world.owner("Alex").do("quit")
    kim = world.guest("Kim")
    kim.say("one")
    kim.do("msg", name="Alex", text="two")
    alex = world.owner("Alex")
    shown = []
    while "There is nothing." not in alex.do("missed"):
        shown += [line.partition("] ")[2] for line in alex.hears()]
    assert sorted(shown) == ["Kim: one", "[PM from Kim to Alex] two"]


def test_says_how_much_is_left_of_what_was_missed_and_where(world: World) -> None:
    """After each part of it, until nothing is; what one said oneself is not counted."""
    alex = world.owner("Alex")
    alex.say("mine")
    alex.end.drop()
    kim = world.guest("Kim")
    kim.do("msg", name="Alex", text="call me")
    for number in range(HISTORY_EVENTS_UNASKED + 2):
        kim.say(f"line {number}")
        world.server.advance(1)
    alex = world.owner("Alex")
    said = [alex.do("missed").split("\n")[-1] for _ in range(3)]
    assert said[0] == "More: /missed (1 in private, 3 in #lobby)"
    assert said[1] == "More: /missed (3 in #lobby)"
    assert "More" not in said[2]


def test_tells_nothing_of_what_was_heard_in_any_session(world: World) -> None:
    """It was heard; and what one said oneself is no news."""
    kim, first, second = world.guest("Kim"), world.owner("Alex"), world.owner("Alex")
    first.do("quit")
    kim.say("to the second")
    second.say("I heard")
    second.do("quit")
    assert " new in " not in world.knock().prove("Alex", HORSE)


def test_is_back_in_the_rooms_that_one_was_in(world: World) -> None:
    """With what was said there."""
    kim, alex = world.guest("Kim"), world.owner("Alex")
    for guest in (kim, alex):
        guest.do("join", room="#dev")
    alex.do("quit")
    kim.say("built")
    assert "1 new in #dev." in world.knock().prove("Alex", HORSE)
    kim.hears()
    kim.say("still there")
    assert kim.do("who", room="#dev").startswith("2 in #dev: Kim")


def test_tells_a_guest_who_logs_in_what_was_said(world: World) -> None:
    """Coming back by the verb is coming back."""
    world.owner("Alex").do("quit")
    kim = world.guest("Kim")
    kim.do("msg", name="Alex", text="call me")
    guest = world.guest("Visitor")
    assert "1 new in private." in guest.do("login", name="Alex", password=HORSE)
    assert guest.hears()[-1] == "[22:13] [PM from Kim to Alex] call me"


def test_answers_who_wrote_while_one_was_away(world: World) -> None:
    """The last of them is meant."""
    world.owner("Alex").do("quit")
    kim = world.guest("Kim")
    kim.do("msg", name="Alex", text="call me")
    assert world.owner("Alex").do("reply", text="now") == "Told Kim."
    assert kim.hears()[-1] == "[PM from Alex] now"


def test_keeps_nothing_for_who_owns_nothing(world: World) -> None:
    """A guest who has left is nobody."""
    kim, sam = world.guest("Kim"), world.guest("Sam")
    sam.do("quit")
    assert "nobody called Sam" in kim.do("msg", name="Sam", text="call me")


# Who may register, and who administers.


def test_has_the_first_one_on_this_machine_administer(world: World) -> None:
    """And no stranger before them, nor anybody after them."""
    first = world.guest("Sam").do("register", password=HORSE)
    second = world.guest("Alex", "127.0.0.1").do("register", password=HORSE)
    third = world.guest("Kim", "127.0.0.1").do("register", password=HORSE)
    admin = [text.endswith("You administer the server.") for text in (first, second, third)]
    assert admin == [False, True, False]


def test_has_who_is_named_administer(door: type[Guest]) -> None:
    """From this machine, and not from elsewhere."""
    world = World(door, policy=Policy(administrator="alex"))
    assert "administer" not in world.guest("Sam", "127.0.0.1").do("register", password=HORSE)
    stranger = world.guest("Alex")
    assert stranger.do("register", password=HORSE) == (
        "That account is made on the server's own machine."
    )
    stranger.do("quit")
    assert "administer" in world.guest("ALEX", "127.0.0.1").do("register", password=HORSE)


def test_makes_no_administrator_by_a_code(door: type[Guest]) -> None:
    """Whoever has one does not administer the server for a name that they know."""
    world = World(door, policy=Policy(registration="invite", administrator="alex"))
    admin = Account("1", "Kim", CHEAP.hash(HORSE), admin=True)
    world.server.house.book.add(admin)
    kim, stranger = world.owner("Kim"), world.guest("Alex")
    code = kim.do("invite-code").rpartition(" ")[2]
    assert stranger.do("register", password=HORSE, code=code) == (
        "That account is made on the server's own machine."
    )
    stranger.do("nick", name="Sam")
    assert "administer" not in stranger.do("register", password=HORSE, code=code)


def test_has_nobody_be_the_first_administrator_twice(door: type[Guest], tmp_path: Path) -> None:
    """The first one gave the account up: a server that starts again knows that as well."""
    first = World(door, journal=on_disk(tmp_path))
    alex = first.guest("Alex", "127.0.0.1")
    assert "You administer the server." in alex.do("register", password=HORSE)
    assert "is gone" in alex.do("drop", password=HORSE)
    assert "administer" not in alex.do("register", password=HORSE)
    result(first.server.house.journal.close())
    second = World(door, journal=on_disk(tmp_path))
    sam = second.guest("Sam", "127.0.0.1")
    assert "is yours" in sam.do("register", password=HORSE)
    assert second.server.house.book.administrators == []
    result(second.server.house.journal.close())


def test_registers_nobody_where_that_is_closed(door: type[Guest]) -> None:
    """And says whom to ask."""
    world = World(door, policy=Policy(registration="closed"))
    assert world.guest("Sam", "127.0.0.1").do("register", password=HORSE) == (
        "Nobody registers here: ask the operator for an account."
    )


def test_registers_who_is_invited(door: type[Guest]) -> None:
    """With a code that an administrator made: once, and until it ends."""
    world = World(door, policy=Policy(registration="invite"))
    alex = world.owner("Alex", host="127.0.0.1")
    sam, kim = world.guest("Sam"), world.guest("Kim")
    assert sam.do("invite-code") == "Only an administrator may do that."
    code = alex.do("invite-code").rpartition(" ")[2]
    assert "/register PASSWORD CODE" in sam.do("register", password=HORSE)
    refused = "That code is no good, or not any more. Ask for a new one."
    assert sam.do("register", password=HORSE, code=code.swapcase()) == refused
    assert "is yours" in sam.do("register", password=HORSE, code=code)
    assert kim.do("register", password=HORSE, code=code) == refused
    for time, seconds in ((None, CODE_SECONDS), ("1h30m", 5400)):
        code = alex.do("invite-code", **({} if time is None else {"time": time})).split()[-1]
        world.server.clock.advance(seconds)
        assert kim.do("register", password=HORSE, code=code) == refused


def test_says_until_when_a_code_is_good_and_what_it_is_for(door: type[Guest]) -> None:
    """In the words for how long that are told everywhere."""
    world = World(door, policy=Policy(registration="invite"))
    alex = world.owner("Alex", host="127.0.0.1")
    made = alex.do("invite-code", time="30m")
    good = "Good for one account until 22:44, with /register PASSWORD CODE: "
    assert made.startswith(good)
    assert "is yours" in world.guest("Sam").do(
        "register", password=HORSE, code=made.removeprefix(good)
    )
    assert alex.do("invite-code", time="soon") == "Write how long as 90s, 10m, 1h30m, 2d or 1w."


def test_gives_a_program_what_it_made_in_a_field() -> None:
    """The token and the code themselves, beside the words about them."""
    world = World(Program, policy=Policy(registration="invite"))
    end = world.owner("Alex", host="127.0.0.1").end
    end.objects()
    end.ask(type="token", name="bot", id=1)
    end.ask(type="invite_code", id=2)
    token, code = end.objects()
    assert token["text"].endswith(f": {token['secret']}")
    assert code["text"].endswith(f": {code['secret']}")
    assert world.server.house.book.token(token["secret"]) is not None
    assert "is yours" in world.guest("Sam").do("register", password=HORSE, code=code["secret"])


def test_bounds_how_long_a_code_is_good(door: type[Guest]) -> None:
    """To a year: what is for ever is no expiry."""
    world = World(door, policy=Policy(registration="invite"))
    alex = world.owner("Alex", host="127.0.0.1")
    assert alex.do("invite-code", time="3650d") == "A code is good for 365d at most."
    too_long = f"{LONGEST_CODE_SECONDS + 1}s"
    assert alex.do("invite-code", time=too_long) == "A code is good for 365d at most."
    code = alex.do("invite-code", time=f"{LONGEST_CODE_SECONDS}s").rpartition(" ")[2]
    world.server.clock.advance(LONGEST_CODE_SECONDS - 1)
    assert WELCOME.format("Kim") in world.knock().register("Kim", HORSE, code)


def test_lets_only_accounts_in_where_there_are_no_guests(door: type[Guest]) -> None:
    """Whether a name is owned is told to nobody; who gives the account up is out."""
    policy = Policy(guests=False)
    world = World(door, policy=policy, checkers=[_memory(alex=HORSE)])
    for name in ("Alex", "Kim"):
        guest = world.knock()
        assert WELCOME.format(name) not in guest.enter(name)
        assert world.knock().prove(name, "wrong-horse") == WRONG
    alex, other = world.knock(), world.knock()
    for session in (alex, other):
        assert WELCOME.format("alex") in session.prove("alex", HORSE)
    assert alex.do("drop", password=HORSE).startswith("Your account is gone.")
    assert (alex.closed, other.closed) == (False, True)
    assert "alex" not in world.server.house.chat.users
    assert WELCOME.format("alex") in alex.prove("alex", HORSE)


def test_tells_a_program_that_only_accounts_come_in() -> None:
    """Of every name the same."""
    world = World(Program, policy=Policy(guests=False))
    world.server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    for name in ("Alex", "Kim"):
        end = world.server.connect()
        end.ask(type="hello", v=1, name=name, id=1)
        (refused,) = end.objects()
        assert (refused["code"], refused["text"]) == (
            "guests_not_allowed",
            "Only accounts come in here. Send a password, or a token.",
        )


# Registering from outside.


@pytest.mark.parametrize("guests", [True, False])
def test_registers_who_is_outside(door: type[Guest], guests: bool) -> None:
    """Who is in then, as the owner; also where only accounts come in."""
    world = World(door, policy=Policy(guests=guests, administrator="kim"))
    kim = world.knock("127.0.0.1")
    assert WELCOME.format("Kim") in kim.register("Kim", HORSE)
    kim.hears()
    alex = world.knock()
    told = alex.register("Alex", HORSE)
    assert WELCOME.format("Alex") in told
    words = "The name Alex is yours: your password is asked for from now on."
    assert words in "\n".join([told, *alex.hears()])
    assert kim.hears() == [" * Alex joined."]
    assert alex.do("passwd", old=HORSE, new="battery-staple") == "Your password is changed."
    assert alex.do("bans", room="*") == "Only an administrator may do that."
    assert "Nobody is banned" in kim.do("bans", room="*")
    assert WELCOME.format("Alex") in world.knock().prove("Alex", "battery-staple")


def test_keeps_who_registered_from_outside(door: type[Guest], tmp_path: Path) -> None:
    """Their account, and how far they have heard."""
    first = World(door, journal=on_disk(tmp_path))
    alex = first.knock()
    assert WELCOME.format("Alex") in alex.register("Alex", HORSE)
    alex.do("quit")
    first.guest("Kim").say("Alex: hello")
    result(first.server.house.journal.close())
    second = World(door, journal=on_disk(tmp_path))
    assert "1 new in #lobby, 1 mentions you." in second.knock().prove("Alex", HORSE)
    result(second.server.house.journal.close())


def test_registers_who_is_outside_with_a_code(door: type[Guest]) -> None:
    """Where one is invited."""
    world = World(door, policy=Policy(guests=False, registration="invite"))
    admin = world.knock("127.0.0.1")
    assert WELCOME.format("Ada") in admin.register("Ada", HORSE)
    code = admin.do("invite-code").rpartition(" ")[2]
    guest = world.knock()
    how = "One registers with a code here: /register NAME PASSWORD CODE."
    assert guest.register("Sam", HORSE) == how
    assert guest.register("Sam", HORSE, "a-guess").startswith("That code is no good")
    assert WELCOME.format("Sam") in guest.register("Sam", HORSE, code)
    assert world.knock().register("Kim", HORSE, code).startswith("That code is no good")


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("Alex", HORSE, "The name Alex is owned. Choose another."),
        ("A1ex", HORSE, "The name A1ex looks like Alex, which is owned. Choose another."),
        ("kim", HORSE, "The name kim is taken. Choose another."),
        ("admin", HORSE, "The name admin is reserved. Choose another."),
        ("Sam", "short", "A password has 8 characters at least."),
        ("sam-the-man", "sam-the-man", "Your name is the first password that others try."),
    ],
)
def test_registers_no_name_that_cannot_be_had(
    world: World, name: str, password: str, why: str
) -> None:
    """By the same rules as inside; another may be tried."""
    world.owner("Alex")
    kim, guest = world.guest("Kim"), world.knock()
    assert guest.register(name, password) == why
    assert kim.hears() == []
    assert WELCOME.format("Zoe") in guest.register("Zoe", HORSE)
    assert {one.name for one in world.server.house.book.looks.values()} == {"Alex", "Zoe"}


def test_registers_nobody_from_outside_who_may_not(door: type[Guest]) -> None:
    """Where that is closed, in a lockdown, and who is banned; it leaves nothing behind."""
    closed = World(door, policy=Policy(registration="closed")).knock()
    assert closed.register("Sam", HORSE) in (
        "Nobody registers here: ask the operator for an account.",
        "Give your name; who owns it is asked for the password. Nobody registers here.",
    )
    world = World(door)
    ada = world.owner("Ada", "127.0.0.1")
    ada.do("ban", room="*", who=AFAR)
    assert "You are banned from this server" in world.knock().register("Sam", HORSE)
    ada.do("unban", room="*", who=AFAR)
    ada.do("lockdown", on=True)
    locked = "The server is locked down: nobody registers. Try again later."
    assert world.knock().register("Sam", HORSE) == locked
    ada.do("lockdown", on=False)
    assert WELCOME.format("Sam") in world.knock().register("Sam", HORSE)


def test_hashes_little_for_who_registers_from_outside(door: type[Guest]) -> None:
    """As many a minute as for who logs in."""
    world = World(door, logins=2)
    for name in ("Ada", "Bob"):
        assert WELCOME.format(name) in world.knock().register(name, HORSE)
    assert world.knock().register("Cid", HORSE).startswith("Too many tries.")
    assert WELCOME.format("Cid") in world.knock("192.0.2.2").register("Cid", HORSE)


def test_hashes_nothing_for_a_name_that_cannot_be_had(door: type[Guest]) -> None:
    """It keeps nobody waiting, and whoever chose it may choose another."""
    world = World(door, logins=1)
    world.guest("Kim")
    for name in ("Kim", "kim", "admin"):
        assert not world.knock().register(name, HORSE).startswith("Too many tries.")
    assert WELCOME.format("Zoe") in world.knock().register("Zoe", HORSE)


def test_registers_nobody_who_has_gone_meanwhile(door: type[Guest]) -> None:
    """Nor a name that another has by then."""
    work = Later()
    world = World(door, hashing=work)
    gone, late = world.knock(), world.knock()
    gone.register("Sam", HORSE)
    late.register("Kim", HORSE)
    gone.end.drop()
    kim = world.guest("Kim")
    work.do(2)
    world.server.settle()
    assert late.answered() == "The name Kim is taken. Choose another."
    assert world.server.house.book.looks == {}
    assert kim.do("names") == "1 in the chat: Kim."


@pytest.mark.parametrize("what", ["the code", "the place"])
def test_lets_nobody_in_for_what_another_has_by_then(door: type[Guest], what: str) -> None:
    """They asked together; the second hears why not, and is not in."""
    work = Later()
    policy = Policy(registration="invite" if what == "the code" else "open")
    world = World(door, hashing=work, policy=policy)
    code = "an-invitation" if what == "the code" else ""
    book = world.server.house.book
    book.add_code("an-invitation", Code("Ada", EPOCH + 60), EPOCH)
    if what == "the place":
        value = msgspec.json.encode(Account("1", "Ada", ""))
        for number in range(ACCOUNTS - 1):
            book.apply(Put(ACCOUNT, f"k{number}", value))
    first, second = world.knock(), world.knock()
    for name, guest in (("Kim", first), ("Sam", second)):
        guest.register(name, HORSE, code)
    work.do(2)
    world.server.settle()
    assert WELCOME.format("Kim") in first.answered()
    words = {
        "the code": "That code is no good, or not any more. Ask for a new one.",
        "the place": "There are as many accounts as this server keeps.",
    }
    assert second.answered() == words[what]
    assert first.do("names") == "1 in the chat: Kim."


def test_lets_nobody_stay_whose_account_is_not_kept(door: type[Guest]) -> None:
    """They are told, and may try again; the others saw them come and go."""
    journal = Full()
    world = World(door, journal=journal)
    kim, alex = world.guest("Kim"), world.knock()
    journal.full = True
    alex.register("Alex", HORSE)
    told = "\n".join([*alex.hears(), alex.answered()])
    assert "The server cannot save your account now. Try again later." in told
    assert "is yours" not in told
    assert alex.closed
    assert kim.hears() == [" * Alex joined.", " * Alex left. (After 0 seconds)"]
    journal.full = False
    assert WELCOME.format("Alex") in world.knock().register("Alex", HORSE)


def test_says_how_one_registers_and_logs_in() -> None:
    """To who types a verb where a name is asked for; what they typed is not shown."""
    for registration, also in (
        ("open", "/register NAME PASSWORD makes a name your own."),
        ("invite", "/register NAME PASSWORD CODE makes a name your own."),
        ("closed", "Nobody registers here."),
    ):
        end = MemoryServer(policy=Policy(registration=registration)).connect()  # type: ignore[arg-type]
        end.received()
        end.type("/login Alex correct-horse")
        assert end.lines() == [
            f"-> Give your name; who owns it is asked for the password. {also}",
            "Enter your username:",
        ]
    end = MemoryServer().connect()
    end.received()
    for line in ("/register secret-word", "/Register a b c d"):
        end.type(line)
        assert end.lines() == ["-> Usage: /register NAME PASSWORD", "Enter your username:"]
    end.type("/register Alex short")
    assert end.lines() == ["-> A password has 8 characters at least.", "Enter your username:"]


def test_counts_no_question_for_help_as_a_name() -> None:
    """Whoever asks, or gets the usage wrong, has tried no name; a wrong name counts on."""
    server = MemoryServer(Limits(name_tries=2))
    end = server.connect()
    end.type(*["/help", "/register Alex", "/login Alex correct-horse"] * 2, "root")
    assert not end.closed
    end.type("/register root correct-horse")
    assert end.closed


@pytest.mark.parametrize("word", ["q", "/q", "/quit", "/exit", " q"])
def test_leaves_where_a_password_is_asked_for(word: str) -> None:
    """As where a name is: it is no password."""
    world = World(Person, hashing=Later())
    world.server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    end = world.server.connect()
    end.type("Alex", word)
    assert (end.closed, end.lines()[-1]) == (True, "Leaving the chat...")


def test_says_what_is_asked_where_a_password_is() -> None:
    """As often as one likes, and asks again."""
    world = World(Person, logins=1)
    world.server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    end = world.server.connect()
    end.type("Alex")
    end.received()
    for _ in range(world.server.limits.name_tries):
        end.type("/help")
        assert end.lines() == [
            "-> Alex needs a password: type it, or q to leave.",
            "An empty line leads back to the name.",
            "Password (it can be seen as you type):",
        ]
    end.type(HORSE)
    assert "-> You are Alex, in #lobby. Nobody else is here yet." in end.lines()


@pytest.mark.parametrize(
    ("registration", "new"),
    [
        ("open", " New? /register NAME PASSWORD"),
        ("invite", " New? /register NAME PASSWORD CODE"),
        ("closed", ""),
    ],
)
def test_greets_where_only_accounts_come_in(registration: Any, new: str) -> None:
    """It says so before it asks for a name, and how one has an account."""
    end = MemoryServer(policy=Policy(guests=False, registration=registration)).connect()
    assert end.lines() == [
        "Welcome to twisted_chat.",
        f"Only accounts come in here.{new}",
        "Enter your username:",
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"register": True}, "Who registers sends a password, and no token."),
        (
            {"register": True, "password": HORSE, "token": "t"},
            "Who registers sends a password, and no token.",
        ),
        ({"code": "an-invitation", "password": HORSE}, "A code is for who registers."),
    ],
)
def test_wants_what_a_program_registers_with(fields: dict[str, Any], why: str) -> None:
    """Another hello may follow."""
    end = MemoryServer().connect()
    end.ask(type="hello", v=1, name="Bot", id=1, **fields)
    (refused,) = end.objects()
    assert (refused["code"], refused["text"]) == ("bad_request", why)
    end.ask(type="hello", v=1, name="Bot", id=2, register=True, password=HORSE)
    notice, welcome = end.objects()
    assert (notice["type"], notice["code"]) == ("notice", "registered")
    assert (welcome["type"], welcome["id"], welcome["resume"]) == ("welcome", 2, "")


# Those whom others know.


def test_lets_in_whom_another_checker_knows(door: type[Guest]) -> None:
    """They have an account from then on; the server's own passwords are tried first."""
    world = World(door, checkers=[_memory(kim="kims-horse", alex="other-horse")])
    world.owner("alex").do("quit")
    assert WELCOME.format("kim") in world.guest("Guest").do(
        "login", name="kim", password="kims-horse"
    )
    for name, password in (("Kim", "kims-horse"), ("alex", HORSE), ("alex", "other-horse")):
        assert WELCOME.format(name.lower()) in world.knock().prove(name, password)
    for name in ("Kim", "alex"):
        assert world.knock().prove(name, HORSE) == WRONG


def test_has_who_registered_a_name_make_way_for_whose_it_is(door: type[Guest]) -> None:
    """In every session, with a token too; what only the directory knows is changed there."""
    world = World(door, checkers=[_memory(alex="other-horse")])
    squatter, witness = world.owner("Alex"), world.guest("Witness")
    token = squatter.do("token", name="bot").rpartition(" ")[2]
    bot = world.server.program("Alex", token=token)
    witness.hears()
    alex = world.knock()
    assert WELCOME.format("alex") in alex.prove("alex", "other-horse")
    assert (squatter.closed, bot.closed) == (True, True)
    words = "The password of alex is kept elsewhere now. Come in with that one."
    assert words in (*squatter.hears(), squatter.answered())
    assert bot.objects()[-1]["text"] == words
    assert witness.hears() == [" * Alex left. (After 0 seconds)", " * alex joined."]
    again = world.knock()
    assert WELCOME.format("alex") in again.prove("alex", "other-horse")
    assert not alex.closed
    refused = "Your password is kept elsewhere. Change it there."
    assert alex.do("passwd", old="other-horse", new=HORSE) == refused
    assert alex.do("tokens") == "You have no tokens. /token NAME makes one."


def test_leaves_who_came_in_by_the_directory_alone(door: type[Guest]) -> None:
    """Where the operator gave the account a password of the server's own meanwhile."""
    world = World(door, checkers=[_memory(alex="other-horse")])
    alex = world.guest("Visitor")
    assert WELCOME.format("alex") in alex.do("login", name="alex", password="other-horse")
    (user,) = world.server.house.chat.users.values()
    assert user.account is not None
    user.account = msgspec.structs.replace(user.account, hash=CHEAP.hash(HORSE))
    world.server.house.book.replace(user.account)
    here = world.knock()
    assert WELCOME.format("alex") in here.prove("alex", HORSE)
    assert WELCOME.format("alex") in world.knock().prove("alex", "other-horse")
    assert (alex.closed, here.closed) == (False, True)
    refused = "Your password is kept elsewhere. Change it there."
    assert alex.do("passwd", old=HORSE, new="battery-staple") == refused


def test_has_a_guest_make_way_for_who_owns_the_name(door: type[Guest]) -> None:
    """A guest may have come first where only another checker knows of the owner."""
    world = World(door, checkers=[_memory(kim="kims-horse")])
    squatter, witness, visitor = world.guest("KIM"), world.guest("Joe"), world.guest("Visitor")
    witness.hears()
    assert WELCOME.format("kim") in visitor.do("login", name="kim", password="kims-horse")
    assert witness.hears() == [
        " * KIM left. (After 0 seconds)",
        " * Visitor is now known as kim.",
    ]
    assert squatter.closed
    words = "The name kim is another's. Come back under your own."
    assert words in (*squatter.hears(), squatter.answered())


# What is of no use any more.


class Sessions:
    """Alex, who came in in all the ways there are."""

    def __init__(self, world: World) -> None:
        self.first = world.owner("Alex")
        tokens = {
            name: self.first.do("token", name=name).rpartition(" ")[2] for name in ("bot", "hook")
        }
        self.by_password = world.owner("Alex")
        self.by_login = world.guest("Visitor")
        assert WELCOME.format("Alex") in self.by_login.do("login", name="Alex", password=HORSE)
        self.bot, self.hook = (
            world.server.program("Alex", token=token) for token in tokens.values()
        )
        self.others = [world.guest("Sam"), world.owner("Kim")]
        assert not any(self.closed)

    @property
    def closed(self) -> list[bool]:
        """Which of them are: the first, by password, by the verb, the two programs; and others."""
        alexs = (self.first, self.by_password, self.by_login, self.bot, self.hook)
        return [*(one.closed for one in alexs), any(other.closed for other in self.others)]


def test_ends_the_sessions_of_a_token_that_is_revoked(world: World) -> None:
    """And no others; they are told why."""
    alex = Sessions(world)
    assert alex.first.do("revoke", name="bot") == "The token for bot is of no use any more."
    assert alex.closed == [False, False, False, True, False, False]
    goodbye = alex.bot.objects()[-1]
    assert (goodbye["type"], goodbye["text"]) == ("goodbye", "The token bot is of no use any more.")


def test_ends_the_session_that_revokes_its_own_token(world: World) -> None:
    """Once that is answered."""
    alex = Sessions(world)
    alex.bot.received()
    alex.bot.ask(type="revoke", name="bot", id=1)
    assert [said["type"] for said in alex.bot.objects()] == ["ok", "goodbye"]
    assert alex.closed == [False, False, False, True, False, False]


def test_ends_the_other_sessions_of_a_password_that_is_changed(world: World) -> None:
    """Not those of a token, which is as good as before; and they are told why."""
    alex = Sessions(world)
    assert alex.first.do("passwd", old=HORSE, new="battery-staple") == (
        "Your password is changed. Your tokens are as good as before."
    )
    assert alex.closed == [False, True, True, False, False, False]
    for ended in (alex.by_password, alex.by_login):
        words = "Your password was changed. Come in with the new one."
        assert words in (*ended.hears(), ended.answered())
    other = world.knock()
    assert WELCOME.format("Alex") in other.prove("Alex", "battery-staple")


def test_ends_the_session_that_one_came_in_with_before_registering(world: World) -> None:
    """A guest's secret is no password, and who has it is not the owner for that."""
    first, second = (world.server.program("Alex", resume="0123456789abcdef") for _ in range(2))
    first.ask(type="register", password=HORSE)
    first.ask(type="passwd", old=HORSE, new="battery-staple")
    assert (first.closed, second.closed) == (False, True)


@pytest.mark.parametrize("what", ["passwd", "revoke"])
def test_lets_nobody_in_with_what_is_good_for_nothing_meanwhile(
    door: type[Guest], what: str
) -> None:
    """While it was read from the record where they were."""
    journal = Slow()
    world = World(door, journal=journal)
    alex = world.owner("Alex")
    token = alex.do("token", name="bot").rpartition(" ")[2]
    journal.slow = True
    proof = {"passwd": {"password": HORSE}, "revoke": {"token": token}}[what]
    late = world.server.connect()
    late.ask(type="hello", v=1, name="Alex", id=1, **proof)
    fields = {"passwd": {"old": HORSE, "new": "battery-staple"}, "revoke": {"name": "bot"}}
    alex.do(what, **fields[what])
    journal.go_on()
    world.server.settle()
    assert [said["code"] for said in late.objects()] == ["wrong_password"]


# Tokens.


def test_lets_a_program_in_with_a_token() -> None:
    """In place of a password, as its owner; until that is revoked."""
    server = MemoryServer(Limits(logins=OFF), About(backlog=0))
    alex = server.person("Alex")
    alex.type(f"/register {HORSE}", "/token bot")
    token = alex.lines()[-1].rpartition(" ")[2]
    bot = server.program("ALEX", token=token)
    alex.type("hello")
    assert [said["text"] for said in bot.objects()] == ["hello"]
    alex.type("/revoke bot")
    for end in (server.connect(), server.connect()):
        end.ask(type="hello", v=1, name="Alex", token=token, id=1)
        (refused,) = end.objects()
        assert (refused["code"], refused["text"]) == ("wrong_password", WRONG)


def test_lists_tokens_with_their_last_use(world: World) -> None:
    """And shows the token itself once, when it is made."""
    alex = world.owner("Alex")
    made = alex.do("token", name="build-bot")
    assert made.startswith("The token for build-bot, shown only now: ")
    token = made.rpartition(" ")[2]
    assert alex.do("tokens") == "build-bot: made on 2023-11-14 22:13, never used."
    world.server.advance(3600)
    world.server.program("Alex", token=token)
    assert alex.do("tokens") == (
        "build-bot: made on 2023-11-14 22:13, used last on 2023-11-14 23:13."
    )
    assert alex.do("revoke", name="other") == "You have no token other. /tokens lists them."
    assert alex.do("revoke", name="build-bot") == ("The token for build-bot is of no use any more.")
    assert alex.do("tokens") == "You have no tokens. /token NAME makes one."


def test_wants_a_token_to_have_a_name(world: World) -> None:
    """One that is not there already."""
    alex = world.owner("Alex")
    why = "Usage: /token NAME" if world.door is Person else "A token needs a name, "
    assert alex.do("token", name="").startswith(why)
    alex.do("token", name="bot")
    assert "You have a token bot" in alex.do("token", name="bot")


# What is typed, on nc.


def test_says_that_a_password_can_be_seen() -> None:
    """Where nobody can be told to hide it; an empty line leads back to the name."""
    world = World(Person)
    world.owner("Alex").do("quit")
    end = world.server.connect()
    end.received()
    end.type("Alex", "", "Sam")
    assert end.lines()[:3] == [
        "Password (it can be seen as you type):",
        "Enter your username:",
        "-> You are Sam, in #lobby. Nobody else is here yet.",
    ]


def test_takes_a_password_as_it_is_typed() -> None:
    """With spaces in and around it, and whatever else it looks like."""
    server = MemoryServer(Limits(logins=OFF))
    for number, password in enumerate([" two words ", "/quit now", "q q q q q"]):
        bot = server.program(f"Bot{number}")
        bot.ask(type="register", password=password)
        bot.hang_up()
        end = server.connect()
        end.type(f"Bot{number}", password)
        assert f"You are Bot{number}, in" in end.received().decode()


@pytest.mark.parametrize("spaces", [" ", "   ", "\t", "\u3000"])
def test_takes_a_verb_with_spaces_before_it_for_that_verb(spaces: str) -> None:
    """A password after it is not told to the room; what no verb begins is said as it is."""
    world = World(Person)
    alex, witness = world.guest("Alex"), world.guest("Witness")
    alex.say(f"{spaces}/register {HORSE}")
    assert "is yours" in alex.answered()
    alex.say(f"{spaces}/ PASSWD {HORSE} battery-staple")
    assert "is changed" in alex.answered()
    assert witness.hears() == []
    for said in ("/say /register my-name", " /usr/bin", " //register", " /", "//register x"):
        alex.say(said)
    lines = ["/register my-name", " /usr/bin", " //register", " /", "/register x"]
    assert witness.hears() == [f"Alex: {line}" for line in lines]


# While a password is looked at.


def test_lets_nobody_in_who_has_gone_meanwhile(door: type[Guest]) -> None:
    """Nobody is left behind whom no one sees go."""
    work = Later()
    world = World(door, checkers=[_memory(alex=HORSE)], hashing=work)
    kim = world.guest("Kim")
    world.server.house.book.add(Account("1", "alex", ""))
    for gone in ("hang_up", "drop", "too late"):
        alex = world.knock()
        alex.prove("alex", HORSE)
        if gone == "too late":
            world.server.advance(world.server.limits.name_seconds)
        else:
            getattr(alex.end, gone)()
        work.do()
        world.server.settle()
    assert kim.hears() == []
    assert kim.do("names") == "1 in the chat: Kim."


@pytest.mark.parametrize("verb", ["login", "register", "passwd", "drop"])
def test_does_nothing_more_for_who_has_gone_meanwhile(door: type[Guest], verb: str) -> None:
    """Another may have the name by then."""
    work = Later()
    world = World(door, checkers=[_memory(alex=HORSE, kim=HORSE)], hashing=work)
    guest = world.guest("Guest")
    if verb in ("passwd", "drop"):
        guest.do("login", name="kim", password=HORSE)
        work.do()
        world.server.settle()
        guest.answered()
    fields = {
        "login": {"name": "alex", "password": HORSE},
        "register": {"password": HORSE},
        "passwd": {"old": HORSE, "new": "battery-staple"},
        "drop": {"password": HORSE},
    }
    guest.do(verb, **fields[verb])
    guest.end.drop()
    other = world.guest("Guest")
    while work.waiting:
        work.do()
    world.server.settle()
    assert other.do("names") == "1 in the chat: Guest."
    other.say("still me")
    assert "Guest" not in [account.name for account in world.server.house.book.looks.values()]
    assert other.do("drop", password=HORSE) == (
        "You have no account. /register PASSWORD makes one."
    )


def test_goes_on_for_the_others_while_a_password_is_looked_at(door: type[Guest]) -> None:
    """Only who waits for the answer waits, and in the order in which they asked."""
    work = Later()
    world = World(door, checkers=[_memory(alex=HORSE)], hashing=work)
    kim, guest = world.guest("Kim"), world.guest("Guest")
    kim.hears()
    guest.do("login", name="alex", password=HORSE)
    guest.end.send(guest.saying("after"))
    kim.say("meanwhile")
    assert guest.hears() == ["Kim: meanwhile"]
    assert kim.hears() == []
    work.do()
    world.server.settle()
    assert kim.hears() == [" * Guest is now known as alex.", "alex: after"]


def _memory(**passwords: str) -> InMemoryUsernamePasswordDatabaseDontUse:
    table = InMemoryUsernamePasswordDatabaseDontUse()
    for name, password in passwords.items():
        table.addUser(name.encode(), password.encode())
    return table
