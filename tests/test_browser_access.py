"""Whether everybody can use the page: axe-core finds nothing, in light and dark, at any size."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsers import DESKTOP, PHONE, Browser, Line
from conftest import ChatServer
from selenium.webdriver.common.keys import Keys

WEB = "tcp:0:interface=127.0.0.1"
AXE = Path(__file__).parent.parent / ".axe/node_modules/axe-core/axe.min.js"
"""Where `.ci/run` puts it, with npm."""


@pytest.fixture(scope="session")
def axe() -> str:
    """The rules of axe-core, as a script."""
    if not AXE.exists():
        if os.environ.get("CI"):
            pytest.fail("axe-core is not installed")
        pytest.skip("axe-core is not installed")
    return AXE.read_text()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def browser(
    request: pytest.FixtureRequest, start_server: Callable[..., ChatServer]
) -> Iterator[Browser]:
    """A browser at a page on which something is going on."""
    server = start_server("--listen", WEB, "--web", WEB, "--limit", "message_burst=1000")
    browser = Browser(server.page, request.param)
    browser.alex = Line(server.port, "Alex")  # type: ignore[attr-defined]
    yield browser
    browser.alex.close()  # type: ignore[attr-defined]
    browser.close()


def _violations(browser: Browser, axe: str) -> list[str]:
    """What axe finds, one line for each element."""
    browser.js(axe)
    found = browser.driver.execute_async_script(
        """const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ["violations"] }).then((result) => done(JSON.stringify(
          result.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))))"""
    )
    return [f"{rule}: {html[:160]}" for rule, nodes in json.loads(found) for html in nodes]


def _fill(browser: Browser) -> None:
    browser.enter("Kim")
    browser.alex.type(  # type: ignore[attr-defined]
        *(
            "Hello Kim, see https://example.org",
            "**bold** `code`",
            "/me waves",
            "```",
            "/topic Tea",
        ),
        *("/join #dev", "/part #dev", "/msg Kim psst", "שלום", "مرحبا"),
    )
    browser.sees("مرحبا")
    browser.type("of my own")
    browser.sees("of my own")
    browser.type("/who")
    browser.shows(".shown", "in #lobby")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_finds_nothing_wrong(browser: Browser, axe: str, scheme: str) -> None:
    """Where one enters, in the chat, in its menus and dialogs."""
    browser.prefer(color_scheme=scheme)
    browser.open()
    assert _violations(browser, axe) == []
    browser.click("#entry-register")
    assert _violations(browser, axe) == []
    browser.driver.refresh()
    _fill(browser)
    assert _violations(browser, axe) == []
    browser.press(Keys.CONTROL, "k")
    browser.find("dialog input").send_keys("Hello", Keys.ENTER)
    browser.until(lambda: browser.count(".results mark") > 0)
    assert _violations(browser, axe) == []
    browser.press(Keys.ESCAPE)
    browser.click("#place-menu")
    browser.until(lambda: browser.seen("[role=menu]"))
    assert _violations(browser, axe) == []


def test_shows_where_the_focus_is(browser: Browser) -> None:
    """Every stop of the Tab key has an outline, and all of them are in view."""
    _fill(browser)
    browser.js("document.querySelector('.skip').focus()")
    stops: list[list[object]] = []
    for _ in range(40):
        browser.press(Keys.TAB)
        stop = browser.js(
            """const one = document.activeElement; const box = one.getBoundingClientRect();
            const style = getComputedStyle(one);
            return [one.id || one.className || one.tagName,
              style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
              box.width > 0 && box.right > 0 && box.bottom > 0]"""
        )
        if stop[0] == "BODY":
            break
        stops.append(stop)
    assert len(stops) > 6
    assert [stop for stop in stops if not (stop[1] and stop[2])] == []


def test_moves_nothing_where_that_is_not_wanted(browser: Browser) -> None:
    """Where the system asks for less motion there is no transition and no animation."""
    browser.prefer(reduced_motion="reduce")
    _fill(browser)
    moving = browser.js(
        """return [...document.querySelectorAll("*")].filter((one) => {
          const style = getComputedStyle(one);
          return style.transitionDuration.split(",").some((time) => parseFloat(time) > 0)
            || style.animationName !== "none";
        }).length"""
    )
    assert moving == 0


def test_reads_from_the_right_what_is_written_so(browser: Browser) -> None:
    """Each message by its own first letter."""
    _fill(browser)
    directions = browser.js(
        """return [...document.querySelectorAll("#log .body")].map((one) =>
          [one.textContent, getComputedStyle(one).direction])"""
    )
    assert ["שלום", "rtl"] in directions
    assert ["of my own", "ltr"] in directions


def test_tells_who_listens_what_is_said(browser: Browser) -> None:
    """In a live region, and not what one says oneself."""
    _fill(browser)
    browser.alex.type("listen")  # type: ignore[attr-defined]
    browser.until(lambda: "Alex: listen" in browser.texts("#said p"))
    assert (
        browser.js("return document.getElementById('said').getAttribute('aria-live')") == "polite"
    )
    assert not any("of my own" in line for line in browser.texts("#said p"))
