"""What a name is: which ones may be had, and which ones are, or look, the same.

PRECIS (RFC 8265, the username profiles) says which characters may stand in a name and when two
names are equal; the confusables of Unicode Technical Standard 39 say which ones look alike.
"""

import unicodedata
from functools import lru_cache

from confusable_homoglyphs import categories, confusables
from precis_i18n import get_profile

from twisted_chat.limits import MARKS_IN_A_ROW, NAME_CHARS, NAMES_REMEMBERED, ROOM_CHARS

RESERVED = (
    *("admin", "administrator", "moderator", "operator", "root", "server", "system", "sysop"),
    *("chat", "twisted_chat", "support", "security", "everyone", "all", "here", "nobody", "q"),
)
"""What somebody would call himself who wants to be taken for more than he is."""

_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
"""Scripts that are written together (UTS 39, section 5.2, "highly restrictive")."""


class Unusable(ValueError):
    """A name that nobody can have; its text says why."""


class Name:
    """The name of a user or, with its ``#``, of a room; equal where PRECIS says so, case aside.

    :param shown: as its owner writes it.
    :param key: as it is compared.
    """

    # No dataclass: msgspec would read and write it as an object, and on the wire it is a string.
    __slots__ = ("key", "shown")

    def __init__(self, shown: str, key: str) -> None:
        self.shown = shown
        self.key = key

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def looks(self) -> frozenset[str]:
        """What it looks like, in either case: names that share one of these look alike."""
        shapes = (skeleton(text).casefold() for text in (self.shown, self.key))
        # Once more, as capitals have other look-alikes than small letters.
        return frozenset(skeleton(shape) for shape in shapes)


class RoomName(Name):
    """The name of a room."""

    __slots__ = ()


def user_name(text: str) -> Name:
    """The name that somebody asks for.

    :raises Unusable: nobody can have it.
    """
    return Name(*_parsed(text.strip(), NAME_CHARS))


def room_name(text: str) -> RoomName:
    """The room that somebody means; its ``#`` may be left out.

    :raises Unusable: no room can be called that.
    """
    shown, key = _parsed(text.strip().removeprefix("#"), ROOM_CHARS - 1)
    return RoomName("#" + shown, "#" + key)


def skeleton(text: str) -> str:
    """What the text looks like: equal for two texts that can be taken for each other.

    UTS 39, section 4, over the pairs of the confusables table.
    """
    decomposed = unicodedata.normalize("NFD", text)
    for dotted in "ij":
        # A dot on top of the one that they have is not seen.
        decomposed = decomposed.replace(dotted + "\N{COMBINING DOT ABOVE}", dotted)
    return unicodedata.normalize("NFD", "".join(_prototype(char) for char in decomposed))


@lru_cache(maxsize=4096)
def _prototype(char: str) -> str:
    """The one that stands for all that look like this character."""
    alike = _alike(char)
    if len(alike) != 1:
        return char
    (other,) = alike
    return other if len(_alike(other)) > 1 else min(char, other)


def _alike(text: str) -> list[str]:
    pairs = confusables.confusables_data.get(text, [])
    return [pair["c"].strip("\N{LEFT-TO-RIGHT MARK}") for pair in pairs]


@lru_cache(maxsize=NAMES_REMEMBERED)
def _parsed(text: str, most: int) -> tuple[str, str]:
    """The name as shown and as compared."""
    if not text:
        raise Unusable("A name needs at least one letter or digit.")
    if len(text) > most:
        raise Unusable(f"That name is too long: {most} characters at most.")
    shown = _enforced("UsernameCasePreserved", text)
    key = _enforced("UsernameCaseMapped:CaseFold", shown)
    if len(shown) > most:
        raise Unusable(f"That name is too long: {most} characters at most.")
    _check_characters(shown)
    _check_scripts(shown)
    return shown, key


def _enforced(profile: str, text: str) -> str:
    try:
        enforced: str = get_profile(profile).enforce(text)
    except UnicodeEncodeError:
        raise _not_allowed() from None
    return enforced


def _not_allowed() -> Unusable:
    return Unusable("A name is one word of letters and digits, with - _ . in it.")


def _check_characters(shown: str) -> None:
    marks = 0
    for position, char in enumerate(shown):
        kind = unicodedata.category(char)
        marks = marks + 1 if kind[0] == "M" else 0
        fits = kind[0] == "L" or kind == "Nd" or (position > 0 and (marks or char in "-_."))
        if not fits or marks > MARKS_IN_A_ROW:
            raise _not_allowed()


def _check_scripts(shown: str) -> None:
    scripts = categories.unique_aliases(shown) - {"COMMON", "INHERITED"}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        raise Unusable("A name does not mix letters of different scripts.")
