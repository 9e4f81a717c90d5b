"""The edited line of a terminal, with keys that come through a pipe and a screen in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any

import pyte
import pytest
import pytest_twisted
from conftest import PATIENCE_SECONDS
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from twisted_chat.client.line import Line
from twisted_chat.client.terminal import Terminal

COLUMNS, ROWS = 40, 10
ENTER, UP, YANK, CUT_ALL, CTRL_C, CTRL_D = "\r", "\x1b[A", "\x19", "\x15", "\x03", "\x04"


def on_reactor(test: Callable[..., Any]) -> Any:
    """A test on the real reactor."""
    made: Callable[..., Any] = pytest_twisted.ensureDeferred(test)
    return made


class Desk:
    """A terminal, who types on it, and what they see."""

    def __init__(self, keyboard: PipeInput, size: Callable[[], Size]) -> None:
        self._keyboard = keyboard
        self._written = StringIO()
        self._seen = pyte.Screen(COLUMNS, ROWS)
        self._seen.set_mode(pyte.modes.LNM)
        output = Vt100_Output(self._written, size, enable_cpr=False)
        loop = asyncio.get_event_loop()
        self.screen = Terminal(loop, keyboard=keyboard, output=output)
        self.raw = ""
        self.crowded = False
        self.lines: list[str] = []
        self.interruptions = 0
        self.faults: list[BaseException | None] = []

    # What the terminal calls.

    def typed(self, line: str) -> None:
        self.lines.append(line)

    def ended(self) -> None:
        raise NotImplementedError

    def interrupted(self) -> None:
        self.interruptions += 1

    def broken(self, fault: BaseException | None) -> None:
        self.faults.append(fault)

    # What tests do.

    def press(self, keys: str) -> None:
        self._keyboard.send_text(keys)

    def hang_up(self) -> None:
        self._keyboard.close()

    def shown(self) -> list[str]:
        """The lines on the screen that are not empty."""
        new = self._written.getvalue()[len(self.raw) :]
        self.raw += new
        pyte.Stream(self._seen).feed(new)
        return [line.rstrip() for line in self._seen.display if line.strip()]

    async def until(self, seen: Callable[[], bool]) -> None:
        """Let the reactor turn until something is true."""

        async def turn() -> None:
            while not seen():
                await deferLater(reactor, 0)

        await Deferred.fromCoroutine(turn()).addTimeout(PATIENCE_SECONDS, reactor)

    async def shows(self, *last: str) -> None:
        await self.until(lambda: self.shown()[-len(last) :] == list(last))


@asynccontextmanager
async def desk(complete: Any = None) -> AsyncIterator[Desk]:
    """A terminal that asks for a line of the chat."""
    with create_pipe_input() as keyboard:
        one = Desk(keyboard, lambda: Size(ROWS, COLUMNS))
        one.screen.start(one, complete or (lambda before: (before, [])))
        one.screen.ask("You: ", False)
        await one.shows("You:")
        yield one
        await one.screen.close()
        asyncio.get_event_loop().set_exception_handler(None)


@on_reactor
async def test_shows_stars_while_a_secret_is_typed() -> None:
    """And remembers nothing of it: neither as a line nor as what was cut out of one."""
    async with desk() as one:
        one.press("/register hunter2")
        await one.shows("You: /register *******")
        one.press(f"{CUT_ALL}{YANK}{ENTER}")
        await one.shows("You: /register ...", "You:")
        one.press(f"{YANK}{UP}.")
        await one.shows("You: .")
        assert one.lines == ["/register hunter2"]
        assert "hunter2" not in one.raw


@on_reactor
async def test_shows_stars_only_where_the_secret_is() -> None:
    """In a paste each line is looked at by itself."""
    async with desk() as one:
        one.press("\x1b[200~hello\n/login Sam secret\x1b[201~")
        await one.shows("You: hello", "/login **********")
        one.press(ENTER)
        await one.shows("You: hello", "You: /login ...", "You:")
        assert one.lines == ["hello", "/login Sam secret"]


@on_reactor
async def test_takes_what_was_begun_for_no_answer_to_another_question() -> None:
    """It is kept among the lines before, unless nobody is to see it."""
    async with desk() as one:
        one.press("half a li")
        await one.shows("You: half a li")
        one.screen.ask("Password: ", True)
        await one.shows("Password:")
        one.press("secr")
        await one.shows("Password: ****")
        one.screen.ask("Enter your username: ", False)
        await one.shows("Enter your username:")
        one.press(UP)
        await one.shows("Enter your username: half a li")
        assert "secr" not in one.raw


@on_reactor
async def test_keeps_what_was_begun_before_there_was_a_question() -> None:
    """Whoever types fast need not wait."""
    async with desk() as one:
        one.screen.ask("", False)
        one.press("ahead")
        await one.shows("ahead")
        one.screen.ask("Enter your username: ", False)
        await one.shows("Enter your username: ahead")


@on_reactor
async def test_completes_no_password() -> None:
    """What would be shown below it could be part of it."""
    asked: list[str] = []

    def complete(before: str) -> tuple[str, list[str]]:
        asked.append(before)
        return before, ["Sam", "Samantha"]

    async with desk(complete) as one:
        one.press("sa\t")
        await one.shows("Sam  Samantha", "You: sa")
        one.press(ENTER)
        one.screen.ask("Password: ", True)
        one.press("secret\t.")
        await one.shows("Password: *******")
        assert asked == ["sa"]


@on_reactor
async def test_rings_instead_of_taking_too_many_lines() -> None:
    """The line stays where it is."""
    async with desk() as one:
        one.crowded = True
        one.press(f"one more{ENTER}")
        await one.until(lambda: "one more" in "".join(one.shown()) and "\a" in one.raw)
        assert one.lines == []


@on_reactor
async def test_rings_for_what_is_about_the_reader() -> None:
    """And draws the line that is being typed below it."""
    async with desk() as one:
        one.press("half")
        one.screen.show(Line("Sam: hello", who="Sam"))
        await one.shows("Sam: hello", "You: half")
        assert "\a" not in one.raw
        one.screen.show(Line("Sam: hi Alex", who="Sam", me="Alex"))
        await one.shows("Sam: hello", "Sam: hi Alex", "You: half")
        assert "\a" in one.raw


@pytest.mark.parametrize(
    ("keys", "interruptions"),
    [(CTRL_C, 1), (CTRL_D, 1), (f"x{CTRL_D}", 0)],
    ids=["ctrl-c", "ctrl-d", "ctrl-d in a line"],
)
@on_reactor
async def test_leaves_with_ctrl_c_and_on_an_empty_line_with_ctrl_d(
    keys: str, interruptions: int
) -> None:
    """Elsewhere Ctrl-D takes away a character."""
    async with desk() as one:
        one.press(f"{keys}{CTRL_C}")
        await one.until(lambda: one.interruptions > interruptions)
        assert one.interruptions == interruptions + 1


@on_reactor
async def test_leaves_when_nobody_can_type_any_more() -> None:
    """The keyboard is gone, as when a window is closed."""
    async with desk() as one:
        one.hang_up()
        await one.until(lambda: one.interruptions == 1)
        assert one.faults == []


@on_reactor
async def test_tells_of_a_fault_under_it() -> None:
    """What asyncio reports has no place on the screen."""
    async with desk() as one:
        fault = ZeroDivisionError()
        loop = asyncio.get_event_loop()
        loop.call_exception_handler({"message": "not fine", "exception": fault})
        loop.call_exception_handler({"message": "not fine"})
        assert one.faults[0] is fault
        assert str(one.faults[1]) == "not fine"


@on_reactor
async def test_tells_of_a_screen_that_cannot_be_drawn_on() -> None:
    """And is done with it."""
    fault = OSError("no such terminal")

    def size() -> Size:
        raise fault

    with create_pipe_input() as keyboard:
        one = Desk(keyboard, size)
        one.screen.start(one, lambda before: (before, []))
        await one.until(lambda: bool(one.faults))
        assert one.faults[0] is fault
        await one.screen.close()
    asyncio.get_event_loop().set_exception_handler(None)
