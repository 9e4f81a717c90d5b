"""The watch over the reactor: what it counts and logs, and what it does not."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from twisted_chat.figures import Figures
from twisted_chat.limits import (
    BEAT_SECONDS,
    BLOCK_FRAMES,
    BLOCK_LOG_SECONDS,
    BLOCKED_SECONDS,
    OFF,
)
from twisted_chat.serverlog import ServerLog
from twisted_chat.watch import Lookout, Watch, stack_of

Logged = Callable[[], str]
STEP = 0.001
CALL = "deep.in:1 < the.code:2"


def on_reactor(test: Callable[..., Any]) -> Any:
    """A test on the real reactor."""
    made: Callable[..., Any] = pytest_twisted.ensureDeferred(test)
    return made


class World:
    """A reactor under watch, of which a test says what it does while the time goes by."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.time = self.used = 0.0
        self.looks = 0
        self.figures = Figures()
        self.watch = Watch(
            self.clock,
            self.figures,
            ServerLog(self.clock, OFF),
            now=lambda: self.time,
            used=lambda: self.used,
            where=self._where,
        )
        self.while_looking: Callable[[], object] = lambda: None
        self.watch.start()
        self._look()

    def idle(self, seconds: float) -> None:
        """The reactor turns, and the other thread looks when it wants to."""
        for _ in range(round(seconds / STEP)):
            self._pass_by(STEP)
            self.clock.advance(0)

    def block(self, seconds: float, used: float = 0.0) -> None:
        """The reactor does not turn for so long, and works for a part of that."""
        for _ in range(round(seconds / STEP)):
            self._pass_by(STEP)
        self.used += used
        self.clock.advance(0)

    def stop(self, seconds: float, used: float = 0.0) -> None:
        """Neither does anything in the other thread, which is the first to go on."""
        self._pass_by(seconds)
        self.used += used
        self.clock.advance(0)

    def _where(self, thread: int) -> str:
        self.while_looking()
        return CALL

    def _pass_by(self, seconds: float) -> None:
        self.time += seconds
        self.clock.rightNow += seconds
        if self.time >= self._next_look:
            self._look()

    def _look(self) -> None:
        self.looks += 1
        self._next_look = self.time + self.watch.look()


@pytest.fixture
def world() -> World:
    """A new one, which has been idle for a while."""
    world = World()
    world.idle(1)
    return world


def lines(logged: str) -> list[str]:
    """What the log says that everybody waited for."""
    return re.findall(r"Everybody waited .*", logged)


def test_finds_nothing_in_a_reactor_that_turns(world: World, logged: Logged) -> None:
    """It is looked at twenty times a second, in either thread, and is hardly late."""
    looks, beats = world.looks, world.figures.lag.count
    world.idle(10)
    assert world.figures.lag.count - beats <= 10 / BEAT_SECONDS
    assert world.looks - looks <= 10 / BEAT_SECONDS
    assert world.figures.lag.longest <= 2 * STEP
    assert (world.figures.blocks.count, logged()) == (0, "")


@pytest.mark.parametrize("phase", range(5))
def test_finds_what_keeps_the_reactor(world: World, logged: Logged, phase: int) -> None:
    """Whenever it begins: for how long a timer waited for it, and where it was."""
    world.idle(phase * BEAT_SECONDS / 5)
    world.block(BLOCKED_SECONDS + BEAT_SECONDS + 2 * STEP)
    assert world.figures.blocks.count == 1
    assert BLOCKED_SECONDS < world.figures.blocks.longest <= BLOCKED_SECONDS + BEAT_SECONDS
    (line,) = lines(logged())
    assert line.endswith(f"seconds or more (0 times more since the last of these lines), in {CALL}")
    world.idle(1)
    assert world.figures.blocks.count == 1


@pytest.mark.parametrize("phase", range(5))
def test_lets_pass_what_may_be(world: World, logged: Logged, phase: int) -> None:
    """A timer has waited for it, and that is all."""
    world.idle(phase * BEAT_SECONDS / 5)
    world.block(BLOCKED_SECONDS - STEP, used=BLOCKED_SECONDS)
    world.idle(1)
    assert (world.figures.blocks.count, logged()) == (0, "")


def test_finds_what_sleeps_and_what_works(world: World) -> None:
    """Everybody waits for both."""
    world.block(1)
    world.idle(1)
    world.block(1, used=1)
    assert world.figures.blocks.count == 2
    assert world.figures.blocks.longest == pytest.approx(1, abs=BEAT_SECONDS)


def test_blames_nobody_for_a_process_that_was_stopped(world: World, logged: Logged) -> None:
    """By SIGSTOP, or with its machine: a timer was late, and nothing was the reason for that."""
    world.stop(3600)
    world.idle(1)
    assert world.figures.lag.longest > 3599
    assert (world.figures.blocks.count, logged()) == (0, "")


def test_finds_what_lets_no_thread_look(world: World, logged: Logged) -> None:
    """It works meanwhile, as a process that is stopped does not."""
    world.stop(2, used=1.9)
    assert world.figures.blocks.count == 1
    assert len(lines(logged())) == 1


def test_logs_no_more_than_somebody_reads(world: World, logged: Logged) -> None:
    """However much keeps the reactor, there is a line every ten seconds; the rest is counted."""
    for _ in range(int(2.5 * BLOCK_LOG_SECONDS / 0.25)):
        world.block(0.2)
        world.idle(0.05)
    assert world.figures.blocks.count == 2.5 * BLOCK_LOG_SECONDS / 0.25
    left_out = [int(re.findall(r"\((\d+) times", line)[0]) for line in lines(logged())]
    assert left_out == [0, pytest.approx(39, abs=1), pytest.approx(39, abs=1)]


def test_takes_what_it_saw_for_what_it_was_about(world: World) -> None:
    """What is seen of a call that ends meanwhile is not told of the next time."""
    world.while_looking = lambda: world.clock.advance(0)
    world.block(1)
    world.while_looking = lambda: None
    world.stop(5)
    assert world.figures.blocks.count == 0


def test_ends_with_the_server(world: World) -> None:
    """No timer is left behind."""
    world.watch.stop()
    assert world.clock.getDelayedCalls() == []


def test_shows_where_a_thread_is() -> None:
    """The innermost call first, each with its line; and no more of them than are of use."""

    def deeper(calls: int) -> str:
        return deeper(calls - 1) if calls else stack_of(threading.get_ident())

    shown = deeper(50).split(" < ")
    assert len(shown) == BLOCK_FRAMES
    assert re.fullmatch(r"twisted_chat\.watch\.stack_of:\d+", shown[0])
    assert re.fullmatch(r"test_watch\.test_shows_where_a_thread_is\.<locals>\.deeper:\d+", shown[1])
    assert stack_of(-1) == ""


@on_reactor
async def test_watches_a_real_reactor(logged: Logged) -> None:
    """Something waits for a lock: the log says what, and the thread ends with the watch."""
    figures = Figures()
    lookout = Lookout(Watch(reactor, figures, ServerLog(reactor, OFF)))
    lookout.start()
    await turns(2)
    threading.Event().wait(BLOCKED_SECONDS + 4 * BEAT_SECONDS)
    await turns(2)
    lookout.stop()
    assert figures.blocks.count >= 1
    assert "test_watches_a_real_reactor" in "".join(lines(logged()))
    assert "watching" not in {thread.name for thread in threading.enumerate()}


def test_need_not_be_begun() -> None:
    """A server that cannot start stops as well."""
    Lookout(Watch(Clock(), Figures(), ServerLog(Clock(), OFF))).stop()


async def turns(beats: int) -> None:
    """Let the reactor turn for so many beats."""
    for _ in range(beats):
        turned: Deferred[None] = Deferred()
        reactor.callLater(BEAT_SECONDS, turned.callback, None)
        await turned
