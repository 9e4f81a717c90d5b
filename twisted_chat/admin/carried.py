"""An entry of the record on its way elsewhere: as a line of JSON, and as one for people."""

import re
from datetime import datetime
from functools import lru_cache

import msgspec

from twisted_chat.events import Deleted, Event, Recorded, Told
from twisted_chat.journal import PRIVATE, SERVER, Entry
from twisted_chat.journal.kept import NAMES_REMEMBERED, Keys
from twisted_chat.limits import (
    LONGEST_SPAN_SECONDS,
    PATTERN_CHARS,
    REASON_CHARS,
    ROOM_CHARS,
)
from twisted_chat.names import Unusable, room_name
from twisted_chat.text import clean, clean_lines
from twisted_chat.wording import line_of

LINE_BYTES = 1 << 16
"""A line of an import: the longest message that a server takes, with each letter escaped, and room
for the rest."""

HIGHEST_SEQ = 1 << 52
"""The highest number that an import may bring: half of those that a program in JavaScript can tell
apart are left for what is said afterwards."""

AHEAD_SECONDS = 300
"""How much of the future an import may be: two clocks differ, but the record's time stands still
until the time of its newest event has come."""

FIELD_CHARS = max(REASON_CHARS, PATTERN_CHARS)
"""What a field has that is no text: these are the longest, and what is longer floods a screen."""

QUOTED_CHARS = ROOM_CHARS + 1
"""What is repeated of a name that is wrong: enough to see that it is too long."""

_ACTOR = re.compile(r"(?:[ag]:[\w-]{1,64})?", re.ASCII)
_PLACE = re.compile(r"[^!]+(?:![\w-]{1,64})?", re.ASCII)


class WrongLine(ValueError):
    """A line that cannot be imported; the text says why."""


class Carried(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An entry as it stands in a line of JSON; docs/operations.md is the page about it."""

    event: Recorded
    room: str
    actor: str = ""
    concerns: str = ""


def as_json(entry: Entry, event: Recorded) -> str:
    """The line with all that is on record of an entry."""
    carried = Carried(event, entry.room, entry.actor, entry.concerns)
    return msgspec.json.encode(carried).decode()


def as_text(event: Event) -> str:
    """The line for people, with the day and the time of this machine's zone."""
    when = f"{datetime.fromtimestamp(event.time):%Y-%m-%d %H:%M:%S}"
    if isinstance(event, Told):
        line = f"[PM from {event.who} to {event.to}] {event.text}"
    else:
        line = line_of(event, current="")
    return f"{when} {line}".replace("\n", " / ")


class Reader:
    """Reads lines of JSON.

    :param now: seconds since 1970.
    """

    def __init__(self, now: float) -> None:
        self._latest = now + AHEAD_SECONDS
        self._decoder = msgspec.json.Decoder(Carried)
        self._keys = Keys()
        self._room = lru_cache(NAMES_REMEMBERED)(_room)

    def read(self, line: bytes) -> Entry:
        """The entry that a line is; its texts are cleaned like those that people write.

        :raises WrongLine: it is none, or none that may be put on record.
        """
        if len(line) > LINE_BYTES:
            raise WrongLine(f"it has more than {LINE_BYTES:,} bytes")
        try:
            carried = self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
            raise WrongLine(f"it is no exported event: {why}") from None
        entry = Entry(_cleaned(carried.event), carried.actor, carried.concerns, room=carried.room)
        self._check(entry)
        return entry

    def _check(self, entry: Entry) -> None:
        event = entry.event
        if not 0 < event.seq <= HIGHEST_SEQ:
            raise WrongLine(f"its number is not between 1 and {HIGHEST_SEQ}")
        if not 0 <= event.time <= self._latest:
            raise WrongLine("its time is no time, or still to come")
        for field, value in msgspec.structs.asdict(event).items():
            if not self._can_be(field, value):
                raise WrongLine(f"its {field!r} is none that can be")
        if not (_ACTOR.fullmatch(entry.actor) and entry.concerns.isprintable()):
            raise WrongLine("it does not say as an export does who did it, and to whom")
        self._check_room(event)
        own = self._keys.room(Entry(event))
        if entry.room != own and (own in (PRIVATE, SERVER) or _public(entry.room) != own):
            raise WrongLine(f"it is on record under {_quoted(entry.room)}, not under {own!r}")

    def _can_be(self, field: str, value: str | float) -> bool:
        """Whether a field has what anything that goes by it can cope with."""
        if isinstance(value, str):
            return field == "text" or len(value) <= FIELD_CHARS
        latest = self._latest + LONGEST_SPAN_SECONDS
        return 0 <= value <= (HIGHEST_SEQ if isinstance(value, int) else latest)

    def _check_room(self, event: Event) -> None:
        room: str | None = getattr(event, "room", None)
        nowhere = room == "" and isinstance(event, Deleted)
        if room is None or nowhere or (room == SERVER and event.moderation):
            return
        try:
            name = self._room(room)
        except Unusable as why:
            raise WrongLine(f"{_quoted(room)} is no room: {why}") from None
        if name != room:
            raise WrongLine(f"{_quoted(room)} is no room: that would be {name!r}")


def _room(name: str) -> str:
    """A room as it is shown."""
    return room_name(name).shown


def _public(place: str) -> str:
    """The key of the room whose talk, if it is private, is on record under this."""
    return place.partition("!")[0] if _PLACE.fullmatch(place) else ""


def _quoted(text: str) -> str:
    """A text in a complaint about it, no longer than that needs."""
    return repr(text if len(text) <= QUOTED_CHARS else f"{text[:QUOTED_CHARS]}...")


def _cleaned(event: Recorded) -> Recorded:
    texts = {
        field: clean_lines(value) if field == "text" else clean(value)
        for field, value in msgspec.structs.asdict(event).items()
        if isinstance(value, str) and not value.isprintable()
    }
    return msgspec.structs.replace(event, **texts) if texts else event
