"""Lets people prove who they are: by a password or a token, slowly enough for those who guess."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from twisted.cred.checkers import ICredentialsChecker, InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import ICredentials, UsernamePassword
from twisted.cred.error import LoginFailed
from twisted.cred.portal import Portal

from twisted_chat.accounts.account import Account, IAccount, Token
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.checkers import BookChecker, InOrder, TokenChecker
from twisted_chat.accounts.credentials import BearerToken, password_of
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.accounts.kept import together
from twisted_chat.accounts.passwords import chosen, prepared
from twisted_chat.accounts.proof import ELSEWHERE, PASSWORD, Proof
from twisted_chat.accounts.realm import Directory, Realm
from twisted_chat.accounts.throttle import Throttle
from twisted_chat.accounts.tokens import last_used
from twisted_chat.identity import new_secret
from twisted_chat.ledger import Change
from twisted_chat.limits import BROWSER_SECONDS
from twisted_chat.names import Name, user_name
from twisted_chat.refused import TooBusy, WrongPassword

TOKEN_USE_SECONDS = 60
"""How often the use of a token is put on record: a program that reconnects all the time writes no
more than that."""

_OWN = "Wrong password."
"""What is told to who is in: the name they have is known to be right."""


class Logins:
    """Every way to prove that one owns an account.

    :param checkers: who is asked for passwords that the book does not know, in that order.
    :param keep: puts a change on record that nobody hears of.
    :param time: the seconds since 1970.
    :param displaced: is told of an account that belongs to somebody else from now on, as one of
        the checkers says.
    :param administrator: the key of the account that administers the server.
    """

    def __init__(
        self,
        book: Book,
        checkers: Sequence[ICredentialsChecker],
        hasher: Hasher,
        throttle: Throttle,
        keep: Callable[[Change], None],
        time: Callable[[], float],
        displaced: Callable[[Account], None] = lambda account: None,
        administrator: str = "",
    ) -> None:
        self._book = book
        self._hasher = hasher
        self._throttle = throttle
        self._keep = keep
        self._time = time
        self.succeeded = self.failed = 0
        """How often somebody proved who they are, and how often it was wrong."""
        others = InOrder([_in_bytes(checker) for checker in checkers])
        directory = Directory(book, keep, time, displaced, administrator)
        own = InOrder([BookChecker(book, hasher, keep)])
        self._own = Portal(Realm(book), [own, TokenChecker(book)])
        self._others = Portal(directory, [others])

    async def by_password(
        self, name: Name, password: str, address: str | None, *, inside: bool = False
    ) -> Account:
        """The account of that name.

        :param address: the IP address that asks; None for a peer without one (a UNIX socket).
        :param inside: whether its owner asks, who is in already.
        :raises WrongPassword: there is no such account, or the password is another.
        :raises TooManyTries: the address or the account has to wait.
        :raises TooBusy: too many others log in.
        :raises Refused: it is known to a checker alone, and the book cannot have that name.
        """
        self._throttle.check(name.key, address, inside=inside)
        with self._counting():
            account = await self._by_password(name, password, address)
        self._throttle.succeeded(name.key, address)
        return account

    async def by_token(self, name: Name, token: str, address: str | None) -> Account:
        """The account of that name, if the token is one of its own.

        Tokens are not slowed: nobody guesses one, and many programs come from one address.

        :raises WrongPassword: there is no such account, or no such token.
        """
        with self._counting():
            self._check_age(token)
            account = await _login(self._own, BearerToken(name.shown.encode(), token), name)
        self._used(token)
        self._throttle.owner_at(name.key, address)
        return account

    def by_bearer(self, secret: str) -> Account:
        """The account whose owner has made this token, for who does not say which account it is.

        :raises WrongPassword: it is good for nothing, or a browser's, or there is none.
        """
        with self._counting():
            token = self._book.token(secret)
            account = None if token is None else self._book.by_id(token.account_id)
            if account is None or token is None or token.browser:
                what = "That token is good for nothing." if secret else "This needs a token."
                raise WrongPassword(f"{what} /token makes one.")
        self._used(secret)
        return account

    # What a browser remembers.

    async def remember(
        self, name: Name, password: str, address: str | None, before: str = ""
    ) -> tuple[Account, str, Change]:
        """The account of that name, and a token by which a browser is its owner from now on.

        :param before: what that browser remembers already, which is good for nothing then.
        :return: also the change that is to be kept.
        :raises Refused: as `by_password` does.
        """
        account = await self.by_password(name, password, address)
        secret, old = new_secret(), self._browser(before)
        changes = []
        if old is not None and old.account_id == account.id:
            gone = self._book.remove_token(account, old.label)
            changes += [] if gone is None else [gone]
        changes.append(self._book.add_browser(secret, account, self._time()))
        return account, secret, together(*changes)

    def remembered(self, secret: str) -> Account | None:
        """Whose browser it is that has this token, which it uses; None where it is no good."""
        token = self._browser(secret)
        if token is None:
            return None
        self._used(secret)
        return self._book.by_id(token.account_id)

    def forget(self, secret: str, *, everywhere: bool) -> tuple[Account, Change] | None:
        """Have a browser's token, or those of all browsers of its account, be good for nothing.

        :return: whose they were, and the change that is to be kept; None where it is no good.
        """
        token = self._browser(secret)
        account = None if token is None else self._book.by_id(token.account_id)
        if account is None or token is None:
            return None
        change = (
            self._book.remove_browsers(account)
            if everywhere
            else self._book.remove_token(account, token.label)
        )
        return None if change is None else (account, change)

    def _browser(self, secret: str) -> Token | None:
        token = self._book.token(secret)
        return None if token is None or not token.browser or self._is_old(token) else token

    def _check_age(self, secret: str) -> None:
        token = self._book.token(secret)
        if token is not None and self._is_old(token):
            raise WrongPassword

    def _is_old(self, token: Token) -> bool:
        return token.browser and self._time() - last_used(token) > BROWSER_SECONDS

    async def confirm(self, account: Account, password: str, address: str | None) -> None:
        """Let who is logged in pass only with their password.

        :raises Refused: as `by_password` does.
        """
        name = user_name(account.name)
        try:
            proved = await self.by_password(name, password, address, inside=True)
        except WrongPassword:
            raise WrongPassword(_OWN) from None
        if proved.id != account.id:
            raise WrongPassword(_OWN)

    def registered(self, name: Name, address: str | None) -> None:
        """Remember the address from which somebody has made that name their own."""
        self._throttle.owner_at(name.key, address)

    def still(self, account: Account, proof: Proof) -> Account:
        """The account as it is by now, for who has waited since they proved that it is theirs.

        :raises WrongPassword: it is no more, or it takes another proof by now.
        """
        now = self._book.by_id(account.id)
        if now is None or not self._is_good(proof, account, now):
            raise WrongPassword
        return now

    def _is_good(self, proof: Proof, before: Account, now: Account) -> bool:
        if proof in (PASSWORD, ELSEWHERE):
            return before.hash == now.hash
        return self._book.has_token(proof)

    async def hash_of(self, password: str, name: Name, address: str | None) -> str:
        """What to keep of a password that somebody of that name chooses.

        :raises PasswordNotAllowed: they cannot have it.
        :raises TooManyTries: the address has to wait.
        :raises TooBusy: too many others log in.
        """
        compared = chosen(password, name)
        self._throttle.check_hash(address)
        return await self._hasher.hash(compared)

    def _spelling(self, name: Name) -> str:
        """As others know who has a password from them alone: to them, case may matter."""
        account = self._book.account(name.key)
        return name.shown if account is None or account.hash else account.name

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Count whether somebody proves who they are; who is not looked at does not count."""
        try:
            yield
        except WrongPassword:
            self.failed += 1
            raise
        self.succeeded += 1

    async def _by_password(self, name: Name, password: str, address: str | None) -> Account:
        compared = prepared(password)
        if compared is None:
            raise WrongPassword
        try:
            return await self._by_any(password_of(self._spelling(name), compared), name)
        except TooBusy:
            self._throttle.undecided(name.key, address)
            raise

    async def _by_any(self, credentials: UsernamePassword, name: Name) -> Account:
        try:
            return await _login(self._own, credentials, name)
        except WrongPassword:
            return await _login(self._others, credentials, name)

    def _used(self, secret: str) -> None:
        token, now = self._book.token(secret), self._time()
        if token is not None and now - token.used >= TOKEN_USE_SECONDS:
            self._keep(self._book.use_token(token, now))


async def _login(portal: Portal, credentials: ICredentials, name: Name) -> Account:
    try:
        _, account, _ = await portal.login(credentials, name, IAccount)
    except LoginFailed:
        raise WrongPassword from None
    return cast(Account, account)


def _in_bytes(checker: ICredentialsChecker) -> ICredentialsChecker:
    """``--auth memory`` fills its table with text, where it looks for bytes as all others do."""
    if isinstance(checker, InMemoryUsernamePasswordDatabaseDontUse):
        for username, password in list(checker.users.items()):
            checker.users[_encoded(username)] = _encoded(password)
    return checker


def _encoded(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
