"""What is run: which scenarios, with whom, how long, and who is left out."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.contestants import CONTESTANTS, Contestant
from bench.goals import OURS
from bench.rounds import Part
from bench.scenarios import BATCHING, FLOOR, INSPIRCD, NGIRCD, TOWN, Scenario, Span, scenarios

LONG, SHORT = Span(5.0, 1.0), Span(1.5, 0.5)
SMALL_TOWN = 2000
MESSAGES = 1_000_000
QUICK: Mapping[int, Collection[str]] = {
    1: (OURS, FLOOR),
    2: (OURS, BATCHING, INSPIRCD, NGIRCD),
    3: (OURS,),
    5: (OURS,),
}
"""The scenarios that take little time, with those of whom something is claimed, and with the one
that shows how much the load can take."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody asks for; what is empty or None is as it comes."""

    quick: bool = False
    scenarios: Collection[int] = ()
    contestants: Collection[str] = ()
    seconds: float | None = None
    people: int | None = None
    messages: int = MESSAGES

    def parts(self) -> list[Part]:
        """The scenarios that are run, each with those who can take part in it."""
        parts = (
            Part(
                scenario=scenario if self.people is None else scenario.smaller(self.people),
                contestants=[one for one in wanted if not _why_not(one, scenario)],
            )
            for scenario, wanted in self._wanted()
        )
        return [part for part in parts if part.contestants]

    def left_out(self) -> list[str]:
        """Who was wanted and takes no part, in a line for each reason."""
        numbers: dict[str, dict[int, None]] = {}
        titles: dict[str, dict[str, None]] = {}
        for scenario, wanted in self._wanted():
            for one in wanted:
                if why := _why_not(one, scenario):
                    numbers.setdefault(why, {})[scenario.number] = None
                    titles.setdefault(why, {})[one.title] = None
        return [
            f"Left out of {', '.join(map(str, numbers[why]))}, as {why}: {'; '.join(titles[why])}."
            for why in numbers
        ]

    def _wanted(self) -> Iterator[tuple[Scenario, Sequence[Contestant]]]:
        numbers = self.scenarios or (QUICK if self.quick else ())
        town = SMALL_TOWN if self.quick else TOWN
        for scenario in scenarios(self._span(), town, self.messages):
            if not numbers or scenario.number in numbers:
                yield scenario, self._contestants(scenario.number)

    def _contestants(self, scenario: int) -> list[Contestant]:
        names = self.contestants or (QUICK.get(scenario, ()) if self.quick else ())
        return [one for one in CONTESTANTS if not names or one.name in names]

    def _span(self) -> Span:
        span = SHORT if self.quick else LONG
        if self.seconds is None:
            return span
        return Span(self.seconds, min(span.warmup, self.seconds))


def _why_not(contestant: Contestant, scenario: Scenario) -> str:
    return contestant.absent() or contestant.cannot.get(scenario.number, "")
