"""What every state of the conversation can be told, and what it does about it by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted_chat.client.hearing import Heard

if TYPE_CHECKING:
    from twisted_chat.client.conversation import Conversation


class State:
    """A state in which nothing is to be done, except to end when that is wanted."""

    prompt = ""
    hidden = False
    """Whether what is typed is not to be seen."""

    def __init__(self, talk: Conversation) -> None:
        self.talk = talk

    def begin(self) -> None:
        """The state is entered."""

    def takes(self, line: str | None) -> bool:
        """Whether a line typed, or the end of input (None), is of use here."""
        return False

    def urgent(self, line: str) -> bool:
        """Whether a line is meant for this state, whatever was typed before it."""
        return False

    def typed(self, line: str) -> None:
        """A line that this state takes was typed."""

    def ended(self) -> None:
        """Input ended, and this state takes that."""
        self.talk.exit()

    def interrupted(self, seconds: float) -> None:
        """Whoever types wants to go."""
        self.talk.exit()

    def connected(self) -> None:
        """The server is there."""

    def failed(self, why: str, delay: float | None) -> None:
        """The server is not there."""

    def heard(self, heard: Heard) -> None:
        """The server said something."""

    def lost(self, why: str, delay: float | None) -> None:
        """The connection is gone."""

    def woke(self) -> None:
        """The time asked for has passed."""
