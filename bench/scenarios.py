"""What is asked of the contestants: how many people, what they do, and which figures come of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.load import Load, Result

FLOOR, INSPIRCD, NGIRCD = "floor", "inspircd", "ngircd"
"""Those of whom something is claimed, by their names."""

JSON_LINES, WEBSOCKET = "json", "web"
"""This server for programs: the same objects in lines, and in messages of a WebSocket."""

BATCHING = "batching"
"""The one that is as fast as the load: what is measured of it is the load's own limit."""

TOWN = 10_000
"""People in the large scenarios."""

CROWD = 1000
WINDOW = 5
"""Messages that each speaker has on the way where they talk as fast as they are heard: with a
hundred speakers enough that no server waits for the next, and little enough that what waits is
not all that is measured."""

PATIENCE_SECONDS, LONG_PATIENCE_SECONDS, DRAIN_SECONDS = 60.0, 240.0, 30.0
"""How long it may take until a crowd is in, a town is in, and the last message has come."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of load."""

    name: str = ""
    """What makes it different from the others of its scenario."""
    load: Load
    recorded: bool = False
    """Whether the server has a long record from the start."""
    searching: bool = False
    """Whether people ask for what was said before while others talk."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Something that is measured."""

    name: str
    """In the JSON file."""
    title: str
    """Over its column."""
    unit: str
    """One of those that `bench.results.shown` knows."""
    of: Callable[[Result], float]
    case: str = ""
    """The case that it is taken from."""
    against: str = FLOOR
    """The contestant to whose figure it is a ratio."""
    against_case: str | None = None
    """Another case of the same contestant, to which it is a ratio instead."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One thing that people do with a chat server."""

    number: int
    title: str
    cases: tuple[Case, ...]
    figures: tuple[Figure, ...]

    def smaller(self, people: int) -> "Scenario":
        """The same with at most so many people."""
        cases = (replace(case, load=_smaller(case.load, people)) for case in self.cases)
        title = f"{self.title} (here with {people} people at most)"
        return replace(self, title=title, cases=tuple(cases))


@dataclass(frozen=True)
class Span:
    """How long is measured, and how long the same goes on before that."""

    seconds: float
    warmup: float


def scenarios(span: Span, town: int, messages: int) -> tuple[Scenario, ...]:
    """All of them, in the order of their numbers.

    :param town: how many people the large ones have.
    :param messages: how many are on record where people search.
    """
    timed = Load(
        people=CROWD,
        seconds=span.seconds,
        warmup=span.warmup,
        patience=PATIENCE_SECONDS,
        drain=DRAIN_SECONDS,
    )
    paced = replace(timed, rate=50.0)
    saturated = replace(timed, speakers=100, window=WINDOW)
    streets = replace(timed, people=4000, rooms=200)
    # So much that what the kernel holds for one who does not read is full before it is measured.
    long = replace(paced, bytes=400, warmup=max(4.0, span.warmup))
    return (
        Scenario(
            number=1,
            title="paced: 1,000 people in one room, 50 messages a second in all",
            cases=(Case(load=paced),),
            figures=(_CPU, *_latency("p50", "p99", "p99.9")),
        ),
        Scenario(
            number=2,
            title=f"saturated: the same room, 100 speakers with {WINDOW} messages on the way each;"
            " the ratio is to InspIRCd",
            cases=(Case(load=saturated),),
            figures=tuple(
                replace(figure, against=INSPIRCD)
                for figure in (_PER_SECOND, *_latency("p50", "p99"), _PEAK)
            ),
        ),
        Scenario(
            number=3,
            title=f"arrivals: {town:,} people come, 200 at a time (InspIRCd: 2,000), and stay; all"
            " heard: a line that one says when all are in, not who came",
            cases=(Case(load=Load(people=town, patience=LONG_PATIENCE_SECONDS)),),
            figures=(_ALL_IN, _ALL_HEARD, _PER_PERSON),
        ),
        Scenario(
            number=4,
            title="200 rooms of 20: 1,000 messages a second in all, then one speaker in each room"
            f" with {WINDOW} on the way",
            cases=(
                Case(name="paced", load=replace(streets, rate=1000.0)),
                Case(name="saturated", load=replace(streets, speakers=200, window=WINDOW)),
            ),
            figures=(
                replace(_CPU, case="paced"),
                *(replace(figure, case="paced") for figure in _latency("p50", "p99")),
                replace(_PER_SECOND, case="saturated"),
            ),
        ),
        Scenario(
            number=5,
            title="slow readers: as 1 with longer lines, and 10 who never read; the ratio is to"
            " the same without",
            cases=(
                Case(name="all read", load=long),
                Case(name="10 silent", load=replace(long, silent=10)),
            ),
            figures=_compared("all read", "10 silent"),
        ),
        Scenario(
            number=6,
            title="private: 1,000 people, 100 of them tell another one something,"
            f" {WINDOW} on the way each",
            cases=(Case(load=replace(saturated, private=True)),),
            figures=(
                replace(_PER_SECOND, title="messages/s"),
                replace(_CPU, title="CPU us/message"),
                *_latency("p50", "p99"),
            ),
        ),
        Scenario(
            number=7,
            title=f"searching: as 1, on a record of {messages:,} messages, while people ask for"
            " what was said; the ratio is to the same while nobody asks",
            cases=(
                Case(name="nobody asks", load=paced, recorded=True),
                Case(name="10 a second", load=paced, recorded=True, searching=True),
            ),
            figures=_compared("nobody asks", "10 a second"),
        ),
        Scenario(
            number=8,
            title=f"paced: {town:,} people in one room, 5 messages a second in all",
            cases=(
                Case(
                    load=replace(
                        paced, people=town, rate=5.0, speakers=100, patience=LONG_PATIENCE_SECONDS
                    )
                ),
            ),
            figures=(_CPU, *_latency("p50", "p99"), _PEAK),
        ),
    )


def _smaller(load: Load, people: int) -> Load:
    few = min(load.people, people)
    return replace(
        load,
        people=few,
        rooms=min(load.rooms, max(1, few // 2)),
        speakers=min(load.speakers, few // 2),
        silent=min(load.silent, few // 4),
    )


def _latency(*which: str, case: str = "", against_case: str | None = None) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            name=f"{one.replace('.', '')}_ms",
            title=f"{one} ms",
            unit="ms",
            of=_QUANTILES[one],
            case=case,
            against_case=against_case,
        )
        for one in which
    )


def _compared(quiet: str, busy: str) -> tuple[Figure, ...]:
    return (
        *(
            replace(figure, name=f"quiet_{figure.name}", title=f"{quiet}: {figure.title}")
            for figure in _latency("p99", case=quiet, against_case=quiet)
        ),
        *(
            replace(figure, title=f"{busy}: {figure.title}")
            for figure in _latency("p50", "p99", case=busy, against_case=quiet)
        ),
        replace(_CPU, title=f"{busy}: CPU us", case=busy, against_case=quiet),
    )


_QUANTILES: dict[str, Callable[[Result], float]] = {
    "p50": lambda result: result.latency_ms.p50,
    "p99": lambda result: result.latency_ms.p99,
    "p99.9": lambda result: result.latency_ms.p999,
}


def _per_person(result: Result) -> float:
    return (result.rss_bytes.all_in - result.rss_bytes.empty) / result.people_in


def _all_heard(result: Result) -> float:
    assert result.seconds_all_heard is not None, "a load without one line that all hear"
    return result.seconds_all_heard


_CPU = Figure(
    name="cpu_us_per_delivery",
    title="CPU us/delivery",
    unit="us",
    of=lambda result: result.cpu_us_per_delivery,
)
_PER_SECOND = Figure(
    name="deliveries_per_second",
    title="deliveries/s",
    unit="per second",
    of=lambda result: result.deliveries_per_second,
)
_PEAK = Figure(
    name="peak_bytes", title="memory", unit="bytes", of=lambda result: result.rss_bytes.peak
)
_PER_PERSON = Figure(name="bytes_per_person", title="memory/person", unit="bytes", of=_per_person)
_ALL_IN = Figure(
    name="seconds_all_in", title="all in, s", unit="s", of=lambda result: result.seconds_all_in
)
_ALL_HEARD = Figure(name="seconds_all_heard", title="all heard, s", unit="s", of=_all_heard)
