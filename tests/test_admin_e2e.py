"""The operator's command beside the real server, while people are in it."""

import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import msgspec
import pytest
from conftest import PATIENCE_SECONDS, ChatServer
from journals import NOW

COMMAND = str(Path(sys.executable).with_name("twisted-chat-admin"))
PASSWORD = "correct horse battery"
StartServer = Callable[..., ChatServer]


class Program:
    """A program on the line door, that says and hears JSON."""

    def __init__(self, server: ChatServer) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS)
        self._lines = self._socket.makefile("rb")

    def ask(self, **request: object) -> None:
        """Send a request."""
        self._socket.sendall(msgspec.json.encode(request) + b"\n")

    def hears(self, kind: str, **fields: object) -> dict[str, object]:
        """Read on until something of that type comes with these fields."""
        while True:
            heard = self.hears_any(kind)
            if fields.items() <= heard.items():
                return heard

    def hears_any(self, *kinds: str) -> dict[str, object]:
        """Read on until something of one of these types comes."""
        for line in self._lines:
            heard: dict[str, object] = msgspec.json.decode(line) if line.startswith(b"{") else {}
            if heard.get("type") in kinds:
                return heard
        raise EOFError(kinds)

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()


@contextmanager
def entered(server: ChatServer, name: str, **hello: object) -> Iterator[Program]:
    """A program that is in the lobby."""
    program = Program(server)
    try:
        program.ask(type="hello", v=1, name=name, **hello)
        program.hears("welcome")
        yield program
    finally:
        program.close()


def admin(data: Path, *words: str, stdin: str = "") -> str:
    """What the operator's command writes, which has to succeed without a word beside it."""
    done = subprocess.run(
        [COMMAND, *words, "--data", str(data)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of the server."""
    return tmp_path / "data"


@pytest.fixture
def server(start_server: StartServer, data: Path) -> ChatServer:
    """A server that lets everybody talk as fast as they can."""
    return _server(start_server, data)


def _server(start: StartServer, data: Path) -> ChatServer:
    free = [f"--limit={name}=off" for name in ("messages", "lines_waiting", "logins", "name_tries")]
    return start("--listen", "tcp:0:interface=127.0.0.1", "--data", str(data), *free)


@contextmanager
def talking(server: ChatServer) -> Iterator[Event]:
    """Somebody talks all the time; the event is set once they are at it."""
    begun, enough = Event(), Event()

    def talk() -> None:
        with entered(server, "Talker") as talker:
            number = 0
            while not enough.is_set():
                number += 1
                talker.ask(type="say", text=f"line {number}", id=number)
                talker.hears("ok", id=number)
                if number == 100:
                    begun.set()

    thread = Thread(target=talk)
    thread.start()
    try:
        yield begun
    finally:
        enough.set()
        thread.join(PATIENCE_SECONDS)


def test_copies_while_people_talk(
    server: ChatServer, start_server: StartServer, data: Path, tmp_path: Path
) -> None:
    """What was said until then is in the copy, whole and without a gap; a server serves it."""
    restored = tmp_path / "restored"
    restored.mkdir()
    with talking(server) as begun:
        assert begun.wait(PATIENCE_SECONDS)
        admin(data, "backup", str(restored / "chat.db"))
        assert admin(data, "check").endswith("is whole.\n")
    with closing(sqlite3.connect(restored / "chat.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        seqs = [seq for (seq,) in db.execute("SELECT seq FROM event ORDER BY seq")]
    assert len(seqs) >= 100
    assert seqs == list(range(1, len(seqs) + 1))
    with entered(_server(start_server, restored), "Reader") as reader:
        reader.ask(type="search", text=f"line {len(seqs)}", id=1)
        (found,) = _events(reader.hears("found"))
    assert (found["seq"], found["text"]) == (len(seqs), f"line {len(seqs)}")


def test_lets_people_in_and_out_while_the_server_runs(server: ChatServer, data: Path) -> None:
    """An account that is added is good within a moment, and one that is removed is not any more."""
    assert admin(data, "accounts", "add", "Alex", stdin=PASSWORD) == "Alex has an account.\n"
    _is_known(server, data, "Kim")
    with entered(server, "Alex", password=PASSWORD) as alex:
        alex.ask(type="say", text="what Alex said", id=1)
        alex.hears("ok", id=1)
        admin(data, "accounts", "reset", "Alex", stdin=f"{PASSWORD} staple")
        words = "Your password was changed. Come in with the new one."
        assert alex.hears("goodbye")["text"] == words
    with entered(server, "Alex", password=f"{PASSWORD} staple") as alex:
        removed = admin(data, "accounts", "remove", "Alex", "--with-messages")
        assert removed.endswith("Forgotten of Alex: 1 message.\n")
        assert alex.hears("goodbye")["text"] == "Your account is no more. Goodbye."
    with entered(server, "Alex") as guest:
        guest.ask(type="search", text="what Alex said", id=1)
        assert _events(guest.hears("found")) == []


def test_lets_somebody_in_again_while_the_server_runs(server: ChatServer, data: Path) -> None:
    """A ban that is lifted holds no more within a moment, and the others hold still."""
    admin(data, "accounts", "add", "Alex", "--admin", stdin=PASSWORD)
    _is_known(server, data, "Pat")
    with entered(server, "Alex", password=PASSWORD) as alex, entered(server, "Kim") as kim:
        for who in ("Kim", "Lou"):
            alex.ask(type="ban", room="*", who=who, id=who)
            alex.hears("ok", id=who)
        assert kim.hears("goodbye")["text"] == "You are banned from this server for good."
    assert admin(data, "bans", "remove", "kim") == "kim may come into the server again.\n"
    _is_known(server, data, "Sam")
    with entered(server, "Kim"), closing(Program(server)) as lou:
        lou.ask(type="hello", v=1, name="Lou")
        assert lou.hears("error")["code"] == "banned"


def test_puts_somebody_out_while_the_server_runs(server: ChatServer, data: Path) -> None:
    """Within a moment, saying why; they come back when the ban is lifted, and both is audited."""
    admin(data, "accounts", "add", "Alex", "--admin", stdin=PASSWORD)
    _is_known(server, data, "Pat")
    with entered(server, "Alex", password=PASSWORD) as alex:
        with entered(server, "Kim") as kim:
            admin(data, "bans", "add", "kim", "--reason", "too loud")
            why = "You are banned from this server for good: too loud"
            assert kim.hears("goodbye")["text"] == why
        alex.hears("left", who="Kim", reason="banned")
        with closing(Program(server)) as again:
            again.ask(type="hello", v=1, name="Kim")
            assert again.hears("error")["text"] == why
        admin(data, "bans", "remove", "kim")
        _is_known(server, data, "Sam")
        with entered(server, "Kim"):
            alex.ask(type="audit", room="*", id=1)
            acts = _events(alex.hears("audit"))
    assert [(act["type"], act["who"], act["by"]) for act in acts] == [
        ("banned", "kim", "twisted-chat-admin"),
        ("unbanned", "kim", "twisted-chat-admin"),
    ]


def _is_known(server: ChatServer, data: Path, witness: str) -> None:
    """Wait until the server knows of all that was changed so far: it takes changes in order."""
    admin(data, "accounts", "add", witness, stdin=PASSWORD)
    ends = time.monotonic() + PATIENCE_SECONDS
    with entered(server, "Guest") as guest:
        known = False
        while not known:
            assert time.monotonic() < ends
            guest.ask(type="msg", name=witness, text="Are you known?")
            known = guest.hears_any("ok", "error")["type"] == "ok"


def test_carries_what_was_said_to_another_server(
    server: ChatServer, start_server: StartServer, data: Path, tmp_path: Path
) -> None:
    """What is exported while one runs is imported while another does, and found there."""
    with entered(server, "Alex") as alex:
        alex.ask(type="say", text="Grüße, 世界", id=1)
        alex.hears("ok", id=1)
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_text(admin(data, "export"), encoding="utf-8")
    second = _server(start_server, other)
    with entered(second, "Sam") as sam:
        assert admin(other, "import", str(file)).startswith("1 event imported, 0 under")
        sam.ask(type="say", text="and now here", id=1)
        assert sam.hears("ok", id=1)["seq"] == 2
        sam.ask(type="search", text="世界", id=2)
        (found,) = _events(sam.hears("found"))
        assert (found["who"], found["text"]) == ("Alex", "Grüße, 世界")
        sam.ask(type="history", id=3)
        assert [event["seq"] for event in _events(sam.hears("history"))] == [1, 2]


def test_forgets_while_people_talk(server: ChatServer, data: Path, tmp_path: Path) -> None:
    """What is old is gone from history and search, and nobody is kept from talking."""
    old = {"type": "said", "seq": 1, "time": NOW, "room": "#lobby", "who": "amy", "text": "ancient"}
    file = tmp_path / "file"
    lines = [{"event": {**old, "seq": seq}, "room": "#lobby"} for seq in range(1, 2001)]
    file.write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    admin(data, "import", str(file))
    with talking(server) as begun, entered(server, "Reader") as reader:
        assert begun.wait(PATIENCE_SECONDS)
        reader.ask(type="search", text="ancient", id=1)
        assert _events(reader.hears("found", id=1))
        assert admin(data, "purge", "--older-than", "90d", "--yes") == "2,000 messages forgotten.\n"
        reader.ask(type="search", text="ancient", id=2)
        assert _events(reader.hears("found", id=2)) == []
        reader.ask(type="history", most=1000, id=3)
        assert not any(event["time"] == NOW for event in _events(reader.hears("history", id=3)))
        for file in data.iterdir():
            assert b"ancient" not in file.read_bytes()


def _events(answer: dict[str, object]) -> list[dict[str, object]]:
    events = answer["events"]
    assert isinstance(events, list)
    return events
