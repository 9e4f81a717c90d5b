"""What the targets have in common: bytes as text, bytes cut in two, what may be shown."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from twisted.logger import ILogObserver, LogEvent, LogLevel, globalLogPublisher

UNSEEN = {"Cc", "Cs", "Co", "Zl", "Zp"}
"""Categories of Unicode of which nothing may reach a terminal, TAB aside."""

OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


def decoded(data: bytes) -> str:
    """The bytes as text, in which half a surrogate pair stands for what is no UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def halves(data: bytes) -> tuple[bytes, bytes]:
    """What follows the first byte, which says where it is cut."""
    at = data[0] * len(data) // 256 if data else 0
    return data[1 : 1 + at], data[1 + at :]


def is_shown(text: str) -> bool:
    """Whether nothing in it does more to a terminal than to be printed."""
    return all(
        char == "\t" or (unicodedata.category(char) not in UNSEEN and char not in OVERRIDES)
        for char in text
    )


def check_shown(text: str) -> None:
    """Let only such a text pass."""
    assert is_shown(text), text


@contextmanager
def no_tracebacks() -> Iterator[None]:
    """What is done inside logs no fault."""
    faults: list[str] = []

    def observe(event: LogEvent) -> None:
        if event["log_level"] is LogLevel.critical:
            failure = event.get("log_failure")
            faults.append(failure.getTraceback() if failure else str(event))

    globalLogPublisher.addObserver(cast(ILogObserver, observe))
    try:
        yield
    finally:
        globalLogPublisher.removeObserver(cast(ILogObserver, observe))
    assert not faults, "".join(faults)
