"""A send that is repeated with its id is answered alike, whatever the rules have become."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from journals import KINDS, opened
from twisted.internet.defer import Deferred, fail

from twisted_chat.journal import Journal
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.testing import EPOCH, End, MemoryServer


class Room:
    """A room with an operator, and Alex, who sends things again; Sam hears them."""

    def __init__(self, journal: Journal) -> None:
        self.server = MemoryServer(journal=journal)
        self.boss, self.alex, self.sam = map(self.server.program, ("Boss", "Alex", "Sam"))
        for end in (self.boss, self.alex, self.sam):
            asked(end, type="join", room="#dev")

    def rule(self, **request: object) -> None:
        """Have the operator ask for this."""
        assert asked(self.boss, **request)["type"] == "ok"

    def sends(self, **request: object) -> dict[str, Any]:
        """What Alex is answered."""
        return asked(self.alex, **request)

    def heard(self) -> list[str]:
        """What Sam has heard people say since this was last asked."""
        return [told["text"] for told in self.sam.objects() if told["type"] in ("said", "told")]


@pytest.fixture(params=KINDS)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """One whose talk is on record in one kind of journal."""
    with opened(request.param, tmp_path, lambda: EPOCH) as journal:
        yield Room(journal)


HELLO = {"type": "say", "room": "#dev", "text": "hello", "id": "a-1"}
WORD = {"type": "msg", "name": "Sam", "text": "hello", "id": "a-2"}


def test_answers_it_though_the_room_is_slow_by_now(room: Room) -> None:
    """With the number that it has; nobody hears it twice."""
    room.rule(type="slow", room="#dev", time="30s")
    first = room.sends(**HELLO)
    assert (first["type"], room.heard()) == ("ok", ["hello"])
    assert room.sends(**HELLO) == first
    assert room.heard() == []


@pytest.mark.parametrize(
    "ruling",
    [
        {"type": "mute", "room": "#dev", "who": "Alex"},
        {"type": "filter", "room": "#dev", "pattern": "hello"},
        {"type": "moderate", "room": "#dev", "on": True},
        {"type": "kick", "room": "#dev", "name": "Alex"},
    ],
    ids=lambda ruling: str(ruling["type"]),
)
def test_answers_it_though_it_could_not_be_said_any_more(
    room: Room, ruling: dict[str, object]
) -> None:
    """What is refused is what was not said yet."""
    first = room.sends(**HELLO)
    room.rule(**ruling)
    assert room.sends(**HELLO) == first
    assert room.sends(**{**HELLO, "id": "a-9"})["type"] == "error"
    assert room.heard() == ["hello"]


def test_answers_it_though_who_was_told_has_left(room: Room) -> None:
    """With the number, and no word of where they are."""
    first = room.sends(**WORD)
    room.sam.hang_up()
    again = room.sends(**WORD)
    assert (again["type"], again["seq"]) == ("ok", first["seq"])
    assert room.sends(**{**WORD, "id": "a-9"})["code"] == "nobody_there"


def test_answers_it_though_it_was_deleted_meanwhile(room: Room) -> None:
    """As it was said."""
    first = room.sends(**HELLO)
    room.rule(type="delete", seq=first["seq"])
    room.rule(type="mute", room="#dev", who="Alex")
    assert room.sends(**HELLO) == first


@pytest.mark.parametrize(
    "other", [{"text": "bye"}, {"room": "#lobby"}, {"type": "me"}], ids=["text", "room", "verb"]
)
def test_refuses_something_else_with_its_id(room: Room, other: dict[str, object]) -> None:
    """It was not said, and may not pass for it."""
    room.sends(**HELLO)
    room.rule(type="mute", room="#dev", who="Alex")
    assert room.sends(**{**HELLO, **other})["code"] == "id_used"


def test_counts_it_once_where_the_room_is_slow(room: Room) -> None:
    """Who sends it again, after a while, does not wait again."""
    room.rule(type="slow", room="#dev", time="30s")
    room.sends(**HELLO)
    room.server.advance(31)
    assert room.sends(**HELLO)["type"] == "ok"
    assert room.sends(**{**HELLO, "text": "more", "id": "a-3"})["type"] == "ok"
    assert room.heard() == ["hello", "more"]


def test_waits_for_an_earlier_one_that_is_on_its_way_to_the_record(room: Room) -> None:
    """Both are answered with its number."""
    room.rule(type="slow", room="#dev", time="30s")
    room.alex.received()
    line = b'{"type":"say","room":"#dev","text":"hello","id":"a-1"}\n'
    room.alex.send(line + line)
    first, second = (told for told in room.alex.objects() if told.get("id") == "a-1")
    assert first == second
    assert first["type"] == "ok"


class Unreadable(MemoryJournal):
    """A journal that does not find out what was sent."""

    def sent(self, actor: str, once: str) -> Deferred[int]:
        """Fail."""
        return fail(OSError("unreadable"))


def test_does_not_say_that_it_was_refused_where_nobody_knows(faults: Callable[[], int]) -> None:
    """It may have been said."""
    room = Room(Unreadable(lambda: EPOCH))
    room.rule(type="mute", room="#dev", who="Alex")
    assert room.sends(**HELLO)["code"] == "something_wrong"
    assert faults() == 1


def asked(end: End, **request: object) -> dict[str, Any]:
    """The answer to a request."""
    end.received()
    end.ask(**{"id": "x", **request})
    wanted = request.get("id", "x")
    (answer,) = (told for told in end.objects() if told.get("id") == wanted)
    return answer
