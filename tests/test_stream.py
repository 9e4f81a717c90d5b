"""What one session hears, while the past is read for it."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from twisted_chat.answers import Notice, Reply
from twisted_chat.audience import Wish
from twisted_chat.stream import UNREADABLE, Stream

MOST = 10


class Past:
    """What is read of the past when the test says so."""

    def __init__(self) -> None:
        self.wish = Wish(self._wish, "#dev", after=3)
        self.asked: list[int] = []
        self._read: Deferred[Sequence[Reply]] = Deferred()

    async def _wish(self, upto: int) -> Sequence[Reply]:
        """What was said up to there."""
        self.asked.append(upto)
        return await self._read

    def is_read(self, text: str) -> None:
        """It is there."""
        self._read.callback([Notice(code="past", text=text)])

    def fails(self) -> None:
        """It cannot be read."""
        self._read.errback(OSError("unreadable"))


class Ear:
    """A stream's listener."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.stream = Stream(
            self.heard.append,
            lambda: self.heard.append(b"closed"),
            _write,
            _begin,
            MOST,
            self._steer,
        )

    def _steer(self, hear: Callable[[bytes], None]) -> None:
        self.hear = hear


def _write(reply: Reply) -> bytes:
    assert isinstance(reply, Notice)
    missing = f" ({reply.room}, {reply.after} to {reply.upto})" if reply.upto else ""
    return f"{reply.text}{missing}".encode()


INSTEAD = f"{UNREADABLE} (#dev, 3 to 9)".encode()
"""What is said where the past up to 9 is not."""


def _begin(work: Coroutine[Any, Any, None]) -> None:
    """As delivery does it; what fails is its business to log."""
    Deferred.fromCoroutine(work).addErrback(lambda _: None)


@pytest.fixture
def ear() -> Ear:
    """One that has heard nothing."""
    return Ear()


def test_passes_on_what_comes_while_nothing_is_read(ear: Ear) -> None:
    """At once."""
    ear.hear(b"hi")
    assert ear.heard == [b"hi"]


def test_tells_the_past_before_what_comes_meanwhile(ear: Ear) -> None:
    """In the order in which it happened."""
    past = Past()
    ear.hear(b"a")
    ear.stream.catch_up(past.wish, 7)
    ear.hear(b"c")
    ear.stream.hang_up()
    assert (ear.heard, past.asked) == ([b"a"], [7])
    past.is_read("b")
    assert ear.heard == [b"a", b"b", b"c", b"closed"]


def test_reads_one_past_after_the_other(ear: Ear) -> None:
    """Each in its place."""
    first, second = Past(), Past()
    ear.stream.catch_up(first.wish, 1)
    ear.hear(b"b")
    ear.stream.catch_up(second.wish, 2)
    ear.hear(b"d")
    assert (first.asked, second.asked) == ([1], [])
    first.is_read("a")
    assert second.asked == [2]
    second.is_read("c")
    assert ear.heard == [b"a", b"b", b"c", b"d"]


def test_keeps_the_order_where_more_of_the_past_is_there_at_once(ear: Ear) -> None:
    """What waits is told before anybody is told that it is, and before what comes then."""
    first, second = Past(), Past()
    second.is_read("c")
    ear.stream.catch_up(first.wish, 1)
    ear.hear(b"b")
    ear.stream.catch_up(second.wish, 2)
    ear.hear(b"d")
    settled = Deferred.fromCoroutine(ear.stream.settled())
    settled.addCallback(lambda _: ear.hear(b"e"))
    first.is_read("a")
    assert ear.heard == [b"a", b"b", b"c", b"d", b"e"]


def test_goes_on_where_the_past_cannot_be_read(ear: Ear) -> None:
    """And says which part of it is missing."""
    past = Past()
    ear.stream.catch_up(past.wish, 9)
    ear.hear(b"now")
    past.fails()
    assert ear.heard == [INSTEAD, b"now"]


def test_waits_for_the_past_with_so_much_and_no_more(ear: Ear) -> None:
    """Beyond the bound it goes on without; what is read then is too late, and not told."""
    past = Past()
    ear.stream.catch_up(past.wish, 9)
    ear.hear(b"x" * MOST)
    assert ear.heard == []
    ear.hear(b"y")
    assert ear.heard == [INSTEAD, b"x" * MOST, b"y"]
    past.is_read("late")
    ear.hear(b"z")
    assert ear.heard[3:] == [b"z"]


def test_is_settled_when_all_of_the_past_is_told(ear: Ear) -> None:
    """However many times there is more of it."""
    first, second = Past(), Past()
    settled: list[None] = []
    ear.stream.catch_up(first.wish, 1)
    ear.stream.catch_up(second.wish, 2)
    Deferred.fromCoroutine(ear.stream.settled()).addCallback(settled.append)
    first.is_read("a")
    assert settled == []
    second.is_read("b")
    assert settled == [None]
