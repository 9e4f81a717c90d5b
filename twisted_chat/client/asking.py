"""Requests on their way: how they are written, and which of them have no answer yet."""

import json
from dataclasses import dataclass

from twisted_chat.answers import Answer
from twisted_chat.client.bounds import LINE_BYTES, UNANSWERED
from twisted_chat.refused import TooLong
from twisted_chat.verbs import TABLE, Request

VERSION = 1
"""Of the protocol in docs/protocol.md."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the line that was typed for it; empty where nobody typed one."""

    request: Request
    line: str


class Unanswered:
    """The requests that have no answer yet, in the order asked."""

    def __init__(self) -> None:
        self._next = 1
        self._asked: dict[int, Asked] = {}

    def __len__(self) -> int:
        return len(self._asked)

    @property
    def full(self) -> bool:
        """Whether the next request had better wait."""
        return len(self._asked) >= UNANSWERED

    @property
    def lines(self) -> list[str]:
        """What was typed and is not known to have arrived."""
        return [asked.line for asked in self._asked.values() if asked.line]

    def ask(self, request: Request, line: str = "") -> bytes:
        """The bytes to send for a request, which waits for its answer from now on.

        :raises TooLong: the server would not take it.
        """
        sent = fitting(TABLE.encode(request, self._next))
        self._asked[self._next] = Asked(request, line)
        self._next += 1
        return sent

    def answered(self, answer: Answer) -> Asked | None:
        """What the answer is about.

        One without an id is about a line that the server could not read: whichever it was, one
        answer less is to come, and the oldest has waited longest.
        """
        if isinstance(answer.id, int):
            return self._asked.pop(answer.id, None)
        if self._asked:
            return self._asked.pop(next(iter(self._asked)))
        return None


def hello(name: str) -> bytes:
    """The bytes that ask for a name.

    :raises TooLong: the server would not take it.
    """
    return fitting(_json({"type": "hello", "v": VERSION, "name": name, "id": 0}))


def goodbye() -> bytes:
    """The bytes that ask to leave."""
    return _json({"type": "quit", "id": 0})


def fitting(line: bytes) -> bytes:
    """The line, if the server takes one as long.

    :raises TooLong: it does not.
    """
    if len(line) > LINE_BYTES:
        raise TooLong(f"That is too long: a line holds {LINE_BYTES:,} bytes at most.")
    return line


def _json(request: dict[str, object]) -> bytes:
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
