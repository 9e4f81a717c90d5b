"""Results as plain text, 120 columns wide."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bench.contestants import Contestant
from bench.goals import Verdict
from bench.load import Result
from bench.machine import IN_MEMORY
from bench.results import Results, Run, Summary
from bench.scenarios import Scenario

WIDTH, NAME, CELL = 120, 24, 24
LATE_MS = 1.0
"""A message that is sent later after it was due is noted: it waited where nobody is measured."""

LEGEND = (
    "Each figure: the median of the rounds, half of their range as a share of it, and its ratio to"
    " the floor's, or to what the heading says: the median of the ratios within each round."
)


def shown(value: float, unit: str) -> str:
    """A figure as people read it."""
    match unit:
        case "bytes":
            return _bytes(value)
        case "per second":
            return _count(value)
        case "ratio":
            return f"{_three(value)}x"
        case _:
            return _three(value)


def with_unit(value: float, unit: str) -> str:
    """The same, where no heading names the unit."""
    return shown(value, unit) + {"us": " us", "ms": " ms", "s": " s"}.get(unit, "")


def where_files_are(files_on: str) -> str:
    """What the servers' files are on, and loudly if that is no disk.

    :param files_on: the kind of file system; empty where it is not known.
    """
    if files_on in IN_MEMORY:
        return (
            f"! THE SERVERS' FILES ARE IN MEMORY ({files_on}): a sync costs nothing there, so that"
            " no figure of this server says what it does on a disk. TMPDIR names another folder."
        )
    return f"The servers' files are on {files_on or 'a file system that is not known'}."


def table(
    results: Results, contestants: Sequence[Contestant], left_out: Sequence[str], files_on: str
) -> str:
    """All scenarios, each with a row for each contestant.

    :param contestants: all that there are.
    :param left_out: a line for each reason why some took no part.
    :param files_on: the kind of file system that the servers' files are on.
    """
    titles = {one.name: one.title for one in contestants}
    parts = ["\n".join(_part(results, scenario, titles)) for scenario in results.scenarios.values()]
    below = [textwrap.fill(line, WIDTH) for line in (LEGEND, where_files_are(files_on), *left_out)]
    return "\n\n".join([*parts, "\n".join(below)])


def goals_table(verdicts: Iterable[Verdict]) -> str:
    """What had to be reached, and what was."""
    lines = [f"{'what it must reach':46}{'must':>12}{'aim':>12}{'measured':>14}  "]
    for verdict in verdicts:
        goal = verdict.goal
        sign = ">= " if goal.more_is_better else "<= "
        must, aim = (sign + with_unit(value, goal.unit) for value in (goal.must, goal.aim))
        measured = "-" if verdict.measured is None else with_unit(verdict.measured, goal.unit)
        lines.append(f"{goal.what:46}{must:>12}{aim:>12}{measured:>14}  {verdict.word}")
    return "\n".join(line.rstrip() for line in lines)


def _part(results: Results, scenario: Scenario, titles: Mapping[str, str]) -> Iterator[str]:
    runs = results.of(scenario.number)
    rounds = len({run.round for run in runs})
    title = f"{scenario.title} ({rounds} {'round' if rounds == 1 else 'rounds'})"
    yield textwrap.fill(
        title, WIDTH, initial_indent=f"{scenario.number}  ", subsequent_indent="   "
    )
    yield " " * NAME + " ".join(f"{figure.title:>{CELL - 1}}" for figure in scenario.figures)
    for contestant in results.contestants(scenario.number):
        cells = (
            results.summary(scenario.number, figure, contestant) for figure in scenario.figures
        )
        yield f"{titles[contestant]:{NAME}}{' '.join(map(_cell, cells))}".rstrip()
    for note in _notes(runs, scenario, titles):
        yield textwrap.fill(note, WIDTH, initial_indent="   ", subsequent_indent="   ")


def _cell(summary: Summary | None) -> str:
    if summary is None:
        return f"{'-':>{CELL - 1}}"
    ratio = "" if summary.ratio is None else shown(summary.ratio, "ratio")
    return f"{shown(summary.median, summary.unit):>9} {_spread(summary):>5} {ratio:>7}"


def _spread(summary: Summary) -> str:
    if not summary.median:
        return ""
    return f"±{(summary.high - summary.low) / 2 / summary.median:.0%}"


def _notes(runs: Sequence[Run], scenario: Scenario, titles: Mapping[str, str]) -> Iterator[str]:
    """What has to be known of the figures above."""
    for run in runs:
        case = f", {run.case}" if run.case else ""
        who = f"! {titles[run.contestant]}, round {run.round}{case}"
        if run.result is None:
            yield f"{who}: {run.why_not}"
        elif not run.result.faultless:
            yield f"{who}: {_faults(run.result)}"
    if any(case.load.window for case in scenario.cases):
        shares = _most(runs, lambda result: result.own_cpu_share)
        busy = "; ".join(f"{titles[one]} {share:.0%}" for one, share in shares.items())
        yield f"The load's share of its core: {busy}."
    late = _most(runs, lambda result: result.late_ms)
    if late := {one: most for one, most in late.items() if most > LATE_MS}:
        by = "; ".join(f"{titles[one]} {shown(most, 'ms')}" for one, most in late.items())
        yield f"Sent late by the load, at most, in ms, which is part of the latency: {by}."


def _faults(result: Result) -> str:
    names = ("unsent", "missing", "doubled", "disordered", "stray", "torn")
    counts = {name: getattr(result, name) for name in names}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _most(runs: Sequence[Run], figure: Callable[[Result], float]) -> dict[str, float]:
    """A figure of the load with each contestant, at most: where it is high, the load is in it."""
    most: dict[str, float] = {}
    for run in runs:
        if run.result is not None:
            most[run.contestant] = max(most.get(run.contestant, 0.0), figure(run.result))
    return most


def _three(value: float) -> str:
    """Three figures, or all before the point."""
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"


def _bytes(value: float) -> str:
    if value >= 1 << 20:
        return f"{value / (1 << 20):.1f} MiB"
    return f"{value / (1 << 10):.1f} KiB"


def _count(value: float) -> str:
    if value >= 999_500:
        return f"{_three(value / 1e6)} M"
    if value >= 999.5:
        return f"{_three(value / 1e3)} k"
    return f"{value:.0f}"
