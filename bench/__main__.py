"""This server and others, side by side on loopback: a table, a plot, and all figures as JSON.

    python -m bench --quick

Each server is started for each load, and has one core for all its threads; the load has another.
In each round every contestant has its turn, so that whatever disturbs the machine meets them all.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.compiling import compiled
from bench.contestants import CONTESTANTS, Contestant
from bench.document import document, written
from bench.goals import OURS, verdicts
from bench.plot import NoPlot, plot
from bench.processes import LOAD_CORE, allow_many_descriptors
from bench.results import Results
from bench.rounds import Part, played, turns
from bench.scenarios import FLOOR, INSPIRCD, NGIRCD, Scenario, Span, scenarios
from bench.table import goals_table, table

ROUNDS = 3
LONG, SHORT = Span(5.0, 1.0), Span(1.5, 0.5)
TOWN, SMALL_TOWN = 10_000, 2000
MESSAGES = 1_000_000
QUICK: Mapping[int, Sequence[str]] = {
    1: (OURS, FLOOR),
    2: (OURS, INSPIRCD, NGIRCD),
    3: (OURS,),
    5: (OURS,),
}
"""The scenarios that take little time, with those of whom something is claimed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; 1 where something came to no end."""
    options = _parser().parse_args(arguments)
    if compiled("load.c") is None:
        sys.exit("python -m bench: the load generator is written in C, and there is no cc")
    allow_many_descriptors()
    with suppress(OSError):
        # This process has little to do, and does it where the load is.
        os.sched_setaffinity(0, {LOAD_CORE})
    left_out = {one.name: why for one in CONTESTANTS if (why := one.absent())}
    parts = _parts(options, left_out)
    began = time.monotonic()
    runs = list(played(turns(parts, options.rounds), options.messages, _say))
    _say(f"{len(runs)} loads in {time.monotonic() - began:.0f} s")
    results = Results([part.scenario for part in parts], runs)
    _publish(results, left_out, options)
    return 0 if all(run.result is not None for run in runs) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    names = [contestant.name for contestant in CONTESTANTS]
    numbers = [scenario.number for scenario in scenarios(LONG, TOWN)]
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


def _parts(options: argparse.Namespace, left_out: Mapping[str, str]) -> list[Part]:
    """Which scenarios are run, and with whom."""
    span = SHORT if options.quick else LONG
    if options.seconds is not None:
        span = Span(options.seconds, min(span.warmup, options.seconds))
    wanted = options.scenario or (QUICK if options.quick else ())
    parts = []
    for scenario in scenarios(span, SMALL_TOWN if options.quick else TOWN):
        if wanted and scenario.number not in wanted:
            continue
        contestants = [
            one
            for one in _asked_for(scenario, options)
            if one.name not in left_out and scenario.number not in one.cannot
        ]
        if options.people is not None:
            scenario = scenario.smaller(options.people)
        if contestants:
            parts.append(Part(scenario=scenario, contestants=contestants))
    return parts


def _asked_for(scenario: Scenario, options: argparse.Namespace) -> list[Contestant]:
    names = options.contestant
    if not names and options.quick:
        names = QUICK.get(scenario.number)
    return [one for one in CONTESTANTS if not names or one.name in names]


def _publish(results: Results, left_out: Mapping[str, str], options: argparse.Namespace) -> None:
    """Print the table, and write all files."""
    reached = verdicts(results)
    text = "\n\n".join((table(results, CONTESTANTS, left_out), goals_table(reached)))
    print(text)
    settings: dict[str, Any] = {**vars(options), "out": str(options.out)}
    known = document(results, reached, CONTESTANTS, left_out, settings)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.txt").write_text(f"{text}\n")
    (options.out / "results.json").write_bytes(written(known))
    try:
        plot(known, options.out / "results.svg")
    except NoPlot as why:
        _say(f"no plot: {why}")
    _say(f"all of it is in {options.out}")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
