"""Who somebody is on record, whatever they are called: names change hands, identities do not."""

import hashlib
import secrets


def of_account(account_id: str) -> str:
    """The identity of an account; the id is its own, and no other account of that name has it."""
    return f"a:{account_id}"


def of_guest(secret: str) -> str:
    """The identity of a guest who knows a secret: who comes back with it is the same one."""
    return f"g:{hashlib.sha256(secret.encode()).hexdigest()[:32]}"


def is_account(identity: str) -> bool:
    """Whether it is one that outlasts the connection, and is owed what it missed."""
    return identity.startswith("a:")


def account_id(identity: str) -> str:
    """The id of the account whose identity it is; empty for a guest's."""
    return identity.removeprefix("a:") if is_account(identity) else ""


def new_id() -> str:
    """An id that no account had before."""
    return secrets.token_hex(8)


def new_secret() -> str:
    """A secret for a new guest, that nobody guesses."""
    return secrets.token_urlsafe(24)
