"""Where the operator reads and writes."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from stat import S_ISREG
from typing import TextIO

from twisted_chat.text import clean

NAME = "twisted-chat-admin"
"""What the command is called."""


@dataclass(frozen=True, slots=True)
class Console:
    """The streams of one command.

    :param ticks: seconds since any moment, for what takes long.
    """

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    ticks: Callable[[], float] = time.monotonic

    @property
    def writes_to_file(self) -> bool:
        """Whether what is asked for goes to a file, and not, by whatever way, to a terminal."""
        try:
            return S_ISREG(os.fstat(self.stdout.fileno()).st_mode)
        except OSError:
            return False

    def say(self, line: str) -> None:
        """Write a line of what was asked for; nothing of people's reaches a terminal as a code."""
        self.stdout.write(f"{clean(line)}\n")

    def tell(self, line: str) -> None:
        """Write a line that is beside the point: how it goes, what is wrong."""
        self.stderr.write(f"{clean(line)}\n")

    def complain(self, why: object) -> None:
        """Say why nothing is done."""
        self.tell(f"{NAME}: {why}")

    def hush(self) -> None:
        """Write no more to where nobody reads, or nothing fits: not even at the end."""
        if self.stdout is sys.stdout:
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self.stdout.fileno())
                os.close(nowhere)


def of_process() -> Console:
    """The console of this process, which writes UTF-8 wherever it is."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    return Console(sys.stdin, sys.stdout, sys.stderr)


def day(time: float) -> str:
    """A moment as it is shown: in this machine's zone, to the minute."""
    return f"{datetime.fromtimestamp(time):%Y-%m-%d %H:%M}"


def counted(number: int, what: str) -> str:
    """So many of something, in words."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
