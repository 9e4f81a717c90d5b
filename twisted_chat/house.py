"""What all sessions of one server share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from twisted.cred.checkers import ICredentialsChecker

from twisted_chat import identity
from twisted_chat.accounts.book import Book, Revision
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.accounts.logins import Logins
from twisted_chat.accounts.registrar import Registrar
from twisted_chat.accounts.throttle import Throttle
from twisted_chat.chat import ROOM, Chat
from twisted_chat.clock import Clock
from twisted_chat.delivery import Delivery
from twisted_chat.journal import Journal, Put
from twisted_chat.limits import Limits
from twisted_chat.names import RoomName
from twisted_chat.outbox import Backlog
from twisted_chat.rooms import User
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import Styles
from twisted_chat.threads import Work

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

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
    backlog: int = 20
    """How much of what was said before somebody sees who enters a room."""


Registration = Literal["open", "closed", "invite"]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Who may come in, and as whom."""

    guests: bool = True
    """Whether one comes in without an account."""
    registration: Registration = "open"
    """Who may make an account: everyone, nobody, or who has a code."""
    administrator: str = ""
    """The key of the account that administers the server; without one, the first account that is
    made from this machine."""


class Closable(Protocol):
    """A session, as far as the house knows it."""

    @property
    def user(self) -> User | None:
        """Whose it is."""

    def end(self, words: str, reason: str = "") -> None:
        """Leave in order, with these words."""

    def dismiss(self, words: str) -> None:
        """Close with these words, and tell nobody else."""


class House:
    """The chat with all that brings it to people, and the sessions that are open.

    :param clock: measures time while the server runs.
    :param time: the seconds since 1970 (UTC), for what outlasts it.
    :param hashing: does what takes a processor for long.
    :param policy: who may come in, and as whom.
    :param checkers: who else knows passwords, in the order in which they are asked.
    :param new_secret: makes what nobody guesses, for guests who want to come back.
    """

    def __init__(
        self,
        about: About,
        limits: Limits,
        clock: Clock,
        journal: Journal,
        time: Callable[[], float],
        hashing: Work,
        *,
        policy: Policy | None = None,
        checkers: Sequence[ICredentialsChecker] = (),
        new_secret: Callable[[], str] = identity.new_secret,
    ) -> None:
        self.about = about
        self.journal = journal
        self.time = time
        self.limits = limits
        self.clock = clock
        self.policy = policy or Policy()
        self.new_secret = new_secret
        self.started = clock.seconds()
        self.log = ServerLog(clock, limits.log_lines, about.quiet)
        self.delivery = Delivery(journal, clock, self.log)
        self.styles = Styles()
        self.backlog = Backlog(limits.outbox_total_bytes)
        records = journal.records()
        self.book = Book(records)
        self.chat = Chat(about.lobby, limits, self.book)
        for kind, key, value in records:
            if kind == ROOM:
                self.chat.restore(key, value)
        self.logins = Logins(
            self.book,
            checkers,
            Hasher(hashing),
            Throttle(limits, clock),
            self.delivery.keep,
            time,
            self.policy.administrator,
        )
        self.registrar = Registrar(self.book, self.policy)
        for change in self.registrar.appoint():
            self.delivery.keep(change)
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

    def look_for_changes(self) -> "Deferred[None]":
        """Take over what another process has changed of what is kept."""
        taken = self.journal.changes().addCallback(self._take_changes)
        return taken.addErrback(lambda why: self.log.fault("looking for changes", why))

    def _take_changes(self, puts: Sequence[Put]) -> None:
        for put in puts:
            if put.kind == ROOM:
                self.chat.restore(put.key, put.value)
            else:
                self._take_account(self.book.apply(put))

    def _take_account(self, revision: Revision) -> None:
        """Have who is here as an account be so no more, or be what it has become."""
        before, after = revision.before, revision.after
        if before is None:
            return
        for session in list(self._sessions):
            user = session.user
            if user is None or user.account_id != before.id:
                continue
            if after is None or after.id != before.id:
                session.end("Your account is no more. Goodbye.")
            else:
                user.account = after

    def _check_empty(self) -> None:
        if not self._sessions and self._when_empty is not None:
            when_empty, self._when_empty = self._when_empty, None
            when_empty()
