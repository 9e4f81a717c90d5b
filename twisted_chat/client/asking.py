"""Requests on their way: how they are written, and which of them have no answer yet."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from twisted_chat.answers import Answer
from twisted_chat.client.bounds import LINE_BYTES, UNANSWERED
from twisted_chat.client.proof import NO_PROOF, Proof
from twisted_chat.client.requests import became, is_repeatable, verb_of
from twisted_chat.events import Event, TopicSet
from twisted_chat.refused import TooLong
from twisted_chat.verbs import TABLE, Request

VERSION = 1
"""Of the protocol in docs/protocol.md."""

MOVES = frozenset({"join", "switch", "part", "login", "logout"})
"""After which of them one may look at another room, so that what is typed next waits for it."""


@dataclass(slots=True)
class Asked:
    """A request that waits for its answer."""

    request: Request
    line: str = ""
    """What was typed for it, as far as that may be shown; empty where nobody typed it."""
    repeated: bool = False
    """Whether it was asked again after a break."""
    recognized: bool = False
    """Whether what became of it was heard."""


def request_ids(mark: str) -> Iterator[str]:
    """The ids of requests; the server tells by them what it has done before.

    :param mark: what no other process of the same user begins its ids with.
    """
    return (f"{mark}-{number}" for number in count(1))


class Unanswered:
    """The requests that have no answer yet, in the order asked."""

    def __init__(self, ids: Iterator[str]) -> None:
        self._ids = ids
        self._asked: dict[str, Asked] = {}

    def __len__(self) -> int:
        return len(self._asked)

    @property
    def full(self) -> bool:
        """Whether the next request had better wait."""
        return len(self._asked) >= UNANSWERED

    @property
    def moving(self) -> bool:
        """Whether nobody knows yet which room one will look at."""
        return any(verb_of(asked.request) in MOVES for asked in self._asked.values())

    @property
    def lines(self) -> list[str]:
        """What was typed and is not known to have arrived."""
        return [asked.line for asked in self._asked.values() if asked.line]

    def ask(self, request: Request, line: str = "") -> bytes:
        """The bytes to send for a request, which waits for its answer from now on.

        :raises TooLong: the server would not take it.
        """
        request_id = next(self._ids)
        sent = fitting(TABLE.encode(request, request_id))
        self._asked[request_id] = Asked(request, line)
        return sent

    def answered(self, answer: Answer) -> Asked | None:
        """The request that an answer is for, which waits no longer.

        One without an id is about a line that the server could not read: whichever it was, one
        answer less is to come, and the oldest has waited longest.
        """
        if isinstance(answer.id, str):
            return self._asked.pop(answer.id, None)
        if self._asked:
            return self._asked.pop(next(iter(self._asked)))
        return None

    # After a break.

    def give_up(self) -> list[str]:
        """Forget all of it; what was typed for it."""
        return self._drop(lambda asked: True)

    def give_up_unrepeatable(self) -> list[str]:
        """Forget what cannot be asked again; what was typed for it."""
        return self._drop(lambda asked: not is_repeatable(asked.request))

    def _drop(self, unwanted: Callable[[Asked], bool]) -> list[str]:
        gone = {key: asked for key, asked in self._asked.items() if unwanted(asked)}
        for key in gone:
            del self._asked[key]
        return [asked.line for asked in gone.values() if asked.line]

    def recognize(self, event: Event, me: str) -> bool:
        """Whether the event is what became of a request, and not heard to be so before."""
        for request_id, asked in self._asked.items():
            if not asked.recognized and became(asked.request, event, me):
                asked.recognized = True
                if isinstance(event, TopicSet):
                    # Of topics the server keeps no ids: asked again, it would be set again.
                    del self._asked[request_id]
                return True
        return False

    def repeat(self) -> list[bytes]:
        """The bytes that ask for all of it again."""
        for asked in self._asked.values():
            asked.repeated = True
        return [TABLE.encode(asked.request, key) for key, asked in self._asked.items()]


def hello(name: str, proof: Proof = NO_PROOF, seen: int | None = None) -> bytes:
    """The bytes that ask for a name.

    :param seen: the number of the last that was heard, by one who comes back.
    :raises TooLong: the server would not take it.
    """
    back = {} if seen is None else {"seen": seen}
    return _hello(name, {**proof.fields, **back})


def registration(name: str, proof: Proof, code: str) -> bytes:
    """The bytes that ask for a name that is to be one's own.

    :param proof: the password that it gets.
    :param code: the invitation that this takes; empty where there is none.
    :raises TooLong: the server would not take it.
    """
    return _hello(name, {**proof.fields, "register": True, **({"code": code} if code else {})})


def _hello(name: str, more: Mapping[str, object]) -> bytes:
    return fitting(_json({"type": "hello", "v": VERSION, "name": name, **more, "id": 0}))


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
