"""Where one stands without a name: for a bounded time, with a bounded number of tries."""

from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted_chat import identity
from twisted_chat.accounts.account import Account
from twisted_chat.accounts.proof import PASSWORD, of_password, of_token
from twisted_chat.accounts.registrar import registered
from twisted_chat.answers import Goodbye, Notice, Reply
from twisted_chat.chat import Events
from twisted_chat.happened import Happened
from twisted_chat.ledger import Change
from twisted_chat.names import Name, user_name
from twisted_chat.refused import GuestsNotAllowed
from twisted_chat.rooms import User
from twisted_chat.states.inside import Inside
from twisted_chat.states.state import GONE
from twisted_chat.verbs import Hello

if TYPE_CHECKING:
    from twisted_chat.session import Session


class Threshold:
    """What the states before one has a name have in common: a deadline, tries, the ways in."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.house = session.house
        self._tries = 0
        self._deadline = self.house.clock.callLater(self.house.limits.name_seconds, self._too_late)

    def reply(self, *replies: Reply, last: bool = False) -> None:
        """Tell the session something, after all that it was told before."""
        self.house.delivery.add(Happened([], self.session, replies, last))

    def leave(self, goodbye: Goodbye | None) -> None:
        """Be gone."""
        self._stop()
        self.session.state = GONE
        if goodbye is not None:
            self.reply(goodbye, last=True)

    def count_try(self) -> None:
        """Count a name or a password that was no good; too many close the connection."""
        self._tries += 1
        if self._tries >= self.house.limits.name_tries:
            self.session.end("Too many tries. Goodbye.")

    # The ways in.

    def needs_proof(self, name: Name) -> bool:
        """Whether one has to say a password to have the name."""
        return not self.house.policy.guests or self.house.book.account(name.key) is not None

    def enter_as_guest(self, name: Name, hello: Hello | None = None) -> None:
        """Let somebody in who owns nothing, and may be the one who was here before.

        :raises Refused: the name cannot be had, or the guest not be let in.
        """
        if not self.house.policy.guests:
            raise GuestsNotAllowed("Only accounts come in here. Send a password, or a token.")
        secret = (hello and hello.resume) or self.house.new_secret()
        self._enter(name, identity.of_guest(secret), hello, secret=secret)

    async def enter_as_owner(
        self, proof: Coroutine[Any, Any, Account], hello: Hello | None = None
    ) -> None:
        """Let in who proves to own an account; if they are here already, as one more session.

        :raises Refused: they do not prove it, or cannot be let in.
        """
        state = self.session.state
        proved = await proof
        token = None if hello is None else hello.token
        shown = of_password(proved) if token is None else of_token(token)
        heard = await self.house.journal.heard(proved.identity)
        # Meanwhile they may have gone, or lost the account.
        if self.session.state is state:
            account = self.house.logins.still(proved, shown)
            name = user_name(account.name)
            self.house.chat.guard.check_entry(name, account, self.session.address)
            self.house.make_way(account)
            self._enter(name, account.identity, hello, account=account, heard=heard)
            self.session.proof = shown

    async def register(
        self, name: Name, password: str, code: str | None, hello: Hello | None = None
    ) -> None:
        """Let somebody in as the owner of an account that is made for them.

        :raises Refused: they cannot have it, or not be let in.
        """
        state = self.session.state
        self._check_newcomer(name, code)
        hashed = await self.house.logins.hash_of(password, name, self.session.address)
        if self.session.state is state:
            self._check_newcomer(name, code)
            own = partial(self._own, hashed, code)
            self._enter(name, identity.of_guest(self.house.new_secret()), hello, own=own)
            self.session.proof = PASSWORD

    def _check_newcomer(self, name: Name, code: str | None) -> None:
        self.house.chat.guard.check_newcomer()
        local, now = self.session.local, self.house.time()
        self.house.registrar.begin(name, local, code, now, outside=True)
        # Before a hash, which others wait for, and a try that counts.
        self.house.chat.check_entry(name, None, self.session.address)

    def _own(self, hashed: str, code: str | None, user: User) -> Notice:
        """Make an account for somebody who is in as a guest until then; where that cannot be kept
        they are out again."""
        house, local = self.house, self.session.local
        account, changes = house.registrar.register(user.name, hashed, local, code, house.time())
        house.chat.notes.changes += [*changes, Change((), self._not_saved)]
        house.chat.own(user, account)
        house.logins.registered(user.name, self.session.address)
        return Notice(code="registered", text=registered(account))

    def _not_saved(self) -> None:
        self.session.end("The server cannot save your account now. Try again later.")

    def _enter(
        self,
        name: Name,
        who: str,
        hello: Hello | None,
        *,
        account: Account | None = None,
        heard: Iterable[str] = (),
        secret: str = "",
        own: Callable[[User], Notice] | None = None,
    ) -> None:
        session, house = self.session, self.house
        happened: Events = []
        user = house.chat.present(name, who)
        there = user is not None
        if user is None:
            bot = hello is not None and hello.bot
            now = house.clock.seconds()
            user, happened = house.chat.enter(
                name,
                now,
                identity=who,
                account=account,
                address=session.address,
                door=session.door,
                bot=bot,
                heard=heard,
            )
        else:
            house.chat.attach(user, session.address, session.door)
        banned = house.put_out(user) if there else []
        self._stop()
        session.echo = hello is not None and hello.echo
        session.state = inside = Inside(session, user, hello)
        house.log.entered(str(name))
        request_id = None if hello is None else hello.id
        notices = [] if own is None else [(str(name), own(user))]
        attaches = str(user.name) if there else ""
        inside.begin(
            happened,
            request_id,
            secret=secret,
            attaches=attaches,
            notices=notices,
            also=banned,
        )

    def _too_late(self) -> None:
        seconds = self.house.limits.name_seconds
        self.session.end(f"No name within {seconds} seconds. Goodbye.")

    def _stop(self) -> None:
        if self._deadline.active():
            self._deadline.cancel()
