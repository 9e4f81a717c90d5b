"""What of a typed line may be shown again and remembered: all of it, unless a secret is in it."""

from typing import get_args

from msgspec.structs import fields

from twisted_chat.refused import UnknownVerb
from twisted_chat.verbs import TABLE, Verb
from twisted_chat.verbs.verb import Secret


def public(line: str) -> str:
    """The line, or no more of it than its verb."""
    word = line[1:].partition(" ")[0] if line.startswith("/") else ""
    try:
        hides = bool(word) and _takes_secret(TABLE.named(word.casefold()))
    except UnknownVerb:
        hides = False
    return f"/{word} ..." if hides and line.strip() != f"/{word}" else line


def _takes_secret(verb: Verb) -> bool:
    return any(Secret in (field.type, *get_args(field.type)) for field in fields(verb.request))
