"""Who is kept out, kept quiet and told why, through every door, and over a restart."""

import msgspec
import pytest
from argon2 import PasswordHasher
from doors import DOORS, Guest
from twisted.internet.task import Clock

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import ACCOUNT
from twisted_chat.house import About
from twisted_chat.journal import Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import FILTER_TEST_EVENTS, OFF, Limits
from twisted_chat.testing import EPOCH, MemoryServer
from twisted_chat.verbs import TABLE

HORSE = "correct-horse"
ACCOUNTS = ("Ada", "Olga", "Oscar", "Max")
"""Who has an account; Ada administers the server."""

HERE = "192.0.2.7"
DAY = 86_400

FOR_OPERATORS: dict[str, dict[str, str | int]] = {
    "kick": {"name": "Max"},
    "ban": {"who": "Max"},
    "unban": {"who": "Max"},
    "bans": {},
    "mute": {"who": "Max"},
    "unmute": {"who": "Max"},
    "op": {"name": "Max"},
    "deop": {"name": "Max"},
    "moderate": {"on": True},
    "voice": {"name": "Max"},
    "devoice": {"name": "Max"},
    "slow": {"time": "10s"},
    "filter": {"pattern": "spam"},
    "unfilter": {"pattern": "spam"},
    "filter-test": {"pattern": "spam"},
    "lock": {"on": True},
    "private": {"on": True},
    "retention": {"time": "30d"},
    "audit": {},
}
"""What only operators of a room ask for, with what makes sense for Max."""


@pytest.fixture(scope="module")
def hashed() -> str:
    """A password that takes no longer than it has to."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(HORSE)


class World:
    """A server that is stopped and started again, and guests at one of its doors.

    It begins at 22:13 on 2023-11-14.
    """

    def __init__(self, door: type[Guest], hashed: str) -> None:
        self.door = door
        self.clock = Clock()
        self.journal = MemoryJournal(lambda: EPOCH + self.clock.seconds())
        accounts = [Account(name.lower(), name, hashed, name == "Ada") for name in ACCOUNTS]
        self.journal.commit(
            [],
            [Put(ACCOUNT, one.name.lower(), msgspec.json.encode(one)) for one in accounts],
        )
        self.restart()

    def restart(self) -> None:
        """A new server, which knows what the last one has kept."""
        limits, about = Limits(logins=OFF), About(backlog=0)
        self.server = MemoryServer(limits, about, journal=self.journal, clock=self.clock)

    def knock(self, name: str, host: str = HERE) -> str:
        """What somebody is told who gives a name."""
        return self._ask_in(self.door(self.server, host=host), name)

    def enter(self, *names: str, host: str = HERE) -> list[Guest]:
        """People who have come in, and read who came after them."""
        guests = [self.door(self.server, host=host) for _ in names]
        for guest, name in zip(guests, names):
            assert f"You are {name}, in #lobby" in self._ask_in(guest, name)
        for guest in guests:
            told(guest)
        return guests

    def in_dev(self, *names: str) -> list[Guest]:
        """The same, in #dev, which is Olga's, where Oscar is an operator."""
        guests = self.enter(*names)
        for guest in guests:
            assert "You are in #dev" in guest.do("join", room="#dev")
        for guest in guests:
            told(guest)
        return guests

    def _ask_in(self, guest: Guest, name: str) -> str:
        return guest.prove(name, HORSE) if name in ACCOUNTS else guest.enter(name)


def told(guest: Guest) -> list[str]:
    """What somebody was told since this was last asked: what they heard, then notices."""
    heard = guest.hears()
    return [*heard, *filter(None, guest.answered().split("\n"))]


def acts(guest: Guest) -> list[str]:
    """What the record shows somebody who has just asked for it, without numbers and times."""
    return [line.partition("] ")[2] for line in told(guest)]


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def world(request: pytest.FixtureRequest, hashed: str) -> World:
    """A server with a room that Olga owns."""
    world = World(request.param, hashed)
    olga, oscar = world.in_dev("Olga", "Oscar")
    assert olga.do("op", name="Oscar") == "Oscar is an operator of #dev."
    for guest in (olga, oscar):
        guest.do("quit")
    return world


# Who may.


def test_knows_all_that_is_for_operators() -> None:
    """So that a verb that comes later is tried here too."""
    others = {"owner", "lockdown", "stats"}
    assert {verb.name for verb in TABLE.chapters["operators"]} == {*FOR_OPERATORS, *others}


ELSEWHERE: tuple[tuple[str, dict[str, str | int], str], ...] = (
    ("op", {"name": "Max"}, "Max is an operator of #dev."),
    ("deop", {"name": "Max"}, "Max is no operator of #dev."),
    ("voice", {"name": "Max"}, "Max has a voice in #dev."),
    ("devoice", {"name": "Max"}, "Max has no voice in #dev."),
    ("lock", {"on": True}, "Only operators set the topic."),
    ("private", {"on": True}, "Only the invited enter."),
    ("moderate", {"on": True}, "Only who has a voice speaks."),
    ("owner", {}, "#dev belongs to Olga."),
    ("kick", {"name": "Max", "reason": "too loud"}, "Max is out of #dev."),
    ("owner", {"name": "-"}, "#dev belongs to nobody."),
)
"""What is asked about a room that one does not look at, one after the other, with the answers."""


@pytest.mark.parametrize("who", ["Ada", "Olga"])
def test_rules_a_room_that_one_does_not_look_at(world: World, who: str) -> None:
    """An administrator need not even be in it; who looks at it hears all of it."""
    (kim,), (max_, gus) = world.enter("Kim"), world.in_dev("Max", "Gus")
    (ruler,) = world.enter(who)
    asked = [ruler.do(verb, room="#dev", **fields) for verb, fields, _ in ELSEWHERE]
    assert asked == [answer for _, _, answer in ELSEWHERE]
    assert told(gus)[-2:] == [
        f" * Max left. (After 0 seconds) - kicked by {who}: too loud",
        f" * {who} gave the room up. It belongs to nobody.",
    ]
    if who == "Olga":
        assert ruler.do("invite", room="#dev", name="Kim") == "Kim is invited to #dev."
        assert told(kim)[-1] == " * Olga invites you: /join #dev"
    assert told(max_)[-1].endswith("too loud")


@pytest.mark.parametrize("verb", ["kick", "op", "lock", "owner", "invite"])
def test_rules_no_server_as_if_it_were_a_room(world: World, verb: str) -> None:
    """What stands for it, or for what is said in private, is none."""
    (ada,) = world.enter("Ada")
    fields: dict[str, str | int] = {"on": True} if verb == "lock" else {"name": "Ada"}
    assert ada.do(verb, room="*", **fields) == "That is for a room, and not for the whole server."
    assert ada.do(verb, room="@", **fields) == "Name a room, or * for the whole server."


@pytest.mark.parametrize("verb", FOR_OPERATORS)
def test_lets_only_operators_rule_a_room(world: World, verb: str) -> None:
    """Neither a guest nor somebody with an account, nor anybody in the lobby or from outside."""
    gus, max_, oscar = world.in_dev("Gus", "Max", "Oscar")
    fields = FOR_OPERATORS[verb]
    for guest in (gus, max_):
        assert guest.do(verb, **fields) == "Only an operator of #dev may do that."
        guest.do("switch", room="#lobby")
        assert guest.do(verb, **fields) == "Only an administrator may do that in #lobby."
        guest.do("part", room="#dev")
    for guest in (oscar, gus, max_):
        told(guest)
    if "[#ROOM]" in TABLE.named(verb).words:
        assert gus.do(verb, room="#dev", **fields) == "You are not in #dev. /join #dev first."
    assert (told(oscar), told(max_)) == ([], [])


@pytest.mark.parametrize("verb", ["kick", "op", "deop", "voice", "devoice"])
def test_rules_over_nobody_who_is_not_there(world: World, verb: str) -> None:
    """Not in the room, or not at all."""
    oscar, kim = world.in_dev("Oscar")[0], world.enter("Kim")[0]
    assert oscar.do(verb, name="Kim") == "Kim is not in #dev."
    assert oscar.do(verb, name="Zed") == "There is nobody called Zed here. /names lists all."
    assert told(kim) == []


# Members.


def test_removes_somebody_from_a_room(world: World) -> None:
    """Everyone there hears why; what they say goes nowhere else, and they may come back."""
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    assert oscar.do("kick", name="gus", reason="calm down") == "Gus is out of #dev."
    out = " * Gus left. (After 0 seconds) - kicked by Oscar: calm down"
    assert (told(gus), told(max_)) == ([out], [out])
    assert gus.do("say", text="hi") == "You are not in #dev. /join #dev first."
    assert gus.do("join", room="#dev") == "You are in #dev: Oscar, Max, Gus."


def test_welcomes_who_logs_in_while_looking_at_a_room_that_they_are_out_of(world: World) -> None:
    """They look at one that they are in; the others hear who they are now."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    oscar.do("kick", name="Gus")
    told(gus), told(oscar)
    assert "You are Max, in #lobby with Oscar." in gus.do("login", name="Max", password=HORSE)
    assert told(oscar) == [" * Gus is now known as Max."]
    assert gus.do("say", text="hi") == ""
    assert told(oscar) == ["[#lobby] Max: hi"]


def test_welcomes_who_logs_in_in_no_room(world: World) -> None:
    """Whoever removed them from the last one; they are still in the chat."""
    ada, gus = world.enter("Ada", "Gus")
    ada.do("kick", name="Gus")
    gus.do("login", name="Max", password=HORSE)
    assert ada.do("names") == "2 in the chat: Ada, Max."
    assert gus.do("say", text="hi") == (
        "You are in no room. /join one, /list shows those there are."
    )


def test_welcomes_who_logs_in_where_another_session_of_theirs_left_the_room(world: World) -> None:
    """As where somebody else removed them."""
    one, other = world.in_dev("Max", "Max")
    one.do("drop", password=HORSE)
    other.do("part", room="#dev")
    told(one), told(other)
    assert one.do("say", text="hi") == "You are not in #dev. /join #dev first."
    assert "You are Ada, in #lobby" in one.do("login", name="Ada", password=HORSE)
    assert one.do("say", text="hi") == ""


def test_makes_an_operator_and_unmakes_one(world: World) -> None:
    """Others or oneself; an account is one again after a restart, a guest is not."""
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    assert oscar.do("op", name="Max") == "Max is an operator of #dev."
    oscar.do("op", name="Gus")
    assert told(gus) == [
        " * Oscar made Max an operator.",
        " * Oscar made Gus an operator.",
    ]
    assert gus.do("deop", name="Oscar") == "Oscar is no operator of #dev."
    assert gus.do("deop", name="Gus") == "Gus is no operator of #dev."
    assert told(max_)[2:] == [
        " * Gus took the operator's rights from Oscar.",
        " * Gus is no operator any more.",
    ]
    max_.do("op", name="Gus")
    world.restart()
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    assert max_.do("who") == "3 in #dev: Oscar, Max (operator), Gus."


def test_makes_no_operator_of_the_lobby(world: World) -> None:
    """Nobody rules it but administrators."""
    ada, gus = world.enter("Ada", "Gus")
    assert ada.do("op", name="Gus") == "#lobby belongs to everybody and has no operators."
    assert told(gus) == []


# Bans.


def test_bans_somebody_from_a_room(world: World) -> None:
    """They are out at once, and hear why and until when; so do the others."""
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    answer = oscar.do("ban", who="gus", time="1h30m", reason="too loud")
    assert answer == "Gus is banned from #dev until 23:44."
    assert told(max_) == [
        " * Oscar banned Gus until 23:44: too loud",
        " * Gus left. (After 0 seconds) - kicked by Oscar: too loud",
    ]
    why = "You are banned from #dev until 23:44: too loud"
    assert told(gus)[-1] == why
    assert gus.do("join", room="#dev") == why
    assert gus.do("say", text="hi") == "You are not in #dev. /join #dev first."
    assert told(max_) == []


@pytest.mark.parametrize("who", ["Max", "mAX", "account:max", "name:Max"])
def test_bans_an_account_by_its_name(world: World, who: str) -> None:
    """Written in any way, and for good where no time is given."""
    oscar, max_ = world.in_dev("Oscar", "Max")
    shown = "account:Max" if who.startswith("account:") else "Max"
    assert oscar.do("ban", who=who) == f"{shown} is banned from #dev for good."
    assert told(max_)[-1] == "You are banned from #dev for good."
    assert max_.do("join", room="#dev") == "You are banned from #dev for good."


def test_tells_who_is_not_in_the_room_too(world: World) -> None:
    """They know of it before they try."""
    (oscar,), (gus,) = world.in_dev("Oscar"), world.enter("Gus")
    oscar.do("ban", room="#dev", who="Gus", reason="not you")
    assert told(gus) == ["You are banned from #dev for good: not you"]
    oscar.do("unban", room="#dev", who="Gus")
    assert told(gus) == ["You may enter #dev again."]


def test_lets_a_ban_end_by_itself(world: World) -> None:
    """To the second, and with nobody's help."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    oscar.do("ban", who="Gus", time="90s")
    world.server.advance(89.9)
    assert "You are banned" in gus.do("join", room="#dev")
    world.server.advance(0.1)
    assert gus.do("join", room="#dev") == "You are in #dev: Oscar, Gus."
    assert oscar.do("bans") == "Nobody is banned from #dev, or muted there."


def test_lifts_a_ban(world: World) -> None:
    """Everyone in the room hears it, and whom it was about may enter."""
    oscar, max_, gus = world.in_dev("Oscar", "Max", "Gus")
    oscar.do("ban", who="Gus")
    told(max_), told(gus)
    assert oscar.do("unban", who="GUS") == "Gus is not banned from #dev any more."
    assert told(max_) == [" * Oscar lifted the ban on Gus."]
    assert told(gus) == ["You may enter #dev again."]
    assert "You are in #dev" in gus.do("join", room="#dev")


def test_lifts_no_ban_that_there_is_not(world: World) -> None:
    """It says where to look."""
    (oscar,) = world.in_dev("Oscar")
    nobody = "Gus is not banned from #dev. /bans shows who is."
    assert oscar.do("unban", who="Gus") == nobody
    assert oscar.do("unmute", who="Gus") == "Gus is not muted in #dev. /bans shows who is."


def test_lists_who_is_banned_and_muted(world: World) -> None:
    """The latest first, each once, with until when, by whom and why."""
    (oscar,) = world.in_dev("Oscar")
    for who, time in (("Gus", "1h"), ("Kim", "2d"), ("Gus", "2h")):
        oscar.do("ban", who=who, time=time)
    oscar.do("mute", who="account:Max", time="5m", reason="noise")
    assert oscar.do("bans").split("\n") == [
        "Gus is banned from #dev until 2023-11-15 00:14, by Oscar.",
        "Kim is banned from #dev until 2023-11-16 22:14, by Oscar.",
        "account:Max is muted in #dev until 22:19, by Oscar: noise",
    ]


def test_lists_who_is_banned_from_the_server_and_muted_there(world: World) -> None:
    """For administrators."""
    (ada,) = world.enter("Ada")
    ada.do("ban", room="*", who="Gus", time="1h", reason="spam")
    ada.do("mute", room="*", who="Kim")
    assert ada.do("bans", room="*").split("\n") == [
        "Gus is banned from this server until 23:14, by Ada: spam",
        "Kim is muted on this server for good, by Ada.",
    ]


def test_remembers_bans_and_mutes_over_a_restart(world: World) -> None:
    """Of a room, and of the server."""
    oscar, ada = world.in_dev("Oscar", "Ada")
    oscar.do("ban", who="Gus", time="1d", reason="noise")
    oscar.do("mute", who="Max")
    ada.do("ban", room="*", who="Zed", time="1d", reason="spam")
    ada.do("mute", room="*", who="Kim")
    world.restart()
    assert world.knock("Zed") == "You are banned from this server until 2023-11-15 22:14: spam"
    gus, kim = world.enter("Gus", "Kim")
    assert gus.do("join", room="#dev") == ("You are banned from #dev until 2023-11-15 22:14: noise")
    assert kim.do("say", text="hi") == "You are muted on this server for good."
    (max_,) = world.in_dev("Max")
    assert max_.do("say", text="hi") == "You are muted in #dev for good."


def test_keeps_who_is_banned_from_reading(world: World) -> None:
    """What was said is not theirs to see, neither as history, nor found, nor around a message."""
    oscar, max_ = world.in_dev("Oscar", "Max")
    max_.do("say", text="the key is under the mat")
    seq = world.journal.last
    oscar.do("ban", who="Max")
    told(max_)
    assert max_.do("history", room="#dev") == "You are banned from #dev for good."
    assert max_.do("search", text="mat") == "Nothing was found."
    assert max_.do("context", seq=seq) == f"There is no message {seq} that you may read."
    oscar.do("unban", who="Max")
    told(max_)
    max_.do("search", text="mat")
    assert "the key is under the mat" in told(max_)[-1]


def test_leaves_who_was_banned_meanwhile_out_of_the_room(world: World) -> None:
    """Who comes back is in the rooms that they were in, but for those."""
    oscar, max_ = world.in_dev("Oscar", "Max")
    max_.do("quit")
    oscar.do("ban", who="Max")
    world.enter("Max")
    assert oscar.do("who") == "1 in #dev: Oscar (operator)."


@pytest.mark.parametrize("name", ["Zed", "zED"])
def test_takes_no_other_name_to_be_banned_under(world: World, name: str) -> None:
    """Who is called that may not be in the room; and a new name is no way around being quiet."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    oscar.do("ban", who="Zed")
    assert gus.do("nick", name=name) == (
        f"Who is called {name} is banned from #dev. Choose another."
    )
    oscar.do("mute", who="Gus")
    told(gus)
    assert gus.do("nick", name="Sam") == "You are muted in #dev for good."


@pytest.mark.parametrize(("verb", "words"), [("ban", "banned from"), ("mute", "muted in")])
def test_takes_no_other_name_to_come_back_under(world: World, verb: str, words: str) -> None:
    """It is no way around a ruling to be out of the room meanwhile; until that is over."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    gus.do("part", room="#dev")
    oscar.do(verb, who="Gus", time="1m")
    told(gus)
    assert gus.do("nick", name="Sam") == f"Who is {words} #dev keeps their name."
    world.server.advance(60)
    assert gus.do("nick", name="Sam") == "You are Sam now."


def test_takes_another_name_whatever_holds_in_a_room_that_one_does_not_know(world: World) -> None:
    """The answer would tell of it."""
    (oscar,), (gus,) = world.in_dev("Oscar"), world.enter("Gus")
    oscar.do("private", on=True)
    oscar.do("ban", who="Gus")
    assert gus.do("nick", name="Sam") == "You are Sam now."


def test_takes_no_name_that_is_banned_from_the_server(world: World) -> None:
    """It is the name that is, and not yet the one who wants it."""
    ada, gus = world.enter("Ada", "Gus")
    ada.do("ban", room="*", who="Zed")
    assert gus.do("nick", name="Zed") == (
        "Who is called Zed is banned from this server. Choose another."
    )
    assert not gus.closed


def test_lets_nobody_log_in_where_the_account_is_banned(world: World) -> None:
    """To come as a guest first is no way around it."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    oscar.do("ban", who="Max")
    log_in = {"name": "Max", "password": HORSE}
    assert gus.do("login", **log_in) == "Max is banned from #dev. /part #dev first."
    gus.do("part", room="#dev")
    assert "You are Max, in #lobby" in gus.do("login", **log_in)
    assert gus.do("join", room="#dev") == "You are banned from #dev for good."


def test_is_the_account_that_a_guest_logs_in_to(world: World) -> None:
    """What holds for it and for the address holds; what held for the guest's name does not."""
    ada, oscar = world.in_dev("Ada", "Oscar")
    oscar.do("mute", who="Gus")
    oscar.do("mute", who="account:Max")
    ada.do("mute", room="*", who="198.51.100.0/24", time="1h")
    asked = []
    for host, name in ((HERE, "Olga"), (HERE, "Max"), ("198.51.100.9", "Olga")):
        (gus,) = world.enter("Gus", host=host)
        gus.do("login", name=name, password=HORSE)
        gus.do("join", room="#dev")
        asked.append(gus.do("say", text="hi"))
        gus.do("quit")
    assert asked == [
        "",
        "You are muted in #dev for good.",
        "You are muted on this server until 23:14.",
    ]


def test_unmakes_an_operator_who_is_banned(world: World) -> None:
    """They do not rule the room from outside, nor when the ban is over."""
    olga, oscar, max_ = world.in_dev("Olga", "Oscar", "Max")
    olga.do("ban", who="Oscar", time="1m")
    assert told(max_) == [
        " * Olga banned Oscar until 22:15.",
        " * Olga took the operator's rights from Oscar.",
        " * Oscar left. (After 0 seconds) - kicked by Olga",
    ]
    world.server.advance(60)
    oscar.do("join", room="#dev")
    assert oscar.do("lock", on=True) == "Only an operator of #dev may do that."


# Bans of the server.


def test_bans_somebody_from_the_server(world: World) -> None:
    """All their sessions end, with why and until when; everyone hears it."""
    ada, kim = world.enter("Ada", "Kim")
    sessions = [*world.enter("Max"), *world.enter("Max")]
    told(kim)
    answer = ada.do("ban", room="*", who="Max", time="1h", reason="spam")
    assert answer == "Max is banned from this server until 23:14."
    why = "You are banned from this server until 23:14: spam"
    for session in sessions:
        assert told(session)[-1] == why
        assert session.closed
    assert told(kim) == [
        "[server]  * Ada banned Max until 23:14: spam",
        " * Max left. (After 0 seconds) - banned",
    ]
    assert world.knock("Max").startswith(why)
    world.server.advance(3600)
    world.enter("Max")


def test_lets_somebody_back_on_the_server(world: World) -> None:
    """At once."""
    ada, *_ = world.enter("Ada", "Gus")
    ada.do("ban", room="*", who="Gus")
    assert "You are banned" in world.knock("gus")
    assert ada.do("unban", room="*", who="Gus") == "Gus is not banned from this server any more."
    world.enter("Gus")


@pytest.mark.parametrize("mask", [HERE, "192.0.2.0/24", "::ffff:192.0.2.7"])
def test_bans_an_address_or_a_network(world: World, mask: str) -> None:
    """Guests and accounts that come from there, whatever they are called; and nobody else."""
    (ada,) = world.enter("Ada", host="198.51.100.1")
    gus, max_ = world.enter("Gus", "Max")
    (kim,) = world.enter("Kim", host="203.0.113.9")
    told(ada)
    ada.do("ban", room="*", who=mask, reason="scan")
    assert [gus.closed, max_.closed, kim.closed] == [True, True, False]
    assert told(kim)[0] == "[server]  * Ada banned an address: scan"
    for name in ("Zed", "Max"):
        assert "You are banned from this server for good: scan" in world.knock(name)
    world.enter("Max", host="203.0.113.9")


def test_closes_the_connection_of_who_is_banned_after_the_usual_tries(world: World) -> None:
    """As with names that cannot be had."""
    (ada,) = world.enter("Ada", host="198.51.100.1")
    ada.do("ban", room="*", who=HERE)
    guest = world.door(world.server, host=HERE)
    for number in range(5):
        assert not guest.closed
        guest.enter(f"Guest{number}")
    assert guest.closed


@pytest.mark.parametrize("way", ["enter", "login"])
def test_goes_out_of_a_room_that_bans_the_address_of_a_session_more(world: World, way: str) -> None:
    """Told why, in each of them; the others hear it, and nothing is said there from anywhere."""
    ada, max_, kim = world.in_dev("Ada", "Max", "Kim")
    ada.do("ban", room="#dev", who=HERE.replace(".7", ".8"), time="1h", reason="scan")
    told(max_), told(kim)
    other = world.door(world.server, host=HERE.replace(".7", ".8"))
    if way == "enter":
        welcome = other.prove("Max", HORSE)
    else:
        other.enter("Gus")
        welcome = other.do("login", name="Max", password=HORSE)
    assert "You are Max, in #lobby" in welcome
    gone, why = (
        " * Max left. (After 0 seconds) - banned",
        "You are banned from #dev until 23:14: scan",
    )
    assert why in [*welcome.split("\n"), *told(other)]
    assert told(max_)[-2:] == [gone, why]
    assert gone in told(kim)
    assert max_.do("say", text="hi") == "You are not in #dev. /join #dev first."
    for session in (max_, other):
        assert session.do("join", room="#dev") == why
    assert told(kim) == []
    other.do("quit")
    assert "You are in #dev" in max_.do("join", room="#dev")


def test_ends_the_session_that_comes_from_a_banned_address_alone(world: World) -> None:
    """The user's other one goes on."""
    (ada,) = world.enter("Ada", host="198.51.100.1")
    (here,) = world.enter("Max")
    (there,) = world.enter("Max", host="203.0.113.9")
    ada.do("ban", room="*", who=HERE)
    assert [here.closed, there.closed] == [True, False]


def test_lets_an_administrator_in_from_anywhere(world: World) -> None:
    """Nobody locks themselves out."""
    (ada,) = world.enter("Ada")
    assert ada.do("ban", room="*", who=HERE) == f"{HERE} is banned from this server for good."
    assert not ada.closed
    world.enter("Ada")


def test_keeps_addresses_to_administrators(world: World) -> None:
    """Nobody else makes a rule about one, or sees it, or sees that it is lifted."""
    ada, oscar, gus = world.in_dev("Ada", "Oscar", "Gus")
    alone = "Only an administrator rules over addresses."
    for verb in ("ban", "unban", "mute", "unmute"):
        assert oscar.do(verb, who="198.51.100.0/24") == alone
    ada.do("mute", who=HERE, time="1h")
    ada.do("ban", who="198.51.100.0/24")
    assert sorted(told(oscar)) == [
        " * Ada banned an address.",
        " * Ada muted an address until 23:14.",
        "You are muted in #dev until 23:14.",
    ]
    assert oscar.do("bans") == "Nobody is banned from #dev, or muted there."
    assert ada.do("bans").split("\n") == [
        "198.51.100.0/24 is banned from #dev for good, by Ada.",
        f"{HERE} is muted in #dev until 23:14, by Ada.",
    ]
    assert "You are muted in #dev until 23:14." in told(gus)
    for guest, seen in ((oscar, False), (ada, True)):
        assert "audit" not in guest.do("audit")
        shown = "\n".join(told(guest))
        assert (HERE in shown, "198.51.100" in shown) == (seen, seen)


# Mutes.


def test_mutes_somebody_in_a_room(world: World) -> None:
    """They hear all that is said, and say nothing that others see, until it is over."""
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    assert oscar.do("mute", who="Gus", time="10m", reason="flood") == (
        "Gus is muted in #dev until 22:24."
    )
    assert told(max_) == [" * Oscar muted Gus until 22:24: flood"]
    why = "You are muted in #dev until 22:24: flood"
    assert told(gus)[-1] == why
    for verb in ("say", "me", "topic", "away"):
        assert gus.do(verb, text="hi") == why
    max_.say("peace")
    assert (told(gus), told(max_)) == (["Max: peace"], [])
    assert gus.do("msg", name="Max", text="sorry") == "Told Max."
    world.server.advance(600)
    assert gus.do("say", text="hi") == ""


def test_says_nothing_on_leaving_either(world: World) -> None:
    """A reason is something said; that somebody goes, they may say without one."""
    oscar, gus, kim, max_ = world.in_dev("Oscar", "Gus", "Kim", "Max")
    for guest in ("Gus", "Kim"):
        oscar.do("mute", who=guest)
    told(max_)
    gus.do("away")
    gus.do("part", room="#dev", reason="unfair")
    kim.do("quit", reason="unfair")
    assert told(max_) == [
        " * Gus is away.",
        " * Gus left. (After 0 seconds)",
        " * Kim left. (After 0 seconds)",
    ]


def test_lets_somebody_speak_again(world: World) -> None:
    """Everyone in the room hears it."""
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    oscar.do("mute", who="Gus")
    told(gus), told(max_)
    assert oscar.do("unmute", who="Gus") == "Gus is not muted in #dev any more."
    assert told(max_) == [" * Oscar let Gus speak again."]
    assert told(gus)[-1] == "You may speak in #dev again."
    assert gus.do("say", text="hi") == ""


def test_mutes_somebody_on_the_server(world: World) -> None:
    """In no room, and to nobody alone."""
    ada, gus, kim = world.enter("Ada", "Gus", "Kim")
    ada.do("mute", room="*", who="Gus", time="1h")
    why = "You are muted on this server until 23:14."
    assert told(gus) == ["[server]  * Ada muted Gus until 23:14.", why]
    told(kim)
    assert gus.do("msg", name="Kim", text="psst") == why
    gus.do("join", room="#own")
    assert gus.do("say", text="hi") == why
    assert told(kim) == []
    ada.do("unmute", room="*", who="Gus")
    assert told(gus)[-1] == "You may speak on this server again."
    assert gus.do("msg", name="Kim", text="psst") == "Told Kim."


def test_says_nothing_by_other_ways_while_muted_on_the_server(world: World) -> None:
    """Neither as why one is away, in no room, nor as the name of a room, nor in ruling one."""
    (ada,), (oscar, gus, max_) = world.enter("Ada"), world.in_dev("Oscar", "Gus", "Max")
    for who in ("Oscar", "Gus"):
        ada.do("mute", room="*", who=who)
    gus.do("part", room="#dev")
    gus.do("part", room="#lobby")
    told(ada), told(max_), told(oscar), told(gus)
    why = "You are muted on this server for good."
    assert gus.do("away", text="hello all") == why
    assert gus.do("join", room="#hello-all") == why
    assert oscar.do("filter", pattern="hello all") == why
    assert oscar.do("kick", name="Max", reason="hello") == why
    assert oscar.do("ban", who="Max", time="1h", reason="hello") == why
    assert oscar.do("mute", who="Max", time="1h", reason="hello") == why
    assert [told(ada), told(max_)] == [[], []]
    assert oscar.do("mute", who="Max", time="1h") == "Max is muted in #dev until 23:14."
    assert oscar.do("kick", name="Max") == "Max is out of #dev."


def test_gives_no_reason_in_a_room_where_one_is_muted(world: World) -> None:
    """An operator rules there without one."""
    olga, oscar, _ = world.in_dev("Olga", "Oscar", "Max")
    olga.do("mute", who="Oscar")
    told(oscar)
    assert oscar.do("kick", name="Max", reason="hello") == "You are muted in #dev for good."
    assert oscar.do("kick", name="Max") == "Max is out of #dev."


@pytest.mark.parametrize("place", ["*", "#dev"])
@pytest.mark.parametrize("verb", ["mute", "ban"])
def test_keeps_the_account_of_whom_something_holds_for(world: World, verb: str, place: str) -> None:
    """To be a guest of that name is no way around it; when it is over they may be one."""
    ada, max_ = world.in_dev("Ada", "Max")
    if (verb, place) == ("ban", "*"):
        place = "#Dev"
    ada.do(verb, room=place, who="account:Max", time="1h")
    told(max_)
    what = {"ban": "banned from #dev", "mute": "muted in #dev"}[verb]
    what = "muted on this server" if place == "*" else what
    why = f"You are {what} until 23:14: you keep your account until then."
    assert max_.do("drop", password=HORSE) == why
    ada.do(verb, room=place, who="account:Max")
    told(max_)
    why = f"You are {what} for good: you keep your account."
    assert max_.do("drop", password=HORSE) == why
    ada.do(verb, room=place, who="account:Max", time="1h")
    told(max_)
    world.server.advance(3600)
    assert "Your account is gone" in max_.do("drop", password=HORSE)


def test_gives_up_an_account_whatever_holds_in_a_room_that_one_does_not_know(world: World) -> None:
    """The answer would tell of it."""
    oscar, max_ = world.in_dev("Oscar", "Max")
    oscar.do("private", on=True)
    oscar.do("ban", who="Max")
    assert "Your account is gone" in max_.do("drop", password=HORSE)


def test_mutes_all_sessions_of_somebody(world: World) -> None:
    """Where one of them comes from an address that is."""
    (ada,) = world.enter("Ada", host="198.51.100.1")
    (here,), (there,) = world.enter("Max"), world.enter("Max", host="203.0.113.9")
    ada.do("mute", room="*", who=HERE)
    for session in (here, there):
        assert told(session)[-1] == "You are muted on this server for good."
        assert session.do("say", text="hi") == "You are muted on this server for good."


def test_lets_who_is_muted_on_the_server_invite_nobody(world: World) -> None:
    """The name of a room says something too."""
    ada, gus, kim = world.enter("Ada", "Gus", "Kim")
    ada.do("filter", room="*", pattern="spam")
    ada.do("join", room="#spam")
    assert "You are in #spam" in gus.do("join", room="#spam")
    told(kim)
    assert gus.do("invite", name="Kim") == (
        "A filter of this server stops that. Nobody has seen it."
    )
    gus.do("join", room="#own")
    assert gus.do("invite", name="Kim") == "Kim is invited to #own."
    assert told(kim) == [" * Gus invites you: /join #own"]
    ada.do("mute", room="*", who="Gus")
    told(gus), told(kim)
    assert gus.do("invite", name="Kim") == "You are muted on this server for good."
    assert told(kim) == []


# Nobody rules over somebody above, nor for themselves.


@pytest.mark.parametrize("verb", ["ban", "mute"])
@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("Olga", "#dev belongs to Olga."),
        ("account:olga", "#dev belongs to Olga."),
        ("Ada", "Ada administers the server."),
        ("Oscar", "You can hardly do that to yourself."),
    ],
)
def test_rules_over_nobody_above(world: World, verb: str, who: str, why: str) -> None:
    """Whether they are there or not."""
    (oscar,) = world.in_dev("Oscar")
    assert oscar.do(verb, who=who) == why
    assert oscar.do("bans") == "Nobody is banned from #dev, or muted there."


@pytest.mark.parametrize("who", ["Olga", "Ada"])
def test_neither_kicks_nor_unmakes_who_is_above(world: World, who: str) -> None:
    """An operator is below the owner and the administrators."""
    oscar, above = world.in_dev("Oscar", who)
    why = "#dev belongs to Olga." if who == "Olga" else "Ada administers the server."
    for verb in ("kick", "deop"):
        assert oscar.do(verb, name=who) == why
    assert told(above) == []


def test_lets_an_administrator_rule_over_an_owner(world: World) -> None:
    """Not in the room, and over a ban too; another administrator they do not rule over."""
    ada, olga = world.enter("Ada", "Olga")
    assert ada.do("ban", room="#dev", who="Olga") == "Olga is banned from #dev for good."
    assert told(olga)[-1] == "You are banned from #dev for good."
    assert olga.do("unban", room="#dev", who="Olga") == ("You are not in #dev. /join #dev first.")
    assert ada.do("ban", room="*", who="Ada") == "You can hardly do that to yourself."


def test_takes_no_rights_from_an_owner(world: World) -> None:
    """As long as the room is theirs they rule it, whatever an administrator says."""
    ada, olga = world.in_dev("Ada", "Olga")
    assert ada.do("deop", name="Olga") == "#dev belongs to Olga."
    assert olga.do("lock", on=True) == "Only operators set the topic."


def test_lifts_nothing_that_holds_for_oneself(world: World) -> None:
    """An operator who is muted asks another."""
    olga, oscar = world.in_dev("Olga", "Oscar")
    olga.do("mute", who="Oscar")
    told(oscar)
    assert oscar.do("unmute", who="Oscar") == "Nobody lifts what holds for themselves."
    assert oscar.do("say", text="hi") == "You are muted in #dev for good."


@pytest.mark.parametrize("verb", ["ban", "unban", "mute", "unmute", "filter"])
def test_lets_only_administrators_rule_the_server(world: World, verb: str) -> None:
    """And the lobby, which is everybody's."""
    (oscar,) = world.in_dev("Oscar")
    field = {"pattern": "x"} if verb == "filter" else {"who": "Gus"}
    assert oscar.do(verb, room="*", **field) == "Only an administrator may do that."
    everybody = "Only an administrator may do that in #lobby."
    assert oscar.do(verb, room="#lobby", **field) == everybody


def test_keeps_nobody_out_of_the_lobby(world: World) -> None:
    """Where everybody enters; quiet one can be there."""
    (ada,), (gus,) = world.enter("Ada"), world.enter("Gus")
    assert ada.do("ban", who="Gus") == (
        "#lobby is where everybody enters. /ban * WHO keeps somebody off."
    )
    ada.do("mute", who="Gus")
    assert told(gus)[-1] == "You are muted in #lobby for good."
    world.restart()
    (gus,) = world.enter("Gus")
    assert gus.do("say", text="hi") == "You are muted in #lobby for good."


# What nobody can mean.


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"who": "Gus", "time": "99999999w"}, "That is too long: ten years (3650d) at most."),
        ({"who": "Gus", "time": "0s"}, "Write how long as 90s, 10m, 1h30m, 2d or 1w."),
        ({"who": "Gus", "reason": "x" * 201}, "That is too long: 200 characters at most."),
        ({"who": "a*b"}, "A name is one word of letters and digits, with - _ . in it."),
        ({"who": "1.2.3.4/0"}, "That is nearly everybody: a network has /8 at least."),
        ({"who": "1.2.3/x"}, "That is no address. Write NAME, account:NAME, an address such as"),
        ({"room": "@", "who": "Gus"}, "Name a room, or * for the whole server."),
        ({"room": "#no", "who": "Gus"}, "You are not in #no. /join #no first."),
    ],
)
def test_says_what_is_wrong_with_a_ban(world: World, fields: dict[str, str], why: str) -> None:
    """In one line, and nothing happens."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    for verb in ("ban", "mute"):
        assert oscar.do(verb, **fields).startswith(why)
    assert told(gus) == []


@pytest.mark.parametrize("verb", ["ban", "mute"])
@pytest.mark.parametrize("reason", ["5 minutes", "10", "1h30", "for 2 days", "until 12:30", "3 H"])
def test_takes_no_time_for_a_reason(world: World, verb: str, reason: str) -> None:
    """Who writes one in another way does not mean for good."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    why = "Write how long as 90s, 10m, 1h30m, 2d or 1w. The reason comes after it."
    assert oscar.do(verb, who="Gus", reason=reason) == why
    assert told(gus) == []


@pytest.mark.parametrize("reason", ["3 strikes", "forever", "until they are sorry", "24/7 spam"])
def test_takes_what_is_no_time_for_a_reason(world: World, reason: str) -> None:
    """Though there is a number in it."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    assert oscar.do("ban", who="Gus", reason=reason) == "Gus is banned from #dev for good."
    assert told(gus)[-1] == f"You are banned from #dev for good: {reason}"


@pytest.mark.parametrize("verb", ["ban", "mute"])
def test_takes_no_time_for_a_name(world: World, verb: str) -> None:
    """Unless it is said to be one, or what comes after it is a time."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    assert oscar.do(verb, who="10m", reason="Gus") == (
        "Write first who, then how long. name:10m is somebody called that."
    )
    assert told(gus) == []
    for who in ({"who": "name:10m"}, {"who": "10m", "time": "5m"}):
        assert oscar.do(verb, **who).startswith("10m is ")


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("op", {"name": "Gus"}),
        ("voice", {"name": "Gus"}),
        ("lock", {"on": True}),
        ("private", {"on": True}),
        ("moderate", {"on": True}),
        ("slow", {"time": "10s"}),
        ("retention", {"time": "30d"}),
        ("lockdown", {"on": True}),
        ("owner", {"name": "Max"}),
    ],
)
def test_tells_nobody_again_of_what_is_so_already(
    world: World, verb: str, fields: dict[str, str | int]
) -> None:
    """The answer is the same."""
    ada, _, max_ = world.in_dev("Ada", "Gus", "Max")
    first = ada.do(verb, **fields)
    assert len(told(max_)) == 1
    assert ada.do(verb, **fields) == first
    assert told(max_) == []


# Who speaks, and how often.


def test_lets_only_some_speak_in_a_moderated_room(world: World) -> None:
    """Operators do, and who has a voice; so after a restart, for an account."""
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    assert oscar.do("moderate", on=True) == "Only who has a voice speaks."
    assert told(gus) == [" * Oscar made the room moderated: operators speak, and who has a voice."]
    why = "#dev is moderated: only operators speak, and who has a voice."
    for verb in ("say", "me", "topic"):
        assert gus.do(verb, text="hi") == why
    assert oscar.do("say", text="hi") == ""
    assert oscar.do("voice", name="Max") == "Max has a voice in #dev."
    assert told(gus) == ["Oscar: hi", " * Oscar gave Max a voice."]
    assert max_.do("say", text="hi") == ""
    assert gus.do("who") == "3 in #dev: Oscar (operator), Gus, Max (voice)."
    world.restart()
    max_, gus, oscar = world.in_dev("Max", "Gus", "Oscar")
    assert (max_.do("say", text="hi"), gus.do("say", text="hi")) == ("", why)
    assert oscar.do("devoice", name="Max") == "Max has no voice in #dev."
    told(max_)
    assert max_.do("say", text="hi") == why
    assert oscar.do("moderate", on=False) == "Everyone speaks."
    assert told(gus)[-1] == " * Oscar let everyone speak."
    assert gus.do("say", text="hi") == ""


def test_slows_a_room(world: World) -> None:
    """Each member waits between two lines; operators do not."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    assert oscar.do("slow", time="10s") == "Everyone waits 10s between two lines."
    assert told(gus) == [" * Oscar slowed the room: one line every 10s."]
    assert [gus.do("say", text="hi"), gus.do("me", text="waves")] == [
        "",
        "#dev is slow: you may speak again in 10s.",
    ]
    world.server.advance(7.5)
    assert gus.do("topic", text="x") == "#dev is slow: you may speak again in 3s."
    assert [oscar.do("say", text="hi") for _ in range(2)] == ["", ""]
    world.server.advance(2.5)
    assert gus.do("say", text="hi") == ""
    assert oscar.do("slow", room="#dev", time="off") == "Nobody waits between two lines."
    assert told(gus)[-1] == " * Oscar ended the slow mode."
    assert gus.do("say", text="hi") == ""


def test_waits_with_why_somebody_is_away_in_a_slow_room(world: World) -> None:
    """It is a line like others, in each of the rooms; that they are away they may say at once."""
    (ada,), (oscar, gus, max_) = world.enter("Ada"), world.in_dev("Oscar", "Gus", "Max")
    oscar.do("slow", time="10s")
    ada.do("slow", room="#lobby", time="30s")
    told(max_)
    assert gus.do("away", text="lunch") == "You are away: lunch"
    assert gus.do("away", text="dinner") == "#lobby is slow: you may speak again in 30s."
    assert gus.do("say", text="hi") == "#dev is slow: you may speak again in 10s."
    assert gus.do("away") == "You are away. /back ends it."
    assert told(max_) == [" * Gus is away: lunch", " * Gus is away."]
    world.server.advance(29)
    assert gus.do("away", text="dinner") == "#lobby is slow: you may speak again in 1s."
    assert gus.do("say", text="what was refused has not counted") == ""
    assert [oscar.do("away", text=text) for text in ("a", "b")] == [
        "You are away: a",
        "#lobby is slow: you may speak again in 30s.",
    ]


@pytest.mark.parametrize("verb", ["part", "quit"])
def test_gives_no_reason_to_a_slow_room_that_one_leaves_too_soon(world: World, verb: str) -> None:
    """It is left out; who has waited gives one."""
    oscar, gus, kim, max_ = world.in_dev("Oscar", "Gus", "Kim", "Max")
    oscar.do("slow", time="10s")
    gus.say("hi")
    told(max_)
    place = {"room": "#dev"} if verb == "part" else {}
    for guest in (gus, kim):
        guest.do(verb, **place, reason="and one thing more")
    assert told(max_) == [
        " * Gus left. (After 0 seconds)",
        " * Kim left. (After 0 seconds) - and one thing more",
    ]


def test_stays_slow_for_who_comes_again(world: World) -> None:
    """Leaving is no way around it, nor is a restart."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    oscar.do("slow", time="1m")
    gus.say("hi")
    gus.do("part", room="#dev")
    gus.do("join", room="#dev")
    assert gus.do("say", text="hi") == "#dev is slow: you may speak again in 1m."
    world.restart()
    (gus,) = world.in_dev("Gus")
    world.server.advance(59)
    assert gus.do("say", text="hi") == "#dev is slow: you may speak again in 1s."
    world.server.advance(1)
    assert gus.do("say", text="hi") == ""


@pytest.mark.parametrize(
    ("time", "why"),
    [
        ("1d1s", "That is too slow: 1d at most."),
        ("soon", "Write how long as 90s, 10m, 1h30m, 2d or 1w."),
    ],
)
def test_slows_a_room_no_more_than_makes_sense(world: World, time: str, why: str) -> None:
    """And the server as a whole not at all."""
    (oscar,) = world.in_dev("Oscar")
    assert oscar.do("slow", time=time) == why
    assert oscar.do("slow", room="*", time="10s") == (
        "That is for a room, and not for the whole server."
    )


def test_locks_the_server_down(world: World) -> None:
    """No new guests, and guests say nothing; accounts come in and speak, also after a restart."""
    ada, gus = world.enter("Ada", "Gus")
    assert ada.do("lockdown", on=True) == "No new guests come in, and only accounts speak."
    assert told(gus) == [" * Ada locked the server down: no new guests, and only accounts speak."]
    why = "The server is locked down: only accounts speak. Try again later."
    for verb in ("say", "me", "topic"):
        assert gus.do(verb, text="hi") == why
    assert gus.do("msg", name="Ada", text="hi") == why
    assert gus.do("register", password=HORSE) == (
        "The server is locked down: nobody registers. Try again later."
    )
    out = "The server is locked down: no new guests come in. Try again later."
    assert out in world.knock("Kim")
    world.restart()
    assert out in world.knock("Gus")
    max_, ada = world.enter("Max", "Ada")
    assert max_.do("say", text="hi") == ""
    assert ada.do("lockdown", on=False) == "Guests come in, and speak."
    assert told(max_)[-1] == " * Ada ended the lockdown."
    (gus,) = world.enter("Gus")
    assert gus.do("say", text="hi") == ""


def test_says_nothing_with_names_during_a_lockdown(world: World) -> None:
    """Guests keep theirs and make no room, and are away without a reason; accounts go on."""
    ada, gus, max_ = world.enter("Ada", "Gus", "Max")
    gus.do("part", room="#lobby")
    ada.do("lockdown", on=True)
    told(ada), told(max_)
    assert gus.do("nick", name="Zed") == (
        "The server is locked down: guests keep their names. Try again later."
    )
    assert gus.do("join", room="#own") == (
        "The server is locked down: guests make no rooms. Try again later."
    )
    assert gus.do("away", text="hello all") == (
        "The server is locked down: only accounts speak. Try again later."
    )
    assert [gus.do("away"), told(ada)] == ["You are away. /back ends it.", []]
    assert "You are in #own" in max_.do("join", room="#own")
    assert "You are in #own" in gus.do("join", room="#own")
    ada.do("lockdown", on=False)
    assert gus.do("nick", name="Zed") == "You are Zed now."


def test_lets_only_administrators_lock_the_server_down(world: World) -> None:
    """It is told to nobody that somebody tried."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    assert oscar.do("lockdown", on=True) == "Only an administrator may do that."
    assert told(gus) == []


def test_lets_only_operators_set_the_topic(world: World) -> None:
    """After a restart as well, until they let everyone again."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    assert oscar.do("lock", on=True) == "Only operators set the topic."
    assert told(gus) == [" * Oscar locked the topic. Only operators set it."]
    assert oscar.do("topic", text="releases") == "The topic is now: releases"
    world.restart()
    oscar, gus = world.in_dev("Oscar", "Gus")
    assert gus.do("topic", text="chatter") == "Only an operator of #dev may do that."
    assert gus.do("topic") == "Topic of #dev: releases"
    assert oscar.do("lock", on=False) == "Everyone sets the topic."
    assert gus.do("topic", text="chatter") == "The topic is now: chatter"


# Who may be in a private room.


def test_lets_only_the_invited_into_a_private_room(world: World) -> None:
    """Others do not know of it; an invitation is good for entering once."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    assert oscar.do("private", on=True) == "Only the invited enter."
    (kim,) = world.enter("Kim")
    private = "#dev is private: ask somebody in it for an invitation."
    assert kim.do("join", room="#dev") == private
    assert gus.do("invite", name="Kim") == "Only an operator of #dev may do that."
    assert oscar.do("invite", name="Kim") == "Kim is invited to #dev."
    assert told(kim) == [" * Oscar invites you: /join #dev"]
    assert "You are in #dev" in kim.do("join", room="#dev")
    oscar.do("kick", name="Kim")
    assert kim.do("join", room="#dev") == private
    assert oscar.do("private", on=False) == "Everyone may enter."
    assert "You are in #dev" in kim.do("join", room="#dev")


def test_keeps_an_account_in_a_private_room(world: World) -> None:
    """Also where the server ends while they are there, and for as long as they are not put out."""
    oscar, max_ = world.in_dev("Oscar", "Max")
    oscar.do("private", on=True)
    world.restart()
    max_, oscar = world.enter("Max", "Oscar")
    assert oscar.do("who", room="#dev") == "2 in #dev: Max, Oscar (operator)."
    max_.do("quit")
    (max_,) = world.enter("Max")
    oscar.do("switch", room="#dev")
    oscar.do("kick", name="Max")
    world.restart()
    (max_,) = world.enter("Max")
    assert max_.do("join", room="#dev") == (
        "#dev is private: ask somebody in it for an invitation."
    )


@pytest.mark.parametrize("ends", ["by itself", "lifted"])
def test_ends_the_membership_of_who_is_banned_while_away(world: World, ends: str) -> None:
    """When the ban is over they are no member, and read nothing of what was said meanwhile."""
    oscar, max_ = world.in_dev("Oscar", "Max")
    oscar.do("private", on=True)
    max_.do("quit")
    oscar.do("ban", who="Max", time="1h")
    oscar.say("without Max")
    if ends == "lifted":
        oscar.do("unban", who="Max")
    world.server.advance(3600)
    (max_,) = world.enter("Max")
    assert max_.do("history", room="#dev") == "There is no room #dev. /list shows those there are."
    assert max_.do("search", text="without") == "Nothing was found."
    private = "#dev is private: ask somebody in it for an invitation."
    assert max_.do("join", room="#dev") == private


def test_takes_an_invitation_back_with_a_ban(world: World) -> None:
    """It is not good for entering when the ban is over; those of others are."""
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    for guest in (gus, max_):
        guest.do("part", room="#dev")
    (kim,) = world.enter("Kim")
    oscar.do("private", on=True)
    for name in ("Gus", "Kim", "Max"):
        oscar.do("invite", name=name)
    max_.do("quit")
    for name in ("Gus", "Max"):
        oscar.do("ban", who=name)
        oscar.do("unban", who=name)
    (max_,) = world.enter("Max")
    for guest in (gus, max_):
        assert "#dev is private" in guest.do("join", room="#dev")
    assert "You are in #dev" in kim.do("join", room="#dev")


def test_keeps_nobody_in_a_private_room_who_was_away_when_it_was_made_so(world: World) -> None:
    """Nobody there could know that they would come back."""
    oscar, max_ = world.in_dev("Oscar", "Max")
    max_.do("quit")
    oscar.do("private", on=True)
    (max_,) = world.enter("Max")
    assert max_.do("who", room="#dev") == "There is no room #dev. /list shows those there are."
    max_.do("quit")
    oscar.do("private", on=False)
    (max_,) = world.enter("Max")
    assert oscar.do("who") == "2 in #dev: Oscar (operator), Max."


def test_makes_the_lobby_private_for_nobody(world: World) -> None:
    """Not even an administrator."""
    (ada,) = world.enter("Ada")
    assert ada.do("private", on=True) == "#lobby is where everybody enters."


# Whose a room is.


def test_shows_and_gives_a_room(world: World) -> None:
    """Who owned it is an operator from then on; nobody else may give it."""
    olga, oscar, max_ = world.in_dev("Olga", "Oscar", "Max")
    assert max_.do("owner") == "#dev belongs to Olga."
    assert oscar.do("owner", name="Oscar") == "#dev belongs to Olga."
    assert olga.do("owner", name="max") == "#dev belongs to Max."
    assert told(oscar)[-1] == " * Olga gave the room to Max."
    assert max_.do("kick", name="Olga") == "Olga is out of #dev."
    world.restart()
    (olga,) = world.in_dev("Olga")
    assert olga.do("owner") == "#dev belongs to Max."
    assert olga.do("lock", on=True) == "Only operators set the topic."


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Gus", "There is no account Gus. Only an account owns a room."),
        ("Max", "Max is not in #dev."),
        ("a*b", "A name is one word of letters and digits, with - _ . in it."),
    ],
)
def test_gives_a_room_to_nobody_who_cannot_have_it(world: World, name: str, why: str) -> None:
    """Nor to who is not there to take it; an administrator may."""
    (olga,), (ada,) = world.in_dev("Olga"), world.in_dev("Ada")
    assert olga.do("owner", name=name) == why
    if name == "Max":
        assert ada.do("owner", name=name) == "#dev belongs to Max."


def test_gives_a_room_to_nobody_who_is_banned_from_it(world: World) -> None:
    """That would be no gift."""
    ada, olga = world.in_dev("Ada", "Olga")
    olga.do("ban", who="Max")
    assert ada.do("owner", name="Max") == "Max is banned from #dev. /unban Max first."


def test_gives_a_room_up(world: World) -> None:
    """Then it goes with its last member, and its operators may make it somebody's."""
    olga, oscar, max_ = world.in_dev("Olga", "Oscar", "Max")
    assert olga.do("owner", name="-") == "#dev belongs to nobody."
    assert told(max_) == [" * Olga gave the room up. It belongs to nobody."]
    assert max_.do("owner", name="Max") == "Only an operator of #dev may do that."
    assert oscar.do("owner", name="Oscar") == "#dev belongs to Oscar."
    assert told(max_) == [" * The room belongs to Oscar now."]
    assert oscar.do("owner", name="Max") == "#dev belongs to Max."
    assert max_.do("owner", name="-") == "#dev belongs to nobody."
    world.restart()
    (gus,) = world.enter("Gus")
    assert gus.do("list") == "#lobby (1 person)"


def test_hands_a_room_on_whose_owner_gives_up_the_account(world: World) -> None:
    """To who is there longest, where no operator is; all hear it, and it is on record."""
    olga, gus, max_ = world.in_dev("Olga", "Gus", "Max")
    olga.do("part", room="#dev")
    told(gus), told(max_)
    assert "Your account is gone" in olga.do("drop", password=HORSE)
    handed = [" * Olga gave the room up. It belongs to nobody.", " * Gus is an operator now."]
    assert told(max_) == handed
    assert max_.do("owner") == "#dev belongs to nobody."
    olga.do("register", password=HORSE)
    olga.do("join", room="#dev")
    assert olga.do("lock", on=True) == "Only an operator of #dev may do that."
    told(gus)
    gus.do("audit")
    assert acts(gus)[-2:] == handed


def test_leaves_a_room_to_its_operators_whose_owner_gives_up_the_account(world: World) -> None:
    """They may make it somebody's; it is over when the last one leaves."""
    olga, gus, oscar = world.in_dev("Olga", "Gus", "Oscar")
    olga.do("drop", password=HORSE)
    assert told(gus) == [" * Olga gave the room up. It belongs to nobody."]
    assert oscar.do("owner", name="Oscar") == "#dev belongs to Oscar."
    oscar.do("owner", name="-")
    for guest in (olga, gus, oscar):
        guest.do("part", room="#dev")
    assert "#dev" not in gus.do("list")
    world.restart()
    (gus,) = world.in_dev("Gus")
    assert gus.do("owner") == "#dev belongs to nobody."
    assert gus.do("lock", on=True) == "Only operators set the topic."


def test_is_over_with_a_room_that_nobody_is_in_when_its_owner_is_no_more(world: World) -> None:
    """Who comes makes it anew, without what was ruled in it."""
    (olga,), (gus,) = world.in_dev("Olga"), world.enter("Gus")
    assert olga.do("ban", who="Kim") == "Kim is banned from #dev for good."
    olga.do("part", room="#dev")
    assert "#dev (0 people)" in gus.do("list")
    olga.do("drop", password=HORSE)
    assert gus.do("list") == "#lobby (2 people)"
    gus.do("join", room="#dev")
    assert gus.do("bans") == "Nobody is banned from #dev, or muted there."


def test_takes_no_room_that_nobody_owns_any_more_from_the_record(world: World) -> None:
    """The account of its owner may have been removed while no server ran."""
    world.journal.commit([], [Put(ACCOUNT, "olga", None)])
    world.restart()
    ada, gus = world.enter("Ada", "Gus")
    assert gus.do("list") == "#lobby (2 people)"
    told(ada)
    ada.do("audit", room="*", how="1")
    assert acts(ada) == [
        "[#dev]  * The room belongs to nobody now: the account of its owner is no more."
    ]
    assert not [key for kind, key, _ in world.journal.records() if kind == "room"]


def test_gives_the_lobby_to_nobody(world: World) -> None:
    """It is everybody's."""
    (ada,) = world.enter("Ada")
    assert ada.do("owner", name="Ada") == "#lobby belongs to everybody."


# What is not said.


@pytest.mark.parametrize("pattern", ["spam", "/sp[a4]m/"])
def test_filters_what_is_said(world: World, pattern: str) -> None:
    """Operators may say it; nobody sees what is stopped, and it is so after a restart."""
    oscar, gus, max_ = world.in_dev("Oscar", "Gus", "Max")
    assert oscar.do("filter", pattern=pattern) == (
        f'Nobody says "{pattern}" any more. /filter-test shows what it stops.'
    )
    assert told(max_) == [f' * Oscar filters "{pattern}".']
    why = "A filter of #dev stops that. Nobody has seen it."
    for verb in ("say", "me", "topic"):
        assert gus.do(verb, text="buy SPAM now") == why
    assert gus.do("say", text="hi") == ""
    assert oscar.do("say", text="no spam please") == ""
    assert told(max_) == ["Gus: hi", "Oscar: no spam please"]
    world.restart()
    oscar, gus = world.in_dev("Oscar", "Gus")
    assert gus.do("say", text="spam") == why
    assert oscar.do("filter") == f'"{pattern}" (by Oscar)'
    assert oscar.do("unfilter", pattern=pattern) == f'"{pattern}" may be said again.'
    assert told(gus) == [f' * Oscar filters "{pattern}" no more.']
    assert oscar.do("filter") == "Everything may be said in #dev."
    assert gus.do("say", text="spam") == ""


def test_filters_what_is_said_anywhere(world: World) -> None:
    """To one alone as well; a room's operators are no exception, administrators are."""
    (ada,), (oscar, gus) = world.enter("Ada"), world.in_dev("Oscar", "Gus")
    ada.do("filter", room="*", pattern="spam")
    assert told(gus) == ['[server]  * Ada filters "spam".']
    why = "A filter of this server stops that. Nobody has seen it."
    assert gus.do("msg", name="Ada", text="spam") == why
    assert oscar.do("say", text="spam") == why
    assert ada.do("say", text="spam") == ""


def test_filters_names_and_reasons_too(world: World) -> None:
    """A guest's new name, and that of a new room; why one kicks, bans, mutes or is away."""
    (ada, kim), (oscar, gus) = world.enter("Ada", "Kim"), world.in_dev("Oscar", "Gus")
    ada.do("filter", room="*", pattern="/spam/")
    kim.do("part", room="#lobby")
    told(ada), told(gus)
    why = "A filter of this server stops that. Nobody has seen it."
    assert why in world.knock("buy-SPAM")
    assert gus.do("nick", name="spammer") == why
    assert gus.do("join", room="#spam") == why
    assert kim.do("away", text="selling spam") == why
    assert kim.do("join", room="#spam") == why
    assert oscar.do("kick", name="Gus", reason="spam") == why
    assert oscar.do("ban", who="Gus", time="1h", reason="spam") == why
    assert oscar.do("mute", who="Gus", time="1h", reason="spam") == why
    assert oscar.do("filter", pattern="spam") == why
    assert [told(ada), told(gus)] == [[], []]
    assert ada.do("kick", room="#lobby", name="Oscar", reason="spam") == "Oscar is out of #lobby."
    assert "You are in #spam" in ada.do("join", room="#spam")
    assert "You are in #spam" in gus.do("join", room="#spam")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("/(/", "That is no regular expression: "),
        ("/a*/", "That matches the empty text, so nobody could say anything."),
        ("x" * 201, "That is too long: 200 characters at most."),
    ],
)
def test_says_what_is_wrong_with_a_filter(world: World, pattern: str, why: str) -> None:
    """In one line; and what was no filter is not taken back."""
    (oscar,) = world.in_dev("Oscar")
    for verb in ("filter", "unfilter", "filter-test"):
        assert oscar.do(verb, pattern=pattern).startswith(why)
    assert oscar.do("unfilter", pattern="x") == (
        "There is no such filter in #dev. /filter lists them."
    )


def test_answers_at_once_whatever_is_looked_for(world: World) -> None:
    """No expression keeps the server busy."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    oscar.do("filter", pattern="/(a+)+$/")
    assert gus.do("say", text="a" * 3900 + "!") == ""


def test_shows_what_a_filter_would_have_stopped(world: World) -> None:
    """Of what was said, before it stops anything."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    for text in ("buy now", "hello", "BUY it"):
        gus.say(text)
    told(oscar)
    tried = oscar.do("filter-test", pattern="buy").split("\n")
    assert tried[-1] == "It would have stopped 2 of the last 3 messages."
    assert [line.partition("] ")[2] for line in told(oscar)] == ["Gus: buy now", "Gus: BUY it"]
    assert oscar.do("filter") == "Everything may be said in #dev."


def test_tries_a_filter_on_the_last_that_was_said(world: World) -> None:
    """At the bound on all of it, and beyond it on the newest."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    for text in ("spam", *("hello" for _ in range(FILTER_TEST_EVENTS - 1))):
        gus.say(text)
        world.server.advance(1)
    assert oscar.do("filter-test", pattern="spam").split("\n")[-1] == (
        "It would have stopped 1 of the last 200 messages."
    )
    gus.say("hello")
    assert oscar.do("filter-test", pattern="spam") == (
        "It would have stopped 0 of the last 200 messages."
    )


def test_shows_what_a_filter_would_have_stopped_anywhere(world: World) -> None:
    """As far as the administrator may read it."""
    (ada,), (oscar, gus) = world.enter("Ada"), world.in_dev("Oscar", "Gus")
    gus.say("buy in the open")
    gus.do("topic", text="buy")
    oscar.do("private", on=True)
    gus.say("buy in private")
    told(ada)
    tried = ada.do("filter-test", room="*", pattern="buy").split("\n")
    assert tried[-1] == "It would have stopped 2 of the last 2 messages."
    assert acts(ada) == ["[#dev] Gus: buy in the open", "[#dev]  * Gus set the topic: buy"]


# What is forgotten.


def test_forgets_what_is_old(world: World) -> None:
    """After the time that members are told; what was ruled stays in the audit log."""
    oscar, gus = world.in_dev("Oscar", "Gus")
    gus.say("old news")
    assert oscar.do("retention", time="30d") == ("What is said in #dev is forgotten after 30d.")
    assert told(gus) == [" * Oscar has what is said here forgotten after 30d."]
    world.server.advance(30 * DAY + 1)
    gus.say("news")
    world.server.house.forget_old()
    world.server.settle()
    gus.do("history", room="#dev")
    assert [line.partition("] ")[2] for line in told(gus)][-1] == "Gus: news"
    assert gus.do("search", text="old news") == "Nothing was found."


def test_tells_who_enters_what_is_forgotten(world: World) -> None:
    """Over a restart, too; until it is kept again."""
    oscar, ada = world.in_dev("Oscar", "Ada")
    oscar.do("retention", time="7d")
    ada.do("retention", room="#lobby", time="2d")
    world.restart()
    guest = world.door(world.server, host=HERE)
    assert "What is said here is forgotten after 2d." in guest.enter("Gus")
    assert guest.do("join", room="#dev").split("\n")[1] == (
        "What is said here is forgotten after 7d."
    )
    (oscar,) = world.in_dev("Oscar")
    assert oscar.do("retention", time="off") == "What is said in #dev is kept."
    assert told(guest)[-1] == " * Oscar has all that is said here kept."
    guest.do("part", room="#dev")
    assert guest.do("join", room="#dev") == "You are in #dev: Oscar, Gus."


def test_forgets_nothing_that_was_said_just_now(world: World) -> None:
    """A slip of the finger takes no more than what is an hour old."""
    (oscar,) = world.in_dev("Oscar")
    assert oscar.do("retention", time="59m") == "That is too short: 1h at least."


# Who ruled.


def test_shows_operators_who_ruled_in_their_room(world: World) -> None:
    """Who did what to whom, in the order in which they did; nothing of elsewhere."""
    oscar, gus, ada = world.in_dev("Oscar", "Gus", "Ada")
    oscar.do("ban", who="Gus", time="1h", reason="noise")
    ada.do("mute", room="*", who="Kim")
    told(oscar), told(gus)
    oscar.do("audit")
    assert acts(oscar) == [
        " * Olga made Oscar an operator.",
        " * Oscar banned Gus until 23:14: noise",
        " * Gus left. (After 0 seconds) - kicked by Oscar: noise",
    ]
    assert gus.do("audit", room="#dev") == "You are not in #dev. /join #dev first."
    assert oscar.do("audit", room="*") == "Only an administrator may do that."


def test_shows_who_ruled_while_the_room_was_private(world: World) -> None:
    """That it is open again hides nothing of it from those who rule it."""
    olga, oscar, _ = world.in_dev("Olga", "Oscar", "Gus")
    oscar.do("private", on=True)
    oscar.do("kick", name="Gus")
    oscar.do("private", on=False)
    told(olga)
    olga.do("audit", room="#dev", how="3")
    assert acts(olga) == [
        " * Oscar made the room private. Only the invited enter.",
        " * Gus left. (After 0 seconds) - kicked by Oscar",
        " * Oscar opened the room. Everyone may enter.",
    ]


def test_shows_administrators_who_ruled_anywhere(world: World) -> None:
    """After a restart as well; and page by page."""
    ada, oscar = world.in_dev("Ada", "Oscar")
    oscar.do("moderate", on=True)
    ada.do("lockdown", on=True)
    world.restart()
    (ada,) = world.enter("Ada")
    more = ada.do("audit", room="*", how="2").split("\n")[-1]
    assert acts(ada) == [
        "[#dev]  * Oscar made the room moderated: operators speak, and who has a voice.",
        " * Ada locked the server down: no new guests, and only accounts speak.",
    ]
    assert more == "More: /audit * 2 before 2"
    assert ada.do("audit", room="*", how="since 2023-11-15") == "There is nothing."


# Where somebody comes from.


def test_shows_addresses_to_administrators_alone(world: World) -> None:
    """Each of those that somebody comes from, once."""
    ada, kim = world.enter("Ada", "Kim")
    for host in (HERE, HERE, "203.0.113.9"):
        world.enter("Max", host=host)
    told(ada), told(kim)
    shown = "Max: in #lobby, here for 0 seconds"
    assert ada.do("whois", name="Max") == f"{shown}, from {HERE}, 203.0.113.9."
    assert kim.do("whois", name="Max") == f"{shown}."
