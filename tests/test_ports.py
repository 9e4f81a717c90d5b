"""Ports that rest while nobody can be let in."""

import os
import resource
import socket
from collections.abc import Callable, Iterator

import pytest
from conftest import ChatServer
from twisted.internet.task import Clock
from twisted.logger import LogEvent

from twisted_chat.descriptors import descriptors_left
from twisted_chat.limits import (
    ACCEPTED_AT_ONCE,
    KNOCKING_AT_ONCE,
    LAST_DESCRIPTORS,
    OFF,
    PORTS_REST_SECONDS,
)
from twisted_chat.ports import Listening, Ports
from twisted_chat.serverlog import ServerLog

USED_UP: LogEvent = {
    "log_namespace": "twisted.internet.tcp.Port",
    "log_format": "Could not accept new connection ({acceptError})",
    "acceptError": "EMFILE",
}
RESERVE: LogEvent = {
    "log_namespace": "twisted.internet.unix.Port",
    "log_format": "EMFILE encountered; releasing reserved file descriptor.",
}


class FakePort:
    """A port that notes whether the reactor looks at it."""

    def __init__(self) -> None:
        self.listens = True
        self.numberAccepts = 100
        self.knocking = 50
        self.socket: Listening = self

    def listen(self, backlog: int, /) -> None:
        self.knocking = backlog

    def startReading(self) -> None:
        self.listens = True

    def stopReading(self) -> None:
        self.listens = False


class World:
    """Two ports, and how many descriptors are left."""

    def __init__(self) -> None:
        self.left = 0
        self.clock = Clock()
        self.ports = Ports(self.clock, ServerLog(self.clock, OFF), lambda: self.left)
        self.each = [FakePort(), FakePort()]
        for port in self.each:
            self.ports.add(port)

    def listens(self) -> list[bool]:
        """Which of them listen."""
        return [port.listens for port in self.each]


def test_has_many_wait_until_they_are_accepted() -> None:
    """The kernel forgets those for whom there is no room, and they are a second late."""
    assert [port.knocking for port in World().each] == [KNOCKING_AT_ONCE] * 2


@pytest.mark.parametrize("event", [USED_UP, RESERVE, {**USED_UP, "acceptError": "ENFILE"}])
def test_rests_where_nobody_can_be_accepted(event: LogEvent) -> None:
    """All ports, as one has no more descriptors than the other; for as long as there is none."""
    world = World()
    world.ports(event)
    assert world.listens() == [False, False]
    world.left = LAST_DESCRIPTORS - 1
    world.clock.advance(PORTS_REST_SECONDS)
    assert world.listens() == [False, False]
    world.left = LAST_DESCRIPTORS
    world.clock.advance(PORTS_REST_SECONDS)
    assert world.listens() == [True, True]
    world.ports(event)
    assert world.listens() == [False, False]


@pytest.mark.parametrize(
    "event",
    [
        {**USED_UP, "acceptError": "ECONNABORTED"},
        {"log_namespace": "twisted_chat.serverlog.ServerLog", "log_format": "EMFILE {acceptError}"},
        {"log_namespace": "twisted.internet.tcp.Port", "log_format": "(TCP Port 1 Closed)"},
        {"log_namespace": "twisted.internet.tcp.Port", "log_format": None},
    ],
)
def test_listens_whatever_else_is_logged(event: LogEvent) -> None:
    """Who goes before they are let in, and lines of others."""
    world = World()
    world.ports(event)
    assert world.listens() == [True, True]


def test_says_so_once(logged: Callable[[], str]) -> None:
    """However often it happens, and that it is over."""
    world = World()
    for _ in range(3):
        world.ports(USED_UP)
    world.clock.pump([PORTS_REST_SECONDS] * 5)
    assert (logged().count("nobody is let in"), logged().count("let in again")) == (1, 0)
    world.left = OFF
    world.clock.advance(PORTS_REST_SECONDS)
    assert logged().count("let in again") == 1


def test_accepts_so_many_in_a_turn() -> None:
    """However many Twisted would take next, after it accepted any."""
    world = World()
    assert [port.numberAccepts for port in world.each] == [ACCEPTED_AT_ONCE] * 2
    for _ in range(3):
        world.each[0].numberAccepts += 20
        world.ports.accepted()
        world.ports.accepted()
        assert len(world.clock.getDelayedCalls()) == 1
        world.clock.advance(0)
        assert world.each[0].numberAccepts == ACCEPTED_AT_ONCE


def test_leaves_closed_ports_alone() -> None:
    """A server that ends while it rests does not listen again."""
    world = World()
    world.ports(USED_UP)
    world.ports.close()
    assert world.clock.getDelayedCalls() == []
    world.left = OFF
    world.clock.advance(PORTS_REST_SECONDS)
    assert world.listens() == [False, False]


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    """A soft limit of 250 for this process, as long as the test lasts."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (250, before[1]))
    yield 250
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_knows_how_many_descriptors_are_left(few_descriptors: int) -> None:
    """Each that is opened is one less, down to none."""
    opened: list[int] = []
    counts: list[int] = []
    try:
        while counts[-1:] != [0]:
            counts.append(descriptors_left())
            if counts[-1]:
                opened.append(os.open(os.devnull, os.O_RDONLY))
        with pytest.raises(OSError, match="Too many open files"):
            os.open(os.devnull, os.O_RDONLY)
    finally:
        for descriptor in opened:
            os.close(descriptor)
    assert counts[-5:] == [4, 3, 2, 1, 0]
    assert counts == sorted(counts, reverse=True)
    assert 0 < counts[0] < few_descriptors


def test_goes_on_by_itself_where_descriptors_were_used_up(chat_server: ChatServer) -> None:
    """The real server: it does not turn in circles, and who waited is let in."""
    pid = chat_server.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (5, hard))
    with socket.create_connection(("127.0.0.1", chat_server.port)) as waiting:
        while not any("nobody is let in" in line for line in list(chat_server.log)):
            assert chat_server.process.poll() is None
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        waiting.settimeout(20)
        assert waiting.recv(100).startswith(b"Welcome")
    chat_server.stop()
    assert 0 < sum("EMFILE" in line for line in chat_server.log) < 20
