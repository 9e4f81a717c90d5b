"""What came of the rounds: medians with their spread, and ratios within a round."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.load import Result
from bench.scenarios import Figure, Scenario


@dataclass(frozen=True, kw_only=True)
class Run:
    """One load on one contestant."""

    scenario: int
    contestant: str
    case: str
    round: int
    result: Result | None
    why_not: str = ""
    """Why there is no result."""
    answers_ms: tuple[float, ...] = ()
    """How long those waited who asked for what was said before."""

    @property
    def faultless(self) -> bool:
        """Whether it came to its end, and nothing was lost, doubled or out of order."""
        return self.result is not None and self.result.faultless


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A figure of a contestant, over all rounds."""

    scenario: int
    contestant: str
    figure: str
    unit: str
    median: float
    low: float
    high: float
    ratio: float | None
    """To another contestant, or another case: the median of the rounds' own ratios, so that what
    disturbs a round is in both of its sides.  None where there is nothing to compare with."""


class Results:
    """All runs, and what they come to.

    :param scenarios: those that were run.
    :param runs: in the order in which they were run.
    """

    def __init__(self, scenarios: Sequence[Scenario], runs: Sequence[Run]) -> None:
        self.scenarios = {scenario.number: scenario for scenario in scenarios}
        self.runs = runs

    @property
    def faultless(self) -> bool:
        """Whether all came to their end, and nobody lost a line."""
        return all(run.faultless for run in self.runs)

    def of(self, scenario: int) -> list[Run]:
        """The runs of a scenario."""
        return [run for run in self.runs if run.scenario == scenario]

    def contestants(self, scenario: int) -> list[str]:
        """Who took part in it."""
        return list(dict.fromkeys(run.contestant for run in self.of(scenario)))

    def summaries(self) -> Iterator[Summary]:
        """Each figure of each contestant that has it."""
        for number, scenario in self.scenarios.items():
            for contestant in self.contestants(number):
                for figure in scenario.figures:
                    summary = self.summary(number, figure, contestant)
                    if summary is not None:
                        yield summary

    def summary(self, scenario: int, figure: Figure, contestant: str) -> Summary | None:
        """One figure of one contestant; None where no round has it."""
        values = self._values(scenario, figure, contestant, figure.case)
        if not values:
            return None
        return Summary(
            scenario=scenario,
            contestant=contestant,
            figure=figure.name,
            unit=figure.unit,
            median=statistics.median(values.values()),
            low=min(values.values()),
            high=max(values.values()),
            ratio=_median(self.ratios(scenario, figure, contestant)),
        )

    def values(self, scenario: int, figure: Figure, contestant: str) -> list[float]:
        """A figure of one contestant, in each round that has it."""
        return list(self._values(scenario, figure, contestant, figure.case).values())

    def ratios(
        self, scenario: int, figure: Figure, contestant: str, against: str = ""
    ) -> list[float]:
        """A figure of one contestant to that of another, or to its own in another case, each round.

        :param against: the other, where it is not the figure's own.
        """
        values = self._values(scenario, figure, contestant, figure.case)
        if figure.against_case is None:
            others = self._values(scenario, figure, against or figure.against, figure.case)
        else:
            others = self._values(scenario, figure, contestant, figure.against_case)
        return [values[number] / others[number] for number in values if others.get(number)]

    def _values(
        self, scenario: int, figure: Figure, contestant: str, case: str
    ) -> dict[int, float]:
        """The figure in each round that has it: what lost a line has none, however fast it was."""
        return {
            run.round: figure.of(run.result)
            for run in self.of(scenario)
            if (run.contestant, run.case) == (contestant, case)
            and run.result is not None
            and run.faultless
        }


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
