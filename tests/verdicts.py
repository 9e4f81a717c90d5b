"""What a script measured, and what it found wrong: a line of JSON, and an exit code."""

import argparse
import asyncio
import json
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NoReturn

SHOWN = 20
"""Faults that are shown one by one: more of them say the same."""

MIB = 1 << 20

NOTICED_MS = 50
"""What a line may take beyond what it took before, and nobody inside notices."""


@dataclass
class Verdict:
    """Figures, and what does not hold."""

    figures: dict[str, object] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    latency_ms: float | None = None
    """What a line may take at the 99th percentile, whatever it took before."""

    def check(self, holds: bool, otherwise: str) -> None:
        """Note what is wrong where something does not hold."""
        if not holds:
            self.wrong.append(otherwise)

    def check_latency(self, name: str, now: dict[str, float], before: dict[str, float]) -> None:
        """Note where lines took longer than before, so that somebody would notice."""
        most = self.latency_ms or before["p99_ms"] + NOTICED_MS
        took = now["p99_ms"]
        self.check(took <= most, f"{name}: {took} ms, and {most:.1f} ms are allowed")

    def finish(self) -> NoReturn:
        """Print it, and end the process: with code 1 where anything is wrong."""
        print(json.dumps({**self.figures, "wrong": len(self.wrong)}))
        for wrong in self.wrong[:SHOWN]:
            print(wrong)
        sys.exit(1 if self.wrong else 0)


def options(script: str, about: str | None) -> argparse.ArgumentParser:
    """The options of a script; those that all have are there already."""
    parser = argparse.ArgumentParser(prog=f"python tests/{script}", description=about)
    parser.add_argument("--quick", action="store_true", help="less of all, and for less time")
    parser.add_argument(
        "--latency-ms",
        type=float,
        help="what a line inside may take at the 99th percentile;"
        f" if left out, {NOTICED_MS} more than before",
    )
    return parser


def judge(
    try_it: Callable[[Path, argparse.Namespace, Verdict], Awaitable[None]],
    chosen: argparse.Namespace,
    patience: float,
) -> NoReturn:
    """Run a script in a folder of its own, for so many seconds at most, and say what came of it."""
    verdict = Verdict(latency_ms=chosen.latency_ms)
    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(asyncio.wait_for(try_it(Path(folder), chosen, verdict), patience))
        except Exception as why:
            traceback.print_exc()
            verdict.wrong.append(f"it came to no end: {type(why).__name__}: {why}")
    verdict.finish()


def quantile(values: Sequence[float], share: float) -> float:
    """The value that such a share of all does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def growth(samples: Sequence[float]) -> float:
    """From the median of the first third of the samples to that of the last."""
    third = max(1, len(samples) // 3)
    return median(samples[-third:]) - median(samples[:third])


def slope(samples: Sequence[float]) -> float:
    """By how much a sample is larger than the one before it, as a straight line through all."""
    middle = (len(samples) - 1) / 2
    mean = sum(samples) / len(samples)
    above = sum((at - middle) * (value - mean) for at, value in enumerate(samples))
    return above / max(1.0, sum((at - middle) ** 2 for at in range(len(samples))))
