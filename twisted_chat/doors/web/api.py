"""What programs ask for over HTTP: what was said, and where; a token says who they are."""

from functools import partial
from typing import TYPE_CHECKING

from twisted_chat.answers import Found, History, Rooms
from twisted_chat.doors.web.answer import JSON, Answer, of_json
from twisted_chat.doors.web.bearers import Bearers, parameters_of
from twisted_chat.doors.web.openapi import Described, Parameter, document
from twisted_chat.doors.web.request import Coming, Question
from twisted_chat.visits import Visitor

if TYPE_CHECKING:
    from twisted_chat.doors.web.channel import WebFactory

_SINCE = Parameter("since", "Since when, as 1h, 12:30 or 2026-01-31.")
_BEFORE = Parameter("before", "Before the message of this number.")

QUESTIONS = (
    Described(
        "history",
        "history",
        "What was said in a room, oldest first.",
        (
            Parameter("room", "The room; @ is what was told alone.", required=True),
            Parameter("most", "How many at most."),
            _BEFORE,
            Parameter("after", "After the message of this number."),
            _SINCE,
        ),
        History,
    ),
    Described(
        "search",
        "search",
        "Find what was said, newest first.",
        (
            Parameter("text", "What is looked for.", required=True),
            Parameter("room", "Where; without it in all that the token's owner may read."),
            Parameter("from", "Who said it.", field="name"),
            _SINCE,
            _BEFORE,
        ),
        Found,
    ),
    Described("rooms", "list", "The rooms, those with most people first.", (), Rooms),
)
"""What there is below ``api/``."""


class Api:
    """Answers below ``api/``."""

    def __init__(self, factory: "WebFactory", bearers: Bearers) -> None:
        self._bearers = bearers
        self._document = document(QUESTIONS)
        for question in QUESTIONS:
            answer = partial(self.ask, question)
            factory.site.add(f"/api/{question.name}".encode(), b"GET", answer)
        factory.site.add(b"/api/openapi.json", b"GET", self.describe)

    def ask(self, wanted: Described, question: Question) -> Coming:
        """What a verb answers."""
        return self._bearers.answer(question, partial(self._ask, wanted))

    def describe(self, question: Question) -> Answer:
        """What there is to ask for, for programs that make programs of it."""
        return Answer(self._document, kind=JSON)

    async def _ask(self, wanted: Described, visitor: Visitor, question: Question) -> Answer:
        fields = wanted.fields
        said = parameters_of(question, (*fields, "token"))
        asked = {fields[name]: value for name, value in said.items()}
        return of_json(await visitor.ask(wanted.verb, asked))
