"""The pages for a monitoring system, over real sockets."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from certificates import self_signed
from conftest import PATIENCE_SECONDS, TWISTD, ChatServer

StartServer = Callable[..., ChatServer]
HERE = "tcp:0:interface=127.0.0.1"


def metrics_of(server: ChatServer) -> str:
    """Where a server's figures are."""
    (found,) = re.findall(r"Metrics at: (.*)", "\n".join(server.log))
    return str(found)


def health_of(server: ChatServer) -> tuple[int, str]:
    """How a server says that it is."""
    url = metrics_of(server).replace("/metrics", "/health")
    try:
        with urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as why:
        with why:
            return why.code, why.read().decode()


def test_shows_figures_on_this_machine(start_server: StartServer) -> None:
    """Where the log says that they are; and that it is ready."""
    server = start_server("--listen", HERE, "--metrics", "tcp:0")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics", metrics_of(server))
    with urlopen(metrics_of(server), timeout=PATIENCE_SECONDS) as answer:
        assert answer.headers.get("Server") is None
        assert "\ntwisted_chat_users 0.0\n" in answer.read().decode()
    assert health_of(server) == (200, "ready\n")
    assert server.stop() == 0


def test_shows_figures_on_a_socket_of_the_file_system(
    start_server: StartServer, tmp_path: Path
) -> None:
    """To whom the file system lets, and with the command that the log shows."""
    path = tmp_path / "metrics.sock"
    server = start_server("--listen", HERE, "--metrics", f"unix:{path}:mode=600")
    assert metrics_of(server) == f"curl --unix-socket {path} http://localhost/metrics"
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(PATIENCE_SECONDS)
        asking.connect(str(path))
        asking.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asking.makefile("rb").read().endswith(b"\r\n\r\nready\n")


def test_says_that_it_closes(start_server: StartServer, tmp_path: Path) -> None:
    """For as long as it says goodbye: here to somebody who does not even shake hands."""
    pem = tmp_path / "server.pem"
    pem.write_bytes(self_signed())
    server = start_server(
        *("--listen", f"ssl:0:interface=127.0.0.1:privateKey={pem}"),
        *("--metrics", "tcp:0", "--limit", "goodbye_seconds=5"),
    )
    with socket.create_connection(("127.0.0.1", server.port)):
        wait_for_sessions(server, 1)
        server.process.terminate()
        said, until = health_of(server), time.monotonic() + PATIENCE_SECONDS
        while said[0] == 200 and time.monotonic() < until:
            said = health_of(server)
        assert said == (503, "not ready: closing\n")
        assert server.wait() == 0


def test_says_that_the_port_for_figures_is_busy(chat_server: ChatServer, tmp_path: Path) -> None:
    """In one line, as of any other port."""
    finished = subprocess.run(
        [
            *(TWISTD, "-n", "chat", "--no-web", "--listen", HERE, "--data", str(tmp_path / "data")),
            *("--metrics", f"tcp:{chat_server.port}"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr.splitlines() == [
        "twistd chat: cannot listen: Address already in use:"
        f" tcp:{chat_server.port}:interface=127.0.0.1"
    ]


TELLS_IMPORTS = (sys.executable, "-X", "importtime", TWISTD, "-n")
OFF = {"twisted_chat.metrics", "twisted_chat.health", "twisted.web", "prometheus_client"}
"""What nothing but ``--metrics`` needs."""

NEVER = {
    *("twisted_chat.client", "twisted_chat.admin", "twisted_chat.testing", "prompt_toolkit"),
    *("twisted.conch.ssh", "twisted.words.protocols", "twisted.web.server", "autobahn"),
}
"""What the server never needs."""


def imported(server: ChatServer) -> set[str]:
    """All modules that a server has imported until it runs, by its own account."""
    return set(re.findall(r"^import time:.*\| +([\w.]+)$", "\n".join(server.log), re.M))


def test_imports_nothing_that_is_off(start_server: StartServer) -> None:
    """The pages for a monitoring system where they are wanted, and no more than the server."""
    without = start_server("--listen", HERE, runner=TELLS_IMPORTS)
    wanted = start_server("--listen", HERE, "--metrics", "tcp:0", runner=TELLS_IMPORTS)
    assert imported(without) & (OFF | NEVER) == set()
    assert imported(wanted) & (OFF | NEVER) == OFF
    doors = {name for name in imported(without) if name.startswith("twisted_chat.doors.")}
    assert doors == {"twisted_chat.doors.line", "twisted_chat.doors.telnet"}


def wait_for_sessions(server: ChatServer, sessions: int) -> None:
    """Wait until so many are there: figures are as old as a second."""
    until = time.monotonic() + PATIENCE_SECONDS
    wanted = f'twisted_chat_sessions{{door="line"}} {sessions}.0\n'
    shown = ""
    while wanted not in shown and time.monotonic() < until:
        with urlopen(metrics_of(server), timeout=PATIENCE_SECONDS) as answer:
            shown = answer.read().decode()
    assert wanted in shown
