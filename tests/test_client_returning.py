"""How the stdio client comes back after a break and hears what it missed, by calling it."""

import pytest
from conversations import (
    DAY,
    MENU,
    SECRET,
    World,
    back,
    backlog,
    begun,
    entered,
    error,
    go_back,
    joined,
    kinds,
    ok,
    said,
    welcome,
)

from twisted_chat import answers, events
from twisted_chat.client.bounds import IGNORED, NAME_SECONDS, NAME_TRIES
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.ignoring import Ignoring


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def talk(world: World) -> Conversation:
    """A conversation that shows its menu."""
    return begun(world)


@pytest.fixture
def chat(talk: Conversation, world: World) -> Conversation:
    """A conversation in the chat."""
    return joined(talk, world)


# After a lost connection.


def test_says_what_may_be_lost_and_asks_no_more_for_it(chat: Conversation, world: World) -> None:
    """Only what is said to others is safe to ask for again."""
    chat.typed("heard")
    chat.heard(ok(1))
    chat.typed("hello")
    chat.typed("/nick Al")
    chat.lost("It broke.", 2.0)
    assert world.shown() == [
        "These lines may not have arrived:",
        "  /nick Al",
        "Connection lost: It broke. Trying again in 2 seconds. (q gives up)",
    ]
    assert chat.prompt == "You: "
    assert not chat.takes("hello again")
    chat.failed("It refused.", 3.0)
    assert world.shown() == [
        "Cannot reach the server at tcp:test:1: It refused. Trying again in 3 seconds."
    ]


def test_takes_the_same_name_and_rooms_again(chat: Conversation, world: World) -> None:
    """As the same guest, one room after the other, with all that was missed in each."""
    chat.typed("/join #dev")
    chat.heard(entered("#dev", 1, "Alex"))
    chat.typed("/join #tea")
    chat.heard(entered("#tea", 2, "Alex"))
    chat.typed("/switch #dev")
    chat.heard(entered("#dev", 3, "Alex"))
    chat.typed("/quiet")
    chat.heard(ok(4))
    chat.typed("/part #lobby")
    chat.heard(ok(5))
    chat.heard(said("before", seq=7, room="#dev"))
    chat.lost("", 2.0)
    world.sent(), world.shown()
    chat.connected()
    assert world.sent() == [
        {"type": "hello", "v": 1, "name": "Alex", "resume": SECRET, "seen": 7, "id": 0}
    ]
    chat.heard(welcome(seq=9))
    assert not chat.takes("hello")
    assert [
        (step["type"], step.get("room"), step.get("seen")) for step in go_back(chat, world)
    ] == [
        ("join", "#tea", 7),
        ("join", "#dev", 7),
        ("part", "#lobby", None),
        ("quiet", None, None),
        ("whois", None, None),
    ]
    assert world.shown() == ["Connected to server.", "You are Alex again, in #dev, #tea."]
    assert chat.takes("hello")


def test_enters_no_room_in_which_the_server_has_it(chat: Conversation, world: World) -> None:
    """A guest whose old connection hangs, or an account, is where it was."""
    chat.typed("/join #dev")
    chat.heard(entered("#dev", 1, "Alex"))
    back(chat, world)
    chat.heard(welcome(rooms=["#lobby", "#dev"]))
    assert kinds(go_back(chat, world)) == ["switch", "whois"]
    assert world.shown() == ["You are Alex again, in #lobby, #dev."]


def test_looks_at_the_lobby_again(chat: Conversation, world: World) -> None:
    """The room looked at is the same, whatever was entered after it."""
    chat.typed("/join #dev")
    chat.heard(entered("#dev", 1, "Alex"))
    chat.typed("/switch #lobby")
    chat.heard(entered("#lobby", 2, "Alex"))
    back(chat, world)
    chat.heard(welcome())
    assert kinds(go_back(chat, world)) == ["join", "switch", "whois"]


def test_says_which_room_it_could_not_enter_again(chat: Conversation, world: World) -> None:
    """It looks at another of its rooms then."""
    chat.typed("/join #dev")
    chat.heard(entered("#dev", 1, "Alex"))
    back(chat, world)
    chat.heard(welcome())
    (join,) = world.sent()
    chat.heard(answers.Error(id=join["id"], code="room_private", text="#dev is private."))
    go_back(chat, world)
    assert world.shown() == ["-> #dev is private.", "You are Alex again, in #lobby."]


def test_is_as_it_was(chat: Conversation, world: World) -> None:
    """Whom one ignores and that one is away is true again; an absence is told only once."""
    chat.typed("/ignore Sam")
    chat.heard(ok(1))
    chat.typed("/ignore Kim")
    chat.heard(ok(2))
    chat.typed("/unignore Kim")
    chat.heard(ok(3))
    chat.typed("/away lunch")
    chat.heard(ok(4))
    back(chat, world)
    chat.heard(welcome())
    (ignore,) = world.sent()
    assert (ignore["type"], ignore["name"]) == ("ignore", "Sam")
    chat.heard(answers.Error(id=ignore["id"], code="nobody_there", text="Sam is not here."))
    assert [step.get("text") for step in go_back(chat, world)] == [None, "lunch"]
    assert world.shown() == ["You are Alex again, in #lobby."]
    back(chat, world)
    chat.heard(welcome())
    assert kinds(go_back(chat, world, away="lunch")) == ["ignore", "whois"]


def test_hears_nothing_from_whom_it_ignores(chat: Conversation, world: World) -> None:
    """Not even what a server that has forgotten it tells of what was missed."""
    chat.typed("/ignore Sam")
    chat.heard(ok(1))
    chat.heard(events.Renamed(who="Sam", to="Sammy"))
    back(chat, world)
    chat.heard(welcome())
    chat.heard(backlog(said("psst", who="sammy", seq=1), said("hi", who="Kim", seq=2)))
    chat.heard(said("I am still here", who="Sammy", seq=3))
    assert world.shown() == [DAY, "[00:00] Kim: hi"]


def test_lists_whom_it_ignores_though_the_server_does_not(chat: Conversation, world: World) -> None:
    """One who was not here when it came back is ignored all the same, and can be heard again."""
    for number, line in enumerate(["/ignore Sam", "/ignore Kim"], 1):
        chat.typed(line)
        chat.heard(ok(number))
    world.shown()
    chat.typed("/ignore")
    chat.heard(answers.Ignored(id="t-3", names=["KIM", "Lou"], more=0))
    assert world.shown() == ["-> You ignore KIM, Lou, Sam."]
    chat.typed("/ignore")
    chat.heard(answers.Ignored(id="t-4", names=["Kim"], more=2))
    assert world.shown() == ["-> You ignore Kim and 2 more."]
    chat.typed("/unignore sam")
    chat.heard(ok(5, text="You do not ignore sam."))
    world.shown()
    chat.heard(said("hello again", who="Sam", seq=1))
    assert world.shown() == ["Sam: hello again"]


def test_ignores_so_many_and_no_more() -> None:
    """The first is heard again."""
    ignoring = Ignoring()
    for number in range(IGNORED + 1):
        ignoring.add(f"user{number}")
    assert not ignoring.keeps_out(said("hi", who="user0"))
    assert ignoring.keeps_out(said("hi", who="user1"))
    assert ignoring.keeps_out(said("hi", who=f"user{IGNORED}"))


def test_ignores_nobody_whose_name_is_none(chat: Conversation, world: World) -> None:
    """A server may have names that this client would not give."""
    chat.typed("/ignore Sam")
    chat.heard(ok(1))
    chat.heard(said("beep", who="a b", seq=1))
    assert world.shown() == ["a b: beep"]


def test_is_here_again_before_the_break_and_after_it(chat: Conversation, world: World) -> None:
    """Who came back says of no absence any more."""
    for number, line in enumerate(["/away lunch", "/back"], 1):
        chat.typed(line)
        chat.heard(ok(number))
    back(chat, world)
    chat.heard(welcome())
    assert kinds(go_back(chat, world)) == ["whois"]


def test_counts_what_it_did_as_seen(chat: Conversation, world: World) -> None:
    """Also where that is told to nobody by name, as who may set the topic."""
    chat.typed("/lock on")
    chat.heard(ok(1, seq=12))
    chat.lost("", 2.0)
    chat.connected()
    assert world.sent()[-1]["seen"] == 12


def test_answers_who_wrote_to_it_under_another_name(chat: Conversation, world: World) -> None:
    """Whoever wrote last is the same person still."""
    chat.heard(events.Told(who="Sam", to="Alex", text="psst"))
    chat.heard(events.Renamed(who="Sam", to="Sammy"))
    chat.typed("/reply yes")
    assert world.sent()[-1]["name"] == "Sammy"


def test_shows_what_it_missed_once(chat: Conversation, world: World) -> None:
    """What it heard, and what it said itself, is left out of what the server tells again."""
    chat.typed("mine")
    chat.heard(ok(1, seq=4))
    chat.heard(said("old", seq=5))
    back(chat, world)
    chat.heard(welcome(seq=6))
    mine, old = said("mine", who="Alex", seq=4), said("old", seq=5)
    chat.heard(backlog(mine, old, said("missed", seq=6), room=""))
    go_back(chat, world)
    chat.heard(said("missed", seq=6))
    chat.heard(said("new", seq=7))
    assert world.shown() == [
        DAY,
        "[00:00] Sam: missed",
        "You are Alex again, in #lobby.",
        "Sam: new",
    ]


def test_says_that_it_missed_more(chat: Conversation, world: World) -> None:
    """In any room."""
    chat.typed("/join #dev")
    chat.heard(entered("#dev", 1, "Alex"))
    back(chat, world)
    chat.heard(welcome(seq=2000))
    chat.heard(backlog(said("late", room="#dev", seq=1999), room="#dev", more=True))
    assert world.shown() == [
        "-> You missed more than this: /history before 1999 shows it.",
        DAY,
        "[00:00] Sam: late",
    ]


def test_misses_nothing_when_it_is_lost_again_before_it_has_caught_up(
    chat: Conversation, world: World
) -> None:
    """It asks for all since it was lost first, and shows what it has heard by then only once."""
    chat.heard(said("old", seq=5))
    back(chat, world)
    chat.heard(welcome(seq=9))
    chat.heard(backlog(said("one", seq=8), room=""))
    chat.lost("", 2.0)
    world.sent(), world.shown()
    chat.connected()
    assert world.sent()[-1]["seen"] == 5
    chat.heard(welcome(seq=10))
    chat.heard(backlog(said("one", seq=8), said("two", seq=10), room=""))
    go_back(chat, world)
    chat.lost("", 2.0)
    chat.connected()
    assert world.sent()[-1]["seen"] == 10
    assert [line for line in world.shown() if "Sam" in line] == ["[00:00] Sam: two"]


def test_begins_anew_with_a_server_whose_record_did(chat: Conversation, world: World) -> None:
    """It is another one, whose numbers mean something else."""
    chat.heard(said("old", seq=500))
    back(chat, world)
    chat.heard(welcome(seq=3))
    chat.heard(said("from a record that began again", seq=4))
    assert world.shown() == ["Sam: from a record that began again"]
    go_back(chat, world)
    chat.lost("", 2.0)
    chat.connected()
    assert world.sent()[-1]["seen"] == 4


# What was on its way when the connection broke.


def test_says_again_what_has_no_answer(chat: Conversation, world: World) -> None:
    """With the same ids, in the same order, to the same people, and after all that was missed."""
    chat.heard(events.Told(who="Sam", to="Alex", text="psst"))
    for line in ("one", "/me waves", "/msg Kim two", "/reply three"):
        chat.typed(line)
    sent = world.sent()
    assert [request.get("room") or request.get("name") for request in sent] == [
        *("#lobby", "#lobby", "Kim", "Sam")
    ]
    back(chat, world)
    chat.heard(welcome())
    steps = go_back(chat, world)
    assert steps[1:] == sent
    assert world.shown() == ["You are Alex again, in #lobby."]
    for number in range(1, 5):
        chat.heard(ok(number))
    chat.lost("", 2.0)
    assert "may not have arrived" not in world.shown()[0]


def test_does_not_show_what_it_said_itself_before_the_break(
    chat: Conversation, world: World
) -> None:
    """It is in what the server tells of the past, but it was shown when it was typed."""
    for line in ("hi", "hi", "/msg Kim psst"):
        chat.typed(line)
    back(chat, world)
    chat.heard(welcome())
    mine = [said("hi", who="Alex", seq=seq) for seq in (1, 2, 3)]
    told = events.Told(who="Alex", to="Kim", text="psst", seq=4)
    chat.heard(backlog(*mine, told, room=""))
    assert world.shown() == [DAY, "[00:00] Alex: hi"]


def test_takes_nothing_for_its_own_that_was_said_where_it_cannot_be(
    chat: Conversation, world: World
) -> None:
    """A server may have rooms that this client would not make."""
    chat.typed("mine")
    back(chat, world)
    chat.heard(welcome())
    chat.heard(backlog(said("mine", who="Alex", room="no room", seq=1), room=""))
    assert world.shown() == [DAY, "[00:00] [no room] Alex: mine"]


def test_sets_no_topic_twice(chat: Conversation, world: World) -> None:
    """The server has no ids of topics, but tells of one that was set."""
    chat.typed("/topic Tea")
    chat.typed("/topic -")
    back(chat, world)
    chat.heard(welcome())
    chat.heard(backlog(events.TopicSet(room="#lobby", who="Alex", text="Tea", seq=1), room=""))
    assert [step.get("text") for step in go_back(chat, world)] == [None, "-"]


def test_says_which_line_was_refused_when_it_was_sent_again(
    chat: Conversation, world: World
) -> None:
    """Nobody remembers what was typed before the break."""
    chat.typed("one")
    back(chat, world)
    chat.heard(welcome())
    go_back(chat, world)
    world.shown()
    chat.heard(error("muted", "You are muted.", 1))
    assert world.shown() == ["-> You are muted.", "  one"]


def test_repeats_nothing_as_somebody_else(chat: Conversation, world: World) -> None:
    """Who has dropped the account is unknown to the server after a break."""
    chat.typed("/drop secret")
    chat.heard(ok(1))
    chat.typed("hello")
    chat.lost("", 2.0)
    assert world.shown()[:2] == ["These lines may not have arrived:", "  hello"]
    world.sent()
    chat.connected()
    assert "resume" not in world.sent()[0]


def test_says_what_may_be_lost_when_it_is_given_up(chat: Conversation, world: World) -> None:
    """Nobody will send it any more."""
    chat.typed("hello")
    chat.lost("", 2.0)
    world.shown()
    assert not chat.takes(None)
    chat.typed("q")
    assert world.shown()[:4] == [
        "Leaving the chat...",
        "These lines may not have arrived:",
        "  hello",
        "Connection closed.",
    ]


def test_waits_for_the_room_that_it_moves_to(chat: Conversation, world: World) -> None:
    """What is typed after it is meant for that room, and is sent to no other after a break."""
    chat.typed("/join #dev")
    assert not chat.takes("hello dev")
    chat.heard(entered("#dev", 1, "Alex"))
    assert chat.takes("hello dev")
    chat.typed("hello dev")
    assert world.sent()[-1]["room"] == "#dev"


def test_waits_for_a_name_that_the_server_still_holds(chat: Conversation, world: World) -> None:
    back(chat, world)
    for _ in range(NAME_TRIES):
        chat.heard(error("name_taken"))
        assert world.alarm == NAME_SECONDS
        chat.woke()
    assert world.shown() == ["The server still holds the name Alex. Asking again..."]
    assert len(world.sent()) == NAME_TRIES
    chat.heard(error("name_taken", "Alex is taken."))
    assert world.shown() == ["-> Alex is taken."]
    assert chat.prompt == "Enter your username: "


def test_goes_on_waiting_for_its_name_on_another_connection(
    chat: Conversation, world: World
) -> None:
    back(chat, world)
    chat.heard(error("name_taken"))
    chat.heard(answers.Goodbye(text="Too many names."))
    chat.lost("", 2.0)
    assert world.shown()[1:] == [
        "-> Too many names.",
        "Connection lost. Trying again in 2 seconds. (q gives up)",
    ]
    chat.connected()
    world.shown()
    chat.heard(said("not for me yet"))
    chat.heard(error("name_taken"))
    assert world.shown() == []


@pytest.mark.parametrize("welcomed", [False, True])
def test_says_what_may_be_lost_when_it_may_not_try_again(
    chat: Conversation, world: World, welcomed: bool
) -> None:
    """On the way back, before it has its name and after."""
    chat.typed("hello")
    back(chat, world)
    if welcomed:
        chat.heard(welcome())
    chat.lost("It broke.", None)
    assert world.shown() == [
        "These lines may not have arrived:",
        "  hello",
        "Connection lost: It broke.",
    ]
    assert world.code == 1


def test_leaves_on_its_way_back(chat: Conversation, world: World) -> None:
    """What is not said again by then is named."""
    chat.typed("hello")
    back(chat, world)
    chat.heard(welcome())
    chat.interrupted()
    assert kinds(world.sent())[-1] == "quit"
    chat.lost("", 2.0)
    assert world.shown() == [
        "Leaving the chat...",
        "These lines may not have arrived:",
        "  hello",
        "Connection closed.",
    ]
    assert world.code == 0


def test_asks_for_a_name_when_it_is_turned_away_on_its_way_back(
    chat: Conversation, world: World
) -> None:
    """Nothing more is asked for under the old one, and nothing is said."""
    chat.typed("hello")
    back(chat, world)
    chat.heard(welcome())
    (whois,) = world.sent()
    world.waiting = ["typed meanwhile"]
    chat.heard(answers.Error(id=whois["id"], code="not_entered", text="Say hello first."))
    assert world.shown() == [
        "-> Say hello first.",
        "These lines may not have arrived:",
        "  hello",
        "These lines were not sent:",
        "  typed meanwhile",
    ]
    assert (world.sent(), chat.prompt) == ([], "Enter your username: ")


def test_is_woken_by_no_alarm_of_a_connection_before(chat: Conversation, world: World) -> None:
    """It asks once for its name on each."""
    back(chat, world)
    chat.heard(error("name_taken"))
    chat.lost("", 2.0)
    chat.connected()
    assert kinds(world.sent()) == ["hello"]
    chat.woke()
    assert world.sent() == []


def test_gives_a_lost_chat_up_with_q(chat: Conversation, world: World) -> None:
    chat.lost("", 2.0)
    world.shown()
    assert chat.takes("q")
    chat.typed("q")
    assert world.shown() == ["Leaving the chat...", "Connection closed.", *MENU]
    assert not world.wanted


def test_ends_a_lost_chat_with_the_input(chat: Conversation, world: World) -> None:
    chat.lost("", 2.0)
    assert chat.takes(None)
    chat.interrupted()
    assert world.code == 0


def test_gives_a_lost_chat_up_where_it_may_not_retry(chat: Conversation, world: World) -> None:
    chat.lost("It broke.", None)
    assert (world.shown(), world.code) == (["Connection lost: It broke."], 1)


def test_gives_up_when_it_may_no_longer_retry(chat: Conversation, world: World) -> None:
    chat.lost("It broke.", 2.0)
    chat.failed("It refused.", None)
    assert world.code == 1


def test_follows_being_kicked_and_renamed(chat: Conversation, world: World) -> None:
    chat.typed("/join #dev")
    chat.heard(entered("#dev", 1, "Alex"))
    chat.heard(events.Kicked(room="#dev", who="Alex", by="Sam", seq=9))
    chat.heard(events.Renamed(who="Alex", to="Al"))
    back(chat, world)
    chat.heard(welcome("Al"))
    assert kinds(go_back(chat, world)) == ["whois"]
    assert world.shown() == ["You are Al again, in #lobby."]


def test_is_in_no_room_where_it_was_in_none(chat: Conversation, world: World) -> None:
    chat.typed("/part")
    chat.heard(ok(1))
    back(chat, world)
    chat.heard(welcome())
    assert kinds(go_back(chat, world)) == ["part", "whois"]
    assert world.shown() == ["You are Alex again, in no room."]


@pytest.mark.parametrize("code", ["too_busy", "too_many_tries"])
def test_waits_while_the_server_looks_at_no_password(
    chat: Conversation, world: World, code: str
) -> None:
    """All come back at once to a server that was started anew."""
    back(chat, world)
    for _ in range(2):
        chat.heard(error(code, "Later."))
        assert world.alarm == NAME_SECONDS
        chat.woke()
    assert world.shown() == ["-> Later."]
    chat.heard(welcome())
    assert kinds(go_back(chat, world)) == ["hello", "hello", "whois"]


def test_says_what_may_be_lost_when_its_name_is_anothers(chat: Conversation, world: World) -> None:
    """What it said as somebody else would not be said by the same one."""
    chat.typed("hello")
    back(chat, world)
    chat.heard(error("name_owned", "Alex needs its password."))
    assert world.shown() == [
        "-> Alex needs its password.",
        "These lines may not have arrived:",
        "  hello",
    ]
    assert chat.prompt == "Enter your username: "
