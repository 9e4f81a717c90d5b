"""Who may come in, enter a room and speak, by the rulings that are in force."""

from collections.abc import Callable
from functools import partial

import pytest
from msgspec.structs import replace
from town import DEV, HOUR, LOBBY, NOW, Town

from twisted_chat.guard import Guard, is_about
from twisted_chat.masks import read_mask
from twisted_chat.names import Name, user_name
from twisted_chat.refused import (
    Banned,
    Filtered,
    LockedDown,
    Muted,
    Refused,
    RoomModerated,
    TooSoon,
)
from twisted_chat.rooms import Room, User
from twisted_chat.rulings import Filter, Ruling, Rulings

MAX = user_name("Max")


@pytest.fixture
def town() -> Town:
    """People of every rank."""
    return Town()


@pytest.fixture
def guard(town: Town) -> Guard:
    """What holds the rulings of the server, none at first."""
    return town.chat.guard


@pytest.fixture
def dev(town: Town) -> Room:
    """A room with an owner, an operator, a member with an account and a guest."""
    return town.chat.rooms[DEV]


def on(*masks: str, until: float = 0.0) -> tuple[Ruling, ...]:
    """Rulings on these."""
    return tuple(Ruling(mask, "Ada", NOW, "spam", until) for mask in masks)


def refusal(ask: Callable[[], object]) -> type[Refused] | None:
    """How something is refused; None where it is not."""
    try:
        ask()
    except Refused as why:
        return type(why)
    return None


# Coming in.


@pytest.mark.parametrize(
    ("mask", "guest", "owner"),
    [
        ("Max", True, True),
        ("account:Max", False, True),
        ("10.1.0.0/16", True, True),
        ("10.2.0.0/16", False, False),
        ("Gus", False, False),
    ],
)
def test_keeps_out_whom_a_ban_is_about(
    town: Town, guard: Guard, mask: str, guest: bool, owner: bool
) -> None:
    """By name, account or address, whether they own the name or only give it."""
    guard.rulings = Rulings(bans=on(mask))
    kept_out = [
        refusal(partial(guard.check_entry, MAX, account, "10.1.1.1"))
        for account in (None, town.max.account)
    ]
    assert kept_out == [Banned if out else None for out in (guest, owner)]


def test_tells_who_is_kept_out_why_and_until_when(guard: Guard) -> None:
    """In one line."""
    guard.rulings = Rulings(bans=on("Max"))
    with pytest.raises(Banned, match=r"^You are banned from this server for good: spam$"):
        guard.check_entry(MAX, None, None)
    guard.rulings = Rulings(bans=on("Max", until=NOW + HOUR))
    with pytest.raises(Banned, match=r"^You are banned from this server until \d\d:\d\d: spam$"):
        guard.check_entry(MAX, None, None)


def test_lets_everybody_in_when_a_ban_is_over(town: Town, guard: Guard) -> None:
    """By itself, by the time that is now."""
    guard.rulings = Rulings(bans=on("Max", until=NOW + HOUR))
    town.now = NOW + HOUR
    guard.check_entry(MAX, None, None)


def test_lets_an_administrator_in(town: Town, guard: Guard) -> None:
    """Whatever is banned, and nobody who only bears the name."""
    guard.rulings = Rulings(bans=on("Ada", "account:Ada", "10.0.0.0/8"))
    guard.check_entry(town.ada.name, town.ada.account, "10.1.1.1")
    with pytest.raises(Banned):
        guard.check_entry(town.ada.name, None, None)


def test_lets_no_guest_in_during_a_lockdown(guard: Guard) -> None:
    """And all of them before and after it."""
    guard.check_guest(user_name("Zed"))
    guard.rulings = Rulings(lockdown=True)
    with pytest.raises(LockedDown, match="no new guests come in"):
        guard.check_guest(user_name("Zed"))
    guard.rulings = Rulings()
    guard.check_guest(user_name("Zed"))


def test_lets_nobody_register_during_a_lockdown(guard: Guard) -> None:
    """As an account is good for speaking; and everybody before it."""
    guard.check_newcomer()
    guard.rulings = Rulings(lockdown=True)
    with pytest.raises(LockedDown, match="nobody registers"):
        guard.check_newcomer()


# Another name.


def test_lets_nobody_take_a_name_that_is_banned(town: Town, guard: Guard, dev: Room) -> None:
    """On the server, or in a room where they are; elsewhere it does not matter."""
    zed = user_name("Zed")
    guard.check_name(town.gus, zed)
    guard.rulings = Rulings(bans=on("Zed"))
    with pytest.raises(Banned):
        guard.check_name(town.gus, zed)
    guard.rulings = Rulings()
    dev.rulings = Rulings(bans=on("Zed"))
    with pytest.raises(Banned, match=r"^Who is called Zed is banned from #dev\. Choose another\.$"):
        guard.check_name(town.gus, zed)
    guard.check_name(town.kim, zed)


def test_lets_nobody_who_is_muted_take_another_name(town: Town, guard: Guard, dev: Room) -> None:
    """It would be a way around it; on the server as in a room where they are."""
    zed = user_name("Zed")
    dev.rulings = Rulings(mutes=on("Gus", "Kim"))
    with pytest.raises(Muted, match="You are muted in #dev for good: spam"):
        guard.check_name(town.gus, zed)
    guard.check_name(town.kim, zed)
    guard.rulings = Rulings(mutes=on("Kim"))
    with pytest.raises(Muted, match="You are muted on this server for good: spam"):
        guard.check_name(town.kim, zed)


def test_lets_nobody_go_by_another_name_around_what_holds_elsewhere(
    town: Town, guard: Guard, dev: Room
) -> None:
    """In a room that they may come back to; what is about their address follows them anyhow."""
    guard.check_no_way_around(town.gus, dev)
    for rulings in (Rulings(bans=on("Max", "10.1.1.1")), Rulings(mutes=on("Max", "10.1.1.1"))):
        dev.rulings = rulings
        guard.check_no_way_around(town.gus, dev)
    dev.rulings = Rulings(mutes=on("Gus"))
    with pytest.raises(Muted, match=r"^Who is muted in #dev keeps their name\.$"):
        guard.check_no_way_around(town.gus, dev)
    dev.rulings = Rulings(bans=on("Gus"))
    with pytest.raises(Banned, match=r"^Who is banned from #dev keeps their name\.$"):
        guard.check_no_way_around(town.gus, dev)


def test_lets_an_owner_spell_a_name_as_they_like(town: Town, guard: Guard, dev: Room) -> None:
    """It is the same name."""
    dev.rulings = guard.rulings = Rulings(bans=on("Max"), mutes=on("Max"))
    guard.check_name(town.max, Name("MAX", "max"))


@pytest.mark.parametrize(
    ("mask", "kept_out"), [("Max", True), ("account:Max", True), ("Gus", False)]
)
def test_lets_nobody_go_on_as_the_owner_of_an_account_that_is_banned(
    town: Town, guard: Guard, dev: Room, mask: str, kept_out: bool
) -> None:
    """In a room where they are; the reason says what they can do."""
    dev.rulings = Rulings(bans=on(mask))
    guard.check_rooms(town.kim, MAX)
    if kept_out:
        with pytest.raises(Banned, match=r"^Max is banned from #dev\. /part #dev first\.$"):
            guard.check_rooms(town.gus, MAX)
    else:
        guard.check_rooms(town.gus, MAX)


# Rooms.


@pytest.mark.parametrize(
    ("mask", "kept_out"),
    [("Max", "max"), ("account:Max", "max"), ("Gus", "gus"), ("10.1.1.1", "gus"), ("Ada", "")],
)
def test_keeps_out_of_a_room(town: Town, guard: Guard, dev: Room, mask: str, kept_out: str) -> None:
    """Whom a ban there is about, who is told so; never an administrator."""
    dev.rulings = Rulings(bans=on(mask))
    for name in ("ada", "olga", "max", "gus", "kim"):
        user = getattr(town, name)
        banned = name == kept_out
        assert (guard.ban_on(user, dev) is not None) is banned
        refused = refusal(partial(guard.check_room, user, dev))
        assert refused is (Banned if banned else None)


def test_keeps_out_of_that_room_alone(town: Town, guard: Guard, dev: Room) -> None:
    """A ban there is none elsewhere, nor one of the server a ban there."""
    dev.rulings = Rulings(bans=on("Max"))
    guard.check_room(town.max, town.chat.rooms[LOBBY])
    guard.check_entry(MAX, town.max.account, None)
    dev.rulings, guard.rulings = Rulings(), Rulings(bans=on("Max"))
    guard.check_room(town.max, dev)


def test_looks_at_all_places_that_somebody_comes_from(town: Town, guard: Guard, dev: Room) -> None:
    """One of their connections is enough; and who has none at the moment still has a name."""
    town.gus.addresses[:] = ["10.9.9.9", None, "10.3.3.3"]
    dev.rulings = Rulings(bans=on("10.3.3.3"), mutes=on("10.9.9.9"))
    assert guard.ban_on(town.gus, dev) is not None
    assert refusal(lambda: guard.check_text(town.gus, "hi", dev)) is Muted
    town.gus.addresses[:] = []
    assert guard.ban_on(town.gus, dev) is None
    dev.rulings = Rulings(bans=on("Gus"))
    assert guard.ban_on(town.gus, dev) is not None


# Speaking.


def speaks(town: Town, who: str, text: str = "hi", room: bool = True) -> type[Refused] | None:
    """How somebody is refused who says something in #dev, or to one alone."""
    place = town.chat.rooms[DEV] if room else None
    return refusal(lambda: town.chat.guard.check_text(getattr(town, who), text, place))


def test_lets_everybody_speak_where_there_is_no_rule(town: Town) -> None:
    """In a room, and to one alone."""
    assert {speaks(town, who, room=room) for who in RANKS for room in (True, False)} == {None}


RANKS = ("ada", "olga", "oscar", "max", "gus")
"""From the administrator down to a guest."""


@pytest.mark.parametrize("who", RANKS)
def test_keeps_quiet_who_is_muted(town: Town, guard: Guard, dev: Room, who: str) -> None:
    """In a room its operators too, on the server everybody; an administrator speaks anyhow."""
    quiet = None if who == "ada" else Muted
    dev.rulings = Rulings(mutes=on(who))
    assert [speaks(town, who), speaks(town, who, room=False)] == [quiet, None]
    dev.rulings, guard.rulings = Rulings(), Rulings(mutes=on(who))
    assert [speaks(town, who), speaks(town, who, room=False)] == [quiet, quiet]


@pytest.mark.parametrize("who", RANKS)
def test_lets_only_accounts_speak_during_a_lockdown(town: Town, guard: Guard, who: str) -> None:
    """In rooms as to one alone."""
    guard.rulings = Rulings(lockdown=True)
    quiet = LockedDown if who == "gus" else None
    assert [speaks(town, who), speaks(town, who, room=False)] == [quiet, quiet]


@pytest.mark.parametrize("who", RANKS)
def test_stops_what_a_filter_finds(town: Town, guard: Guard, dev: Room, who: str) -> None:
    """Of the server from everybody but administrators, of a room from its operators neither."""
    rules = Rulings(filters=(Filter("spam", "Ada"),))
    dev.rulings = rules
    assert speaks(town, who, "spam") is (Filtered if who in ("max", "gus") else None)
    assert [speaks(town, who, "ham"), speaks(town, who, "spam", room=False)] == [None, None]
    dev.rulings, guard.rulings = Rulings(), rules
    stopped = None if who == "ada" else Filtered
    assert [speaks(town, who, "spam", room=room) for room in (True, False)] == [stopped, stopped]


def test_says_whose_filter_it_was(town: Town, guard: Guard, dev: Room) -> None:
    """And not what it looks for."""
    dev.rulings = Rulings(filters=(Filter("spam", "Ada"),))
    with pytest.raises(Filtered, match=r"^A filter of #dev stops that\. Nobody has seen it\.$"):
        guard.check_text(town.gus, "spam", dev)
    guard.rulings = dev.rulings
    with pytest.raises(Filtered, match=r"^A filter of this server stops that\."):
        guard.check_text(town.gus, "spam", dev)


@pytest.mark.parametrize("who", RANKS)
def test_lets_only_some_speak_in_a_moderated_room(town: Town, dev: Room, who: str) -> None:
    """Operators, and who has a voice; to one alone everybody."""
    dev.charter = replace(dev.charter, moderated=True)
    assert speaks(town, who) is (RoomModerated if who in ("max", "gus") else None)
    assert speaks(town, who, room=False) is None
    dev.charter = replace(dev.charter, voices=frozenset({town.max.account_id}))
    dev.members[town.gus].voice = True
    assert speaks(town, who) is None


def test_asks_whether_all_rooms_let_something_pass(town: Town, guard: Guard, dev: Room) -> None:
    """One that does not is enough; without a room the server's rules hold still."""
    rooms = [town.chat.rooms[LOBBY], dev]
    assert guard.passes(town.gus, "spam", rooms)
    dev.rulings = Rulings(filters=(Filter("spam", "Ada"),))
    assert not guard.passes(town.gus, "spam", rooms)
    assert guard.passes(town.gus, "spam", rooms[:1])
    assert guard.passes(town.gus, "ham", rooms)


# How often.


@pytest.fixture
def slow(dev: Room) -> Room:
    """A room where one waits ten seconds between two lines."""
    dev.charter = replace(dev.charter, slow=10)
    return dev


def says(town: Town, user: User, room: Room, after: float) -> type[Refused] | None:
    """How somebody is refused who says something, so many seconds after the beginning."""
    town.now = NOW + after
    return refusal(lambda: town.chat.guard.check_speech(user, room, "hi"))


def test_has_everyone_wait_in_a_slow_room(town: Town, slow: Room) -> None:
    """To the second; what is refused does not count, and each waits for himself."""
    moments = (0.0, 9.999, 10.0, 10.0, 19.9, 20.0)
    heard = [says(town, town.gus, slow, moment) for moment in moments]
    assert heard == [None, TooSoon, None, TooSoon, TooSoon, None]
    assert says(town, town.max, slow, 20.0) is None


@pytest.mark.parametrize(("after", "wait"), [(0.0, "10s"), (0.5, "10s"), (9.5, "1s")])
def test_tells_how_long_one_has_to_wait(town: Town, slow: Room, after: float, wait: str) -> None:
    """Rather a moment too long: who waits that long may speak."""
    says(town, town.gus, slow, 0.0)
    town.now = NOW + after
    with pytest.raises(TooSoon, match=rf"^#dev is slow: you may speak again in {wait}\.$"):
        town.chat.guard.check_speech(town.gus, slow, "hi")


@pytest.mark.parametrize("who", ["ada", "olga", "oscar"])
def test_has_operators_wait_for_nothing(town: Town, slow: Room, who: str) -> None:
    """They are why it is slow."""
    town.chat.registry.add(town.ada, slow, slow.members[town.olga])
    assert [says(town, getattr(town, who), slow, 0.0) for _ in range(3)] == [None] * 3


def test_counts_nothing_that_may_not_be_said(town: Town, slow: Room) -> None:
    """Who is stopped by a filter says it otherwise at once."""
    slow.rulings = Rulings(filters=(Filter("hi", "Ada"),))
    assert says(town, town.gus, slow, 0.0) is Filtered
    slow.rulings = Rulings()
    assert [says(town, town.gus, slow, 0.0) for _ in range(2)] == [None, TooSoon]


# Whom a mask is about.


@pytest.mark.parametrize(
    ("mask", "who"),
    [
        ("Max", {"max"}),
        ("account:Max", {"max"}),
        ("account:Gus", set()),
        ("10.1.1.0/24", {"gus"}),
        ("10.0.0.0/8", {"gus", "kim"}),
    ],
)
def test_knows_whom_of_those_here_a_mask_is_about(town: Town, mask: str, who: set[str]) -> None:
    """By name, account, and each of their addresses."""
    town.gus.addresses.insert(0, "192.0.2.1")
    people = (*RANKS, "kim")
    assert {name for name in people if is_about(read_mask(mask), getattr(town, name))} == who


def test_knows_who_has_no_connection_at_the_moment(town: Town) -> None:
    """By name."""
    town.gus.addresses[:] = []
    assert is_about(read_mask("Gus"), town.gus)
    assert not is_about(read_mask("10.0.0.0/8"), town.gus)
