"""The parsers of the client: what is typed, what a server says, and keys."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import cast

from conversations import World, begun
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from twisted.internet.testing import StringTransport

from parsers.bits import halves, is_shown
from twisted_chat import answers
from twisted_chat.client.bounds import TYPED_BYTES
from twisted_chat.client.connection import Link, ServerLine
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.cutting import Cutter
from twisted_chat.client.hearing import Heard
from twisted_chat.client.paint import painted
from twisted_chat.client.private import public
from twisted_chat.client.terminal import Terminal

LOST, WELCOME = "(the connection is lost and found)", "(the server welcomes Alex)"


def pipe(data: bytes) -> None:
    """Standard input is the same lines wherever it is cut."""
    first, second = halves(data)
    lines = _cut([first, second])
    assert lines == _cut([first + second])
    assert all("\n" not in line and len(line) <= TYPED_BYTES for line in lines)


def _cut(pieces: list[bytes]) -> list[str]:
    cutter = Cutter()
    lines = [line for piece in pieces for line in cutter.feed(piece)]
    return [*lines, *cutter.finish()]


def commands(data: bytes) -> None:
    """Lines typed from the menu on, with a server that says yes to everything."""
    world = World()
    talk = begun(world)
    for line in ("1", "Alex", *_cut([data])):
        if talk.takes(line) and not talk.over:
            talk.typed(line)
            talk.known.complete(line)
            public(line)
        _answer(talk, world)
    _look(world)


def _answer(talk: Conversation, world: World) -> None:
    for request in world.sent():
        if request["type"] in ("hello", "login"):
            talk.heard(_welcome(request["id"]))
        else:
            talk.heard(answers.Ok(id=request["id"]))


def _welcome(request_id: str | int) -> answers.Welcome:
    company = ["Alex", "Sam"]
    return answers.Welcome(
        id=request_id, v=1, server="x", name="Alex", room="#lobby", topic="", names=company, more=0
    )


def _look(world: World) -> None:
    """What was shown can be shown, and painted."""
    for line in world.lines():
        assert is_shown(line.text)
        assert "".join(text for _, text in painted(line)) == line.text


BEFORE: Sequence[Sequence[str]] = (
    ("1", "Alex"),
    ("1", "Alex", WELCOME, "/who", "/history", "/topic x", "/login Kim correct-horse"),
    ("1", "Alex", WELCOME, "/join #dev", "hello", LOST),
    ("1", "Alex", WELCOME, "/ignore Sam", "/join #dev", LOST, WELCOME),
    ("1", "Alex", WELCOME, "hello", "q"),
)
"""What was typed, heard and lost before a server speaks that may say anything."""


def heard(data: bytes) -> None:
    """What a server says that may be any, cut in two, in one of the states of a conversation."""
    world, link = World(), _Link()
    talk = begun(world)
    for step in BEFORE[len(data) % len(BEFORE)]:
        if step == LOST:
            talk.lost("", 2.0)
            talk.connected()
        elif step == WELCOME:
            talk.heard(_welcome(0))
        elif talk.takes(step):
            talk.typed(step)
    line = ServerLine(cast(Link, link))
    line.makeConnection(StringTransport())
    link.talk = talk
    for piece in (*halves(data), b"\n"):
        line.dataReceived(piece)
    line.connectionLost()
    talk.interrupted()
    talk.woke()
    assert world.code is not None
    _look(world)


class _Link:
    """Has a conversation hear what a connection does."""

    talk: Conversation

    def heard(self, line: ServerLine, heard: Heard | None) -> None:
        """The server said something."""
        if heard is not None:
            self.talk.heard(heard)

    def lost(self, line: ServerLine, why: str) -> None:
        """It is gone."""
        self.talk.lost(why, 2.0)


class Desk:
    """A terminal whose keys come through a pipe, and who types on it."""

    crowded = False

    def __init__(self) -> None:
        self._faults: list[BaseException | None] = []
        self._loop = asyncio.new_event_loop()
        self._opened = create_pipe_input()
        self._keyboard = self._opened.__enter__()
        self._terminal = Terminal(self._loop, keyboard=self._keyboard, output=DummyOutput())
        self._loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        self._terminal.start(self, lambda before: (before + "x", ["xa", "xb"]))
        self._terminal.ask("You: ", hidden=False)
        await asyncio.sleep(0)

    def press(self, data: bytes) -> None:
        """Press these keys, and see them taken."""
        self._loop.run_until_complete(self._press(data))
        assert not self._faults, self._faults

    async def _press(self, data: bytes) -> None:
        self._terminal.ask("Password: " if len(data) % 2 else "You: ", hidden=len(data) % 2 == 1)
        self._keyboard.send_bytes(data)
        for _ in range(4):
            await asyncio.sleep(0)

    def close(self) -> None:
        """Put it away."""
        self._loop.run_until_complete(self._end())
        self._opened.__exit__(None, None, None)
        self._loop.close()

    async def _end(self) -> None:
        await self._terminal.close().asFuture(self._loop)

    # What the terminal calls.

    def typed(self, line: str) -> None:
        """A line, which can be sent."""
        assert b"\n" not in line.encode()

    def ended(self) -> None:
        """A terminal does not end."""
        raise AssertionError

    def interrupted(self) -> None:
        """Whoever types goes on."""

    def broken(self, fault: BaseException | None) -> None:
        """It does not work any more."""
        self._faults.append(fault)


SUSPEND = b"\x1a"
"""Ctrl-Z, which would stop the process that tries it."""


PRESSED_AT_A_DESK = 200
"""After so many inputs there is a new one: it remembers all lines."""


class Office:
    """A desk, and another when it is broken or full; in a thread, as another loop may run here."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._desk: Desk | None = None
        self._pressed = 0

    def press(self, data: bytes) -> None:
        """Press these keys at the desk that is there."""
        self._thread.submit(self._press, data).result()

    def _press(self, data: bytes) -> None:
        self._pressed += 1
        desk, self._desk = self._desk or Desk(), None
        try:
            for piece in halves(data):
                desk.press(piece)
        except BaseException:
            desk.close()
            raise
        if self._pressed % PRESSED_AT_A_DESK:
            self._desk = desk
        else:
            desk.close()

    def close(self) -> None:
        """Go home."""
        if self._desk is not None:
            self._thread.submit(self._desk.close).result()
        self._thread.shutdown()


@cache
def _office() -> Office:
    return Office()


def close_office() -> None:
    """Nobody types any more."""
    _office().close()
    _office.cache_clear()


def keys(data: bytes) -> None:
    """Keys on a terminal."""
    _office().press(data.replace(SUSPEND, b""))
