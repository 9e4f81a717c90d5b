"""What a WebSocket puts around the text that the server sends (RFC 6455, section 5.2)."""

_TEXT = b"\x81"
"""A whole message of text in one frame."""

_SHORT, _MEDIUM = 125, 0xFFFF
"""The longest payloads whose length takes one byte, and three; a server masks nothing."""


def framed(text: bytes) -> bytes:
    """The frame for a text in UTF-8; it is the same for everybody who is sent it."""
    size = len(text)
    if size <= _SHORT:
        length = size.to_bytes(1)
    elif size <= _MEDIUM:
        length = b"\x7e" + size.to_bytes(2)
    else:
        length = b"\x7f" + size.to_bytes(8)
    return b"%b%b%b" % (_TEXT, length, text)
