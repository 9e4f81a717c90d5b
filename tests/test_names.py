"""Which names may be had, and which ones are, or look, the same."""

import tracemalloc
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twisted_chat.limits import MARKS_IN_A_ROW, NAME_CHARS, NAMES_REMEMBERED, ROOM_CHARS
from twisted_chat.names import RESERVED, Name, RoomName, Unusable, room_name, skeleton, user_name

MARKS = "\u0316\u0317\u0318\u0319"
"""Combining marks that no letter is composed with."""

WHOLE_SCRIPT = ("Cocoa", "Сосоа")
"""Latin, and a look-alike of Cyrillic letters alone."""


@pytest.mark.parametrize(
    "text",
    [
        *("Alex", "a", "7of9", "Jean-Luc", "o.k_", "Zoë", "İbrahim", "Straße", "山田", "ひろし"),
        *("Ольга", "Αθηνά", "김민준", "محمد", "עדה", "हिन्दी", "山田Kenta"),
    ],
)
def test_takes_a_name_of_any_script(text: str) -> None:
    """Letters and digits of any script make a name, shown as its owner writes it."""
    assert str(user_name(text)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "text",
    [
        *("a b", "a\tb", "a\0b", "a\x1b[31mb", "a\x7fb", "a\x9bb", "a\nb", "a\rb", "{who}", "a:b"),
        *("#room", "a@b", "-a", ".a", "_a", "\u0301a", "a/b", "a\u200bb", "a\u202eb", "a\u2066b"),
        *("a\u200db", "a\ufeffb", "a\xadb", "😀", "a\ud800b", "\ue000", "²", "Ⅷ", "a\u2028b"),
    ],
)
def test_refuses_what_is_no_letter_or_digit(text: str) -> None:
    """Control, zero width, bidi, symbols and punctuation have no place in a name."""
    with pytest.raises(Unusable, match="A name is one word of letters and digits"):
        user_name(text)


@pytest.mark.parametrize("text", ["", " ", "\t", "\u3000"])
def test_refuses_no_name_at_all(text: str) -> None:
    """The reason says what is needed."""
    with pytest.raises(Unusable, match="at least one letter or digit"):
        user_name(text)


def test_takes_no_notice_of_space_around_a_name() -> None:
    """A slip of the thumb is no part of the name."""
    assert str(user_name("  Alex ")) == "Alex"


@pytest.mark.parametrize("letter", ["a", "ж", "字", "\U00020000"])
def test_takes_a_name_of_as_many_characters_as_one_may_have(letter: str) -> None:
    """At the bound it is a name, and one more is too many, in any script."""
    assert str(user_name(letter * NAME_CHARS)) == letter * NAME_CHARS
    with pytest.raises(Unusable, match="32 characters at most"):
        user_name(letter * (NAME_CHARS + 1))


@pytest.mark.parametrize("letter", ["r", "字"])
def test_takes_a_room_of_as_many_characters_as_one_may_have(letter: str) -> None:
    """At the bound, the sign included, it is a room, and one more is too many."""
    most = letter * (ROOM_CHARS - 1)
    assert str(room_name(f"#{most}")) == str(room_name(most)) == f"#{most}"
    with pytest.raises(Unusable, match="63 characters at most"):
        room_name(f"#{most}{letter}")


def test_takes_so_many_marks_on_one_letter() -> None:
    """At the bound it is a name; one more climbs into the line above."""
    assert str(user_name("a" + MARKS[:MARKS_IN_A_ROW])) == "a" + MARKS[:MARKS_IN_A_ROW]
    with pytest.raises(Unusable):
        user_name("a" + MARKS[: MARKS_IN_A_ROW + 1])


def test_counts_the_marks_of_each_letter_for_itself() -> None:
    """A name with many marks, and few on each letter, is a name."""
    assert user_name(("a" + MARKS[:MARKS_IN_A_ROW]) * 3).key == ("a" + MARKS[:MARKS_IN_A_ROW]) * 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alex", "aLEX"),
        ("Straße", "STRASSE"),
        ("ａｌｅｘ", "alex"),
        ("Zoe\u0308", "ZOË"),
        ("ΣΑΣ", "σας"),
    ],
)
def test_compares_without_case_and_form(one: str, other: str) -> None:
    """PRECIS takes these for one name, and so do sets and dicts."""
    assert user_name(one) == user_name(other)
    assert len({user_name(one), user_name(other)}) == 1


def test_is_no_other_name_and_no_text() -> None:
    """A name equals nothing but a name."""
    assert user_name("Alex") != user_name("Sam")
    assert user_name("Alex") != "alex"


def test_tells_a_room_from_a_user() -> None:
    """The sign is part of a room's name."""
    assert room_name("alex") != user_name("alex")
    assert repr(room_name("Dev")) == "RoomName('#Dev')"


@pytest.mark.parametrize("text", ["аdmin", "rооt", "Αlex", "aлex", "aあж"])
def test_refuses_letters_of_scripts_that_are_not_written_together(text: str) -> None:
    """Latin with a Cyrillic or Greek letter is nobody's name."""
    with pytest.raises(Unusable, match="different scripts"):
        user_name(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("Alex", "A1ex"), ("Alex", "AIex"), ("root", "r00t"), ("admin", "adrnin")),
        *(("admin", "admın"), ("admin", "ɑdmin"), ("admin", "admi\u0307n"), WHOLE_SCRIPT),
    ],
)
def test_sees_that_two_names_look_alike(one: str, other: str) -> None:
    """Different names, and one look."""
    assert user_name(one) != user_name(other)
    assert user_name(one).looks & user_name(other).looks


@pytest.mark.parametrize(
    ("one", "other"), [("Alex", "Alec"), ("Zoe", "Zoë"), ("Sam", "Sam2"), ("ab", "ba")]
)
def test_sees_that_two_names_look_different(one: str, other: str) -> None:
    """Nobody is refused a name for one that cannot be taken for it."""
    assert not user_name(one).looks & user_name(other).looks


def test_looks_like_itself_in_either_case() -> None:
    """A name in capitals shares a look with the same in small letters."""
    assert user_name("ALICE").looks & user_name("alice").looks


@given(st.text(max_size=8))
def test_has_one_look_whatever_its_form(text: str) -> None:
    """Composed or decomposed, a text looks the same."""
    nfd, nfc = unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text)
    assert skeleton(nfd) == skeleton(nfc)


@given(st.text(max_size=NAME_CHARS))
def test_is_clean_or_refused(text: str) -> None:
    """Any text: a name that is taken is printable, in bounds, and the same when asked again."""
    try:
        name = user_name(text)
    except Unusable:
        return
    assert name.shown.isprintable()
    assert 1 <= len(name.shown) <= NAME_CHARS
    assert user_name(name.shown).key == name.key


def test_is_clean_or_refused_for_every_code_point() -> None:
    """Every code point of the BMP inside a name."""
    assert [
        name for code in range(0x10000) if not (name := _shown(f"a{chr(code)}a")).isprintable()
    ] == []


def test_reserves_names_that_could_be_had() -> None:
    """Each of them is a name, and so somebody would try it."""
    assert [str(user_name(name)) for name in RESERVED] == list(RESERVED)


def test_is_no_object_on_the_wire() -> None:
    """msgspec asks how to write it, and gets the string."""
    shown = msgspec.json.encode([Name("Alex", "alex"), RoomName("#a", "#a")], enc_hook=str)
    assert shown == b'["Alex","#a"]'


def _shown(text: str) -> str:
    try:
        return str(user_name(text))
    except Unusable:
        return ""


def test_reads_a_name_as_before_however_many_came_between() -> None:
    """What is remembered of names is bounded, and changes none of them."""
    before = [(str(name), name.key) for name in map(user_name, ("Alex", "ALEX", "Straße"))]
    tracemalloc.start()
    try:
        _, once, twice = (_memory_after(start) for start in (10_000, 20_000, 30_000))
    finally:
        tracemalloc.stop()
    assert twice < 1.1 * once
    assert [(str(name), name.key) for name in map(user_name, ("Alex", "ALEX", "Straße"))] == before


def _memory_after(first: int) -> int:
    """The memory that is kept, in bytes, once as many names as are remembered were read."""
    for number in range(first, first + NAMES_REMEMBERED):
        user_name(f"name{number}")
    return tracemalloc.get_traced_memory()[0]
