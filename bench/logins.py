"""What passwords cost others, and tell a stranger: with hashes of the real size, on real threads.

    python -m bench.logins

Starts a server of its own on loopback.  First, how long a wrong password takes for a name that has
an account, and for one that has none.  Then, how long a line takes from one to another, while
nobody logs in and while 50 do at once, from as many addresses.
"""

import argparse
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import IO

from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock, react

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.accounts.logins import Logins
from twisted_chat.accounts.throttle import Throttle
from twisted_chat.limits import HASHES_AT_ONCE, OFF, Limits
from twisted_chat.names import user_name
from twisted_chat.refused import WrongPassword
from twisted_chat.threads import Threads

QUIET_LINES = 300
"""Lines that are measured while nobody logs in."""

SECONDS_BETWEEN = 0.02
"""Between two lines of one who talks all the time; the limit of a real chat is lifted for it."""

CROWD = 50
WRONG = "wrong-horse"


def main() -> None:
    """Measure both, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--names", type=int, default=300, help="names of either kind")
    names = parser.parse_args().names
    _print_latency()
    react(lambda _: ensureDeferred(_print_times(names)))


# How long a wrong name takes, and a wrong password.


async def _print_times(names: int) -> None:
    threads = Threads(reactor, HASHES_AT_ONCE, "hashing")
    hasher, book = Hasher(threads), Book([])
    hashed = await hasher.hash("correct-horse")
    for number in range(names):
        book.add(Account(str(number), f"owner{number}", hashed))
    lifted = Limits(logins=OFF)
    throttle = Throttle(lifted, Clock())
    logins = Logins(book, [], hasher, throttle, lambda change: None, lambda: 0.0)
    took: dict[str, list[float]] = {"owner": [], "nobody": []}
    for number in range(names):
        # Neither of them always after the other: what one leaves behind is no difference.
        for kind, seconds in sorted(took.items(), reverse=bool(number % 2)):
            begun = time.perf_counter()
            address = f"198.51.{number >> 8}.{number & 255}"
            await _fail(logins, f"{kind}{number}", address)
            seconds.append(time.perf_counter() - begun)
    threads.stop()
    owner, nobody = median(took["owner"]), median(took["nobody"])
    print(f"wrong password: {1000 * owner:.2f} ms (median of {names})")
    print(f"wrong name:     {1000 * nobody:.2f} ms, {100 * (nobody / owner - 1):+.2f} %")


async def _fail(logins: Logins, name: str, address: str) -> None:
    try:
        await Deferred.fromCoroutine(logins.by_password(user_name(name), WRONG, address))
    except WrongPassword:
        return
    raise AssertionError(f"{name} came in")


# What others notice of it.


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


def _print_latency() -> None:
    with _server() as port:
        speaker, hearer = Peer(port, "Speaker"), Peer(port, "Hearer")
        quiet = [_round(speaker, hearer) for _ in range(QUIET_LINES)]
        crowd = [Peer(port, host=f"127.0.1.{number}") for number in range(1, CROWD + 1)]
        busy = list(_rounds_while_refused(speaker, hearer, crowd))
        for peer in (*crowd, speaker, hearer):
            peer.close()
    print(f"a line, nobody logs in:   {_shown(quiet)}")
    print(f"a line, {CROWD} log in at once: {_shown(busy)}")


def _rounds_while_refused(speaker: Peer, hearer: Peer, crowd: Sequence[Peer]) -> Iterator[float]:
    for number, peer in enumerate(crowd):
        peer.ask(type="hello", v=1, name=f"guest{number}", password=WRONG, id=1)
    refused = threading.Thread(target=_await_refusals, args=(crowd,), daemon=True)
    refused.start()
    while refused.is_alive():
        yield _round(speaker, hearer)


def _await_refusals(crowd: Sequence[Peer]) -> None:
    for peer in crowd:
        peer.until("wrong_password")


def _round(speaker: Peer, hearer: Peer) -> float:
    """How long a line takes from one to the other, in seconds."""
    begun = time.perf_counter()
    speaker.ask(type="say", text="marco")
    hearer.until("marco")
    seconds = time.perf_counter() - begun
    time.sleep(SECONDS_BETWEEN)
    return seconds


def _shown(times: Sequence[float]) -> str:
    cuts = quantiles(times, n=100)
    return f"p50 {1000 * cuts[49]:.1f} ms, p99 {1000 * cuts[98]:.1f} ms ({len(times)} lines)"


@contextmanager
def _server() -> Iterator[int]:
    """A server that keeps nothing on disk; the port on which it is."""
    options = ("--listen", "tcp:0:interface=127.0.0.1", "--data", ":memory:")
    twistd = [str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile="]
    command = [*twistd, "chat", *options, "--limit", "messages=off", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield _port(server.stdout)
        finally:
            server.terminate()


def _port(log: IO[str]) -> int:
    """The port that the server says it is on; what it says later is read and dropped."""
    for line in log:
        if found := re.search(r"Enter with: .*[ :]([0-9]+)$", line):
            threading.Thread(target=deque, args=(log, 0), daemon=True).start()
            return int(found[1])
    raise EOFError("the server ended")


if __name__ == "__main__":
    main()
