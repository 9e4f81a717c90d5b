"""The table of verbs: from what is typed, or sent as JSON, to a request."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Union

import msgspec

from twisted_chat.answers import HelpLine
from twisted_chat.refused import BadRequest, UnknownVerb
from twisted_chat.text import clean
from twisted_chat.verbs.explained import EXPLAINED
from twisted_chat.verbs.verb import (
    Hello,
    Request,
    RequestId,
    Typed,
    Verb,
    read_count,
    read_field,
    write_field,
    wrong_usage,
)

_DURATION = re.compile(r"(?:\d+[smhdw])+(?: |$)", re.IGNORECASE)


class _Addressed(msgspec.Struct):
    id: RequestId | None = None


class Table:
    """The verbs there are, in the order in which help lists them.

    :param chapters: the verbs by what they are about; the first chapter is help's first page.
    """

    def __init__(self, chapters: Mapping[str, Iterable[Verb]]) -> None:
        self.chapters = {name: tuple(verbs) for name, verbs in chapters.items()}
        self.verbs = tuple(verb for verbs in self.chapters.values() for verb in verbs)
        self._by_word = {word: verb for verb in self.verbs for word in (verb.name, *verb.short)}
        self._by_request = {verb.request: verb for verb in self.verbs}
        requests = Union[(Hello, Typed, *self._by_request)]  # type: ignore[valid-type,name-defined]
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

    def help(self, wanted: str = "") -> list[HelpLine]:
        """The lines of help about a verb, or a chapter; the first one tells of the others.

        :raises UnknownVerb: there is no such verb, nor chapter.
        """
        first = next(iter(self.chapters))
        if wanted and wanted not in self.chapters:
            return [_help_about(self.named(wanted))]
        lines = [verb.help for verb in self.chapters[wanted or first]]
        if wanted in ("", first):
            lines += [
                _pointer(name, verbs) for name, verbs in self.chapters.items() if name != first
            ]
        return lines

    def parse(self, line: str) -> Request:
        """The request that a person means by a line: a verb, or something to say.

        A verb with spaces before it is that verb: what follows it may be a password.

        :raises Refused: no such verb, or a wrong usage of it.
        """
        begun = line.lstrip()
        if begun != line and self._is_verb(begun):
            line = begun
        if not line.startswith("/"):
            return self._request(self.named("say"), {"text": line})
        if line.startswith("//"):
            return self._request(self.named("say"), {"text": line[1:]})
        word, rest = [*line[1:].split(None, 1), "", ""][:2]
        verb = self.named(word.casefold())
        return self._request(verb, _arguments(verb, rest.strip()))

    def meant_by(self, typed: Typed) -> Request:
        """The request that a person means by what they typed into a program.

        :raises Refused: no such verb, or a wrong usage of it.
        """
        return msgspec.structs.replace(self.parse(typed.text), id=typed.id)

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

    def _is_verb(self, line: str) -> bool:
        """Whether there is the verb with which a line begins."""
        slash, words = line[:1], line[1:].split(None, 1)
        return slash == "/" and bool(words) and words[0].casefold() in self._by_word

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


def _help_about(verb: Verb) -> HelpLine:
    short = ", ".join(f"/{word}" for word in verb.short)
    return HelpLine(
        usage=verb.usage,
        text=f"{verb.text} Also: {short}." if short else verb.text,
        more=EXPLAINED.get(verb.name, msgspec.UNSET),
    )


def _pointer(chapter: str, verbs: Iterable[Verb]) -> HelpLine:
    names = ", ".join(verb.name for verb in verbs)
    return HelpLine(usage=f"/help {chapter}", text=f"More: {names}.")


_FREE = ("TEXT", "REASON", "HOW", "PATTERN", "TIME")
"""Words of a usage that take the rest of a line, where they end it."""

_NUMBERS = ("SEQ", "N")


def _arguments(verb: Verb, rest: str) -> dict[str, object]:
    """What was typed after a verb, by the fields that its usage names."""
    fields, rest = _trailing(verb, rest)
    words = [word for word in verb.words if ":" not in word]
    for position, word in enumerate(words):
        name = word.strip("[]")
        if not rest:
            break
        last = position == len(words) - 1
        if not _fits(word, rest, last):
            continue
        if name in _FREE and last:
            value, rest = rest, ""
        else:
            value, _, rest = rest.partition(" ")
            rest = rest.lstrip()
        fields[_field(name)] = _value(verb, name, value)
    if rest:
        raise wrong_usage(verb)
    return fields


def _trailing(verb: Verb, rest: str) -> tuple[dict[str, object], str]:
    """The options at the end of a line, as ``in:#room``, and what stands before them."""
    options = dict(word.strip("[]").split(":") for word in verb.words if ":" in word)
    fields: dict[str, object] = {}
    while options:
        before, _, word = rest.rpartition(" ")
        option, colon, value = word.partition(":")
        if not (before and colon and value and option in options):
            break
        name = options.pop(option)
        fields[option if option in verb.fields else _field(name)] = _value(verb, name, value)
        rest = before.rstrip()
    return fields, rest


def _fits(word: str, rest: str, last: bool) -> bool:
    """Whether what comes next is meant for a word of the usage that may be left out.

    After the last word it can be meant for nothing else: who gets a time wrong is told how it is
    written.
    """
    if word == "[#ROOM]":
        return rest[0] in "#@*"
    return word != "[TIME]" or last or _DURATION.match(rest) is not None


def _field(name: str) -> str:
    return "on" if name == "on|off" else name.lower().removeprefix("#")


def _value(verb: Verb, name: str, value: str) -> object:
    if "|" in name:
        if value not in ("on", "off"):
            raise wrong_usage(verb)
        return value == "on"
    if name in _NUMBERS:
        if not value.isascii() or not value.isdigit():
            raise wrong_usage(verb)
        return read_count(value)
    return value
