"""Frames of WebSockets as a client sends them, the wrong ones too (RFC 6455, section 5)."""

import json

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"


def frame(
    payload: bytes = b"",
    kind: int = TEXT,
    *,
    last: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """One frame.

    :param reserved: the three bits that extensions may give a meaning.
    :param length: what it says of its own length, where that is not true.
    """
    size = len(payload) if length is None else length
    first = bytes([last << 7 | reserved << 4 | kind])
    return first + _length(size, masked) + (MASK + _masked(payload) if masked else payload)


def request(**fields: object) -> bytes:
    """A message that is a request."""
    return frame(json.dumps(fields).encode())


def hello(name: str, **more: object) -> bytes:
    """The first message of who is called that."""
    return request(type="hello", v=1, name=name, **more)


def pieces(payload: bytes, *sizes: int) -> bytes:
    """A message in frames of these sizes, and a last one with what is left."""
    frames, kind = [], TEXT
    for size in sizes:
        frames.append(frame(payload[:size], kind, last=False))
        payload, kind = payload[size:], CONTINUED
    return b"".join([*frames, frame(payload, kind)])


def handshake(target: str = "/ws", /, **headers: str | None) -> bytes:
    """The request that asks for a WebSocket; a header that is None is left out."""
    named = {
        "Host": "127.0.0.1:6780",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Origin": "http://127.0.0.1:6780",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in named.items() if value is not None]
    return "\r\n".join([f"GET {target} HTTP/1.1", *lines, "", ""]).encode()


def _length(size: int, masked: bool) -> bytes:
    bit = masked << 7
    if size <= 125:
        return bytes([bit | size])
    if size <= 0xFFFF:
        return bytes([bit | 126]) + size.to_bytes(2)
    return bytes([bit | 127]) + size.to_bytes(8)


def _masked(payload: bytes) -> bytes:
    mask = (MASK * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(len(payload))
