"""What proves to the server that one is who one says: kept in memory, and shown nowhere."""

from dataclasses import dataclass, field
from typing import Literal

from twisted_chat.verbs.verb import Secret

Kind = Literal["", "password", "token", "resume"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A secret, and which field of a hello it belongs in; false where there is none."""

    kind: Kind = ""
    secret: Secret = field(default=Secret())

    def __bool__(self) -> bool:
        return bool(self.kind)

    @property
    def fields(self) -> dict[str, str]:
        """What a hello says of it."""
        return {self.kind: str(self.secret)} if self.kind else {}


NO_PROOF = Proof()


def password(secret: str) -> Proof:
    """The password of one who owns the name."""
    return Proof("password", Secret(secret))


def token(secret: str) -> Proof:
    """A token that the owner of the name has made."""
    return Proof("token", Secret(secret))


def of_guest(secret: str) -> Proof:
    """What the server gave a guest, to come back with; an empty one proves nothing."""
    return Proof("resume", Secret(secret)) if secret else NO_PROOF
