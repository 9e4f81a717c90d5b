"""Hooks: a program says something in a room with one request, and a token for who it is."""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote_to_bytes

import msgspec

from twisted_chat.answers import Error
from twisted_chat.doors.web.answer import Answer, of_json
from twisted_chat.doors.web.bearers import Bearers, parameters_of
from twisted_chat.doors.web.request import Coming, Question
from twisted_chat.doors.web.whence import header
from twisted_chat.limits import ID_CHARS
from twisted_chat.refused import BadRequest
from twisted_chat.text import clean
from twisted_chat.visits import Visitor

if TYPE_CHECKING:
    from twisted_chat.doors.web.channel import WebFactory

_TEXT = ("", "text/plain", "application/x-www-form-urlencoded")
"""What is text: the last one is what ``curl -d`` says of all that it sends."""

_CODES = {"not_saved": 503}
"""The status of what was refused on its way to the record, and was counted there; else 403."""


class Hook(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be said; with an ``id`` it is safe to repeat, and said once."""

    text: str
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=ID_CHARS)] = msgspec.field(default="")


class Hooked(msgspec.Struct, frozen=True):
    """It is on record, under this number."""

    seq: int


class Hooks:
    """Answers at ``hook/NAME``, where the name is a room's, without its ``#``."""

    def __init__(self, factory: "WebFactory", bearers: Bearers) -> None:
        self._bearers = bearers
        factory.site.add(b"/hook/", b"POST", self.hook)

    def hook(self, question: Question) -> Coming:
        """Say something in a room."""
        return self._bearers.answer(question, self._say)

    async def _say(self, visitor: Visitor, question: Question) -> Answer:
        parameters_of(question, ("token",))
        room, said = _room(question.path), _read(question)
        answer = await visitor.say(room, said.text, said.id)
        if isinstance(answer, Error):
            code = _CODES.get(answer.code, 403)
            return of_json({"code": answer.code, "text": answer.text}, code)
        return of_json({"seq": answer.seq})


def _room(path: bytes) -> str:
    return _text(unquote_to_bytes(path.rpartition(b"/")[2]), "The room's name")


def _read(question: Question) -> Hook:
    kind = header(question, "content-type").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            return msgspec.json.decode(question.body, type=Hook)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as why:
            raise BadRequest(clean(f"That is no hook: {why}")) from None
    if kind not in _TEXT:
        raise BadRequest("Send text/plain, or application/json with a text.")
    return Hook(_text(question.body, "The text"))


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRequest(f"{what} is not in UTF-8.") from None
