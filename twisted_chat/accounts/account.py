"""What is on record of who owns a name: accounts, tokens, and invitations to register."""

import msgspec
from zope.interface import Attribute, Interface, implementer

from twisted_chat.identity import of_account


class IAccount(Interface):
    """What somebody gets who has proved who they are."""

    id = Attribute("Its own, and no other account's after it.")
    name = Attribute("As its owner writes it.")
    identity = Attribute("Who its owner is on record.")


@implementer(IAccount)
class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who owns a name."""

    id: str
    name: str
    """As it is shown."""
    hash: str
    """Of the password, by argon2; empty where only a checker of ``--auth`` knows it."""
    admin: bool = False
    """Whether they administer the server."""
    since: float = 0.0
    """When it was made, in seconds since 1970."""

    @property
    def identity(self) -> str:
        """Who its owner is on record."""
        return of_account(self.id)

    def __repr__(self) -> str:
        """Without the hash: what is shown ends up in a log."""
        return f"Account(id={self.id!r}, name={self.name!r}, admin={self.admin})"


class Administered(msgspec.Struct, frozen=True):
    """What stands for it that somebody has administered the server, who does so no more."""


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands for a secret with which a program is who owns an account."""

    account_id: str
    label: str
    """What its owner calls it."""
    since: float
    used: float = 0.0
    """When it was used last, to the minute; 0 is never."""
    browser: bool = False
    """Whether it is what a browser remembers of a login, and nobody made it by hand."""


class Code(msgspec.Struct, frozen=True):
    """What stands for a secret with which somebody may register, once."""

    by: str
    """Who made it."""
    until: float
    """When it ends, in seconds since 1970."""
