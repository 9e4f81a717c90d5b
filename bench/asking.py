"""People who ask for what was said before, while others talk and are measured.

Ten questions a second: as many as come of a thousand people who each look something up every 100
seconds, which is more than they do.  They come at a steady pace, whether the one before is answered
or not, so that a slow server gets no fewer of them; and they are those that people ask: half of
them scroll back in a room, half search, for rare words and for common ones, in one room and in all.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from random import Random

from bench.peers import Peer
from bench.search import ROOMS, Corpus, fill
from twisted_chat.journal.store import Store

PROGRAMS = 5
SECONDS_BETWEEN = 0.5
"""Between two questions of one of them."""

PAGE = 20
"""What fits on a screen."""


SETTLED = 2000
"""Messages that are said after a long record was made: its index of words owes a merge by then,
100 ms of work once in tens of thousands of messages, which would fall into each measurement."""


def make_record(directory: Path, messages: int) -> None:
    """A record of so many messages and a few more, the same each time."""
    with closing(Store.open(directory, "normal")) as store:
        fill(store, Corpus(Random(1)), messages + SETTLED)


@contextmanager
def asked(port: int, messages: int) -> Iterator[list[float]]:
    """Have programs ask meanwhile; how long each answer took, in milliseconds.

    :param messages: how many are on record.
    """
    words = Corpus(Random(1)).words
    programs = [_Program(port, number, words, messages) for number in range(PROGRAMS)]
    took: list[float] = []
    for program in programs:
        program.start()
    try:
        yield took
    finally:
        for program in programs:
            program.over.set()
        for program in programs:
            program.join()
            took.extend(program.took)


class _Program(threading.Thread):
    """Asks one question after the other, each when it is due."""

    def __init__(self, port: int, number: int, words: Sequence[str], messages: int) -> None:
        super().__init__(daemon=True)
        self.took: list[float] = []
        self.over = threading.Event()
        self._random = Random(number)
        self._words = words
        self._messages = messages
        self._first = number / PROGRAMS * SECONDS_BETWEEN
        self._peer = Peer(port, f"Asker{number}")
        for room in ROOMS:
            self._peer.ask(type="join", room=room)
            self._peer.until('"entered"')

    def run(self) -> None:
        due = time.monotonic() + self._first
        # Where the server ends first, there is nobody to ask any more.
        with suppress(OSError, EOFError):
            for question in cycle(_questions(self._random, self._words, self._messages)):
                if self.over.wait(max(0.0, due - time.monotonic())):
                    break
                self._peer.ask(id=1, **question)
                self._peer.until('"id":1,')
                self.took.append(1000 * (time.monotonic() - due))
                due += SECONDS_BETWEEN
        self._peer.close()


def _questions(random: Random, words: Sequence[str], messages: int) -> list[dict[str, object]]:
    rare = [word for word in words[-3000:] if len(word) > 6]
    common = [word for word in words[:60] if len(word) > 2]
    questions: list[dict[str, object]] = []
    for _ in range(10):
        room = random.choice(ROOMS)
        before = random.randint(PAGE, messages + PAGE)
        questions += [
            {"type": "history", "room": room, "most": PAGE},
            {"type": "search", "text": random.choice(rare)},
            {"type": "history", "room": room, "most": PAGE, "before": before},
            {"type": "search", "text": " ".join(random.choices(common, k=2))},
            {"type": "history", "room": room, "most": PAGE, "before": max(1, before - 1000)},
            {"type": "search", "text": random.choice(common), "room": room},
        ]
    return questions
