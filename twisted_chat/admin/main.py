"""The console script ``twisted-chat-admin``; it needs no reactor, and loads none."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import FrameType
from typing import NoReturn, TextIO

import msgspec

from twisted_chat.admin.console import Console, of_process
from twisted_chat.admin.errors import Misused, Unable
from twisted_chat.admin.options import read
from twisted_chat.journal import CannotOpen
from twisted_chat.refused import Refused

ENDED = 128
"""The exit code after a signal, as shells have it, but for the signal's number."""

NOBODY_READS = ENDED + signal.SIGPIPE
"""That where whoever read what we write has gone."""


def main(
    words: Sequence[str] | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Do what the operator asks, and say what became of it in an exit code.

    0 is done; 1 cannot be done, or something is wrong; 2 is not written like that.
    """
    own = of_process()
    console = Console(stdin or own.stdin, stdout or own.stdout, stderr or own.stderr)
    try:
        with _signals_like_ctrl_c():
            code = _run(sys.argv[1:] if words is None else words, console)
            console.stdout.flush()
    except BrokenPipeError:
        console.hush()
        return NOBODY_READS
    except KeyboardInterrupt as why:
        return ENDED + (why.args[0] if why.args else signal.SIGINT)
    except OSError as error:
        console.hush()
        console.complain(f"{error.filename or 'standard output'}: {error.strerror}")
        return 1
    return code


def _run(words: Sequence[str], console: Console) -> int:
    try:
        with redirect_stdout(console.stdout), redirect_stderr(console.stderr):
            options = read(words)
        return options.run(options, console) or 0
    except SystemExit:
        # Help was asked for, and is given.
        return 0
    except Misused as why:
        console.complain(f"{why}. See {why.command} --help.")
        return 2
    except (Unable, CannotOpen, Refused) as why:
        console.complain(why)
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        console.complain(f"What is kept cannot be read: {why}. See twisted-chat-admin check.")
    return 1


@contextmanager
def _signals_like_ctrl_c() -> Iterator[None]:
    """Have what ends the process leave nothing half-done, whichever signal it is."""
    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    before = [(number, signal.signal(number, _end)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(number)
