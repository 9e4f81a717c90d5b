"""This server and others, side by side on loopback: a table, a plot, and all figures as JSON.

    python -m bench --quick

Each server is started for each load, and has one core for all its threads; the load has another.
In each round every contestant has its turn, so that whatever disturbs the machine meets them all.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.compiling import compiled
from bench.contestants import CONTESTANTS
from bench.document import document, written
from bench.goals import ROUNDS, verdicts
from bench.machine import files_on
from bench.plot import NoPlot, plot
from bench.processes import CAN_MEASURE, LOAD_CORE, allow_many_descriptors
from bench.programme import LONG, MESSAGES, Wish
from bench.results import Results, Run
from bench.rounds import Part, played, turns
from bench.scenarios import TOWN, scenarios
from bench.table import goals_table, table, where_files_are


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; 1 where something came to no end, or somebody lost lines."""
    options = _parser().parse_args(arguments)
    if not CAN_MEASURE:
        sys.exit("python -m bench: it needs Linux, for epoll and to hold a server to a core")
    if compiled("load.c") is None:
        sys.exit("python -m bench: the load generator is written in C, and there is no cc")
    allow_many_descriptors()
    with suppress(OSError):
        # This process has little to do, and does it where the load is.
        os.sched_setaffinity(0, {LOAD_CORE})
    wish = Wish(
        quick=options.quick,
        messages=options.messages,
        scenarios=options.scenario or (),
        contestants=options.contestant or (),
        seconds=options.seconds,
        people=options.people,
    )
    parts, left_out = wish.parts(), wish.left_out()
    if not parts:
        sys.exit("\n".join(["python -m bench: nothing is left to run.", *left_out]))
    _say(where_files_are(files_on()))
    runs = _runs(parts, options)
    results = Results([part.scenario for part in parts], runs)
    _publish(results, left_out, options)
    return 0 if results.faultless else 1


def _runs(parts: Sequence[Part], options: argparse.Namespace) -> list[Run]:
    """All of them, or those that there were until somebody had enough."""
    runs: list[Run] = []
    began = time.monotonic()
    try:
        for run in played(turns(parts, options.rounds), options.messages, _say):
            runs.append(run)
    except KeyboardInterrupt:
        _say("stopped: this is what there is until now")
    _say(f"{len(runs)} loads in {time.monotonic() - began:.0f} s")
    return runs


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    names = [contestant.name for contestant in CONTESTANTS]
    numbers = [scenario.number for scenario in scenarios(LONG, TOWN, MESSAGES)]
    add = parser.add_argument
    add("--quick", action="store_true", help="what takes less than two minutes")
    add("--scenario", type=int, action="append", choices=numbers, help="repeatable; default: all")
    add("--contestant", action="append", choices=names, help="repeatable; default: all")
    add("--rounds", type=_whole, default=ROUNDS, help=f"default: {ROUNDS}")
    add("--seconds", type=_seconds, help="how long each load is measured; default: 5, quick 1.5")
    add("--people", type=_whole, help="at most so many, to try it out")
    add("--messages", type=_whole, default=MESSAGES, help="on record, where it is a long one")
    add("--out", type=Path, default=Path("bench-results"), help="a directory; default: %(default)s")
    return parser


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, up to 3600")
    return seconds


def _publish(results: Results, left_out: Sequence[str], options: argparse.Namespace) -> None:
    """Print the table, and write all files."""
    reached = verdicts(results)
    shown = table(results, CONTESTANTS, left_out, files_on())
    text = "\n\n".join((shown, goals_table(reached)))
    settings: dict[str, Any] = {**vars(options), "out": str(options.out)}
    known = document(results, reached, CONTESTANTS, left_out, settings)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.txt").write_text(f"{text}\n")
    (options.out / "results.json").write_bytes(written(known))
    try:
        plot(known, options.out / "results.svg")
    except NoPlot as why:
        _say(f"no plot: {why}")
    # Last, as whoever reads only the beginning of it is to have the files as well.
    print(text)
    _say(f"all of it is in {options.out}")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
