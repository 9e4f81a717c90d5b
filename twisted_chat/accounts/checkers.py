"""Who is asked whether somebody is who they say: the book, its tokens, and who else there is."""

from collections.abc import Callable, Sequence
from traceback import extract_tb
from typing import Any

import msgspec
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import LoginFailed, UnauthorizedLogin
from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.logger import Logger
from zope.interface import implementer

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.credentials import BearerToken, IToken, name_of
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.ledger import Change
from twisted_chat.refused import Refused


@implementer(ICredentialsChecker)
class BookChecker:
    """Asks the book for passwords; an avatar's id is the name of its account."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, book: Book, hasher: Hasher, keep: Callable[[Change], None]) -> None:
        self._book = book
        self._hasher = hasher
        self._keep = keep

    def requestAvatarId(self, credentials: UsernamePassword) -> "Deferred[bytes | tuple[()]]":
        return Deferred.fromCoroutine(self._check(credentials))

    async def _check(self, credentials: UsernamePassword) -> bytes:
        """A name that nobody owns takes as long as a wrong password: one hash."""
        name, password = name_of(credentials.username), credentials.password.decode()
        account = None if name is None else self._book.account(name.key)
        hashed = "" if account is None else account.hash
        if not await self._hasher.verify(hashed, password) or account is None:
            raise UnauthorizedLogin
        if self._hasher.outdated(hashed):
            await self._renew(account, password)
        else:
            self._as_it_was(account)
        return account.name.encode()

    async def _renew(self, account: Account, password: str) -> None:
        """Keep the hash that one makes today."""
        renewed = await self._hasher.hash(password)
        now = self._as_it_was(account)
        self._keep(self._book.replace(msgspec.structs.replace(now, hash=renewed)))

    def _as_it_was(self, account: Account) -> Account:
        """The account by now, unless it, or its password, is another's meanwhile."""
        now = self._book.by_id(account.id)
        if now is None or now.hash != account.hash:
            raise UnauthorizedLogin
        return now


@implementer(ICredentialsChecker)
class TokenChecker:
    """Asks the book for tokens; an avatar's id is the name of its account."""

    credentialInterfaces = (IToken,)

    def __init__(self, book: Book) -> None:
        self._book = book

    def requestAvatarId(self, credentials: BearerToken) -> "Deferred[bytes | tuple[()]]":
        name, token = name_of(credentials.username), self._book.token(credentials.token)
        owner = None if token is None else self._book.by_id(token.account_id)
        if owner is None or name is None or self._book.account(name.key) is not owner:
            return fail(UnauthorizedLogin())
        return succeed(owner.name.encode())


@implementer(ICredentialsChecker)
class InOrder:
    """Asks several, until one knows the password; one that breaks does not."""

    credentialInterfaces = (IUsernamePassword,)
    _log = Logger()

    def __init__(self, checkers: Sequence[ICredentialsChecker]) -> None:
        self._checkers = checkers

    def requestAvatarId(self, credentials: UsernamePassword) -> "Deferred[bytes | tuple[()]]":
        return Deferred.fromCoroutine(self._ask(credentials))

    async def _ask(self, credentials: UsernamePassword) -> bytes:
        for checker in self._checkers:
            try:
                known: Any = await maybeDeferred(checker.requestAvatarId, credentials)
            except LoginFailed:
                continue
            except Refused:
                raise
            except Exception as why:
                self._broke(checker, why)
                continue
            if known:
                return known if isinstance(known, bytes) else str(known).encode()
        raise UnauthorizedLogin

    def _broke(self, checker: ICredentialsChecker, why: Exception) -> None:
        """Log where, and not what it says: that may have the password in it."""
        place = extract_tb(why.__traceback__)[-1]
        self._log.error(
            "{checker} cannot check passwords: {kind} in {file}, line {line}",
            checker=type(checker).__name__,
            kind=type(why).__name__,
            file=place.filename,
            line=place.lineno,
        )
