"""The log as JSON, one object a line, for programs that collect logs.

Twisted has a JSON format of its own, which is for its own tools: each line begins with a control
character, and an event is taken apart in it.  twistd takes another observer of the log from the
application, and asks it alone; so where the log goes is decided here once more, as twistd does.
"""

import json
import math
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any, cast

from twisted.application.app import ServerOptions
from twisted.logger import LogEvent, eventAsText, formatEvent
from twisted.python.logfile import LogFile
from twisted.python.reflect import safe_repr
from twisted.python.usage import Options

_DEFAULT_FILE = "twistd.log"
_INTEGER_BITS = 63
"""What every reader of JSON can hold; a larger number is shown as text."""

_OLD_FIELDS = frozenset(
    ("message", "time", "system", "format", "isError", "failure", "printed", "logLevel")
)
"""What ``twisted.python.log`` writes into an event for its own use; it is in the message."""


def log_file(runner: Options | None, rotate: Callable[..., object]) -> IO[Any]:
    """The file that twistd's own options want the log to be in.

    :param runner: the options of the program that runs the service.
    :param rotate: has the reactor call a function, from within a signal handler.
    :raises SystemExit: it cannot be written there.
    """
    if not isinstance(runner, ServerOptions):
        raise SystemExit(
            "twistd chat: twist has a --log-format of its own: twist --log-format=json chat"
        )
    if runner.get("syslog") or runner.get("logger"):
        raise SystemExit("twistd chat: --log-format json cannot go where --syslog or --logger does")
    name, stays = runner.get("logfile"), runner.get("nodaemon")
    if stays and name in (None, "", "-"):
        return sys.stdout
    if name == "-":
        raise SystemExit("twistd chat: there is no standard output to log to in the background")
    return cast(IO[Any], _rotated(name or _DEFAULT_FILE, rotate))


def as_line(event: LogEvent) -> str:
    """An event as a line of JSON in ASCII, whatever is in it."""
    line = {
        "ts": _moment(event.get("log_time")),
        "level": _plain(getattr(event.get("log_level"), "name", None)),
        "namespace": _plain(event.get("log_namespace")),
        "message": _text(formatEvent(event)),
    }
    if "log_failure" in event:
        line["traceback"] = _text(_traceback(event))
    for name, value in event.items():
        if not name.startswith("log_") and name not in _OLD_FIELDS:
            line.setdefault(_text(name), _plain(value))
    return json.dumps(line, separators=(",", ":")) + "\n"


def _moment(seconds: Any) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _plain(value: object) -> str | int | float | None:
    """What JSON can say; anything else as Python shows it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int) and value.bit_length() <= _INTEGER_BITS:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return _text(safe_repr(value))


def _text(text: str) -> str:
    """Half a surrogate pair, which no UTF-8 can be, becomes what Python would write for it."""
    return text.encode("utf-8", "backslashreplace").decode()


def _traceback(event: LogEvent) -> str:
    whole = eventAsText(event, includeTimestamp=False, includeSystem=False)
    return whole.removeprefix(formatEvent(event)).strip("\n")


def _rotated(name: str, rotate: Callable[..., object]) -> LogFile:
    """A file that SIGUSR1 makes begin anew, as twistd has it."""
    try:
        file: LogFile = LogFile.fromFullPath(name)
    except OSError as why:
        raise SystemExit(f"twistd chat: cannot log to {name!r}: {why.strerror}") from None
    if signal.getsignal(signal.SIGUSR1) in (None, signal.SIG_DFL):
        signal.signal(signal.SIGUSR1, lambda *_: rotate(file.rotate))
    return file
