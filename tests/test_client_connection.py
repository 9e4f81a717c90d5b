"""The stdio client's connection, screen and conversation, joined in memory."""

import json
import os
import pty
import re
import socket
import termios
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from service_identity import CertificateError, VerificationError
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.client.bounds import (
    ANSWER_BYTES,
    DEAD_SECONDS,
    LISTED,
    RETRY_SECONDS,
    TYPED_AHEAD,
    UNANSWERED,
)
from twisted_chat.client.client import Client
from twisted_chat.client.connection import reason_of
from twisted_chat.client.plain import Cooked, Pipe, echo_on

SECRET = "a secret of a guest"
GREETING = "Welcome to test.\nEnter your username:\n"


class Wire(StringTransport):
    """The client's end of a connection, which the test answers at the other."""

    def __init__(self, factory: IProtocolFactory, tcp: socket.socket | None) -> None:
        super().__init__()
        self._tcp = tcp
        self._protocol: Any = factory.buildProtocol(None)  # type: ignore[arg-type]
        self._lost = False

    def getHandle(self) -> socket.socket | None:
        return self._tcp

    def accept(self) -> IProtocol:
        self._protocol.makeConnection(self)
        protocol: IProtocol = self._protocol
        return protocol

    def says(self, *objects: dict[str, Any]) -> None:
        self.says_text("".join(json.dumps(each) + "\n" for each in objects))

    def says_text(self, text: str) -> None:
        self._protocol.dataReceived(text.encode())

    def heard(self) -> list[dict[str, Any]]:
        """What the client sent since the last look."""
        lines = self.value().splitlines()
        self.clear()
        return [json.loads(line) for line in lines]

    def breaks(self, reason: Exception | None = None) -> None:
        if not self._lost:
            self._lost = True
            self._protocol.connectionLost(Failure(reason or ConnectionLost()))

    def loseConnection(self) -> None:
        super().loseConnection()
        self.breaks(ConnectionDone())


@implementer(IStreamClientEndpoint)
class Doorway:
    """An endpoint that the test opens."""

    def __init__(self) -> None:
        self._knocks: list[tuple[IProtocolFactory, Deferred[IProtocol]]] = []
        self.wires: list[Wire] = []

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        knock: Deferred[IProtocol] = Deferred()
        self._knocks.append((factory, knock))
        return knock

    @property
    def knocked(self) -> bool:
        return bool(self._knocks)

    def open(self, tcp: socket.socket | None = None) -> Wire:
        factory, knock = self._knocks.pop(0)
        wire = Wire(factory, tcp)
        self.wires.append(wire)
        knock.callback(wire.accept())
        return wire

    def refuse(self) -> None:
        _, knock = self._knocks.pop(0)
        knock.errback(Failure(ConnectionRefusedError("refused")))


class Stdio(StringTransport):
    """Standard input and output."""

    def __init__(self, screen: Pipe) -> None:
        super().__init__()
        self._screen = screen

    def shown(self) -> str:
        """What was written since the last look."""
        written: bytes = self.value()
        self.clear()
        return written.decode()

    def loseConnection(self) -> None:
        super().loseConnection()
        self._screen.connectionLost()


class Desk:
    """A client, the doorway it knocks at, and the pipe it is used through."""

    def __init__(self, screen: Pipe, **options: Any) -> None:
        self.clock = Clock()
        self.doorway = Doorway()
        self.screen = screen
        self.stdio = Stdio(screen)
        screen.makeConnection(self.stdio)
        self.client = Client(screen, self.doorway, self.clock, "tcp:test:1", "t", **options)
        self.codes: list[int] = []
        self.client.done.addCallback(self.codes.append)
        self.client.start()

    def type(self, *lines: str) -> None:
        self.screen.dataReceived("".join(f"{line}\n" for line in lines).encode())

    def settle(self, seconds: float = 0) -> None:
        self.clock.advance(seconds)
        self.clock.advance(0)

    def open(self) -> Wire:
        """Let the client in, and greet it."""
        wire = self.doorway.open()
        self.settle()
        wire.says_text(GREETING)
        return wire

    def join(self) -> Wire:
        """Let the client into the chat."""
        wire = self.open()
        self.type("1", "Alex")
        welcome(wire)
        self.stdio.shown(), wire.heard()
        return wire


def welcome(wire: Wire, name: str = "Alex") -> None:
    fields = {"v": 1, "server": "test", "room": "#lobby", "topic": "", "names": [name], "more": 0}
    wire.says({"type": "welcome", "id": 0, "name": name, "resume": SECRET, **fields})


def answer_whois(wire: Wire, asked: dict[str, Any]) -> None:
    about = {"name": "Alex", "rooms": ["#lobby"], "seconds": 1}
    wire.says({"type": "person", "id": asked["id"], **about})


def show(shown: bool) -> None:
    """A terminal that is none shows nothing anyway."""


def answer_all(wire: Wire) -> list[dict[str, Any]]:
    """Answer requests until no more come; all of them, in order."""
    requests: list[dict[str, Any]] = []
    while asked := wire.heard():
        requests += asked
        wire.says(*({"type": "ok", "id": request["id"]} for request in asked))
    return requests


@pytest.fixture
def desk_with() -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def make(screen: Pipe | None = None, **options: Any) -> Desk:
        desks.append(Desk(screen or Pipe(), **options))
        return desks[-1]

    yield make
    for desk in desks:
        desk.client.interrupted()
        desk.client.interrupted()
        desk.settle()
        assert desk.codes
        assert not desk.clock.getDelayedCalls()


@pytest.fixture
def desk(desk_with: Callable[..., Desk]) -> Desk:
    return desk_with()


def test_shows_question_and_answer_on_one_line_of_a_pipe(desk: Desk) -> None:
    wire = desk.open()
    desk.type("1", "Alex")
    welcome(wire)
    desk.type("hello", "q")
    answer_all(wire)
    wire.says({"type": "goodbye", "text": "Leaving the chat..."})
    wire.breaks(ConnectionDone())
    desk.settle()
    desk.type("2")
    assert desk.stdio.shown() == (
        "Connected to server.\n"
        "1. Join the chat\nq. Leave the chat\n2. Exit the program\n"
        "Enter your choice: 1\n"
        "Enter your username: Alex\n"
        "Joining the chat as Alex...\n"
        "You: hello\n"
        "You: q\n"
        "Leaving the chat...\n"
        "Connection closed.\n"
        "1. Join the chat\nq. Leave the chat\n2. Exit the program\n"
        "Enter your choice: 2\n"
    )
    assert desk.codes == [0]


def test_loses_no_line_that_comes_before_it_can_be_used(desk: Desk) -> None:
    lines = [f"line {number}" for number in range(1000)]
    desk.type("1", "root", "Alex", *lines)
    assert desk.stdio.producerState == "paused"
    desk.screen.readConnectionLost()
    desk.doorway.refuse()
    desk.settle(5)
    wire = desk.open()
    assert [request["name"] for request in wire.heard()] == ["root"]
    wire.says({"type": "error", "id": 0, "code": "name_reserved", "text": "No."})
    assert [request["name"] for request in wire.heard()] == ["Alex"]
    welcome(wire)
    *said, last = answer_all(wire)
    assert [request["text"] for request in said] == lines
    assert last["type"] == "quit"
    wire.breaks(ConnectionDone())
    desk.settle()
    assert desk.codes == [0]


def test_reads_again_once_nothing_waits(desk: Desk) -> None:
    wire = desk.join()
    assert desk.stdio.producerState == "producing"
    desk.type(*map(str, range(UNANSWERED + 1)))
    assert desk.stdio.producerState == "paused"
    assert len(wire.heard()) == UNANSWERED
    wire.says({"type": "ok", "id": "t-1"})
    assert desk.stdio.producerState == "producing"


def test_is_crowded_by_so_many_lines(desk: Desk) -> None:
    desk.type(*map(str, range(TYPED_AHEAD - 1)))
    assert not desk.client.crowded
    desk.type("one more")
    assert desk.client.crowded


def test_slows_the_server_down_when_nobody_reads_the_output(desk: Desk) -> None:
    producer: Any = desk.stdio.producer
    producer.pauseProducing()
    wire = desk.join()
    producer.pauseProducing()
    assert wire.producerState == "paused"
    producer.resumeProducing()
    assert wire.producerState == "producing"
    producer.stopProducing()
    wire.breaks()
    desk.settle()
    producer.resumeProducing()


def test_tells_the_last_words_of_a_server_that_turns_it_away(desk: Desk) -> None:
    wire = desk.doorway.open()
    desk.settle()
    desk.stdio.shown()
    wire.says_text("-> The server is full. Try again later.\n")
    wire.breaks(ConnectionDone())
    desk.settle()
    words = "The server closed the connection: The server is full. Try again later.\n"
    assert desk.stdio.shown() == words
    desk.settle(60)
    assert not desk.doorway.knocked


def test_connects_again_after_a_loss_and_sends_what_was_typed_meanwhile(desk: Desk) -> None:
    wire = desk.join()
    desk.type("one")
    wire.breaks()
    desk.type("two")
    desk.settle()
    desk.type("three")
    desk.settle(5)
    wire = desk.open()
    welcome(wire)
    hello, whois = wire.heard()
    assert hello["resume"] == SECRET
    answer_whois(wire, whois)
    sends = wire.heard()
    assert [request["text"] for request in sends] == ["one", "two", "three"]
    assert "You are Alex again, in #lobby.\nYou: three\n" in desk.stdio.shown()


def test_keeps_trying_and_says_for_how_long(desk: Desk) -> None:
    for _ in range(3):
        desk.doorway.refuse()
        desk.settle()
        assert "refused by other side. Trying again in" in desk.stdio.shown()
        desk.settle(40)
    assert desk.doorway.knocked


@pytest.mark.parametrize("chats", [False, True])
def test_says_once_that_it_goes_on_trying(desk: Desk, chats: bool) -> None:
    """The pauses grow up to a bound, and whoever looks in the morning wants to see the evening."""
    if chats:
        desk.join().breaks()
        desk.settle()
        desk.settle(RETRY_SECONDS)
    pauses = refusals(desk, 20)
    assert pauses == sorted(pauses)
    assert pauses[0] < 4
    assert pauses[-1] == RETRY_SECONDS
    assert len(pauses) < 12


def refusals(desk: Desk, number: int) -> list[int]:
    """For how long it says that it waits, of so many times that it is refused."""
    desk.stdio.shown()
    for _ in range(number):
        desk.doorway.refuse()
        desk.settle()
        desk.settle(RETRY_SECONDS + 1)
    told = re.findall(r"refused by other side\. Trying again \w+ (\d+)", desk.stdio.shown())
    return [int(seconds) for seconds in told]


def test_finds_out_that_its_server_has_gone_without_a_word(desk: Desk) -> None:
    """The kernel asks for it, long before its own two hours, and drops what nobody acknowledges."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as tcp,
    ):
        desk.doorway.open(tcp)
        options = socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT
        idle, between, times = (tcp.getsockopt(socket.IPPROTO_TCP, option) for option in options)
        assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert idle + between * times == DEAD_SECONDS


def test_exits_with_1_when_told_not_to_retry(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(retry=False)
    desk.doorway.refuse()
    desk.settle()
    assert desk.codes == [1]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (ConnectionDone(), ""),
        (ConnectionRefusedError("111", "x"), "Connection was refused by other side."),
        (
            Exception([("SSL routines", "", "certificate verify failed")]),
            "TLS says: certificate verify failed.",
        ),
        (VerificationError(errors=[]), "The server's certificate is not made out to that name."),
        (CertificateError(), "The server's certificate is not made out to that name."),
        (Exception("it rained\n here"), "it rained here."),
        (Exception(), "Exception."),
    ],
)
def test_gives_the_reason_in_a_sentence(reason: Exception, words: str) -> None:
    assert reason_of(Failure(reason)) == words


def test_exits_with_1_when_lost_and_told_not_to_retry(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(retry=False, name="Alex")
    wire = desk.open()
    welcome(wire)
    wire.breaks()
    desk.settle()
    assert desk.codes == [1]
    assert not desk.doorway.knocked


def test_hears_nothing_of_a_connection_that_was_closed(desk: Desk) -> None:
    desk.join()
    desk.client.interrupted()
    desk.settle(5)
    assert "Connection closed.\n" in desk.stdio.shown()
    assert desk.codes == [0]


def test_ends_while_a_connection_is_being_made(desk: Desk) -> None:
    desk.doorway.open()
    desk.client.interrupted()
    desk.settle()
    assert desk.stdio.shown() == ""
    assert desk.codes == [0]


def test_tells_no_failure_of_an_attempt_that_was_given_up(desk: Desk) -> None:
    desk.doorway.refuse()
    desk.client.interrupted()
    desk.settle()
    assert desk.stdio.shown() == ""


def test_skips_what_it_cannot_understand(desk: Desk) -> None:
    wire = desk.join()
    wire.says_text('{"type":"danced","who":"Sam"}\n{"type":\n{' + "[" * 5000 + "\n")
    wire.says({"type": "said", "room": "#lobby", "who": "Sam", "text": "Hi."})
    assert desk.stdio.shown() == "Sam: Hi.\n"


def test_drops_a_server_whose_line_has_no_end(desk: Desk) -> None:
    wire = desk.join()
    wire.says_text("{" + " " * (ANSWER_BYTES + 10))
    assert wire.disconnecting


def test_shows_nothing_that_moves_a_cursor(desk: Desk) -> None:
    wire = desk.join()
    nasty = "\x1b[2J\x9b31m\x07\r\u202e\nfake"
    wire.says(
        {"type": "said", "room": "#lobby", "who": "S\x1bam", "text": nasty},
        {"type": "notice", "code": "x", "text": nasty},
        {"type": "error", "code": "x", "text": nasty},
        {"type": "goodbye", "text": nasty},
    )
    shown = desk.stdio.shown()
    assert shown.replace("\n", "").isprintable()
    assert len(shown.splitlines()) == 8
    assert all(line.startswith(("S\ufffdam: ", "-> ")) for line in shown.splitlines()[:2])


def test_leaves_when_nobody_reads_the_output_any_more(desk: Desk) -> None:
    wire = desk.join()
    desk.screen.writeConnectionLost()
    assert wire.heard() == [{"type": "quit", "id": 0}]
    desk.type("too late")
    wire.breaks(ConnectionDone())
    desk.settle()
    assert desk.codes == [0]


def test_ends_with_1_at_a_fault(desk: Desk) -> None:
    fault = ZeroDivisionError()
    desk.client.broken(fault)
    desk.client.broken(None)
    assert desk.codes == [1]
    assert desk.client.fault is fault


def test_writes_below_a_prompt_that_nobody_has_answered(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(Cooked(show))
    wire = desk.join()
    desk.type("hello")
    wire.says({"type": "said", "room": "#lobby", "who": "Sam", "text": "Hi."})
    assert desk.stdio.shown() == "You: \nSam: Hi.\nYou: "


def test_asks_anew_when_the_question_changes(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(Cooked(show), name="Alex")
    wire = desk.open()
    wire.says({"type": "error", "id": 0, "code": "name_taken", "text": "Taken."})
    assert desk.stdio.shown().endswith("-> Taken.\nEnter your username: ")
    wire.breaks()
    desk.settle()
    assert desk.stdio.shown() == (
        "\nThe server closed the connection: "
        "Connection to the other side was lost in a non-clean fashion.\n"
        "Enter your username: "
    )


@pytest.mark.parametrize("last", ["q", "2"])
def test_gives_up_for_a_person_whatever_was_typed_before(
    desk_with: Callable[..., Desk], last: str
) -> None:
    desk = desk_with(Cooked(show))
    desk.doorway.refuse()
    desk.settle()
    desk.stdio.shown()
    desk.type("1", "Alex")
    assert "1. Join the chat" not in desk.stdio.shown()
    desk.type(last)
    assert ("1. Join the chat" in desk.stdio.shown(), desk.codes) == (
        (True, []) if last == "q" else (False, [0])
    )


def test_says_what_was_not_sent_when_it_is_given_up(desk_with: Callable[..., Desk]) -> None:
    """Whoever types ``q`` sees what nobody has read."""
    desk = desk_with(Cooked(show))
    desk.join().breaks()
    desk.settle()
    desk.type("one", "/login Sam secret", "two")
    desk.stdio.shown()
    desk.type("q")
    shown = desk.stdio.shown()
    assert shown.startswith("These lines were not sent:\n  one\n  /login ...\n  two\nLeaving")


def refuse(wire: Wire, code: str) -> None:
    wire.says({"type": "error", "id": 0, "code": code, "text": "No."})


@pytest.mark.parametrize("code", ["banned", "locked_down", "wrong_password", "name_owned"])
def test_takes_nothing_typed_in_the_chat_for_a_name(
    desk_with: Callable[..., Desk], code: str
) -> None:
    """Who is not let in again is asked for a name; the lines that waited are no answer."""
    desk = desk_with(Cooked(show))
    desk.join().breaks()
    desk.settle()
    desk.type("one", "two")
    desk.settle(5)
    wire = desk.open()
    refuse(wire, code)
    assert [request["name"] for request in wire.heard()] == ["Alex"]
    assert desk.stdio.shown().endswith(
        "-> No.\nThese lines were not sent:\n  one\n  two\nEnter your username: "
    )
    desk.type("Sam")
    assert [request["name"] for request in wire.heard()] == ["Sam"]
    assert not desk.doorway.knocked


@pytest.mark.parametrize("code", ["name_taken", "name_owned"])
def test_takes_nothing_typed_before_a_question_for_its_answer(
    desk_with: Callable[..., Desk], code: str
) -> None:
    """A person who types ahead means the chat."""
    desk = desk_with(Cooked(show))
    wire = desk.open()
    desk.type("1", "Alex", "hello")
    refuse(wire, code)
    assert len(wire.heard()) == 1
    assert "These lines were not sent:\n  hello\n" in desk.stdio.shown()


@pytest.mark.parametrize("code", ["name_taken", "name_owned", "banned"])
def test_exits_with_1_where_nobody_can_be_asked_for_another_name(
    desk_with: Callable[..., Desk], code: str
) -> None:
    """What comes through a pipe under a name of its own is to be said, and names nobody."""
    desk = desk_with(name="Alex")
    wire = desk.open()
    desk.type("one", "two")
    refuse(wire, code)
    assert len(wire.heard()) == 1
    assert desk.codes == [1]


@pytest.mark.parametrize("named", [True, False])
def test_exits_with_1_when_a_pipe_is_not_let_in_again(
    desk_with: Callable[..., Desk], named: bool
) -> None:
    """However its name was given; what it has read and could not send is counted."""
    desk = desk_with(name="Alex") if named else desk_with()
    if named:
        welcome(desk.open())
    else:
        desk.join()
    desk.doorway.wires[-1].breaks()
    desk.settle()
    desk.type(*(f"line {number}" for number in range(LISTED + 1_000)))
    desk.settle(5)
    wire = desk.open()
    refuse(wire, "banned")
    assert len(wire.heard()) == 1
    assert desk.stdio.shown().endswith(f"  line {LISTED - 1}\n  and 1,000 more\n")
    assert desk.codes == [1]


def test_ends_with_its_input_where_it_was_to_ask_for_a_name(
    desk_with: Callable[..., Desk],
) -> None:
    """Whoever typed Ctrl-D while the server was gone has nothing to add."""
    desk = desk_with(Cooked(show))
    wire = desk.join()
    desk.type("one")
    wire.breaks()
    desk.settle()
    desk.type("two")
    desk.screen.readConnectionLost()
    desk.settle(5)
    refuse(desk.open(), "banned")
    assert "These lines were not sent:\n  two\n" in desk.stdio.shown()
    assert desk.codes == [0]


def test_does_not_ask_whoever_has_left_for_a_name(desk_with: Callable[..., Desk]) -> None:
    """Ctrl-D was typed, and then the last line refused for want of a name."""
    desk = desk_with(Cooked(show), name="Alex")
    wire = desk.open()
    welcome(wire)
    desk.type("hello")
    desk.screen.readConnectionLost()
    wire.says({"type": "error", "id": "t-1", "code": "not_entered", "text": "Say hello first."})
    wire.breaks(ConnectionDone())
    desk.settle()
    assert desk.codes == [0]


def test_keeps_what_a_pipe_has_sent_while_it_tries(desk: Desk) -> None:
    desk.doorway.refuse()
    desk.settle()
    desk.type("1", "Alex", "hello", "q")
    desk.settle(60)
    wire = desk.open()
    welcome(wire)
    assert [request["type"] for request in wire.heard()] == ["hello", "say", "quit"]


def needs_password(wire: Wire) -> None:
    wire.says({"type": "error", "id": 0, "code": "name_owned", "text": "It has an owner."})


def test_shows_no_password_of_a_pipe(desk: Desk) -> None:
    """Neither the one that is asked for nor one in a line."""
    wire = desk.open()
    desk.type("1", "Alex", "secret", "/register secret")
    needs_password(wire)
    assert wire.heard()[-1]["password"] == "secret"
    welcome(wire)
    assert wire.heard()[-1]["password"] == "secret"
    shown = desk.stdio.shown()
    assert "secret" not in shown
    assert shown.endswith("Password:\nJoining the chat as Alex...\nYou: /register ...\n")


def test_has_a_terminal_hide_a_password(desk_with: Callable[..., Desk]) -> None:
    """As long as it is asked for, and no longer."""
    echoes: list[bool] = []
    desk = desk_with(Cooked(echoes.append), name="Alex")
    wire = desk.open()
    assert echoes == []
    needs_password(wire)
    assert echoes == [False]
    assert desk.stdio.shown().endswith("\nPassword: ")
    desk.type("secret")
    assert echoes == [False, True]


@pytest.mark.parametrize("shown", [True, False])
def test_tells_the_terminal_what_to_show(shown: bool) -> None:
    """The end of a hidden line is shown, so that what comes next stands on a line of its own."""
    ours, theirs = pty.openpty()
    echo_on(theirs)(shown)
    local = termios.tcgetattr(theirs)[3]
    assert (bool(local & termios.ECHO), bool(local & termios.ECHONL)) == (shown, True)
    os.close(ours)
    os.close(theirs)
    echo_on(theirs)(shown)


def test_waits_longer_for_a_server_that_turns_it_away_again_and_again(
    desk_with: Callable[..., Desk],
) -> None:
    """One that is full takes each connection and closes it at once."""
    desk = desk_with(name="Alex")
    for _ in range(10):
        wire = desk.doorway.open()
        wire.breaks(ConnectionDone())
        desk.settle()
        desk.settle(2 * RETRY_SECONDS)
        assert desk.doorway.knocked
    desk.stdio.shown()
    wire = desk.doorway.open()
    wire.breaks(ConnectionDone())
    desk.settle()
    assert f"Trying again every {RETRY_SECONDS} seconds." in desk.stdio.shown()
    desk.settle(2 * RETRY_SECONDS)
    welcome(desk.open())
    desk.doorway.wires[-1].breaks()
    desk.settle()
    assert seconds_in(desk.stdio.shown()) < RETRY_SECONDS // 4


def seconds_in(shown: str) -> int:
    """For how long it says that it waits."""
    return int(shown.rpartition("Trying again in ")[2].split()[0])
