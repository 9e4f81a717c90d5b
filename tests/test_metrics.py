"""The pages for a monitoring system: what they say, to whom, and for how long."""

import json
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from disks import FullDisk
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.task import Clock

from twisted_chat.limits import HTTP_CONNECTIONS, HTTP_SECONDS, METRICS_SECONDS
from twisted_chat.metrics.page import Pages
from twisted_chat.metrics.site import Site
from twisted_chat.refused import Refused
from twisted_chat.testing import MemoryServer, Wire

DASHBOARD = Path(__file__).parent.parent / "docs" / "grafana.json"
OPERATIONS = DASHBOARD.with_name("operations.md")
HORSE = "correct-horse"


class Browser:
    """A connection to the pages."""

    def __init__(self, pages: Pages, clock: Clock) -> None:
        self.clock = clock
        self.wire = Wire(clock, "127.0.0.1")
        self.wire.protocol = pages.buildProtocol(self.wire.getPeer())
        self.let_in = self.wire.protocol is not None
        if self.let_in:
            self.wire.protocol.makeConnection(self.wire)

    def send(self, data: bytes) -> None:
        """Send bytes, unless the connection is closed, or about to be."""
        if not self.wire.disconnecting:
            self.wire.protocol.dataReceived(data)
        self.clock.advance(0)

    @property
    def closed(self) -> bool:
        """Whether the connection is."""
        return self.wire.closed

    def answer(self) -> tuple[int, dict[str, str], str]:
        """The code, the headers and the text of what was answered."""
        head, _, body = bytes(self.wire.written).decode().partition("\r\n\r\n")
        first, *rest = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in rest)
        return int(first.split(" ")[1]), headers, body


class World:
    """A server whose figures are shown."""

    def __init__(self, journal: FullDisk | None = None, shown: bool = True) -> None:
        self.server = MemoryServer(journal=journal)
        self.clock = self.server.clock
        self.accepted = 0
        self.site = Site(self.clock, self._accept)
        if shown:
            self.site.show(self.server.house, self.server.admission)

    def _accept(self) -> None:
        self.accepted += 1

    def browser(self) -> Browser:
        """Somebody who has not asked yet."""
        return Browser(self.site.factory, self.clock)

    def ask(self, request: str, *headers: str) -> tuple[int, dict[str, str], str]:
        """What is answered to a request, after which the connection is closed."""
        browser = self.browser()
        browser.send("\r\n".join([f"{request} HTTP/1.1", "Host: here", *headers, "", ""]).encode())
        assert browser.closed
        return browser.answer()

    def figures(self) -> dict[str, float]:
        """The figures that are shown, by their name and labels as Prometheus writes them."""
        text = self.ask("GET /metrics")[2]
        return {
            sample.name + "".join(f'{{{key}="{value}"}}' for key, value in sample.labels.items()): (
                sample.value
            )
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
def world() -> World:
    """A new one."""
    return World()


def test_shows_what_is_counted(world: World) -> None:
    """Each figure under its name, as it is at that moment."""
    alex, sam = world.server.person("Alex"), world.server.person("Sam")
    alex.type("hello", "/who #nowhere")
    sam.type("/join #dev")
    sam.stop_reading()
    alex.type("hello")
    world.server.advance(60)
    house, figures = world.server.house, world.figures()
    shown = {
        "ready": 1,
        "users": 1,
        "rooms": 1,
        'sessions{door="line"}': 1,
        'connections_total{door="line"}': 2,
        'connections_turned_away_total{reason="full"}': 0,
        'connections_dropped_total{reason="too_slow"}': 1,
        'refused_total{reason="no_such_room"}': 1,
        'refused_total{reason="name_taken"}': 0,
        'logins_total{result="failed"}': 0,
        "messages_total": 2,
        "deliveries_total": house.figures.deliveries,
        "commit_seconds_count": house.figures.commits.count,
        'commit_seconds_bucket{le="0.0005"}': house.figures.commits.count,
        'commit_seconds_bucket{le="+Inf"}': house.figures.commits.count,
        "commits_failed_total": 0,
        "outbox_bytes": 0,
        "record_waiting_bytes": 0,
        "faults_total": 0,
        "reactor_blocked_seconds_count": 0,
        "start_time_seconds": world.server.time() - 60,
    }
    assert {name: figures[f"twisted_chat_{name}"] for name in shown} == shown
    assert figures["process_open_fds"] > 3


def test_shows_times_in_steps_that_add_up(world: World) -> None:
    """Each step holds those below it, as Prometheus counts."""
    lag = world.server.house.figures.lag
    for seconds in (0.0001, 0.003, 0.003, 20.0):
        lag.note(seconds)
    figures = world.figures()
    steps = {"0.0005": 1, "0.0025": 1, "0.005": 3, "10.0": 3, "+Inf": 4}
    name = "twisted_chat_reactor_lag_seconds"
    assert {step: figures[f'{name}_bucket{{le="{step}"}}'] for step in steps} == steps
    assert figures[f"{name}_count"] == 4
    assert figures[f"{name}_sum"] == pytest.approx(20.0061)
    assert figures["twisted_chat_reactor_lag_longest_seconds"] == 20


def test_has_a_bounded_number_of_figures_that_name_nobody(world: World) -> None:
    """Whatever people are called and whatever they ask for, none of it becomes a figure."""
    before = set(world.figures())
    for number in range(20):
        end = world.server.person(f"secret{number}")
        end.type(f"/join #secret{number}", f"/secret{number}", f"/who #secret{number}0")
        end.type(f"/login secret{number}", "hello secret")
        end.hang_up()
    world.server.advance(METRICS_SECONDS)
    figures = set(world.figures())
    doors = ("sessions", "connections_total")
    assert figures - before == {f'twisted_chat_{name}{{door="line"}}' for name in doors}
    assert not [name for name in figures if "secret" in name]
    codes = [name for name in figures if name.startswith("twisted_chat_refused_total")]
    assert len(codes) == len(Refused.__subclasses__())


def test_gathers_figures_once_a_second(world: World) -> None:
    """Whoever asks without a pause costs the others nothing."""
    assert world.figures()["twisted_chat_users"] == 0
    world.server.person("Alex")
    assert world.figures()["twisted_chat_users"] == 0
    world.server.advance(METRICS_SECONDS)
    assert world.figures()["twisted_chat_users"] == 1


def test_says_what_kind_of_text_it_is(world: World) -> None:
    """That of Prometheus, and no word of what serves it."""
    code, headers, body = world.ask("GET /metrics")
    assert code == 200
    assert headers == {
        "Content-Type": "text/plain; version=1.0.0; charset=utf-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }


def test_says_that_all_is_well(world: World) -> None:
    """To whoever asks after its health."""
    assert world.ask("GET /health")[0::2] == (200, "ready\n")


def test_says_why_it_is_not_ready() -> None:
    """And shows its figures all the same."""
    world = World(journal := FullDisk())
    alex = world.server.person("Alex")
    journal.full = True
    alex.type("hello")
    assert world.ask("GET /health")[0::2] == (
        503,
        "not ready: the disk fails: nothing is saved\n",
    )
    assert world.figures()["twisted_chat_ready"] == 0


def test_says_that_it_starts() -> None:
    """Before there is anything to show."""
    world = World(shown=False)
    assert world.ask("GET /health")[0::2] == (503, "not ready: starting\n")
    assert world.ask("GET /metrics")[0::2] == (503, "not ready: starting\n")


@pytest.mark.parametrize("path", ["/health", "/metrics", "/nowhere"])
def test_answers_head_as_get_without_the_text(world: World, path: str) -> None:
    """A monitoring system may want no more than the code."""
    code, headers, body = world.ask(f"GET {path}")
    assert world.ask(f"HEAD {path}") == (code, headers, "")
    assert int(headers["Content-Length"]) == len(body) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get"])
def test_takes_no_other_method(world: World, method: str) -> None:
    """There is nothing to do here but to look."""
    code, headers, body = world.ask(f"{method} /metrics")
    assert (code, headers["Allow"], body) == (405, "GET, HEAD", "Only GET and HEAD.\n")


def paths() -> Iterator[str]:
    """Ways to write what is not there, or is elsewhere."""
    for up in ("..", "%2e%2e", ".%2e", "%252e%252e", "..;", "%c0%ae%c0%ae", "\\..", "..%00"):
        for slash in ("/", "%2f", "\\", "%5c", "//"):
            yield f"/{up}{slash}etc{slash}passwd"
            yield f"/metrics{slash}{up}{slash}etc/passwd"
            yield f"/health{slash}{up}{slash}metrics"
            yield f"{slash}{up}{slash}health"
            yield f"http://here/{up}{slash}metrics"
    yield from ("/", "//metrics", "/metrics/", "/METRICS", "/metrics%20", "/%6detrics", "*")
    yield quote("/metrics", safe="")


def test_serves_no_file_and_no_other_page(world: World) -> None:
    """However its path is written: there are two pages, and each has one name."""
    tried = list(paths())
    assert len(tried) >= 200
    answers = {world.ask(f"GET {path}")[0::2] for path in tried}
    assert answers == {(404, "No such page.\n")}
    assert world.ask("GET /health?verbose=1")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 6\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 6",
        "Content-Length: 6\r\nContent-Length: 0",
        "Content-Length: +6",
        "Content-Length: 0x6",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "no header at all",
    ],
)
def test_is_not_of_two_minds_about_where_a_request_ends(world: World, headers: str) -> None:
    """A request that a proxy may read in another way is refused, and is the last one."""
    browser = world.browser()
    smuggled = "0\r\n\r\nGET /health HTTP/1.1\r\nHost: here\r\n\r\n"
    browser.send(f"POST /metrics HTTP/1.1\r\n{headers}\r\n\r\n{smuggled}".encode())
    browser.send(smuggled.encode())
    assert browser.closed
    assert bytes(browser.wire.written) == b"HTTP/1.1 400 Bad Request\r\n\r\n"


@pytest.mark.parametrize("length", ["Content-Length: 9999999999", "Transfer-Encoding: chunked"])
def test_reads_nothing_after_the_headers(world: World, length: str) -> None:
    """What somebody sends along is neither kept nor waited for, nor answered as one more."""
    browser = world.browser()
    browser.send(f"GET /health HTTP/1.1\r\nHost: here\r\n{length}\r\n\r\n".encode())
    browser.send(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n" * 10)
    assert browser.closed
    assert bytes(browser.wire.written).count(b"HTTP/1.1 ") == 1
    assert browser.answer()[0::2] == (200, "ready\n")


def test_answers_the_first_of_many_questions(world: World) -> None:
    """One connection, one answer."""
    browser = world.browser()
    browser.send(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n" * 100)
    assert browser.closed
    assert bytes(browser.wire.written).count(b"HTTP/1.1 200") == 1


def test_closes_who_never_finishes_the_question(world: World) -> None:
    """2,000 silent ones, and 500 that send a byte now and then: none stays for longer."""
    question = b"GET /health HTTP/1.1\r\nX: " + b"x" * 1000
    browsers = [world.browser() for _ in range(2500)]
    let_in = [browser for browser in browsers if browser.let_in]
    assert (len(let_in), world.accepted) == (HTTP_CONNECTIONS, 2500)
    trickling = let_in[: HTTP_CONNECTIONS // 2]
    for step in range(HTTP_SECONDS * 8):
        assert not any(browser.closed for browser in let_in)
        for browser in trickling:
            browser.send(question[step : step + 1])
        world.clock.advance(1 / 8)
    world.clock.advance(0)
    assert all(browser.closed for browser in let_in)
    assert not any(browser.wire.written for browser in let_in)
    assert world.browser().let_in


def test_closes_who_does_not_read_the_answer(world: World) -> None:
    """Where it cannot be sent, it is not kept either."""
    browser = world.browser()
    browser.wire.loseConnection = lambda: None  # type: ignore[method-assign]
    browser.send(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n")
    world.clock.advance(HTTP_SECONDS - 1)
    assert not browser.closed
    world.clock.advance(1)
    world.clock.advance(0)
    assert browser.closed


def test_leaves_no_timer_behind(world: World) -> None:
    """Whoever has an answer is forgotten."""
    before = len(world.clock.getDelayedCalls())
    world.ask("GET /health")
    world.browser().wire.lose(ConnectionError())
    assert len(world.clock.getDelayedCalls()) == before
    assert world.site.factory.open == set()


@pytest.mark.parametrize("start", [b"", b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n"])
def test_bounds_a_question_without_an_end(world: World, start: bytes) -> None:
    """16 MiB of a path, of a header, of headers: closed, and not kept."""
    browser = world.browser()
    piece = b"X: x\r\n" * 10_000 if start.endswith(b"\r\n") else b"x" * 65_536
    tracemalloc.start()
    browser.send(start)
    for _ in range(256):
        browser.send(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert browser.closed
    assert peak < 1_000_000


def test_dashboard_shows_figures_that_there_are(world: World) -> None:
    """Each name in an expression of the dashboard is one that the page has."""
    world.server.person("Alex")
    names = {name.partition("{")[0] for name in world.figures()}
    panels = json.loads(DASHBOARD.read_text())["panels"]
    expressions = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    words = {word for text in expressions for word in re.findall(r"\b\w+_\w+\b", text)}
    shown = words - {"histogram_quantile", "__rate_interval"}
    assert len(shown) > 15
    assert shown - names == set()


def test_the_page_tells_of_every_figure(world: World) -> None:
    """The table in the operator's manual has each, and no other."""
    world.server.person("Alex")
    text = world.ask("GET /metrics")[2]
    families = re.findall(r"# TYPE (twisted_chat_\w+) ", text)
    table = OPERATIONS.read_text().partition("\n## Seeing it run\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"\| `(twisted_chat_\w+)`", table)) == set(families)
