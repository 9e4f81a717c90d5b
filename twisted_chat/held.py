"""Who holds which name: the one place that says so."""

from collections.abc import Iterable

from twisted_chat.names import Name, user_name
from twisted_chat.refused import NameReserved, NameTaken, NobodyThere
from twisted_chat.rooms import User

_DISGUISES = str.maketrans("l103457", "iioeast", "-_.")


class HeldNames:
    """The names of who is here, each of them once, and none that looks like another.

    :param reserved: names that nobody may have, or come near.
    """

    def __init__(self, reserved: Iterable[str]) -> None:
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

    def check(self, name: Name, user: User | None = None) -> None:
        """Let a name pass that this user, or a new one, may take.

        :raises NameReserved: it is, or looks like, one of the server's own.
        :raises NameTaken: it is, or looks like, that of somebody else.
        """
        if _guises(name) & self._reserved:
            raise NameReserved(f"The name {name} is reserved. Choose another.")
        for look in name.looks:
            holder = self._looks.get(look)
            if holder is not None and holder is not user:
                raise NameTaken(_taken(name, holder.name))

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
