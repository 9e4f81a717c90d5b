"""The table of verbs: from what is typed, or sent as JSON, to a request."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Union

import msgspec

from twisted_chat.answers import HelpLine
from twisted_chat.refused import BadRequest, UnknownVerb
from twisted_chat.text import clean
from twisted_chat.verbs.verb import (
    Hello,
    Request,
    RequestId,
    Verb,
    read_field,
    write_field,
    wrong_usage,
)


class _Addressed(msgspec.Struct):
    id: RequestId | None = None


class Table:
    """The verbs there are, in the order in which help lists them."""

    def __init__(self, verbs: Iterable[Verb]) -> None:
        self.verbs = tuple(verbs)
        self._by_word = {word: verb for verb in self.verbs for word in (verb.name, *verb.short)}
        self._by_request = {verb.request: verb for verb in self.verbs}
        requests = Union[(Hello, *self._by_request)]  # type: ignore[valid-type,name-defined]
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            requests, dec_hook=read_field
        )
        self._encoder = msgspec.json.Encoder(enc_hook=write_field)
        self._ids = msgspec.json.Decoder(_Addressed)

    def named(self, word: str) -> Verb:
        """The verb of that name or short form.

        :raises UnknownVerb: there is none; the error names the nearest.
        """
        try:
            return self._by_word[word]
        except KeyError:
            raise UnknownVerb(self._unknown(word)) from None

    def of(self, request: Request) -> Verb:
        """The verb that a request asks for."""
        return self._by_request[type(request)]

    def help(self, wanted: Verb | None = None) -> list[HelpLine]:
        """The lines of help about one verb, or about all that can be typed."""
        if wanted is None:
            return [verb.help for verb in self.verbs]
        short = ", ".join(f"/{word}" for word in wanted.short)
        text = f"{wanted.text} Also: {short}." if short else wanted.text
        return [HelpLine(usage=wanted.usage, text=text)]

    def parse(self, line: str) -> Request:
        """The request that a person means by a line: a verb, or something to say.

        :raises Refused: no such verb, or a wrong usage of it.
        """
        if not line.startswith("/"):
            return self._request(self.named("say"), {"text": line})
        if line.startswith("//"):
            return self._request(self.named("say"), {"text": line[1:]})
        word, rest = [*line[1:].split(None, 1), "", ""][:2]
        verb = self.named(word.casefold())
        return self._request(verb, _arguments(verb, rest.strip()))

    def decode(self, line: str) -> Request:
        """The request that a program sends.

        :raises Refused: it is none; the error says what is wrong and where.
        """
        try:
            request: Request = self._decoder.decode(line)
        except (msgspec.MsgspecError, RecursionError) as why:
            raise BadRequest(clean(str(why))) from None
        return request

    def id_of(self, line: str) -> str | int | None:
        """The id of a line that may be no request in any other way."""
        try:
            return self._ids.decode(line).id
        except (msgspec.MsgspecError, RecursionError):
            return None

    def encode(self, request: Request, request_id: str | int | None = None) -> bytes:
        """The request as a program sends it, without a line end."""
        if request_id is not None:
            request = msgspec.structs.replace(request, id=request_id)
        return self._encoder.encode(request)

    def _request(self, verb: Verb, fields: dict[str, object]) -> Request:
        try:
            return msgspec.convert(fields, verb.request, dec_hook=read_field)
        except msgspec.ValidationError:
            raise wrong_usage(verb) from None

    def _unknown(self, word: str) -> str:
        names = [verb.name for verb in self.verbs]
        begun = [name for name in names if name.startswith(word[:2])]
        near = get_close_matches(word, begun or names, n=1, cutoff=0)
        return f"There is no /{clean(word[:40])}. Did you mean /{near[0]}? /help lists all."


def _arguments(verb: Verb, rest: str) -> dict[str, object]:
    """What was typed after a verb, by the fields that its usage names."""
    fields: dict[str, object] = {}
    words = verb.words
    for position, word in enumerate(words):
        name = word.strip("[]")
        if not rest:
            break
        last = position == len(words) - 1
        if last and name in ("TEXT", "REASON"):
            value, rest = rest, ""
        else:
            value, _, rest = rest.partition(" ")
            rest = rest.lstrip()
        fields[_field(name)] = _on_or_off(verb, value) if "|" in name else value
    if rest:
        raise wrong_usage(verb)
    return fields


def _field(name: str) -> str:
    return "on" if name == "on|off" else name.lower()


def _on_or_off(verb: Verb, value: str) -> bool:
    if value not in ("on", "off"):
        raise wrong_usage(verb)
    return value == "on"
