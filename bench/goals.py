"""What this server has to reach, and whether the figures of a run say that it does."""

import statistics
from dataclasses import dataclass

from bench.results import Results
from bench.scenarios import CROWD, FLOOR, INSPIRCD, JSON_LINES, NGIRCD, TOWN, WEBSOCKET

OURS = "text"
"""The contestant for whom the goals are, but for those that name another: this server over the line
door, as people use it."""

ROUNDS = 3
"""How many have to have a figure: with fewer, chance decides whether a goal is met."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A figure, and what it must and should be."""

    what: str
    scenario: int
    figure: str
    of: str = OURS
    """The contestant who has to reach it."""
    against: str = ""
    """What it is a ratio to: a contestant, or `ITSELF`; empty where it is the figure as it is."""
    must: float
    aim: float
    people: int = CROWD
    """How many there have to be: with fewer it says nothing."""
    more_is_better: bool = False
    unit: str = "ratio"


ITSELF = "itself"
"""The same contestant in another case."""

GOALS = (
    Goal(
        what="1: CPU per delivery, against the C floor",
        scenario=1,
        figure="cpu_us_per_delivery",
        against=FLOOR,
        must=1.5,
        aim=1.15,
    ),
    Goal(
        what="1: p99 latency, against the C floor",
        scenario=1,
        figure="p99_ms",
        against=FLOOR,
        must=2.0,
        aim=1.2,
    ),
    Goal(
        what="2: deliveries a second, against InspIRCd",
        scenario=2,
        figure="deliveries_per_second",
        against=INSPIRCD,
        must=3.0,
        aim=5.0,
        more_is_better=True,
    ),
    Goal(
        what="2: deliveries a second, against ngIRCd",
        scenario=2,
        figure="deliveries_per_second",
        against=NGIRCD,
        must=10.0,
        aim=15.0,
        more_is_better=True,
    ),
    Goal(
        what="1: WebSocket: CPU per delivery, against JSON",
        scenario=1,
        figure="cpu_us_per_delivery",
        of=WEBSOCKET,
        against=JSON_LINES,
        must=1.3,
        aim=1.1,
    ),
    Goal(
        what="2: WebSocket: deliveries/s, against JSON",
        scenario=2,
        figure="deliveries_per_second",
        of=WEBSOCKET,
        against=JSON_LINES,
        must=1 / 1.3,
        aim=1 / 1.1,
        more_is_better=True,
    ),
    Goal(
        what="3: all are in, and have heard",
        scenario=3,
        figure="seconds_all_heard",
        must=10.0,
        aim=3.0,
        people=TOWN,
        unit="s",
    ),
    Goal(
        what="3: memory per person",
        scenario=3,
        figure="bytes_per_person",
        must=8 << 10,
        aim=3 << 10,
        people=TOWN,
        unit="bytes",
    ),
    Goal(
        what="5: p99 of the others, against none slow",
        scenario=5,
        figure="p99_ms",
        against=ITSELF,
        must=1.2,
        aim=1.05,
    ),
    Goal(
        what="7: p99 of (1), against none searching",
        scenario=7,
        figure="p99_ms",
        against=ITSELF,
        must=1.5,
        aim=1.1,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a goal."""

    goal: Goal
    measured: float | None

    @property
    def word(self) -> str:
        """What is said of it."""
        if self.measured is None:
            return "not measured"
        if not self._reaches(self.measured, self.goal.must):
            return "NOT met"
        return "met, and the aim" if self._reaches(self.measured, self.goal.aim) else "met"

    def _reaches(self, measured: float, wanted: float) -> bool:
        return measured >= wanted if self.goal.more_is_better else measured <= wanted


def verdicts(results: Results) -> list[Verdict]:
    """What became of each goal."""
    return [Verdict(goal=goal, measured=_measured(goal, results)) for goal in GOALS]


def _measured(goal: Goal, results: Results) -> float | None:
    scenario = results.scenarios.get(goal.scenario)
    if scenario is None or _people(goal, results) < goal.people:
        return None
    figure = next(figure for figure in scenario.figures if figure.name == goal.figure)
    if goal.against:
        measured = results.ratios(goal.scenario, figure, goal.of, goal.against)
    else:
        measured = results.values(goal.scenario, figure, goal.of)
    return statistics.median(measured) if len(measured) >= ROUNDS else None


def _people(goal: Goal, results: Results) -> int:
    """How many there were, at least, wherever it was measured for the goal."""
    counts = [
        run.result.people_in
        for run in results.of(goal.scenario)
        if run.result is not None and run.contestant in (goal.of, goal.against)
    ]
    return min(counts, default=0)
