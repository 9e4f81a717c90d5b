"""Row 13 of the threats: script in a page, by every way in which a text gets there."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from browsers import Browser, Line, outline
from conftest import ChatServer
from payloads import PAYLOADS
from selenium.webdriver.common.keys import Keys

WEB = "tcp:0:interface=127.0.0.1"
FREE = ("--limit", "message_burst=100000", "--limit", "messages=100000", "--limit", "rooms=100000")
DANGEROUS = (
    *("script", "img", "svg", "iframe", "object", "embed", "style", "link", "base", "meta", "form"),
    *("video", "math", "input", "details"),
)
PARTS = "#log, #place-list, #people-list, #title, #topic, #said, .results"


@pytest.fixture
def server(start_server: Callable[..., ChatServer]) -> ChatServer:
    """A server with a page, at which nobody is slowed."""
    options = [*("--limit", "name_tries=1000", "--limit", "rooms_per_user=1000")]
    options += ["--trust", "127.0.0.0/8"]
    return start_server("--listen", WEB, "--web", WEB, *FREE, *options)


@pytest.fixture
def kim(server: ChatServer) -> Iterator[Browser]:
    """Kim, who looks at the lobby; nothing runs there, and the policy had nothing to stop."""
    browser = Browser(server.page)
    browser.enter("Kim")
    browser.js(
        """window.stopped = [];
        document.addEventListener("securitypolicyviolation", (event) =>
          window.stopped.push(event.violatedDirective))"""
    )
    before = outline(browser)
    yield browser
    assert browser.alert() is None
    assert browser.js("return [window.ran ?? 0, window.stopped]") == [0, []]
    inside = ", ".join(f":is({PARTS}) {tag}" for tag in DANGEROUS)
    assert browser.count(inside) == 0
    assert outline(browser) == before
    assert browser.js("return location.href") == server.page
    assert browser.complaints() == []
    browser.close()


def _all_shown(browser: Browser, count: int) -> None:
    """Wait until so many messages have come, and look at all of them."""
    browser.until(lambda: browser.count("#log .message") >= min(count, 90))


def test_runs_nothing_that_a_person_types(kim: Browser, server: ChatServer) -> None:
    """As a message, an emote, a private message, a status, a topic; each comes out as text."""
    alex = Line(server.port, "Alex")
    for payload in PAYLOADS:
        alex.type(payload, f"/me {payload}", f"/msg Kim {payload}", f"/topic {payload}")
        alex.type(f"/away {payload[:190]}", "/back")
    alex.type("/topic over", "over")
    kim.sees("over")
    kim.go("Alex")
    kim.until(lambda: kim.count("#log .message") == len(PAYLOADS))
    first = kim.js("return document.querySelector('#log .body').textContent")
    assert first == PAYLOADS[0]
    alex.close()


def test_runs_nothing_that_a_program_sends(kim: Browser, server: ChatServer) -> None:
    """In any field of any request, and several of them as lines of one message."""
    program = Line(server.port, "Bot", bot=True)
    for number, payload in enumerate(PAYLOADS):
        program.ask(type="say", text=payload, id=number + 1)
        program.ask(type="say", text=f"```\n{payload}\n```\n{payload}")
        program.ask(type="join", room=f"#{payload}")
        program.ask(type="nick", name=payload)
        program.ask(type="invite", name="Kim", room="#lobby")
        program.ask(type="msg", name="Kim", text=payload)
    program.ask(type="say", text="over")
    kim.sees("over")
    program.close()


def test_runs_nothing_in_a_name_or_a_room(kim: Browser, server: ChatServer) -> None:
    """Where somebody can have such a name at all."""
    lines = []
    for payload in PAYLOADS:
        line = Line(server.port)
        line.ask(type="hello", v=1, name=payload[:32])
        line.ask(type="hello", v=1, name=f"x{payload[:31]}", id=1)
        line.ask(type="join", room=f"#{payload.replace(' ', '')[:63]}")
        line.ask(type="say", room="#lobby", text="hi")
        lines.append(line)
        if len(lines) == 30:
            for one in lines:
                one.close()
            lines.clear()
    alex = Line(server.port, "Alex")
    alex.type("over")
    kim.sees("over")
    kim.click("#browse")
    kim.until(lambda: kim.seen("dialog"))
    kim.press(Keys.ESCAPE)
    for one in (*lines, alex):
        one.close()


def test_runs_nothing_that_is_typed_into_the_page(kim: Browser, server: ChatServer) -> None:
    """As text, as a verb's argument, as a topic, as a search and in what it finds."""
    for payload in PAYLOADS[::6]:
        kim.js("document.getElementById('text').value = arguments[0]", payload)
        kim.find("#text").send_keys(Keys.ENTER)
    kim.type("/topic <img src=x onerror=window.ran=1>")
    kim.shows("#topic", "<img")
    kim.press(Keys.CONTROL, "k")
    kim.find("dialog input").send_keys("window.ran", Keys.ENTER)
    kim.until(lambda: kim.count(".results mark") > 5)
    assert kim.count(".results img, .results script, .results svg") == 0
    kim.press(Keys.ESCAPE)
    kim.until(lambda: not kim.seen("dialog"))


def test_runs_nothing_that_a_hook_says(kim: Browser, server: ChatServer) -> None:
    """By `POST hook/NAME`, with a room's name that is none, too."""
    owner = Line(server.port)
    owner.ask(type="hello", v=1, name="Alex", register=True, password="correct-horse")
    owner.until('"welcome"')
    owner.ask(type="token", name="hook", id=1)
    token = json.loads(owner.until('"secret"'))["secret"]
    for number, payload in enumerate(PAYLOADS[:40]):
        body = json.dumps({"text": payload, "id": f"p{number}"}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with urlopen(Request(f"{server.page}hook/lobby", body, headers)) as answer:
            assert answer.status == 200
    with pytest.raises(OSError, match="404"):
        urlopen(Request(f"{server.page}hook/{quote(PAYLOADS[0])}", b"x", headers))
    _all_shown(kim, 40)
    owner.close()


def test_has_enough_of_them() -> None:
    """Sixty different ones at least."""
    assert len(set(PAYLOADS)) >= 60
