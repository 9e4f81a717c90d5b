"""What a request says; and which say something to others, and may be made again after a break."""

from typing import Any

from msgspec.structs import replace

from twisted_chat import events
from twisted_chat.events import Event
from twisted_chat.names import Unusable, room_name, user_name
from twisted_chat.verbs import TABLE, Request

SENDS: dict[str, type[Event]] = {
    "say": events.Said,
    "me": events.Emoted,
    "topic": events.TopicSet,
    "msg": events.Told,
}
"""What each of them makes happen, once it is clear whom it is for."""


def verb_of(request: Request) -> str:
    """The verb that a request asks for, as it stands on the wire."""
    return str(request.__struct_config__.tag)


def field_of(request: Request, name: str) -> Any:
    """A field of a request: it has no type, as its class is made when the verbs are."""
    return getattr(request, name)


def addressed(request: Request, current: str, correspondent: str) -> Request:
    """The request with the room, or the person, that whoever typed it had in mind.

    Without it the server takes the room looked at and whoever wrote last, and after a break, or by
    the time that it reads the request, that may be another.
    """
    verb = verb_of(request)
    if verb == "reply" and correspondent:
        return TABLE.parse(f"/msg {correspondent} {field_of(request, 'text')}")
    if _speaks(request) and current and getattr(request, "room", "") is None:
        made: Any = request
        return replace(made, room=room_name(current))  # type: ignore[no-any-return]
    return request


def is_repeatable(request: Request) -> bool:
    """Whether it says something to others, and the same to the same ones at any time."""
    return _speaks(request) and getattr(request, "room", "") is not None


def became(request: Request, event: Event, me: str) -> bool:
    """Whether an event may be what became of a request of one's own."""
    if type(event) is not SENDS.get(verb_of(request)):
        return False
    text = str(field_of(request, "text"))
    text = "" if isinstance(event, events.TopicSet) and text.strip() == "-" else text
    said: Any = event
    return bool(said.who == me and said.text == text and _same_place(request, event))


def _speaks(request: Request) -> bool:
    """Whether it says something; to ask for the topic does not."""
    return verb_of(request) in SENDS and field_of(request, "text") is not None


def _same_place(request: Request, event: Event) -> bool:
    """Whether the event is for those whom the request is for; what is no name is for nobody."""
    try:
        if isinstance(event, events.Told):
            return bool(user_name(event.to) == field_of(request, "name"))
        return bool(room_name(getattr(event, "room", "")) == field_of(request, "room"))
    except Unusable:
        return False
