"""How what happened reads to somebody who is present, and whether it is meant for them."""

import re

from twisted_chat import wording
from twisted_chat.client.line import Line
from twisted_chat.client.presence import Presence
from twisted_chat.events import Emoted, Event, Said, Told


def told(event: Event, presence: Presence) -> list[Line]:
    """The line for an event; a message may have several, of which the first rings."""
    who = str(getattr(event, "who", ""))
    me = presence.name if _meant(event, presence.name) else ""
    sent = isinstance(event, Told) and who == presence.name != event.to
    text = wording.line_of(event, presence.current, presence.clock, sent)
    first, *others = text.split("\n")
    return [Line(first, who=who, me=me), *(Line(other, who=who) for other in others)]


def _meant(event: Event, me: str) -> bool:
    """Whether the event is somebody's words to or about the reader."""
    match event:
        case Told():
            return event.who != me
        case Said() | Emoted():
            return event.who != me and found(me, event.text) is not None
    return False


def found(name: str, text: str) -> re.Match[str] | None:
    """Where the name stands as a word of its own in the text, case aside."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
