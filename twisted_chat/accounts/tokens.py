"""The tokens of all accounts, by the digests of their secrets."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import count

import msgspec

from twisted_chat.accounts.account import Token
from twisted_chat.accounts.kept import Kept, digest, together
from twisted_chat.ledger import Change
from twisted_chat.limits import BROWSERS_PER_ACCOUNT, TOKEN_LABEL_CHARS, TOKENS_PER_ACCOUNT
from twisted_chat.refused import TokenExists, TooLong, TooMany

TOKEN = "token"
"""The kind of record in which a token is kept, by the digest of its secret."""


def last_used(token: Token) -> float:
    """When a token was used last, or made."""
    return max(token.used, token.since)


def _labels() -> Iterator[str]:
    """What the tokens of browsers are called, the first that is free."""
    yield "browser"
    for number in count(2):
        yield f"browser-{number}"


class Tokens:
    """All tokens that are good for something."""

    def __init__(self) -> None:
        self._kept = Kept(TOKEN, Token, self._moved)
        self._of: defaultdict[str, dict[str, Token]] = defaultdict(dict)

    def find(self, secret: str) -> Token | None:
        """The token of that secret."""
        return self._kept.get(digest(secret))

    def of(self, account_id: str) -> list[Token]:
        """The tokens of an account, in the order in which they were made."""
        return sorted(self._all_of(account_id).values(), key=lambda token: token.since)

    def add(self, secret: str, token: Token) -> Change:
        """Keep a token for a secret that nobody can guess.

        :raises TooLong: its label has too many characters.
        :raises TokenExists: the account has one of that label.
        :raises TooMany: the account has as many as one may have.
        """
        others = self.of(token.account_id)
        if len(token.label) > TOKEN_LABEL_CHARS:
            raise TooLong(f"A token's name has {TOKEN_LABEL_CHARS} characters at most.")
        if any(other.label == token.label for other in others):
            raise TokenExists(f"You have a token {token.label}. /revoke it, or use another name.")
        made = sum(not other.browser for other in others)
        if made >= TOKENS_PER_ACCOUNT:
            raise TooMany(f"You have {made} tokens. /revoke one first.")
        return self._kept.change(digest(secret), token)

    def add_browser(self, secret: str, account_id: str, now: float) -> Change:
        """Keep what a browser remembers; of too many the one used longest ago is forgotten."""
        others = self.of(account_id)
        browsers = sorted((one for one in others if one.browser), key=last_used)
        old = browsers[: max(0, len(browsers) - BROWSERS_PER_ACCOUNT + 1)]
        changes = [self.remove(account_id, one.label) for one in old]
        taken = {one.label for one in others} - {one.label for one in old}
        label = next(label for label in _labels() if label not in taken)
        token = Token(account_id=account_id, label=label, since=now, browser=True)
        added = self._kept.change(digest(secret), token)
        return together(*(change for change in changes if change is not None), added)

    def remove_browsers(self, account_id: str, but: str = "") -> Change | None:
        """Forget what browsers remember of an account; None where none does.

        :param but: the digest of a token that stays.
        """
        changes = [
            self._kept.change(key, None)
            for key, token in list(self._all_of(account_id).items())
            if token.browser and key != but
        ]
        return together(*changes) if changes else None

    def use(self, token: Token, now: float) -> Change:
        """Keep when a token was used; nothing, if it is no more."""
        changes = [
            self._kept.change(key, msgspec.structs.replace(other, used=now), if_there=True)
            for key, other in list(self._all_of(token.account_id).items())
            if other.label == token.label
        ]
        return together(*changes)

    def remove(self, account_id: str, label: str | None = None) -> Change | None:
        """Forget an account's token of that label, or all that it has; None where there is none."""
        changes = [
            self._kept.change(key, None)
            for key, token in list(self._all_of(account_id).items())
            if label in (None, token.label)
        ]
        return together(*changes) if changes else None

    def has(self, key: str) -> bool:
        """Whether there is one with that digest."""
        return self._kept.get(key) is not None

    def take_over(self, key: str, value: bytes | None) -> Token | None:
        """Take a token as it is on record; the one that is no more."""
        before, after = self._kept.take_over(key, value)
        return before if after is None else None

    def _all_of(self, account_id: str) -> dict[str, Token]:
        return self._of.get(account_id, {})

    def _moved(self, key: str, before: Token | None, after: Token | None) -> None:
        if before is not None:
            del self._of[before.account_id][key]
            if not self._of[before.account_id]:
                del self._of[before.account_id]
        if after is not None:
            self._of[after.account_id][key] = after
