"""A server in a process of its own, and programs that measure how long a line takes through it."""

import json
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from bench.ours import ours

SECONDS_BETWEEN = 0.02
"""Between two lines of one who talks all the time; the limit of a real chat is lifted for it."""


class Peer:
    """A program on a real socket, from an address of this machine's own."""

    def __init__(self, port: int, name: str = "", host: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), source_address=(host, 0))
        self._lines = self._socket.makefile("r", encoding="utf-8")
        if name:
            self.ask(type="hello", v=1, name=name, echo=False)
            self.until("welcome")

    def ask(self, **request: object) -> None:
        """Send a request."""
        self._socket.sendall(json.dumps(request).encode() + b"\n")

    def until(self, word: str) -> None:
        """Read on to a line with that word."""
        while word not in (line := self._lines.readline()):
            if not line:
                raise EOFError(f"closed before {word}")

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()


def line_between(speaker: Peer, hearer: Peer) -> float:
    """How long a line takes from one to the other, in seconds."""
    began = time.perf_counter()
    speaker.ask(type="say", text="marco")
    hearer.until("marco")
    seconds = time.perf_counter() - began
    time.sleep(SECONDS_BETWEEN)
    return seconds


def shown(times: Sequence[float]) -> str:
    """The middle of what was measured, and the high end."""
    cuts = quantiles(times, n=100)
    return f"p50 {1000 * cuts[49]:.1f} ms, p99 {1000 * cuts[98]:.1f} ms ({len(times)} times)"


@contextmanager
def server(data: str) -> Iterator[int]:
    """A server on a data directory, on any core; the port on which it is."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ours(Path(folder), data, limits=("messages=off",), core=None) as running,
    ):
        yield running.port
