"""Servers in processes of their own: started on a core, found on their port, and ended again."""

import os
import re
import resource
import select
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CAN_MEASURE = hasattr(os, "sched_setaffinity") and hasattr(select, "epoll")
"""Whether a server can be held to a core here, and the load generator run: on Linux."""

SERVER_CORE, LOAD_CORE = 0, 1
"""The server has a core for all its threads, and the load has the other."""

PATIENCE_SECONDS = 30
"""How long a server may take to start, or to end, on a machine that does other things too."""

BETWEEN_LOOKS_SECONDS = 0.01
LAST_LINES = 5
"""What is shown of the log of a server that ended by itself."""


class NotRunning(Exception):
    """A server did not start."""


@dataclass(frozen=True)
class Server:
    """A server that accepts connections on loopback."""

    port: int
    pid: int


@contextmanager
def announced(
    command: Sequence[str], folder: Path, port: re.Pattern[str], core: int | None = SERVER_CORE
) -> Iterator[Server]:
    """A server that prints its port.

    :param folder: where it runs, and may leave files.
    :param port: finds the port in what it prints, with the end of its line.
    :param core: the core that it has to itself; None lets it run on any.
    :raises NotRunning: it ended, or was silent for too long.
    """

    def found(log: str) -> int | None:
        match = port.search(log)
        return match and int(match[1])

    with _started(command, folder, found, core) as server:
        yield server


@contextmanager
def accepting(
    command: Sequence[str], folder: Path, port: int, core: int | None = SERVER_CORE
) -> Iterator[Server]:
    """A server that was told its port, and says nothing of use.

    :raises NotRunning: it ended, or took no connection for too long.
    """
    with _started(command, folder, lambda _: port if _accepts(port) else None, core) as server:
        yield server


def free_port() -> int:
    """A port of loopback on which nobody listens now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def allow_many_descriptors() -> int:
    """Let this process, and those it starts, have as many descriptors as it may; how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Have what this thread starts run on that core; where it may not, on any that it may."""
    before = os.sched_getaffinity(0)
    if core is not None:
        with suppress(OSError):
            os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def _started(
    command: Sequence[str], folder: Path, port: Callable[[str], int | None], core: int | None
) -> Iterator[Server]:
    log = folder / "server.log"
    with log.open("wb") as written, on_core(core):
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Server(_wait_for(process, log, port), process.pid)
    finally:
        _end(process)


def _wait_for(
    process: subprocess.Popen[bytes], log: Path, port: Callable[[str], int | None]
) -> int:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        ended = process.poll() is not None
        said = log.read_text(errors="replace")
        if (found := port(said)) is not None:
            return found
        if ended:
            raise NotRunning(_last(said) or "it ended without a word")
        time.sleep(BETWEEN_LOOKS_SECONDS)
    raise NotRunning(_last(said) or "it says nothing, and accepts no connections")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " / ".join(lines[-LAST_LINES:])


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
