"""The conversation of the stdio client, by calling it."""

import pytest
from conversations import (
    MENU,
    World,
    begun,
    entered,
    error,
    joined,
    ok,
    said,
    welcome,
)

from twisted_chat import answers, events
from twisted_chat.client.bounds import LEAVE_SECONDS, UNANSWERED
from twisted_chat.client.conversation import Conversation


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


# The menu and the name.


def test_says_that_it_is_connected_and_shows_the_menu(talk: Conversation, world: World) -> None:
    assert world.shown() == ["Connected to server.", *MENU]
    assert talk.prompt == "Enter your choice: "


def test_joins_under_the_name_given(talk: Conversation, world: World) -> None:
    world.shown()
    talk.typed("1")
    assert talk.prompt == "Enter your username: "
    talk.typed(" Alex ")
    assert world.shown() == ["Joining the chat as Alex..."]
    assert world.sent() == [{"type": "hello", "v": 1, "name": "Alex", "id": 0}]
    assert not talk.takes("hello")
    talk.heard(welcome())
    assert talk.prompt == "You: "
    assert world.shown() == []


def test_tells_a_newcomer_who_is_there(talk: Conversation, world: World) -> None:
    talk.typed("1")
    talk.typed("Alex")
    world.shown()
    talk.heard(welcome(names=["Alex", "Sam"], topic="Tea", motd="Be kind."))
    assert world.shown() == [
        "-> Be kind.",
        "-> You are Alex, in #lobby with Sam.",
        "-> Topic: Tea",
        "-> Say something and press Enter. /help tells more, q leaves.",
    ]


def test_asks_again_for_a_name_that_is_refused(talk: Conversation, world: World) -> None:
    talk.typed("1")
    talk.typed("root")
    world.shown()
    talk.heard(error("name_reserved", "The name root is reserved."))
    assert world.shown() == ["-> The name root is reserved."]
    assert talk.prompt == "Enter your username: "


def test_refuses_a_name_that_no_line_can_hold(talk: Conversation, world: World) -> None:
    talk.typed("1")
    world.sent(), world.shown()
    talk.typed("x" * 5000)
    assert world.sent() == []
    assert world.shown()[1:] == ["-> That is too long: a line holds 4,096 bytes at most."]
    assert talk.prompt == "Enter your username: "


def test_ignores_an_empty_name(talk: Conversation, world: World) -> None:
    talk.typed("1")
    talk.typed("  ")
    assert world.sent() == []


def test_exits_from_the_menu(talk: Conversation, world: World) -> None:
    talk.typed("2")
    assert (world.code, world.wanted, talk.over) == (0, False, True)


def test_says_that_q_comes_too_early(talk: Conversation, world: World) -> None:
    world.shown()
    talk.typed("q")
    assert world.shown() == ["You have not joined the chat.", *MENU]
    talk.typed("1")
    talk.typed("q")
    assert world.shown() == ["You have not joined the chat.", *MENU]
    assert talk.prompt == "Enter your choice: "


def test_shows_the_menu_again_for_anything_else(talk: Conversation, world: World) -> None:
    world.shown()
    talk.typed("join")
    assert world.shown() == ["Please enter 1, q or 2.", *MENU]


def test_connects_again_when_the_connection_went_at_the_menu(
    talk: Conversation, world: World
) -> None:
    world.shown()
    talk.lost("", 2.0)
    assert (world.shown(), world.wanted) == ([], False)
    talk.typed("1")
    assert world.wanted
    talk.connected()
    assert world.shown() == ["Connected to server."]
    talk.lost("The server is full.", 2.0)
    assert world.shown() == ["The server closed the connection: The server is full."]
    talk.typed("Alex")
    talk.connected()
    assert world.sent() == [{"type": "hello", "v": 1, "name": "Alex", "id": 0}]


def test_skips_the_menu_for_one_with_a_name(world: World) -> None:
    talk = Conversation(world, "tcp:test:1", "t", name="Alex", room="#dev")
    talk.start()
    talk.connected()
    assert world.shown() == ["Connected to server.", "Joining the chat as Alex..."]
    world.sent()
    talk.heard(welcome())
    assert world.sent() == [{"type": "join", "id": "t-1", "room": "#dev"}]
    talk.heard(entered("#dev", 1, "Alex"))
    assert world.shown() == ["-> You are in #dev: Alex."]


def test_gives_up_on_a_server_of_another_version(talk: Conversation, world: World) -> None:
    talk.typed("1")
    talk.typed("Alex")
    talk.heard(error("version"))
    assert world.code == 1


def test_shows_what_the_server_says_while_it_decides(talk: Conversation, world: World) -> None:
    talk.typed("1")
    talk.typed("Alex")
    world.shown()
    talk.heard(answers.Notice(code="slowed", text="Slowly."))
    talk.heard(answers.Goodbye(text="Too late."))
    talk.heard(said("not yet"))
    assert world.shown() == ["-> Slowly.", "-> Too late."]


# A server that is not there.


def test_tries_again_and_says_so(world: World) -> None:
    talk = Conversation(world, "tcp:test:1", "t")
    talk.start()
    assert not talk.takes("1")
    talk.failed("It refused.", 2.0)
    talk.failed("It refused.", 3.2)
    assert world.shown() == [
        "Cannot reach the server at tcp:test:1: It refused. "
        f"Trying again in {seconds} seconds. (q gives up)"
        for seconds in (2, 3)
    ]
    assert not talk.takes("1")
    talk.connected()
    assert world.shown() == ["Connected to server.", *MENU]


def test_q_gives_up_trying(world: World) -> None:
    talk = Conversation(world, "tcp:test:1", "t")
    talk.start()
    talk.failed("It refused.", 2.0)
    world.shown()
    assert talk.takes("q")
    talk.typed("q")
    assert (world.shown(), world.wanted) == (MENU, False)


def test_2_exits_while_it_tries(world: World) -> None:
    talk = Conversation(world, "tcp:test:1", "t")
    talk.start()
    talk.failed("It refused.", 2.0)
    assert talk.takes("2")
    talk.typed("2")
    assert world.code == 0


def test_exits_with_1_where_it_may_not_retry(world: World) -> None:
    talk = Conversation(world, "tcp:test:1", "t")
    talk.start()
    talk.failed("It refused.", None)
    assert world.shown() == ["Cannot reach the server at tcp:test:1: It refused."]
    assert world.code == 1


def test_exits_when_nothing_is_typed_to_a_server_that_is_not_there(world: World) -> None:
    talk = Conversation(world, "tcp:test:1", "t")
    talk.start()
    assert talk.takes(None)
    talk.ended()
    assert world.code == 0


def test_joins_later_when_the_server_is_full(talk: Conversation, world: World) -> None:
    talk.typed("1")
    talk.typed("Alex")
    world.shown(), world.sent()
    talk.lost("The server is full.", 1.0)
    assert world.shown() == [
        "The server closed the connection: The server is full. "
        "Trying again in 1 second. (q gives up)"
    ]
    talk.connected()
    assert world.sent()[0]["name"] == "Alex"
    world.shown()
    talk.lost("", None)
    assert (world.shown(), world.code) == (["The connection was lost."], 1)


# In the chat.


def test_sends_what_is_typed(chat: Conversation, world: World) -> None:
    for line in ("Hello everyone!", "//slash", "/me waves", " ", "/nick Al"):
        chat.typed(line)
    assert world.sent() == [
        {"type": "say", "id": "t-1", "text": "Hello everyone!", "room": "#lobby"},
        {"type": "say", "id": "t-2", "text": "/slash", "room": "#lobby"},
        {"type": "me", "id": "t-3", "text": "waves", "room": "#lobby"},
        {"type": "nick", "id": "t-4", "name": "Al"},
    ]


def test_explains_a_line_that_is_no_request(chat: Conversation, world: World) -> None:
    chat.typed("/foo")
    chat.typed("/join")
    chat.typed("x" * 5000)
    foo, join, long = world.shown()
    assert foo.startswith("-> There is no /foo.")
    assert join == "-> Usage: /join ROOM"
    assert long == "-> That is too long: a line holds 4,096 bytes at most."
    assert world.sent() == []


def test_shows_answers_and_events(chat: Conversation, world: World) -> None:
    chat.typed("/who")
    people = [answers.Person(name="Alex")]
    chat.heard(answers.People(id="t-1", room="#lobby", people=people, more=0))
    chat.heard(said("Hello!"))
    chat.heard(said("Hi.", room="#dev"))
    chat.heard(answers.Notice(code="slowed", text="Slowly."))
    chat.heard(error("bad_request"))
    assert world.shown() == [
        "-> 1 in #lobby: Alex.",
        "Sam: Hello!",
        "[#dev] Sam: Hi.",
        "-> Slowly.",
        "-> No.",
    ]


def test_marks_what_is_meant_for_the_reader(chat: Conversation, world: World) -> None:
    chat.heard(said("alex, are you there?"))
    chat.heard(events.Told(who="Sam", to="Alex", text="psst"))
    chat.heard(said("Alexander is not you"))
    chat.heard(said("I, Alex", who="Alex"))
    chat.heard(events.Joined(room="#lobby", who="Kim"))
    assert [(line.who, line.me) for line in world.lines()] == [
        ("Sam", "Alex"),
        ("Sam", "Alex"),
        ("Sam", ""),
        ("Alex", ""),
        ("Kim", ""),
    ]


def test_holds_lines_back_while_too_many_have_no_answer(chat: Conversation) -> None:
    for number in range(UNANSWERED):
        assert chat.takes(str(number))
        chat.typed(str(number))
    assert not chat.takes("one more")
    chat.heard(ok(1))
    assert chat.takes("one more")


def test_counts_an_answer_without_an_id_for_the_oldest(chat: Conversation) -> None:
    for number in range(UNANSWERED):
        chat.typed(str(number))
    chat.heard(answers.Error(code="bad_request", text="No."))
    assert chat.takes("one more")
    chat.heard(ok(1))
    for number in range(2, UNANSWERED + 1):
        chat.heard(ok(number))
    chat.heard(answers.Error(code="bad_request", text="No."))
    chat.typed("q")


def test_follows_its_name_and_shows_the_time(chat: Conversation, world: World) -> None:
    chat.typed("/nick Al")
    chat.heard(ok(1))
    chat.typed("/time on")
    chat.heard(ok(2))
    world.shown()
    chat.heard(said("al?"))
    (line,) = world.lines()
    assert line.me == "Al"
    assert line.text.endswith("] Sam: al?")


@pytest.mark.parametrize("line", ["q", " q ", "/quit", "/exit"])
def test_q_leaves_and_returns_to_the_menu(chat: Conversation, world: World, line: str) -> None:
    chat.typed(line)
    assert world.shown() == ["Leaving the chat..."]
    assert world.sent() == [{"type": "quit", "id": 0}]
    chat.heard(ok(0))
    chat.heard(answers.Goodbye(text="Leaving the chat..."))
    chat.lost("", 2.0)
    assert world.shown() == ["Connection closed.", *MENU]
    assert not world.wanted
    chat.typed("1")
    assert world.wanted


def test_leaves_with_a_reason(chat: Conversation, world: World) -> None:
    chat.typed("/quit gone home")
    assert world.sent() == [{"type": "quit", "id": 0, "reason": "gone home"}]


def test_shows_the_last_answers_while_leaving(chat: Conversation, world: World) -> None:
    chat.typed("/uptime")
    chat.typed("q")
    world.shown()
    chat.heard(answers.Uptime(id="t-1", seconds=5, people=1, rooms=1))
    chat.heard(said("too late"))
    assert world.shown() == ["-> Up for 5 seconds. 1 person in 1 room."]


def test_does_not_wait_forever_for_a_goodbye(chat: Conversation, world: World) -> None:
    chat.typed("hello")
    chat.typed("q")
    world.shown()
    assert world.alarm == LEAVE_SECONDS
    chat.woke()
    assert world.shown() == [
        "These lines may not have arrived:",
        "  hello",
        "Connection closed.",
        *MENU,
    ]
    chat.woke()
    assert world.shown() == []


def test_waits_for_the_answers_at_the_end_of_input(chat: Conversation, world: World) -> None:
    chat.typed("one")
    chat.typed("two")
    chat.ended()
    world.sent()
    chat.heard(ok(1))
    assert world.sent() == []
    chat.heard(ok(2))
    assert world.sent() == [{"type": "quit", "id": 0}]
    chat.lost("", 2.0)
    assert world.shown() == ["Leaving the chat...", "Connection closed."]
    assert world.code == 0


def test_fails_when_the_end_of_input_cannot_be_delivered(chat: Conversation, world: World) -> None:
    chat.typed("one")
    chat.ended()
    chat.lost("", 2.0)
    assert world.shown() == ["These lines may not have arrived:", "  one", "Connection closed."]
    assert world.code == 1


def test_ctrl_c_leaves_in_order(chat: Conversation, world: World) -> None:
    chat.interrupted(2)
    assert (world.shown(), world.alarm) == (["Leaving the chat..."], 2)
    chat.lost("", 2.0)
    assert (world.shown(), world.code) == (["Connection closed."], 0)
    chat.interrupted()
    chat.heard(said("still there?"))
    assert world.shown() == []


def test_a_second_ctrl_c_waits_for_nothing(chat: Conversation, world: World) -> None:
    chat.interrupted()
    chat.interrupted()
    assert world.code == 0


@pytest.mark.parametrize("typed", [[], ["1"], ["1", "Alex"]])
def test_ctrl_c_exits_before_the_chat(talk: Conversation, world: World, typed: list[str]) -> None:
    for line in typed:
        talk.typed(line)
    talk.interrupted()
    assert world.code == 0


# What Tab knows.


def test_learns_names_and_rooms(chat: Conversation) -> None:
    chat.heard(entered("#dev", 1, "Kim", "Alex"))
    chat.heard(answers.Names(names=["Noor"], more=0))
    chat.heard(answers.People(room="#dev", people=[answers.Person(name="Lou")], more=0))
    chat.heard(answers.Rooms(rooms=[answers.RoomLine(room="#tea", people=1, topic="")], more=0))
    chat.heard(events.Joined(room="#dev", who="Max"))
    chat.heard(events.Renamed(who="Max", to="Maxi"))
    chat.heard(events.Invited(room="#den", who="Alex", by="Eve"))
    chat.heard(events.Left(who="Kim"))
    chat.heard(events.CrowdMoved(room="#lobby", joined=("Ada", "Bo"), others_joined=9))
    known = chat.known
    assert known.names.beginning("") == ["Ada", "Alex", "Bo", "Eve", "Lou", "Maxi", "Noor"]
    assert known.rooms.beginning("") == ["#den", "#dev", "#lobby", "#tea"]
