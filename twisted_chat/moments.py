"""Times as people write and read them: how long, since when, and until when.

Times without a zone are local ones, as the server shows no others.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from math import ceil

from twisted_chat.limits import LONGEST_SPAN_SECONDS, MOMENT_CHARS

SPANS = "Write how long as 90s, 10m, 1h30m, 2d or 1w."
MOMENTS = (
    "Write the time as 1h30m or 2d (so long ago), 12:30, today, yesterday, 2026-11-24 or"
    " 2026-11-24 12:30."
)

_SECONDS = {"w": 7 * 86_400, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_SPAN = re.compile(r"\s*".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}){unit})?" for unit in _SECONDS))
_EPOCH = re.compile(r"[0-9]{9,11}(?:\.[0-9]{1,9})?")
_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]{1,9})?)?"
_TIME = re.compile(_CLOCK)
_DATE = re.compile(
    r"(?P<day>today|yesterday|[0-9]{4}-[0-9]{2}-[0-9]{2})"
    rf"(?:(?:t|\s+){_CLOCK}\s*(?P<zone>z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
)

_LAST_SECOND = 253_370_764_800.0
"""The year 9999, after which no date can be written; a server that is none may send any number."""

_DAYS_TO_LOOK_BACK = 3
"""A clock may leave out an hour of yesterday, and a country that moves to the other side of the
date line a whole day."""


class Unclear(ValueError):
    """Nobody can tell which time is meant; its text says what works."""


def span(text: str) -> int:
    """The seconds of a duration such as ``1h30m``, ``90s``, ``2d`` or ``1w``.

    :raises Unclear: it is none, or nothing, or longer than ten years.
    """
    seconds = _seconds(_plain(text, SPANS))
    if seconds is None:
        raise Unclear(SPANS)
    return seconds


def written(seconds: int) -> str:
    """A duration as one writes it, the way `span` reads it: ``1h30m``."""
    parts = ""
    for unit in "dhms":
        count, seconds = divmod(seconds, _SECONDS[unit])
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"


def until_words(until: float, now: float) -> str:
    """When something ends, in local time: ``until 12:30``, ``until 2026-11-26 12:30``.

    It is the minute by which it is over, so that nobody who waits for it comes too early; what
    ends at 0 never does, and is ``for good``.
    """
    if not until:
        return "for good"
    end = shown_as(ceil(until / 60) * 60)
    today = end.date() == shown_as(now).date()
    return f"until {end:%H:%M}" if today else f"until {end:%Y-%m-%d %H:%M}"


def shown_as(time: float) -> datetime:
    """A moment as clocks and calendars here show it; one that none can show, as the nearest."""
    return datetime.fromtimestamp(min(max(time, 0), _LAST_SECOND))


def moment(text: str, now: float) -> float:
    """What somebody means by "since", in seconds since 1970; it may be still to come.

    A duration is that long ago; a time of day the latest one that is past; a day its beginning.
    A date with a time may have an offset from UTC (ISO 8601); seconds since 1970 have nine digits
    at least.

    :param now: seconds since 1970.
    :raises Unclear: it is none of these.
    """
    written = _plain(text, MOMENTS)
    if _EPOCH.fullmatch(written):
        return float(written)
    ago = _seconds(written)
    if ago is not None:
        return now - ago
    try:
        return _on_the_clock(written, now)
    except (ValueError, OverflowError, OSError):
        # There is no 30th of February; and no clock goes back to the year 1.
        raise Unclear(MOMENTS) from None


def _plain(text: str, what_works: str) -> str:
    """The text in small letters, where it can be a time at all: other scripts' digits are none."""
    written = text.strip()
    if len(written) > MOMENT_CHARS or not written.isascii():
        raise Unclear(what_works)
    return written.lower()


def _seconds(written: str) -> int | None:
    """The seconds of a duration; None where it is something else."""
    match = _SPAN.fullmatch(written)
    if match is None or not written:
        return None
    seconds = sum(int(match[unit] or 0) * size for unit, size in _SECONDS.items())
    if not seconds:
        raise Unclear(SPANS)
    if seconds > LONGEST_SPAN_SECONDS:
        raise Unclear("That is too long: ten years (3650d) at most.")
    return seconds


def _on_the_clock(written: str, now: float) -> float:
    if at := _TIME.fullmatch(written):
        return _latest(_time_of_day(at), now)
    match = _DATE.fullmatch(written)
    if match is None:
        raise Unclear(MOMENTS)
    day = _day(match["day"], datetime.fromtimestamp(now).date())
    if match["hour"] is None:
        return datetime.combine(day, time()).timestamp()
    zone = (match["zone"] or "").upper()
    return datetime.fromisoformat(f"{day}T{_time_of_day(match)}{zone}").timestamp()


def _time_of_day(match: re.Match[str]) -> time:
    return time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))


def _day(written: str, today: date) -> date:
    if written == "today":
        return today
    return today - timedelta(days=1) if written == "yesterday" else date.fromisoformat(written)


def _latest(wanted: time, now: float) -> float:
    """The last moment up to now at which the clocks here showed this."""
    today = datetime.fromtimestamp(now).date()
    days = (today - timedelta(days=back) for back in range(_DAYS_TO_LOOK_BACK))
    past = (at for day in days for at in _shown(datetime.combine(day, wanted)) if at <= now)
    return max(past)


def _shown(local: datetime) -> Iterator[float]:
    """When the clocks show this: never where they are put forward over it, twice where back."""
    for fold in (0, 1):
        at = local.replace(fold=fold).timestamp()
        if datetime.fromtimestamp(at) == local:
            yield at
