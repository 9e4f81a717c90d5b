"""What a password is."""

import traceback

import pytest

from twisted_chat.accounts.passwords import chosen, prepared
from twisted_chat.limits import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS
from twisted_chat.names import user_name
from twisted_chat.refused import PasswordNotAllowed

NAME = user_name("Maximilian")


@pytest.mark.parametrize(
    "password", ["correct horse", "пароль пароль", "密码密码密码密码", "😀" * 8]
)
def test_lets_people_have_any_words(password: str) -> None:
    """In every script, with spaces, and as they are."""
    assert chosen(password, NAME) == prepared(password) == password


@pytest.mark.parametrize(
    ("typed", "same"), [("e\u0301te\u0301 2024", "été 2024"), ("ete\u30002024", "ete 2024")]
)
def test_compares_what_is_meant(typed: str, same: str) -> None:
    """However a keyboard composes its letters and spaces (RFC 8265, section 4.2.2)."""
    assert chosen(typed, NAME) == prepared(same) == same


@pytest.mark.parametrize("other", ["ETE 2024", "ete 2024 ", "ＥＴＥ 2024"])
def test_tells_apart_what_is_different(other: str) -> None:
    """Case, spaces and width count."""
    assert prepared(other) != prepared("ete 2024")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("x" * (PASSWORD_MIN_CHARS - 1), "A password has 8 characters at least."),
        ("e\u0301" * (PASSWORD_MIN_CHARS - 1), "A password has 8 characters at least."),
        ("x" * (PASSWORD_MAX_CHARS + 1), "A password has 128 characters at most."),
        ("maximilian", "Your name is the first password that others try."),
        ("MAXIMILIAN", "Your name is the first password that others try."),
        ("canary\x07canary", "A password has letters, digits, signs and spaces in it."),
        ("canary\ud800canary", "A password has letters, digits, signs and spaces in it."),
        ("", "A password has letters, digits, signs and spaces in it."),
    ],
)
def test_says_what_is_wrong_with_a_password(password: str, why: str) -> None:
    """In one sentence, which does not have it in it; nor has what led to it."""
    with pytest.raises(PasswordNotAllowed) as refused:
        chosen(password, NAME)
    assert refused.value.text == why
    assert "canary" not in "".join(traceback.format_exception(refused.value, chain=True))
    assert refused.value.__context__ is None


@pytest.mark.parametrize("length", [PASSWORD_MIN_CHARS, PASSWORD_MAX_CHARS])
def test_lets_a_password_be_as_short_and_long_as_it_may(length: int) -> None:
    """At the bounds."""
    assert chosen("x" * length, NAME) == "x" * length


def test_compares_what_others_allow() -> None:
    """A directory may know passwords that are too short here."""
    assert prepared("short") == "short"
    assert prepared("") is None
