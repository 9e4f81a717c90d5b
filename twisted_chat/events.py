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
    moderation: ClassVar[bool] = False
    """Whether somebody ruled with it, so that the audit log shows it."""

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
    moderation = True

    room: str
    who: str
    by: str
    reason: str = ""
    after: int = 0


class Opped(Event, frozen=True, kw_only=True):
    """``who`` became an operator of ``room``; ``by`` is empty where the room chose for itself."""

    kept = True
    moderation = True

    room: str
    who: str
    by: str = ""


class Deopped(Event, frozen=True, kw_only=True):
    """``by`` took the operator's rights in ``room`` from ``who``."""

    kept = True
    moderation = True

    room: str
    who: str
    by: str


class Locked(Event, frozen=True, kw_only=True):
    """``by`` decided whether only operators set the topic of ``room``."""

    kept = True
    moderation = True

    room: str
    by: str
    on: bool


class MadePrivate(Event, frozen=True, kw_only=True):
    """``by`` decided whether only the invited enter ``room``, and whether others see it."""

    kept = True
    moderation = True

    room: str
    by: str
    on: bool


class Voiced(Event, frozen=True, kw_only=True):
    """``by`` let ``who`` speak in ``room``, where only some do."""

    kept = True
    moderation = True

    room: str
    who: str
    by: str


class Devoiced(Event, frozen=True, kw_only=True):
    """``by`` took that back from ``who``."""

    kept = True
    moderation = True

    room: str
    who: str
    by: str


class Moderated(Event, frozen=True, kw_only=True):
    """``by`` decided whether only operators and those with a voice speak in ``room``."""

    kept = True
    moderation = True

    room: str
    by: str
    on: bool


class Owned(Event, frozen=True, kw_only=True):
    """``room`` belongs to the account ``who`` from now on; to nobody where that is empty.

    ``by`` is empty where the account is no more that owned it.
    """

    kept = True
    moderation = True

    room: str
    by: str = ""
    who: str = ""


class Banned(Event, frozen=True, kw_only=True):
    """``by`` keeps whoever ``who`` describes out of ``room``, until then; 0 is for good.

    In this and the events after it the room ``*`` is the whole server.
    """

    kept = True
    moderation = True

    room: str
    who: str
    by: str
    reason: str = ""
    until: float = 0.0


class Unbanned(Event, frozen=True, kw_only=True):
    """``by`` lets whoever ``who`` describes into ``room`` again."""

    kept = True
    moderation = True

    room: str
    who: str
    by: str


class Muted(Event, frozen=True, kw_only=True):
    """``by`` lets whoever ``who`` describes say nothing in ``room``, until then; 0 is for good."""

    kept = True
    moderation = True

    room: str
    who: str
    by: str
    reason: str = ""
    until: float = 0.0


class Unmuted(Event, frozen=True, kw_only=True):
    """``by`` lets whoever ``who`` describes speak in ``room`` again."""

    kept = True
    moderation = True

    room: str
    who: str
    by: str


class Slowed(Event, frozen=True, kw_only=True):
    """``by`` made everyone in ``room`` wait so many seconds between lines; 0 ends it."""

    kept = True
    moderation = True

    room: str
    by: str
    seconds: int = 0


class LockedDown(Event, frozen=True, kw_only=True):
    """``by`` decided whether new guests stay out and only accounts speak, on the whole server."""

    kept = True
    moderation = True

    by: str
    on: bool


class Filtered(Event, frozen=True, kw_only=True):
    """``by`` lets nobody say in ``room`` what ``pattern`` matches."""

    kept = True
    moderation = True

    room: str
    by: str
    pattern: str


class Unfiltered(Event, frozen=True, kw_only=True):
    """``by`` took that back."""

    kept = True
    moderation = True

    room: str
    by: str
    pattern: str


class Retained(Event, frozen=True, kw_only=True):
    """``by`` has what is said in ``room`` forgotten after so many seconds; 0 keeps it."""

    kept = True
    moderation = True

    room: str
    by: str
    seconds: int = 0


class Deleted(Event, frozen=True, kw_only=True):
    """``by`` deleted message ``of``, which ``who`` had said in ``room``, or to ``to`` alone."""

    kept = True
    moderation = True

    of: int
    who: str
    by: str
    room: str = ""
    to: str = ""


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


class CrowdMoved(Event, frozen=True, kw_only=True):
    """Some came into ``room`` and some left it, told together as so many hear it.

    The first few by their names, in the order in which they moved, and how many there are more.
    """

    room: str
    joined: tuple[str, ...] = ()
    others_joined: int = 0
    left: tuple[str, ...] = ()
    others_left: int = 0


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


Recorded = (
    Said
    | Emoted
    | Told
    | TopicSet
    | Kicked
    | Opped
    | Deopped
    | Locked
    | MadePrivate
    | Voiced
    | Devoiced
    | Moderated
    | Owned
    | Banned
    | Unbanned
    | Muted
    | Unmuted
    | Slowed
    | LockedDown
    | Filtered
    | Unfiltered
    | Retained
    | Deleted
)
"""What is kept, and found again."""
