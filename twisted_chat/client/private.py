"""What of a typed line may be shown again and remembered: all of it, unless a secret is in it."""

import re
from typing import get_args

from msgspec.structs import fields

from twisted_chat.refused import UnknownVerb
from twisted_chat.verbs import TABLE, Verb
from twisted_chat.verbs.verb import Secret

_VERB = re.compile(r"\s*/\s*(\S+)\s*")


def public(line: str) -> str:
    """The line, or no more of it than its verb."""
    at = secret_from(line)
    return line if at == len(line) else f"{line[:at]}..."


def secret_from(line: str) -> int:
    """Where in the line a secret may begin: at its end, where there is none.

    That is after the verb, wherever the secret belongs: whoever forgets the name in a
    ``/login NAME PASSWORD`` has typed a password.
    """
    typed = _VERB.match(line)
    return typed.end() if typed and _takes_secret(typed[1]) else len(line)


def _takes_secret(word: str) -> bool:
    try:
        verb: Verb = TABLE.named(word.casefold())
    except UnknownVerb:
        return False
    return any(Secret in (field.type, *get_args(field.type)) for field in fields(verb.request))
