"""An entry of the record on its way elsewhere: as a line of JSON, and as one for people."""

import math
from datetime import datetime

import msgspec

from twisted_chat.events import Deleted, Event, Recorded, Told
from twisted_chat.journal import PRIVATE, SERVER, Entry
from twisted_chat.journal.kept import Keys
from twisted_chat.names import Unusable, room_name
from twisted_chat.text import clean
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
        return f"{when} [PM from {event.who} to {event.to}] {event.text}"
    return f"{when} {line_of(event, current='')}"


class Reader:
    """Reads lines of JSON.

    :param now: seconds since 1970.
    """

    def __init__(self, now: float) -> None:
        self._latest = now + AHEAD_SECONDS
        self._decoder = msgspec.json.Decoder(Carried)
        self._keys = Keys()

    def read(self, line: bytes) -> Entry:
        """The entry that a line is; its texts are cleaned like those that people write.

        :raises WrongLine: it is none, or none that may be put on record.
        """
        if len(line) > LINE_BYTES:
            raise WrongLine(f"it has more than {LINE_BYTES:,} bytes")
        try:
            carried = self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as why:
            raise WrongLine(f"it is no exported event: {why}") from None
        entry = Entry(_cleaned(carried.event), carried.actor, carried.concerns, room=carried.room)
        self._check(entry)
        return entry

    def _check(self, entry: Entry) -> None:
        event = entry.event
        if not 0 < event.seq <= HIGHEST_SEQ:
            raise WrongLine(f"its number is {event.seq}, and not between 1 and {HIGHEST_SEQ}")
        if not (math.isfinite(event.time) and 0 <= event.time <= self._latest):
            raise WrongLine("its time is no time, or still to come")
        _check_room(event)
        own = self._keys.room(Entry(event))
        if entry.room != own and (own in (PRIVATE, SERVER) or _public(entry.room) != own):
            raise WrongLine(f"it is on record under {entry.room!r}, and belongs under {own!r}")


def _check_room(event: Event) -> None:
    room: str | None = getattr(event, "room", None)
    nowhere = room == "" and isinstance(event, Deleted)
    if room is None or nowhere or (room == SERVER and event.moderation):
        return
    try:
        name = room_name(room)
    except Unusable as why:
        raise WrongLine(f"{room!r} is no room: {why}") from None
    if name.shown != room:
        raise WrongLine(f"{room!r} is no room: that would be {name.shown!r}")


def _public(place: str) -> str:
    """The key of the room whose private talk is on record under this."""
    return place.partition("!")[0]


def _cleaned(event: Recorded) -> Recorded:
    texts = {
        field: clean(value)
        for field, value in msgspec.structs.asdict(event).items()
        if isinstance(value, str) and not value.isprintable()
    }
    return msgspec.structs.replace(event, **texts) if texts else event
