"""From a line of the server's to what it says: an answer, an event, what was before, a notice."""

from collections.abc import Iterator
from typing import Any, Union

import msgspec

from twisted_chat import answers, events
from twisted_chat.answers import Answer, Backlog, Goodbye, Missed, Notice
from twisted_chat.events import Event

Heard = Answer | Event | Backlog | Missed | Notice | Goodbye


def _kinds(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """The kinds that go over the wire: the journal has some of its own."""
    for kind in base.__subclasses__():
        if kind.__module__ in (answers.__name__, events.__name__):
            yield kind
        yield from _kinds(kind)


_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    Union[(Notice, Goodbye, Backlog, Missed, *_kinds(Answer), *_kinds(Event))]
)


def hear(line: bytes) -> Heard | None:
    """What the line says; None where this client is too old, or the line too broken, to know."""
    try:
        heard: Heard = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return heard
