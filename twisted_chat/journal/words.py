"""How text is compared on record: case aside, in any script, and as a word of its own."""

import re


def mend(text: str) -> str:
    """The text, with what is half a character, and can be no bytes, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def fold(text: str) -> str:
    """The text as it is looked up; one that contains another does so folded."""
    # The index takes NUL for the end of a text.
    return text.casefold().replace("\0", "\1")


def mention(name: str) -> re.Pattern[str]:
    """What finds a name, as a word of its own and not as part of another name, in a folded text."""
    return re.compile(rf"(?<!\w)(?<!\w[-.]){re.escape(fold(name))}(?!\w)(?![-.]\w)")
