"""Finding out that a peer has gone without a word, with real sockets of this machine."""

import socket
from collections.abc import Iterator

import pytest

from twisted_chat.keepalive import (
    MOST_SECONDS,
    keep_alive,
    silent_seconds,
    socket_of,
    watched,
)
from twisted_chat.limits import OFF

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The two ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = socket.create_connection(listening.getsockname())
        theirs, _ = listening.accept()
        with ours, theirs:
            yield ours, theirs


class Over:
    """A transport over another one, or over a socket."""

    def __init__(self, transport: object = None, handle: object = None) -> None:
        self.transport = transport
        if handle is not None:
            self.getHandle = lambda: handle


def option(tcp: socket.socket, name: str) -> int:
    """What the kernel has for one of its TCP options."""
    return tcp.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))


@pytest.mark.parametrize(
    ("dead_after", "idle", "between", "in_all"),
    [
        (120, 60, 20, 150_000),
        (1, 1, 1, 1_250),
        (MOST_SECONDS, 32_767, 10_922, 81_918_750),
    ],
)
def test_asks_a_silent_peer(
    pair: Pair, dead_after: int, idle: int, between: int, in_all: int
) -> None:
    """After half the time, three times, and gives up a quarter after it."""
    keep_alive(pair[0], dead_after)
    assert pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert option(pair[0], "TCP_KEEPIDLE") == idle
    assert option(pair[0], "TCP_KEEPINTVL") == between
    assert option(pair[0], "TCP_KEEPCNT") == 3
    assert option(pair[0], "TCP_USER_TIMEOUT") == in_all


@pytest.mark.parametrize("dead_after", [OFF, MOST_SECONDS + 1])
def test_asks_nobody_when_that_is_off(pair: Pair, dead_after: int) -> None:
    """The limit is lifted; small lines still go out without delay."""
    keep_alive(pair[0], dead_after)
    assert not watched(dead_after)
    assert pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
    assert option(pair[0], "TCP_NODELAY") == 1


def test_asks_nobody_any_more_when_that_is_lifted(pair: Pair) -> None:
    """A connection that is open already is not given up by the kernel either."""
    keep_alive(pair[0], 120)
    keep_alive(pair[0], OFF)
    assert pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
    assert option(pair[0], "TCP_USER_TIMEOUT") == 0


def test_finds_the_socket_under_other_transports(pair: Pair) -> None:
    """As TLS and other wrappers have it; TLS shows a handle of its own kind."""
    assert socket_of(Over(handle=pair[0])) is pair[0]
    assert socket_of(Over(Over(Over(handle=pair[0])), handle="TLS")) is pair[0]


def test_finds_no_socket_where_there_is_none() -> None:
    """In memory, and where the kernel knows at once that a peer is gone."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert socket_of(Over(handle=ours)) is None
    assert socket_of(Over(Over())) is None
    assert socket_of(None) is None


def test_tells_how_long_a_peer_has_been_silent(pair: Pair) -> None:
    """A moment, here; what has no TCP has never been silent."""
    pair[0].sendall(b"x")
    assert 0 <= silent_seconds(pair[0]) < 10
    pair[0].close()
    assert silent_seconds(pair[0]) == 0.0
