"""What events are kept under: the room, whose name, which words."""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache

import msgspec

from twisted_chat.events import Deleted, Emoted, Event, Recorded, Said, Told, TopicSet
from twisted_chat.journal import PRIVATE, SERVER, Entry, Scope
from twisted_chat.journal.words import fold, mend
from twisted_chat.limits import ANSWER_BYTES
from twisted_chat.names import Name, Unusable, room_name, user_name

NAMES_REMEMBERED = 10_000
"""Names whose keys are remembered: a key takes a hundred times as long as the rest of a line."""

PRIVATE_MARK = "!"
"""What the name of a room has in it, that no other has, while the room is private."""

SAID: Collection[type[Event]] = (Said, Emoted, Told)
"""What somebody says to others."""

ALONE: Collection[type[Event]] = (Told, Deleted)
"""What happens between two where it names no room."""

DECODER: msgspec.json.Decoder[Recorded] = msgspec.json.Decoder(Recorded)
"""Reads an event from the record."""


class Keys:
    """The keys of the names in events, remembered."""

    def __init__(self) -> None:
        self._room = lru_cache(NAMES_REMEMBERED)(_room_key)
        self._who = lru_cache(NAMES_REMEMBERED)(name_key)

    def room(self, entry: Entry) -> str:
        """What an entry is on record under."""
        if entry.room:
            return entry.room
        room = getattr(entry.event, "room", "")
        if room:
            return self._room(room)
        return PRIVATE if type(entry.event) in ALONE else SERVER

    def who(self, event: Event) -> str:
        """The key of the name of who did it; empty where the event names nobody."""
        return self._who(getattr(event, "who", ""))


def words(event: Event) -> str | None:
    """The text by which an event is found, folded; None where it is not."""
    return fold(event.text) if isinstance(event, Said | Emoted | Told | TopicSet) else None


def mended(entry: Entry) -> Entry:
    """An entry that can be put on record, whatever its texts hold."""
    texts = msgspec.structs.asdict(entry.event)
    event = msgspec.structs.replace(
        entry.event, **{name: mend(text) for name, text in texts.items() if isinstance(text, str)}
    )
    return Entry(
        event,
        actor=mend(entry.actor),
        concerns=mend(entry.concerns),
        once=mend(entry.once),
        room=mend(entry.room),
        moves=mend(entry.moves),
        heard=entry.heard,
    )


def mended_scope(scope: Scope) -> Scope:
    """A scope that can be looked up, with each of its rooms once."""
    return Scope(rooms_of(scope.rooms), mend(scope.identity))


def rooms_of(rooms: Collection[str]) -> dict[str, None]:
    """What is a room of these, each once: what is told alone is none, whoever asks."""
    return {room: None for room in map(mend, rooms) if room and room != PRIVATE}


def is_open(room: str) -> bool:
    """Whether what is on record under this is in the index, as it was said in the open."""
    return room != PRIVATE and PRIVATE_MARK not in room


def says_the_same(one: Event, other: Event) -> bool:
    """Whether two events are the same words, to the same people."""
    return type(one) is type(other) and all(
        getattr(one, field, "") == getattr(other, field, "") for field in ("room", "to", "text")
    )


def fitting(
    events: Iterable[tuple[int, Recorded]], most: int, *, share: int = 1
) -> tuple[list[Recorded], bool]:
    """As many events as fit into an answer, and whether there were more.

    :param events: with their sizes, in bytes of JSON.
    :param most: how many fit at most.
    :param share: how many lists of events share the answer.
    """
    chosen: list[Recorded] = []
    left = ANSWER_BYTES // share
    for size, event in events:
        left -= size
        if len(chosen) == most or (chosen and left < 0):
            return chosen, True
        chosen.append(event)
    return chosen, False


def name_key(name: str) -> str:
    """How a name is compared; one that nobody can have, without its case."""
    return _key(user_name, name)


def _room_key(name: str) -> str:
    return SERVER if name == SERVER else _key(room_name, name)


def _key(read: Callable[[str], Name], name: str) -> str:
    try:
        return read(name).key
    except Unusable:
        return name.casefold()
