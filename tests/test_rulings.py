"""The durable rules of one place: who is out, who is quiet, what is not said."""

import re

import msgspec
import pytest

from twisted_chat.limits import (
    BANS_PER_PLACE,
    FILTERS_PER_PLACE,
    MUTES_PER_PLACE,
    PATTERN_STEPS,
    STEPS_PER_PLACE,
)
from twisted_chat.masks import read_mask
from twisted_chat.patterns import Line, read_pattern
from twisted_chat.refused import TooMany
from twisted_chat.rulings import Filter, Ruling, Rulings, lasting

NOW, HOUR = 1_700_000_000.0, 3600.0
FUTURE, TOO_NEW = "group:everyone", "/(?<=a)b/"
"""A mask and a pattern as a version still to come may write them."""


class Kind:
    """Bans or mutes, which follow the same rules."""

    def __init__(self, field: str, add: str, lift: str, find: str, most: int) -> None:
        self.most = most
        self._field, self._add, self._lift, self._find = field, add, lift, find

    def made(self, *rulings: Ruling) -> Rulings:
        """The rules of a place with these."""
        return Rulings(**{self._field: rulings})  # type: ignore[arg-type]

    def kept(self, rules: Rulings) -> list[Ruling]:
        """Those that are kept."""
        return list(getattr(rules, self._field))

    def add(self, rules: Rulings, ruling: Ruling, now: float = NOW) -> Rulings:
        """The rules with one more."""
        added: Rulings = getattr(rules, self._add)(ruling, now)
        return added

    def lift(self, rules: Rulings, mask: str, now: float = NOW) -> tuple[Rulings, Ruling | None]:
        """The rules without the one on a mask, and that one."""
        lifted: tuple[Rulings, Ruling | None] = getattr(rules, self._lift)(read_mask(mask), now)
        return lifted

    def on(self, rules: Rulings, who: str, now: float = NOW) -> Ruling | None:
        """The one that holds somebody who comes from 10.0.0.5, and has an account."""
        found: Ruling | None = getattr(rules, self._find)(who, who, "10.0.0.5", now)
        return found


BANS = Kind("bans", "banning", "unbanning", "ban_on", BANS_PER_PLACE)
MUTES = Kind("mutes", "muting", "unmuting", "mute_on", MUTES_PER_PLACE)


@pytest.fixture(params=[BANS, MUTES], ids=["bans", "mutes"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Bans or mutes."""
    kind: Kind = request.param
    return kind


def ruling(mask: str, until: float = 0.0, since: float = NOW - HOUR, reason: str = "") -> Ruling:
    """That somebody may not, as Ada has said."""
    return Ruling(mask, "Ada", since, reason, until)


# Whom they hold.


def test_holds_nobody_where_there_is_none(kind: Kind) -> None:
    """Of a place that has no rules."""
    assert kind.on(Rulings(), "sam") is None


def test_holds_whom_it_is_about(kind: Kind) -> None:
    """And nobody else; bans and mutes are different things."""
    rules = kind.made(ruling("Sam"))
    assert kind.on(rules, "sam") == ruling("Sam")
    assert kind.on(rules, "kim") is None
    other = MUTES if kind is BANS else BANS
    assert other.on(rules, "sam") is None


@pytest.mark.parametrize("order", [1, -1])
def test_holds_as_long_as_the_longest_does(kind: Kind, order: int) -> None:
    """In whatever order they were made; for good is longest."""
    rulings = [
        ruling("Sam", NOW + 1),
        ruling("10.0.0.5", NOW + 3),
        ruling("account:Sam", NOW + 2),
        ruling("10.0.0.0/8", NOW - 1),
        ruling("Kim"),
    ][::order]
    assert kind.on(kind.made(*rulings), "sam") == ruling("10.0.0.5", NOW + 3)
    for_good = ruling("10.0.0.0/9")
    assert kind.on(kind.made(*rulings, for_good), "sam") == for_good


def test_ends_at_its_end(kind: Kind) -> None:
    """Not before, and in that very moment."""
    rules = kind.made(ruling("Sam", NOW))
    assert kind.on(rules, "sam", NOW - 0.001) is not None
    assert kind.on(rules, "sam", NOW) is None
    assert lasting(rules.bans + rules.mutes, NOW - 0.001) == (ruling("Sam", NOW),)
    assert lasting(rules.bans + rules.mutes, NOW) == ()


def test_never_ends_where_no_end_was_said(kind: Kind) -> None:
    """Not in a thousand years."""
    assert kind.on(kind.made(ruling("Sam")), "sam", NOW + 1000 * 365 * 24 * HOUR) is not None


# Making and lifting them.


def test_takes_the_place_of_one_on_the_same(kind: Kind) -> None:
    """Also where that was longer, and however the two are written; the others stay in order."""
    rules = kind.made(ruling("sam"), ruling("Kim"), ruling("account:Sam"))
    shorter = ruling("SAM", NOW + 1)
    added = kind.add(rules, shorter)
    assert kind.kept(added) == [ruling("Kim"), ruling("account:Sam"), shorter]
    assert kind.kept(rules)[0] == ruling("sam")


def test_forgets_what_is_over_when_one_is_made(kind: Kind) -> None:
    """So what is over takes no place."""
    rules = kind.made(ruling("Kim", NOW), ruling("Max", NOW + 1))
    assert kind.kept(kind.add(rules, ruling("Sam"))) == [ruling("Max", NOW + 1), ruling("Sam")]


def test_bounds_how_many_there_are(kind: Kind) -> None:
    """At the bound one is made, beyond it none; another on the same is, and where some are over."""
    rules = kind.made(*(ruling(f"Sam{n}", NOW + n) for n in range(1, kind.most)))
    full = kind.add(rules, ruling("Kim"))
    assert len(kind.kept(full)) == kind.most
    with pytest.raises(TooMany, match=f"There are {kind.most} .* here already"):
        kind.add(full, ruling("Max"))
    assert len(kind.kept(kind.add(full, ruling("Kim", NOW + 9)))) == kind.most
    assert len(kind.kept(kind.add(full, ruling("Max"), NOW + 1))) == kind.most


def test_is_lifted(kind: Kind) -> None:
    """With the one that it was; the others stay, but for those that are over."""
    rules = kind.made(ruling("Sam", NOW + 1), ruling("Kim"), ruling("Max", NOW))
    lifted, out = kind.lift(rules, "name:SAM")
    assert out == ruling("Sam", NOW + 1)
    assert kind.kept(lifted) == [ruling("Kim")]
    assert kind.on(lifted, "sam") is None


@pytest.mark.parametrize("mask", ["Max", "account:Sam", "Kim"])
def test_lifts_none_that_is_not_there(kind: Kind, mask: str) -> None:
    """One that is over is not there any more, and one on an account is another than on a name."""
    lifted, out = kind.lift(kind.made(ruling("Sam"), ruling("Kim", NOW)), mask)
    assert out is None
    assert kind.kept(lifted) == [ruling("Sam")]


# What somebody is told.


@pytest.mark.parametrize(
    ("until", "reason", "told"),
    [
        (0.0, "", "You are banned from #dev for good."),
        (0.0, "spam", "You are banned from #dev for good: spam"),
        (NOW + HOUR, "spam", r"You are banned from #dev until \d\d:\d\d: spam"),
        (NOW + 48 * HOUR, "", r"You are banned from #dev until 2023-11-16 \d\d:\d\d\."),
    ],
)
def test_tells_until_when_and_why(until: float, reason: str, told: str) -> None:
    """As far as there is an end, and a reason."""
    one = ruling("Sam", until, reason=reason)
    assert msgspec.json.decode(msgspec.json.encode(one), type=Ruling) == one
    # The hours are those of wherever this is tested.
    assert re.fullmatch(told, one.tells("banned from #dev", NOW))


# A clock that was set back.


def test_is_dated_now_where_it_was_made_later(kind: Kind) -> None:
    """It lasts as long from now on as was said of it; for good stays for good."""
    later = NOW + 1000 * HOUR
    rules = kind.made(
        ruling("Sam", later + HOUR, later), ruling("Kim", 0.0, later), ruling("Max", NOW + HOUR)
    )
    assert kind.kept(rules.dated(NOW)) == [
        ruling("Sam", NOW + HOUR, NOW),
        ruling("Kim", 0.0, NOW),
        ruling("Max", NOW + HOUR),
    ]


@pytest.mark.parametrize("since", [NOW, NOW - 1])
def test_keeps_its_date_where_it_was_made_before(kind: Kind, since: float) -> None:
    """What was made just now too; and what is over stays over."""
    one = ruling("Sam", NOW - 0.5, since)
    assert one.dated(NOW) is one
    assert kind.kept(kind.made(one).dated(NOW)) == [one]


def test_keeps_filters_and_lockdown_when_it_is_dated() -> None:
    """They have no end."""
    rules = Rulings(filters=(Filter("spam", "Ada"),), lockdown=True)
    assert rules.dated(NOW) == rules


# What a version still to come has written.


def test_holds_nobody_where_it_is_not_understood(kind: Kind) -> None:
    """Neither everybody nor the one who happens to be called like that, and breaks nothing."""
    rules = kind.made(ruling(FUTURE), ruling("Kim"))
    assert ruling(FUTURE).whom is None
    assert kind.on(rules, "everyone") is None
    assert kind.on(rules, "kim") == ruling("Kim")


def test_makes_room_for_others_where_it_is_not_understood(kind: Kind) -> None:
    """It goes when the next one is made or lifted, as it holds nobody."""
    rules = kind.made(ruling(FUTURE), ruling("Kim"))
    assert kind.kept(kind.add(rules, ruling("Sam"))) == [ruling("Kim"), ruling("Sam")]
    assert kind.kept(kind.lift(rules, "Kim")[0]) == []


def test_finds_nothing_with_a_filter_that_is_not_understood() -> None:
    """And the others still do; it goes when the next one is made or removed."""
    new, old = Filter(TOO_NEW, "Ada"), Filter("spam", "Ada")
    rules = Rulings(filters=(new, old))
    assert new.what is None
    assert not new.catches(Line("ab"))
    assert rules.filtered("ab") is None
    assert rules.filtered("spam") == old
    assert rules.filtering(Filter("eggs", "Ada")).filters == (old, Filter("eggs", "Ada"))
    assert rules.unfiltering(read_pattern("spam"))[0].filters == ()


def test_reads_what_it_does_not_know() -> None:
    """A field of a later version is passed over."""
    kept = msgspec.json.encode({"lockdown": True, "curfew": "22:00"})
    assert msgspec.json.decode(kept, type=Rulings) == Rulings(lockdown=True)


# How they are kept.


@pytest.mark.parametrize(
    ("kept", "means"),
    [
        (b"{}", Rulings()),
        (b'{"lockdown":true}', Rulings(lockdown=True)),
        (
            b'{"bans":[{"mask":"Sam","by":"Ada","since":1.5}]}',
            Rulings(bans=(Ruling("Sam", "Ada", 1.5, "", 0.0),)),
        ),
        (
            b'{"mutes":[{"mask":"Sam","by":"Ada","since":1.5,"reason":"spam","until":2.5}]}',
            Rulings(mutes=(Ruling("Sam", "Ada", 1.5, "spam", 2.5),)),
        ),
        (
            b'{"filters":[{"pattern":"/sp.m/","by":"Ada"}]}',
            Rulings(filters=(Filter("/sp.m/", "Ada"),)),
        ),
    ],
)
def test_is_kept_without_what_is_usual(kept: bytes, means: Rulings) -> None:
    """What is left out is what holds where nobody has said anything."""
    rules = msgspec.json.decode(kept, type=Rulings)
    assert rules == means
    assert msgspec.json.encode(rules) == kept


def test_is_never_changed() -> None:
    """So that going back is taking the old ones again."""
    rules = Rulings(bans=(ruling("Sam"),), filters=(Filter("spam", "Ada"),))
    for one in (rules, *rules.bans, *rules.filters):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(one, "by" if hasattr(one, "by") else "bans", ())


# Filters.


def test_says_which_filter_catches() -> None:
    """The first of them; none where all may be said."""
    rules = Rulings(filters=(Filter("spam", "Ada"), Filter("/sp.m/", "Olga")))
    caught = [rules.filtered(text) for text in ("spam", "spum", "hello")]
    assert caught == [Filter("spam", "Ada"), Filter("/sp.m/", "Olga"), None]
    assert Rulings().filtered("spam") is None


def test_takes_the_place_of_a_filter_of_the_same() -> None:
    """However it is written."""
    rules = Rulings(filters=(Filter("Spam", "Ada"), Filter("eggs", "Ada")))
    assert rules.filtering(Filter("SPAM", "Olga")).filters == (
        Filter("eggs", "Ada"),
        Filter("SPAM", "Olga"),
    )


def test_removes_a_filter() -> None:
    """With the one that it was; None where there is none."""
    rules = Rulings(filters=(Filter("Spam", "Ada"), Filter("eggs", "Ada")))
    left, out = rules.unfiltering(read_pattern("spam"))
    assert (left.filters, out) == ((Filter("eggs", "Ada"),), Filter("Spam", "Ada"))
    assert left.unfiltering(read_pattern("spam")) == (left, None)


def test_bounds_how_many_filters_there_are() -> None:
    """At the bound one is made, beyond it none but another of the same."""
    rules = Rulings(filters=tuple(Filter(f"w{n}", "Ada") for n in range(FILTERS_PER_PLACE - 1)))
    full = rules.filtering(Filter("spam", "Ada"))
    assert len(full.filters) == FILTERS_PER_PLACE
    with pytest.raises(TooMany, match=f"There are {FILTERS_PER_PLACE} filters here already"):
        full.filtering(Filter("eggs", "Ada"))
    assert len(full.filtering(Filter("SPAM", "Olga")).filters) == FILTERS_PER_PLACE


def test_bounds_how_much_work_filters_are() -> None:
    """As many steps as may be are taken, and one more is refused; words are no work."""
    beside = read_pattern("/b/").steps - 1
    largest = f"/b{{{PATTERN_STEPS - beside}}}/"
    assert read_pattern(largest).steps == PATTERN_STEPS
    assert STEPS_PER_PLACE == 2 * PATTERN_STEPS
    full = Rulings(filters=(Filter(largest, "Ada"),)).filtering(
        Filter(largest.replace("b", "c"), "Ada")
    )
    with pytest.raises(TooMany, match="too much work"):
        full.filtering(Filter("/b/", "Ada"))
    assert len(full.filtering(Filter("spam", "Ada")).filters) == 3
