"""The figures of a server as Prometheus reads them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from twisted_chat.admission import Admission, TurnedAway
from twisted_chat.figures import Spread
from twisted_chat.health import why_not_ready
from twisted_chat.house import House
from twisted_chat.refused import Refused

PREFIX = "twisted_chat_"


class Exposition:
    """All figures of a server, and of its process."""

    def __init__(self, house: House, admission: Admission) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_ServerFigures(house, admission))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """What they are now."""
        return generate_latest(self._registry)


class _ServerFigures(Collector):
    """What `Figures` has counted, and what the house holds."""

    def __init__(self, house: House, admission: Admission) -> None:
        self._house = house
        self._admission = admission

    def collect(self) -> Iterator[Metric]:
        """Each figure with what it means; a reason that never was is there too, as 0."""
        yield from self._now()
        yield from self._people()
        yield from self._messages()
        yield from self._reactor()

    def _now(self) -> Iterator[Metric]:
        house = self._house
        ready = not why_not_ready(house, self._admission)
        started = house.time() - (house.clock.seconds() - house.started)
        yield _gauge("ready", "Whether people should be sent here: 1 or 0.", int(ready))
        yield _gauge("start_time_seconds", "When the server started, since 1970.", started)
        yield _gauge("users", "People and programs in the chat.", len(house.chat.users))
        yield _gauge("rooms", "Rooms there are.", len(house.chat.rooms))
        waits = "Bytes that wait for readers, once for each who waits for them."
        yield _gauge("outbox_bytes", waits, house.backlog.bytes)
        waits = "Bytes that wait to be put on record, as they are told, nearly."
        yield _gauge("record_waiting_bytes", waits, house.delivery.waiting_bytes)
        now = Counter(session.door for session in house.sessions)
        sessions = {door: now[door] for door in house.figures.connections}
        yield _gauges("sessions", "Open connections by their door.", "door", sessions)

    def _people(self) -> Iterator[Metric]:
        figures, logins = self._house.figures, self._house.logins
        let_in = "Connections that were let in, by their door."
        yield _counters("connections", let_in, "door", figures.connections)
        reasons = {why.code: figures.turned_away[why.code] for why in TurnedAway}
        yield _counters(
            "connections_turned_away", "Connections that were not, by why.", "reason", reasons
        )
        dropped = "Connections that were closed without a goodbye, by why."
        yield _counters("connections_dropped", dropped, "reason", figures.dropped)
        codes = dict.fromkeys((kind("").code for kind in Refused.__subclasses__()), 0)
        yield _counters(
            "refused", "Requests that were not done, by why.", "reason", codes | figures.refused
        )
        results = {"succeeded": logins.succeeded, "failed": logins.failed}
        yield _counters("logins", "Passwords and tokens that were looked at.", "result", results)

    def _messages(self) -> Iterator[Metric]:
        figures = self._house.figures
        yield _counter("messages", "Messages that were put on record.", figures.said)
        told = "Events and answers that were told, once for each session that heard them."
        yield _counter("deliveries", told, figures.deliveries)
        yield _histogram("commit_seconds", "Putting a batch on record.", figures.commits)
        failed = "Batches that could not be put on record."
        yield _counter("commits_failed", failed, figures.commits_failed)
        told = "From what was decided first in a batch until all of it was told."
        yield _histogram("delivery_seconds", told, figures.telling)
        yield _counter("faults", "Faults of the program, see its log.", self._house.log.faults)

    def _reactor(self) -> Iterator[Metric]:
        figures = self._house.figures
        late = "By how much a timer of the reactor was late."
        yield _histogram("reactor_lag_seconds", late, figures.lag)
        longest = "The longest of that since the server started."
        yield _gauge("reactor_lag_longest_seconds", longest, figures.lag.longest)
        blocked = "What kept the reactor for longer than may be, see the log."
        yield _histogram("reactor_blocked_seconds", blocked, figures.blocks)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    return _each(GaugeMetricFamily(PREFIX + name, text, labels=[label]), values)


def _counter(name: str, text: str, value: int) -> Metric:
    return CounterMetricFamily(PREFIX + name, text, value)


def _counters(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    return _each(CounterMetricFamily(PREFIX + name, text, labels=[label]), values)


def _each(family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[str, int]) -> Metric:
    for value in sorted(values):
        family.add_metric([value], values[value])
    return family


def _histogram(name: str, text: str, spread: Spread) -> Metric:
    family = HistogramMetricFamily(PREFIX + name, text)
    steps = [floatToGoString(step) for step in (*spread.steps, float("inf"))]
    family.add_metric([], list(zip(steps, accumulate(spread.counts))), spread.seconds)
    return family
