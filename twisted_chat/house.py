"""What all sessions of one server share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted_chat.chat import Chat
from twisted_chat.clock import Clock
from twisted_chat.delivery import Delivery
from twisted_chat.journal import Journal
from twisted_chat.limits import Limits
from twisted_chat.names import RoomName
from twisted_chat.outbox import Backlog
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import Styles

LOBBY = RoomName("#lobby", "#lobby")
"""The room that everybody enters, unless the operator calls it something else."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What the operator says of the server."""

    name: str = "twisted_chat"
    motd: str = ""
    lobby: RoomName = LOBBY
    quiet: bool = False
    """Whether the log leaves out what people say."""


class Closable(Protocol):
    """A session, as far as the house knows it."""

    def dismiss(self, words: str) -> None:
        """Close with these words, and tell nobody else."""


class House:
    """The chat with all that brings it to people, and the sessions that are open."""

    def __init__(self, about: About, limits: Limits, clock: Clock, journal: Journal) -> None:
        self.about = about
        self.limits = limits
        self.clock = clock
        self.started = clock.seconds()
        self.log = ServerLog(clock, limits.log_lines, about.quiet)
        self.chat = Chat(about.lobby, limits)
        self.delivery = Delivery(journal, clock, self.log)
        self.styles = Styles()
        self.backlog = Backlog(limits.outbox_total_bytes)
        self._sessions: set[Closable] = set()
        self._when_empty: Callable[[], None] | None = None

    def opened(self, session: Closable) -> None:
        """A connection is open."""
        self._sessions.add(session)

    def closed(self, session: Closable) -> None:
        """A connection is closed."""
        self._sessions.discard(session)
        self._check_empty()

    def close(self, when_empty: Callable[[], None]) -> None:
        """Say goodbye to everyone, and call when the last connection is closed."""
        self._when_empty = when_empty
        for session in list(self._sessions):
            session.dismiss("The server is shutting down. Goodbye!")
        self._check_empty()

    def _check_empty(self) -> None:
        if not self._sessions and self._when_empty is not None:
            when_empty, self._when_empty = self._when_empty, None
            when_empty()
