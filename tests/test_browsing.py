"""The script that loads the page, in its shortest form; and that it notices what it is to find."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from browsers import Browser
from browsing import WATCH, longest, verdict
from conftest import ChatServer, tool

PATIENCE_SECONDS = 100
WEB = "tcp:0:interface=127.0.0.1"
GOOD = {"longest_ms": 0.0, "rows": 200.0, "heap_mib": 2.0, "heap_early_mib": 1.9}


@pytest.mark.timeout(PATIENCE_SECONDS + 20)
def test_bears_a_busy_room_a_crowd_and_a_long_past() -> None:
    """Times are not judged here: other tests have the machine, too."""
    tool("chromium"), tool("chromedriver")
    script = Path(__file__).with_name("browsing.py")
    ran = subprocess.run(
        [sys.executable, str(script), "--quick", "--blocked-ms", "99999"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    names = [line.partition(":")[0] for line in ran.stdout.splitlines()]
    assert names == ["busy_room", "crowd", "history", "all is well"]


def test_notices_what_keeps_the_page(start_server: Callable[..., ChatServer]) -> None:
    """A script that does nothing else for 200 ms is seen, and how long it took."""
    server = start_server("--listen", WEB, "--web", WEB)
    browser = Browser(server.page)
    try:
        browser.enter("Kim")
        browser.js(WATCH)
        browser.js("setTimeout(() => { const end = Date.now() + 200; while (Date.now() < end); })")
        browser.until(lambda: longest(browser) >= 190)
    finally:
        browser.close()


@pytest.mark.parametrize(
    ("figures", "wrong"),
    [
        ({}, []),
        ({"longest_ms": 101.0}, ["busy_room: kept for 101.0 ms"]),
        ({"heap_mib": 2.5}, ["busy_room: memory grew"]),
        ({"rows": 301.0}, ["busy_room: too many rows"]),
    ],
)
def test_judges_what_it_found(figures: dict[str, float], wrong: list[str]) -> None:
    """Each of the three by itself."""
    assert verdict({"busy_room": GOOD | figures}, 100) == wrong
