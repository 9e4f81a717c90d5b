"""Finding out that a TCP peer has gone without a word, a pulled cable or a machine that sleeps."""

import socket
import struct
from typing import Any

PROBES = 3
"""How often the kernel asks before it takes a silent peer for dead."""

MOST_SECONDS = 65_535
"""Half of it is the longest that Linux waits before it asks, 32,767 seconds."""

_LAST_ACK_MS = struct.Struct("@I").unpack_from
_LAST_ACK_OFFSET = 56
"""Where Linux's ``struct tcp_info`` has the milliseconds since the peer last acknowledged."""


def socket_of(transport: Any) -> socket.socket | None:
    """The TCP socket under a transport, through TLS and other wrappers, where there is one."""
    while transport is not None:
        handle = transport.getHandle() if hasattr(transport, "getHandle") else None
        if isinstance(handle, socket.socket):
            return handle if handle.family in (socket.AF_INET, socket.AF_INET6) else None
        transport = getattr(transport, "transport", None)
    return None


def keep_alive(tcp: socket.socket, dead_after: int) -> None:
    """Have the kernel ask a silent peer whether it is there, and send small lines without delay.

    The first question comes after half of ``dead_after`` seconds.  What nobody acknowledges for a
    quarter longer than that ends the connection too (``TCP_USER_TIMEOUT``, RFC 5482).  More than
    the kernel can count to means never.
    """
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, watched(dead_after))
    if not watched(dead_after):
        # It may have been watched before.
        _set(tcp, "TCP_USER_TIMEOUT", 0)
        return
    idle = max(1, dead_after // 2)
    _set(tcp, "TCP_KEEPIDLE", idle)
    _set(tcp, "TCP_KEEPINTVL", max(1, idle // PROBES))
    _set(tcp, "TCP_KEEPCNT", PROBES)
    _set(tcp, "TCP_USER_TIMEOUT", dead_after * 1250)


def _set(tcp: socket.socket, option: str, value: int) -> None:
    """Where the system has the option."""
    if hasattr(socket, option):
        tcp.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def watched(dead_after: int) -> bool:
    """Whether peers are asked at all: a kernel that cannot count so far asks nobody."""
    return dead_after <= MOST_SECONDS


def silent_seconds(tcp: socket.socket) -> float:
    """How long the peer's machine has acknowledged nothing; 0 where the system does not tell."""
    if not hasattr(socket, "TCP_INFO"):
        return 0.0
    try:
        told = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    except OSError:
        return 0.0
    milliseconds: int = _LAST_ACK_MS(told, _LAST_ACK_OFFSET)[0]
    return milliseconds / 1000
