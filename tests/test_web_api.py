"""What programs ask for over HTTP, as docs/api.md and docs/openapi.json have it."""

import json
import os
import re
import shlex
from pathlib import Path
from urllib.parse import urlencode

import jsonschema
import pytest
from test_web_hooks import PASSWORD, Town, ask, refused

from twisted_chat.doors.web.api import QUESTIONS
from twisted_chat.doors.web.openapi import document
from twisted_chat.testing import MemoryServer
from twisted_chat.testing_web import Response

DOCS = Path(__file__).parent.parent / "docs"
PAGE = json.loads(document(QUESTIONS))

GUIDE = (DOCS / "api.md").read_text()


class Program:
    """A town, and a program of Alex's that asks there; each answer is as the document says."""

    def __init__(self) -> None:
        self.town = Town()
        self.server = self.town.server

    def get(self, what: str, /, **parameters: object) -> Response:
        """What is answered, where ``sender`` stands for ``from``."""
        if "sender" in parameters:
            parameters["from"] = parameters.pop("sender")
        target = f"/api/{what}?{urlencode(parameters)}"
        answer = self.server.fetch("GET", target, b"", {"Authorization": f"Bearer {self.token}"})
        check(f"/api/{what}", "get", answer)
        return answer

    def texts(self, what: str, /, **parameters: object) -> list[str]:
        """What was said, of what is answered."""
        answer = self.get(what, **parameters)
        assert answer.code == 200, answer.text
        return [event["text"] for event in answer.json["events"] if "text" in event]

    @property
    def token(self) -> str:
        """Who asks."""
        return str(self.town.token)


def check(path: str, method: str, answer: Response) -> None:
    """Let an answer pass that the document knows."""
    described = PAGE["paths"][path][method]["responses"][str(answer.code)]
    kind = answer.headers["content-type"].partition(";")[0]
    schema = described["content"][kind]["schema"]
    whole = {**schema, "components": PAGE["components"]}
    jsonschema.validate(answer.json, whole, cls=jsonschema.Draft202012Validator)
    for name in described.get("headers", {}):
        assert name.lower() in answer.headers


@pytest.fixture
def program() -> Program:
    """One in a town where three things were said."""
    program = Program()
    for text in ("one", "two", "three"):
        ask(program.town.sam, type="say", room="#lobby", text=text)
        program.server.advance(60)
    return program


def test_shows_what_was_said(program: Program) -> None:
    """As the protocol's `history` does, for the owner who is here or not."""
    program.town.alex.hang_up()
    assert program.texts("history", room="lobby") == ["one", "two", "three"]
    assert program.texts("history", room="#Lobby", most=1) == ["three"]
    assert program.texts("history", room="lobby", before=3) == ["one", "two"]
    assert program.texts("history", room="lobby", after=2) == ["three"]
    assert program.texts("history", room="lobby", since="90s") == ["three"]
    answer = program.get("history", room="lobby", most=2).json
    assert (answer["type"], answer["room"], answer["more"]) == ("history", "#lobby", True)


def test_finds_what_was_said(program: Program) -> None:
    """As the protocol's `search` does."""
    assert program.texts("search", text="o") == ["two", "one"]
    assert program.texts("search", text="o", room="lobby", sender="sam", before=2) == ["one"]
    assert program.texts("search", text="o", sender="Boss") == []
    assert program.texts("search", text="e", since="90s") == ["three"]


def test_lists_the_rooms(program: Program) -> None:
    """As the protocol's `list` does."""
    ask(program.town.sam, type="join", room="#dev")
    assert program.get("rooms").json == {
        "type": "rooms",
        "rooms": [
            {"room": "#lobby", "people": 3, "topic": ""},
            {"room": "#dev", "people": 1, "topic": ""},
        ],
        "more": 0,
    }


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("history", {"rom": "lobby"}, "'rom'"),
        ("history", {"how": "5"}, "'how'"),
        ("history", {"room": "lobby", "id": "5"}, "'id'"),
        ("history", {}, "Name a room"),
        ("history", {"room": "lobby", "most": "many"}, "most"),
        ("history", {"room": "lobby", "most": "0"}, "most"),
        ("history", {"room": "lobby", "before": "1" * 5000}, ""),
        ("history", {"room": "lobby", "since": "yesteryear"}, ""),
        ("search", {}, "text"),
        ("search", {"text": "x", "name": "Sam"}, "'name'"),
        ("rooms", {"room": "x"}, "'room'"),
    ],
)
def test_refuses_what_it_does_not_know(
    program: Program, name: str, parameters: dict[str, str], words: str
) -> None:
    """With the name of what is wrong."""
    answer = program.get(name, **parameters)
    assert refused(answer) == (400, "bad_request")
    assert words in answer.json["text"]


@pytest.mark.parametrize(
    "query", ["room=lobby&room=dev", "room=%FF", "room=\xff", "&".join(["a=b"] * 30)]
)
def test_refuses_a_query_that_is_none(program: Program, query: str) -> None:
    """One name twice, bytes that are no text, or far too much of it."""
    end = program.server.web_connection()
    head = f"GET /api/history?{query} HTTP/1.1\r\nHost: localhost\r\n"
    end.send(f"{head}Authorization: Bearer {program.token}\r\n\r\n".encode("latin-1"))
    assert b" 400 " in end.received().splitlines()[0]


@pytest.mark.parametrize("name", [question.name for question in QUESTIONS])
def test_asks_for_a_token(program: Program, name: str) -> None:
    """Nothing is for everybody."""
    answer = program.server.fetch("GET", f"/api/{name}?token=wrong")
    check(f"/api/{name}", "get", answer)
    assert refused(answer) == (401, "wrong_password")
    assert program.server.fetch("POST", f"/api/{name}", b"x").code == 405


def test_shows_nothing_that_its_owner_may_not_read(program: Program) -> None:
    """Neither of a room that is private, nor of one that bans them."""
    sam, town = program.town.sam, program.town
    for room in ("#den", "#club"):
        ask(sam, type="join", room=room)
    ask(sam, type="private", room="#den", on=True)
    for room in ("#den", "#club"):
        ask(sam, type="say", room=room, text="secret")
    ask(sam, type="ban", room="#club", who="Alex")
    assert refused(program.get("history", room="den")) == (404, "no_such_room")
    assert refused(program.get("history", room="club")) == (403, "banned")
    assert program.texts("search", text="secret") == []
    assert [line["room"] for line in program.get("rooms").json["rooms"]] == ["#lobby", "#club"]
    ask(sam, type="invite", room="#den", name="Alex")
    ask(town.alex, type="join", room="#den")
    assert program.texts("history", room="den") == ["secret"]
    town.alex.hang_up()
    assert program.texts("search", text="secret") == []


def test_shows_what_its_owner_was_told_alone(program: Program) -> None:
    """And nobody else."""
    ask(program.town.sam, type="msg", name="Boss", text="not for Alex")
    ask(program.town.sam, type="msg", name="Alex", text="for Alex")
    assert program.texts("history", room="@") == ["for Alex"]


def test_is_slowed_like_who_says_much(program: Program) -> None:
    """An answer counts by its size."""
    for _ in range(20):
        assert program.get("rooms").code == 200
    assert refused(program.get("rooms")) == (429, "too_soon")
    program.server.advance(10)
    for _ in range(20):
        ask(program.town.boss, type="say", room="#lobby", text="x" * 4000)
        program.server.advance(1)
    assert program.get("history", room="lobby").code == 200
    assert program.get("rooms").headers.get("retry-after") == "1"


def test_counts_hooks_and_questions_of_an_account_together(program: Program) -> None:
    """Whatever the token."""
    other = ask(program.town.alex, type="token", name="other")["secret"]
    codes = [program.get("rooms").code for _ in range(10)]
    codes += [program.town.post().code for _ in range(10)]
    assert codes == [200] * 20
    assert program.server.fetch("GET", f"/api/rooms?token={other}").code == 429


def test_answers_a_head(program: Program) -> None:
    """With nothing but what stands above the answer."""
    answer = program.server.fetch("HEAD", f"/api/rooms?token={program.token}")
    assert (answer.code, answer.body) == (200, b"")


def test_is_nobodys_to_keep(program: Program) -> None:
    """Neither a proxy nor a browser has what was said after it was answered."""
    assert program.get("rooms").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"done", "text/plain", 200),
        (b"", "text/plain", 403),
        (b"{", "application/json", 400),
        (b"x" * 5000, "text/plain", 413),
    ],
)
def test_hooks_are_as_the_document_says(
    program: Program, body: bytes, kind: str, code: int
) -> None:
    """What they answer, done or not."""
    answer = program.town.post(body=body, Content_Type=kind)
    assert answer.code == code
    check("/hook/{room}", "post", answer)


def test_the_document_is_served(program: Program) -> None:
    """To anybody: it is about no one."""
    answer = program.server.fetch("GET", "/api/openapi.json")
    assert (answer.code, answer.json) == (200, PAGE)
    assert answer.headers["content-type"] == "application/json"


def test_the_document_is_up_to_date() -> None:
    """The one in docs/ is that of the code; with UPDATE_DOCS=1 it is written anew."""
    path = DOCS / "openapi.json"
    if os.environ.get("UPDATE_DOCS"):
        path.write_bytes(document(QUESTIONS))
    assert path.read_bytes() == document(QUESTIONS)


def test_the_document_holds_together() -> None:
    """Each schema is one, and each that is pointed to is there."""
    jsonschema.Draft202012Validator.check_schema({"$defs": PAGE["components"]["schemas"]})
    pointed = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(PAGE)))
    assert pointed == set(PAGE["components"]["schemas"])
    served = {"/hook/{room}", *(f"/api/{question.name}" for question in QUESTIONS)}
    assert set(PAGE["paths"]) == served


def examples() -> list[tuple[str, str]]:
    """The commands of the guide, each with its answer."""
    found = []
    for commands, answers in re.findall(r"```sh\n(.*?)```\n\n```json\n(.*?)```", GUIDE, re.DOTALL):
        found += list(zip(commands.splitlines(), answers.splitlines(), strict=True))
    return found


def curl(server: MemoryServer, command: str, token: str) -> Response:
    """What curl would be answered."""
    words = iter(shlex.split(command.replace("$TOKEN", token))[1:])
    headers: dict[str, str] = {}
    url, body, asks, query = "", b"", False, ""
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-G":
            asks = True
        elif word == "-d":
            body = next(words).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif word == "--json":
            body = next(words).encode()
            headers["Content-Type"] = "application/json"
        elif word == "--data-urlencode":
            name, _, value = next(words).partition("=")
            query = "?" + urlencode({name: value})
        else:
            url = word
    assert asks == bool(query)
    target = url.removeprefix("http://127.0.0.1:6780") + query
    return server.fetch("POST" if body else "GET", target, body, headers)


def test_the_guide_is_what_happens() -> None:
    """Each command gets the very answer that the page shows."""
    server = MemoryServer()
    alex = server.program("Alex")
    ask(alex, type="register", password=PASSWORD)
    token = ask(alex, type="token", name="deploy")["secret"]
    commands = examples()
    assert len(commands) == 7
    for command, answer in commands:
        assert curl(server, command, token).text == answer


def test_the_guide_knows_all_parameters() -> None:
    """Of each question."""
    for question in QUESTIONS:
        (row,) = re.findall(rf"\| `GET api/{question.name}` \|(.*?)\|", GUIDE)
        assert re.findall(r"`(\w+)`", row) == list(question.fields)
