"""Asking the operator: whether to go on, and for a password."""

import getpass
import warnings

from twisted_chat.admin.console import NAME, Console
from twisted_chat.admin.errors import Misused, Unable
from twisted_chat.limits import PASSWORD_MAX_CHARS

PASSWORD_LINE_CHARS = 8 * PASSWORD_MAX_CHARS
"""What is read of standard input for a password: more than any has, and not a whole file."""


def confirm(console: Console, question: str) -> bool:
    """Whether the operator says yes.

    :raises Misused: there is nobody to ask.
    """
    if not console.stdin.isatty():
        raise Misused("nobody can be asked here: add --yes", f"{NAME} purge")
    console.stderr.write(f"{question} [y/N] ")
    console.stderr.flush()
    answer = console.stdin.readline()
    if not answer.endswith("\n"):
        # Ctrl-D leaves the cursor behind the question.
        console.tell("")
    return answer.strip().lower() in ("y", "yes")


def new_password(console: Console) -> str:
    """A password: typed twice and not shown, or the first line of what is no terminal.

    :raises Unable: there is none, or it was typed in two ways.
    """
    if not console.stdin.isatty():
        return _first_line(console)
    password = _typed("Password: ")
    if _typed("Once more: ") != password:
        raise Unable("These are two passwords. Nothing is changed.")
    return password


def _first_line(console: Console) -> str:
    line = console.stdin.readline(PASSWORD_LINE_CHARS).rstrip("\r\n")
    if not line:
        raise Unable("No password came on standard input. Nothing is changed.")
    return line


def _typed(prompt: str) -> str:
    with warnings.catch_warnings():
        # Where it cannot be hidden it is not asked for.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)
        except EOFError:
            raise Unable("No password was typed. Nothing is changed.") from None
        except getpass.GetPassWarning:
            raise Unable("This terminal shows what is typed: use another one.") from None
