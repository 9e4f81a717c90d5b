"""What a request says: the class of each is made when the verbs are, so its fields have no type."""

from typing import Any

from twisted_chat.verbs import Request


def verb_of(request: Request) -> str:
    """The verb that a request asks for, as it stands on the wire."""
    return str(request.__struct_config__.tag)


def field_of(request: Request, name: str) -> Any:
    """A field of a request."""
    return getattr(request, name)
