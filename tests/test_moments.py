"""Times as people write and read them."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twisted_chat.limits import LONGEST_SPAN_SECONDS, MOMENT_CHARS
from twisted_chat.moments import MOMENTS, SPANS, Unclear, moment, span, until_words, written

MINUTE, HOUR, DAY = 60, 3600, 86_400
BERLIN, APIA = "Europe/Berlin", "Pacific/Apia"

InZone = Callable[[str], None]


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[InZone]:
    """Has the clocks of this machine be those of some place."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def berlin(in_zone: InZone) -> None:
    """Clocks that are put forward and back."""
    in_zone(BERLIN)


def at(text: str, zone: str = BERLIN) -> float:
    """The moment at which the clocks of a place show this."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


# How long.


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 10 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("2d", 2 * DAY),
        ("1w", 7 * DAY),
        ("1w2d3h4m5s", 9 * DAY + 3 * HOUR + 4 * MINUTE + 5),
        (" 1H 30M ", 90 * MINUTE),
        ("007d", 7 * DAY),
        ("100m", 100 * MINUTE),
        ("0h5s", 5),
        ("3650d", LONGEST_SPAN_SECONDS),
        ("315360000s", LONGEST_SPAN_SECONDS),
    ],
)
def test_reads_how_long(text: str, seconds: int) -> None:
    """Each unit at most once, the longest first, in either case, up to ten years."""
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["3651d", "315360001s", "522w", "999999999w", "3650d1s"])
def test_refuses_what_is_too_long(text: str) -> None:
    """Ten years are the most."""
    with pytest.raises(Unclear, match=r"^That is too long: ten years \(3650d\) at most\.$"):
        span(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "0s", "0d0h", "5", "s", "h1", "1", "30m1h", "1h1h", "1.5h", "-5m", "+5m", "1y"),
        *("1h30", "an hour", "1h,30m", "1 h", "1h\x00", "1000000000s", "١h", "１ｈ", "1ℎ", "²s"),
        "1h" + " " * MOMENT_CHARS + "1m",
    ],
)
def test_refuses_what_is_no_duration(text: str) -> None:
    """In one line that says what one may write; other scripts' digits are none."""
    with pytest.raises(Unclear) as unclear:
        span(text)
    assert str(unclear.value) == SPANS


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (1, "1s"),
        (60, "1m"),
        (5400, "1h30m"),
        (DAY, "1d"),
        (7 * DAY, "7d"),
        (DAY + 1, "1d1s"),
        (LONGEST_SPAN_SECONDS, "3650d"),
    ],
)
def test_writes_how_long(seconds: int, text: str) -> None:
    """In as few words as it takes."""
    assert written(seconds) == text


@settings(deadline=None, database=None)
@given(st.integers(1, LONGEST_SPAN_SECONDS))
def test_reads_what_it_writes(seconds: int) -> None:
    """For every duration that there may be."""
    assert span(written(seconds)) == seconds


# Until when.


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2026-11-24 12:30:00", "until 12:30"),
        ("2026-11-24 12:29:01", "until 12:30"),
        ("2026-11-24 12:30:01", "until 12:31"),
        ("2026-11-24 23:59:00", "until 23:59"),
        ("2026-11-24 23:59:01", "until 2026-11-25 00:00"),
        ("2026-11-26 12:30:00", "until 2026-11-26 12:30"),
        ("2027-11-24 12:30:00", "until 2027-11-24 12:30"),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_tells_until_when(until: str, words: str) -> None:
    """The minute by which it is over, here; with the day, where it is another one."""
    assert until_words(at(until), at("2026-11-24 09:00:00")) == words


def test_tells_of_what_never_ends() -> None:
    """It has no end to tell."""
    assert until_words(0, 1_700_000_000.0) == "for good"


# Since when.


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1h30m", "2026-11-24 10:30:00"),
        ("2d", "2026-11-22 12:00:00"),
        ("11:30", "2026-11-24 11:30:00"),
        ("9:05", "2026-11-24 09:05:00"),
        ("12:00", "2026-11-24 12:00:00"),
        ("12:00:01", "2026-11-23 12:00:01"),
        ("12:01", "2026-11-23 12:01:00"),
        ("23:59:59.999", "2026-11-23 23:59:59"),
        ("today", "2026-11-24 00:00:00"),
        ("TODAY", "2026-11-24 00:00:00"),
        (" yesterday ", "2026-11-23 00:00:00"),
        ("yesterday 18:00", "2026-11-23 18:00:00"),
        ("today  8:15", "2026-11-24 08:15:00"),
        ("2026-11-01", "2026-11-01 00:00:00"),
        ("2026-11-01 12:30", "2026-11-01 12:30:00"),
        ("2026-11-01T12:30:15", "2026-11-01 12:30:15"),
        ("2026-11-01t12:30", "2026-11-01 12:30:00"),
        ("2026-11-01T12:30Z", "2026-11-01 13:30:00"),
        ("2026-11-01 12:30:15.123456 z", "2026-11-01 13:30:15"),
        ("2026-11-01T12:30+05:30", "2026-11-01 08:00:00"),
        ("2026-11-01T12:30-0800", "2026-11-01 21:30:00"),
        ("2026-12-31", "2026-12-31 00:00:00"),
        ("2028-02-29", "2028-02-29 00:00:00"),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_knows_which_moment_is_meant(text: str, meant: str) -> None:
    """So long ago; the last time that it was so late; a day; a day and a time, perhaps of a zone.

    What is still to come may be meant too, and nothing is since then.
    """
    assert moment(text, at("2026-11-24 12:00:00")) == at(meant)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1700000000", 1_700_000_000.0), ("1700000000.25", 1_700_000_000.25), ("100000000", 1e8)],
)
def test_takes_seconds_since_1970(text: str, seconds: float) -> None:
    """As programs have them; fewer than nine digits are none."""
    assert moment(text, 1.8e9) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "now",
            "noon",
            "12",
            "12:3",
            "12:300",
            "24:00",
            "12:60",
            "12:30:60",
            "-1:00",
            "1:2:3:4",
        ),
        *(
            "tomorrow",
            "todayish",
            "today12:30",
            "today 12",
            "2026-02-30",
            "2026-13-01",
            "2026-00-01",
        ),
        *("26-11-01", "2026-11-1", "2026/11/01", "01.11.2026", "2026-11-01T", "2026-11-01 24:00"),
        *("2026-11-01T12:30+25:00", "2026-11-01T12:30 UTC", "2026-11-01T12:30+5", "0000-01-01"),
        *("0001-01-01", "12345678", "123456789012", "1e9", "nan", "inf", "-1700000000"),
        *("١٢:٣٠", "１２:３０", "2026‑11‑01", "12:30\u202e", "12:30;", "'; DROP TABLE events; --"),
        " today" + "y" * MOMENT_CHARS,
    ],
)
@pytest.mark.usefixtures("berlin")
def test_refuses_what_is_no_time(text: str) -> None:
    """In one line that says what one may write; other scripts' digits are none."""
    with pytest.raises(Unclear) as unclear:
        moment(text, at("2026-11-24 12:00:00"))
    assert str(unclear.value) == MOMENTS


@pytest.mark.parametrize(("text", "why"), [("0d", SPANS), ("3651d", "That is too long")])
def test_refuses_a_duration_that_is_none(text: str, why: str) -> None:
    """For the same reason as where only a duration will do."""
    with pytest.raises(Unclear) as unclear:
        moment(text, 1.7e9)
    assert str(unclear.value).startswith(why)


@pytest.mark.parametrize("more", [0, 1])
def test_looks_at_no_more_than_a_time_can_have(more: int) -> None:
    """The longest way to write one is shorter; what is longer is refused unread."""
    text = "today" + " " * (MOMENT_CHARS - len("today12:30") + more) + "12:30"
    if more:
        with pytest.raises(Unclear):
            moment(text, 1.7e9)
    else:
        assert moment(text, 1.7e9) == moment("today 12:30", 1.7e9)


@settings(deadline=None, database=None)
@given(st.text(max_size=MOMENT_CHARS + 1), st.floats(0, 4e9))
def test_reads_any_text_or_refuses_it(text: str, now: float) -> None:
    """Nothing else comes of it."""
    for read in (lambda: moment(text, now), lambda: float(span(text))):
        try:
            meant = read()
        except Unclear:
            continue
        assert isinstance(meant, float)


# When clocks are put forward and back.


@pytest.mark.parametrize(
    ("now", "meant"),
    [
        # On 2026-03-29 they go from 02:00 to 03:00: there is no 02:30.
        ("2026-03-29 12:00+02:00", "2026-03-28 02:30+01:00"),
        ("2026-03-30 12:00+02:00", "2026-03-30 02:30+02:00"),
        # On 2026-10-25 they go from 03:00 back to 02:00: 02:30 is twice.
        ("2026-10-25 02:29+02:00", "2026-10-24 02:30+02:00"),
        ("2026-10-25 02:40+02:00", "2026-10-25 02:30+02:00"),
        ("2026-10-25 02:29+01:00", "2026-10-25 02:30+02:00"),
        ("2026-10-25 02:40+01:00", "2026-10-25 02:30+01:00"),
        ("2026-10-25 12:00+01:00", "2026-10-25 02:30+01:00"),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_means_the_last_time_that_clocks_showed_it(now: str, meant: str) -> None:
    """Not one that they left out, and the latter of two as soon as that is past."""
    then = datetime.fromisoformat(now).timestamp()
    assert moment("02:30", then) == datetime.fromisoformat(meant).timestamp()


def test_looks_further_back_where_a_day_was_left_out(in_zone: InZone) -> None:
    """Samoa had no 30th of December in 2011."""
    in_zone(APIA)
    assert moment("12:00", at("2011-12-31 11:00", APIA)) == at("2011-12-29 12:00", APIA)
    assert moment("2d", at("2011-12-31 12:00", APIA)) == at("2011-12-28 12:00", APIA)


@settings(deadline=None, database=None)
@given(
    now=st.floats(at("2026-03-01 00:00"), at("2026-11-30 00:00")),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
def test_means_a_time_of_day_in_the_past(now: float, hour: int, minute: int) -> None:
    """Of the last days, at which clocks here show just that."""
    meant = moment(f"{hour}:{minute:02}", now)
    assert now - 2 * DAY < meant <= now
    assert (datetime.fromtimestamp(meant).hour, datetime.fromtimestamp(meant).minute) == (
        hour,
        minute,
    )
