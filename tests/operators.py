"""The operator's command as tests run it: in this process, with streams of their own."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from signal import SIGINT, raise_signal
from typing import Any

from journals import result

from twisted_chat.admin.main import main
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.sqlite import SqliteJournal

PASSWORD = "correct horse battery"


class Terminal(StringIO):
    """A stream that somebody looks at, or types on."""

    def isatty(self) -> bool:
        """It is a terminal."""
        return True


class Ending(Terminal):
    """A terminal whose user ends the command with a signal, once there is something to see."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self._by = by

    def write(self, text: str) -> int:
        """Take it, the first time with the signal."""
        by, self._by = self._by, 0
        if by:
            raise_signal(by)
        return super().write(text)


@dataclass
class Outcome:
    """What became of a command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What was written to standard output."""
        return self.out.splitlines()

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The same, as lines of JSON."""
        return [json.loads(line) for line in self.lines]


@dataclass
class Operator:
    """Somebody who works on a data directory."""

    data: Path

    def does(self, *words: str, stdin: str = "") -> Outcome:
        """Run a command on the directory; what is typed comes from a pipe."""
        return self._run(words, StringIO(stdin))

    def answers(self, typed: str, *words: str) -> Outcome:
        """Run a command on a terminal, and type this when it asks: a line, or Ctrl-D."""
        return self._run(words, Terminal("" if typed == "\x04" else f"{typed}\n"))

    def watches(self, *words: str) -> Outcome:
        """Run a command with a look at how far it is."""
        return self._run(words, StringIO(), Terminal())

    def interrupts(self, *words: str, by: int = SIGINT) -> Outcome:
        """Run a command, and end it as soon as it says how far it is."""
        return self._run(words, StringIO(), Ending(by))

    def _run(self, words: tuple[str, ...], stdin: StringIO, err: StringIO | None = None) -> Outcome:
        out, err = StringIO(), err or StringIO()
        code = main(["--data", str(self.data), *words], stdin, out, err)
        return Outcome(code, out.getvalue(), err.getvalue())

    @contextmanager
    def store(self) -> Iterator[AdminStore]:
        """What is kept there."""
        store = AdminStore.open_for_admin(self.data)
        yield store
        store.close()

    def account_id(self, name: str) -> str:
        """The id of an account."""
        with self.store() as store:
            (value,) = [value for _, key, value in store.records() if key == name]
        account: dict[str, str] = json.loads(value)
        return account["id"]


@contextmanager
def serving(journal: SqliteJournal) -> Iterator[SqliteJournal]:
    """A journal that is a server's, and keeps others off its directory, until it is closed."""
    yield journal
    result(journal.close())


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Have no file grow beyond a size, as if the disk ended there."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
