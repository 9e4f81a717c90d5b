"""How doors write what their users hear, as bytes.

Sessions of one style share the same bytes, so two that see the same have to have the very same
style object: `Styles` sees to that.
"""

from collections.abc import Callable
from typing import Protocol
from weakref import WeakValueDictionary

import msgspec

from twisted_chat import wording
from twisted_chat.answers import Backlog, Goodbye, Missed, Prompt, Reply
from twisted_chat.events import CameBack, CrowdMoved, Event, Joined, Left, WentAway


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

    def sent(self, event: Event) -> bytes:
        """What the user told somebody alone in another of their sessions, with its line end."""
        ...

    def reply(self, reply: Reply) -> bytes:
        """What one session alone is told, with its line end."""
        ...


_COMINGS_AND_GOINGS = (Joined, Left, CrowdMoved, WentAway, CameBack)


def _hidden(event: Event, view: View) -> bool:
    return view.quiet and isinstance(event, _COMINGS_AND_GOINGS)


class LastBacklog:
    """A backlog as it was written last: after a start everybody is shown the same."""

    def __init__(self) -> None:
        self._of: tuple[TextStyle, Backlog] | None = None
        self._lines = b""

    def lines(
        self, style: "TextStyle", backlog: Backlog, write: Callable[[Backlog], bytes]
    ) -> bytes:
        """The lines; they are written unless it is the same backlog, in the same style."""
        if self._of is None or self._of[0] is not style or self._of[1] != backlog:
            self._of, self._lines = (style, backlog), write(backlog)
        return self._lines


class TextStyle:
    """Lines for people.

    :param newline: how a line ends: LF, or CR LF for telnet (RFC 854).
    :param last: shared by all styles of a server, so that one backlog is held and not one for each.
    """

    def __init__(self, view: View, newline: bytes, last: LastBacklog | None = None) -> None:
        self._view = view
        self._newline = newline
        self._last = last or LastBacklog()

    def event(self, event: Event) -> bytes:
        """One line, or nothing."""
        if _hidden(event, self._view):
            return b""
        return self._line(wording.line_of(event, self._view.current, self._view.clock))

    def sent(self, event: Event) -> bytes:
        """One line."""
        return self._line(wording.line_of(event, self._view.current, self._view.clock, sent=True))

    def reply(self, reply: Reply) -> bytes:
        """Lines that begin with an arrow, so that they cannot be taken for somebody's words.

        What people said before has none, as it is their words; it begins with its time.
        """
        if isinstance(reply, Backlog):
            return self._last.lines(self, reply, self._backlog)
        if isinstance(reply, Prompt | Goodbye):
            lines = wording.reply(reply).splitlines()
        elif isinstance(reply, Missed):
            lines = wording.missed(reply, self._view.current)
        elif isinstance(reply, wording.Past):
            lines = wording.past(reply, self._view.current)
        else:
            lines = [f"-> {line}" for line in wording.reply(reply).splitlines()]
        return b"".join(map(self._line, lines))

    def _backlog(self, backlog: Backlog) -> bytes:
        return b"".join(map(self._line, wording.past(backlog, self._view.current)))

    def _line(self, line: str) -> bytes:
        return line.encode().replace(b"\n", self._newline) + self._newline


Envelope = Callable[[bytes], bytes]
"""What a door puts around one JSON object, so that its peer can tell where it ends."""


def as_line(encoded: bytes) -> bytes:
    """The object on a line of its own."""
    return encoded + b"\n"


class JsonStyle:
    """One JSON object for each event or reply, for programs.

    :param envelope: a line, or a frame of a WebSocket.
    """

    def __init__(self, view: View, envelope: Envelope = as_line) -> None:
        self._view = view
        self._envelope = envelope
        self._encode = msgspec.json.Encoder().encode

    def event(self, event: Event) -> bytes:
        """One object, or nothing."""
        return b"" if _hidden(event, self._view) else self._envelope(self._encode(event))

    def sent(self, event: Event) -> bytes:
        """One object, the same that others have."""
        return self.event(event)

    def reply(self, reply: Reply) -> bytes:
        """One object; a program need not be asked for anything."""
        return b"" if isinstance(reply, Prompt) else self._envelope(self._encode(reply))


class Styles:
    """The styles in use, each of them once."""

    def __init__(self) -> None:
        self._last = LastBacklog()
        self._text: WeakValueDictionary[tuple[View, bytes], TextStyle] = WeakValueDictionary()
        self._json: WeakValueDictionary[tuple[bool, Envelope], JsonStyle] = WeakValueDictionary()

    def text(self, view: View, newline: bytes) -> TextStyle:
        """The style for people who see this much, on lines that end like this."""
        return self._text.setdefault((view, newline), TextStyle(view, newline, self._last))

    def json(self, view: View, envelope: Envelope = as_line) -> JsonStyle:
        """The style for programs; all they can leave out is who comes and goes."""
        style = JsonStyle(View(quiet=view.quiet), envelope)
        return self._json.setdefault((view.quiet, envelope), style)
