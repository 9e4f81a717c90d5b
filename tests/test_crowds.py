"""Rooms with more people than anybody follows one by one."""

from typing import Any

import pytest

from twisted_chat.limits import CROWD_HEARERS, CROWD_NAMES, CROWD_SECONDS, OFF, Limits
from twisted_chat.testing import End, MemoryServer

OPEN = Limits(connections_per_address=OFF, connects_per_minute=OFF, message_burst=OFF)


def filled(hearers: int) -> tuple[MemoryServer, list[End]]:
    """A server with so many in its lobby, and nothing left to be told."""
    server = MemoryServer(OPEN)
    people = [server.program(f"p{number}") for number in range(hearers)]
    server.advance(3 * CROWD_SECONDS)
    for end in people:
        end.received()
    return server, people


@pytest.fixture
def crowd() -> tuple[MemoryServer, End, End]:
    """A crowd as small as there is one, and two who are in it."""
    server, people = filled(CROWD_HEARERS + 1)
    return server, people[0], people[1]


def moves(end: End) -> list[str]:
    """The types of what somebody heard."""
    return [heard["type"] for heard in end.objects()]


def test_tells_of_each_where_people_follow_it() -> None:
    """In a room of a hundred, one line for each who comes."""
    server, people = filled(CROWD_HEARERS - 2)
    for name in ("Alex", "Sam"):
        server.program(name)
    assert [heard["who"] for heard in people[0].objects()] == ["Alex", "Sam"]


def test_tells_of_the_first_at_once_and_of_the_others_together(
    crowd: tuple[MemoryServer, End, End],
) -> None:
    """By the first few names, and how many there are more."""
    server, hearer, _ = crowd
    for number in range(CROWD_NAMES + 3):
        server.program(f"new{number}")
    assert [heard["who"] for heard in hearer.objects()] == ["new0"]
    server.advance(CROWD_SECONDS)
    (moved,) = hearer.objects()
    assert moved["time"] > 0
    assert {key: moved[key] for key in moved if key != "time"} == {
        "type": "crowd_moved",
        "room": "#lobby",
        "joined": ["new1", "new2", "new3"],
        "others_joined": 2,
    }


def test_says_it_in_a_line_to_people(crowd: tuple[MemoryServer, End, End]) -> None:
    """Who came, and who went."""
    server, _, other = crowd
    person = server.person("Alex")
    for number in range(CROWD_NAMES + 1):
        server.program(f"new{number}")
    other.hang_up()
    assert person.lines() == []
    server.advance(CROWD_SECONDS)
    assert person.lines() == [" * new0, new1, new2 and 1 other joined; p1 left."]


def test_tells_of_the_next_only_after_a_while(crowd: tuple[MemoryServer, End, End]) -> None:
    """However many come, a room hears of it once in that time; after a pause at once again."""
    server, hearer, _ = crowd
    heard = []
    for number in range(45):
        server.program(f"new{number}")
        server.advance(CROWD_SECONDS / 10)
        heard += moves(hearer)
    assert heard == ["joined", *["crowd_moved"] * 4]
    server.advance(2 * CROWD_SECONDS)
    hearer.received()
    server.program("Alex")
    assert moves(hearer) == ["joined"]


def test_does_not_tell_of_who_came_and_went(crowd: tuple[MemoryServer, End, End]) -> None:
    """Between two times of telling: a connection that comes back is no news."""
    server, hearer, other = crowd
    server.program("first")
    hearer.received()
    server.program("short").hang_up()
    other.hang_up()
    server.program("p1")
    server.advance(2 * CROWD_SECONDS)
    assert hearer.objects() == []


def test_has_the_one_who_moves_hear_of_it(crowd: tuple[MemoryServer, End, End]) -> None:
    """As in any room, those who asked to hear what they do."""
    server, _, _ = crowd
    server.program("first")
    end = server.connect()
    end.ask(type="hello", v=1, name="Echo", echo=True)
    assert "joined" in moves(end)
    end.ask(type="join", room="#dev")
    end.ask(type="part", room="#lobby")
    assert [heard["room"] for heard in end.objects() if heard["type"] == "left"] == ["#lobby"]


def test_knows_who_moved_under_their_new_name(crowd: tuple[MemoryServer, End, End]) -> None:
    """Who came is told of as what they are called by then."""
    server, hearer, _ = crowd
    server.program("first")
    server.program("before").ask(type="nick", name="after")
    hearer.received()
    server.advance(CROWD_SECONDS)
    assert [heard["joined"] for heard in hearer.objects()] == [["after"]]


def test_does_not_tell_of_who_was_put_out() -> None:
    """Everybody has heard that they are not here."""
    server, people = filled(CROWD_HEARERS + 3)
    host, *others, first, second = people
    for end in (host, *others):
        end.ask(type="join", room="#dev")
    server.advance(3 * CROWD_SECONDS)
    for end in (first, second):
        end.ask(type="join", room="#dev")
    host.received()
    host.ask(type="kick", name=f"p{CROWD_HEARERS + 2}", room="#dev")
    server.advance(2 * CROWD_SECONDS)
    assert moves(others[0])[-1:] == ["kicked"]


def test_tells_a_small_room_at_once(crowd: tuple[MemoryServer, End, End]) -> None:
    """Who leaves the chat leaves each of its rooms as is usual there."""
    server, hearer, other = crowd
    for end in (hearer, other):
        end.ask(type="join", room="#small")
    server.program("first")
    hearer.received()
    other.hang_up()
    assert moves(hearer) == ["left"]


def test_leaves_it_out_for_those_who_want_quiet(crowd: tuple[MemoryServer, End, End]) -> None:
    """They do not see who comes and goes, together or one by one."""
    server, hearer, _ = crowd
    hearer.ask(type="quiet", on=True)
    hearer.received()
    for name in ("first", "second"):
        server.program(name)
    server.advance(2 * CROWD_SECONDS)
    assert hearer.objects() == []


def test_tells_nobody_who_was_in_a_room_that_is_over() -> None:
    """Who makes one of the same name has nothing to do with them."""
    server, people = filled(CROWD_HEARERS + 3)
    for end in people:
        end.ask(type="join", room="#board")
    server.advance(3 * CROWD_SECONDS)
    for end in people:
        end.ask(type="part", room="#board")
    stranger = server.program("Stranger")
    stranger.ask(type="join", room="#board")
    stranger.received()
    server.advance(3 * CROWD_SECONDS)
    assert [heard for heard in stranger.objects() if heard.get("room") == "#board"] == []


def test_tells_nobody_any_more_when_the_server_closes(
    crowd: tuple[MemoryServer, End, End],
) -> None:
    """There is no record by then to put it on."""
    server, _, _ = crowd
    for name in ("first", "second"):
        server.program(name)
    server.house.close(lambda: None)
    server.settle()
    calls: Any = server.clock.getDelayedCalls()
    assert [call for call in calls if "tell_of" in str(call.func)] == []
