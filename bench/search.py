"""How long answers from a long record take, on one thread: searches of every kind, and the past.

    python -m bench.search --messages 1000000

Makes the same record each time, in a temporary directory.  Where the machine does other things too,
what the processor has worked says more than what was waited for.  An answer ends after a bounded
time, and says how to go on: the last column has how many it takes until 20 are found, or all.
"""

import argparse
import statistics
import tempfile
import time
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from random import Random

from twisted_chat.events import Said
from twisted_chat.journal import Entry, Found, Scope
from twisted_chat.journal.spans import Span
from twisted_chat.journal.store import Store

BATCH = 500
ROOMS = [f"#room{number}" for number in range(40)]
PEOPLE = [f"user{number}" for number in range(500)]
CLOSED = ROOMS[0]
"""The busiest room, which those who search may not read where it says so."""
OPEN = Scope(ROOMS)
WITHOUT_BUSIEST = Scope(ROOMS[1:])
MANY = Scope([*ROOMS[1:], *(f"#empty{number}" for number in range(10_000))])
SMALL = [f"#small{number}" for number in range(2400)]
"""Rooms in which hardly anything is said."""
MOST = 20
FOLLOWED = 10
"""Questions of a kind that are asked again until they are answered."""

START = 1_600_000_000.0
SECONDS_BETWEEN = 30

CHINESE = "我们今天会议讨论服务器问题消息数据库搜索时间地方朋友喜欢学习工作下午见面谢谢可以没有什么"
ODD = ("C++20", "foo.png", "https://example.org/a?b=c", "#1234", "I/O", "it's", "e.g.", "100%")


class Corpus:
    """Lines as people write them: a few words are everywhere, and most are rare.

    :param random: says everything, so that it is the same each time.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        letters, weights = "etaoinshrdlucmfwypvbgkjqxz", range(26, 0, -1)
        words = (
            "".join(random.choices(letters, weights, k=random.choice((2, 3, 4, 5, 6, 7, 8, 10))))
            for _ in range(60_000)
        )
        self.words = list(dict.fromkeys(words))
        self._shares = list(accumulate(1 / (rank + 2) for rank in range(len(self.words))))
        self._room_shares = list(accumulate(1 / (rank + 1) for rank in range(len(ROOMS))))

    def line(self, room: str = "") -> Entry:
        """Somebody says something in a room, or somewhere."""
        random = self._random
        room = room or ROOMS[self._chosen(self._room_shares)]
        who = random.choice(PEOPLE)
        return Entry(Said(room=room, who=who, text=self._text()), f"a:{who}")

    def _text(self) -> str:
        random = self._random
        if random.random() < 0.05:
            return "".join(random.choices(CHINESE, k=random.randint(4, 20)))
        count = min(40, 1 + int(random.expovariate(1 / 9)))
        words = [self.words[self._chosen(self._shares)] for _ in range(count)]
        if random.random() < 0.02:
            words.append(random.choice(ODD))
        return " ".join(words)

    def _chosen(self, shares: Sequence[float]) -> int:
        return bisect(shares, self._random.random() * shares[-1])


def main() -> None:
    """Make the record, ask, and print how long each kind of question took."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--messages", type=int, default=1_000_000)
    options.add_argument("--times", type=int, default=100, help="how often each kind is asked")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder, "data")
        corpus = Corpus(Random(1))
        with closing(Store.open(directory, "normal")) as store:
            cost = fill(store, corpus, chosen.messages)
        print(f"written at {cost * 1e6:.1f} us of processor a message, {BATCH} at once")
        size = (directory / "chat.db").stat().st_size
        began = time.perf_counter()
        with closing(Store.open(directory, "normal")) as store:
            opened = time.perf_counter() - began
            print(f"{chosen.messages:,} messages, {size >> 20:,} MiB, opened in {opened:.2f} s\n")
            print(f"{'':36}|{'waited for':^20}|{'processor':^20}|")
            print(
                f"{'':36}|{'median':>10}{'p99':>10}|{'median':>10}{'p99':>10}"
                f"|{'found':>7}{'all':>6}{'answers':>9}"
            )
            for what, ask in _questions(store, corpus):
                _measure(what, ask, store.last, chosen.times)


def fill(store: Store, corpus: Corpus, messages: int) -> float:
    """Put so many messages on record; how many seconds of processor each took."""
    spent = 0.0
    for start in range(0, messages, BATCH):
        batch = [corpus.line() for _ in range(min(BATCH, messages - start) - 2)]
        batch += [corpus.line(SMALL[(start // BATCH + half) % len(SMALL)]) for half in (0, 1200)]
        began = time.thread_time()
        store.commit(batch, [], 0, START + start * SECONDS_BETWEEN)
        spent += time.thread_time() - began
    return spent / messages


Question = Callable[[Random, int], tuple[int, int]]
"""Asks once, what has at most that number; how much was found, and how far back it was looked for:
0 where that is all there is."""


def _questions(store: Store, corpus: Corpus) -> Iterator[tuple[str, Question]]:
    words, end = corpus.words, store.last

    def search(
        text: Callable[[Random], str], scope: Scope = OPEN, who: str = "", since: float = 0
    ) -> Question:
        def ask(random: Random, upto: int) -> tuple[int, int]:
            span = Span(upto, since=since)
            found: Found = store.search(text(random), scope, who, span, MOST)
            return len(found.events), found.reached

        return ask

    def past(random: Random, upto: int) -> tuple[int, int]:
        page = store.past(OPEN, Span(random.randint(1, upto)), MOST)
        return len(page.events), page.more

    def backlog(random: Random, upto: int) -> tuple[int, int]:
        page = store.past(Scope([random.choice(ROOMS)]), Span(upto), MOST)
        return len(page.events), page.more

    def around(random: Random, upto: int) -> tuple[int, int]:
        page = store.around(random.randint(1, upto), OPEN, upto, MOST)
        return len(page.events), page.more

    def rare(random: Random) -> str:
        return random.choice([word for word in words[-3000:] if len(word) > 6])

    def common(random: Random) -> str:
        return random.choice([word for word in words[:60] if len(word) > 2])

    def phrase(random: Random) -> str:
        return f"{common(random)} {common(random)}"

    week = START + end * SECONDS_BETWEEN - 7 * 86_400
    yield "a rare word", search(rare)
    yield "a common word", search(common)
    yield "a phrase of two common words", search(phrase)
    yield "a phrase of four common words", search(lambda r: f"{phrase(r)} {phrase(r)}")
    yield "a word that nobody wrote", search(lambda r: "".join(r.sample("jqxzvk", 6)))
    yield "common trigrams, and no such word", search(lambda r: f"{common(r)}{rare(r)}{common(r)}")
    yield "two letters, common", search(lambda _: "th")
    yield "two letters, rare", search(lambda _: "zq")
    yield "two letters that nobody wrote", search(lambda _: "q~")
    yield "two Chinese characters", search(lambda r: "".join(r.choices(CHINESE, k=2)))
    yield "four Chinese characters", search(lambda r: "".join(r.choices(CHINESE, k=4)))
    yield "C++20", search(lambda _: "C++20")
    yield "a URL", search(lambda _: "https://example.org/a?b=c")
    yield "a phrase, from: somebody", search(phrase, who="user7")
    yield "a common word, from: somebody", search(common, who="user7")
    yield "a common word, from: nobody", search(common, who="nobody")
    yield "a common word, in: a quiet room", search(common, Scope([ROOMS[-1]]))
    yield "a rare word, in: a quiet room", search(rare, Scope([ROOMS[-1]]))
    yield "a common word, since: a week", search(common, since=week)
    yield "a common word, in no open room", search(common, Scope(["#elsewhere"]))
    yield "a rare word, in all but the busiest", search(rare, WITHOUT_BUSIEST)
    yield "a common word, in 10,000 rooms", search(common, MANY)
    yield "a rare word, in 10,000 rooms", search(rare, MANY)
    yield "two letters, in 10,000 rooms", search(lambda _: "q~", MANY)
    yield "a common word, in 2,400 small rooms", search(common, Scope(SMALL))
    yield "a rare word, in 2,400 small rooms", search(rare, Scope(SMALL))
    yield "the last 20 of a room", backlog
    yield "20 of all rooms, anywhere", past
    yield "what was said around something", around


def _measure(what: str, ask: Question, end: int, times: int) -> None:
    random = Random(2)
    waited, worked, found, whole = [], [], 0, 0
    for _ in range(times):
        began, begun = time.perf_counter(), time.thread_time()
        count, reached = ask(random, end)
        worked.append(time.thread_time() - begun)
        waited.append(time.perf_counter() - began)
        found, whole = found + count, whole + (not reached)
    answers = statistics.fmean(_answers(ask, seed, end) for seed in range(FOLLOWED))
    columns = "".join(f"|{_middle(took)}{_high(took)}" for took in (waited, worked))
    print(f"{what:36}{columns}|{found / times:7.1f}{whole / times:6.0%}{answers:9.1f}")


def _answers(ask: Question, seed: int, end: int) -> int:
    """How many answers it takes to find as many as one shows, or all."""
    answers, left, upto = 0, MOST, end
    while left > 0 and upto:
        found, reached = ask(Random(seed), upto)
        answers, left, upto = answers + 1, left - found, reached and reached - 1
    return answers


def _middle(took: Sequence[float]) -> str:
    return f"{statistics.median(took) * 1000:7.1f} ms"


def _high(took: Sequence[float]) -> str:
    return f"{sorted(took)[int(len(took) * 0.99)] * 1000:7.1f} ms"


if __name__ == "__main__":
    main()
