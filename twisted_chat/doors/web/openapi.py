"""The page about hooks and the API for programs: OpenAPI 3.1, made of what the code reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from twisted_chat.doors.web.hooks import Hook, Hooked
from twisted_chat.verbs import TABLE

_SCHEMAS = "#/components/schemas/{name}"

_WHY = {
    400: "It is no such request; the text says why.",
    401: "The token is good for nothing.",
    403: "It may not be: its owner is banned or muted, a filter stops it, and so on.",
    404: "There is no such room, or none that the token's owner may know of.",
    413: "It is too long.",
    429: "The token's owner asks too often, or the room is slow.",
    500: "A fault in the server.",
    503: "It cannot be saved, or too much waits to be. Try again later.",
}


_TEXT: Mapping[str, Any] = {"schema": {"type": "string"}}


class Refusal(msgspec.Struct, frozen=True):
    """Why not: ``code`` is stable, ``text`` is for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a question may say after the ``?``."""

    name: str
    text: str
    field: str = ""
    """The field of the request that it is, where that is called something else."""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """A question below ``api/``."""

    name: str
    verb: str
    """The verb that it stands for."""
    text: str
    parameters: tuple[Parameter, ...]
    answer: type[Any]

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the verb's request, by the names of the parameters."""
        return {one.name: one.field or one.name for one in self.parameters}


def document(questions: Iterable[Described]) -> bytes:
    """The whole page, as JSON."""
    questions = tuple(questions)
    kinds = [Hook, Hooked, Refusal, *(question.answer for question in questions)]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_SCHEMAS)
    page = {
        "openapi": "3.1.0",
        "info": {
            "title": "twisted_chat",
            "version": "1",
            "summary": "Hooks that say something in a room, and questions about what was said.",
        },
        "servers": [{"url": ".."}],
        "security": [{"bearer": []}, {"token": []}],
        "paths": {
            "/hook/{room}": {"post": _hook()},
            **{f"/api/{one.name}": {"get": _question(one)} for one in questions},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "token": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }
    return msgspec.json.format(msgspec.json.encode(page), indent=2) + b"\n"


def _hook() -> Mapping[str, Any]:
    room = {
        "name": "room",
        "in": "path",
        "required": True,
        "description": "The room's name; its # may be left out.",
        "schema": {"type": "string"},
    }
    return {
        "operationId": "hook",
        "summary": "Say something in a room.",
        "parameters": [room],
        "requestBody": {
            "required": True,
            "content": {
                "text/plain": _TEXT,
                "application/x-www-form-urlencoded": _TEXT,
                "application/json": _schema(Hook),
            },
        },
        "responses": _responses("It is on record.", Hooked),
    }


def _question(question: Described) -> Mapping[str, Any]:
    fields = _fields(question.verb)
    return {
        "operationId": question.name,
        "summary": question.text,
        "parameters": [
            {
                "name": one.name,
                "in": "query",
                "required": one.required,
                "description": one.text,
                "schema": fields[one.field or one.name],
            }
            for one in question.parameters
        ],
        "responses": _responses("What was asked for.", question.answer),
    }


def _responses(done: str, answer: type[Any]) -> Mapping[str, Any]:
    responses = {200: _response(done, answer)}
    responses.update((code, _response(why, Refusal)) for code, why in _WHY.items())
    responses[401]["headers"] = {"WWW-Authenticate": {"schema": {"const": "Bearer"}}}
    responses[429]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    # What is far too long is not looked at, whatever is asked for.
    responses[413]["content"]["text/plain"] = _TEXT
    return {str(code): response for code, response in responses.items()}


def _response(text: str, kind: type[Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": _schema(kind)}}


def _schema(kind: type[Any]) -> Mapping[str, Any]:
    return {"schema": {"$ref": _SCHEMAS.format(name=kind.__name__)}}


def _fields(verb: str) -> Mapping[str, Any]:
    """What the fields of a verb's request have to be, where they are there."""
    request = TABLE.named(verb).request
    _, schemas = msgspec.json.schema_components([request], schema_hook=_as_text)
    fields = schemas[request.__name__]["properties"]
    return {name: _there(field) for name, field in fields.items()}


def _as_text(kind: type[Any]) -> dict[str, Any]:
    """What cleans a text, or reads a name, is a string for who sends it."""
    return {"type": "string"}


def _there(field: dict[str, Any]) -> Mapping[str, Any]:
    kinds: list[dict[str, Any]] = field.get("anyOf", [field])
    return next(kind for kind in kinds if kind != {"type": "null"})
