"""What is answered over HTTP, with what every answer says to keep browsers safe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from twisted_chat.refused import Refused

POLICY = "; ".join(
    [
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
    ]
)
"""Content Security Policy Level 3: nothing but what is here is loaded, and no text becomes code."""

ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

TEXT, JSON = "text/plain; charset=utf-8", "application/json"

_CODES = {
    "bad_request": 400,
    "wrong_password": 401,
    "not_logged_in": 401,
    "no_such_room": 404,
    "nobody_there": 404,
    "no_such_message": 404,
    "line_too_long": 413,
    "too_long": 413,
    "too_many_tries": 429,
    "too_soon": 429,
    "something_wrong": 500,
    "too_busy": 503,
    "not_saved": 503,
}
"""The status of a refusal by its code; 403 is that of all others."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    body: bytes = b""
    code: int = 200
    kind: str = TEXT
    headers: Mapping[str, str] = field(default_factory=dict)


def of_text(text: str, code: int = 200, **headers: str) -> Answer:
    """A line for whoever asked; the names of headers are written with ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(f"{text}\n".encode(), code, headers=named)


def of_json(value: object, code: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An object for a program; nobody keeps it."""
    also = {"Cache-Control": "no-store", **(headers or {})}
    return Answer(msgspec.json.encode(value), code, JSON, also)


def phrase(code: int) -> bytes:
    """What a status is called (RFC 9110, section 15)."""
    return HTTPStatus(code).phrase.encode()


def alone(answer: Answer) -> bytes:
    """An answer as it is sent to a request that is not read to its end; nothing comes after it."""
    head = [f"HTTP/1.1 {answer.code} {phrase(answer.code).decode()}"]
    headers = {**ALWAYS, **answer.headers, "Content-Type": answer.kind, "Connection": "close"}
    head += [f"{name}: {value}" for name, value in headers.items()]
    head.append(f"Content-Length: {len(answer.body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + answer.body


def of_refusal(why: Refused) -> Answer:
    """Why something is not done."""
    return of_json({"code": why.code, "text": why.text}, _CODES.get(why.code, 403))
