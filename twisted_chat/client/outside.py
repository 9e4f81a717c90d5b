"""What a conversation does to the world, and how it tells those who read it."""

from collections.abc import Iterable
from typing import Protocol

from twisted_chat import wording
from twisted_chat.answers import Answer
from twisted_chat.client.bounds import LISTED, RETRY_SECONDS
from twisted_chat.client.line import Line, lines_of


class Outside(Protocol):
    """What a conversation can do to the world."""

    def show(self, line: Line) -> None:
        """Show a line for good."""

    def send(self, line: bytes) -> None:
        """Send a line to the server, which is connected."""

    def connect(self) -> None:
        """Connect, and stay so until `disconnect`; no more than a wish if it is so already."""

    def disconnect(self) -> None:
        """Close the connection, or give up connecting."""

    def wake_in(self, seconds: float) -> None:
        """Call `Conversation.woke` after so long, instead of when it was last asked to."""

    def take_back(self) -> list[str]:
        """The lines that were typed and wait, and wait no more; as far as they may be shown."""

    def exit(self, code: int) -> None:
        """End the program."""


class Voice:
    """What is told to whoever reads."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self._said = ""

    def say(self, text: str) -> None:
        """Show a text of ours, of one or more lines."""
        self._said = text
        for line in lines_of(text):
            self.outside.show(line)

    def answer(self, text: str) -> None:
        """Show a text that is meant for this reader alone."""
        for line in lines_of(text):
            self.outside.show(Line(f"-> {line.text}"))

    def show(self, lines: Iterable[str]) -> None:
        """Show lines as they are."""
        for line in lines:
            self.outside.show(Line(line))

    def reply(self, answer: Answer, current: str = "") -> None:
        """Show an answer to somebody who looks at room ``current``."""
        if isinstance(answer, wording.Past):
            self.show(wording.past(answer, current))
        else:
            self.answer(wording.reply(answer))

    def complain(self, why: str, delay: float, hint: str = "") -> None:
        """Say why the server is not there, but not every half minute all night."""
        words = f"{why} {again(delay)}{hint}"
        if delay < RETRY_SECONDS or words != self._said:
            self.say(words)

    def doubt(self, lines: Iterable[str]) -> None:
        """Say which lines nobody knows the fate of."""
        self._list("These lines may not have arrived:", list(lines))

    def give_back(self) -> None:
        """Say which lines wait for something that does not come any more."""
        self._list("These lines were not sent:", self.outside.take_back())

    def _list(self, what: str, lines: list[str]) -> None:
        if lines:
            self.say(what)
        self.show(f"  {line}" for line in lines[:LISTED])
        if len(lines) > LISTED:
            self.show([f"  and {len(lines) - LISTED:,} more"])


def again(delay: float) -> str:
    """Words for a pause before the next attempt; the longest is the same for all that follow."""
    if delay >= RETRY_SECONDS:
        return f"Trying again every {wording.duration(RETRY_SECONDS)}."
    return f"Trying again in {wording.duration(max(1, round(delay)))}."
