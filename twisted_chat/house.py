"""What all sessions of one server share."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from argon2 import PasswordHasher
from twisted.cred.checkers import ICredentialsChecker
from twisted.python.failure import Failure

from twisted_chat import identity
from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.accounts.logins import Logins
from twisted_chat.accounts.origin import Network
from twisted_chat.accounts.policy import Policy
from twisted_chat.accounts.proof import ELSEWHERE, NOTHING, Proof
from twisted_chat.accounts.registrar import Registrar
from twisted_chat.accounts.throttle import Throttle
from twisted_chat.answers import Notice
from twisted_chat.chat import Chat
from twisted_chat.clock import Clock
from twisted_chat.delivery import Delivery
from twisted_chat.elsewhere import Elsewhere
from twisted_chat.figures import Figures
from twisted_chat.guard import Guard
from twisted_chat.happened import Happened
from twisted_chat.journal import Journal, Put
from twisted_chat.limits import AHEAD_SECONDS, Limits
from twisted_chat.masks import Mask
from twisted_chat.moderation import Moderation
from twisted_chat.names import RoomName, user_name
from twisted_chat.outbox import Backlog
from twisted_chat.retention import Retention
from twisted_chat.rooms import Room, User
from twisted_chat.serverlog import ServerLog
from twisted_chat.styles import Styles
from twisted_chat.threads import Work

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

LOBBY = RoomName("#lobby", "#lobby")
"""The room that everybody enters, unless the operator calls it something else."""

_LAST_DATE = datetime.max.replace(tzinfo=UTC).timestamp() - 1
"""The last moment that can be written as a date."""


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

    proof: Proof
    """What it came in with."""

    @property
    def user(self) -> User | None:
        """Whose it is."""

    @property
    def door(self) -> str:
        """The door through which it came."""

    @property
    def address(self) -> str | None:
        """The IP address it comes from; None where there is none."""

    def limits_changed(self) -> None:
        """Go by the limits that hold now."""

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
    :param trusted: networks of which an address is many people.
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
        trusted: Sequence[Network] = (),
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
        self.figures = Figures()
        self.delivery = Delivery(journal, clock, self.log, self.figures)
        self.styles = Styles()
        self.backlog = Backlog(limits.outbox_total_bytes)
        self._check_clock()
        records = journal.records()
        self.book = Book(records)
        self.chat = Chat(about.lobby, limits, self.book, guard=Guard(time))
        self.moderation = Moderation(self.chat)
        self._retention = Retention(self.chat, journal, self.log)
        self._elsewhere = Elsewhere(self)
        self._elsewhere.restore(records)
        self._elsewhere.release_rooms()
        self.logins = Logins(
            self.book,
            checkers,
            Hasher(hashing, argon),
            Throttle(limits, clock, trusted),
            self.delivery.keep,
            time,
            self._displace,
            self.policy.administrator,
        )
        self.registrar = Registrar(self.book, self.policy)
        self.appoint()
        self._sessions: set[Closable] = set()
        self._when_empty: Callable[[], None] | None = None
        self.closing = False
        """Whether the server says goodbye to everyone."""
        self._looks_in_vain = False

    def _check_clock(self) -> None:
        """Say if what is on record is of a time to come: a clock was wrong, then or now."""
        latest, now = self.journal.latest, self.time()
        if latest > now + AHEAD_SECONDS:
            self.log.ahead(_date(latest), _date(now))

    def take_limits(self, limits: Limits) -> None:
        """Have other limits hold from now on, for those who are here too; nobody is dropped."""
        self.limits.take_over(limits)
        self.log.lines_per_second = limits.log_lines
        self.backlog.most = limits.outbox_total_bytes
        for session in self.sessions:
            session.limits_changed()

    def opened(self, session: Closable) -> None:
        """A connection is open."""
        self._sessions.add(session)
        self.figures.connections[session.door] += 1

    def closed(self, session: Closable) -> None:
        """A connection is closed."""
        self._sessions.discard(session)
        self._check_empty()

    def close(self, when_empty: Callable[[], None]) -> None:
        """Say goodbye to everyone, and call when the last connection is closed."""
        self._when_empty, self.closing = when_empty, True
        self.delivery.close()
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

    def evict(
        self,
        account_id: str,
        stale: Callable[[Proof], bool],
        words: str,
        but: Closable | None = None,
    ) -> None:
        """End the sessions of an account that came in with what is good for nothing any more."""
        for session in self.sessions:
            user = session.user
            if user is None or user.account_id != account_id or session is but:
                continue
            if stale(session.proof):
                session.end(words)

    def evict_from(self, door: str, account_id: str, words: str) -> None:
        """End all sessions of an account that came by a door."""
        for session in self.sessions:
            if session.door == door and session.user and session.user.account_id == account_id:
                session.end(words)

    def forget_proofs(self, user: User) -> None:
        """Have a user's sessions be those of a guest, however they came in."""
        for session in self.sessions:
            if session.user is user:
                session.proof = NOTHING

    def expel(self, mask: Mask, words: str) -> None:
        """End the sessions of those whom a mask is about, administrators aside."""
        for session in self.sessions:
            user = session.user
            if user is None or user.admin:
                continue
            key = user.name.key
            if mask.matches(key, None if user.account is None else key, session.address):
                session.end(words, "banned")

    def put_out(self, user: User) -> list[Notice]:
        """Have a user be out of the rooms that ban them; what a session that is new is told."""
        told = [self.put_out_of(room, user) for room in list(user.rooms.values())]
        return [notice for notice in told if notice is not None]

    def put_out_of(self, room: Room, user: User) -> Notice | None:
        """Have a user be out of a room that bans them; what they are told then."""
        ruling = self.chat.guard.ban_on(user, room)
        if ruling is None:
            return None
        text = ruling.tells(f"banned from {room.name}", self.time())
        notice = Notice(code="banned", text=text)
        happened = self.moderation.members.turn_out(user, room, self.clock.seconds())
        notes = self.chat.registry.take_notes()
        notes.actor = user.identity
        told = [(str(user.name), notice)]
        self.delivery.add(Happened(happened, None, notes=notes, notices=told))
        return notice

    def look_for_changes(self) -> "Deferred[None]":
        """Take over what another process has changed of what is kept."""
        looked = self.journal.changes().addCallbacks(self._take_changes, self._look_in_vain)
        return looked.addErrback(lambda why: self.log.fault("taking over what was changed", why))

    def _take_changes(self, puts: Sequence[Put]) -> None:
        self._looks_in_vain = False
        self._elsewhere.take(puts)

    def _look_in_vain(self, why: Failure) -> None:
        """Log that the disk fails, and not once a second for as long as it does."""
        if not self._looks_in_vain:
            self._looks_in_vain = True
            self.log.fault("looking for changes", why)

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

    def _displace(self, account: Account) -> None:
        """Have nobody be here as an account who is not whom a directory means by it."""
        for user in self.chat.users.values():
            if user.account_id == account.id:
                user.account = account
        words = f"The password of {account.name} is kept elsewhere now. Come in with that one."
        self.evict(account.id, lambda proof: proof != ELSEWHERE, words)

    def _end(self, users: Collection[User], words: str, but: Closable | None = None) -> None:
        for session in self.sessions:
            if session.user in users and session is not but:
                session.end(words)

    def _check_empty(self) -> None:
        if not self._sessions and self._when_empty is not None:
            when_empty, self._when_empty = self._when_empty, None
            when_empty()


def _date(moment: float) -> str:
    return f"{datetime.fromtimestamp(min(moment, _LAST_DATE), UTC):%Y-%m-%d %H:%M} UTC"
