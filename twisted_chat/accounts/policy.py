"""Who may come in, and as whom, as the operator wants it."""

from dataclasses import dataclass
from typing import Literal

Registration = Literal["open", "closed", "invite"]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Who may come in, and as whom."""

    guests: bool = True
    """Whether one comes in without an account."""
    registration: Registration = "open"
    """Who may make an account: everyone, nobody, or who has a code."""
    administrator: str = ""
    """The key of the account that administers the server; without one, the first account that is
    made from this machine, as long as nobody has administered it yet."""
