"""What a screen is: where lines are shown and typed; there is a plain one and a terminal."""

from collections.abc import Callable
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer

from twisted_chat.client.line import Line

Complete = Callable[[str], tuple[str, list[str]]]
"""What stands before the cursor, completed, and what it may become (see `Known.complete`)."""


class Typist(Protocol):
    """Who gets what is typed."""

    @property
    def crowded(self) -> bool:
        """Whether so many lines wait that no more should be taken."""

    def typed(self, line: str) -> None:
        """A line, without its end."""

    def ended(self) -> None:
        """No more lines will come."""

    def interrupted(self) -> None:
        """Ctrl-C, or nobody can see the screen any more."""

    def broken(self, fault: BaseException | None) -> None:
        """The screen does not work any more."""


class Screen(Protocol):
    """Where lines are shown and typed."""

    interactive: bool
    """Whether somebody sees what is shown before they type the next line."""

    def start(self, typist: Typist, complete: Complete) -> None:
        """Take lines from now on."""

    def show(self, line: Line) -> None:
        """Show a line for good."""

    def ask(self, prompt: str, hidden: bool) -> None:
        """Show this before the line being typed, which is perhaps not to be seen."""

    def used(self, prompt: str, line: str) -> None:
        """A line that was typed is used now, to answer this: as much of it as may be shown."""

    def pause(self) -> None:
        """Take no more lines, as far as that can be."""

    def resume(self) -> None:
        """Take lines again."""

    def pace(self, producer: IPushProducer) -> None:
        """Pause whatever makes the lines shown while they cannot be shown as fast."""

    def close(self) -> Deferred[None]:
        """Restore what was changed; fires when all is shown and restored."""
