"""Gives everyone who has proved to be somebody their account, and a new one to who had none."""

from collections.abc import Callable

from twisted.cred.portal import IRealm
from zope.interface import Interface, implementer

from twisted_chat.accounts.account import Account, IAccount
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.credentials import name_of
from twisted_chat.identity import new_id
from twisted_chat.ledger import Change
from twisted_chat.names import Name
from twisted_chat.refused import NameNotAllowed


@implementer(IRealm)
class Realm:
    """The accounts, as twisted.cred wants them: an avatar is an `Account`.

    :param keep: puts a change on record.
    :param time: the seconds since 1970.
    :param administrator: the key of the account that administers the server.
    """

    def __init__(
        self,
        book: Book,
        keep: Callable[[Change], None],
        time: Callable[[], float],
        administrator: str = "",
    ) -> None:
        self._book = book
        self._keep = keep
        self._time = time
        self._administrator = administrator

    def requestAvatar(
        self, avatarId: bytes | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> tuple[type[Interface], Account, Callable[[], None]]:
        """The account of that name.

        :raises Refused: it has none yet, and cannot have one.
        """
        if IAccount not in interfaces:
            raise NotImplementedError("Accounts are all that there is.")
        name = name_of(avatarId)
        if name is None:
            raise NameNotAllowed("That name is known here, but cannot be one in the chat.")
        return IAccount, self._book.account(name.key) or self._made(name), _log_out

    def _made(self, name: Name) -> Account:
        """An account whose password is not ours to know."""
        admin = name.key == self._administrator
        account = Account(new_id(), name.shown, "", admin=admin, since=self._time())
        self._keep(self._book.add(account))
        return account


def _log_out() -> None:
    """Nothing is held for who is logged in."""
