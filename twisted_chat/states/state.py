"""What a session can be asked in every state, and the last of them, in which it is deaf."""

from typing import Protocol

from twisted_chat.answers import Goodbye, Reply
from twisted_chat.rooms import User
from twisted_chat.verbs import Request


class State(Protocol):
    """What a session can be asked in every state."""

    @property
    def user(self) -> User | None:
        """Who is inside."""

    def typed(self, line: str) -> None:
        """A person typed this."""

    def ask(self, request: Request) -> None:
        """Somebody asks for this."""

    def reply(self, *replies: Reply) -> None:
        """Tell this session something, after all that it was told before."""

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        """Be gone; with a goodbye, the connection closes after it."""

    def dismiss(self, goodbye: Goodbye) -> None:
        """Be gone, and tell nobody else."""


class Gone:
    """Not in the chat any more; the connection may still be closing."""

    user: User | None = None

    def typed(self, line: str) -> None:
        pass

    def ask(self, request: Request) -> None:
        pass

    def reply(self, *replies: Reply) -> None:
        pass

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        pass

    def dismiss(self, goodbye: Goodbye) -> None:
        pass


GONE = Gone()
