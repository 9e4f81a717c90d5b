"""How doors write what their users hear, as bytes.

Sessions of one style share the same bytes, so two that see the same have to have the very same
style object: `Styles` sees to that.
"""

from typing import Protocol
from weakref import WeakValueDictionary

import msgspec

from twisted_chat import wording
from twisted_chat.answers import Goodbye, Prompt, Reply
from twisted_chat.events import CameBack, Event, Joined, Left, WentAway


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What one session wants to see."""

    current: str = ""
    """The room it looks at; lines from others carry their name."""
    clock: bool = False
    """Whether lines show their time."""
    quiet: bool = False
    """Whether who comes and goes is left out."""


class Style(Protocol):
    """A way to write; what it leaves out is empty."""

    def event(self, event: Event) -> bytes:
        """What happened, with its line end."""
        ...

    def reply(self, reply: Reply) -> bytes:
        """What one session alone is told, with its line end."""
        ...


def _hidden(event: Event, view: View) -> bool:
    return view.quiet and isinstance(event, Joined | Left | WentAway | CameBack)


class TextStyle:
    """Lines for people.

    :param newline: how a line ends: LF, or CR LF for telnet (RFC 854).
    """

    def __init__(self, view: View, newline: bytes) -> None:
        self._view = view
        self._newline = newline

    def event(self, event: Event) -> bytes:
        """One line, or nothing."""
        if _hidden(event, self._view):
            return b""
        line = wording.line_of(event, self._view.current, self._view.clock)
        return line.encode() + self._newline

    def reply(self, reply: Reply) -> bytes:
        """Lines that begin with an arrow, so that they cannot be taken for somebody's words."""
        text = wording.reply(reply)
        arrow = "" if isinstance(reply, Prompt | Goodbye) else "-> "
        lines = text.splitlines()
        return b"".join((arrow + line).encode() + self._newline for line in lines)


class JsonStyle:
    """One JSON object a line, for programs."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._encode = msgspec.json.Encoder().encode

    def event(self, event: Event) -> bytes:
        """One line, or nothing."""
        return b"" if _hidden(event, self._view) else self._encode(event) + b"\n"

    def reply(self, reply: Reply) -> bytes:
        """One line."""
        return self._encode(reply) + b"\n"


class Styles:
    """The styles in use, each of them once."""

    def __init__(self) -> None:
        self._text: WeakValueDictionary[tuple[View, bytes], TextStyle] = WeakValueDictionary()
        self._json: WeakValueDictionary[bool, JsonStyle] = WeakValueDictionary()

    def text(self, view: View, newline: bytes) -> TextStyle:
        """The style for people who see this much, on lines that end like this."""
        return self._text.setdefault((view, newline), TextStyle(view, newline))

    def json(self, view: View) -> JsonStyle:
        """The style for programs; all they can leave out is who comes and goes."""
        return self._json.setdefault(view.quiet, JsonStyle(View(quiet=view.quiet)))
