"""What those who search a long record cost those who talk.

    python -m bench.searchers --messages 1000000

Starts a server of its own on loopback, on a record as bench.search makes it.  First, how long a
line takes from one to another while nobody searches; then, while some do without a pause, for what
takes longest to find.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from bench.peers import Peer, line_between, server, shown
from bench.search import ROOMS, Corpus, fill
from twisted_chat.journal.store import Store

LINES = 300
"""Lines that are measured each time."""


class Searcher(threading.Thread):
    """Searches in all rooms, again as soon as there is an answer."""

    def __init__(self, port: int, number: int, words: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self.took: list[float] = []
        self.over = False
        self._random = Random(number)
        self._words = words
        self._peer = Peer(port, f"Searcher{number}", f"127.0.1.{number}")
        for room in ROOMS:
            self._peer.ask(type="join", room=room)
            self._peer.until('"entered"')

    def run(self) -> None:
        """Search until it is over."""
        while not self.over:
            # Common words that nobody wrote in this order: the index says that all may have them.
            text = " ".join(self._random.choices(self._words, k=4))
            began = time.perf_counter()
            self._peer.ask(type="search", text=text, id=1)
            self._peer.until('"found"')
            self.took.append(time.perf_counter() - began)
        self._peer.close()


def main() -> None:
    """Make the record, talk, and print how long lines and answers took."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--messages", type=int, default=1_000_000)
    options.add_argument("--searchers", type=int, default=4)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, corpus = Path(folder, "data"), Corpus(Random(1))
        with closing(Store.open(data, "normal")) as store:
            fill(store, corpus, chosen.messages)
        common = [word for word in corpus.words[:60] if len(word) > 2]
        with server(str(data)) as port:
            _measure(port, chosen.searchers, common)


def _measure(port: int, count: int, words: Sequence[str]) -> None:
    speaker, hearer = Peer(port, "Speaker"), Peer(port, "Hearer")
    quiet = [line_between(speaker, hearer) for _ in range(LINES)]
    searchers = [Searcher(port, number, words) for number in range(1, count + 1)]
    for searcher in searchers:
        searcher.start()
    busy = [line_between(speaker, hearer) for _ in range(LINES)]
    for searcher in searchers:
        searcher.over = True
    for searcher in searchers:
        searcher.join()
    for peer in (speaker, hearer):
        peer.close()
    answers = [seconds for searcher in searchers for seconds in searcher.took]
    print(f"a line, nobody searches:  {shown(quiet)}")
    print(f"a line, {count} search:         {shown(busy)}")
    print(f"an answer to one of them: {shown(answers)}")


if __name__ == "__main__":
    main()
