"""A line that may be shown: whatever it was made of, it holds nothing but what is printed."""

from dataclasses import dataclass, field

from twisted_chat.text import clean


@dataclass(frozen=True, slots=True)
class Line:
    """One line on the screen.

    Text from others is data (law 6): cleaning belongs to the type, so a line that could move a
    cursor cannot be made.
    """

    text: str
    who: str = field(default="", kw_only=True)
    """The name in it that is coloured, if any."""
    me: str = field(default="", kw_only=True)
    """The reader's own name, where it is to stand out and to ring."""

    def __post_init__(self) -> None:
        for name in ("text", "who", "me"):
            object.__setattr__(self, name, clean(getattr(self, name)))


def lines_of(text: str) -> list[Line]:
    """A text of several lines, none for an empty one."""
    return [Line(line) for line in text.split("\n")] if text else []
