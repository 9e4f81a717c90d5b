"""The real server, told by a real signal to read its files again; and its log as JSON."""

import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pexpect
import pytest
from certificates import rsa_key, self_signed
from conftest import PATIENCE_SECONDS, TWISTD, ChatServer, tool

StartServer = Callable[..., ChatServer]


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end


class Client:
    """Somebody who comes in over TLS, and believes any certificate."""

    def __init__(self, port: int) -> None:
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self.socket = trusting.wrap_socket(plain)
        self._heard = self.socket.makefile(encoding="utf-8", newline="\n")
        certificate = self.socket.getpeercert(binary_form=True)
        assert certificate is not None
        self.shown = sha256(certificate).hexdigest()

    def say(self, *lines: str) -> None:
        """Send lines."""
        self.socket.sendall("".join(f"{line}\n" for line in lines).encode())

    def hears(self, wanted: str) -> list[str]:
        """The lines up to the one that is wanted."""
        heard = []
        for line in self._heard:
            heard.append(line.rstrip("\n"))
            if wanted in line:
                return heard
        pytest.fail(f"{wanted!r} is not in {heard}")

    def close(self) -> None:
        """Go."""
        self._heard.close()
        self.socket.close()


@pytest.fixture
def connect() -> Iterator[Callable[[int], Client]]:
    """Connects people, and closes their connections after the test."""
    clients: list[Client] = []

    def one(port: int) -> Client:
        clients.append(Client(port))
        return clients[-1]

    yield one
    for client in clients:
        client.close()


def of(pem: bytes) -> str:
    """The certificate of a file."""
    return sha256(
        ssl.PEM_cert_to_DER_cert(pem.decode().partition("-----BEGIN PRIV")[0])
    ).hexdigest()


def test_reloads_with_everybody_inside(
    start_server: StartServer, tmp_path: Path, connect: Callable[[int], Client]
) -> None:
    """New certificate, message and limits for who comes next; who is here talks on."""
    pem, motd, limits = (tmp_path / name for name in ("chat.pem", "motd", "limits"))
    first, second = self_signed(), self_signed()
    pem.write_bytes(first)
    motd.write_text("Be kind.")
    limits.write_text("line_bytes = 4096\n")
    files = ("--motd", str(motd), "--limits", str(limits))
    server = start_server("--listen", f"ssl:0:interface=127.0.0.1:privateKey={pem}", *files)
    alex = connect(server.port)
    alex.say("Alex")
    assert "-> Be kind." in alex.hears("/help")

    def reload(said: str) -> None:
        server.process.send_signal(signal.SIGHUP)
        until(lambda: any(said in line for line in list(server.log)))

    pem.write_bytes(second[: len(second) // 2])
    reload("Not reloaded, nothing is changed: TLS cannot use it")
    pem.write_bytes(second)
    motd.write_text("Be brief.")
    limits.write_text("line_bytes = 20\n")
    reload("Reloaded: message of the day, certificate of ssl:0")
    sam = connect(server.port)
    assert (alex.shown, sam.shown) == (of(first), of(second))
    sam.say("Sam")
    assert "-> Be brief." in sam.hears("/help")
    alex.hears("Sam joined.")
    alex.say("a line of more than twenty bytes", "still here")
    assert "20 bytes at most" in alex.hears("at most")[-1]
    assert sam.hears("still here")[-1] == "Alex: still here"
    assert server.stop() == 0
    assert not any("Traceback" in line for line in server.log)


def spoken(port: int, *words: str) -> str:
    """What ``openssl s_client`` agrees on with a server, with these options; nothing, if refused.

    At the level of security at which it offers whatever it knows.
    """
    finished = subprocess.run(
        [tool("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", *words],
        input="",
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    found = re.search(r"^New, (TLSv[\d.]+), Cipher is (\S+)$", finished.stdout, re.M)
    assert (found is None) == (finished.returncode != 0), finished.stderr
    return "" if found is None else found[2]


def only(cipher: str, version: str = "-tls1_2") -> tuple[str, ...]:
    """Options of somebody who speaks that alone."""
    return (version, "-cipher", f"{cipher}:@SECLEVEL=0")


CBC, STATIC_RSA, MODERN = (
    "ECDHE-RSA-AES128-SHA256",
    "AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
)


def test_speaks_modern_tls_alone(start_server: StartServer, tmp_path: Path) -> None:
    """To a real client of whatever age, from the start, and with a certificate that is new."""
    pem, key = tmp_path / "chat.pem", rsa_key()
    pem.write_bytes(self_signed(key=key))
    server = start_server("--listen", f"ssl:0:interface=127.0.0.1:privateKey={pem}")

    def refused_and_spoken() -> tuple[list[str], list[str]]:
        refused = [only(CBC), only(STATIC_RSA), only("ALL", "-tls1_1"), only("ALL", "-tls1")]
        modern = [only(MODERN), ("-tls1_3",)]
        return (
            [spoken(server.port, *words) for words in refused],
            [spoken(server.port, *words) for words in modern],
        )

    wanted = ([""] * 4, [MODERN, "TLS_AES_256_GCM_SHA384"])
    assert refused_and_spoken() == wanted
    pem.write_bytes(self_signed(key=key))
    server.process.send_signal(signal.SIGHUP)
    until(lambda: any("Reloaded: certificate" in line for line in list(server.log)))
    assert refused_and_spoken() == wanted


def logged(path: Path) -> list[dict[str, Any]]:
    """What is in a log, an object a line; one that is being written is not there yet."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def says(path: Path, message: str) -> bool:
    """Whether a log has a message."""
    return any(message in each["message"] for each in logged(path))


def test_runs_in_the_background_with_a_log_of_objects(tmp_path: Path) -> None:
    """twistd goes its own way; SIGHUP reloads, SIGUSR1 begins the log anew, SIGTERM ends it."""
    log, pidfile, motd = (tmp_path / name for name in ("chat.log", "chat.pid", "motd"))
    motd.write_text("Be kind.")
    chat = [
        "chat",
        "--no-web",
        "--log-format=json",
        "--listen=tcp:0:interface=127.0.0.1",
        "--data=:memory:",
    ]
    subprocess.run(
        [TWISTD, f"--pidfile={pidfile}", f"--logfile={log}", *chat, "--motd=motd"],
        cwd=tmp_path,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    pid = int(pidfile.read_text())
    try:
        until(lambda: says(log, "Server is running..."))
        motd.write_text("Be brief.")
        os.kill(pid, signal.SIGHUP)
        until(lambda: says(log, "Reloaded: message of the day"))
        os.kill(pid, signal.SIGUSR1)
        until(lambda: Path(f"{log}.1").exists() and log.exists())
        os.kill(pid, signal.SIGHUP)
        until(lambda: says(log, "Reloaded: nothing has changed"))
    finally:
        os.kill(pid, signal.SIGTERM)
        until(lambda: says(log, "Server Shut Down."))
    (reloaded,) = (each for each in logged(Path(f"{log}.1")) if "Reloaded" in each["message"])
    assert reloaded["changes"] == "message of the day"


def test_logs_objects_in_the_foreground(start_server: StartServer) -> None:
    """All of it, from twistd's first word to its last, and what hostile people do."""
    server = start_server("--listen", "tcp:0:interface=127.0.0.1", "--log-format", "json")
    port = next(json.loads(line)["how"] for line in server.log if '"how"' in line).split()[-1]
    with socket.create_connection(("127.0.0.1", int(port)), PATIENCE_SECONDS) as end:
        end.sendall(b'Alex\n{{who}} \x1b[2J "\\\nq\n')
        while end.recv(1 << 16):
            pass
    assert server.stop() == 0
    events = [json.loads(line) for line in server.log]
    said = [each["message"] for each in events if "ServerLog" in each["namespace"]]
    assert said[3:] == [
        "User Alex has joined the chat.",
        'Received message from Alex: {{who}} \ufffd[2J "\\',
        "Received message from Alex: q",
        "Removing user: Alex from clients",
    ]
    (left,) = (each for each in events if each["message"].startswith("Removing"))
    assert (left["level"], left["who"], left["reason"]) == ("info", "Alex", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--log-format", "xml"],
            "twistd chat: --log-format is text or json, and not 'xml'. See twistd chat --help.",
        ),
        (
            ["--log-format", "json", "--limits", "/does/not/exist"],
            "twistd chat: cannot read '/does/not/exist': No such file or directory."
            " See twistd chat --help.",
        ),
        (
            ["--log-format", "json", "--listen", "unix:/does/not/exist/chat.sock"],
            "twistd chat: cannot listen: No such file or directory: unix:/does/not/exist/chat.sock",
        ),
    ],
)
def test_says_in_a_line_what_is_wrong_before_it_begins(
    tmp_path: Path, words: list[str], said: str
) -> None:
    """On standard error and for people, however the log is written."""
    finished = subprocess.run(
        [TWISTD, "-n", "--pidfile=", "chat", "--no-web", "--data", ":memory:", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (finished.returncode, finished.stderr.splitlines()) == (1, [said])


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Any]:
    """A server that runs in a terminal."""
    listen = ["--listen", "tcp:0:interface=127.0.0.1"]
    words = ["-n", "--pidfile=", "chat", "--no-web", *listen, "--data", ":memory:"]
    terminal = pexpect.spawn(TWISTD, words, cwd=tmp_path, timeout=PATIENCE_SECONDS)
    terminal.expect_exact("Server is running...")
    yield terminal
    terminal.close()


def test_ends_with_its_terminal(terminal: Any) -> None:
    """A terminal that is closed sends SIGHUP too, and takes what runs in it along."""
    os.kill(terminal.pid, signal.SIGHUP)
    terminal.expect_exact("Reloaded: nothing has changed")
    terminal.ptyproc.fileobj.close()
    assert terminal.wait() == 0


def test_reloads_in_its_terminal_with_no_descriptor_left(terminal: Any) -> None:
    """That the terminal cannot be asked for says nothing of it."""
    soft, hard = resource.prlimit(terminal.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(terminal.pid, resource.RLIMIT_NOFILE, (3, hard))
    os.kill(terminal.pid, signal.SIGHUP)
    terminal.expect_exact("Reloaded: nothing has changed")
    resource.prlimit(terminal.pid, resource.RLIMIT_NOFILE, (soft, hard))
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.wait() == 0
