"""What people write, made safe for everybody else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twisted_chat.text import clean, clean_lines

BMP = [chr(code) for code in range(0x10000)]
REPLACED = "\N{REPLACEMENT CHARACTER}"
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"


@pytest.mark.parametrize("text", ["", "plain", "tab\there", "Grüße, 你好, مرحبا", "e\u0301", "❤️"])
def test_leaves_what_is_printed_as_it_is(text: str) -> None:
    """Every script, marks, TAB and emoji come through unchanged."""
    assert clean(text) == text


@pytest.mark.parametrize("space", ["\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_makes_a_space_of_every_line_end(space: str) -> None:
    """One line stays one line."""
    assert clean(f"a{space}b") == "a b"


@pytest.mark.parametrize("space", ["\xa0", "\u1680", "\u2003", "\u202f", "\u205f", "\u3000"])
def test_makes_a_plain_space_of_every_kind_of_space(space: str) -> None:
    """A space looks like one and is one."""
    assert clean(f"a{space}b") == "a b"


@pytest.mark.parametrize("char", ["\0", "\a", "\b", "\x1b", "\x7f", "\x9b", "\ud800", "\ue000"])
def test_replaces_what_a_terminal_would_act_on(char: str) -> None:
    """A control character, half a surrogate pair or a private character shows that it was there."""
    assert clean(f"a{char}b") == f"a{REPLACED}b"


@pytest.mark.parametrize("char", ["\u200b", "\u202e", "\u2066", "\u2069", "\u00ad", "\ufeff"])
def test_drops_what_is_invisible(char: str) -> None:
    """Zero width and bidi overrides hide nothing."""
    assert clean(f"a{char}b") == "ab"


@pytest.mark.parametrize("text", [FAMILY, "می\u200cخواهم", "क्\u200dष"])
def test_keeps_a_joiner_where_it_does_its_work(text: str) -> None:
    """Inside an emoji and between letters of a cursive or Indic script."""
    assert clean(text) == text


@pytest.mark.parametrize("text", ["al\u200dex", "\u200dalex", "alex\u200d", "م\u200cx", "👨\u200d"])
def test_drops_a_joiner_that_joins_nothing(text: str) -> None:
    """Anywhere else it hides one text in another."""
    assert clean(text) == text.replace("\u200d", "").replace("\u200c", "")


def test_lets_through_nothing_of_the_plane_but_what_is_printed() -> None:
    """Every code point of the BMP alone: out comes TAB, or something printable, or nothing."""
    assert [char for char in BMP if not _harmless(clean(char))] == []


def test_changes_no_printable_code_point() -> None:
    """What can be printed is worth no more checks."""
    printable = "".join(char for char in BMP if char.isprintable())
    assert clean(printable) == printable


@given(st.text())
def test_finds_nothing_more_to_do_the_second_time(text: str) -> None:
    """What is clean stays as it is."""
    assert clean(clean(text)) == clean(text)


@given(st.text(st.characters(exclude_categories=["Cn"])))
def test_lets_through_nothing_that_is_not_printed(text: str) -> None:
    """Any text of what this Unicode knows: only joiners beside TAB and the printable."""
    left = clean(text).replace("\u200d", "").replace("\u200c", "")
    assert _harmless(left)


def test_lets_an_emoji_of_tomorrow_through() -> None:
    """An unassigned code point in a block of emoji may be one that is newer than this Python."""
    unassigned = next(
        c for c in map(chr, range(0x1FA00, 0x1FB00)) if unicodedata.category(c) == "Cn"
    )
    assert [clean(unassigned), clean("\U000e0fff")] == [unassigned, REPLACED]


def _harmless(text: str) -> bool:
    return text.replace("\t", "").isprintable()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_keeps_lines_apart_where_there_may_be_several(end: str) -> None:
    """However their ends are written."""
    assert clean_lines(f"a{end}  b{end}{end}c") == "a\n  b\n\nc"


@pytest.mark.parametrize("text", ["\n\n a \n\n", "\r\n a\t\r\n \r\n"])
def test_leaves_out_blank_lines_around_them(text: str) -> None:
    """And what is blank at the end of a line."""
    assert clean_lines(text) == " a"


@given(st.text(alphabet=st.sampled_from([*"\r\n\0\x1b\u2028\u202e ab"])))
def test_cleans_each_of_several_lines(text: str) -> None:
    """What comes out are lines as `clean` leaves them, and nothing else."""
    lines = clean_lines(text).split("\n")
    assert [clean(line) for line in lines] == lines
