"""What it costs to put what is said on record, by how much is said at once and how durably.

    python -m bench.journal

Each batch is one commit, in a temporary directory, or in the one that is named: what a disk takes
for a sync is known only there.  All kinds are measured again and again in turn, so that what else
the machine does falls on all of them.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, get_args

from twisted_chat.events import Said
from twisted_chat.journal import Durability, Entry
from twisted_chat.journal.store import Store

SIZES = (1, 10, 100)
"""Messages in one commit: somebody alone, a busy room, and a crowd."""

TEXT = "Has anybody seen the logs of last night? The build stopped at 02:13, in step 7."
START = 1_600_000_000.0


class Cost(NamedTuple):
    """What some commits took, in seconds: what was waited for, and what the processor worked."""

    waited: float
    worked: float


def main() -> None:
    """Measure each size with each durability, and print the table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--messages", type=int, default=3000, help="of each kind in a round")
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--in", dest="folder", help="where; default: a temporary directory")
    chosen = options.parse_args()
    kinds = [(durability, size) for durability in get_args(Durability) for size in SIZES]
    rounds: dict[tuple[Durability, int], list[list[Cost]]] = {kind: [] for kind in kinds}
    for _ in range(chosen.rounds):
        for durability, size in kinds:
            with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
                costs = _costs(Path(folder), durability, chosen.messages // size, size)
            rounds[durability, size].append(costs)
    print(
        f"{'':12}{'messages':>10}|{'a commit takes':^22}|{'a message takes':^22}|{'messages':>10}\n"
        f"{'durability':12}{'at once':>10}|{'median':>11}{'p99':>11}"
        f"|{'waited':>11}{'processor':>11}|{'a second':>10}"
    )
    for (durability, size), taken in rounds.items():
        _print_row(durability, size, taken)


def _costs(folder: Path, durability: Durability, commits: int, size: int) -> list[Cost]:
    """What each of so many commits of that size takes, on an empty record."""
    batches = [_batch(number, size) for number in range(commits)]
    costs = []
    with closing(Store.open(folder / "data", durability)) as store:
        for number, batch in enumerate(batches):
            began, begun = time.perf_counter(), time.thread_time()
            store.commit(batch, [], 0, START + number)
            worked = time.thread_time() - begun
            costs.append(Cost(time.perf_counter() - began, worked))
    return costs


def _batch(number: int, size: int) -> list[Entry]:
    """So many people say something, each of whose sends has an id, as a program's does."""
    return [
        Entry(Said(room="#lobby", who=f"user{one}", text=TEXT), f"a:{one}", once=f"{number}")
        for one in range(size)
    ]


def _print_row(durability: str, size: int, rounds: Sequence[Sequence[Cost]]) -> None:
    waited = sorted(cost.waited for costs in rounds for cost in costs)
    middle, high = statistics.median(waited), waited[int(len(waited) * 0.99)]
    each = _each(size, [[cost.waited for cost in costs] for costs in rounds])
    worked = _each(size, [[cost.worked for cost in costs] for costs in rounds])
    print(
        f"{durability:12}{size:>10}|{middle * 1e3:>8.2f} ms{high * 1e3:>8.2f} ms"
        f"|{each * 1e6:>8.1f} us{worked * 1e6:>8.1f} us|{1 / each:>10,.0f}"
    )


def _each(size: int, rounds: Sequence[Sequence[float]]) -> float:
    """What a message took in the middle one of the rounds.

    In each of them it is the mean, as the index is written once in a thousand messages.
    """
    return statistics.median(statistics.fmean(took) for took in rounds) / size


if __name__ == "__main__":
    main()
