"""What operators may say of their room, at its bounds."""

import pytest
from town import DEV, HOUR, Town

from twisted_chat.limits import (
    MARKS_PER_ROOM,
    ROOMS_PER_OWNER,
    SHORTEST_RETENTION_SECONDS,
    SLOWEST_SECONDS,
)
from twisted_chat.names import RoomName, room_name
from twisted_chat.refused import BadRequest, TooMany


@pytest.fixture
def town() -> Town:
    """People of every rank."""
    return Town()


def test_slows_a_room_as_much_as_makes_sense(town: Town) -> None:
    """At the bound it does, and a second more is refused and changes nothing."""
    order, room = town.moderation.order, town.chat.rooms[DEV]
    assert order.slow_down(town.oscar, DEV, SLOWEST_SECONDS)
    with pytest.raises(BadRequest, match=r"^That is too slow: 1d at most\.$"):
        order.slow_down(town.oscar, DEV, SLOWEST_SECONDS + 1)
    assert room.charter.slow == SLOWEST_SECONDS


def test_forgets_no_sooner_than_makes_sense(town: Town) -> None:
    """At the bound it does, and a second less is refused and changes nothing."""
    order, room = town.moderation.order, town.chat.rooms[DEV]
    assert order.retain(town.oscar, DEV, SHORTEST_RETENTION_SECONDS)
    with pytest.raises(BadRequest, match=r"^That is too short: 1h at least\.$"):
        order.retain(town.oscar, DEV, SHORTEST_RETENTION_SECONDS - 1)
    assert room.charter.retention == SHORTEST_RETENTION_SECONDS == HOUR


def test_knows_where_the_talk_of_the_last_private_times_is(town: Town) -> None:
    """At the bound that of all, and beyond it that of the earliest is known no more."""
    room = town.chat.rooms[DEV]
    for number in range(MARKS_PER_ROOM + 1):
        town.moderation.order.make_private(town.oscar, DEV, True, f"!{number}")
        town.moderation.order.make_private(town.oscar, DEV, False, "")
        first = max(0, number + 1 - MARKS_PER_ROOM)
        assert room.charter.former == tuple(f"!{kept}" for kept in range(first, number + 1))


def test_gives_nobody_more_rooms_than_one_may_own(town: Town) -> None:
    """At the bound a room more is nobody's where it is made, and stays whose it is where it is
    given."""
    for number in range(ROOMS_PER_OWNER):
        assert _owner_of(town, f"#max{number}") == town.max.account_id
    assert _owner_of(town, "#one-more") == ""
    with pytest.raises(TooMany, match=r"^Max owns 50 rooms, as many as one may\.$"):
        town.moderation.order.give(town.olga, town.max.account, DEV)
    assert town.chat.rooms[DEV].charter.owner == town.olga.account_id
    town.moderation.order.give(town.max, None, room_name("#max7"))
    assert town.moderation.order.give(town.olga, town.max.account, DEV)


def _owner_of(town: Town, name: str) -> str:
    """Whose a room is that Max makes."""
    room: RoomName = room_name(name)
    town.chat.join(town.max, room, 0.0)
    return town.chat.rooms[room].charter.owner
