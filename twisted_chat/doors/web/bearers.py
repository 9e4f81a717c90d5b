"""Who asks over HTTP with a token (RFC 6750), and in which words."""

from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from twisted_chat.doors.web.answer import Answer, of_refusal
from twisted_chat.doors.web.request import Question
from twisted_chat.doors.web.whence import header
from twisted_chat.limits import PARAMETERS
from twisted_chat.refused import BadRequest, Refused, WrongPassword
from twisted_chat.visits import TooFast, Visitor, Visits

if TYPE_CHECKING:
    from twisted_chat.doors.web.channel import WebFactory

Ask = Callable[[Visitor, Question], Coroutine[Any, Any, Answer]]
"""Answers what somebody asks for whose token is good."""


class Bearers:
    """Answers those whose token is good, and tells the others why not."""

    def __init__(self, factory: "WebFactory") -> None:
        self._factory = factory
        self._visits = Visits(factory.house)

    async def answer(self, question: Question, ask: Ask) -> Answer:
        """Answer, if it is somebody's question."""
        try:
            address = self._factory.whence(question).address
            visitor = self._visits.visitor(_token(question), address)
            return await ask(visitor, question)
        except (WrongPassword, TooFast) as why:
            self._factory.house.figures.refused[why.code] += 1
            return _refusal(why)


def parameters_of(question: Question, known: Collection[str]) -> dict[str, str]:
    """What a question says after the ``?``, each name once; the token is nobody's business.

    :raises BadRequest: it is not in UTF-8, or there is a name that is not known, or one twice.
    """
    found: dict[str, str] = {}
    for name, value in _pairs(question):
        if name not in known:
            raise BadRequest(f"There is no parameter {name!r:.80} here, but {', '.join(known)}.")
        if name in found:
            raise BadRequest(f"The parameter {name} is there twice.")
        found[name] = value
    found.pop("token", None)
    return found


def _token(question: Question) -> str:
    scheme, _, token = header(question, "authorization").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return dict(_pairs(question)).get("token", "")


def _pairs(question: Question) -> list[tuple[str, str]]:
    query = question.uri.partition(b"?")[2]
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=PARAMETERS,
        )
    except ValueError:
        raise BadRequest(
            f"What follows the ? is no list of {PARAMETERS} parameters at most, in UTF-8."
        ) from None


def _refusal(why: Refused) -> Answer:
    answer = of_refusal(why)
    also = (
        {"Retry-After": str(why.seconds)}
        if isinstance(why, TooFast)
        else {"WWW-Authenticate": "Bearer"}
    )
    return replace(answer, headers={**answer.headers, **also})
