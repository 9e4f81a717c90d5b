"""Sees what keeps the reactor from turning: that all others wait for it, and where it was.

A timer of the reactor notes by how much it is late.  Where it is later than may be, a thread has
looked meanwhile where the reactor's thread was.  What held up the whole process (it was stopped,
or the machine was) is nobody's fault here: then that thread came late too, and no processor worked.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread, get_ident
from typing import Any

from twisted_chat.clock import Clock
from twisted_chat.figures import Figures
from twisted_chat.limits import (
    BEAT_SECONDS,
    BLOCK_FRAMES,
    BLOCK_LOG_SECONDS,
    BLOCKED_SECONDS,
)
from twisted_chat.serverlog import ServerLog

NOT_SEEN = "a call that lets no thread look"


@dataclass(frozen=True, slots=True)
class _Sight:
    """Where the reactor's thread was when a beat was missed."""

    due: float
    """When the beat was to come."""
    in_time: bool
    """Whether it was looked at when it was meant to be: so that only the reactor was held up."""
    where: str


class Watch:
    """Counts by how much the reactor is late, and logs what it was late for.

    :param clock: the reactor.
    :param now: seconds that never go back, and stand still while the machine sleeps.
    :param used: the seconds of processor that the process has used.
    :param where: what the thread of that identifier does.
    """

    def __init__(
        self,
        clock: Clock,
        figures: Figures,
        log: ServerLog,
        *,
        now: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
        where: Callable[[int], str] | None = None,
    ) -> None:
        self._clock = clock
        self._figures = figures
        self._log = log
        self._now = now
        self._used = used
        self._where = where or stack_of
        self._watched = 0
        self._due = self._used_before = 0.0
        self._seen: _Sight | None = None
        self._timer: Any = None
        self._quiet_until = float("-inf")
        self._left_out = 0

    def start(self) -> None:
        """Watch the thread that calls this, from now on."""
        self._watched = get_ident()
        self._next_beat()

    def stop(self) -> None:
        """Watch no more."""
        if self._timer.active():
            self._timer.cancel()

    def look(self) -> float:
        """See whether a beat is missed, and where the reactor is then; another thread calls this.

        :returns: after how many seconds it is to be called again.
        """
        due = self._due
        over = self._now() - due - BLOCKED_SECONDS
        if over < 0:
            return -over
        if self._seen is None or self._seen.due != due:
            self._seen = _Sight(due, over < BEAT_SECONDS, self._where(self._watched))
        return BEAT_SECONDS

    def _beat(self) -> None:
        late = self._now() - self._due
        try:
            self._figures.lag.note(late)
            if late > BLOCKED_SECONDS:
                self._late(late, self._seen if self._seen and self._seen.due == self._due else None)
        finally:
            self._seen = None
            self._next_beat()

    def _next_beat(self) -> None:
        self._used_before = self._used()
        self._due = self._now() + BEAT_SECONDS
        self._timer = self._clock.callLater(BEAT_SECONDS, self._beat)

    def _late(self, seconds: float, seen: _Sight | None) -> None:
        """The reactor was held up, unless the whole process was."""
        worked = self._used() - self._used_before >= seconds / 2
        if not worked and not (seen and seen.in_time):
            return
        self._figures.blocks.note(seconds)
        now = self._now()
        if now < self._quiet_until:
            self._left_out += 1
            return
        self._log.blocked(seconds, seen.where if seen else NOT_SEEN, self._left_out)
        self._quiet_until, self._left_out = now + BLOCK_LOG_SECONDS, 0


class Lookout:
    """The thread that looks, as the watch wants it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._over = Event()
        self._thread = Thread(target=self._look, name="watching", daemon=True)

    def start(self) -> None:
        """Watch the thread that calls this, from now on."""
        self._watch.start()
        self._thread.start()

    def stop(self) -> None:
        """Watch no more, if it was begun; the thread has ended then."""
        if self._thread.ident is not None:
            self._watch.stop()
            self._over.set()
            self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(self._watch.look()):
            pass


def stack_of(thread: int) -> str:
    """Where a thread is, the innermost call first, and so many of those that led there."""
    frame = sys._current_frames().get(thread)
    calls: list[str] = []
    while frame is not None and len(calls) < BLOCK_FRAMES:
        module = frame.f_globals.get("__name__", "?")
        calls.append(f"{module}.{frame.f_code.co_qualname}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(calls)
