"""What hurts chat servers at their web door, each with the figure that it must not exceed.

The figures that were measured are recorded as properties, as in test_threats_door.py, whose rows
these are; row 23 is tried at every door in test_threats_privacy.py.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from itertools import product

import msgspec
import pytest
from framing import CONTINUED, PING, PONG, TEXT, frame, handshake, hello
from hypothesis import given, settings
from parsers.bits import no_tracebacks
from test_threats_door import MIB, OPEN, SILENT, TRICKLING, Record, SortedClock
from test_threats_text import CASES, MOST, Crowd, Den, check_heard, check_lines, sent, typed
from tracing import Memory, traced

from twisted_chat.doors.web.answer import of_text
from twisted_chat.doors.web.request import Question
from twisted_chat.limits import WEB_SECONDS
from twisted_chat.testing import End, MemoryServer
from twisted_chat.testing_web import NAME
from twisted_chat.verbs import TABLE, Verb

CHUNK = 1 << 16
HOST = f"Host: {NAME}\r\n".encode()


@pytest.fixture(autouse=True)
def nothing_fails() -> Iterator[None]:
    """Whatever is done to the server, it logs no fault."""
    with no_tracebacks():
        yield


def alive(server: MemoryServer) -> bool:
    """Whether the server still brings what one says to another."""
    one, other = server.browser("One", "10.9.9.1"), server.browser("Other", "10.9.9.2")
    one.ask(type="say", text="still there?")
    heard = [said["text"] for said in other.objects()]
    one.hang_up()
    other.hang_up()
    return heard == ["still there?"]


def stream(end: End, data: bytes, most: int = 16 * MIB) -> None:
    """Send the same again and again, as long as it is read."""
    for _ in range(most // len(data)):
        end.send(data)
        # Else all of it would wait in the test.
        if end.unread or end.closed:
            return


# Row 1: no text of theirs makes a frame of ours.


class WebDen(Den):
    """The same people, and two browsers: one that sends, and one that hears."""

    def __init__(self) -> None:
        super().__init__()
        self.browser = self.server.browser("Pat")
        self.page = self.server.browser("Ray", echo=False)
        for end in (self.browser, self.page):
            end.ask(type="join", room="#den")
        self.person.type("/op Pat")
        self.forget()

    @property
    def ends(self) -> tuple[End, ...]:
        browsers = [vars(self)[name] for name in ("browser", "page") if name in vars(self)]
        return (*super().ends, *browsers)


def check_page(den: WebDen) -> None:
    """The browser got each event as its own message, and nothing else but one about itself."""
    objects = [json.loads(line) for line in check_lines(den.page.received(), b"\n")]
    notices = [one for one in objects if one["type"] == "notice"]
    assert len(notices) <= 1
    heard = [one for one in objects if one not in notices]
    assert heard == [msgspec.to_builtins(event) for event in den.heard_by("Ray")]


@pytest.mark.timeout(60 + CASES)
@given(typed())
@settings(max_examples=CASES, deadline=None, database=None)
def test_makes_one_message_of_each_event_whatever_a_person_types(line: bytes) -> None:
    """From text to a browser."""
    den = WebDen()
    den.person.send(line)
    check_page(den)


@pytest.mark.timeout(60 + CASES)
@given(sent())
@settings(max_examples=CASES, deadline=None, database=None)
def test_makes_one_line_of_each_event_whatever_a_browser_sends(line: bytes) -> None:
    """From a browser to text, to telnet, to JSON and to another; it gets one answer."""
    den = WebDen()
    den.browser.send(frame(line.removesuffix(b"\n")))
    check_page(den)
    check_heard(den)
    answers = [json.loads(line) for line in check_lines(den.browser.received(), b"\n")]
    kinds = [one["type"] for one in answers if "time" not in one]
    assert len([kind for kind in kinds if kind != "goodbye"]) == 1


# Row 7: slow and silent connections.


def silent(server: MemoryServer) -> End:
    """Somebody who has connected, and says nothing."""
    return server.web_connection()


def undecided(server: MemoryServer) -> End:
    """Somebody who has asked for a WebSocket, and says nothing."""
    end = server.web_connection()
    end.send(handshake())
    return end


WAYS: dict[str, tuple[Callable[[MemoryServer], End], bytes]] = {
    "a header": (silent, b"GET / HTTP/1.1\r\nX: "),
    "a body": (silent, b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999\r\n\r\n"),
    "a frame": (undecided, frame(b"", length=4000)),
}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("way", WAYS)
def test_closes_the_slow_and_the_silent(way: str, record_property: Record) -> None:
    """All are gone by the deadline and a second; memory is back after three more rounds."""
    server = MemoryServer(OPEN, clock=SortedClock())
    slowest = one_round(server, way, SILENT, TRICKLING)
    with traced():
        memory = Memory()
        for _ in range(3):
            one_round(server, way, SILENT // 10, TRICKLING // 10)
        left = memory.now()
    record_property(f"row 7: {way}: seconds until the last of 2,500 was closed", slowest)
    record_property(f"row 7: {way}: KiB more after 3 rounds of 250", left // 1024)
    opened = WAYS[way][0] is undecided
    limits = server.limits
    # Who does not say goodbye to the server's goodbye has a while for that.
    most = limits.name_seconds if opened else WEB_SECONDS
    assert slowest <= most + 1
    assert left < MIB // 4
    assert alive(server)


def one_round(server: MemoryServer, way: str, many: int, slow: int) -> float:
    """Connect them all; how many seconds it takes until all are closed."""
    come, begins = WAYS[way]
    begun = server.clock.seconds()
    ends = [come(server) for _ in range(many)]
    trickling = [come(server) for _ in range(slow)]
    for end in trickling:
        end.send(begins)
    while not all(end.closed for end in ends + trickling):
        server.advance(1)
        if int(server.clock.seconds() - begun) % 10 == 0:
            for end in trickling:
                end.send(b"x")
    return server.clock.seconds() - begun


# Row 8: slow readers.

SLEEPERS = 20


@pytest.mark.timeout(180)
def test_is_not_filled_by_who_never_reads(record_property: Record) -> None:
    """24 MB to a room: under 4 MB more for 20 who never read, and the others lose nothing."""
    with traced():
        without = peak_of_a_flood(0)
        with_sleepers = peak_of_a_flood(SLEEPERS)
    record_property("row 8: peak KiB without sleepers", without // 1024)
    record_property("row 8: KiB more with 20 who never read", (with_sleepers - without) // 1024)
    assert with_sleepers - without < 4 * MIB


def peak_of_a_flood(sleepers: int) -> int:
    """The most memory in use until those are gone who never read, of a room to which 24 MB go."""
    server = MemoryServer(OPEN)
    talker = server.person("Talker")
    ends = [plain(server, f"u{number}") for number in range(3 + sleepers)]
    readers, asleep = ends[:3], ends[3:]
    for end in asleep:
        end.stop_reading()
    for reader in readers:
        reader.received()
    batch = ("x" * 4000 + "\n").encode() * 16
    memory, peak, heard, gone = Memory(), 0, 0, 0
    for number in range(24 * MIB // len(batch)):
        talker.send(batch)
        # Later the record takes more than all who slept ever did, and would hide it.
        if number * len(batch) <= 2 * server.limits.outbox_bytes:
            peak = memory.peak()
        talker.received()
        for reader in readers:
            told = reader.received()
            heard += told.count(b'"type":"said"')
            gone += told.count(b'"reason":"too slow"')
    assert heard == 24 * MIB // len(batch) * 16 * len(readers)
    assert all(end.closed for end in asleep)
    assert gone == sleepers * len(readers)
    assert server.house.figures.dropped["too_slow"] == sleepers
    return peak


def plain(server: MemoryServer, name: str) -> End:
    """Somebody who has entered, whose frames are shown as the bytes that they are."""
    end = server.web_connection()
    end.send(handshake() + hello(name))
    return end


# Row 9: what has no end.

LABORIOUS = ("small chunks", "messages", "frames", "questions")
"""What takes a while where memory is watched: of this a sixteenth is enough."""

ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "a first line": (b"GET /", b"x" * CHUNK),
    "a method": (b"", b"X" * CHUNK),
    "empty lines": (b"", b"\r\n" * (CHUNK // 2)),
    "a header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: ", b"x" * CHUNK),
    "headers": (b"GET / HTTP/1.1\r\n" + HOST, b"X: y\r\n" * (CHUNK // 6)),
    "a folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n", b" y\r\n" * (CHUNK // 4)),
    "a body": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (17 * MIB),
        b"x" * CHUNK,
    ),
    "a chunk": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        b"x" * CHUNK,
    ),
    "small chunks": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n",
        b"1\r\nx\r\n" * (CHUNK // 6),
    ),
    "the length of a chunk": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n",
        b"0" * CHUNK,
    ),
    "an extension of a chunk": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1;",
        b"x" * CHUNK,
    ),
    "trailers": (
        b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
        b"X: y\r\n" * (CHUNK // 6),
    ),
    "questions": (b"", (b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n") * 100),
    "a handshake": (handshake()[:-2] + b"X: ", b"x" * CHUNK),
    "a frame": (handshake() + frame(b"", length=17 * MIB), b"x" * CHUNK),
    "a frame after hello": (
        handshake() + hello("Kim") + frame(b"", length=17 * MIB),
        b"x" * CHUNK,
    ),
    "frames": (
        handshake() + hello("Kim") + frame(b"x", last=False),
        frame(b"x" * (CHUNK - 8), CONTINUED, last=False),
    ),
    "empty frames": (
        handshake() + hello("Kim") + frame(b"", last=False),
        frame(b"", CONTINUED, last=False) * (CHUNK // 6),
    ),
    "messages": (handshake() + hello("Kim"), frame(b"x" * 5000) * 10),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_bounds_what_has_no_end(what: str, record_property: Record) -> None:
    """16 MB of it, or as much as is read of that: under 1 MB of memory."""
    server = with_echo()
    end = server.web_connection()
    begins, data = ENDLESS[what]
    with traced():
        memory = Memory()
        end.send(begins)
        stream(end, data, MIB if what in LABORIOUS else 16 * MIB)
        end.received()
        record_property(f"row 9: peak KiB for what has no end: {what}", memory.peak() // 1024)
        assert memory.peak() < MIB
    assert alive(server)


def with_echo() -> MemoryServer:
    """A server where something takes a body."""
    server = MemoryServer(OPEN)
    server.web.site.add(b"/echo", b"POST", lambda question: of_text(str(len(question.body))))
    return server


# Row 10: decompression bombs.

OFFERS = ("permessage-deflate", "permessage-deflate; client_max_window_bits=15", "x-webkit-deflate")


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("begins", [b"", hello("Kim")], ids=["before hello", "after it"])
def test_unpacks_nothing_of_a_websocket(offer: str, begins: bytes, record_property: Record) -> None:
    """16 MB in 16 KB: closed, under 2 MB of memory."""
    server = MemoryServer(OPEN)
    end = server.web_connection()
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(b" " * (16 * MIB)) + packer.flush(zlib.Z_SYNC_FLUSH)
    with traced():
        memory = Memory()
        end.send(handshake(Sec_WebSocket_Extensions=offer) + begins)
        end.send(frame(bomb.removesuffix(b"\0\0\xff\xff"), reserved=4))
        record_property("row 10: peak KiB for a bomb of 16 MiB", memory.peak() // 1024)
        assert memory.peak() < 2 * MIB
    assert (1002).to_bytes(2) in end.received()
    server.advance(server.limits.goodbye_seconds)
    assert end.closed
    assert alive(server)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_unpacks_nothing_over_http(encoding: str) -> None:
    """A body is what it is."""
    server = with_echo()
    bomb = zlib.compress(b" " * MIB, 9, 31)
    with traced():
        memory = Memory()
        answer = server.fetch("POST", "/echo", bomb, {"Content-Encoding": encoding})
        assert memory.peak() < MIB // 2
    assert answer.text == f"{len(bomb)}\n"


# Row 11: frames.

FRAGMENTS = 100_000


def test_closes_who_sends_fragments_without_an_end(record_property: Record) -> None:
    """100,000 of one byte: closed, under 1 MB of memory."""
    server = MemoryServer(OPEN)
    end = plain(server, "Kim")
    pieces = frame(b"x", CONTINUED, last=False) * (FRAGMENTS // 100)
    with traced():
        memory = Memory()
        end.send(frame(b"x", last=False))
        for _ in range(100):
            end.send(pieces)
        record_property("row 11: peak KiB for 100,000 fragments", memory.peak() // 1024)
        assert memory.peak() < MIB
    server.advance(server.limits.goodbye_seconds)
    assert end.closed
    assert alive(server)


@pytest.mark.parametrize("kind", [TEXT, CONTINUED, PING, PONG])
@pytest.mark.parametrize(
    "length", [126, 0xFFFF, 1 << 16, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63]
)
def test_is_not_filled_by_what_a_frame_says_of_its_length(length: int, kind: int) -> None:
    """Nothing is set aside for what is to come."""
    server = MemoryServer(OPEN)
    end = plain(server, "Kim")
    with traced():
        memory = Memory()
        end.send(frame(b"x" * 1000, kind, length=length))
        stream(end, b"x" * CHUNK, MIB)
        assert memory.peak() < MIB // 2
    assert alive(server)


@pytest.mark.parametrize("kind", [PING, PONG])
@pytest.mark.parametrize("size", [0, 125])
def test_takes_a_few_of_a_flood_of_pings(kind: int, size: int, record_property: Record) -> None:
    """As many a second as lines, and what is answered is no more than what is asked."""
    server = MemoryServer()
    end, witness = plain(server, "Kim"), server.browser("Sam")
    end.received()
    flood = frame(b"x" * size, kind) * 100
    told = 0
    with traced():
        memory = Memory()
        for second in range(60):
            if not end.unread:
                end.send(flood)
            told += len(end.received())
            witness.ask(type="say", text=str(second))
            assert [one["type"] for one in witness.objects()][-2:] == ["said", "ok"]
            server.advance(1)
        record_property(
            f"row 11: peak KiB for a minute of {kind:#x}, {size}", memory.peak() // 1024
        )
        assert memory.peak() < MIB
    most = (server.limits.message_burst + 61 * server.limits.messages) * (size + 2)
    said = 60 * 200
    assert told < most + said


# Row 12: pages of others.

ORIGINS = (
    *("null", "http://evil.example", f"http://{NAME}.evil.example", "http://127.0.0.1:6781"),
    *(
        f"https://{NAME}",
        "http://127.0.0.1",
        "http://localhost:6780",
        f"http://evil.example/{NAME}",
    ),
    *(f"http://{NAME}@evil.example", f"ws://{NAME}", "file://", None),
)


def test_opens_no_websocket_to_the_page_of_somebody_else(record_property: Record) -> None:
    """12 origins: only ours upgrades, the rest get 403 before there is anything of a chat."""
    server = MemoryServer(OPEN)
    refusals = [server.web_socket(origin=origin).refusal for origin in ORIGINS]
    assert [refusal and refusal.code for refusal in refusals] == [403] * 12
    assert not server.house.sessions
    record_property("row 12: foreign origins let in", 0)
    assert server.web_socket(origin=f"http://{NAME}").open


# Row 17: paths and smuggling.


def climbs() -> Iterator[str]:
    """Ways to write a path that leads out of the folder of the page, all different."""
    dots = (
        "..",
        "%2e%2e",
        ".%2e",
        "%2E.",
        "%252e%252e",
        "..%00",
        "%c0%ae%c0%ae",
        "..;",
        "....//..",
    )
    slashes = ("/", "%2f", "%5c", "\\", "%252f", "%c0%af", "//", "/./")
    begins = ("/", "//", "/browser/", "/index.html/")
    ends = ("channel.py", "etc/passwd", "")
    for begin, dot, slash, end in product(begins, dots, slashes, ends):
        yield f"{begin}{dot}{slash}{dot}{slash}{dot}{slash}{end}"


def test_serves_nothing_outside_its_folder(record_property: Record) -> None:
    """More than 200 encodings of ``../``."""
    server = MemoryServer(OPEN)
    tried = list(dict.fromkeys(climbs()))
    end = server.web_connection()
    served = []
    for path in tried:
        if end.closed:
            end = server.web_connection()
        end.send(f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        answer = end.received()
        if answer[9:12] not in (b"404", b"400"):
            served.append((path, answer[:60]))
    record_property("row 17: encodings of ../ tried", len(tried))
    assert len(tried) >= 200
    assert served == []


SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"0\r\n\r\n" + SMUGGLED
LENGTH = b"Content-Length: %d\r\n" % len(CHUNKED)
AMBIGUOUS: dict[str, bytes] = {
    "CL.TE": LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "TE.CL": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKED,
    "TE.TE": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNKED,
    "TE.TE, the other way": b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "TE twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "TE of two": b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKED,
    "TE that is no more than a name": b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED,
    "TE without chunks": b"Transfer-Encoding: identity\r\n\r\n" + SMUGGLED,
    "CL.TE without chunks": b"Content-Length: 5\r\nTransfer-Encoding: identity\r\n\r\nhello"
    + SMUGGLED,
    "a space before the colon": b"Transfer-Encoding : chunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a space before the name": b" Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a folded value": b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a folded name": b"X: y\r\n\tTransfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a vertical tab": b"Transfer-Encoding:\x0bchunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a bare CR": b"X: y\rTransfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a bare LF": b"X: y\nTransfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "two lengths": b"Content-Length: 0\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "the same length twice": LENGTH * 2 + b"\r\n" + CHUNKED,
    "a list of lengths": b"Content-Length: 5, 5\r\n\r\nhello" + SMUGGLED,
    "a signed length": b"Content-Length: +5\r\n\r\nhello" + SMUGGLED,
    "a negative length": b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a hexadecimal length": b"Content-Length: 0x5\r\n\r\nhello" + SMUGGLED,
    "a length in other digits": "Content-Length: \u0665\r\n\r\nhello".encode() + SMUGGLED,
    "a length of nothing": b"Content-Length:\r\n\r\n" + SMUGGLED,
    "a length with an underscore": b"Content-Length: 1_0\r\n\r\n0123456789" + SMUGGLED,
    "a signed chunk": b"Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n" + CHUNKED,
    "a chunk with 0x": b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n" + CHUNKED,
    "a chunk that is longer": b"Transfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n" + CHUNKED,
    "a chunk that ends in LF": b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n" + SMUGGLED,
    "a name with NUL": b"Transfer-Encoding\0: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a value with NUL": b"Transfer-Encoding: chunked\0\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a header of no name": b": x\r\n" + LENGTH + b"\r\n" + CHUNKED,
    "a header of no value": b"Transfer-Encoding\r\n" + LENGTH + b"\r\n" + CHUNKED,
}
HARMLESS = ("a space before the name", "a folded name", "a folded value")
"""What RFC 9112, section 5.2, lets a server read as one header, or refuse."""


@pytest.mark.parametrize("how", AMBIGUOUS)
@pytest.mark.parametrize("at_once", [True, False])
def test_smuggles_no_request(how: str, at_once: bool, record_property: Record) -> None:
    """What a proxy might read in another way is refused, and the connection closed."""
    server, asked = with_echo(), []

    def smuggled(question: Question) -> None:
        asked.append(question)

    server.web.site.add(b"/smuggled", b"GET", smuggled)
    end = server.web_connection()
    data = b"POST /echo HTTP/1.1\r\n" + HOST + AMBIGUOUS[how]
    for piece in [data] if at_once else (data[at : at + 1] for at in range(len(data))):
        end.send(piece)
    answers = end.received().split(b"HTTP/1.1 ")[1:]
    assert asked == []
    assert [answer[:3] for answer in answers] in (
        [[b"400"]] if how not in HARMLESS else [[b"400"], [b"200"], [b"421"]]
    )
    assert end.closed or how in HARMLESS
    record_property("row 17: requests smuggled", len(asked))


def test_smuggles_no_request_behind_a_handshake() -> None:
    """What comes after it is frames, or nothing."""
    server, asked = MemoryServer(OPEN), []

    def smuggled(question: Question) -> None:
        asked.append(question)

    server.web.site.add(b"/smuggled", b"GET", smuggled)
    for headers in ({}, {"Sec_WebSocket_Version": "0"}, {"Sec_WebSocket_Key": None}):
        for also in ({}, {"Content_Length": "5"}, {"Transfer_Encoding": "chunked"}):
            end = server.web_connection()
            end.send(handshake(**headers, **also) + SMUGGLED)
            end.send(SMUGGLED)
            assert end.received().count(b"HTTP/1.1 ") == 1
            end.hang_up()
    assert asked == []


# Row 24: a small request has no huge answer.


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    """One for all: it is large."""
    crowd = Crowd()
    browser = crowd.server.browser("b", echo=False)
    browser.ask(type="join", room="x")
    browser.received()
    crowd.asker = browser
    return crowd


PACED = ("history", "search", "context", "missed", "audit")
LAST = "part kick nick register logout quit"


def requests(verb: Verb) -> Iterator[str]:
    """The shortest that ask for it: with each of its fields alone, with all and with none."""
    samples = {"seq": 1, "n": 9, "most": 9, "on": True, "name": "w", "who": "w", "before": 9}
    fields = {name: samples.get(name, "x") for name in verb.fields}
    for some in ({}, *({name: value} for name, value in fields.items()), fields):
        yield json.dumps({"type": verb.name.replace("-", "_"), **some}, separators=(",", ":"))


VERBS = sorted(
    (verb for verb in TABLE.verbs if verb.name not in PACED),
    key=lambda verb: LAST.find(verb.name),
)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_answers_a_small_request_with_no_huge_answer(crowd: Crowd, verb: Verb) -> None:
    """Every verb, as a program asks for it."""
    for line in requests(verb):
        ratio = crowd.told_for(line) / len(frame(line.encode()))
        assert ratio < MOST, line
