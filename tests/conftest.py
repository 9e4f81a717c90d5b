"""The real server, and the real programs that people reach it with."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from twisted.logger import globalLogPublisher, textFileLogObserver

# What is tested may be installed; the bench is in the checkout alone, and not before it.
sys.path.append(str(Path(__file__).parent.parent))
os.environ["TZ"] = "UTC"
time.tzset()

TWISTD = str(Path(sys.executable).with_name("twistd"))
PATIENCE_SECONDS = 20
"""How long a real process may take for something that it does at once on an idle machine."""


def tool(name: str) -> str:
    """The path of a program that a test needs; in CI it has to be there."""
    path = shutil.which(name)
    if path is None and os.environ.get("CI"):
        pytest.fail(f"{name} is not installed")
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """What is in the log since the test began."""
    written = StringIO()
    observer = textFileLogObserver(written)
    globalLogPublisher.addObserver(observer)
    yield written.getvalue
    globalLogPublisher.removeObserver(observer)


@pytest.fixture
def faults(logged: Callable[[], str]) -> Callable[[], int]:
    """How many faults the log shows."""
    return lambda: logged().count("Failed at ")


class ChatServer:
    """``twistd -n chat`` in a process of its own, in an empty folder, on a port of its own."""

    def __init__(
        self, folder: Path, *options: str, runner: tuple[str, ...] = (TWISTD, "-n")
    ) -> None:
        self.folder = folder
        self.log: list[str] = []
        # Never the user's own, in which a real chat may be kept.
        data = () if "--data" in options else ("--data", str(folder / "data"))
        # Its port is one for all, unless somebody chooses another.
        web = () if "--web" in options else ("--no-web",)
        self.process = subprocess.Popen(
            [*runner, "chat", *(options or ("--listen", "tcp:0:interface=127.0.0.1")), *data, *web],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.way_in = self.page = ""
        for line in self.process.stdout:
            self.log.append(line.rstrip("\n"))
            if found := re.search(r"Enter with: (https?:.*)", line):
                self.page = found[1]
            elif found := re.search(r"Enter with: (.*)", line):
                self.way_in = found[1]
            if "Server is running..." in line:
                break
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return int(self.way_in.rpartition(" ")[2].rpartition(":")[2])

    @property
    def endpoint(self) -> str:
        """The client endpoint that reaches it."""
        return f"tcp:127.0.0.1:{self.port}"

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended and all that it logged is read; its exit code."""
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.log.extend(line.rstrip("\n") for line in self.process.stdout)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., ChatServer]]:
    """Starts servers with options of the test's own, and ends them after it."""
    started: list[ChatServer] = []

    def start(*options: str, runner: tuple[str, ...] = (TWISTD, "-n")) -> ChatServer:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        started.append(ChatServer(folder, *options, runner=runner))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop()
        if server.process.stdout is not None:
            server.process.stdout.close()


@pytest.fixture
def chat_server(start_server: Callable[..., ChatServer]) -> ChatServer:
    """A server with the options that most tests want."""
    return start_server()
