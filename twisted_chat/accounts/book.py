"""All accounts with their tokens, and all invitations to register, in memory as on record.

A change is made at once, and given back as what to keep of it; who may ask for it is not known
here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from twisted_chat.accounts.account import Account, Administered, Code, Token
from twisted_chat.accounts.codes import CODE, Codes
from twisted_chat.accounts.kept import Kept, together
from twisted_chat.accounts.tokens import TOKEN, Tokens
from twisted_chat.journal import Put
from twisted_chat.ledger import Change
from twisted_chat.limits import ACCOUNTS
from twisted_chat.names import Name, user_name
from twisted_chat.refused import NameOwned, NameTaken, TooMany

ACCOUNT = "account"
"""The kind of record in which an account is kept, by the key of its name."""

ADMINISTERED = "administered"
"""The kind of record, there is one at most, which says that there has been an administrator who is
none any more."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What another process has made of an account; None where there was, or is, none."""

    before: Account | None = None
    after: Account | None = None
    revoked: Token | None = None
    """A token that is no more."""


class Book:
    """Who owns which name.

    :param records: all that is on record, by kind, key and value; other kinds are left alone.
    """

    def __init__(self, records: Iterable[tuple[str, str, bytes]]) -> None:
        self._accounts = Kept(ACCOUNT, Account, self._moved)
        self._tokens = Tokens()
        self._codes = Codes()
        self._administered = Kept(ADMINISTERED, Administered, lambda key, before, after: None)
        self._keys: dict[str, str] = {}
        self._looks: dict[str, Account] = {}
        for kind, key, value in records:
            self.apply(Put(kind, key, value))

    def apply(self, put: Put) -> Revision:
        """Take over what another process has changed; what that means for accounts."""
        if put.kind == ACCOUNT:
            return self._take_account(put)
        if put.kind == TOKEN:
            return Revision(revoked=self._tokens.take_over(put.key, put.value))
        if put.kind == CODE:
            self._codes.take_over(put.key, put.value)
        elif put.kind == ADMINISTERED:
            self._administered.take_over(put.key, put.value)
        return Revision()

    # Accounts.

    @property
    def looks(self) -> Mapping[str, Account]:
        """Who owns the name with that look, as `Name.looks` has them."""
        return self._looks

    @property
    def administrators(self) -> list[Account]:
        """Those who administer the server; it looks at every account."""
        return [account for _, account in self._accounts.items() if account.admin]

    @property
    def was_administered(self) -> bool:
        """Whether somebody administers the server, or has done so."""
        return len(self._administered) > 0 or bool(self.administrators)

    def account(self, key: str) -> Account | None:
        """The account that owns the name with that key."""
        return self._accounts.get(key)

    def by_id(self, account_id: str) -> Account | None:
        """The account with that id."""
        return self._accounts.get(self._keys.get(account_id, ""))

    def add(self, account: Account) -> Change:
        """Keep a new account.

        :raises NameOwned: its name belongs to another.
        :raises NameTaken: its name looks like that of another.
        :raises TooMany: there are as many as there may be.
        """
        name = user_name(account.name)
        if self.account(name.key) is not None:
            raise NameOwned(f"The name {name} is owned. Choose another.")
        for owner in filter(None, map(self._looks.get, name.looks)):
            raise NameTaken(f"The name {name} looks like {owner.name}, which is owned.")
        self.check_place()
        return self._accounts.change(name.key, account)

    def check_place(self) -> None:
        """Let one more account pass.

        :raises TooMany: there are as many as there may be.
        """
        if len(self._accounts) >= ACCOUNTS:
            raise TooMany("There are as many accounts as this server keeps.")

    def replace(self, account: Account) -> Change:
        """Keep an account that has changed; its name may only be spelled otherwise.

        :raises KeyError: it is no more.
        """
        key = self._keys[account.id]
        before = self._accounts.get(key)
        changed = self._accounts.change(key, account, if_there=True)
        return changed if account.admin else self._noting(before, changed)

    def remove(self, account: Account) -> Change:
        """Forget an account, with its tokens.

        :raises KeyError: it is no more.
        """
        key = self._keys[account.id]
        gone = self._noting(self._accounts.get(key), self._accounts.change(key, None))
        tokens = self._tokens.remove(account.id)
        return gone if tokens is None else together(gone, tokens)

    def _noting(self, account: Account | None, change: Change) -> Change:
        """The change of an account, with a note if it has administered the server until now."""
        if account is None or not account.admin or len(self._administered):
            return change
        return together(change, self._administered.change("", Administered()))

    def _take_account(self, put: Put) -> Revision:
        before, after = self._accounts.take_over(put.key, put.value)
        if before is not None and (after is None or after.id != before.id):
            self._tokens.remove(before.id)
        return Revision(before, after)

    def _moved(self, key: str, before: Account | None, after: Account | None) -> None:
        if before is not None:
            self._keys.pop(before.id, None)
            for look in Name(before.name, key).looks:
                if self._looks.get(look) is before:
                    del self._looks[look]
        if after is not None:
            self._keys[after.id] = key
            for look in Name(after.name, key).looks:
                self._looks.setdefault(look, after)

    # Tokens.

    def token(self, secret: str) -> Token | None:
        """The token of that secret, if its account is still there."""
        token = self._tokens.find(secret)
        return token if token is not None and token.account_id in self._keys else None

    def has_token(self, key: str) -> bool:
        """Whether there is a token with that digest."""
        return self._tokens.has(key)

    def tokens_of(self, account: Account) -> list[Token]:
        """The tokens of an account, in the order in which they were made."""
        return self._tokens.of(account.id)

    def add_token(self, secret: str, token: Token) -> Change:
        """Keep a token for a secret that nobody can guess.

        :raises TooLong: its label has too many characters.
        :raises TokenExists: the account has one of that label.
        :raises TooMany: the account has as many as one may have.
        """
        return self._tokens.add(secret, token)

    def add_browser(self, secret: str, account: Account, now: float) -> Change:
        """Keep a token for a browser; of too many the one used longest ago is forgotten."""
        return self._tokens.add_browser(secret, account.id, now)

    def remove_browsers(self, account: Account, but: str = "") -> Change | None:
        """Forget the tokens of an account's browsers; None where there are none.

        :param but: the digest of one that stays.
        """
        return self._tokens.remove_browsers(account.id, but)

    def use_token(self, token: Token, now: float) -> Change:
        """Keep when a token was used; nothing, if it is no more."""
        return self._tokens.use(token, now)

    def remove_token(self, account: Account, label: str) -> Change | None:
        """Forget a token of an account; None where it has none of that label."""
        return self._tokens.remove(account.id, label)

    def remove_tokens(self, account: Account) -> Change | None:
        """Forget all tokens of an account; None where it has none."""
        return self._tokens.remove(account.id)

    # Invitations to register.

    def check_code(self, secret: str, now: float) -> None:
        """Let a code pass that is good.

        :raises WrongCode: there is none of that secret, or it has ended.
        """
        self._codes.check(secret, now)

    def add_code(self, secret: str, code: Code, now: float) -> Change:
        """Keep a code for a secret that nobody can guess, and forget those that have ended.

        :raises TooMany: as many are outstanding as there may be.
        """
        return self._codes.add(secret, code, now)

    def take_code(self, secret: str, now: float) -> Change:
        """Use a code up.

        :raises WrongCode: there is none of that secret, or it has ended.
        """
        return self._codes.take(secret, now)
