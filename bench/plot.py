"""One picture of the results, which reads on a light page and on a dark one.

python -m bench.plot bench-results/results.json bench-results/results.svg
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bench.machine import IN_MEMORY
from bench.results import Run
from bench.table import shown

OURS, OTHERS, WORDS = "#e8590c", "#8c98a6", "#768390"
"""Each of them stands out from white and from near black."""

WIDTH_INCHES, ROW_INCHES, HEAD_INCHES = 11.0, 0.33, 1.25
ROOM_FOR_FIGURES = 1.3
"""The axis as a multiple of the longest bar, as its figure stands beside it."""


class NoPlot(Exception):
    """There is nothing to draw with, or nothing to draw."""


@dataclass(frozen=True)
class Panel:
    """One figure of all contestants, as bars."""

    scenario: int
    figure: str
    title: str
    says: str
    more_is_better: bool = False


PANELS = (
    Panel(
        2,
        "deliveries_per_second",
        "deliveries a second",
        "as fast as they go: more is better",
        True,
    ),
    Panel(1, "cpu_us_per_delivery", "CPU per delivery, µs", "50 messages a second: less is better"),
    Panel(1, "p99_ms", "p99 latency, ms", "50 messages a second: less is better"),
)

Figures = Mapping[str, Mapping[str, Any]]
"""One figure, by contestant."""


def plot(document: Mapping[str, Any], path: Path) -> None:
    """Draw the results of a JSON file; the path's ending says as what, SVG or PNG.

    :raises NoPlot: matplotlib is not installed, or what is drawn was not measured.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise NoPlot("matplotlib is not installed; the extra 'bench' has it") from None
    drawn = [(panel, figures) for panel in PANELS if (figures := _figures(document, panel))]
    if not drawn:
        raise NoPlot("it shows scenarios 1 and 2, and neither has figures")
    rows = _rows(drawn)
    ours = {rows.index(one) for one in document["ours"] if one in rows}
    # No date and no random names inside, so that the same figures make the same file.
    with rc_context({"font.size": 9, "svg.hashsalt": "bench"}):
        sheet = Figure(
            figsize=(WIDTH_INCHES, HEAD_INCHES + ROW_INCHES * len(rows)), layout="constrained"
        )
        places = sheet.subplots(1, len(drawn), sharey=True, squeeze=False)[0]
        for place, (panel, figures) in zip(places, drawn):
            _draw(place, panel, figures, rows, ours)
        _name(places[0], [document["contestants"][one] for one in rows], ours)
        sheet.supxlabel(caption(document), x=0.01, ha="left", color=WORDS, fontsize=8)
        sheet.savefig(path, transparent=True, dpi=200, metadata=_UNDATED.get(path.suffix))


def caption(document: Mapping[str, Any]) -> str:
    """What has to be known of the bars: of how many people, of how many rounds, on which disk."""
    scenarios = {panel.scenario for panel in PANELS}
    runs = [
        run
        for run in msgspec.convert(document["rounds"], list[Run])
        if run.scenario in scenarios and run.faultless
    ]
    people = _from_to(run.result.people_in for run in runs if run.result is not None)
    rounds = _from_to(Counter((run.scenario, run.contestant, run.case) for run in runs).values())
    of_what = "one round" if rounds == "1" else f"medians of {rounds} rounds, with their range"
    files_on = document["machine"]["files_on"]
    kept = f"IN MEMORY ({files_on})" if files_on in IN_MEMORY else f"on disk ({files_on})"
    return (
        f"{people} people in one room, a core for the server and one for the load; {of_what}."
        f"  twisted_chat has each message {kept},\n"
        "synced, before anybody hears it, and history and search on; the others keep nothing."
    )


def _from_to(counts: Iterable[int]) -> str:
    each = sorted(counts)
    return f"{each[0]:,}" if each[0] == each[-1] else f"{each[0]:,} to {each[-1]:,}"


_UNDATED = {".svg": {"Date": None}}


def main() -> None:
    """Draw what a JSON file holds."""
    if len(sys.argv) != 3:
        sys.exit("python -m bench.plot RESULTS.json PICTURE.svg")
    source, target = map(Path, sys.argv[1:])
    plot(msgspec.json.decode(source.read_bytes()), target)


def _figures(document: Mapping[str, Any], panel: Panel) -> Figures:
    return {
        one["contestant"]: one
        for one in document["figures"]
        if (one["scenario"], one["figure"]) == (panel.scenario, panel.figure)
    }


def _rows(drawn: Sequence[tuple[Panel, Figures]]) -> list[str]:
    """The contestants from the bottom up: the best in the first panel is at the top."""
    panel, first = drawn[0]
    ranked = sorted(first, key=lambda one: first[one]["median"], reverse=not panel.more_is_better)
    others = [one for _, figures in drawn[1:] for one in figures if one not in first]
    return [*dict.fromkeys(others), *ranked]


def _draw(place: Any, panel: Panel, figures: Figures, rows: Sequence[str], ours: Set[int]) -> None:
    place.axis("off")
    place.set_title(panel.title, loc="left", color=WORDS, weight="bold", fontsize=11, pad=18)
    place.text(0, 1.015, panel.says, transform=place.transAxes, color=WORDS, fontsize=8)
    longest = max(one["high"] for one in figures.values())
    place.set_xlim(0, longest * ROOM_FOR_FIGURES)
    place.set_ylim(-0.6, len(rows) - 0.4)
    place.axvline(0, color=WORDS, linewidth=0.8)
    for row, name in enumerate(rows):
        if name in figures:
            _bar(place, row, figures[name], longest, row in ours)


def _bar(place: Any, row: int, figure: Mapping[str, Any], longest: float, ours: bool) -> None:
    colour = OURS if ours else OTHERS
    low, median, high = figure["low"], figure["median"], figure["high"]
    place.barh(row, median, height=0.62, color=colour, alpha=1.0 if ours else 0.75)
    place.plot((low, high), (row, row), color=WORDS, linewidth=1.2, solid_capstyle="round")
    place.text(
        high + longest * 0.025,
        row,
        shown(median, figure["unit"]),
        va="center",
        color=colour if ours else WORDS,
        weight="bold" if ours else "normal",
    )


def _name(place: Any, titles: Sequence[str], ours: Set[int]) -> None:
    for row, title in enumerate(titles):
        place.text(
            -0.02,
            row,
            title,
            transform=place.get_yaxis_transform(),
            ha="right",
            va="center",
            color=OURS if row in ours else WORDS,
            weight="bold" if row in ours else "normal",
        )


if __name__ == "__main__":
    main()
