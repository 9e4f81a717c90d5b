"""Reading the words of a command, so that what is wrong with them is one line."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any, NoReturn, Protocol, TypeVar

from twisted_chat.admin.errors import Misused

T = TypeVar("T")


class Parser(ArgumentParser):
    """A parser that takes options as they are written, and leaves it to others to complain."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong.

        :raises Misused: always.
        """
        raise Misused(message.rstrip("."))


class Commands(Protocol):
    """Where commands are added."""

    def add_parser(self, name: str, *, help: str, parents: list[Parser]) -> Parser:
        """Add one more."""


def read_by(read: Callable[[str], T]) -> Callable[[str], T]:
    """How a word is read, so that it is told in the words of ``read`` what is wrong with it."""

    def wrapped(word: str) -> T:
        try:
            return read(word)
        except ValueError as why:
            raise ArgumentTypeError(str(why)) from None

    return wrapped
