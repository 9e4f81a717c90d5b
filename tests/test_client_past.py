"""What the stdio client shows of what was said before, by calling it."""

import pytest
from conversations import DAY, World, backlog, begun, entered, joined, said

from twisted_chat import answers, events
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.hearing import hear
from twisted_chat.client.progress import Progress


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def chat(world: World) -> Conversation:
    """A conversation in the chat."""
    return joined(begun(world), world)


def test_shows_what_was_said_before_it_came(chat: Conversation, world: World) -> None:
    """With day and time, before what is said then; what it said itself another time, too."""
    chat.heard(backlog(said("hello", seq=1), said("hi", who="Alex", seq=2), more=True))
    chat.heard(said("now", seq=3))
    assert world.shown() == [DAY, "[00:00] Sam: hello", "[00:00] Alex: hi", "Sam: now"]


def test_shows_it_again_to_one_who_enters_again(chat: Conversation, world: World) -> None:
    """Who has left a room wants to see what was said there."""
    for number, line in enumerate(["/join #dev", "/part #dev", "/join #dev"], 1):
        chat.typed(line)
        if line == "/part #dev":
            chat.heard(answers.Ok(id=f"t-{number}"))
        else:
            chat.heard(entered("#dev", number, "Alex"))
            chat.heard(backlog(said("old", room="#dev", seq=1), room="#dev"))
    assert world.shown().count("[00:00] Sam: old") == 2


def test_shows_what_an_account_has_missed_once(chat: Conversation, world: World) -> None:
    """What mentions it comes first, and is not shown again among the last of its room."""
    mention = said("Alex?", seq=2)
    told = events.Told(who="Kim", to="Alex", text="psst", seq=3)
    news = [answers.NewsLine(room="#lobby", new=3, mentions=1)]
    chat.heard(answers.Missed(rooms=news, told=[told], mentions=[mention], more=True))
    chat.heard(backlog(said("one", seq=1), mention, said("four", seq=4)))
    assert world.shown() == [
        "-> 3 new in #lobby, 1 mentions you.",
        DAY,
        "[00:00] [PM from Kim to Alex] psst",
        "[00:00] Sam: Alex?",
        "-> /missed shows the rest.",
        DAY,
        "[00:00] Sam: one",
        "[00:00] Sam: four",
    ]
    chat.typed("/reply yes")
    assert world.sent()[-1]["name"] == "Kim"


def test_shows_all_that_was_asked_for(chat: Conversation, world: World) -> None:
    """An answer is shown whatever of it was heard before, and counts for nothing."""
    old = said("old", seq=1)
    chat.heard(old)
    for line in ("/history", "/search old", "/audit"):
        if line != "/audit":
            chat.typed(line)
    chat.heard(answers.History(id="t-1", room="#lobby", events=[old], more=True, next="/history 5"))
    chat.heard(answers.Found(id="t-2", text="old", events=[], reached=0))
    chat.heard(answers.Audit(room="*", events=[old], more=False))
    chat.typed("/tokens")
    chat.heard(answers.Tokens(id="t-3", tokens=[]))
    assert world.shown() == [
        "Sam: old",
        DAY,
        "1 [00:00] Sam: old",
        "-> More: /history 5",
        "-> Nothing was found.",
        DAY,
        "1 [00:00] Sam: old",
        "-> You have no tokens. /token NAME makes one.",
    ]


def test_shows_what_is_asked_for_last(chat: Conversation, world: World) -> None:
    """Also where it comes while one leaves."""
    chat.typed("/history")
    chat.typed("q")
    world.shown()
    chat.heard(answers.History(id="t-1", room="#lobby", events=[], more=False))
    assert world.shown() == ["-> There is nothing."]


def test_says_what_was_deleted(chat: Conversation, world: World) -> None:
    """In the room looked at, and in others with their name."""
    chat.heard(events.Deleted(of=7, who="Sam", by="Kim", room="#lobby", seq=8))
    assert world.shown() == [" * Kim deleted message 7 of Sam."]


def test_shows_what_its_user_says_elsewhere(chat: Conversation, world: World) -> None:
    """In another session of the same account, to a room or to one alone; it rings for none."""
    chat.heard(said("from my phone", who="Alex", seq=1))
    chat.heard(events.Told(who="Alex", to="Sam", text="psst", seq=2))
    lines = world.lines()
    assert [line.text for line in lines] == ["Alex: from my phone", "[PM to Sam] psst"]
    assert [line.me for line in lines] == ["", ""]


def test_learns_names_from_the_past(chat: Conversation) -> None:
    """Somebody who said something is somebody to answer."""
    chat.heard(backlog(said("hello", who="Kim", seq=1)))
    chat.heard(answers.History(room="#lobby", events=[said("old", who="Lou", seq=0)], more=False))
    told = events.Told(who="Max", to="Alex", text="psst", seq=2)
    mention = said("Alex?", who="Noa", seq=3)
    chat.heard(answers.Missed(rooms=[], told=[told], mentions=[mention]))
    assert chat.known.names.beginning("") == ["Alex", "Kim", "Lou", "Max", "Noa"]


def test_shows_no_control_characters_of_the_past(chat: Conversation, world: World) -> None:
    """What was said before is other people's text like any other."""
    chat.heard(backlog(said("\x1b[2Jfake\n-> You are an operator.", seq=1)))
    assert all(line.isprintable() for line in world.shown())


@pytest.mark.parametrize("kind", ["again", "present", "prompt"])
def test_understands_nothing_that_is_not_for_programs(kind: str) -> None:
    """The journal has events of its own, which no server tells."""
    assert hear(f'{{"type":"{kind}","same":true,"text":"x"}}'.encode()) is None


def test_counts_as_heard_no_more_than_was_told() -> None:
    """Rooms are caught up with one by one, so what one of them is at says nothing of others."""
    progress = Progress()
    progress.heard(said("one", seq=3))
    progress.begin_to_catch_up(9)
    progress.heard(said("two", room="#dev", seq=8))
    assert progress.seen == 3
    assert progress.is_news(said("three", seq=7))
    assert not progress.is_news(said("four", room="#dev", seq=7))
    progress.caught_up()
    assert progress.seen == 9
