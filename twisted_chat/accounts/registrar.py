"""The rules of who may have an account, and who administers the server."""

import msgspec

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.policy import Policy
from twisted_chat.identity import new_id
from twisted_chat.ledger import Change
from twisted_chat.names import Name
from twisted_chat.refused import BadRequest, NameOwned, RegistrationClosed

_INVITED = "One registers with a code here: /register {}PASSWORD CODE."
_NO_CODE = "Nobody needs a code here. A password that is typed after a verb is one word."
_NOT_FROM_AFAR = "That account is made on the server's own machine."


def registered(account: Account) -> str:
    """What is told to who has an account from now on."""
    admin = " You administer the server." if account.admin else ""
    return f"The name {account.name} is yours: your password is asked for from now on.{admin}"


class Registrar:
    """Makes accounts, for those who may have one."""

    def __init__(self, book: Book, policy: Policy) -> None:
        self._book = book
        self._policy = policy

    def begin(
        self, name: Name, local: bool, code: str | None, now: float, *, outside: bool = False
    ) -> None:
        """Let somebody pass who may register, before time is spent on a hash.

        :param local: whether they are on this machine.
        :param now: seconds since 1970.
        :param outside: whether they have no name yet, and give it with the password.
        :raises RegistrationClosed: nobody may, or only with a code.
        :raises WrongCode: there is no such code, or it has ended.
        :raises BadRequest: there is a code, where nobody needs one.
        :raises NameOwned: the name is another's.
        :raises TooMany: there are as many accounts as there may be.
        """
        if self._policy.registration == "closed":
            raise RegistrationClosed("Nobody registers here: ask the operator for an account.")
        if not local and name.key == self._policy.administrator:
            # Whoever guesses what its administrator will be called; a code may be anybody's.
            raise RegistrationClosed(_NOT_FROM_AFAR)
        if not self._needs_code(name, local):
            self._check_no_code(code)
        elif code is None:
            raise RegistrationClosed(_INVITED.format("NAME " if outside else ""))
        else:
            self._book.check_code(code, now)
        if self._book.account(name.key) is not None:
            raise NameOwned(f"The name {name} is owned. Choose another.")
        self._book.check_place()

    def register(
        self, name: Name, hashed: str, local: bool, code: str | None, now: float
    ) -> tuple[Account, list[Change]]:
        """Make an account, and use up the code that it takes; what to keep of that.

        :param hashed: the hash of its password.
        :param now: seconds since 1970.
        :raises Refused: as `begin` does; time has passed since.
        """
        self.begin(name, local, code, now)
        admin = self._administers(name, local)
        invited = self._needs_code(name, local)
        account = Account(new_id(), name.shown, hashed, admin=admin, since=now)
        changes = [self._book.add(account)]
        if invited and code is not None:
            changes.append(self._book.take_code(code, now))
        return account, changes

    @property
    def how(self) -> str:
        """How who is outside registers; empty where nobody does."""
        code = {"open": "", "invite": " CODE"}.get(self._policy.registration)
        return "" if code is None else f"/register NAME PASSWORD{code}"

    def appoint(self) -> list[Change]:
        """Have the account that the operator names administer the server, if it does not yet."""
        named = self._book.account(self._policy.administrator)
        if named is None or named.admin:
            return []
        return [self._book.replace(msgspec.structs.replace(named, admin=True))]

    def _check_no_code(self, code: str | None) -> None:
        """Let nobody believe that what they typed after the password is a part of it."""
        if code is not None and self._policy.registration == "open":
            raise BadRequest(_NO_CODE)

    def _needs_code(self, name: Name, local: bool) -> bool:
        """Whether only who was invited makes that account.

        The first administrator, on this machine, was invited by nobody.
        """
        return self._policy.registration == "invite" and not self._administers(name, local)

    def _administers(self, name: Name, local: bool) -> bool:
        """Whether that account will administer the server, which takes this machine."""
        if not local:
            return False
        if self._policy.administrator:
            return name.key == self._policy.administrator
        return not self._book.was_administered
