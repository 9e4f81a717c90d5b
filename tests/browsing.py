"""A browser at load: a busy room, a crowd of people, a long history.

    python tests/browsing.py            a minute at 200 messages a second, 10,000 people, 100,000
                                        messages of the past
    python tests/browsing.py --quick    less of each, as the tests have it

It ends with exit code 1 where the page was kept for longer than it may be, or its memory grew.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from browsers import Browser, Line
from conftest import ChatServer

WEB = "tcp:0:interface=127.0.0.1"
FREE = (
    *("--limit", "message_burst=1000000", "--limit", "messages=1000000", "--trust", "127.0.0.0/8"),
    *("--limit", "connections=20000", "--limit", "members_per_room=20000"),
)
BLOCKED_MS = 100
"""For how long nothing may keep the page: what is typed would lag behind the fingers."""

GROWTH = 1.25
"""By how much what the page holds may be more at the end than early on."""

FILLED_SECONDS = 3
"""When the log holds as many rows as it ever will: before that, what the page holds must grow."""

WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.tasks.push(Math.round(entry.duration));
}).observe({ entryTypes: ["longtask"] });
"""


@contextmanager
def served(*options: str) -> Iterator[ChatServer]:
    """A server with a page, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        server = ChatServer(Path(folder), "--listen", WEB, "--web", WEB, *FREE, *options)
        try:
            yield server
        finally:
            server.stop()
            assert server.process.stdout is not None
            server.process.stdout.close()


def heap(browser: Browser) -> int:
    """The bytes that the page's scripts hold, once what they do not is collected."""
    browser.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    used: int = browser.driver.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
    return used


def longest(browser: Browser) -> int:
    """For how many milliseconds something kept the page at most; 50 or less is not noted."""
    most: int = browser.js("return Math.max(0, ...window.tasks)")
    return most


def busy_room(rate: int, seconds: float) -> dict[str, float]:
    """So many messages a second for so long; who looks on sees each of the last ones."""
    with served() as server, closing(Browser(server.page)) as browser:
        browser.enter("Kim")
        browser.js(WATCH)
        program = Line(server.port, "Bot", bot=True)
        begun, sent, early = time.monotonic(), 0, 0
        while (passed := time.monotonic() - begun) < seconds:
            due = int(passed * rate)
            for number in range(sent, due):
                program.ask(type="say", text=f"message {number}, of **some** words, for kimberley")
            sent = due
            if not early and passed > max(seconds / 4, FILLED_SECONDS):
                early = heap(browser)
            time.sleep(0.02)
        program.ask(type="say", text="over")
        browser.sees("over")
        figures = {
            "messages": sent,
            "longest_ms": longest(browser),
            "heap_early_mib": early / 2**20,
            "heap_mib": heap(browser) / 2**20,
            "rows": browser.count("#log .row"),
        }
        program.close()
        return figures


def crowd(people: int) -> dict[str, float]:
    """So many people in one room; the list of them is looked at from its beginning to its end."""
    with served() as server, closing(Browser(server.page)) as browser:
        crowd = [Line(server.port) for _ in range(people)]
        for number, one in enumerate(crowd):
            one.ask(type="hello", v=1, name=f"person-{number:05}", backlog=0)
        crowd[-1].until("welcome")
        browser.enter("Kim")
        browser.js(WATCH)
        browser.until(lambda: browser.text("#people-title") == f"{people + 1:,} here")
        begun = time.monotonic()
        browser.until(
            lambda: (
                browser.js(
                    """const list = document.getElementById("people-list");
                list.scrollTop = list.scrollHeight;
                return list.scrollHeight"""
                )
                >= people * 36
            )
        )
        figures = {
            "people": people,
            "rows": browser.count(".person"),
            "longest_ms": longest(browser),
            "seconds_to_the_end": time.monotonic() - begun,
            "heap_mib": heap(browser) / 2**20,
        }
        for one in crowd:
            one.close()
        return figures


def history(messages: int) -> dict[str, float]:
    """So many messages of the past; somebody scrolls up through thousands of them."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        lines = Path(folder) / "lines"
        with lines.open("w") as file:
            for seq in range(1, messages + 1):
                event = {"type": "said", "seq": seq, "time": 1.7e9 + seq, "room": "#lobby"}
                event |= {"who": f"Somebody{seq % 50}", "text": f"message {seq}"}
                carried = {"event": event, "room": "#lobby", "actor": f"g:{seq % 50}"}
                file.write(json.dumps(carried) + "\n")
        admin = Path(sys.executable).with_name("twisted-chat-admin")
        subprocess.run(
            [admin, "import", lines, "--data", data], check=True, stdout=subprocess.DEVNULL
        )
        with served("--data", str(data)) as server, closing(Browser(server.page)) as browser:
            browser.enter("Kim")
            browser.sees(f"message {messages}")
            browser.js(WATCH)
            before, pages = heap(browser), min(100, messages // 100)
            for _ in range(pages):
                browser.js("document.getElementById('log').scrollTop = 0")
                browser.until(
                    lambda: browser.js("return document.getElementById('log').scrollTop") > 0
                )
            return {
                "messages": messages,
                "pages": pages,
                "longest_ms": longest(browser),
                "rows": browser.count("#log .row"),
                "heap_before_mib": before / 2**20,
                "heap_mib": heap(browser) / 2**20,
            }


def verdict(figures: dict[str, dict[str, float]], blocked_ms: float) -> list[str]:
    """What is not as it should be."""
    wrong = [
        f"{name}: kept for {one['longest_ms']} ms"
        for name, one in figures.items()
        if one["longest_ms"] > blocked_ms
    ]
    room = figures["busy_room"]
    if room["heap_mib"] > GROWTH * room["heap_early_mib"]:
        wrong.append("busy_room: memory grew")
    wrong += [f"{name}: too many rows" for name, one in figures.items() if one["rows"] > 300]
    return wrong


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--blocked-ms", type=float, default=BLOCKED_MS)
    options = parser.parse_args()
    quick = options.quick
    tries: dict[str, Callable[[], dict[str, float]]] = {
        "busy_room": lambda: busy_room(200, 6 if quick else 60),
        "crowd": lambda: crowd(400 if quick else 10_000),
        "history": lambda: history(2_000 if quick else 100_000),
    }
    figures = {}
    for name, measure in tries.items():
        figures[name] = measure()
        shown = ", ".join(f"{key} {value:,.1f}" for key, value in figures[name].items())
        sys.stdout.write(f"{name}: {shown}\n")
        sys.stdout.flush()
    wrong = verdict(figures, options.blocked_ms)
    sys.stdout.write("\n".join(wrong) or "all is well")
    sys.stdout.write("\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
