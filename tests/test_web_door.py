"""The web door as long as it speaks HTTP: what is asked, how much, and for how long."""

from collections.abc import Callable

import pytest
from framing import handshake
from twisted.internet.defer import Deferred

from twisted_chat.doors.web.answer import Answer, of_text
from twisted_chat.doors.web.request import Question
from twisted_chat.doors.web.socket import ChatSocket
from twisted_chat.limits import (
    BODY_BYTES,
    WEB_HEADERS,
    WEB_HEADERS_BYTES,
    WEB_IDLE_SECONDS,
    WEB_QUESTIONS,
    WEB_SECONDS,
    Limits,
)
from twisted_chat.refused import NoSuchRoom, TooBusy
from twisted_chat.testing import MemoryServer
from twisted_chat.testing_web import WebEnd

HOST = b"Host: 127.0.0.1:6780\r\n"
GET = b"GET /icon.svg HTTP/1.1\r\n" + HOST + b"\r\n"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "X")


@pytest.fixture
def server() -> MemoryServer:
    """One that also answers what tests ask for."""
    server = MemoryServer()
    server.web.site.add(b"/echo", b"POST", lambda question: of_text(question.body.decode()))
    return server


@pytest.fixture
def end(server: MemoryServer) -> WebEnd:
    """A connection on which nothing was asked yet."""
    return server.web_connection()


def codes(end: WebEnd) -> list[int]:
    """The codes of what was answered since this was last asked."""
    return [int(part[:3]) for part in end.received().split(b"HTTP/1.1 ")[1:]]


# What every answer says.


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        *(("GET", "/", 200), ("HEAD", "/", 200), ("GET", "/nothing", 404), ("POST", "/", 405)),
        *(
            ("GET", "/ws", 426),
            ("POST", "/ws", 405),
            ("GET", "/echo", 405),
            ("GET", "/broken", 500),
        ),
        *(("POST", "/echo", 200), ("OPTIONS", "/", 405), ("GET", "/refused", 404)),
    ],
)
def test_says_with_each_answer_what_keeps_browsers_safe(
    server: MemoryServer, method: str, target: str, code: int
) -> None:
    """Whatever the answer is."""
    server.web.site.add(b"/broken", b"GET", _broken)
    server.web.site.add(b"/refused", b"GET", _refused)
    answer = server.fetch(method, target)
    assert answer.code == code
    headers = answer.headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "base-uri 'none'", "form-action 'self'"} <= set(policy)
    assert {"frame-ancestors 'none'", "object-src 'none'"} <= set(policy)
    assert "require-trusted-types-for 'script'" in policy
    assert not [one for one in policy if "unsafe" in one or "*" in one or "data:" in one]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


def test_says_it_with_a_name_that_it_does_not_go_by(end: WebEnd) -> None:
    """That page is somebody else's."""
    end.request("GET", "/", name="evil.example")
    answer = end.response()
    assert (answer.code, "content-security-policy" in answer.headers) == (421, True)


# What is asked.


@pytest.mark.parametrize("method", METHODS)
def test_takes_the_methods_that_there_are(end: WebEnd, method: str) -> None:
    """And says which ones those are, for each path."""
    end.send(f"{method} /icon.svg HTTP/1.1\r\n".encode() + HOST + b"\r\n")
    answer = end.received()
    if method in ("GET", "HEAD"):
        assert answer.startswith(b"HTTP/1.1 200 ")
    elif method == "CONNECT":
        assert answer.startswith((b"HTTP/1.1 405 ", b"HTTP/1.1 400 "))
    else:
        assert answer.startswith(b"HTTP/1.1 405 ")
        assert b"\r\nAllow: GET\r\n" in answer


def test_answers_head_as_get_without_the_body(server: MemoryServer) -> None:
    """Its length is that of the body that GET has."""
    got, headed = server.fetch("GET", "/"), server.fetch("HEAD", "/")
    assert headed.headers == got.headers
    assert headed.body == b""
    end = server.web_connection()
    end.send(GET.replace(b"GET", b"HEAD") + GET)
    assert end.received().count(b"<svg") == 1


def test_says_where_a_websocket_is_meant(server: MemoryServer) -> None:
    """As a person may look at it with their browser."""
    answer = server.fetch("GET", "/ws")
    assert (answer.code, answer.headers["upgrade"]) == (426, "websocket")


@pytest.mark.parametrize(
    "target", ["*", "http://127.0.0.1:6780/", "127.0.0.1:6780", "icon.svg", "?"]
)
def test_has_nothing_at_what_is_no_path(end: WebEnd, target: str) -> None:
    """It is a server, and not a proxy."""
    end.send(f"GET {target} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
    assert codes(end) in ([400], [404])


@pytest.mark.parametrize(
    "first",
    [
        *(b"GET /", b"GET  / HTTP/1.1", b" / HTTP/1.1", b"GET / HTTP/1.1 x", b"GET / HTTP/2.0"),
        *(b"GET / HTTX/1.1", b"G\xc3\xa9T / HTTP/1.1", b"GET /\x00 HTTP/1.1", b"\x16\x03\x01"),
        *(
            b"Alex",
            b'{"type":"hello","v":1,"name":"Alex"}',
            b"GET /\xff HTTP/1.1",
            b"GET\t/\tHTTP/1.1",
        ),
    ],
)
def test_refuses_what_is_no_request(
    server: MemoryServer, first: bytes, faults: Callable[[], int]
) -> None:
    """Or has nothing there; nothing of it is in the answer, and nothing fails."""
    end = server.web_connection()
    end.send(first + b"\r\n" + HOST + b"\r\n")
    answer = end.received()
    assert answer[9:12] in (b"400", b"404", b"505")
    assert b"Alex" not in answer
    assert faults() == 0


def test_closes_after_one_answer_to_an_older_version(end: WebEnd) -> None:
    """HTTP/1.0 knows no other way."""
    end.send(b"GET /icon.svg HTTP/1.0\r\n" + HOST + b"\r\n")
    assert b"<svg" in end.received()
    assert end.closed


def test_closes_where_it_is_asked_to(end: WebEnd) -> None:
    """What comes after that is not answered."""
    end.send(b"GET /icon.svg HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n" + GET)
    assert codes(end) == [200]
    assert end.closed


def test_answers_what_was_asked_at_once_in_its_order(end: WebEnd) -> None:
    """In one piece, and cut anywhere."""
    asked = GET + GET.replace(b"icon.svg", b"nothing") + GET.replace(b"GET", b"POST") + GET
    end.send(asked)
    assert codes(end) == [200, 404, 405, 200]
    for byte in asked:
        end.send(bytes([byte]))
    assert codes(end) == [200, 404, 405, 200]


def test_answers_in_order_where_the_first_answer_takes_a_while(server: MemoryServer) -> None:
    """The second waits for it."""
    coming: Deferred[Answer] = Deferred()
    server.web.site.add(b"/slow", b"GET", lambda question: _later(coming))
    end = server.web_connection()
    end.send(GET.replace(b"icon.svg", b"slow") + GET)
    assert end.received() == b""
    coming.callback(of_text("slow"))
    server.settle()
    first, second = end.received().split(b"HTTP/1.1 ")[1:]
    assert (first.endswith(b"slow\n"), b"<svg" in second) == (True, True)


def test_goes_on_where_a_client_does_not_wait_for_the_answer(
    server: MemoryServer, faults: Callable[[], int]
) -> None:
    """It is thrown away."""
    coming: Deferred[Answer] = Deferred()
    server.web.site.add(b"/slow", b"GET", lambda question: _later(coming))
    end = server.web_connection()
    end.request("GET", "/slow")
    end.drop()
    coming.callback(of_text("slow"))
    server.settle()
    assert faults() == 0


def test_answers_a_fault_and_goes_on(server: MemoryServer, faults: Callable[[], int]) -> None:
    """It is logged with its traceback, and not shown to who asked."""
    server.web.site.add(b"/broken", b"GET", _broken)
    server.web.site.add(b"/later", b"GET", lambda question: _later_broken())
    end = server.web_connection()
    for path in ("/broken", "/later"):
        end.request("GET", path)
        answer = end.response()
        assert (answer.code, answer.json["code"]) == (500, "something_wrong")
        assert "secret" not in answer.text
    assert faults() == 2
    end.request("GET", "/")
    assert end.response().code == 200


@pytest.mark.parametrize("late", [False, True])
def test_answers_a_refusal(server: MemoryServer, late: bool) -> None:
    """With its code, and a status that fits."""

    async def refuse() -> Answer:
        raise TooBusy("Later.")

    server.web.site.add(b"/no", b"GET", lambda question: refuse() if late else _refused(question))
    answer = server.fetch("GET", "/no")
    assert (answer.code, answer.json["code"]) == (
        (503, "too_busy") if late else (404, "no_such_room")
    )
    assert answer.headers["cache-control"] == "no-store"
    assert sum(server.house.figures.refused.values()) == 1


# How much.


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("more", [0, 1, 100_000])
def test_takes_a_body_up_to_its_bound(server: MemoryServer, more: int, chunked: bool) -> None:
    """Beyond it the answer says so, and the connection is over."""
    end = server.web_connection()
    body = b"x" * (BODY_BYTES + more)
    if chunked:
        length = b"Transfer-Encoding: chunked"
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    else:
        length = b"Content-Length: %d" % len(body)
    end.send(b"POST /echo HTTP/1.1\r\n" + HOST + length + b"\r\n\r\n" + body + GET)
    assert codes(end) == ([413] if more else [200, 200])
    assert end.closed is bool(more)


def test_takes_a_body_that_is_cut_anywhere(end: WebEnd) -> None:
    """By length and in chunks."""
    by_length = b"Content-Length: 5\r\n\r\nhello"
    in_chunks = b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"
    for body in (by_length, in_chunks):
        for byte in b"POST /echo HTTP/1.1\r\n" + HOST + body:
            end.send(bytes([byte]))
        assert end.received().endswith(b"\r\n\r\nhello\n")


def test_takes_as_many_headers_as_there_may_be(end: WebEnd) -> None:
    """With one more it is over."""
    for more, code in ((0, 200), (1, 400)):
        headers = b"".join(b"X-%d: y\r\n" % number for number in range(WEB_HEADERS - 1 + more))
        end.send(b"GET /icon.svg HTTP/1.1\r\n" + HOST + headers + b"\r\n")
        assert codes(end) == [code]
    assert end.closed


@pytest.mark.parametrize("where", ["target", "one header", "headers", "folded"])
def test_bounds_what_the_headers_take(server: MemoryServer, where: str) -> None:
    """Together with the first line."""
    long = "x" * WEB_HEADERS_BYTES
    first = f"GET /{long if where == 'target' else ''} HTTP/1.1\r\n"
    headers = {
        "target": "",
        "one header": f"X: {long}\r\n",
        "headers": "".join(f"X-{number}: {'x' * 200}\r\n" for number in range(50)),
        "folded": "X: y\r\n" + f" {'x' * 200}\r\n" * 50,
    }[where]
    end = server.web_connection()
    end.send(first.encode() + HOST + headers.encode() + b"\r\n")
    assert codes(end) == [400]
    assert end.closed


def test_answers_so_many_questions_on_a_connection(server: MemoryServer) -> None:
    """The last answer says that it is the last."""
    end = server.web_connection()
    for number in range(1, WEB_QUESTIONS + 1):
        end.request("GET", "/icon.svg")
        last = end.response().headers.get("connection") == "close"
        assert last is (number == WEB_QUESTIONS)
    assert end.closed


def test_reads_nothing_from_who_reads_nothing(server: MemoryServer) -> None:
    """Answers are not heaped up for them."""
    end = server.web_connection()
    end.stop_reading()
    end.send(GET * 50)
    assert end.unread
    end.read_on()
    assert codes(end) == [200] * 50


# For how long.


def trickled(server: MemoryServer, end: WebEnd, sent: bytes, each: float) -> float:
    """Send a byte every now and then, for ever the same at the end; when it was closed."""
    begun = server.clock.seconds()
    pieces = [sent[index : index + 1] for index in range(len(sent))]
    while not end.closed:
        end.send(pieces.pop(0) if pieces else b"x")
        end.received()
        server.advance(each)
        assert server.clock.seconds() - begun < 10 * WEB_SECONDS
    return server.clock.seconds() - begun


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 3,
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: 5000\r\n\r\n",
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n",
        GET * 3,
        b"\r\n",
    ],
    ids=["nothing", "a line", "headers", "a body", "chunks", "questions", "an empty line"],
)
@pytest.mark.parametrize("each", [0.1, 1, 5])
def test_ends_by_a_deadline_that_nothing_puts_off(
    server: MemoryServer, sent: bytes, each: float
) -> None:
    """Whatever comes meanwhile, a byte every now and then or whole questions."""
    end = server.web_connection()
    assert trickled(server, end, sent, each) <= WEB_SECONDS + each


def test_ends_by_it_though_questions_are_answered(server: MemoryServer, end: WebEnd) -> None:
    """A browser connects anew without a word."""
    for _ in range(WEB_SECONDS - 1):
        end.request("GET", "/icon.svg")
        assert end.response().code == 200
        server.advance(1)
    server.advance(1)
    assert end.closed


def test_ends_by_it_though_an_answer_is_not_there(server: MemoryServer) -> None:
    """Nor is one that nobody reads."""
    server.web.site.add(b"/slow", b"GET", lambda question: _later(Deferred()))
    slow, unread = server.web_connection(), server.web_connection()
    slow.request("GET", "/slow")
    unread.stop_reading()
    unread.send(GET)
    server.advance(WEB_SECONDS)
    assert (slow.closed, unread.closed) == (True, True)


def test_has_another_deadline_once_it_is_a_websocket() -> None:
    """That of who has no name yet; who has one stays."""
    server = MemoryServer(Limits(name_seconds=2 * WEB_SECONDS))
    kim, nameless = server.browser("Kim"), server.web_socket()
    server.advance(2 * WEB_SECONDS - 1)
    assert (kim.closed, nameless.closed) == (False, False)
    server.advance(1)
    assert (kim.closed, nameless.closed) == (False, True)


def test_counts_no_time_twice(server: MemoryServer) -> None:
    """Who takes a while to ask for a WebSocket has as much time as all to give a name."""
    end = server.web_connection()
    server.advance(WEB_SECONDS - 1)
    end.send(handshake())
    server.advance(server.limits.name_seconds - 1)
    assert not end.closed
    server.advance(1 + server.limits.goodbye_seconds)
    assert end.closed


def test_leaves_nothing_behind(server: MemoryServer) -> None:
    """However a connection ends, no deadline is left of it."""
    calls = len(server.clock.getDelayedCalls())
    for how in ("hang_up", "drop", "finish"):
        for sent in (b"", GET, GET[:20], handshake(), handshake() + b"\x81"):
            end = server.web_connection()
            end.send(sent)
            getattr(end, how)()
            server.settle()
            assert end.closed
    # The log counts what happens in a second.
    server.advance(2)
    assert len(server.clock.getDelayedCalls()) == calls


def test_is_closed_while_the_server_ends(server: MemoryServer) -> None:
    """Browsers hear it as everybody does."""
    kim, ended = server.browser("Kim"), []
    server.house.close(lambda: ended.append(True))
    server.settle()
    assert kim.objects()[-1]["type"] == "goodbye"
    assert (kim.close_code, kim.closed, ended) == (1000, True, [True])


def _broken(question: Question) -> Answer:
    raise RuntimeError("a secret")


def _refused(question: Question) -> Answer:
    raise NoSuchRoom("There is no such room.")


async def _later(coming: Deferred[Answer]) -> Answer:
    return await coming


async def _later_broken() -> Answer:
    raise RuntimeError("a secret")


def test_closes_what_asks_for_nothing_more() -> None:
    """Some seconds after an answer; a question in time has as long again."""
    server = MemoryServer()
    end = server.web_connection()
    for _ in range(2):
        end.request("GET", "/")
        assert end.response().code == 200
        server.advance(WEB_IDLE_SECONDS - 1)
    assert not end.closed
    server.advance(1)
    assert end.closed


def test_says_at_once_that_a_body_is_too_large() -> None:
    """Before all of it is sent; what comes after it is no question."""
    server = MemoryServer()
    end = server.web_connection()
    head = b"POST /hook/lobby HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n"
    end.send(head)
    told = end.received()
    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in told
    end.send(b"x" * 99_999 + b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (end.received(), end.closed) == (b"", True)


@pytest.mark.parametrize("first", [b"HEAD /ws HTTP/1.1", b"GET /ws HTTP/1.0"])
def test_upgrades_what_asks_as_the_rfc_says_alone(first: bytes) -> None:
    """By GET, and HTTP 1.1 (RFC 6455, section 4.1)."""
    end = MemoryServer().web_connection()
    end.send(handshake().replace(b"GET /ws HTTP/1.1", first))
    assert b" 426 " in end.received().split(b"\r\n")[0]


def test_lets_nobody_in_while_it_shuts_down() -> None:
    """They would not hear the goodbye."""
    server = MemoryServer()
    end = server.web_connection()
    server.house.close(lambda: None)
    end.send(handshake())
    assert b" 503 " in end.received().split(b"\r\n")[0]


def test_is_not_given_up_while_nothing_is_read() -> None:
    """A disk that hangs is no reason to think that a browser has gone."""
    server = MemoryServer()
    end = server.browser("Kim")
    channel = next(iter(server.web._open))
    socket = channel._talks
    assert isinstance(socket, ChatSocket)
    socket.wait()
    server.advance(10 * server.limits.dead_peer_seconds)
    socket.check_alive()
    assert not end.closed
    socket.go_on()
    server.settle()
    server.advance(server.limits.dead_peer_seconds)
    socket.check_alive()
    server.settle()
    assert end.closed
