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
        raise Misused(message.rstrip("."), self.prog)


class Commands(Protocol):
    """Where commands are added."""

    def add_parser(
        self, name: str, *, help: str, description: str, parents: list[Parser]
    ) -> Parser:
        """Add one more."""


class Adder:
    """Adds commands, each with its help and the options of all."""

    def __init__(self, commands: Commands, common: Parser) -> None:
        self._commands = commands
        self._common = common

    def add(self, word: str, what: str, run: Callable[..., int | None]) -> Parser:
        """Add one.

        :param what: what it does, as a sentence.
        """
        parser = self._commands.add_parser(
            word,
            help=what[0].lower() + what[1:].rstrip("."),
            description=what,
            parents=[self._common],
        )
        parser.set_defaults(run=run)
        return parser

    def within(self, parser: Parser, metavar: str) -> "Adder":
        """What adds commands of a command."""
        return Adder(parser.add_subparsers(metavar=metavar), self._common)


def read_by(read: Callable[[str], T]) -> Callable[[str], T]:
    """How a word is read, so that it is told in the words of ``read`` what is wrong with it."""

    def wrapped(word: str) -> T:
        try:
            return read(word)
        except ValueError as why:
            raise ArgumentTypeError(str(why)) from None

    return wrapped
