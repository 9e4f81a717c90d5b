"""Logging in by a password, so that a browser is remembered, and out again."""

import json
from http.cookies import Morsel, SimpleCookie
from ipaddress import ip_network
from typing import Any

import pytest
from disks import FullDisk
from test_web_hooks import PASSWORD, ask, refused

from twisted_chat.limits import BROWSER_SECONDS, BROWSERS_PER_ACCOUNT, TOKENS_PER_ACCOUNT
from twisted_chat.testing import MemoryServer
from twisted_chat.testing_web import NAME, BrowserEnd, Response

ORIGIN = f"http://{NAME}"


class Town:
    """A server with Alex, who owns that name and is here by a line door."""

    def __init__(self, server: MemoryServer | None = None) -> None:
        self.server = server or MemoryServer()
        self.alex = self.server.program("Alex")
        ask(self.alex, type="register", password=PASSWORD)

    def post(self, path: str, said: object, cookie: str = "", **headers: str) -> Response:
        """What is answered to JSON from the page."""
        sent = {"Origin": ORIGIN, "Content-Type": "application/json", **cookie_header(cookie)}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.server.fetch("POST", path, json.dumps(said).encode(), sent)

    def login(self, name: str = "Alex", password: str = PASSWORD, **headers: str) -> Response:
        """What is answered to a name and a password."""
        return self.post("/login", {"name": name, "password": password}, **headers)

    def cookie(self) -> str:
        """That of a browser which has just logged in."""
        return morsel(self.login()).value

    def session(self, cookie: str) -> dict[str, Any]:
        """What the page is told before anybody is in."""
        answer = self.server.fetch("GET", "/session", b"", cookie_header(cookie))
        found: dict[str, Any] = answer.json
        return found

    def socket(self, cookie: str) -> BrowserEnd:
        """A browser that is in the chat by its cookie."""
        end = self.server.web_socket(headers=cookie_header(cookie))
        answer = ask(end, type="hello", v=1, name="Alex", cookie=True, echo=True)
        assert (answer["type"], answer["name"]) == ("welcome", "Alex")
        return end

    def labels(self) -> list[str]:
        """What Alex's tokens are called."""
        return [line["name"] for line in ask(self.alex, type="tokens")["tokens"]]


def cookie_header(cookie: str) -> dict[str, str]:
    """How a browser sends it."""
    return {"Cookie": f"theme=dark; twisted_chat={cookie}"} if cookie else {}


def morsel(answer: Response) -> "Morsel[str]":
    """The cookie that comes with an answer."""
    return SimpleCookie(answer.headers["set-cookie"])["twisted_chat"]


@pytest.fixture
def town() -> Town:
    """One where no browser is remembered."""
    return Town()


def test_tells_the_page_what_it_has_to_know(town: Town) -> None:
    """Before anybody is in."""
    assert town.session("") == {
        "server": "twisted_chat",
        "name": "",
        "guests": True,
        "registration": "open",
        "line_bytes": 4096,
    }


def test_remembers_a_browser(town: Town) -> None:
    """By a cookie that no script reads and no other page's request carries."""
    answer = town.login("alex")
    assert (answer.code, answer.json) == (200, {"name": "Alex"})
    cookie = morsel(answer)
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == ("", "", "")
    assert int(cookie["max-age"]) == BROWSER_SECONDS
    assert town.session(cookie.value)["name"] == "Alex"
    assert town.session(cookie.value + "x")["name"] == ""
    town.socket(cookie.value)


def test_sends_it_back_by_tls_alone_where_it_came_so() -> None:
    """Also where a proxy has seen to that."""
    town = Town(MemoryServer(proxies=[ip_network("127.0.0.0/8")]))
    answer = town.login(
        X_Forwarded_Proto="https", X_Forwarded_For="192.0.2.7", Origin=f"https://{NAME}"
    )
    assert morsel(answer)["secure"] is True


@pytest.mark.parametrize(
    ("name", "password"),
    [("Alex", "wrong horse battery"), ("Nobody", PASSWORD), ("no name", PASSWORD), ("", "")],
)
def test_tells_nobody_which_of_the_two_is_wrong(town: Town, name: str, password: str) -> None:
    """With the same words, and a login that failed is counted once."""
    answer = town.login(name, password)
    assert refused(answer) == (401, "wrong_password")
    assert answer.json["text"] == "Wrong name or password."
    assert "set-cookie" not in answer.headers
    assert town.session("")["name"] == ""


def test_slows_who_guesses(town: Town) -> None:
    """With the waits of all other doors."""
    # Registering was a hash too.
    town.server.advance(60)
    codes = [town.login(password="wrong horse").code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert refused(town.login()) == (429, "too_many_tries")
    town.server.advance(3600)
    assert town.login().code == 200


@pytest.mark.parametrize("path", ["/login", "/logout"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:6780", ""])
def test_takes_it_from_its_own_page_alone(town: Town, path: str, origin: str) -> None:
    """Another's page logs nobody in, or out."""
    cookie = town.cookie()
    said = {"name": "Alex", "password": PASSWORD} if path == "/login" else {}
    answer = town.post(path, said, cookie, Origin=origin)
    assert answer.code == 403
    assert "set-cookie" not in answer.headers
    assert town.session(cookie)["name"] == "Alex"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_takes_json_alone(town: Town, path: str, kind: str) -> None:
    """A form cannot send that."""
    answer = town.post(path, {"name": "Alex", "password": PASSWORD}, Content_Type=kind)
    assert refused(answer) == (400, "bad_request")


@pytest.mark.parametrize(
    "said", [{}, [], "x", {"name": "Alex"}, {"name": 1, "password": "x"}, {"everywhere": "yes"}]
)
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_refuses_what_is_no_request(town: Town, path: str, said: object) -> None:
    """With one clear line."""
    if path == "/logout" and said == {}:
        return
    assert refused(town.post(path, said)) == (400, "bad_request")


def test_is_a_token_that_its_owner_sees(town: Town) -> None:
    """And revokes; who came in by it leaves."""
    cookie = town.cookie()
    other = town.cookie()
    assert town.labels() == ["browser", "browser-2"]
    end = town.socket(cookie)
    ask(town.alex, type="revoke", name="browser")
    assert end.objects()[-1]["type"] == "goodbye"
    assert (town.session(cookie)["name"], town.session(other)["name"]) == ("", "Alex")
    town.cookie()
    assert town.labels() == ["browser-2", "browser"]


def test_gives_way_to_the_next_of_too_many(town: Town) -> None:
    """The one used longest ago; those that people make do not count."""
    town.cookie()
    for number in range(TOKENS_PER_ACCOUNT):
        ask(town.alex, type="token", name=f"t{number}")
        town.server.advance(1)
    cookies = []
    for _ in range(BROWSERS_PER_ACCOUNT):
        cookies.append(town.cookie())
        town.server.advance(61)
    town.socket(cookies[0]).hang_up()
    town.server.advance(61)
    cookies.append(town.cookie())
    names = [town.session(cookie)["name"] for cookie in cookies]
    assert names == ["Alex", ""] + ["Alex"] * (BROWSERS_PER_ACCOUNT - 1)
    assert len(town.labels()) == TOKENS_PER_ACCOUNT + BROWSERS_PER_ACCOUNT


def test_ends_when_it_is_not_used_for_long(town: Town) -> None:
    """And not while it is."""
    cookie = town.cookie()
    town.server.advance(BROWSER_SECONDS - 1)
    town.socket(cookie).hang_up()
    town.server.advance(BROWSER_SECONDS - 1)
    assert town.session(cookie)["name"] == "Alex"
    town.server.advance(BROWSER_SECONDS + 62)
    assert town.session(cookie)["name"] == ""


def test_logs_out_here(town: Town) -> None:
    """Its sessions end, those of another browser and of a program do not."""
    here, there = town.cookie(), town.cookie()
    mine, tab, other = town.socket(here), town.socket(here), town.socket(there)
    town.alex.objects()
    answer = town.post("/logout", {"everywhere": False}, here)
    assert (answer.code, answer.body) == (204, b"")
    assert (morsel(answer).value, morsel(answer)["max-age"]) == ("", "0")
    assert [end.objects()[-1]["type"] for end in (mine, tab)] == ["goodbye", "goodbye"]
    assert not other.closed
    assert not town.alex.closed
    assert (town.session(here)["name"], town.session(there)["name"]) == ("", "Alex")


def test_logs_out_everywhere(town: Town) -> None:
    """All browsers; tokens that people made are as good as before."""
    secret = ask(town.alex, type="token", name="ci")["secret"]
    here, there = town.cookie(), town.cookie()
    ends = [town.socket(here), town.socket(there)]
    assert town.post("/logout", {"everywhere": True}, here).code == 204
    assert [end.objects()[-1]["type"] for end in ends] == ["goodbye", "goodbye"]
    assert (town.session(here)["name"], town.session(there)["name"]) == ("", "")
    assert town.labels() == ["ci"]
    assert town.server.fetch("GET", f"/api/rooms?token={secret}").code == 200


def test_logs_out_who_is_not_in(town: Town) -> None:
    """As if they had been: there is nothing to find out."""
    assert town.post("/logout", {}).code == 204
    assert town.post("/logout", {}, "wrong").code == 204


def test_forgets_browsers_when_the_password_changes(town: Town) -> None:
    """Whoever has one of them may be why it was changed."""
    cookie = town.cookie()
    end = town.socket(cookie)
    ask(town.alex, type="passwd", old=PASSWORD, new="another horse battery")
    assert end.objects()[-1]["type"] == "goodbye"
    assert (town.session(cookie)["name"], town.labels()) == ("", [])


def test_is_no_more_when_the_account_is_not(town: Town) -> None:
    """Nor does it come back with another account of that name."""
    cookie = town.cookie()
    ask(town.alex, type="drop", password=PASSWORD)
    ask(town.alex, type="register", password=PASSWORD)
    assert town.session(cookie)["name"] == ""


def test_stays_logged_in_where_the_browser_is_used(town: Town) -> None:
    """Each time that the page is loaded the cookie is good for as long again."""
    cookie = town.cookie()
    town.server.advance(BROWSER_SECONDS - 61)
    answer = town.server.fetch("GET", "/session", b"", cookie_header(cookie))
    assert (morsel(answer).value, int(morsel(answer)["max-age"])) == (cookie, BROWSER_SECONDS)
    town.server.advance(BROWSER_SECONDS - 61)
    assert town.session(cookie)["name"] == "Alex"


def test_makes_one_login_of_a_browser(town: Town) -> None:
    """What it remembered before is good for nothing, and who was here by that has to come anew."""
    first = town.cookie()
    end = town.socket(first)
    said = {"name": "Alex", "password": PASSWORD}
    second = morsel(town.post("/login", said, cookie=first)).value
    assert [town.session(cookie)["name"] for cookie in (first, second)] == ["", "Alex"]
    assert len(town.labels()) == 1
    assert end.objects()[-1]["type"] == "goodbye"


def test_leaves_nobody_in_who_is_logged_out_everywhere(town: Town) -> None:
    """Nor who has registered in the page, and came in by nothing that it remembers."""
    registered = town.server.web_socket()
    ask(registered, type="hello", v=1, name="Kim", register=True, password=PASSWORD)
    kim = {"name": "Kim", "password": PASSWORD}
    cookie = morsel(town.post("/login", kim)).value
    nc = town.server.connect()
    nc.type("Kim", PASSWORD)
    nc.received()
    assert town.post("/logout", {"everywhere": True}, cookie=cookie).code == 204
    town.server.settle()
    assert registered.objects()[-1]["type"] == "goodbye"
    assert not nc.closed


def test_spares_the_browser_in_which_a_password_is_changed(town: Town) -> None:
    """Others have to log in anew."""
    here, there = town.cookie(), town.cookie()
    ask(town.socket(here), type="passwd", old=PASSWORD, new="another-horse")
    assert [town.session(cookie)["name"] for cookie in (here, there)] == ["Alex", ""]


def test_is_secure_where_its_own_page_came_by_tls() -> None:
    """Though no proxy was named that could say so."""
    town = Town(MemoryServer(origins=["https://chat.example.org"]))
    assert morsel(town.login(Origin="https://chat.example.org"))["secure"] is True


def test_says_nothing_is_done_that_is_not_on_record() -> None:
    """Neither a login nor its end."""
    disk = FullDisk()
    town = Town(MemoryServer(journal=disk))
    cookie = town.cookie()
    disk.full = True
    assert (town.login().code, town.post("/logout", {}, cookie=cookie).code) == (503, 503)
    disk.full = False
    assert town.session(cookie)["name"] == "Alex"
    assert len(town.labels()) == 1
