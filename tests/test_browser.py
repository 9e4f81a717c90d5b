"""The page in a real browser, with people on nc and programs in the same rooms."""

from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL

import pytest
from browsers import PHONE, Browser, Line
from conftest import ChatServer
from selenium.webdriver.common.keys import Keys

WEB = "tcp:0:interface=127.0.0.1"
FREE = ("--limit", "message_burst=100000", "--limit", "messages=100000")
PASSWORD = "correct-horse"


@pytest.fixture
def server(start_server: Callable[..., ChatServer]) -> ChatServer:
    """A server with a page, at which nobody is slowed."""
    return start_server("--listen", WEB, "--web", WEB, *FREE)


@pytest.fixture
def line(server: ChatServer) -> Iterator[Callable[..., Line]]:
    """Has people and programs come to the line door; they hang up in the end."""
    opened: list[Line] = []

    def line(name: str, **hello: object) -> Line:
        opened.append(Line(server.port, name, **hello))
        return opened[-1]

    yield line
    for one in opened:
        one.close()


@pytest.fixture
def browse(server: ChatServer) -> Iterator[Callable[..., Browser]]:
    """Opens browsers; the pages in them have nothing to complain of in the end."""
    opened: list[Browser] = []

    def browse(size: tuple[int, int] = (1280, 800)) -> Browser:
        opened.append(Browser(server.page, size))
        return opened[-1]

    yield browse
    complaints = [complaint for browser in opened for complaint in browser.complaints()]
    for browser in opened:
        browser.close()
    assert complaints == []


@pytest.fixture
def browser(browse: Callable[..., Browser]) -> Browser:
    """One browser."""
    return browse()


@pytest.fixture
def kim(browser: Browser) -> Browser:
    """Kim, in the lobby."""
    browser.enter("Kim")
    return browser


@pytest.fixture
def alex(line: Callable[..., Line], kim: Browser) -> Line:
    """Alex, on nc, who came after Kim."""
    return line("Alex")


def test_talks_with_somebody_on_nc(kim: Browser, alex: Line) -> None:
    """Both ways, in the same room."""
    alex.type("Hello Kim")
    kim.sees("Hello Kim")
    kim.type("Hello Alex")
    assert alex.until("Hello") == "Kim: Hello Alex"
    kim.sees("Hello Alex")
    assert kim.messages() == ["Hello Kim", "Hello Alex"]


def test_sends_several_lines_as_one_message(kim: Browser, alex: Line) -> None:
    """Shift+Enter begins another; at nc each is a line."""
    kim.type("first", "second")
    assert [alex.until("first"), alex.until("second")] == ["Kim: first", "Kim: second"]
    kim.sees("first\nsecond")


def test_shows_the_little_of_markdown_that_is_understood(kim: Browser, alex: Line) -> None:
    """As elements, and what is no link as text."""
    alex.type("**bold** `code` _it_ https://example.org/a_b. javascript:alert(1)")
    kim.sees("bold code it https://example.org/a_b. javascript:alert(1)")
    tags = kim.js("return [...document.querySelectorAll('.body *')].map((one) => one.tagName)")
    assert tags == ["P", "STRONG", "CODE", "EM", "A"]
    link = kim.js("const a = document.querySelector('.body a'); return [a.href, a.target, a.rel]")
    assert link == ["https://example.org/a_b", "_blank", "noopener noreferrer nofollow"]


def test_talks_to_somebody_alone(kim: Browser, alex: Line) -> None:
    """A conversation is like a room: it has a place in the list, with what is unread."""
    alex.type("/msg Kim psst")
    kim.until(lambda: "@1" in kim.texts(".badge"))
    assert kim.js("return document.title").startswith("(1) ")
    kim.go("Alex")
    kim.sees("psst")
    kim.type("yes?")
    assert alex.until("yes?") == "[PM from Kim] yes?"
    kim.until(lambda: kim.messages() == ["psst", "yes?"])
    assert kim.texts(".badge") == []


def test_counts_what_is_unread_and_who_is_called(kim: Browser, alex: Line) -> None:
    """In a room that one does not look at; looking at it is reading it."""
    kim.type("/join #dev")
    kim.until(lambda: kim.text("#title") == "#dev")
    alex.type("one", "two for kim")
    kim.until(lambda: kim.texts(".badge") == ["@1 · 2"])
    kim.go("#lobby")
    kim.sees("two for kim")
    assert kim.texts(".badge") == []
    assert kim.text(".new") == "New"


def test_folds_those_who_come_and_go(kim: Browser, line: Callable[..., Line]) -> None:
    """Into one line, which opens."""
    for name in ("Joe", "Ann"):
        line(name).close()
    kim.until(lambda: "2 joined, 2 left" in kim.text(".moved button"))
    kim.click(".moved button")
    assert kim.text(".moved li") == "Joe joined."


def test_shows_who_is_there_and_how(kim: Browser, alex: Line) -> None:
    """With their doors."""
    kim.until(lambda: kim.texts(".person") == ["Alex\nterminal", "Kim\nweb"])
    assert kim.text("#people-title") == "2 here"


def _say_many(line: Callable[..., Line], count: int) -> Line:
    program = line("Bot", bot=True)
    for number in range(count):
        program.ask(type="say", text=f"message {number}", id=number + 1)
    program.until(f'"id":{count},')
    return program


def _top_row(browser: Browser) -> list[object]:
    """The first message in view, and where it is."""
    found: list[object] = browser.js(
        """const top = document.getElementById("log").getBoundingClientRect().top;
        const row = [...document.querySelectorAll("#log .message")]
          .find((one) => one.getBoundingClientRect().bottom > top);
        return [row.dataset.key, Math.round(row.getBoundingClientRect().top)]"""
    )
    return found


def test_loads_what_is_older_without_a_jump(line: Callable[..., Line], browser: Browser) -> None:
    """Scrolling up goes on to the beginning, and what is in view stays where it is."""
    _say_many(line, 400)
    browser.enter("Kim")
    browser.sees("message 399")
    for _ in range(60):
        if "message 0" in browser.messages():
            break
        held = browser.js(
            """const log = document.getElementById("log");
            const rows = () => [...document.querySelectorAll("#log .message")];
            const top = log.getBoundingClientRect().top;
            log.scrollTop = 0;
            const row = rows().find((one) => one.getBoundingClientRect().bottom > top);
            return [row.dataset.key, Math.round(row.getBoundingClientRect().top)]"""
        )
        browser.until(lambda: browser.js("return document.getElementById('log').scrollTop") > 0)
        now = browser.js(
            """const row = document.querySelector(`#log [data-key="${arguments[0]}"]`);
            return [row.dataset.key, Math.round(row.getBoundingClientRect().top)]""",
            held[0],
        )
        assert abs(now[1] - held[1]) <= 2
    browser.sees("message 0")
    assert browser.count("#log .row") <= 260
    browser.click("#to-end")
    browser.sees("message 399")


def test_stays_where_one_reads_while_others_talk(
    line: Callable[..., Line], browser: Browser
) -> None:
    """What is new is counted, and a button leads there."""
    bot = _say_many(line, 100)
    browser.enter("Kim")
    browser.sees("message 99")
    browser.js("document.getElementById('log').scrollTop -= 1200")
    browser.until(lambda: browser.seen("#to-end"))
    before = _top_row(browser)
    bot.ask(type="say", text="something new")
    browser.until(lambda: browser.text("#to-end") == "1 new message ↓")
    assert _top_row(browser) == before
    browser.click("#to-end")
    browser.sees("something new")
    browser.until(lambda: not browser.seen("#to-end"))


def test_finds_what_was_said_and_leads_there(line: Callable[..., Line], browser: Browser) -> None:
    """A result is marked where it was said, with what is around it; then on to the newest."""
    _say_many(line, 400)
    browser.enter("Kim")
    browser.sees("message 399")
    browser.press(Keys.CONTROL, "k")
    browser.find("dialog input").send_keys("message 7", Keys.ENTER)
    browser.until(lambda: browser.count(".results button") == 11)
    browser.find("dialog input").clear()
    browser.find("dialog input").send_keys("message 57", Keys.ENTER)
    browser.until(lambda: browser.texts(".results mark") == ["message 57"])
    browser.click(".results button")
    browser.until(lambda: browser.texts(".found .body") == ["message 57"])
    browser.sees("message 58")
    assert "message 399" not in browser.messages()
    browser.click("#to-end")
    browser.sees("message 399")


def test_goes_on_after_a_jump_without_a_hole(line: Callable[..., Line], browser: Browser) -> None:
    """Scrolling down from an old message comes to the newest, each one once."""
    _say_many(line, 300)
    browser.enter("Kim")
    browser.sees("message 299")
    browser.type("/search message 57")
    browser.until(lambda: browser.texts(".results mark") == ["message 57"])
    browser.click(".results button")
    browser.until(lambda: browser.texts(".found .body") == ["message 57"])
    seen: dict[str, None] = {}
    for _ in range(100):
        seen.update(dict.fromkeys(browser.messages()))
        if "message 299" in seen:
            break
        browser.js("const log = document.getElementById('log'); log.scrollTop = log.scrollHeight")
    numbers = [int(text.split()[1]) for text in seen]
    assert numbers == list(range(min(numbers), 300))
    assert min(numbers) < 57


def test_finds_what_one_person_said(kim: Browser, alex: Line, line: Callable[..., Line]) -> None:
    """With the options of the verb."""
    alex.type("tea at four")
    line("Joe").type("no tea for me")
    kim.sees("no tea for me")
    kim.type("/search tea from:Joe")
    kim.until(lambda: kim.texts(".results mark") == ["tea"])
    kim.shows(".results small", "#lobby · Joe · Today")


def test_pastes_several_lines_as_one_message(kim: Browser, alex: Line) -> None:
    """As they were copied."""
    kim.find("#text").click()
    kim.driver.execute_cdp_cmd("Input.insertText", {"text": "one\n  two\n\nthree"})
    kim.press(Keys.ENTER)
    kim.sees("one\n  two\n\nthree")
    assert [alex.until(text) for text in ("one", "two", "three")] == [
        *("Kim: one", "Kim:   two", "Kim: three"),
    ]


def test_is_not_called_from_a_room_that_is_muted(kim: Browser, alex: Line) -> None:
    """What is unread is still counted, and the title says nothing of it."""
    kim.click("#place-menu")
    kim.choose("Mute notifications")
    kim.type("/join #dev")
    kim.until(lambda: kim.text("#title") == "#dev")
    alex.type("kim?")
    kim.until(lambda: kim.texts(".badge") == ["@1"])
    assert kim.js("return document.title") == "#dev – twisted_chat"
    assert kim.count(".place.muted") == 1


def test_notifies_who_wants_it_and_looks_elsewhere(kim: Browser, alex: Line) -> None:
    """Asked for from a menu, and allowed by the browser; then a mention is shown."""
    kim.driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["notifications"], "origin": kim.page}
    )
    kim.click("#me")
    kim.choose("Notify me of mentions")
    kim.js(
        """window.notified = []; const Real = Notification;
        window.Notification = class extends Real {
          constructor(title, options) {
            super(title, options);
            notified.push([title, options.body]);
          }
        };"""
    )
    kim.until(lambda: kim.js("return localStorage['twisted_chat.notify']") == "true")
    kim.driver.switch_to.new_window("tab")
    alex.type("are you there, Kim?")
    kim.driver.switch_to.window(kim.driver.window_handles[0])
    kim.until(lambda: kim.js("return window.notified.length") == 1)
    assert kim.js("return window.notified") == [["Alex in #lobby", "Alex: are you there, Kim?"]]


def test_is_as_before_after_a_reload(kim: Browser, alex: Line) -> None:
    """The name, the rooms, what was said and what is half written."""
    kim.type("/join #dev")
    kim.until(lambda: kim.text("#title") == "#dev")
    kim.type("said in dev")
    kim.sees("said in dev")
    kim.find("#text").send_keys("half writ")
    kim.driver.refresh()
    kim.until_online()
    kim.sees("said in dev")
    assert kim.text("#title") == "#dev"
    assert kim.js("return document.getElementById('text').value") == "half writ"
    assert kim.messages() == ["said in dev"]
    assert kim.text("#me") == "Kim"
    kim.go("#lobby")
    alex.type("still there?")
    kim.sees("still there?")


def test_misses_nothing_while_the_server_is_started_anew(
    start_server: Callable[..., ChatServer], tmp_path: Path
) -> None:
    """It comes back by itself; what was said meanwhile is there once, and so is what was sent."""
    where = ("--data", str(tmp_path / "data"), *FREE)
    first = start_server("--listen", WEB, "--web", WEB, *where)
    port = first.page.rpartition(":")[2].strip("/")
    browser = Browser(first.page)
    try:
        browser.enter("Kim")
        browser.type("before")
        browser.sees("before")
        first.process.send_signal(SIGKILL)
        first.wait()
        browser.shows("#connection", "Connection lost – next try in")
        browser.type("sent meanwhile")
        browser.shows("#log .sending .body", "sent meanwhile")
        second = start_server(
            *("--listen", WEB, "--web", f"tcp:{port}:interface=127.0.0.1", *where)
        )
        alex = Line(second.port, "Alex")
        alex.type("while you were away")
        alex.until("sent meanwhile")
        browser.until_online()
        browser.sees("sent meanwhile")
        browser.until(lambda: browser.count("#log .sending") == 0)
        alex.type("after")
        browser.sees("after")
        said = browser.messages()
        assert sorted(said) == sorted(["before", "while you were away", "sent meanwhile", "after"])
        assert [said[0], said[-1]] == ["before", "after"]
        alex.close()
        assert browser.complaints() == []
    finally:
        browser.close()


def test_keeps_two_tabs_of_one_account_the_same(kim: Browser, alex: Line) -> None:
    """Both hear what is said in one of them, and to whom it is said alone."""
    kim.click("#me")
    kim.choose("Make this name mine…")
    kim.find("#ask-password").send_keys(PASSWORD, Keys.ENTER)
    kim.until(lambda: not kim.seen("dialog"))
    first = kim.driver.current_window_handle
    kim.driver.switch_to.new_window("tab")
    kim.driver.get(kim.page)
    kim.until_online()
    kim.type("from the second")
    kim.sees("from the second")
    kim.driver.switch_to.window(first)
    kim.sees("from the second")
    alex.type("/msg Kim to both")
    kim.go("Alex")
    kim.sees("to both")
    kim.type("answered in the first")
    kim.sees("answered in the first")
    kim.driver.switch_to.window(kim.driver.window_handles[1])
    kim.go("Alex")
    kim.until(lambda: kim.messages() == ["to both", "answered in the first"])


def test_asks_for_the_password_of_a_name_that_is_owned(browse: Callable[..., Browser]) -> None:
    """A wrong one is told in plain words; the right one comes in, and is remembered."""
    owner = browse()
    owner.open()
    owner.find("#entry-name").send_keys("Kim")
    owner.click("#entry-register")
    owner.find("#entry-password").send_keys(PASSWORD, Keys.ENTER)
    owner.until_online()
    other = browse()
    other.open()
    other.find("#entry-name").send_keys("Kim", Keys.ENTER)
    other.shows("#entry-error", "Kim is somebody's name. If it is yours, give its password.")
    other.find("#entry-password").send_keys("wrong-horse", Keys.ENTER)
    other.shows("#entry-error", "Wrong name or password.")
    other.find("#entry-password").clear()
    other.find("#entry-password").send_keys(PASSWORD, Keys.ENTER)
    other.until_online()
    other.driver.refresh()
    other.until_online()
    assert other.text("#me") == "Kim"
    owner.click("#me")
    owner.choose("Log out everywhere")
    owner.until(lambda: owner.seen("#entry-name"))
    other.until(lambda: other.seen("#entry-name"))


def test_is_worked_by_keyboard_alone(browser: Browser, server: ChatServer) -> None:
    """From the name to a deleted message, without a pointer."""
    browser.open()
    browser.press("Kim", Keys.ENTER)
    browser.until_online()
    browser.until(lambda: browser.js("return document.activeElement.id") == "text")
    browser.press("oops", Keys.ENTER)
    browser.sees("oops")
    browser.press(Keys.SHIFT, Keys.TAB)
    browser.press(Keys.ARROW_UP)
    assert "oops" in browser.js("return document.activeElement.getAttribute('aria-label')")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.seen("[role=menu]"))
    browser.press(Keys.END)
    assert browser.js("return document.activeElement.textContent") == "Delete…"
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.seen("dialog"))
    browser.press(Keys.ENTER)
    browser.sees("message deleted")
    browser.press(Keys.ESCAPE)
    browser.press("/join #dev", Keys.ENTER)
    browser.until(lambda: browser.text("#title") == "#dev")
    browser.press(Keys.ALT, Keys.ARROW_DOWN)
    browser.until(lambda: browser.text("#title") == "#lobby")
    browser.press(Keys.CONTROL, "k")
    browser.until(lambda: browser.seen("dialog"))
    browser.press(Keys.ESCAPE)
    browser.until(lambda: not browser.seen("dialog"))


def test_can_be_used_on_a_phone(browse: Callable[..., Browser], line: Callable[..., Line]) -> None:
    """At 360 pixels nothing is wider than the screen, and rooms and people slide over it."""
    phone = browse(PHONE)
    phone.enter("Kim")
    alex = line("Alex")
    alex.type("word " * 60, "https://example.org/" + "a" * 300)
    phone.until(lambda: phone.count("#log .message") == 2)
    assert phone.js("return document.documentElement.scrollWidth") == 360
    assert not phone.seen("#rooms")
    phone.click("#show-rooms")
    phone.until(lambda: phone.seen("#rooms"))
    phone.press(Keys.ESCAPE)
    phone.until(lambda: not phone.seen("#rooms"))
    phone.click("#show-people")
    phone.until(lambda: "Alex\nterminal" in phone.texts(".person"))
    small = phone.js(
        """return [...document.querySelectorAll("button, input, textarea")]
          .filter((one) => one.getClientRects().length)
          .filter((one) => !one.closest("#log, #connection, .choices"))
          .map((one) => [one.id || one.className, one.getBoundingClientRect().height])
          .filter(([, height]) => height < 44)"""
    )
    assert small == []


def test_completes_verbs_names_and_rooms(kim: Browser, alex: Line) -> None:
    """With help beside them; Tab takes the first."""
    field = kim.find("#text")
    field.send_keys("/")
    kim.until(lambda: kim.count("#choices [role=option]") > 3)
    field.send_keys("top")
    kim.until(
        lambda: (
            kim.texts("#choices [role=option]")
            == ["/topic\n[TEXT] Show or set the topic; - removes it."]
        )
    )
    field.send_keys(Keys.TAB, "Tea")
    field.send_keys(Keys.ENTER)
    kim.shows("#topic", "Tea")
    kim.until(lambda: kim.count(".person") == 2)
    field.send_keys("@al")
    kim.until(lambda: kim.texts("#choices [role=option]") == ["@Alex"])
    field.send_keys(Keys.TAB, "hi", Keys.ENTER)
    assert alex.until("hi") == "Kim: @Alex hi"


def test_brings_back_what_was_sent(kim: Browser) -> None:
    """The up arrow, in an empty field; down leads back."""
    kim.type("one")
    kim.type("two")
    kim.sees("two")
    value = "return document.getElementById('text').value"
    kim.press(Keys.ARROW_UP)
    assert kim.js(value) == "two"
    kim.press(Keys.ARROW_UP)
    assert kim.js(value) == "one"
    kim.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert kim.js(value) == ""


def test_keeps_what_is_too_long_to_send(kim: Browser) -> None:
    """It says by how much, and loses nothing."""
    kim.js("document.getElementById('text').value = 'x'.repeat(5000)")
    kim.press(Keys.ENTER)
    kim.shows("#trouble", "bytes too long")
    assert len(kim.js("return document.getElementById('text').value")) == 5000


def test_shows_why_something_was_not_said(kim: Browser, alex: Line) -> None:
    """With the text, to be sent again or not."""
    kim.type("/join #dev")
    kim.until(lambda: kim.text("#title") == "#dev")
    kim.type("/filter spam")
    kim.shows(".shown", "Nobody says")
    alex.type("/join #dev")
    alex.until("You are in #dev")
    alex.type("/join #tea")
    alex.until("You are in #tea")
    alex.type("/moderate on")
    kim.type("/join #tea")
    kim.until(lambda: kim.text("#title") == "#tea")
    kim.type("may I?")
    kim.shows("#log .failed .failure", "moderated")
    kim.click(".failure button:last-child")
    kim.until(lambda: kim.count("#log .failed") == 0)


def test_lets_operators_remove_somebody_with_a_reason(kim: Browser, alex: Line) -> None:
    """From the person, in a room that one rules."""
    kim.type("/join #dev")
    kim.until(lambda: kim.text("#title") == "#dev")
    alex.type("/join #dev")
    alex.until("You are in #dev")
    kim.until(lambda: kim.count(".person") == 2)
    kim.person("Alex")
    kim.choose("Kick…")
    kim.find("#ask-reason").send_keys("too loud", Keys.ENTER)
    assert "kicked by Kim: too loud" in alex.until("kicked by")
    kim.shows(".ruled", "kicked by Kim: too loud")


def test_hears_nobody_who_is_ignored(kim: Browser, alex: Line, line: Callable[..., Line]) -> None:
    """What they said is gone from view, and what they say is not heard."""
    alex.type("loud")
    kim.sees("loud")
    kim.until(lambda: kim.count(".person") == 2)
    kim.person("Alex")
    kim.choose("Ignore Alex")
    kim.until(lambda: kim.messages() == [])
    alex.type("louder")
    line("Joe").type("calm")
    kim.sees("calm")
    assert kim.messages() == ["calm"]


def test_follows_the_system_and_the_switch(kim: Browser) -> None:
    """Light or dark, as the system has it or as was chosen."""
    background = "return getComputedStyle(document.body).backgroundColor"
    kim.prefer(color_scheme="dark")
    assert kim.js(background) == "rgb(22, 24, 29)"
    kim.prefer(color_scheme="light")
    assert kim.js(background) == "rgb(255, 255, 255)"
    kim.click("#me")
    kim.choose("Dark")
    assert kim.js(background) == "rgb(22, 24, 29)"
    kim.driver.refresh()
    kim.until_online()
    assert kim.js(background) == "rgb(22, 24, 29)"


def test_asks_nobody_else_for_anything(kim: Browser) -> None:
    """All that was loaded came from the chat itself."""
    loaded = kim.js("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert len(loaded) > 10
    assert [url for url in loaded if not url.startswith(kim.page)] == []
