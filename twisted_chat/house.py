"""What all sessions of one server share."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from argon2 import PasswordHasher
from twisted.cred.checkers import ICredentialsChecker

from twisted_chat import identity
from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.accounts.logins import Logins
from twisted_chat.accounts.policy import Policy
from twisted_chat.accounts.registrar import Registrar
from twisted_chat.accounts.throttle import Throttle
from twisted_chat.chat import Chat
from twisted_chat.clock import Clock
from twisted_chat.delivery import Delivery
from twisted_chat.elsewhere import Elsewhere
from twisted_chat.guard import Guard
from twisted_chat.journal import Journal
from twisted_chat.limits import Limits
from twisted_chat.masks import Mask
from twisted_chat.moderation import Moderation
from twisted_chat.names import RoomName, user_name
from twisted_chat.outbox import Backlog
from twisted_chat.retention import Retention
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


class Closable(Protocol):
    """A session, as far as the house knows it."""

    @property
    def user(self) -> User | None:
        """Whose it is."""

    @property
    def address(self) -> str | None:
        """The IP address it comes from; None where there is none."""

    def end(self, words: str, reason: str = "") -> None:
        """Leave in order, with these words."""

    def dismiss(self, words: str) -> None:
        """Close with these words, and tell nobody else."""


class House:
    """The chat with all that brings it to people, and the sessions that are open.

    :param clock: measures time while the server runs.
    :param time: the seconds since 1970 (UTC), for what outlasts it; they never go back.
    :param hashing: does what takes a processor for long.
    :param policy: who may come in, and as whom.
    :param checkers: who else knows passwords, in the order in which they are asked.
    :param argon: how passwords are hashed; as left out, as is recommended.
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
        argon: PasswordHasher | None = None,
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
        self.chat = Chat(about.lobby, limits, self.book, guard=Guard(time))
        self.moderation = Moderation(self.chat)
        self._retention = Retention(self.chat, journal, self.log)
        self._elsewhere = Elsewhere(self)
        self._elsewhere.restore(records)
        self.logins = Logins(
            self.book,
            checkers,
            Hasher(hashing, argon),
            Throttle(limits, clock),
            self.delivery.keep,
            time,
            self.policy.administrator,
        )
        self.registrar = Registrar(self.book, self.policy)
        self.appoint()
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
        for session in self.sessions:
            session.dismiss("The server is shutting down. Goodbye!")
        self._check_empty()

    def make_way(self, account: Account, but: User | None = None) -> None:
        """Turn guests out whose name is an account's, as they took it before that was made.

        :param but: who stays, as they are its owner.
        """
        guests = self.chat.guests_like(user_name(account.name))
        others = [guest for guest in guests if guest is not but]
        self._end(others, f"The name {account.name} is another's. Come back under your own.")

    def turn_out(self, users: Collection[User], but: Closable | None = None) -> None:
        """End the sessions of users whose account is no more, one of them perhaps excepted."""
        self._end(users, "Your account is no more. Goodbye.", but)

    def expel(self, mask: Mask, words: str) -> None:
        """End the sessions of those whom a mask is about, administrators aside."""
        for session in self.sessions:
            user = session.user
            if user is None or user.admin:
                continue
            key = user.name.key
            if mask.matches(key, None if user.account is None else key, session.address):
                session.end(words, "banned")

    def look_for_changes(self) -> "Deferred[None]":
        """Take over what another process has changed of what is kept."""
        taken = self.journal.changes().addCallback(self._elsewhere.take)
        return taken.addErrback(lambda why: self.log.fault("looking for changes", why))

    def appoint(self) -> None:
        """Have who the operator names administer the server."""
        for change in self.registrar.appoint():
            self.delivery.keep(change)

    @property
    def sessions(self) -> Sequence[Closable]:
        """The connections that are open."""
        return list(self._sessions)

    def forget_old(self) -> None:
        """Forget what was said in rooms that do not keep it for ever."""
        self.delivery.begin(self._retention.forget())

    def _end(self, users: Collection[User], words: str, but: Closable | None = None) -> None:
        for session in self.sessions:
            if session.user in users and session is not but:
                session.end(words)

    def _check_empty(self) -> None:
        if not self._sessions and self._when_empty is not None:
            when_empty, self._when_empty = self._when_empty, None
            when_empty()
