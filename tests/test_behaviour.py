"""What people do in the chat, through every door where they can do it."""

import time
from collections.abc import Callable, Iterator

import pytest
from doors import DOORS, Guest, Person

from twisted_chat.house import About
from twisted_chat.testing import MemoryServer
from twisted_chat.verbs import TABLE
from twisted_chat.verbs.explained import EXPLAINED


class World:
    """A server, and guests at one of its doors."""

    def __init__(self, door: type[Guest], **about: str) -> None:
        # What was said before is the matter of another suite.
        self.server = MemoryServer(about=About(backlog=0, **about))  # type: ignore[arg-type]
        self.door = door

    def knock(self) -> Guest:
        """Somebody without a name yet."""
        return self.door(self.server)

    def enter(self, *names: str) -> list[Guest]:
        """Guests who have entered in this order, and read who came after them."""
        guests = [self.door(self.server, name) for name in names]
        for guest in guests:
            guest.hears()
        return guests


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def world(request: pytest.FixtureRequest) -> World:
    """A new server with the door that the suite runs through."""
    return World(request.param)


@pytest.fixture
def alex_and_sam(world: World) -> list[Guest]:
    """Two who are in the lobby."""
    return world.enter("Alex", "Sam")


@pytest.fixture
def in_dev(world: World) -> list[Guest]:
    """Alex, who made #dev and rules it; Sam, who is in it; Kim, who is not."""
    alex, sam, kim = world.enter("Alex", "Sam", "Kim")
    alex.do("join", room="#dev")
    sam.do("join", room="#dev")
    alex.hears()
    return [alex, sam, kim]


# Coming in.


def test_welcomes_the_first_one(world: World) -> None:
    """Who enters learns their name, the room, and how to go on."""
    assert world.knock().enter("Alex") == (
        "You are Alex, in #lobby. Nobody else is here yet.\n"
        "Say something and press Enter. /help tells more, q leaves."
    )


def test_tells_a_newcomer_who_is_there(world: World) -> None:
    """The welcome names the others."""
    world.enter("Alex", "Sam")
    assert "You are Kim, in #lobby with Alex, Sam." in world.knock().enter("Kim")


def test_tells_the_others_of_a_newcomer(world: World) -> None:
    """Everyone in the lobby hears once that somebody joined, and the newcomer does not."""
    (alex,) = world.enter("Alex")
    sam = world.door(world.server, "Sam")
    assert (alex.hears(), sam.hears()) == ([" * Sam joined."], [])


def test_shows_topic_and_message_of_the_day_on_entering(world: World) -> None:
    """Both are part of the welcome."""
    world = World(world.door, motd="Be kind.")
    (alex,) = world.enter("Alex")
    alex.do("topic", text="Releases")
    assert world.knock().enter("Sam").split("\n")[:3] == [
        "Be kind.",
        "You are Sam, in #lobby with Alex.",
        "Topic: Releases",
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Alex", "The name Alex is taken. Choose another."),
        ("aLEX", "The name aLEX is taken. Choose another."),
        ("A1ex", "The name A1ex looks like Alex, who is here. Choose another."),
        ("root", "The name root is reserved. Choose another."),
        ("Two words", "A name is one word of letters and digits, with - _ . in it."),
        ("", "A name needs at least one letter or digit."),
        ("x" * 33, "That name is too long: 32 characters at most."),
        ("Al\u0435x", "A name does not mix letters of different scripts."),
    ],
)
def test_says_why_a_name_cannot_be_had_and_takes_another(world: World, name: str, why: str) -> None:
    """Nobody is locked out by a first choice."""
    world.enter("Alex")
    guest = world.knock()
    assert guest.enter(name) == why
    assert "You are Kim, in #lobby with Alex." in guest.enter("Kim")


@pytest.mark.parametrize("name", ["Zoë", "Łukasz", "小明", "علي", "r2-d2", "a_b.c", "x" * 32])
def test_takes_a_name_of_any_script(world: World, name: str) -> None:
    """Letters and digits of the world, and three marks."""
    assert f"You are {name}, " in world.knock().enter(name)


# Talking.


def test_brings_what_one_says_to_everyone_else(alex_and_sam: list[Guest]) -> None:
    """Everyone but the sender."""
    alex, sam = alex_and_sam
    alex.say("Hello everyone!")
    assert (alex.hears(), sam.hears()) == ([], ["Alex: Hello everyone!"])


def test_keeps_the_order_of_what_is_said(alex_and_sam: list[Guest]) -> None:
    """What two people say in turn arrives in turn."""
    alex, sam = alex_and_sam
    for number in range(5):
        alex.say(f"{number}")
    assert sam.hears() == [f"Alex: {number}" for number in range(5)]


@pytest.mark.parametrize("text", ["Grüße, 世界 👋🏽", "  indented", "#hash", "-> arrow", "Sam: me"])
def test_brings_text_as_it_was_written(alex_and_sam: list[Guest], text: str) -> None:
    """In any script, and with what looks like something else."""
    alex, sam = alex_and_sam
    alex.say(text)
    assert sam.hears() == [f"Alex: {text}"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ("a\u202eb", "ab"),
        ("a\u2028b", "a b"),
        ("a\x07b", "a\ufffdb"),
    ],
)
def test_makes_text_safe_for_others(alex_and_sam: list[Guest], text: str, shown: str) -> None:
    """No escape sequence, override or line end of theirs reaches another terminal."""
    alex, sam = alex_and_sam
    alex.say(text)
    assert sam.hears() == [f"Alex: {shown}"]


def test_shows_an_emote(alex_and_sam: list[Guest]) -> None:
    """`/me` is told in the third person."""
    alex, sam = alex_and_sam
    assert alex.do("me", text="waves at all") == ""
    assert sam.hears() == ["** Alex waves at all"]


def test_says_with_the_verb_too(alex_and_sam: list[Guest]) -> None:
    """`/say` is what typing does."""
    alex, sam = alex_and_sam
    alex.do("say", text="q")
    assert sam.hears() == ["Alex: q"]


@pytest.mark.parametrize("verb", ["say", "me"])
@pytest.mark.parametrize("text", ["\u200b", "\u200e \u2060"])
def test_refuses_to_say_nothing(alex_and_sam: list[Guest], verb: str, text: str) -> None:
    """Nobody hears what nobody could see."""
    alex, sam = alex_and_sam
    usage, nothing = f"Usage: /{verb} TEXT", "There is nothing in it to say."
    assert alex.do(verb, text=text) == (usage if isinstance(alex, Person) else nothing)
    assert sam.hears() == []


def test_tells_one_person_alone(world: World) -> None:
    """A private message reaches its addressee, in any case of the name, and nobody else."""
    alex, sam, kim = world.enter("Alex", "Sam", "Kim")
    assert alex.do("msg", name="SAM", text="just for you") == "Told Sam."
    assert (sam.hears(), kim.hears()) == (["[PM from Alex] just for you"], [])


def test_replies_to_the_last_who_wrote_in_private(world: World) -> None:
    """Whoever wrote last is meant."""
    alex, sam, kim = world.enter("Alex", "Sam", "Kim")
    alex.do("msg", name="Sam", text="one")
    kim.do("msg", name="Sam", text="two")
    assert sam.do("reply", text="yes") == "Told Kim."
    assert (alex.hears(), kim.hears()) == ([], ["[PM from Sam] yes"])


def test_replies_after_the_other_took_another_name(alex_and_sam: list[Guest]) -> None:
    """It is a person that is replied to, not a name."""
    alex, sam = alex_and_sam
    alex.do("msg", name="Sam", text="hi")
    alex.do("nick", name="Alexander")
    assert sam.do("reply", text="hello") == "Told Alexander."
    assert alex.hears() == ["[PM from Sam] hello"]


def test_has_nobody_to_reply_to(alex_and_sam: list[Guest]) -> None:
    """Before the first private message, and after its sender left."""
    alex, sam = alex_and_sam
    none = "Nobody has written to you alone yet. /msg NAME TEXT begins it."
    assert sam.do("reply", text="hello") == none
    alex.do("msg", name="Sam", text="bye")
    alex.do("quit")
    assert sam.do("reply", text="hello") == "Alex has left."


@pytest.mark.parametrize("verb", ["msg", "kick", "op", "deop", "invite", "whois", "ignore"])
def test_says_that_nobody_is_called_that(world: World, verb: str) -> None:
    """Every verb that names somebody."""
    (alex,) = world.enter("Alex")
    alex.do("join", room="#dev")
    text = {"text": "hi"} if verb == "msg" else {}
    answer = alex.do(verb, name="Zed", **text)
    assert answer == "There is nobody called Zed here. /names lists all."


# Being away, and not listening.


def test_is_away_and_back(alex_and_sam: list[Guest]) -> None:
    """The others hear it, and who writes in private is told."""
    alex, sam = alex_and_sam
    assert alex.do("away", text="lunch") == "You are away: lunch"
    assert sam.do("msg", name="Alex", text="hi") == "Told Alex. They are away: lunch"
    assert alex.do("back") == "Welcome back."
    assert sam.do("msg", name="Alex", text="hi") == "Told Alex."
    assert sam.hears() == [" * Alex is away: lunch", " * Alex is back."]


def test_is_away_without_a_reason(alex_and_sam: list[Guest]) -> None:
    """The reason may be left out."""
    alex, sam = alex_and_sam
    assert alex.do("away") == "You are away. /back ends it."
    assert sam.hears() == [" * Alex is away."]
    assert sam.do("msg", name="Alex", text="hi") == "Told Alex. They are away."


def test_is_not_back_who_was_not_away(alex_and_sam: list[Guest]) -> None:
    """Nobody hears of what did not happen."""
    alex, sam = alex_and_sam
    assert alex.do("back") == "You were not away."
    assert sam.hears() == []


def test_does_not_hear_whom_one_ignores(world: World) -> None:
    """Neither what they say, nor emotes, nor private messages; others hear them."""
    alex, sam, kim = world.enter("Alex", "Sam", "Kim")
    assert sam.do("ignore", name="alex") == "You will not hear Alex. /unignore Alex ends it."
    alex.say("one")
    alex.do("me", text="waves")
    alex.do("msg", name="Sam", text="psst")
    kim.say("two")
    assert sam.hears() == ["Kim: two"]
    assert kim.hears() == ["Alex: one", "** Alex waves"]


def test_goes_on_ignoring_who_takes_another_name(alex_and_sam: list[Guest]) -> None:
    """A new name is no way around it, and the list shows it."""
    alex, sam = alex_and_sam
    sam.do("ignore", name="Alex")
    alex.do("nick", name="Zed")
    alex.say("it is me again")
    assert sam.hears() == [" * Alex is now known as Zed."]
    assert sam.do("ignore") == "You ignore Zed."


def test_hears_no_invitation_of_whom_one_ignores(alex_and_sam: list[Guest]) -> None:
    """To be asked into rooms is to be spoken to."""
    alex, sam = alex_and_sam
    sam.do("ignore", name="Alex")
    alex.do("join", room="#dev")
    alex.do("invite", name="Sam")
    assert sam.hears() == []


def test_answers_who_was_heard_last_and_not_who_is_ignored(world: World) -> None:
    """What one does not see cannot be meant by /reply."""
    alex, sam, zed = world.enter("Alex", "Sam", "Zed")
    sam.do("ignore", name="Zed")
    alex.do("msg", name="Sam", text="lunch?")
    zed.do("msg", name="Sam", text="psst")
    zed.hears()
    sam.do("reply", text="yes")
    assert (alex.hears()[-1], zed.hears()) == ("[PM from Sam] yes", [])


def test_hears_again_whom_one_ignores_no_more(alex_and_sam: list[Guest]) -> None:
    """What was said meanwhile stays unheard."""
    alex, sam = alex_and_sam
    sam.do("ignore", name="Alex")
    alex.say("one")
    assert sam.do("unignore", name="Alex") == "You will hear Alex again."
    alex.say("two")
    assert sam.hears() == ["Alex: two"]
    assert sam.do("ignore") == "You ignore nobody."


def test_ignores_neither_oneself_nor_ends_what_was_not(alex_and_sam: list[Guest]) -> None:
    """Both are answered, each in its words."""
    alex, _ = alex_and_sam
    assert alex.do("ignore", name="Alex") == "You can hardly ignore yourself."
    assert alex.do("unignore", name="Sam") == "You do not ignore Sam."


# Names.


def test_takes_another_name(alex_and_sam: list[Guest]) -> None:
    """Everyone hears it, and the old name is free at once."""
    alex, sam = alex_and_sam
    assert alex.do("nick", name="Zed") == "You are Zed now."
    alex.say("hi")
    assert sam.hears() == [" * Alex is now known as Zed.", "Zed: hi"]
    assert sam.do("nick", name="Alex") == "You are Alex now."


def test_changes_the_case_of_ones_own_name(alex_and_sam: list[Guest]) -> None:
    """One's own name is no obstacle; the very same name is no news."""
    alex, sam = alex_and_sam
    assert alex.do("nick", name="ALEX") == "You are ALEX now."
    assert alex.do("nick", name="ALEX") == "You are ALEX already."
    assert sam.hears() == [" * Alex is now known as ALEX."]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("sam", "The name sam is taken. Choose another."),
        ("admin", "The name admin is reserved. Choose another."),
        ("a*b", "A name is one word of letters and digits, with - _ . in it."),
    ],
)
def test_keeps_the_name_when_another_cannot_be_had(
    alex_and_sam: list[Guest], name: str, why: str
) -> None:
    """It is told why, and nobody else hears anything."""
    alex, sam = alex_and_sam
    assert alex.do("nick", name=name) == why
    alex.say("still me")
    assert sam.hears() == ["Alex: still me"]


def test_tells_a_rename_once_to_who_shares_two_rooms(in_dev: list[Guest]) -> None:
    """However many rooms two people share."""
    alex, sam, _ = in_dev
    alex.do("nick", name="Zed")
    assert sam.hears() == [" * Alex is now known as Zed."]


# Who is who.


def test_knows_who_somebody_is(world: World) -> None:
    """Where they are, how long they have been, and that they are away."""
    alex, sam = world.enter("Alex", "Sam")
    world.server.advance(7)
    assert sam.do("whois", name="ALEX") == "Alex: in #lobby, here for 7 seconds."
    alex.do("away", text="lunch")
    assert sam.do("whois", name="Alex") == "Alex: away (lunch), in #lobby, here for 7 seconds."


def test_lists_who_is_in_a_room(in_dev: list[Guest]) -> None:
    """The current one, or another; with operators and who is away."""
    alex, sam, kim = in_dev
    sam.do("away", text="lunch")
    assert alex.do("who") == "2 in #dev: Alex (operator), Sam (away: lunch)."
    assert kim.do("who", room="#dev") == "2 in #dev: Alex (operator), Sam (away: lunch)."
    assert kim.do("who") == "3 in #lobby: Alex, Sam (away: lunch), Kim."


def test_lists_who_is_in_the_chat(in_dev: list[Guest]) -> None:
    """Whatever room they are in."""
    assert in_dev[2].do("names") == "3 in the chat: Alex, Sam, Kim."


def test_lists_the_rooms(in_dev: list[Guest]) -> None:
    """With people and topics, the fullest first."""
    in_dev[0].do("topic", text="Releases")
    assert in_dev[2].do("list") == "#lobby (3 people)\n#dev (2 people): Releases"


def test_knows_no_room_that_is_not_there(world: World) -> None:
    """And says where to look."""
    (alex,) = world.enter("Alex")
    assert alex.do("who", room="#no") == "There is no room #no. /list shows those there are."


# Rooms.


def test_makes_a_room_by_joining_it(alex_and_sam: list[Guest]) -> None:
    """Those who are not in it hear nothing."""
    alex, sam = alex_and_sam
    assert alex.do("join", room="#dev") == "You are in #dev: Alex."
    assert sam.hears() == []


def test_joins_a_room_without_the_mark(alex_and_sam: list[Guest]) -> None:
    """The # may be left out, and its case does not matter."""
    alex, sam = alex_and_sam
    alex.do("join", room="Dev")
    assert sam.do("join", room="#dEV") == "You are in #Dev: Alex, Sam."


def test_hears_in_a_room_only_what_follows(alex_and_sam: list[Guest]) -> None:
    """From the moment of joining, without a gap; nothing from before."""
    alex, sam = alex_and_sam
    alex.do("join", room="#dev")
    alex.say("before")
    sam.do("join", room="#dev")
    alex.say("after")
    assert sam.hears() == ["Alex: after"]
    assert alex.hears() == [" * Sam joined."]


def test_talks_to_the_room_entered_last(in_dev: list[Guest]) -> None:
    """Those who are only in the lobby hear nothing of it."""
    alex, sam, kim = in_dev
    alex.say("in dev")
    assert (sam.hears(), kim.hears()) == (["Alex: in dev"], [])


def test_names_the_room_of_a_line_from_another_one(in_dev: list[Guest]) -> None:
    """Lines of the current room carry no name."""
    _, sam, kim = in_dev
    kim.say("in the lobby")
    kim.do("me", text="waves")
    assert sam.hears() == ["[#lobby] Kim: in the lobby", "[#lobby] ** Kim waves"]


def test_switches_between_rooms(in_dev: list[Guest]) -> None:
    """What is said goes to the room that is looked at, and its lines lose their mark."""
    alex, sam, kim = in_dev
    assert sam.do("switch", room="#lobby") == "You are in #lobby: Alex, Sam, Kim."
    sam.say("hello lobby")
    kim.say("hello Sam")
    alex.say("hello dev")
    assert kim.hears() == ["Sam: hello lobby"]
    assert sam.hears() == ["Kim: hello Sam", "[#dev] Alex: hello dev"]


def test_switches_by_joining_again(in_dev: list[Guest]) -> None:
    """Nobody hears a second arrival."""
    alex, sam, _ = in_dev
    assert sam.do("join", room="#lobby") == "You are in #lobby: Alex, Sam, Kim."
    assert alex.hears() == []


def test_switches_to_no_room_that_one_is_not_in(in_dev: list[Guest]) -> None:
    """And says what to do."""
    assert in_dev[2].do("switch", room="#dev") == "You are not in #dev. /join #dev first."


def test_leaves_a_room_and_stays_in_the_chat(in_dev: list[Guest]) -> None:
    """The room hears why; who left hears it no more, and looks at the other one."""
    alex, sam, kim = in_dev
    assert sam.do("part", room="#dev", reason="too loud") == (
        "You left #dev. You look at #lobby now."
    )
    alex.say("gone?")
    sam.say("back here")
    assert alex.hears() == [
        " * Sam left. (After 0 seconds) - too loud",
        "[#lobby] Sam: back here",
    ]
    assert (sam.hears(), kim.hears()) == ([], ["Sam: back here"])


def test_leaves_the_last_room(alex_and_sam: list[Guest]) -> None:
    """Then there is nowhere to talk, until one joins again."""
    alex, sam = alex_and_sam
    assert alex.do("part") == "You left #lobby. You are in no room now."
    assert (
        alex.do("say", text="hi") == "You are in no room. /join one, /list shows those there are."
    )
    assert alex.do("join", room="#lobby") == "You are in #lobby: Sam, Alex."
    assert sam.hears() == [" * Alex left. (After 0 seconds)", " * Alex joined."]


def test_forgets_a_room_that_all_have_left(in_dev: list[Guest]) -> None:
    """Its topic and operator go with it."""
    alex, sam, kim = in_dev
    alex.do("topic", text="Releases")
    alex.do("part")
    sam.do("part")
    assert kim.do("list") == "#lobby (3 people)"
    assert kim.do("join", room="#dev") == "You are in #dev: Kim."
    assert kim.do("who") == "1 in #dev: Kim (operator)."


def test_sets_shows_and_takes_away_a_topic(in_dev: list[Guest]) -> None:
    """Everyone in the room may, until it is locked."""
    alex, sam, _ = in_dev
    assert sam.do("topic") == "#dev has no topic."
    assert sam.do("topic", text="Releases, and more") == "The topic is now: Releases, and more"
    assert alex.do("topic") == "Topic of #dev: Releases, and more"
    assert sam.do("topic", text="-") == "The topic is gone."
    assert alex.hears() == [
        " * Sam set the topic: Releases, and more",
        " * Sam took the topic away.",
    ]


def test_shows_the_topic_to_who_joins(in_dev: list[Guest]) -> None:
    """It is a part of the answer."""
    in_dev[0].do("topic", text="Releases")
    assert in_dev[2].do("join", room="#dev") == "You are in #dev: Alex, Sam, Kim.\nTopic: Releases"


def test_bounds_a_topic(in_dev: list[Guest]) -> None:
    """390 characters pass, and not one more."""
    alex, sam, _ = in_dev
    assert alex.do("topic", text="x" * 390) == f"The topic is now: {'x' * 390}"
    assert alex.do("topic", text="x" * 391) == "That is too long: 390 characters at most."
    assert sam.hears() == [f" * Alex set the topic: {'x' * 390}"]


# Ruling a room.


def test_locks_a_topic(in_dev: list[Guest]) -> None:
    """Then only operators set it, until it is unlocked."""
    alex, sam, _ = in_dev
    assert alex.do("lock", on=True) == "Only operators set the topic."
    assert sam.do("topic", text="mine") == "Only an operator of #dev may do that."
    assert alex.do("topic", text="ours") == "The topic is now: ours"
    assert alex.do("lock", on=False) == "Everyone sets the topic."
    assert sam.do("topic", text="mine") == "The topic is now: mine"
    assert sam.hears() == [
        " * Alex locked the topic. Only operators set it.",
        " * Alex set the topic: ours",
        " * Alex unlocked the topic. Everyone may set it.",
    ]


def test_kicks_somebody_out_of_a_room(in_dev: list[Guest]) -> None:
    """They hear it, hear the room no more, and stay in the chat; they may come back."""
    alex, sam, kim = in_dev
    assert alex.do("kick", name="sam", reason="too loud") == "Sam is out of #dev."
    alex.say("quiet now")
    kim.say("still in the lobby")
    assert sam.hears() == [
        " * Sam left. (After 0 seconds) - kicked by Alex: too loud",
        "[#lobby] Kim: still in the lobby",
    ]
    assert sam.do("join", room="#dev") == "You are in #dev: Alex, Sam."


def test_says_nothing_elsewhere_after_a_kick(in_dev: list[Guest]) -> None:
    """What was meant for a room that one is out of goes nowhere, until one chooses another."""
    alex, sam, kim = in_dev
    alex.do("kick", name="sam")
    assert sam.do("say", text="for #dev alone") == "You are not in #dev. /join #dev first."
    sam.do("switch", room="#lobby")
    sam.say("hi")
    assert kim.hears()[-1] == "Sam: hi"
    assert not any("alone" in line for line in alex.hears() + kim.hears())


def test_makes_an_operator_and_takes_it_back(in_dev: list[Guest]) -> None:
    """What an operator may do goes with it."""
    alex, sam, _ = in_dev
    assert alex.do("op", name="Sam") == "Sam is an operator of #dev."
    assert sam.do("deop", name="Alex") == "Alex is no operator of #dev."
    assert alex.do("kick", name="Sam") == "Only an operator of #dev may do that."
    assert sam.hears() == [" * Alex made Sam an operator."]
    assert alex.hears() == [" * Sam took the operator's rights from Alex."]


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("kick", {"name": "Alex"}),
        ("op", {"name": "Sam"}),
        ("deop", {"name": "Alex"}),
        ("lock", {"on": True}),
        ("private", {"on": True}),
    ],
)
def test_lets_only_operators_rule(
    in_dev: list[Guest], verb: str, fields: dict[str, str | bool]
) -> None:
    """A member is told so, and nothing happens; in the lobby nobody rules."""
    alex, sam, kim = in_dev
    assert sam.do(verb, **fields) == "Only an operator of #dev may do that."
    everybody = "Only an administrator may do that in #lobby."
    assert kim.do(verb, **fields) == everybody
    assert alex.hears() == []


def test_hands_a_room_on_when_its_operator_leaves(in_dev: list[Guest]) -> None:
    """The one who has been there longest rules it then, and all are told."""
    alex, sam, _ = in_dev
    alex.do("quit")
    assert sam.hears() == [
        " * Alex left. (After 0 seconds)",
        " * Sam is an operator now.",
    ]
    assert sam.do("lock", on=True) == "Only operators set the topic."


def test_lets_only_the_invited_into_a_private_room(in_dev: list[Guest]) -> None:
    """An invitation is heard by the one invited alone, and is good for once."""
    alex, sam, kim = in_dev
    assert alex.do("private", on=True) == "Only the invited enter."
    refused = "#dev is private: ask somebody in it for an invitation."
    assert kim.do("join", room="#dev") == refused
    assert alex.do("invite", name="Kim") == "Kim is invited to #dev."
    assert kim.hears() == [" * Alex invites you: /join #dev"]
    assert sam.hears() == [" * Alex made the room private. Only the invited enter."]
    assert kim.do("join", room="#dev") == "You are in #dev: Alex, Sam, Kim."
    kim.do("part")
    assert kim.do("join", room="#dev") == refused


def test_lets_only_operators_invite_into_a_private_room(in_dev: list[Guest]) -> None:
    """In an open one everybody in it may."""
    alex, sam, kim = in_dev
    assert sam.do("invite", name="Kim") == "Kim is invited to #dev."
    alex.do("private", on=True)
    assert sam.do("invite", name="Kim") == "Only an operator of #dev may do that."
    assert kim.hears() == [" * Sam invites you: /join #dev"]


def test_hides_a_private_room(in_dev: list[Guest]) -> None:
    """From lists and from what there is to know about its members."""
    alex, sam, kim = in_dev
    alex.do("private", on=True)
    assert kim.do("list") == "#lobby (3 people)"
    assert kim.do("who", room="#dev") == "There is no room #dev. /list shows those there are."
    assert kim.do("whois", name="Sam") == "Sam: in #lobby, here for 0 seconds."
    assert sam.do("whois", name="Alex") == "Alex: in #lobby, #dev, here for 0 seconds."
    alex.do("private", on=False)
    assert kim.do("list") == "#lobby (3 people)\n#dev (2 people)"


def test_kicks_nobody_who_is_not_there(in_dev: list[Guest]) -> None:
    """Somebody in the chat and not in the room."""
    assert in_dev[0].do("kick", name="Kim") == "Kim is not in #dev."


# About the chat.


def test_hides_who_comes_and_goes(world: World) -> None:
    """`/quiet` is a wish of one's own; once more ends it."""
    alex, sam = world.enter("Alex", "Sam")
    assert alex.do("quiet") == "You do not see who comes and goes."
    kim = world.door(world.server, "Kim")
    kim.say("hi")
    kim.do("quit")
    assert alex.hears() == ["Kim: hi"]
    assert sam.hears() == [" * Kim joined.", "Kim: hi", " * Kim left. (After 0 seconds)"]
    assert alex.do("quiet", on=False) == "You see who comes and goes."
    world.door(world.server, "Kim")
    assert alex.hears() == [" * Kim joined."]


def test_shows_the_message_of_the_day(world: World) -> None:
    """Or says that there is none."""
    (alex,) = world.enter("Alex")
    assert alex.do("motd") == "There is no message of the day."
    (alex,) = World(world.door, motd="Be kind.").enter("Alex")
    assert alex.do("motd") == "Be kind."


def test_tells_how_long_it_has_run(world: World) -> None:
    """With how many are in it."""
    world.server.advance(42)
    (alex,) = world.enter("Alex")
    assert alex.do("uptime") == "Up for 42 seconds. 1 person in 1 room."


def test_helps(world: World) -> None:
    """With one verb, its short forms among it, and with all of them."""
    (alex,) = world.enter("Alex")
    one = alex.do("help", verb="join")
    assert one.split("\n") == [
        "/join ROOM  Enter a room, or make it. Also: /j.",
        *EXPLAINED["join"],
    ]
    pages = [alex.do("help", verb=chapter).split("\n") for chapter in TABLE.chapters]
    assert pages[0] == alex.do("help").split("\n")
    others = len(TABLE.chapters) - 1
    assert sum(map(len, pages)) == len(TABLE.verbs) + others
    assert all(line.startswith("/") for page in pages for line in page)


def test_helps_with_nothing_that_is_not_there(world: World) -> None:
    """The nearest is named."""
    (alex,) = world.enter("Alex")
    assert alex.do("help", verb="jion") == "There is no /jion. Did you mean /join? /help lists all."


def test_answers_an_unknown_verb_to_the_asker_alone(alex_and_sam: list[Guest]) -> None:
    """It never goes to the room."""
    alex, sam = alex_and_sam
    advice = "There is no /joyn. Did you mean /join? /help lists all."
    invalid = "Invalid value 'joyn' - at `$.type`"
    assert alex.do("joyn") == (advice if isinstance(alex, Person) else invalid)
    assert sam.hears() == []


# Leaving.


def test_quits_with_a_reason(world: World) -> None:
    """The others hear it with the time it lasted; the one who goes hears a goodbye."""
    alex, sam = world.enter("Alex", "Sam")
    world.server.advance(300)
    alex.do("quit", reason="gone home")
    assert sam.hears() == [" * Alex left. (After 5 minutes) - gone home"]
    assert (alex.hears(), alex.closed) == (["Leaving the chat..."], True)


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        (lambda guest: guest.end.drop(), " - lost connection"),
        (lambda guest: guest.end.hang_up(), ""),
        (lambda guest: guest.end.finish(), ""),
    ],
    ids=["drop", "hang_up", "finish"],
)
def test_tells_once_how_somebody_went(
    alex_and_sam: list[Guest], leave: Callable[[Guest], None], reason: str
) -> None:
    """However the connection ended."""
    alex, sam = alex_and_sam
    leave(alex)
    assert sam.hears() == [f" * Alex left. (After 0 seconds){reason}"]


def test_frees_the_name_at_once(world: World) -> None:
    """Another may have it in the same moment."""
    alex, _ = world.enter("Alex", "Sam")
    alex.end.drop()
    assert "You are Alex, in #lobby with Sam." in world.knock().enter("Alex")


def test_tells_every_room_that_somebody_went(in_dev: list[Guest]) -> None:
    """Once for each room that one shares with them."""
    alex, sam, kim = in_dev
    sam.do("quit", reason="bye")
    assert sorted(alex.hears()) == [" * Sam left. (After 0 seconds) - bye"]
    assert kim.hears() == [" * Sam left. (After 0 seconds) - bye"]


def test_hears_nothing_of_who_never_entered(alex_and_sam: list[Guest], world: World) -> None:
    """A connection without a name comes and goes unheard."""
    alex, _ = alex_and_sam
    world.knock().end.drop()
    assert alex.hears() == []


def test_says_goodbye_when_the_server_closes(alex_and_sam: list[Guest], world: World) -> None:
    """To everyone; nobody hears of the others' going."""
    emptied: list[bool] = []
    world.server.house.close(lambda: emptied.append(True))
    world.server.settle()
    for guest in alex_and_sam:
        assert guest.hears() == ["The server is shutting down. Goodbye!"]
        assert guest.closed
    assert emptied == [True]


# What only people do.


@pytest.fixture
def person_and_sam() -> tuple[Person, Person]:
    """Two on nc."""
    server = MemoryServer()
    alex, sam = Person(server, "Alex"), Person(server, "Sam")
    alex.hears()
    return alex, sam


def test_leaves_with_a_single_letter(person_and_sam: tuple[Person, Person]) -> None:
    """`q` alone leaves, and is not said."""
    alex, sam = person_and_sam
    alex.say("q")
    assert (alex.hears(), alex.closed) == (["Leaving the chat..."], True)
    assert sam.hears() == [" * Alex left. (After 0 seconds)"]


@pytest.mark.parametrize("word", ["q", "/q", "/quit", "/exit"])
def test_leaves_before_a_name_is_given(word: str) -> None:
    """Nobody is kept at the door."""
    guest = Person(MemoryServer())
    guest.say(word)
    assert (guest.hears(), guest.closed) == (["Leaving the chat..."], True)


def test_asks_again_for_a_name() -> None:
    """After each one that cannot be had."""
    end = MemoryServer().connect()
    assert end.lines() == ["Welcome to twisted_chat.", "Enter your username:"]
    end.type("root")
    assert end.lines() == [
        "-> The name root is reserved. Choose another.",
        "Enter your username:",
    ]


def test_says_a_line_that_begins_with_a_slash(person_and_sam: tuple[Person, Person]) -> None:
    """Two slashes say one."""
    alex, sam = person_and_sam
    alex.say("//join is a verb")
    assert sam.hears() == ["Alex: /join is a verb"]


@pytest.mark.parametrize("line", ["", "   ", "\t"])
def test_takes_an_empty_line_for_nothing(person_and_sam: tuple[Person, Person], line: str) -> None:
    """No answer, and nobody hears it."""
    alex, sam = person_and_sam
    alex.say(line)
    assert (alex.answered(), alex.hears(), sam.hears()) == ("", [], [])


@pytest.fixture
def utc() -> Iterator[None]:
    """A machine in the zone UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("utc")
def test_shows_the_time_before_each_line(person_and_sam: tuple[Person, Person]) -> None:
    """In the server's own zone, until it is switched off."""
    alex, sam = person_and_sam
    assert sam.do("time", on=True) == "Each line shows its time."
    alex.say("one")
    assert sam.do("time", on=False) == "Lines show no time."
    alex.say("two")
    assert sam.hears() == ["[22:13] Alex: one", "Alex: two"]


@pytest.mark.parametrize(
    ("short", "heard"),
    [
        ("/m Sam hi", "[PM from Alex] hi"),
        ("/tell Sam hi", "[PM from Alex] hi"),
        ("/name Zed", " * Alex is now known as Zed."),
        ("/afk", " * Alex is away."),
        ("/p #lobby bye now", " * Alex left. (After 0 seconds) - bye now"),
        ("/p lobby bye now", " * Alex left. (After 0 seconds) - bye now"),
        ("/exit", " * Alex left. (After 0 seconds)"),
        ("/ME waves", "** Alex waves"),
    ],
)
def test_knows_the_short_forms(
    person_and_sam: tuple[Person, Person], short: str, heard: str
) -> None:
    """Those that people know from other chats, in any case."""
    alex, sam = person_and_sam
    alex.say(short)
    assert sam.hears() == [heard]


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("/join", "/join ROOM"),
        ("/join #a #b", "/join ROOM"),
        ("/msg Sam", "/msg NAME TEXT"),
        ("/time", "/time on|off"),
        ("/time later", "/time on|off"),
        ("/motd now", "/motd"),
        ("/nick", "/nick NAME"),
    ],
)
def test_shows_the_usage_of_a_verb(
    person_and_sam: tuple[Person, Person], line: str, usage: str
) -> None:
    """When something is missing, wrong or too much."""
    alex, sam = person_and_sam
    alex.say(line)
    assert (alex.answered(), sam.hears()) == (f"Usage: {usage}", [])


# What only programs do.


def test_shows_a_bot_as_one() -> None:
    """When it comes, in the list of who is there, and to who asks."""
    server = MemoryServer()
    alex = Person(server, "Alex")
    server.program("Bot", bot=True)
    assert alex.hears() == [" * Bot (bot) joined."]
    assert alex.do("who") == "2 in #lobby: Alex, Bot (bot)."
    assert alex.do("whois", name="Bot") == "Bot (bot): in #lobby, here for 0 seconds."


def test_echoes_to_a_program_that_asks_for_it() -> None:
    """Its own events come as they come to everybody."""
    bot = MemoryServer().program("Bot", echo=True)
    bot.ask(type="say", text="hi", id=7)
    said, ok = bot.objects()
    assert (said["type"], said["text"], said["seq"]) == ("said", "hi", 1)
    assert ok == {"type": "ok", "id": 7, "seq": 1}


def test_speaks_to_a_room_by_its_name() -> None:
    """Without a look at another one first."""
    server = MemoryServer()
    alex, bot = Person(server, "Alex"), server.program("Bot")
    alex.hears()
    bot.ask(type="join", room="#dev")
    bot.ask(type="say", text="in the lobby", room="#lobby")
    bot.ask(type="me", text="waves", room="#lobby")
    assert alex.hears() == ["Bot: in the lobby", "** Bot waves"]
