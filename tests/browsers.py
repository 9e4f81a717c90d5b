"""A real browser for the tests of the page: Debian's Chromium, driven by selenium.

Nothing of it is fetched: browser and driver are the system's, and the page asks its own server for
all it needs.
"""

import json
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from conftest import PATIENCE_SECONDS, tool
from selenium.common.exceptions import NoAlertPresentException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--disable-search-engine-choice-screen", "--lang=en-US"),
)
"""A browser that talks to nobody of its own accord; a container is its sandbox."""

ISOLATES = re.compile("[\u2068\u2069]")
"""What sets a name apart from a sentence that is read in the other direction; nobody sees it."""

DESKTOP, PHONE = (1280, 800), (360, 740)


class Browser:
    """A browser with an empty profile, and the page in it."""

    def __init__(self, page: str, size: tuple[int, int] = DESKTOP) -> None:
        options = ChromeOptions()
        options.binary_location = tool("chromium")
        for flag in FLAGS:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = Chrome(options=options, service=Service(tool("chromedriver")))
        self.page = page
        self.resize(*size)

    # The page.

    def open(self) -> None:
        """Load the page, and wait until it knows who is here."""
        self.driver.get(self.page)
        self.until(lambda: self.seen("#entry-name") or self.seen("#text"))

    def enter(self, name: str) -> None:
        """Load the page, and come in under a name."""
        self.open()
        self.find("#entry-name").send_keys(name, Keys.ENTER)
        self.until_online()

    def until_online(self) -> None:
        """Wait until the page is connected, and shows a room from its beginning or its end."""
        self.until(lambda: self.text("#connection") == "Connected" and self.text("#title") != "")

    def resize(self, width: int, height: int) -> None:
        """Have the page be this large, in CSS pixels."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    def prefer(self, **features: str) -> None:
        """Have the system wish for something, as ``color_scheme="dark"``."""
        wishes = [
            {"name": f"prefers-{name.replace('_', '-')}", "value": value}
            for name, value in features.items()
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wishes})

    def type(self, *lines: str) -> None:
        """Write a message of these lines, and send it."""
        field = self.find("#text")
        for number, line in enumerate(lines):
            if number:
                field.send_keys(Keys.SHIFT, Keys.ENTER)
            field.send_keys(line)
        field.send_keys(Keys.ENTER)

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def go(self, place: str) -> None:
        """Look at a room or a conversation that is in the list."""
        self.until(lambda: place in self.texts(".place span:first-child"))
        self.js(
            "[...document.querySelectorAll('.place')]"
            ".find((one) => one.firstChild.textContent === arguments[0]).click()",
            place,
        )
        self.until(lambda: self.text("#title") == place)

    def person(self, name: str) -> None:
        """Open the menu of somebody who is in the list of people."""
        self.until(lambda: any(one.split("\n")[0] == name for one in self.texts(".person")))
        self.js(
            "[...document.querySelectorAll('.person')]"
            ".find((one) => one.firstChild.textContent === arguments[0]).click()",
            name,
        )

    def choose(self, label: str) -> None:
        """Choose from the menu that is open."""
        self.until(lambda: label in self.texts("[role=menu] button"))
        self.js(
            "[...document.querySelectorAll('[role=menu] button')]"
            ".find((one) => one.textContent === arguments[0]).click()",
            label,
        )

    def messages(self) -> list[str]:
        """What was said, as it is shown: bodies of messages, in order."""
        return self.texts("#log .message:not(.sending) .body")

    def sees(self, text: str) -> None:
        """Wait until somebody has said this, as the page shows it."""
        self.until(lambda: text in self.messages())

    def shows(self, selector: str, text: str) -> None:
        """Wait until an element has this text in it."""
        self.until(lambda: any(text in one for one in self.texts(selector)))

    def complaints(self) -> list[str]:
        """What the browser has to complain of the page, what failed on the network aside."""
        logged = self.driver.get_log("browser")
        return [
            entry["message"]
            for entry in logged
            if entry["level"] == "SEVERE"
            and entry["source"] != "network"
            and "WebSocket connection to" not in entry["message"]
        ]

    def alert(self) -> str | None:
        """What a script that ran would have shown."""
        try:
            return self.driver.switch_to.alert.text
        except NoAlertPresentException:
            return None

    # What a browser can be asked.

    def js(self, script: str, *arguments: object) -> Any:
        """What a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        """The one element that is meant, once it is there."""
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, selector) != [])
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """Click on an element."""
        self.find(selector).click()

    def seen(self, selector: str) -> bool:
        """Whether such an element is there and takes up room."""
        return bool(
            self.js(
                "return [...document.querySelectorAll(arguments[0])]"
                ".some((one) => one.getClientRects().length > 0)",
                selector,
            )
        )

    def text(self, selector: str) -> str:
        """The text of an element."""
        texts = self.texts(selector)
        return texts[0] if texts else ""

    def texts(self, selector: str) -> list[str]:
        """The texts of all such elements that are shown, in the order of the page."""
        found: list[str] = self.js(
            """return [...document.querySelectorAll(arguments[0])]
              .filter((one) => !one.hidden).map((one) => one.innerText)""",
            selector,
        )
        return [ISOLATES.sub("", text) for text in found]

    def count(self, selector: str) -> int:
        """How many such elements there are."""
        number: int = self.js("return document.querySelectorAll(arguments[0]).length", selector)
        return number

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        wait = WebDriverWait(self.driver, PATIENCE_SECONDS, 0.05, (WebDriverException,))
        wait.until(lambda _: condition())

    def picture(self, path: Path) -> None:
        """Keep what the window shows."""
        self.driver.save_screenshot(str(path))

    def close(self) -> None:
        """End it."""
        self.driver.quit()


class Line:
    """Somebody at the line door, on a socket: a person, or a program where it begins with JSON."""

    def __init__(self, port: int, name: str = "", **hello: object) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._file = self._socket.makefile("rb")
        self._heard: list[str] = []
        if hello or not name:
            if name:
                self.ask(type="hello", v=1, name=name, **hello)
                self.until("welcome")
        else:
            self.type(name)
            self.until("/help tells more")

    def type(self, *lines: str) -> None:
        """Send lines."""
        for line in lines:
            self._socket.sendall(line.encode() + b"\n")

    def ask(self, **request: object) -> None:
        """Send a JSON request."""
        self.type(json.dumps(request))

    def until(self, text: str) -> str:
        """Read until a line has this in it; that line."""
        for line in self._file:
            heard = line.decode().rstrip("\r\n")
            self._heard.append(heard)
            if text in heard:
                return heard
        raise AssertionError(f"{text!r} never came: {self._heard[-5:]}")

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


def outline(browser: Browser) -> Sequence[str]:
    """What the page is made of, all that people fill aside: it is the same whatever they write."""
    found: list[str] = browser.js(
        """const holds = "#log, #place-list, #people-list > div, #said, #title, #topic";
        return [...document.querySelectorAll("*")]
          .filter((one) => !one.parentElement?.closest(holds) && !one.matches(".person, .person *"))
          .map((one) => `${one.tagName}#${one.id}`)"""
    )
    return found
