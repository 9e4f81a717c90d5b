"""The web door of a real server in a process of its own: what memory and descriptors it takes."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from certificates import self_signed
from conftest import PATIENCE_SECONDS, ChatServer
from framing import CLOSE, CONTINUED, frame, handshake, hello, request

MIB = 1 << 20
MANY = 200
HERE = "interface=127.0.0.1"
OPTIONS = ("--listen", f"tcp:0:{HERE}", "--web", f"tcp:0:{HERE}", "--trust", "127.0.0.0/8")


class Page:
    """The server, as far as the web door is concerned."""

    def __init__(self, server: ChatServer) -> None:
        self._folder = Path(f"/proc/{server.process.pid}")
        (found,) = re.findall(r"http://127\.0\.0\.1:(\d+)/", "\n".join(server.log))
        self.port = int(found)
        self.head = handshake().replace(b":6780", b":%d" % self.port)

    def connect(self) -> socket.socket:
        """A connection."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS)

    def answers(self) -> bool:
        """Whether it answers somebody who asks."""
        with self.connect() as end:
            end.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return end.recv(12)[9:] == b"200"

    def memory(self) -> int:
        """How much it takes, in bytes."""
        found = re.search(r"VmRSS:\s+(\d+) kB", (self._folder / "status").read_text())
        assert found is not None
        return int(found[1]) * 1024

    def descriptors(self) -> int:
        """How many it has open."""
        return len(list((self._folder / "fd").iterdir()))


@pytest.fixture
def page(start_server: Callable[..., ChatServer]) -> Page:
    """A server's web door, which has answered once."""
    page = Page(start_server(*OPTIONS))
    assert page.answers()
    return page


@contextmanager
def crowd(page: Page) -> Iterator[None]:
    """Some who are silent, some in the middle of a header, of a frame, and some who are in."""
    with ExitStack() as stack:
        for number in range(MANY):
            end = stack.enter_context(page.connect())
            begins = (
                b"",
                b"GET / HTTP/1.1\r\nX: ",
                page.head + b"\x81",
                page.head + hello(f"u{number}"),
            )
            end.sendall(begins[number % len(begins)])
        yield


RECORD_FILES = 6
"""What the database has open for two readers."""


def test_takes_nothing_for_who_is_gone(page: Page) -> None:
    """Its descriptors are back at once, and after three more rounds its memory is where it was."""
    with crowd(page):
        assert page.answers()
        assert page.descriptors() > MANY
    before, memory = _without(page), page.memory()
    for _ in range(3):
        with crowd(page):
            assert page.answers()
        # The record opens its files when it is read for the first time.
        assert _without(page) <= before + RECORD_FILES
    assert page.memory() - memory < 4 * MIB


@pytest.mark.parametrize("kind", ["header", "body", "chunks", "frame", "fragments"])
def test_takes_no_memory_for_what_has_no_end(page: Page, kind: str) -> None:
    """16 MB of it, as fast as it is read: under 4 MB more for the process as a whole."""
    with crowd(page):
        assert page.answers()
    memory = page.memory()
    with page.connect() as end:
        host = b" / HTTP/1.1\r\nHost: localhost\r\n"
        begins, data = {
            "header": (b"GET" + host + b"X: ", b"x" * 65_536),
            "body": (b"POST" + host + b"Content-Length: 99999999\r\n\r\n", b"x" * 65_536),
            "chunks": (b"POST" + host + b"Transfer-Encoding: chunked\r\n\r\n", _chunk()),
            "frame": (page.head + hello("Kim") + frame(b"", length=1 << 40), b"x" * 65_536),
            "fragments": (page.head + hello("Kim") + frame(b"", last=False), _fragments()),
        }[kind]
        end.sendall(begins)
        # Where it has had enough it hangs up.
        with suppress(OSError):
            for _ in range(16 * MIB // len(data)):
                end.sendall(data)
    assert page.answers()
    assert page.memory() - memory < 4 * MIB


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_opens_a_websocket_by_tls(
    start_server: Callable[..., ChatServer], tmp_path: Path, scheme: str
) -> None:
    """For a page that came by TLS too, and for no other; it talks, and is closed in order."""
    pem = tmp_path / "server.pem"
    pem.write_bytes(self_signed())
    server = start_server(*OPTIONS[:2], "--web", f"ssl:0:{HERE}:privateKey={pem}")
    (found,) = re.findall(r"https://127\.0\.0\.1:(\d+)/", "\n".join(server.log))
    name = f"127.0.0.1:{found}"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", int(found)), PATIENCE_SECONDS)
    with context.wrap_socket(plain) as end:
        end.sendall(handshake(Host=name, Origin=f"{scheme}://{name}"))
        if scheme == "http":
            assert end.recv(12) == b"HTTP/1.1 403"
            return
        end.sendall(hello("Kim") + request(type="quit"))
        told = b""
        while piece := end.recv(4096):
            told += piece
            if b"Leaving the chat" in told and told.endswith((1000).to_bytes(2)):
                end.sendall(frame((1000).to_bytes(2), CLOSE))
    assert told.startswith(b"HTTP/1.1 101 ")
    assert b'"type":"welcome"' in told


def _chunk() -> bytes:
    return b"10000\r\n" + b"x" * 65_536 + b"\r\n"


def _fragments() -> bytes:
    return frame(b"x", CONTINUED, last=False) * 9000


def _without(page: Page) -> int:
    """How many descriptors are left when everyone has gone."""
    until = time.monotonic() + PATIENCE_SECONDS
    while page.descriptors() > MANY // 2 and time.monotonic() < until:
        assert page.answers()
    return page.descriptors()


def test_takes_no_memory_for_answers_that_nobody_reads(page: Page) -> None:
    """Who asks for much at once, and reads nothing, gets what a transport holds, and no more."""
    question = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert page.answers()
    memory = page.memory()
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(page.connect()).sendall(question * 100)
        for _ in range(20):
            assert page.answers()
        # 50 x 100 answers would be 240 MiB; a transport holds 64 KiB and an answer.
        assert page.memory() - memory < 24 * MIB
