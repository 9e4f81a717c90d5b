"""Gives everyone who has proved to be somebody their account, as twisted.cred wants it."""

from collections.abc import Callable

import msgspec
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm
from zope.interface import Interface, implementer

from twisted_chat.accounts.account import Account, IAccount
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.credentials import name_of
from twisted_chat.identity import new_id
from twisted_chat.ledger import Change
from twisted_chat.names import Name
from twisted_chat.refused import NameNotAllowed

Avatar = tuple[type[Interface], Account, Callable[[], None]]


@implementer(IRealm)
class Realm:
    """The accounts of those who show what the server itself has given them; none is made."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def requestAvatar(
        self, avatarId: bytes | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> Avatar:
        """The account of that name.

        :param mind: the name that was asked for.
        :raises UnauthorizedLogin: it is not that account's.
        """
        _want_account(interfaces)
        name = name_of(avatarId)
        account = None if name is None else self._book.account(name.key)
        if account is None or name != mind:
            raise UnauthorizedLogin
        return IAccount, account, _log_out


@implementer(IRealm)
class Directory:
    """The accounts of those whom a directory knows: it decides whose a name is.

    It may know two people by two spellings of what is one name here: it is the first one's.

    :param keep: puts a change on record.
    :param time: the seconds since 1970.
    :param displaced: is told of an account that somebody had, and whose it is not any more.
    :param administrator: the key of the account that administers the server.
    """

    def __init__(
        self,
        book: Book,
        keep: Callable[[Change], None],
        time: Callable[[], float],
        displaced: Callable[[Account], None],
        administrator: str = "",
    ) -> None:
        self._book = book
        self._keep = keep
        self._time = time
        self._displaced = displaced
        self._administrator = administrator

    def requestAvatar(
        self, avatarId: bytes | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> Avatar:
        """The account of that name, which is made where there is none.

        :param mind: the name that was asked for.
        :raises UnauthorizedLogin: it is another's.
        :raises Refused: there is none yet, and there cannot be one.
        """
        _want_account(interfaces)
        name = name_of(avatarId)
        if name is None:
            raise NameNotAllowed("That name is known here, but cannot be one in the chat.")
        # A directory may know somebody by several names; only one of them is asked for.
        if name != mind:
            raise UnauthorizedLogin
        account = self._book.account(name.key)
        if account is None:
            account = self._made(name)
        elif account.hash:
            account = self._taken(account, name)
        elif account.name != name.shown:
            raise UnauthorizedLogin
        return IAccount, account, _log_out

    def _made(self, name: Name) -> Account:
        """An account whose password is not ours to know."""
        admin = name.key == self._administrator
        account = Account(new_id(), name.shown, "", admin=admin, since=self._time())
        self._keep(self._book.add(account))
        return account

    def _taken(self, account: Account, name: Name) -> Account:
        """The same account, without what whoever registered it could come in with."""
        changed = msgspec.structs.replace(account, name=name.shown, hash="")
        self._keep(self._book.replace(changed))
        tokens = self._book.remove_tokens(account)
        if tokens is not None:
            self._keep(tokens)
        self._displaced(changed)
        return changed


def _want_account(interfaces: tuple[type[Interface], ...]) -> None:
    if IAccount not in interfaces:
        raise NotImplementedError("Accounts are all that there is.")


def _log_out() -> None:
    """Nothing is held for who is logged in."""
