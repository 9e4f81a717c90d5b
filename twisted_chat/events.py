"""What can happen in the chat, each thing with the one JSON form that wire and journal share.

An event is frozen and says nothing about who hears it.  Its names and rooms are plain strings, as
their owners write them.  docs/protocol.md is the page about the JSON.
"""

from typing import ClassVar

import msgspec


def tag_of(class_name: str) -> str:
    """The ``type`` on the wire of a class: ``TopicSet`` is ``topic_set``."""
    return "".join("_" + c.lower() if c.isupper() else c for c in class_name).lstrip("_")


class Event(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag=tag_of
):
    """Something that happened.

    ``seq`` is the journal's number, 0 where the event is not kept; ``time`` is when it was put on
    record, in seconds since 1970 (UTC).  Both are the journal's to set.
    """

    kept: ClassVar[bool] = False
    """Whether the journal keeps it and gives it a number."""
    speech: ClassVar[bool] = False
    """Whether somebody addresses others with it, who may choose to ignore them."""

    seq: int = 0
    time: float = 0.0


class Said(Event, frozen=True, kw_only=True):
    """``who`` said ``text`` in ``room``."""

    kept = True
    speech = True

    room: str
    who: str
    text: str


class Emoted(Event, frozen=True, kw_only=True):
    """``who`` did what ``text`` describes, as in ``/me waves``."""

    kept = True
    speech = True

    room: str
    who: str
    text: str


class Told(Event, frozen=True, kw_only=True):
    """``who`` said ``text`` to the user ``to`` alone."""

    kept = True
    speech = True

    who: str
    to: str
    text: str


class TopicSet(Event, frozen=True, kw_only=True):
    """``who`` made ``text`` the topic of ``room``; an empty text takes the topic away."""

    kept = True

    room: str
    who: str
    text: str


class Kicked(Event, frozen=True, kw_only=True):
    """``by`` removed ``who`` from ``room``, who had been there for ``after`` seconds."""

    kept = True

    room: str
    who: str
    by: str
    reason: str = ""
    after: int = 0


class Opped(Event, frozen=True, kw_only=True):
    """``who`` became an operator of ``room``; ``by`` is empty where the room chose for itself."""

    kept = True

    room: str
    who: str
    by: str = ""


class Deopped(Event, frozen=True, kw_only=True):
    """``by`` took the operator's rights in ``room`` from ``who``."""

    kept = True

    room: str
    who: str
    by: str


class Locked(Event, frozen=True, kw_only=True):
    """``by`` decided whether only operators set the topic of ``room``."""

    kept = True

    room: str
    by: str
    on: bool


class MadePrivate(Event, frozen=True, kw_only=True):
    """``by`` decided whether only the invited enter ``room``, and whether others see it."""

    kept = True

    room: str
    by: str
    on: bool


class Invited(Event, frozen=True, kw_only=True):
    """``by`` asked ``who`` into ``room``."""

    speech = True

    room: str
    who: str
    by: str


class Joined(Event, frozen=True, kw_only=True):
    """``who`` came into ``room``."""

    room: str
    who: str
    bot: bool = False


class Left(Event, frozen=True, kw_only=True):
    """``who`` left ``room`` after so many seconds there; without a room, left the chat."""

    who: str
    room: str = ""
    reason: str = ""
    after: int = 0


class Renamed(Event, frozen=True, kw_only=True):
    """``who`` is called ``to`` from now on."""

    who: str
    to: str


class WentAway(Event, frozen=True, kw_only=True):
    """``who`` is not reading for now; ``text`` says why, or is empty."""

    who: str
    text: str = ""


class CameBack(Event, frozen=True, kw_only=True):
    """``who`` is reading again."""

    who: str
