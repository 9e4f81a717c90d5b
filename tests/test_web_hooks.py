"""Hooks: a program says something in a room with one request, by the rules of who is there."""

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from twisted_chat.events import Said
from twisted_chat.happened import Happened
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import (
    BODY_BYTES,
    PARAMETERS,
    POSTS_REMEMBERED,
    VISITORS_REMEMBERED,
    WAITING_BYTES,
    Limits,
)
from twisted_chat.posting import Posting
from twisted_chat.testing import EPOCH, MemoryServer
from twisted_chat.testing_web import Response
from twisted_chat.visits import Visits

PASSWORD = "correct horse battery"


class Town:
    """A server with an administrator, Alex who owns a name and a token, and Sam who listens."""

    def __init__(self, server: MemoryServer | None = None) -> None:
        self.server = server or MemoryServer()
        self.boss = self.server.program("Boss")
        ask(self.boss, type="register", password=PASSWORD)
        self.alex = self.server.program("Alex")
        ask(self.alex, type="register", password=PASSWORD)
        self.token = ask(self.alex, type="token", name="ci")["secret"]
        self.sam = self.server.program("Sam")
        self.heard()

    def post(self, room: str = "lobby", body: bytes = b"done", **headers: str) -> Response:
        """What the hook answers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.token}", **named}
        return self.server.fetch("POST", f"/hook/{room}", body, sent)

    def post_json(self, room: str = "lobby", **said: object) -> Response:
        """The same, of JSON."""
        return self.post(room, json.dumps(said).encode(), Content_Type="application/json")

    def heard(self) -> list[dict[str, Any]]:
        """What Sam heard since this was last asked."""
        return self.sam.objects()

    def texts(self) -> list[str]:
        """What Sam heard people say since then."""
        return [told["text"] for told in self.heard() if told["type"] == "said"]


def ask(end: Any, **request: object) -> dict[str, Any]:
    """The answer to a request, by its end."""
    end.objects()
    end.ask(**request, id=1)
    answer: dict[str, Any] = [told for told in end.objects() if told.get("id") == 1][-1]
    assert answer["type"] != "error", answer
    return answer


def refused(answer: Response) -> tuple[int, str]:
    """How a refusal is answered."""
    return answer.code, answer.json["code"]


@pytest.fixture
def town() -> Town:
    """One where everybody has said nothing yet."""
    return Town()


@pytest.fixture
def away(town: Town) -> Town:
    """One that Alex has left."""
    town.alex.hang_up()
    town.heard()
    return town


def test_says_the_body_in_the_room(away: Town) -> None:
    """In the owner's name, who is not there; nobody comes or goes for it."""
    answer = away.post(body=b"deploy done")
    assert (answer.code, answer.text) == (200, '{"seq":1}')
    (said,) = away.heard()
    assert (said["type"], said["who"], said["text"]) == ("said", "Alex", "deploy done")


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain; charset=utf-8", "Text/Plain"]
)
def test_takes_what_programs_call_text(away: Town, kind: str) -> None:
    """curl says of all that it sends that it is a form."""
    assert away.post(body=b"a=1&b", Content_Type=kind).code == 200
    assert away.texts() == ["a=1&b"]


def test_takes_no_other_kind(away: Town) -> None:
    """It says which ones it takes."""
    answer = away.post(Content_Type="image/png")
    assert refused(answer) == (400, "bad_request")
    assert "text/plain" in answer.json["text"]


def test_takes_the_token_from_the_address(away: Town) -> None:
    """For what can send no header; the header counts where both are."""
    path = f"/hook/lobby?token={away.token}"
    assert away.server.fetch("POST", path, b"hello").code == 200
    wrong = {"Authorization": "Bearer nothing"}
    assert away.server.fetch("POST", path, b"hello", wrong).code == 401


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic QWxleDp4", "bearer x y"])
def test_asks_for_a_token(away: Town, header: str | None) -> None:
    """With the header that RFC 6750 wants, and it counts as a login that failed."""
    failed = away.server.house.logins.failed
    headers = {} if header is None else {"Authorization": header}
    answer = away.server.fetch("POST", "/hook/lobby", b"x", headers)
    assert refused(answer) == (401, "wrong_password")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert away.server.house.logins.failed == failed + 1
    assert away.server.house.figures.refused["wrong_password"] == 1


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "This needs a token."),
        ({"Authorization": "Bearer x"}, "That token is good for nothing."),
    ],
)
def test_says_whether_a_token_is_missing_or_wrong(
    away: Town, headers: dict[str, str], why: str
) -> None:
    """Who forgot it looks in another place than who mistyped it."""
    answer = away.server.fetch("POST", "/hook/lobby", b"x", headers)
    assert answer.json["text"] == f"{why} /token makes one."


@pytest.mark.parametrize(
    ("count", "why"),
    [(PARAMETERS, "There is no parameter"), (PARAMETERS + 1, "no list of 20 parameters at most")],
)
def test_takes_no_more_parameters_apart_than_there_may_be(away: Town, count: int, why: str) -> None:
    """What is wrong with one of them is told up to there."""
    path = "/hook/lobby?" + "&".join(f"x{number}=1" for number in range(count))
    headers = {"Authorization": f"Bearer {away.token}"}
    answer = away.server.fetch("POST", path, b"x", headers)
    assert refused(answer) == (400, "bad_request")
    assert why in answer.json["text"]


def test_takes_no_token_of_a_browser(away: Town) -> None:
    """What a browser remembers is sent with whatever a page asks for."""
    account = away.server.house.book.account("alex")
    assert account is not None
    away.server.house.delivery.keep(away.server.house.book.add_browser("secret", account, EPOCH))
    assert away.post(Authorization="Bearer secret").code == 401


def test_takes_no_token_that_was_revoked(town: Town) -> None:
    """At once."""
    ask(town.alex, type="revoke", name="ci")
    assert town.post().code == 401


def test_shows_when_the_token_was_used(town: Town) -> None:
    """As `/tokens` does for programs that stay."""
    town.server.advance(100)
    town.post()
    assert ask(town.alex, type="tokens")["tokens"][0]["used"] == EPOCH + 100


def test_says_what_is_repeated_with_its_id_once(away: Town) -> None:
    """With the number that it has."""
    first = away.post_json(text="built", id="7")
    assert (first.code, first.json) == (200, {"seq": 1})
    assert away.post_json(text="built", id="7").json == {"seq": 1}
    assert away.texts() == ["built"]
    assert refused(away.post_json(text="other", id="7")) == (403, "id_used")


def test_answers_what_is_repeated_though_it_could_not_be_said_any_more(town: Town) -> None:
    """What is refused is what was not said yet."""
    assert town.post_json(text="built", id="7").json == {"seq": 1}
    ask(town.boss, type="mute", room="#lobby", who="Alex")
    assert town.post_json(text="built", id="7").json == {"seq": 1}
    assert refused(town.post_json(text="other", id="7")) == (403, "id_used")
    assert refused(town.post_json(text="other", id="8")) == (403, "muted")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"text": 7}',
        b'{"text": "x", "more": 1}',
        b'{"text": "x", "id": ""}',
        b'{"text": "x", "id": 7}',
        b'{"text": "\xff"}',
        b"[" * 5000,
        b'{"text": "x", "id": "%b"}' % (b"7" * 65),
    ],
)
def test_refuses_what_is_no_hook(away: Town, body: bytes) -> None:
    """With one clear line; nothing is said."""
    answer = away.post(body=body, Content_Type="application/json")
    assert refused(answer) == (400, "bad_request")
    assert away.texts() == []


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"", (403, "nothing_said")),
        (b" \n\n ", (403, "nothing_said")),
        (b"caf\xe9", (400, "bad_request")),
        (b"x" * 4097, (413, "too_long")),
        (b"x\n" * 51, (413, "too_long")),
    ],
)
def test_refuses_a_text_that_cannot_be_said(
    away: Town, body: bytes, answer: tuple[int, str]
) -> None:
    """As at other doors."""
    assert refused(away.post(body=body)) == answer
    assert away.texts() == []


def test_reads_no_more_of_a_body_than_there_may_be(away: Town) -> None:
    """What is larger is told so, by whom nobody knows yet."""
    assert away.post(body=b"x" * (BODY_BYTES + 1)).code == 413
    assert away.texts() == []


def test_says_several_lines_as_one_message(away: Town) -> None:
    """Whatever ends them; each counts like a message."""
    assert away.post(body=b"one\r\ntwo\n\nthree\n").code == 200
    assert away.texts() == ["one\ntwo\n\nthree"]


def test_cleans_what_is_said(away: Town) -> None:
    """No control character comes through, nor what turns a line round."""
    away.post(body="a\0b\x1b[31mc\N{RIGHT-TO-LEFT OVERRIDE}d".encode())
    assert away.texts() == ["a\ufffdb\ufffd[31mcd"]


def test_says_it_in_a_room_of_another_script(town: Town) -> None:
    """Its name is percent-encoded UTF-8; a # before it does no harm."""
    ask(town.sam, type="join", room="#клуб")
    assert town.post("%D0%BA%D0%BB%D1%83%D0%B1").code == 200
    assert town.post("%23%D0%9A%D0%BB%D1%83%D0%B1").code == 200
    assert town.texts() == ["done", "done"]


@pytest.mark.parametrize(
    ("room", "answer"),
    [
        ("nowhere", (404, "no_such_room")),
        ("%FF", (400, "bad_request")),
        ("a%00b", (403, "name_not_allowed")),
        ("a%2Fb", (403, "name_not_allowed")),
        ("%40", (403, "name_not_allowed")),
        ("x" * 100, (403, "name_not_allowed")),
        ("lobby?room=x", (400, "bad_request")),
    ],
)
def test_refuses_what_is_no_room(town: Town, room: str, answer: tuple[int, str]) -> None:
    """It makes none."""
    rooms = list(town.server.house.chat.rooms)
    assert refused(town.post(room)) == answer
    assert list(town.server.house.chat.rooms) == rooms


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_takes_post_alone(away: Town, method: str) -> None:
    """A link that somebody follows says nothing."""
    answer = away.server.fetch(method, f"/hook/lobby?token={away.token}")
    assert (answer.code, answer.headers["allow"]) == (405, "POST")
    assert away.texts() == []


def test_says_nothing_of_half_a_body(away: Town) -> None:
    """Who goes before it is all there has said nothing."""
    end = away.server.web_connection()
    head = f"POST /hook/lobby?token={away.token} HTTP/1.1\r\nHost: localhost\r\n"
    end.send(head.encode() + b"Content-Length: 9\r\n\r\ndeploy")
    end.drop()
    assert away.texts() == []


class SlowJournal(MemoryJournal):
    """One that keeps what it is given when a test says so, or fails at it."""

    waits: "Deferred[None] | None" = None

    def commit(self, *args: Any, **named: Any) -> Any:
        if self.waits is None:
            return super().commit(*args, **named)
        return self.waits.addCallback(lambda _: MemoryJournal.commit(self, *args, **named))


def slow_town() -> tuple[Town, SlowJournal]:
    """A town, and its journal."""
    journal = SlowJournal(lambda: EPOCH)
    return Town(MemoryServer(journal=journal)), journal


def test_answers_when_it_is_on_record() -> None:
    """Not before."""
    town, journal = slow_town()
    town.post()
    town.server.advance(60)
    journal.waits = Deferred()
    end = town.server.web_connection()
    end.request("POST", f"/hook/lobby?token={town.token}", b"later")
    assert end.responses() == []
    journal.waits.callback(None)
    town.server.settle()
    assert end.response().json == {"seq": 2}


def test_says_that_it_could_not_be_saved() -> None:
    """Then nobody has seen it, and nothing is counted for who waits in a slow room."""
    town, journal = slow_town()
    ask(town.sam, type="join", room="#dev")
    ask(town.sam, type="slow", room="#dev", time="30s")
    town.server.advance(61)
    town.heard()
    journal.waits = Deferred()
    end = town.server.web_connection()
    end.request("POST", f"/hook/dev?token={town.token}", b"lost")
    failing, journal.waits = journal.waits, None
    failing.errback(OSError("no space left"))
    town.server.settle()
    assert refused(end.response()) == (503, "not_saved")
    assert town.texts() == []
    assert town.post("dev", b"again").code == 200


def test_says_it_though_who_asked_has_gone() -> None:
    """It was asked for; the answer is nobody's."""
    town, journal = slow_town()
    journal.waits = Deferred()
    end = town.server.web_connection()
    end.request("POST", f"/hook/lobby?token={town.token}", b"later")
    end.drop()
    journal.waits.callback(None)
    town.server.settle()
    assert town.texts() == ["later"]
    assert town.server.house.log.faults == 0


@pytest.mark.parametrize(
    ("ruling", "code"),
    [
        ({"type": "ban", "room": "#dev", "who": "Alex"}, "banned"),
        ({"type": "ban", "room": "*", "who": "Alex"}, "banned"),
        ({"type": "ban", "room": "*", "who": "198.51.100.0/24"}, "banned"),
        ({"type": "mute", "room": "#dev", "who": "Alex"}, "muted"),
        ({"type": "mute", "room": "*", "who": "Alex"}, "muted"),
        ({"type": "filter", "room": "#dev", "pattern": "done"}, "filtered"),
        ({"type": "filter", "room": "*", "pattern": "done"}, "filtered"),
        ({"type": "moderate", "room": "#dev", "on": True}, "room_moderated"),
    ],
    ids=str,
)
@pytest.mark.parametrize("where", ["in the room", "in the chat", "away"])
def test_goes_by_the_rulings(town: Town, ruling: dict[str, object], code: str, where: str) -> None:
    """Whether its owner is in the room or not."""
    for end in (town.boss, town.sam, *([town.alex] if where == "in the room" else [])):
        ask(end, type="join", room="#dev")
    if where == "away":
        town.alex.hang_up()
    ask(town.boss, **ruling)
    town.heard()
    path = f"/hook/dev?token={town.token}"
    answer = town.server.fetch("POST", path, b"done", host="198.51.100.7")
    assert refused(answer) == (403, code)
    assert town.texts() == []


def test_speaks_where_guests_are_locked_out(away: Town) -> None:
    """A lockdown is about them."""
    ask(away.boss, type="lockdown", on=True)
    assert away.post().code == 200


def test_speaks_with_a_voice_in_a_moderated_room(town: Town) -> None:
    """That of an account outlasts its owner's visits, where the room is somebody's."""
    for end in (town.boss, town.alex):
        ask(end, type="join", room="#dev")
    ask(town.boss, type="moderate", room="#dev", on=True)
    assert town.post("dev").code == 403
    ask(town.boss, type="voice", room="#dev", name="Alex")
    assert town.post("dev").code == 200
    town.alex.hang_up()
    assert town.post("dev").code == 200


@pytest.mark.parametrize("here", [True, False], ids=["here", "away"])
def test_waits_in_a_slow_room(town: Town, here: bool) -> None:
    """As long as those who are there."""
    if not here:
        town.alex.hang_up()
    ask(town.boss, type="slow", room="#lobby", time="30s")
    assert town.post().code == 200
    assert refused(town.post()) == (429, "too_soon")
    town.server.advance(30)
    assert town.post().code == 200


def test_waits_for_what_its_owner_said_there(town: Town) -> None:
    """Who is in the room says it as a member, whichever way."""
    ask(town.boss, type="slow", room="#lobby", time="30s")
    ask(town.alex, type="say", room="#lobby", text="hello")
    assert refused(town.post()) == (429, "too_soon")


def test_takes_nothing_more_while_the_disk_is_slow() -> None:
    """What waits is bounded, though nobody is there whose lines could be held back."""
    town, journal = slow_town()
    journal.waits = Deferred()
    house = town.server.house
    for _ in range(2):
        said = Said(room="#lobby", who="Sam", text="x" * WAITING_BYTES)
        house.delivery.add(Happened([said], None))
        town.server.settle()
    assert refused(town.post()) == (503, "too_busy")
    journal.waits.callback(None)
    town.server.settle()
    assert town.post().code == 200


def test_knows_nothing_of_a_private_room(town: Town) -> None:
    """Until its owner is invited, or in it; it is answered as one that there is not."""
    ask(town.sam, type="join", room="#den")
    ask(town.sam, type="private", room="#den", on=True)
    assert refused(town.post("den")) == (404, "no_such_room")
    ask(town.sam, type="invite", room="#den", name="Alex")
    assert town.post("den").code == 200
    ask(town.alex, type="join", room="#den")
    assert town.post("den").code == 200
    ask(town.alex, type="part", room="#den")
    assert refused(town.post("den")) == (404, "no_such_room")
    assert town.texts() == ["done", "done"]


def test_keeps_the_talk_of_a_private_room_apart(town: Town) -> None:
    """Who owns it speaks into it from outside, and nobody else finds that."""
    ask(town.alex, type="join", room="#den")
    ask(town.alex, type="private", room="#den", on=True)
    town.alex.hang_up()
    assert town.post("den", b"hidden").code == 200
    assert ask(town.sam, type="search", text="hidden")["events"] == []
    alex = town.server.program("Alex", password=PASSWORD)
    assert [one["text"] for one in ask(alex, type="search", text="hidden")["events"]] == ["hidden"]


def test_is_not_heard_by_who_ignores_its_owner(town: Town) -> None:
    """By name, as always, while the owner is not here too."""
    ask(town.sam, type="ignore", name="Alex")
    town.post()
    assert town.texts() == []


def test_is_heard_by_its_owner_too(town: Town) -> None:
    """Who did not say it in that session."""
    town.alex.objects()
    town.post()
    assert [told["text"] for told in town.alex.objects()] == ["done"]


def test_takes_so_many_at_once_and_then_so_many_a_second(away: Town) -> None:
    """Beyond that it says how long to wait."""
    assert [away.post(body=b"x").code for _ in range(20)] == [200] * 20
    answer = away.post()
    assert refused(answer) == (429, "too_soon")
    assert answer.headers["retry-after"] == "1"
    away.server.advance(1)
    assert [away.post().code for _ in range(6)] == [200] * 5 + [429]


def test_counts_each_line(away: Town) -> None:
    """So that a message of many makes its sender wait for long."""
    away.post(body=b"x\n" * 50)
    answer = away.post()
    assert (answer.code, answer.headers["retry-after"]) == (429, "6")
    away.server.advance(7)
    assert away.post().code == 200


def test_goes_by_limits_that_change(away: Town) -> None:
    """At once, for who has asked before too."""
    away.post()
    away.server.take_limits(Limits(message_burst=2, messages=1))
    away.server.advance(2)
    assert [away.post().code for _ in range(3)] == [200, 200, 429]


def test_remembers_so_many_and_no_more(town: Town) -> None:
    """Of the accounts that ask, and of those who spoke in slow rooms."""
    house = town.server.house
    visits, posting = Visits(house), Posting(house.chat)
    visits._rates.update((str(n), visits._rate(_account(town))) for n in range(VISITORS_REMEMBERED))
    visits.visitor(town.token, None)
    assert len(visits._rates) <= VISITORS_REMEMBERED
    posting._spoke.update(((str(n), ""), EPOCH) for n in range(POSTS_REMEMBERED))
    ask(town.sam, type="join", room="#dev")
    ask(town.sam, type="slow", room="#dev", time="30s")
    room = next(name for name in house.chat.rooms if name.shown == "#dev")
    posting.say(visits.visitor(town.token, None).user, room, "x")
    assert len(posting._spoke) == POSTS_REMEMBERED
    town.server.advance(90_000)
    posting.say(visits.visitor(town.token, None).user, room, "x")
    assert len(posting._spoke) == 1


def _account(town: Town) -> Any:
    return town.server.house.book.account("alex")
