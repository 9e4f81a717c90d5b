"""Pictures of the page for the docs, from a running server with people at several doors.

python tests/screenshots.py    writes docs/page.png, docs/page-dark.png and docs/page-phone.png
"""

import sys
from contextlib import closing
from pathlib import Path

from browsers import Browser, Line
from browsing import served
from selenium.webdriver.common.keys import Keys

DOCS = Path(__file__).parent.parent / "docs"


def _talk(server_port: int, kim: Browser) -> list[Line]:
    """Have some people say something, as it may be said in a lab on a Tuesday."""
    sam = Line(server_port, "Sam")
    alex, ann = Line(server_port, "Alex"), Line(server_port, "Ann")
    bot = Line(server_port, "build", bot=True)
    sam.type("/topic The lab: what runs, what broke, who makes coffee")

    def says(line: Line, text: str, shown: str = "") -> None:
        line.ask(type="say", text=text) if line is bot else line.type(text)
        kim.sees(shown or text)

    says(alex, "morning all")
    says(alex, "the new rack is up, all 12 nodes answer")
    says(
        ann,
        "great! did **node 7** keep its clock this time?",
        "great! did node 7 keep its clock this time?",
    )
    says(alex, "so far yes, this is in its crontab:")
    says(bot, "```\n*/5 * * * * chronyc makestep\n```", "*/5 * * * * chronyc makestep")
    kim.type("nice. I will watch https://wiki.lab.example/node7 and tell you")
    kim.sees("nice. I will watch https://wiki.lab.example/node7 and tell you")
    says(bot, "release 2.4 is built: 1,204 tests, all green")
    says(ann, "/me brings cake at three", "brings cake at three")
    alex.type("/msg Kim lunch at twelve?")
    says(sam, "kim, can you look at the fan of node 3 when you are down there?")
    for room in ("#hardware", "#papers"):
        kim.type(f"/join {room}")
        kim.until(lambda room=room: kim.text("#title") == room)  # type: ignore[misc]
    kim.type("the fans are on order")
    kim.go("#lobby")
    ann.type("/join #papers", "/say draft 3 is in the shared folder, kim", "/join #lobby")
    kim.until(lambda: kim.count(".badge:not([hidden])") == 2)
    kim.type("on my way, Sam")
    kim.sees("on my way, Sam")
    return [sam, alex, ann, bot]


def main(folder: Path = DOCS) -> int:
    """Take them."""
    with served("--name", "Lab chat") as server, closing(Browser(server.page)) as kim:
        kim.prefer(color_scheme="light")
        kim.enter("Kim")
        lines = _talk(server.port, kim)
        kim.until(lambda: kim.count(".person") == 5 and not kim.count(".person .tag:empty"))
        kim.resize(1180, 760)
        kim.picture(folder / "page.png")
        kim.prefer(color_scheme="dark")
        kim.press(Keys.CONTROL, "k")
        kim.find("dialog input").send_keys("node", Keys.ENTER)
        kim.until(lambda: kim.count(".results mark") > 2)
        kim.picture(folder / "page-dark.png")
        kim.press(Keys.ESCAPE)
        kim.prefer(color_scheme="light")
        kim.resize(360, 740)
        kim.driver.refresh()
        kim.until_online()
        kim.sees("on my way, Sam")
        kim.picture(folder / "page-phone.png")
        for line in lines:
            line.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
