"""What parsers are given at first: the lines of the protocol page, and what is nasty in them."""

import re
from pathlib import Path

import msgspec

from twisted_chat import answers, events

_PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
_TRANSCRIPTS = re.findall(r"```transcript (\w+)\n(.*?)```", _PAGE, re.DOTALL)


def _lines(kind: str, side: str) -> list[bytes]:
    """What one side says in the transcripts of a kind, each line once."""
    spoken = (line for of, block in _TRANSCRIPTS if of == kind for line in block.splitlines())
    return list(dict.fromkeys(line[2:].encode() for line in spoken if line.startswith(side)))


PAGES = [
    end.join(line[2:].encode() for line in block.splitlines() if line.startswith(">")) + end
    for _, block in _TRANSCRIPTS
    for end in (b"\n", b"\r\n", b"\r\0")
]
"""What a peer sends, from its first byte to its last."""

TYPED = _lines("person", ">") + [
    f"{usage}\n".encode() for usage in re.findall(r"^\| `(/[^`]+)` ", _PAGE, re.MULTILINE)
]
"""Lines of people, and the usages of verbs, which are lines too."""

REQUESTS = _lines("program", ">")
"""Lines of programs."""


MADE_UP = {"id": "t-1", "seq": 7, "time": 1.7e9}


def _sample(kind: type[msgspec.Struct]) -> bytes:
    """An object with all its fields, as far as they can be made up."""
    shape = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"]
    fields = {name: MADE_UP.get(name) or _filled(form) for name, form in shape.items()}
    return msgspec.json.encode({**fields, "type": kind.__struct_config__.tag})


def _filled(form: dict[str, object]) -> object:
    match form.get("type"):
        case "integer":
            return 3
        case "number":
            return 1.7e9
        case "boolean":
            return True
        case "array":
            return []
    return "#dev"


def _kinds(base: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    found = [one for kind in base.__subclasses__() for one in (kind, *_kinds(kind))]
    return [kind for kind in found if isinstance(kind.__struct_config__.tag, str)]


EVENTS = [_sample(kind) for kind in _kinds(events.Event)]
"""One event of each kind."""

HEARD = [
    *(line for line in _lines("program", "<") if line.startswith(b"{")),
    *EVENTS,
    *map(_sample, _kinds(answers.Answer)),
]
"""Lines of the server to programs."""

WORDS = [
    *(b"Alex", b"#dev", b"account:Sam", b"name:Sam", b"10.0.0.0/8", b"2001:db8::/32", b"\xd0\xb0a"),
    *(b"::ffff:10.0.0.1", b"1h30m", b"12:30", b"2026-11-24 12:30+01:00", b"yesterday 9:00"),
    *(b"50 since 1h before 1234", b"since 2026-11-24", b"1d", b"/bu+y (now|later)/\nbuy now"),
    *(b"2026-02-30", b"0001-01-01 00:00-12:00", b"/(a/", b"/[b-a]/", b"/a{1000}/", b"10.0.0.0/99"),
    *(b"buy now\nBUY  now!", b"e\xcc\x81", "\u202eß\u200d日本".encode(), b"1700000000.5"),
]
"""Names, times, masks, patterns: each parser is given those of the others too."""

NASTY = [
    *(b"\r", b"\n", b"\0", b"\r\n", b"\r\0", b"\xff", b"\xff\xff", b"\xff\xf0"),
    *(b"\xff\xfa\x18\x01", b"253402300800", b"-9223372036854775808", b"18446744073709551616"),
    *(b"\xff\xfd\x01", b"\xff\xfb\x01", b"\xff\xf6", b"\xff\xf4", b"\x1b[31m", b"\x03", b"\x04"),
    *(b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"\\ud800", b"\\u0000", b"null", b"true"),
    *(b"1e999", b"-1", b"9" * 25, b"0.0", b"1e308", b"[" * 60, b'{"a":' * 40, b'"id":1,"id":2,'),
    *(b"\xc3", b"\xed\xa0\x80", b"\xf4\x8f\xbf\xbf", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xcc\x81"),
    *(b"/", b"//", b"#", b"*", b"@", b"-", b"  ", b"\t", b"q", b"on", b"off", b"%", b"'", b"(?i)"),
]
"""What does harm where somebody has not thought of it."""
