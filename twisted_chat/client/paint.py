"""Which parts of a line stand out on a terminal: names, each in its colour, and one's own."""

from zlib import crc32

from twisted_chat.client.line import Line
from twisted_chat.client.telling import found

Fragment = tuple[str, str]
"""A style, as prompt_toolkit writes it, and a text."""

COLOURS = ("ansired", "ansigreen", "ansiyellow", "ansiblue", "ansimagenta", "ansicyan")
"""Those that every terminal has, and that its owner has made readable."""

OWN = "bold reverse"
"""One's own name: not a colour, so that it stands out from all of them."""


def painted(line: Line) -> list[Fragment]:
    """The line in parts, with the name of who speaks coloured and the reader's own highlighted."""
    before, name, rest = line.text.partition(line.who) if line.who else ("", "", line.text)
    parts = [("", before), (colour_of(name), name)] if name else [("", before)]
    parts += _highlighted(rest, line.me) if line.me else [("", rest)]
    return [part for part in parts if part[1]]


def colour_of(name: str) -> str:
    """The colour of a name: the same in every session."""
    return COLOURS[crc32(name.encode()) % len(COLOURS)]


def _highlighted(text: str, me: str) -> list[Fragment]:
    parts: list[Fragment] = []
    # It may be there two thousand times: more often than a function may call itself.
    while here := found(me, text):
        parts += [("", text[: here.start()]), (OWN, here.group())]
        text = text[here.end() :]
    return [*parts, ("", text)]
