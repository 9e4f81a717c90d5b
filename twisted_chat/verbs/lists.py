"""Lists in answers, cut so that no small request has a huge answer."""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from twisted_chat.events import Event
from twisted_chat.limits import ANSWER_BYTES_PER_LINE, LIST_BYTES
from twisted_chat.rooms import Room, User

Line = TypeVar("Line")

BESIDE = 4
"""What stands around one name in a list: quotes, a comma, a space."""

BESIDE_EVENT = 100
"""What stands around the text of an event in an answer."""


def cut(
    lines: Collection[Line], size: Callable[[Line], int], most: int = LIST_BYTES
) -> tuple[list[Line], int]:
    """The first lines that fit into an answer, at least one, and how many did not.

    :param size: how many bytes a line takes there.
    :param most: how many there are for all of them.
    """
    shown: list[Line] = []
    left = most
    for line in lines:
        left -= size(line)
        if shown and left < 0:
            break
        shown.append(line)
    return shown, len(lines) - len(shown)


def size_of(*texts: str) -> int:
    """How many bytes these texts take in an answer."""
    return sum(len(text.encode()) + BESIDE for text in texts)


def weight(events: Iterable[Event]) -> int:
    """How many lines of the asker's own an answer with these events counts for."""
    size = sum(len(getattr(event, "text", "")) + BESIDE_EVENT for event in events)
    return size // ANSWER_BYTES_PER_LINE


def names_of(users: Collection[User]) -> tuple[list[str], int]:
    """The names of users that fit into an answer, and how many do not."""
    shown, more = cut(users, lambda user: size_of(user.name.shown))
    return [user.name.shown for user in shown], more


def names_in(room: Room) -> tuple[list[str], int]:
    """The names of who is in a room, as far as they fit into an answer."""
    return names_of(room.members)
