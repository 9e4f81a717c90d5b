"""What the pages say: the figures while there are any, and whether the server is ready."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST

from twisted_chat.admission import Admission
from twisted_chat.clock import Clock
from twisted_chat.health import STARTING, why_not_ready
from twisted_chat.house import House
from twisted_chat.limits import METRICS_SECONDS
from twisted_chat.metrics.exposition import Exposition
from twisted_chat.metrics.page import Page, Pages


class Site:
    """The pages of one server, which can be asked for before it runs.

    :param clock: the reactor.
    :param accepted: is told of each connection.
    """

    def __init__(self, clock: Clock, accepted: Callable[[], None]) -> None:
        pages = {b"/metrics": self._metrics, b"/health": self._health}
        self.factory = Pages(pages, clock, accepted)
        self._clock = clock
        self._why_not: Callable[[], str] = lambda: STARTING
        self._figures: Callable[[], bytes] | None = None
        self._text = b""
        self._text_until = float("-inf")

    def show(self, house: House, admission: Admission) -> None:
        """Show the figures of that server from now on."""
        self._why_not = lambda: why_not_ready(house, admission)
        self._figures = Exposition(house, admission).text

    def _health(self) -> Page:
        why_not = self._why_not()
        return _not_ready(why_not) if why_not else Page(b"ready\n")

    def _metrics(self) -> Page:
        if self._figures is None:
            return _not_ready(STARTING)
        if self._clock.seconds() >= self._text_until:
            self._text = self._figures()
            self._text_until = self._clock.seconds() + METRICS_SECONDS
        return Page(self._text, kind=CONTENT_TYPE_LATEST)


def _not_ready(why: str) -> Page:
    return Page(f"not ready: {why}\n".encode(), code=503)
