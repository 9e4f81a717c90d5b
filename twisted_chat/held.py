"""Who holds which name: the one place that says so."""

from collections.abc import Iterable

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.names import Name, user_name
from twisted_chat.refused import NameOwned, NameReserved, NameTaken, NobodyThere
from twisted_chat.rooms import User

_DISGUISES = str.maketrans("l103457", "iioeast", "-_.")


class HeldNames:
    """The names of who is here, each of them once, and none that looks like another.

    :param reserved: names that nobody may have, or come near.
    :param book: the accounts: their names, and what looks like them, are for their owners alone.
    """

    def __init__(self, reserved: Iterable[str], book: Book) -> None:
        self._book = book
        self.users: dict[Name, User] = {}
        """Who is here, in the order in which they took their names."""
        self._looks: dict[str, User] = {}
        self._reserved = frozenset().union(*(_guises(user_name(name)) for name in reserved))

    def user(self, name: Name) -> User:
        """The user of that name.

        :raises NobodyThere: there is none.
        """
        try:
            return self.users[name]
        except KeyError:
            raise NobodyThere(f"There is nobody called {name} here. /names lists all.") from None

    def check(self, name: Name, user: User | None = None, account: Account | None = None) -> None:
        """Let a name pass that this user, or a new one, may take.

        :param account: whose owner they are.
        :raises NameReserved: it is, or looks like, one of the server's own.
        :raises NameOwned: it is that of an account, and not of theirs.
        :raises NameTaken: it is, or looks like, that of somebody else.
        """
        if account is None and _guises(name) & self._reserved:
            raise NameReserved(f"The name {name} is reserved. Choose another.")
        for look in name.looks:
            self._check_owner(name, self._book.looks.get(look), account)
            holder = self._looks.get(look)
            if holder is not None and holder is not user:
                raise NameTaken(_taken(name, holder.name))

    def _check_owner(self, name: Name, owner: Account | None, account: Account | None) -> None:
        if owner is None or (account is not None and owner.id == account.id):
            return
        if user_name(owner.name) == name:
            raise NameOwned(f"The name {name} is owned. /login {name} PASSWORD makes it yours.")
        raise NameTaken(f"The name {name} looks like {owner.name}, which is owned. Choose another.")

    def guests_like(self, name: Name) -> list[User]:
        """The guests whose name is, or looks like, this one."""
        holders = filter(None, map(self._looks.get, name.looks))
        return [user for user in dict.fromkeys(holders) if user.account is None]

    def hold(self, user: User) -> None:
        """Give the user the name that is theirs."""
        self.users[user.name] = user
        for look in user.name.looks:
            self._looks[look] = user

    def release(self, user: User) -> None:
        """Let others have the name."""
        del self.users[user.name]
        for look in user.name.looks:
            del self._looks[look]


def _guises(name: Name) -> frozenset[str]:
    """What the name looks like to somebody who reads digits as letters: adm1n, 4dmin, admin_."""
    return frozenset(look.translate(_DISGUISES) for look in name.looks)


def _taken(name: Name, holder: Name) -> str:
    if name == holder:
        return f"The name {name} is taken. Choose another."
    return f"The name {name} looks like {holder}, who is here. Choose another."
