"""What a filter looks for in what people say: words, or a regular expression.

Expressions are those of RE2, which runs in time proportional to the text and the expression, where
an expression of Python's own may take longer than the server lives.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol

import re2  # type: ignore[import-untyped]

from twisted_chat.limits import PATTERN_BYTES, PATTERN_CHARS, PATTERN_STEPS
from twisted_chat.refused import BadRequest
from twisted_chat.text import clean

_BOUNDARIES = (b"", b"aa  aa", b" a ")
"""All that can be on both sides of a place in a text: its end, a letter, or something else."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
)
"""Letters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, Kana and Han."""


_BREAK = re.compile("(?<![wWuU])|(?![wWuU])|(?<=[uU])(?=w)|(?=u)")
"""Where no word goes on, by the kinds of the characters: `w` is of a word, `u` is so in a script
that puts no space between words, and a mark, as a capital, goes on with what is before it."""


class Line:
    """What somebody says, as patterns look at it: each form is made once, for all of them."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def folded(self) -> str:
        """The text as words are looked for: case, width and kind of space do not count."""
        return _folded(self._text)

    @cached_property
    def encoded(self) -> bytes:
        """The text as expressions are looked for; the end of a line is a space to them."""
        return self._text.replace("\n", " ").encode("utf-8", "replace")

    def is_whole(self, start: int, end: int) -> bool:
        """Whether what is there in the folded text are whole words."""
        return self._breaks[bisect_left(self._breaks, start)] == start and (
            self._breaks[bisect_left(self._breaks, end)] == end
        )

    def next_word(self, at: int) -> int:
        """Where in the folded text the next word begins, or the space before it."""
        return self._breaks[bisect_right(self._breaks, at)]

    @cached_property
    def _breaks(self) -> list[int]:
        """Where in the folded text no word goes on.

        Words in the middle of others are passed over by it, so that a line takes no longer to
        search the more often it nearly has what is looked for.
        """
        kinds = "".join(map(_kind, self.folded))
        return [found.start() for found in _BREAK.finditer(kinds)]


class Pattern(Protocol):
    """What a filter looks for; equal to another that finds the same in the same way."""

    @property
    def steps(self) -> int:
        """How much work it is at each byte of a line, at worst."""

    def found_in(self, line: Line | str) -> bool:
        """Whether it is in what somebody says."""

    def __str__(self) -> str:
        """As it is written."""


@dataclass(frozen=True, slots=True)
class Words:
    """A word, or several in a row, that are whole words of a text, in any case."""

    written: str = field(compare=False)
    folded: str

    @property
    def steps(self) -> int:
        """Finding words is no work to speak of."""
        return 0

    def found_in(self, line: Line | str) -> bool:
        """Whether the words are in what somebody says."""
        line = _as_line(line)
        at = line.folded.find(self.folded)
        while at >= 0:
            if line.is_whole(at, at + len(self.folded)):
                return True
            at = line.folded.find(self.folded, line.next_word(at))
        return False

    def __str__(self) -> str:
        return self.written


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression, found anywhere in a text; in any case, unless it says ``(?-i)``."""

    source: str

    @property
    def steps(self) -> int:
        """The size of its program."""
        return int(self._program().programsize)

    def found_in(self, line: Line | str) -> bool:
        """Whether it matches somewhere in what somebody says."""
        return self._program().search(_as_line(line).encoded) is not None

    def __str__(self) -> str:
        return f"/{self.source}/"

    def check(self) -> None:
        """Let only one pass that can be used.

        :raises BadRequest: it is none, or too large, or finds nothing at all in every text.
        """
        try:
            program = self._program()
        except re2.error as why:
            raise BadRequest(f"That is no regular expression: {_reason(why)}.") from None
        if program.programsize > PATTERN_STEPS:
            raise BadRequest("That regular expression is too large. Make it shorter.")
        places = ((text, at) for text in _BOUNDARIES for at in range(len(text) + 1))
        if any(program.fullmatch(text, at, at) for text, at in places):
            raise BadRequest("That matches the empty text, so nobody could say anything.")

    def _program(self) -> Any:
        # Not kept here: so there are never more than RE2 keeps, however many rooms have filters.
        return re2.compile(self.source.encode(), _options())


def read_pattern(text: str) -> Pattern:
    """What a filter is to look for: ``/.../`` is a regular expression, all else are words.

    :raises BadRequest: it is empty, too long, or an expression that cannot be used.
    """
    written = clean(text).strip()
    if len(written) > PATTERN_CHARS:
        raise BadRequest(f"That is too long: {PATTERN_CHARS} characters at most.")
    if len(written) > 1 and written[0] == written[-1] == "/":
        expression = Expression(written[1:-1])
        expression.check()
        return expression
    folded = _folded(written)
    if not folded:
        raise BadRequest("Write a word, or a regular expression as /.../.")
    return Words(written, folded)


def _as_line(line: Line | str) -> Line:
    return line if isinstance(line, Line) else Line(line)


def _options() -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    options.max_mem = PATTERN_BYTES
    return options


def _reason(why: Exception) -> str:
    reason = why.args[0] if why.args else ""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return clean(text)


def _folded(text: str) -> str:
    """The text with what makes no difference taken out: case, width, kind of space.

    Unicode Standard, section 3.13, default caseless matching, with compatibility forms.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = unicodedata.normalize("NFKC", text.casefold())
    return " ".join(text.casefold().split())


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    """What a character is to words, as a letter that `_BREAK` knows."""
    category = unicodedata.category(char)[0]
    if char != "_" and category not in "LMN":
        return " "
    kind = "u" if _UNSPACED.match(char) else "w"
    return kind.upper() if category == "M" else kind
