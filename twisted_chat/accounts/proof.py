"""What a session came in with, so that it can be ended when that is good for nothing any more."""

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.kept import digest

Proof = str
"""One of those below, or the digest of a token."""

NOTHING: Proof = ""
"""It came in as a guest."""

PASSWORD: Proof = "password"
"""A password of the server's own."""

ELSEWHERE: Proof = "elsewhere"
"""A password that only a checker of ``--auth`` knows."""

BEFORE_A_PASSWORD = frozenset({NOTHING, PASSWORD})
"""What is good for nothing once the server's own password is another."""

PASSWORD_CHANGED = "Your password was changed. Come in with the new one."


def of_password(account: Account) -> Proof:
    """What a password is that the account was proved with just now."""
    return PASSWORD if account.hash else ELSEWHERE


def of_token(secret: str) -> Proof:
    """What a token is."""
    return digest(secret)


def token_revoked(label: str) -> str:
    """What is told to who came in with a token that is no more."""
    return f"The token {label} is of no use any more."
