"""What a filter looks for in what people say: words, or a regular expression."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twisted_chat.limits import PATTERN_CHARS, PATTERN_STEPS
from twisted_chat.patterns import Line, Pattern, read_pattern
from twisted_chat.refused import BadRequest

LINE_CHARS = 4096


def finds(pattern: str, text: str) -> bool:
    """Whether a pattern is in a text, which the text alone and a line of it answer alike."""
    what = read_pattern(pattern)
    found = what.found_in(text)
    assert what.found_in(Line(text)) is found
    return found


# Words.


@pytest.mark.parametrize(
    "text",
    [
        *("spam", "SPAM", "buy spam now", "spam!", "(spam)", "no-spam-here", "spam\u00a0now"),
        *("ｓｐａｍ", "ＳＰＡＭ", "\U0001d42c\U0001d429\U0001d41a\U0001d426", "spam😀", "“spam”"),
        *("spammer spam", "antispam, spam"),
    ],
)
def test_finds_a_word(text: str) -> None:
    """In any case and width, with anything around it that is of no word, or later in the line."""
    assert finds("Spam", text)


@pytest.mark.parametrize(
    "text",
    ["", "spammer", "antispam", "spam_1", "spam1", "1spam", "sp am", "s\u0301pam", "spamä", "spам"],
)
def test_finds_whole_words_alone(text: str) -> None:
    """A word in a longer one is another word, as is one with another letter in it."""
    assert not finds("spam", text)


@pytest.mark.parametrize(
    "text", ["buy gold", "BUY   GOLD", "buy\tgold", "buy\u3000gold", "to buy gold!"]
)
def test_finds_words_in_a_row(text: str) -> None:
    """Whatever kind of space is between them, and how much."""
    assert finds(" buy  gold ", text)


@pytest.mark.parametrize("text", ["buy", "gold buy", "buygold", "buy golden", "buy, gold"])
def test_finds_no_other_row(text: str) -> None:
    """All of them, in this order, with nothing else between them."""
    assert not finds("buy gold", text)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("straße", "STRASSE"),
        ("STRASSE", "die Straße"),
        ("café", "CAFE\u0301"),
        ("ΟΔΟΣ", "οδος"),
        ("ﬁn", "FIN"),
        ("C++", "I write c++ daily"),
        ("don't", "DON'T!"),
        ("http://x.example", "see http://x.example/now"),
        ("...", "well... no"),
        ("😀", "no😀space"),
    ],
)
def test_finds_what_is_the_same_written_otherwise(words: str, text: str) -> None:
    """As Unicode folds case, with compatibility forms; what is no letter is found as it stands."""
    assert finds(words, text)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("赌博", "来赌博吧"),
        ("赌博", "赌博"),
        ("スパム", "これはスパムです"),
        ("スパム", "これはｽﾊﾟﾑです"),
        ("หวย", "ซื้อหวยไหม"),
        ("赌博", "buy赌博now"),
        ("now", "来now吧"),
        ("ໂຊກ", "ຂໍໃຫ້ໂຊກດີ"),
    ],
)
def test_finds_words_of_scripts_without_spaces(words: str, text: str) -> None:
    """Chinese, Japanese, Thai and Lao: where a word ends nobody can tell."""
    assert finds(words, text)


@pytest.mark.parametrize(
    ("words", "text"),
    [("หวย", "หวย\u0e49"), ("か", "か\u3099"), ("도박", "도박사"), ("赌博", "赌了博"), ("ก", "กำ")],
)
def test_tells_a_letter_from_one_with_a_mark(words: str, text: str) -> None:
    """A mark belongs to the letter before it; and Korean has spaces."""
    assert not finds(words, text)


@pytest.mark.parametrize("words", ["aa", "a aa", "aa\u0301"])
@pytest.mark.parametrize("text", ["a" * LINE_CHARS, "aaa " * 1000, "a\u0301" * 2000, "ａ" * 4000])
def test_looks_once_at_each_word(words: str, text: str) -> None:
    """However often a line nearly has what is looked for."""
    looks: list[int] = []

    class Counted(Line):
        def is_whole(self, start: int, end: int) -> bool:
            looks.append(start)
            return super().is_whole(start, end)

    assert not read_pattern(words).found_in(Counted(text))
    assert len(looks) <= len(text.split())


# Expressions.


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("/sp[a4]m/", "no SP4MMER"),
        ("/^hello$/", "hello"),
        ("/b[uü]y/", "BÜY"),
        (r"/\d{4}-\d{4}/", "call 5555-1234"),
        (r"/\p{Han}/", "你"),
        ("/a.c/", "aéc"),
        ("/(?-i)SPAM/", "SPAM"),
        ("/ x /", "a x b"),
        ("/[/]/", "a/b"),
        ("///", "http://"),
    ],
)
def test_finds_what_matches(pattern: str, text: str) -> None:
    """Anywhere in the text, and in any case."""
    assert finds(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("/^hello$/", "hello!"), ("/(?-i)SPAM/", "spam"), ("/a.c/", "abbc"), ("/ /", "a")],
)
def test_finds_nothing_else(pattern: str, text: str) -> None:
    """Case counts where an expression says so."""
    assert not finds(pattern, text)


def test_finds_it_in_half_a_character() -> None:
    """What cannot be encoded is as good as a question mark."""
    assert finds("/a.b/", "a\ud800b")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("/(/", "missing ): "),
        ("/[z-a]/", "invalid character class range: z-a"),
        (r"/(a)\1/", r"invalid escape sequence: \1"),
        ("/(?=a)/", "invalid perl operator: (?="),
        ("/a{1001}/", "invalid repetition size: {1001}"),
        ("/*/", "no argument for repetition operator: *"),
        ("/\\/", "trailing \\"),
    ],
)
def test_says_why_it_is_no_expression(pattern: str, reason: str) -> None:
    """In RE2's own words, in one line."""
    with pytest.raises(BadRequest) as refused:
        read_pattern(pattern)
    assert refused.value.text.startswith("That is no regular expression: ")
    assert reason.strip() in refused.value.text
    assert "\n" not in refused.value.text


def test_says_so_to_nobody_else(capfd: pytest.CaptureFixture[str]) -> None:
    """RE2 would write it to the server's standard error."""
    with pytest.raises(BadRequest):
        read_pattern("/(spam/")
    assert capfd.readouterr() == ("", "")


def test_does_no_work_for_groups() -> None:
    """Nobody asks what is in them."""
    assert read_pattern("/(s)(p)am/").steps == read_pattern("/spam/").steps


@pytest.mark.parametrize(
    "pattern",
    [
        "/a*/",
        "/^/",
        "/$/",
        "/(|spam)/",
        r"/\b/",
        r"/\B/",
        "/(?m)^/",
        "/.{0}/",
        "/^$/",
        "/()/",
        "//",
    ],
)
def test_refuses_what_every_text_has(pattern: str) -> None:
    """Whatever is on both sides of the place: with it nobody could say anything."""
    with pytest.raises(BadRequest, match="matches the empty text"):
        read_pattern(pattern)


def too_large(pattern: str) -> bool:
    """Whether an expression is refused because it has too many steps."""
    try:
        read_pattern(pattern)
    except BadRequest as why:
        return why.text == "That regular expression is too large. Make it shorter."
    return False


def test_bounds_the_steps_of_an_expression() -> None:
    """At the bound it is taken, and one more is refused."""
    most = next(n for n in range(1000) if too_large(f"/b{{{n + 1}}}/"))
    assert read_pattern(f"/b{{{most}}}/").steps == PATTERN_STEPS
    assert read_pattern("/b/").steps < 10


def test_bounds_the_memory_of_an_expression() -> None:
    """All letters of Unicode fit into it once, and are too many steps; five times do not."""
    with pytest.raises(BadRequest, match=r"^That regular expression is too large\."):
        read_pattern(r"/\pL/")
    with pytest.raises(BadRequest, match=r"^That is no regular expression: pattern too large"):
        read_pattern(r"/\pL{5}/")


@pytest.mark.parametrize(
    "pattern", [r"/\pL{50}/", "/(x{30}){30}/", "/((a{9}){9}){9}/", r"/[^\pL]{200}/"]
)
def test_refuses_an_expression_that_is_too_large(pattern: str) -> None:
    """However few letters it is written with, also where RE2 itself has not enough memory."""
    with pytest.raises(BadRequest, match=r"too large|no regular expression: pattern too large"):
        read_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["/(a+)+$/", "/(a|a)*b/", "/(a|aa)+$/", "/(.*a){12}b/", "/(x+x+)+y/", "/^(([a-z])+.)+[A-Z]$/"],
)
def test_is_not_held_up_by_an_expression(pattern: str) -> None:
    """Those that take Python's own longer than the server lives; its timeout ends this test."""
    what = read_pattern(pattern)
    for text in ("a" * LINE_CHARS + "!", "x" * LINE_CHARS, "ab" * (LINE_CHARS // 2) + "!"):
        what.found_in(text)
    assert what.steps <= PATTERN_STEPS


# Either.


@pytest.mark.parametrize("text", ["", " ", "\t", "\u200b", "\u3000"])
def test_refuses_what_is_empty(text: str) -> None:
    """Of what nobody sees nothing is left."""
    with pytest.raises(BadRequest, match=r"Write a word, or a regular expression as /\.\.\./"):
        read_pattern(text)


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("end", ["a", "/"])
def test_bounds_how_long_it_is(end: str, more: int) -> None:
    """At the bound it is taken, and one more is refused."""
    text = end + "a" * (PATTERN_CHARS - 2 + more) + end
    if more:
        with pytest.raises(BadRequest, match=f"too long: {PATTERN_CHARS} characters at most"):
            read_pattern(text)
    else:
        assert str(read_pattern(text)) == text


@pytest.mark.parametrize("text", ["/", "a/b/", "/a/b", "/usr", "and/or"])
def test_takes_a_slash_for_what_it_is(text: str) -> None:
    """Only with one at each end it is an expression."""
    assert read_pattern(text).steps == 0
    assert finds(text, f"it says {text} there")


@pytest.mark.parametrize("text", ["Spam", "buy  GOLD", "/sp[a4]m/", "/(?-i)X/"])
def test_is_written_as_it_was(text: str) -> None:
    """And read again as the same."""
    assert str(read_pattern(text)) == text
    assert read_pattern(text) == read_pattern(str(read_pattern(text)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Spam", "ｓＰＡＭ", True),
        ("buy gold", "BUY \t gold", True),
        ("spam", "spams", False),
        ("spam", "/spam/", False),
        ("/spam/", "/spam/", True),
        ("/spam/", "/SPAM/", False),
    ],
)
def test_is_the_same_as_what_finds_the_same(one: str, other: str, same: bool) -> None:
    """Of words it does not matter how they are written."""
    assert (read_pattern(one) == read_pattern(other)) is same


@settings(deadline=None, database=None)
@given(st.text(max_size=PATTERN_CHARS), st.text(max_size=60))
def test_reads_any_text_or_refuses_it(text: str, line: str) -> None:
    """What it reads it can look for, in anything."""
    try:
        pattern: Pattern = read_pattern(text)
    except BadRequest:
        return
    assert pattern.found_in(line) in (True, False)
    assert read_pattern(str(pattern)) == pattern


@settings(deadline=None, database=None)
@given(st.text("ab _é之ก\u0e49\u0301ß", max_size=12), st.text("ab _é之ก\u0e49\u0301ß", max_size=5))
def test_finds_words_as_one_does_who_looks_at_each_place(text: str, words: str) -> None:
    """The same as without the passing over of what is in the middle of a word."""
    line, folded = Line(text), Line(words).folded
    if not folded:
        return
    places = range(len(line.folded) - len(folded) + 1)
    expected = any(
        line.folded[at : at + len(folded)] == folded and line.is_whole(at, at + len(folded))
        for at in places
    )
    assert finds(words, text) is expected
