"""What people write, made safe for everybody else's terminal, log and page."""

import re
import unicodedata

# A joiner does its work between two letters of a cursive or Indic script, and inside an emoji.
# Anywhere else it is invisible, and hides one text in another.
_JOINING = re.compile(
    "(?<=[\u0600-\u0fff\u1000-\u109f\u1780-\u18af])[\u200c\u200d](?=[\u0600-\u0fff\u1000-\u109f\u1780-\u18af])"
    "|(?<=[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2600-\u27bf\U0001f000-\U0001faff])"
)
_EMOJI_TO_COME = range(0x1F000, 0x1FB00)
"""Blocks that new Unicode versions add emoji to: what this Python does not know yet may pass."""


def clean(text: str) -> str:
    """The text with nothing in it but what is printed, TAB and plain spaces.

    Every kind of space and line end becomes a space; other control characters, lone surrogates,
    private and unassigned code points become U+FFFD; invisible format characters, bidi overrides
    among them, are dropped.  Emoji sequences and the joiners of Arabic and Indic scripts stay
    whole.
    """
    if text.isprintable():
        return text
    joiners = {match.start() for match in _JOINING.finditer(text)}
    return "".join(
        char if position in joiners or char.isprintable() else _harmless(char)
        for position, char in enumerate(text)
    )


def clean_lines(text: str) -> str:
    """The same for a text of several lines, which a LF ends and not a space.

    CR LF and CR end lines as well; what is blank before the first words and after the last is left
    out.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in text:
        return clean(text).rstrip()
    lines = [clean(line).rstrip() for line in text.split("\n")]
    return "\n".join(lines).strip("\n")


def _harmless(char: str) -> str:
    category = unicodedata.category(char)
    if char == "\t" or (category == "Cn" and ord(char) in _EMOJI_TO_COME):
        return char
    if char.isspace():
        return " "
    return "" if category == "Cf" else "\N{REPLACEMENT CHARACTER}"
