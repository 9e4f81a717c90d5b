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

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import ACCOUNT
from twisted_chat.accounts.policy import Policy
from twisted_chat.house import About
from twisted_chat.journal import Put
from twisted_chat.journal.admin import AdminStore
from twisted_chat.limits import CODE_SECONDS, MISSED_EVENTS, OFF, Limits
from twisted_chat.testing import CHEAP, MemoryServer

AFAR = "192.0.2.1"
HORSE = "correct-horse"
WRONG = "Wrong name or password."
WELCOME = "You are {}, in #lobby"


class World:
    """A server, and guests at one of its doors."""

    def __init__(self, door: type[Guest], *, logins: int = OFF, **server: Any) -> None:
        # What was said before is the matter of another suite.
        limits = Limits(logins=logins)
        self.server = MemoryServer(limits, About(backlog=0), **server)
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


def test_leads_back_to_the_name_after_a_wrong_password(world: World) -> None:
    """Whoever knows it comes in at the next try, or takes another name."""
    world.owner("Alex").do("quit")
    guest = world.knock()
    assert guest.prove("Alex", "wrong-horse") == WRONG
    assert WELCOME.format("Alex") in guest.prove("Alex", HORSE)
    other = world.knock()
    other.prove("Alex", "wrong-horse")
    assert WELCOME.format("Sam") in other.enter("Sam")


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
    assert alex.do("passwd", old="wrong-horse", new="battery-staple") == WRONG
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
    assert alex.do("drop", password="wrong-horse") == WRONG
    assert alex.do("drop", password=HORSE) == ("Your account is gone. The name Alex is anybody's.")
    assert "is yours" not in alex.do("passwd", old=HORSE, new=HORSE)
    assert alex.do("passwd", old=HORSE, new=HORSE) == (
        "You have no account. /register PASSWORD makes one."
    )
    alex.do("quit")
    assert WELCOME.format("alex") in world.knock().enter("alex")


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
        *([] if world.door is Program else ["Password (it can be seen as you type):"]),
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
        "That account is made on the server's own machine, or with a code."
    )
    stranger.do("quit")
    assert "administer" in world.guest("ALEX", "127.0.0.1").do("register", password=HORSE)


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
    assert world.knock().prove("Kim", HORSE) == WRONG


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
    nothing = {Person: "Usage: /token NAME", Program: "A token needs a name, "}
    assert alex.do("token", name="").startswith(nothing[type(alex)])
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
    guest.end.type('{"type":"say","text":"after"}' if door is Program else "after")
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
