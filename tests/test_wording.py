"""How events and answers read to a person."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

import msgspec
import pytest

from twisted_chat import answers, events, wording
from twisted_chat.answers import Reply
from twisted_chat.events import Event

EVENTS = [kind for kind in Event.__subclasses__() if kind.__module__ == events.__name__]
"""What people hear of; the journal has more of its own."""

WHO: dict[str, Any] = {"who": "Alex"}
LOBBY: dict[str, Any] = {"room": "#lobby", **WHO}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (events.Said(**LOBBY, text="hi"), "Alex: hi"),
        (events.Emoted(**LOBBY, text="waves"), "** Alex waves"),
        (events.Told(**WHO, to="Sam", text="hi"), "[PM from Alex] hi"),
        (events.TopicSet(**LOBBY, text="News"), " * Alex set the topic: News"),
        (events.TopicSet(**LOBBY, text=""), " * Alex took the topic away."),
        (events.Kicked(**LOBBY, by="Sam"), " * Alex left. (After 0 seconds) - kicked by Sam"),
        (
            events.Kicked(**LOBBY, by="Sam", reason="noise", after=60),
            " * Alex left. (After 1 minute) - kicked by Sam: noise",
        ),
        (events.Opped(**LOBBY), " * Alex is an operator now."),
        (events.Opped(**LOBBY, by="Sam"), " * Sam made Alex an operator."),
        (events.Deopped(**LOBBY, by="Sam"), " * Sam took the operator's rights from Alex."),
        (
            events.Locked(room="#lobby", by="Sam", on=True),
            " * Sam locked the topic. Only operators set it.",
        ),
        (
            events.Locked(room="#lobby", by="Sam", on=False),
            " * Sam unlocked the topic. Everyone may set it.",
        ),
        (
            events.MadePrivate(room="#lobby", by="Sam", on=True),
            " * Sam made the room private. Only the invited enter.",
        ),
        (
            events.MadePrivate(room="#lobby", by="Sam", on=False),
            " * Sam opened the room. Everyone may enter.",
        ),
        (events.Invited(room="#dev", who="Alex", by="Sam"), " * Sam invites you: /join #dev"),
        (events.Joined(**LOBBY), " * Alex joined."),
        (events.Joined(**LOBBY, bot=True), " * Alex (bot) joined."),
        (events.Left(**WHO, after=300), " * Alex left. (After 5 minutes)"),
        (
            events.Left(**LOBBY, reason="gone home", after=1),
            " * Alex left. (After 1 second) - gone home",
        ),
        (events.CrowdMoved(room="#lobby", joined=("Alex",)), " * Alex joined."),
        (
            events.CrowdMoved(room="#lobby", joined=("Alex", "Sam", "Kim"), others_joined=1312),
            " * Alex, Sam, Kim and 1,312 others joined.",
        ),
        (
            events.CrowdMoved(
                room="#lobby", joined=("Alex", "Sam"), left=("Kim", "Max", "Jo"), others_left=1
            ),
            " * Alex and Sam joined; Kim, Max, Jo and 1 other left.",
        ),
        (events.Renamed(**WHO, to="Max"), " * Alex is now known as Max."),
        (events.WentAway(**WHO), " * Alex is away."),
        (events.WentAway(**WHO, text="lunch"), " * Alex is away: lunch"),
        (events.CameBack(**WHO), " * Alex is back."),
    ],
)
def test_says_in_a_line_what_happened(event: Event, line: str) -> None:
    """To somebody who looks at the room where it did."""
    assert wording.line_of(event, "#lobby") == line


@pytest.mark.parametrize("kind", EVENTS)
def test_has_words_for_every_event(kind: type[Event]) -> None:
    """No kind is met with an error."""
    assert kind in wording.words.registry


@pytest.mark.parametrize("say", [wording.words, wording.reply])
def test_has_no_words_for_what_it_does_not_know(say: object) -> None:
    """An unknown event or answer is an error, not silence."""
    assert callable(say)
    with pytest.raises(TypeError):
        say(object())


def test_puts_the_room_before_what_happened_elsewhere() -> None:
    """Who looks at another room sees where it was."""
    assert wording.line_of(events.Said(**LOBBY, text="hi"), "#dev") == "[#lobby] Alex: hi"
    assert wording.line_of(events.Told(**WHO, to="Sam", text="hi"), "#dev") == "[PM from Alex] hi"


def test_puts_the_time_first_where_it_is_wanted() -> None:
    """In the zone of this machine."""
    moment = datetime(2024, 5, 1, 12, 30)
    said = events.Said(**LOBBY, text="hi", time=moment.timestamp())
    assert wording.line_of(said, "#dev", clock=True) == "[12:30] [#lobby] Alex: hi"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute")),
        *((3_599, "59 minutes"), (3_600, "1 hour"), (86_399, "23 hours"), (86_400, "1 day")),
        (86_400_000, "1,000 days"),
    ],
)
def test_names_a_duration_in_the_largest_unit_that_fits(seconds: int, words: str) -> None:
    """One of them without its s."""
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (answers.Ok(), ""),
        (answers.Ok(text="Done."), "Done."),
        (answers.Error(code="x", text="No."), "No."),
        (answers.Prompt(text="Name:"), "Name:"),
        (answers.Goodbye(text="Bye."), "Bye."),
        (answers.Notice(code="slowed", text="Slowly."), "Slowly."),
        (
            answers.Entered(room="#dev", topic="", names=["Alex", "Sam"], more=0),
            "You are in #dev: Alex, Sam.",
        ),
        (
            answers.Entered(room="#dev", topic="News", names=["Alex"], more=1200),
            "You are in #dev: Alex and 1,200 more.\nTopic: News",
        ),
        (
            answers.People(
                room="#dev",
                people=[
                    answers.Person(name="Alex", operator=True, bot=True, away="lunch"),
                    answers.Person(name="Sam", away=""),
                    answers.Person(name="Kim"),
                ],
                more=2,
            ),
            "5 in #dev: Alex (operator, bot, away: lunch), Sam (away), Kim and 2 more.",
        ),
        (answers.People(room="#dev", people=[], more=0), "0 in #dev: nobody."),
        (answers.Names(names=["Alex"], more=999), "1,000 in the chat: Alex and 999 more."),
        (
            answers.Rooms(
                rooms=[
                    answers.RoomLine(room="#dev", people=1, topic="News"),
                    answers.RoomLine(room="#ops", people=1000, topic=""),
                ],
                more=3,
            ),
            "#dev (1 person): News\n#ops (1,000 people)\nand 3 more",
        ),
        (answers.Topic(room="#dev", topic=""), "#dev has no topic."),
        (answers.Topic(room="#dev", topic="News"), "Topic of #dev: News"),
        (
            answers.Whois(name="Alex", rooms=["#a", "#b"], seconds=60, bot=True, away="lunch"),
            "Alex (bot): away (lunch), in #a, #b, here for 1 minute.",
        ),
        (
            answers.Whois(name="Alex", rooms=[], seconds=0, away=""),
            "Alex: away, in no room that you can see, here for 0 seconds.",
        ),
        (
            answers.Whois(name="Alex", rooms=["#a"], seconds=0),
            "Alex: in #a, here for 0 seconds.",
        ),
        (answers.Motd(text=""), "There is no message of the day."),
        (answers.Motd(text="a\nb"), "a\nb"),
        (answers.Uptime(seconds=1, people=1, rooms=1), "Up for 1 second. 1 person in 1 room."),
        (
            answers.Uptime(seconds=7200, people=2000, rooms=2),
            "Up for 2 hours. 2,000 people in 2 rooms.",
        ),
        (
            answers.Help(
                verbs=[
                    answers.HelpLine(usage="/me TEXT", text="Do."),
                    answers.HelpLine(usage="/who", text="See."),
                ]
            ),
            "/me TEXT        Do.\n/who            See.",
        ),
    ],
)
def test_says_the_answer(reply: Reply, text: str) -> None:
    """As it is read by a person."""
    assert wording.reply(reply) == text


@pytest.mark.parametrize(
    ("names", "topic", "motd", "text"),
    [
        (["Alex"], "", "", "You are Alex, in #lobby. Nobody else is here yet.\n"),
        (["Kim", "Alex"], "", "", "You are Alex, in #lobby with Kim and 3 more.\n"),
        (
            *(["Alex"], "News", "Be kind."),
            "Be kind.\nYou are Alex, in #lobby. Nobody else is here yet.\nTopic: News\n",
        ),
    ],
)
def test_welcomes_with_who_is_there(names: list[str], topic: str, motd: str, text: str) -> None:
    """A newcomer learns in few lines who is here, and how to go on."""
    more = 3 if len(names) > 1 else 0
    welcome = answers.Welcome(
        v=1,
        server="twisted_chat",
        name="Alex",
        room="#lobby",
        topic=topic,
        names=names,
        more=more,
        motd=motd,
    )
    rest = "Say something and press Enter. /help tells more, q leaves."
    assert wording.reply(welcome) == text + rest


@pytest.mark.parametrize("kind", answers.Answer.__subclasses__())
def test_has_words_for_every_answer(kind: type[Reply]) -> None:
    """No kind is met with an error."""
    assert kind in wording.reply.registry or kind in get_args(wording.Past)


@pytest.mark.parametrize("kind", EVENTS)
def test_stays_on_one_line(kind: type[Event]) -> None:
    """What is in the fields adds no line of its own to what is around it."""
    fields: dict[str, Any] = dict(_samples(kind))
    assert len(wording.line_of(kind(**fields), "#x", clock=True).splitlines()) == 1


def _samples(kind: type[Event]) -> Iterator[tuple[str, object]]:
    values: dict[Any, object] = {
        str: "Alex",
        bool: True,
        int: 90_000,
        float: 1_700_000_000.0,
        tuple[str, ...]: ("Alex", "Sam"),
    }
    for field in msgspec.structs.fields(kind)[2:]:
        yield field.name, values[field.type]
