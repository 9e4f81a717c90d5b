"""Taking over what the operator has changed in files, with everybody inside."""

import dataclasses
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import self_signed
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol
from twisted.internet.testing import MemoryReactorClock, StringTransport

from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import OFF, Limits
from twisted_chat.options import ChatOptions
from twisted_chat.tap import ALIVE_CHECKS, ChatService
from twisted_chat.testing import EPOCH, MemoryServer

# Twisted hands OpenSSL objects of a kind that goes away.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")


def server(journal: MemoryJournal | None = None, **limits: int) -> MemoryServer:
    """One with these limits, and with no other that would come before them."""
    lifted = {field.name: OFF for field in dataclasses.fields(Limits)}
    return MemoryServer(Limits(**{**lifted, **limits}), journal=journal)


def change(world: MemoryServer, **limits: int) -> None:
    """Have these limits hold, and the others as they are."""
    world.take_limits(dataclasses.replace(world.limits, **limits))


# Whom other limits hold for, and from when.


@pytest.mark.parametrize(("before", "after"), [(99, 9), (9, 99)])
def test_bounds_the_lines_of_those_inside(before: int, after: int) -> None:
    """The next line is bounded as it is wanted now."""
    world = server(line_bytes=before)
    alex, sam = world.person("Alex"), world.person("Sam")
    sam.received()
    change(world, line_bytes=after)
    alex.type("a line of more than nine", "short")
    heard = ["Alex: a line of more than nine"] if after == 99 else []
    assert sam.lines() == [*heard, "Alex: short"]
    assert ("9 bytes at most" in alex.received().decode()) is (after == 9)


def test_slows_those_inside() -> None:
    """The one who said nothing yet has the whole burst, and no more."""
    world = server()
    alex, sam = world.person("Alex"), world.person("Sam")
    sam.received()
    change(world, message_burst=2, messages=1)
    alex.type("one", "two", "three", "four")
    assert sam.lines() == ["Alex: one", "Alex: two", "Alex: three"]
    assert "You send more than 1 lines a second" in alex.received().decode()
    world.advance(1)
    assert sam.lines() == ["Alex: four"]


def test_slows_nobody_any_more() -> None:
    """Who has used up the burst goes on at once when that is lifted."""
    world = server(message_burst=2, messages=1)
    alex, sam = world.person("Alex"), world.person("Sam")
    world.advance(60)
    sam.received()
    alex.type("one", "two")
    change(world, message_burst=OFF, messages=OFF)
    alex.type("three", "four", "five")
    assert sam.lines() == [f"Alex: {said}" for said in ("one", "two", "three", "four", "five")]


def test_bounds_what_waits_for_those_inside() -> None:
    """A reader who is slow already goes when more is sent than may wait now, and not before."""
    world = server()
    alex, slow, sam = (world.person(name) for name in ("Alex", "Slow", "Sam"))
    slow.stop_reading()
    alex.type("x" * 1000)
    change(world, outbox_bytes=1500)
    assert not slow.closed
    alex.type("x" * 1000)
    assert slow.closed
    assert " * Slow left. (After 0 seconds) - too slow" in sam.lines()


def test_bounds_what_waits_in_all() -> None:
    """The slowest goes when more is sent."""
    world = server()
    alex, slow = world.person("Alex"), world.person("Slow")
    slow.stop_reading()
    change(world, outbox_total_bytes=500)
    alex.type("x" * 1000)
    assert slow.closed


class Hanging(MemoryJournal):
    """A record of which the past is never read, though it is held to be under way."""

    def __init__(self) -> None:
        super().__init__(lambda: EPOCH)
        self.reading: list[Deferred[Any]] = []

    def past(self, *scope: Any, **span: Any) -> Deferred[Any]:
        """Begin to read it: what nobody holds would be collected, and end what waits for it."""
        self.reading.append(Deferred())
        return self.reading[-1]


def test_bounds_what_waits_for_the_past() -> None:
    """Who waits to see it has as much kept back as may wait now."""
    world = server(Hanging())
    alex = world.person("Alex")
    alex.type("before")
    sam = world.person("Sam")
    change(world, outbox_bytes=1500)
    alex.type("x" * 1000)
    assert b"cannot be shown now" not in sam.received()
    alex.type("y" * 1000)
    assert b"cannot be shown now" in sam.received()


@pytest.mark.parametrize("limit", ["rooms_per_user", "rooms"])
def test_takes_nobody_out_of_their_rooms(limit: str) -> None:
    """A smaller number holds for the next that is wanted."""
    world = server()
    alex = world.person("Alex")
    alex.type("/join #a")
    change(world, **{limit: 1})
    alex.received()
    alex.type("/join #b", "/whois alex")
    refused, about = alex.lines()
    assert "rooms" in refused
    assert "in #lobby, #a" in about


def test_lets_in_as_many_as_there_may_be_now() -> None:
    """Those beyond it stay, and nobody comes in their place."""
    world = server()
    ends = [world.person(name) for name in ("Alex", "Sam", "Kim")]
    change(world, connections=2)
    assert b"The server is full" in world.connect().received()
    assert [end.closed for end in ends] == [False] * 3
    change(world, connections=4)
    assert b"Enter your username:" in world.connect().received()


def test_lets_an_address_connect_as_often_as_it_may_now() -> None:
    """Also one that has used up what it had."""
    world = server(connects_per_minute=1)
    assert b"Enter" in world.connect().received()
    assert b"too often" in world.connect().received()
    change(world, connects_per_minute=2)
    assert [b"Enter" in world.connect().received() for _ in range(2)] == [True, False]


def test_leaves_the_deadline_that_has_begun() -> None:
    """Who was asked for a name keeps the time for it; the next one has the new."""
    world = server(name_seconds=60)
    first = world.connect()
    change(world, name_seconds=10)
    second = world.connect()
    world.advance(10)
    assert (first.closed, second.closed) == (False, True)
    world.advance(50)
    assert first.closed


def test_writes_as_many_lines_in_the_log_as_may_be_now(logged: Callable[[], str]) -> None:
    """From the next one on."""
    world = server()
    world.person("Alex")
    world.advance(1)
    change(world, log_lines=1)
    world.person("Sam")
    world.advance(1)
    assert "User Alex has joined" in logged()
    assert "User Sam has joined" not in logged()
    assert "1 more lines left out" in logged()


# The service, its files and its signal.


class Running:
    """The service with a message of the day, limits and a certificate, on a reactor in memory."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.motd, self.limits, self.pem = (folder / name for name in ("motd", "limits", "pem"))
        self.motd.write_text("Be kind.")
        self.limits.write_text("rooms = 7")
        self.pem.write_bytes(self_signed())
        self.tls = f"ssl:6790:privateKey={self.pem}"
        options = ChatOptions()
        options.parseOptions(
            [
                *("--listen", "tcp:6789", "--listen", self.tls, "--data", ":memory:"),
                *("--motd", str(self.motd), "--limits", str(self.limits), *words),
            ]
        )
        self.reactor = _Reactor()
        self.service = ChatService(options, self.reactor)
        self.service.privilegedStartService()
        self.service.startService()

    def stop(self) -> None:
        """End it."""
        stopped = Deferred.fromCoroutine(self.service.stopService())
        self.reactor.advance(60)
        assert stopped.called

    def welcome(self, name: str) -> str:
        """What somebody sees who comes in now."""
        end = StringTransport()
        self.connect(end).dataReceived(name.encode() + b"\n")
        self.reactor.advance(0)
        told: bytes = end.value()
        return told.decode()

    def connect(self, end: StringTransport) -> IProtocol:
        """The server's part of a connection."""
        protocol = self.reactor.tcpServers[0][1].buildProtocol(end.getPeer())
        assert protocol is not None
        protocol.makeConnection(end)
        return protocol

    @property
    def timers(self) -> list[float]:
        """When what happens every now and then happens next."""
        now = self.reactor.seconds()
        return [round(call.getTime() - now, 3) for call in self.reactor.getDelayedCalls()]


class _Reactor(MemoryReactorClock):
    """One that has threads call it, at once."""

    def callFromThread(self, function: Callable[..., object], *arguments: object) -> None:
        function(*arguments)

    def stop(self) -> None:
        self.hasStopped = True


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """One that is ended after the test, and SIGHUP given back."""
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    chat = Running(tmp_path)
    yield chat
    chat.stop()
    signal.signal(signal.SIGHUP, before)


def test_takes_over_what_has_changed_and_says_so(
    running: Running, logged: Callable[[], str]
) -> None:
    """The message, the certificate and the limits, in one line."""
    assert "-> Be kind." in running.welcome("Alex").splitlines()
    running.motd.write_text("Be brief.")
    running.limits.write_text("rooms = off\nlogins = 9")
    running.pem.write_bytes(self_signed())
    running.service.reload()
    assert (
        f"Reloaded: message of the day, certificate of {running.tls}, logins from 5 to 9,"
        " rooms from 7 to off\n"
    ) in logged()
    assert "-> Be brief." in running.welcome("Sam").splitlines()
    limits = running.service.house.limits
    assert limits == Limits(rooms=OFF, logins=9)
    assert running.service.house.chat.limits is limits


def test_says_that_nothing_has_changed(running: Running, logged: Callable[[], str]) -> None:
    """So that whoever asked for it knows that it was done."""
    running.service.reload()
    assert "Reloaded: nothing has changed\n" in logged()


@pytest.mark.parametrize("wrong", ["motd", "limits", "pem"])
def test_changes_nothing_where_one_thing_is_wrong(
    running: Running, logged: Callable[[], str], wrong: str
) -> None:
    """Whichever it is: neither the message, nor a limit, nor a certificate."""
    shown = running.reactor.sslServers[0][2].options
    running.motd.write_text("Be brief.")
    running.limits.write_text("rooms = 8")
    running.pem.write_bytes(self_signed())
    path = {"motd": running.motd, "limits": running.limits, "pem": running.pem}[wrong]
    path.write_text("x = \n" * 1000)
    running.service.reload()
    (line,) = (line for line in logged().splitlines() if "eloaded" in line)
    assert "Not reloaded, nothing is changed: " in line
    assert str(path) in line
    assert "-> Be kind." in running.welcome("Sam").splitlines()
    assert running.service.house.limits == Limits(rooms=7)
    assert running.reactor.sslServers[0][2].options is shown


def test_lets_the_command_line_win_each_time(tmp_path: Path) -> None:
    """A reload is no way around it."""
    before = signal.getsignal(signal.SIGHUP)
    running = Running(tmp_path, "--limit", "logins=2")
    running.limits.write_text("logins = 9\nrooms = 8")
    running.service.reload()
    assert running.service.house.limits == Limits(logins=2, rooms=8)
    running.stop()
    signal.signal(signal.SIGHUP, before)


def test_looks_for_the_dead_as_often_as_is_wanted_now(running: Running) -> None:
    """An eighth of the time after which they are given up."""
    assert 120 / ALIVE_CHECKS in running.timers
    running.limits.write_text("dead_peer_seconds = 800")
    running.service.reload()
    assert 120 / ALIVE_CHECKS not in running.timers
    assert 800 / ALIVE_CHECKS in running.timers


def test_is_asked_by_a_signal(running: Running, logged: Callable[[], str]) -> None:
    """SIGHUP, in a process that has no terminal to lose."""
    signal.raise_signal(signal.SIGHUP)
    assert "Reloaded: nothing has changed\n" in logged()


def test_takes_no_signal_that_somebody_has(tmp_path: Path) -> None:
    """Whoever runs the service may want it for something else."""
    before = signal.getsignal(signal.SIGHUP)

    def theirs(*_: object) -> None:
        """Handle it in another way."""

    signal.signal(signal.SIGHUP, theirs)
    running = Running(tmp_path)
    assert signal.getsignal(signal.SIGHUP) is theirs
    running.stop()
    signal.signal(signal.SIGHUP, before)


def test_runs_where_there_is_no_such_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on other systems."""
    monkeypatch.delattr(signal, "SIGHUP")
    running = Running(tmp_path)
    assert "-> Be kind." in running.welcome("Alex").splitlines()
    running.stop()


def test_tells_the_kernel_when_those_inside_count_as_lost(running: Running) -> None:
    """What it was told when they connected is not what holds now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = socket.create_connection(listening.getsockname())
        theirs, _ = listening.accept()
    with ours, theirs:
        running.connect(_OverSocket(ours))
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        running.limits.write_text("dead_peer_seconds = 40")
        running.service.reload()
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 20


class _OverSocket(StringTransport):
    """A transport that has a socket, too."""

    def __init__(self, tcp: socket.socket) -> None:
        super().__init__()
        self._tcp = tcp

    def getHandle(self) -> socket.socket:
        """The socket."""
        return self._tcp
