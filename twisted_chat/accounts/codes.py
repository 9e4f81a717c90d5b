"""The invitations to register that wait for somebody, by the digests of their secrets."""

from twisted_chat.accounts.account import Code
from twisted_chat.accounts.kept import Kept, digest, together
from twisted_chat.ledger import Change
from twisted_chat.limits import CODES
from twisted_chat.refused import TooMany, WrongCode

CODE = "code"
"""The kind of record in which a code is kept, by the digest of its secret."""


class Codes:
    """Codes, each good for one registration until it ends."""

    def __init__(self) -> None:
        self._kept = Kept(CODE, Code, lambda key, before, after: None)

    def add(self, secret: str, code: Code, now: float) -> Change:
        """Keep a code for a secret that nobody can guess, and forget those that have ended.

        :raises TooMany: as many are outstanding as there may be.
        """
        ended = [key for key, other in self._kept.items() if other.until <= now]
        if len(self._kept) - len(ended) >= CODES:
            raise TooMany(f"There are {CODES} codes that nobody has used yet.")
        forgotten = [self._kept.change(key, None) for key in ended]
        return together(*forgotten, self._kept.change(digest(secret), code))

    def check(self, secret: str, now: float) -> None:
        """Let a code pass that is good.

        :raises WrongCode: there is none of that secret, or it has ended.
        """
        code = self._kept.get(digest(secret))
        if code is None or code.until <= now:
            raise WrongCode("That code is no good, or not any more. Ask for a new one.")

    def take(self, secret: str, now: float) -> Change:
        """Use a code up.

        :raises WrongCode: there is none of that secret, or it has ended.
        """
        self.check(secret, now)
        return self._kept.change(digest(secret), None)

    def take_over(self, key: str, value: bytes | None) -> None:
        """Take a code as it is on record."""
        self._kept.take_over(key, value)
