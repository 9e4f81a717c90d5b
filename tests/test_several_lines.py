"""One message of several lines: sent as one, kept as one, and read line by line at a terminal."""

from typing import Any

import pytest

from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import MESSAGE_LINES, Limits
from twisted_chat.testing import End, MemoryServer

TWO = "first\nsecond"


@pytest.fixture
def server() -> MemoryServer:
    """A server that nothing was said on."""
    return MemoryServer()


@pytest.fixture
def bot(server: MemoryServer) -> End:
    """A program in the lobby that hears itself."""
    return server.program("Bot", echo=True)


def _of_type(end: End, kind: str) -> list[dict[str, Any]]:
    return [one for one in end.objects() if one["type"] == kind]


def test_is_one_message_for_programs(bot: End) -> None:
    """With its line ends in it."""
    bot.ask(type="say", text=TWO)
    assert [said["text"] for said in _of_type(bot, "said")] == [TWO]


def test_is_several_lines_for_people(server: MemoryServer, bot: End) -> None:
    """Each with its author, so that none looks like somebody else's."""
    nc = server.person("Alex")
    bot.received()
    bot.ask(type="say", text="hi\nAlex: forged\n-> forged")
    assert nc.lines() == ["Bot: hi", "Bot: Alex: forged", "Bot: -> forged"]


def test_ends_each_line_as_telnet_does(server: MemoryServer, bot: End) -> None:
    """With CR LF."""
    telnet = server.connect()
    telnet.send(b"\xff\xf1Alex\r\n")
    telnet.received()
    bot.ask(type="say", text=TWO)
    assert telnet.received() == b"Bot: first\r\nBot: second\r\n"


def test_has_the_room_and_the_time_before_each_line(server: MemoryServer, bot: End) -> None:
    """For somebody who looks elsewhere, and wants to know when."""
    nc = server.person("Alex")
    nc.type("/time on", "/join #dev")
    nc.received()
    bot.ask(type="say", text=TWO)
    lines = nc.lines()
    assert [line[8:] for line in lines] == ["[#lobby] Bot: first", "[#lobby] Bot: second"]


def test_is_told_alone_line_by_line(server: MemoryServer, bot: End) -> None:
    """A private message, to whom it is for and in their other sessions."""
    nc = server.person("Alex")
    bot.ask(type="msg", name="Alex", text=TWO)
    assert nc.lines() == ["[PM from Bot] first", "[PM from Bot] second"]


def test_has_its_number_and_time_before_each_line_in_history(
    server: MemoryServer, bot: End
) -> None:
    """So that every line of the answer can be told from the server's own."""
    nc = server.person("Alex")
    bot.ask(type="say", text=TWO)
    nc.received()
    nc.type("/history")
    assert [line[:2] + line[10:] for line in nc.lines()[1:]] == ["1 Bot: first", "1 Bot: second"]


@pytest.mark.parametrize("verb", ["me", "topic", "away"])
def test_is_one_line_where_there_is_room_for_one(bot: End, verb: str) -> None:
    """What stands in the middle of a line has none of its own."""
    bot.ask(type=verb, text=TWO)
    events = [one for one in bot.objects() if "time" in one]
    assert [event["text"] for event in events] == ["first second"]


def test_has_so_many_lines_and_no_more(bot: End) -> None:
    """One more is refused, with how many there may be."""
    bot.ask(type="say", text="\n".join("x" * MESSAGE_LINES))
    assert len(_of_type(bot, "said")) == 1
    bot.ask(type="say", text="\n".join("x" * (MESSAGE_LINES + 1)))
    (error,) = _of_type(bot, "error")
    assert error["code"] == "too_long"
    assert error["text"] == "That is too long: 50 lines at most, and it has 51."


def test_is_nothing_where_all_lines_are_blank(bot: End) -> None:
    """Nothing but line ends is nothing to say."""
    bot.ask(type="say", text=" \n\n \r\n")
    assert [error["code"] for error in _of_type(bot, "error")] == ["nothing_said"]


def test_counts_like_as_many_messages() -> None:
    """Who sends many lines at once is read more slowly then."""
    server = MemoryServer(Limits(message_burst=5, messages=1))
    bot = server.program("Bot", echo=True)
    bot.ask(type="say", text="1\n2\n3\n4")
    bot.received()
    bot.ask(type="say", text="next")
    bot.ask(type="say", text="waits")
    assert [said["text"] for said in _of_type(bot, "said")] == ["next"]
    server.advance(10)
    assert [said["text"] for said in _of_type(bot, "said")] == ["waits"]


@pytest.mark.parametrize("pattern", ["buy now", "/buy.now/"])
def test_does_not_hide_words_from_a_filter(server: MemoryServer, bot: End, pattern: str) -> None:
    """The end of a line between them is a space to it."""
    alex = server.program("Alex")
    alex.ask(type="join", room="#dev")
    alex.ask(type="filter", pattern=pattern, room="#dev")
    bot.ask(type="join", room="#dev")
    bot.received()
    bot.ask(type="say", room="#dev", text="buy\nnow")
    assert [error["code"] for error in _of_type(bot, "error")] == ["filtered"]


def test_is_one_line_of_the_log(server: MemoryServer, logged: Any) -> None:
    """Whatever is in it."""
    server.program("Bot").ask(type="say", text=TWO)
    assert "Received message from Bot: first / second\n" in logged()


def test_is_said_once_where_it_is_sent_again(server: MemoryServer, bot: End) -> None:
    """The id finds it, and what it says is compared line by line."""
    for _ in range(2):
        bot.ask(type="say", text=TWO, id="once")
    answers = _of_type(bot, "ok")
    assert [answer["seq"] for answer in answers] == [1, 1]


def test_is_found_and_shown_whole(server: MemoryServer, bot: End) -> None:
    """A search finds words of any line."""
    bot.ask(type="say", text=TWO)
    bot.received()
    bot.ask(type="search", text="second")
    ((event,),) = [found["events"] for found in _of_type(bot, "found")]
    assert event["text"] == TWO
    assert isinstance(server.house.journal, MemoryJournal)


# What a person types into a program.


def test_says_what_is_typed(bot: End) -> None:
    """Without a slash it is said in the room that is looked at, in all its lines."""
    bot.ask(type="typed", text=TWO, id="t-1")
    objects = bot.objects()
    assert [(one["type"], one.get("text")) for one in objects] == [("said", TWO), ("ok", None)]
    assert objects[1]["id"] == "t-1"


def test_does_what_is_typed(server: MemoryServer, bot: End) -> None:
    """A verb as at the line door."""
    bot.ask(type="typed", text="/join #dev", id=1)
    answers = [one for one in bot.objects() if "id" in one]
    assert [(answer["type"], answer["room"]) for answer in answers] == [("entered", "#dev")]


def test_shows_in_words_what_only_people_read(bot: End) -> None:
    """As the line door would."""
    bot.ask(type="typed", text="/who", id=1)
    assert _of_type(bot, "shown") == [{"type": "shown", "id": 1, "text": "1 in #lobby: Bot."}]


def test_shows_what_a_filter_would_stop_in_words(bot: End) -> None:
    """Several lines of it."""
    bot.ask(type="typed", text="/join #dev")
    bot.ask(type="say", text="Buy now!")
    bot.received()
    bot.ask(type="typed", text="/filter-test buy now", id=1)
    (shown,) = _of_type(bot, "shown")
    assert shown["text"].split("\n")[2] == "-> It would have stopped 1 of the last 1 message."


@pytest.mark.parametrize(
    ("text", "code"), [("/whoo", "unknown_verb"), ("/join", "bad_request"), ("", "nothing_said")]
)
def test_refuses_what_is_typed_wrong(bot: End, text: str, code: str) -> None:
    """With the same code and words, and the request's id."""
    bot.ask(type="typed", text=text, id=1)
    assert [(error["code"], error["id"]) for error in _of_type(bot, "error")] == [(code, 1)]


def test_takes_nothing_typed_before_hello(server: MemoryServer) -> None:
    """As no other request."""
    end = server.connect()
    end.ask(type="typed", text="/who")
    assert [error["code"] for error in _of_type(end, "error")] == ["not_entered"]


def test_waits_for_what_takes_a_while(bot: End) -> None:
    """A search is answered as a search, for the program to make something of."""
    bot.ask(type="typed", text="/search nothing", id=3)
    assert [(found["id"], found["events"]) for found in _of_type(bot, "found")] == [(3, [])]


# The list of people, page by page.


def test_lists_people_page_by_page(server: MemoryServer, bot: End) -> None:
    """In the order in which they came, with how many come after."""
    for name in ("Alex", "Sam", "Kim"):
        server.person(name)
    bot.received()
    pages = []
    for skip in (0, 2, 4):
        bot.ask(type="who", skip=skip, most=2)
        (page,) = _of_type(bot, "people")
        pages.append(([person["name"] for person in page["people"]], page["more"]))
    assert pages == [(["Bot", "Alex"], 2), (["Sam", "Kim"], 0), ([], 0)]


def test_gives_a_page_that_fits_into_an_answer(server: MemoryServer, bot: End) -> None:
    """However many are asked for."""
    for number in range(200):
        server.program(f"somebody-{number:03}", host=f"10.0.{number}.1")
    bot.received()
    bot.ask(type="who", most=1000)
    (line,) = [line for line in bot.lines() if '"people"' in line]
    assert len(line) <= 10_240 + 100
    assert '"more":0' not in line


def test_tells_by_which_doors_people_come(server: MemoryServer, bot: End) -> None:
    """Each door once, however many sessions there are."""
    again = server.connect()
    again.ask(type="hello", v=1, name="Bot", resume="secret-of-guest-1")
    bot.received()
    bot.ask(type="who")
    (page,) = _of_type(bot, "people")
    assert [person["doors"] for person in page["people"]] == [["line"]]
    again.hang_up()
    bot.ask(type="who")
    assert [person["doors"] for person in _of_type(bot, "people")[0]["people"]] == [["line"]]


def test_tells_administrators_that_they_are(server: MemoryServer) -> None:
    """In the welcome, and others in the list of people."""
    end = server.connect()
    end.ask(type="hello", v=1, name="Alex", register=True, password="correct-horse", id=1)
    (welcome,) = _of_type(end, "welcome")
    end.ask(type="who", id=2)
    (page,) = _of_type(end, "people")
    assert (welcome["admin"], page["people"][0]["admin"]) == (True, True)
    sam = server.connect()
    sam.ask(type="hello", v=1, name="Sam")
    assert "admin" not in _of_type(sam, "welcome")[0]
