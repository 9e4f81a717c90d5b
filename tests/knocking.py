"""Connects to a port so many times a second, hears what it is told first, and goes.

    python tests/knocking.py PORT SECONDS RATE ADDRESSES

It comes from so many addresses of this machine's own, in turn.  At the end it prints how many
connections were made, what they were told, and the rate that it reached.
"""

import json
import os
import resource
import selectors
import socket
import sys
import time
from collections import Counter
from itertools import count

AT_ONCE = 400
"""Connections that wait for a word at the same time; beyond it the oldest is closed."""

WORDS_SECONDS = 2
"""How long the last ones wait for a word."""


def address(number: int) -> str:
    """One of the addresses of the loopback network, but for its first 65,536."""
    return f"127.{1 + number // 65_000 % 250}.{number // 250 % 260 % 250}.{1 + number % 250}"


class Knocker:
    """Comes and goes."""

    def __init__(self, port: int, addresses: int) -> None:
        self._port = port
        self._addresses = addresses
        self._selector = selectors.EpollSelector()
        self._open: dict[socket.socket, None] = {}
        self.told: Counter[str] = Counter()
        self.made = 0
        self.failed = 0

    def knock(self, seconds: float, rate: float) -> float:
        """Do it for so long; the rate that was reached."""
        begun = now = time.monotonic()
        for number in count():
            while (now := time.monotonic()) < begun + number / rate:
                self._hear(begun + number / rate - now)
            if now > begun + seconds:
                break
            self._connect(number)
            if number % 20 == 0:
                self._hear(0)
        reached = self.made / (now - begun)
        until = time.monotonic() + WORDS_SECONDS
        while self._open and time.monotonic() < until:
            self._hear(0.1)
        for one in list(self._open):
            self._close(one, "nothing, as it went")
        return reached

    def _connect(self, number: int) -> None:
        one = socket.socket()
        one.setblocking(False)
        # A port is chosen for both ends together, so that addresses have as many as they need.
        one.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        try:
            one.bind((address(number % self._addresses), 0))
            one.connect(("127.0.0.1", self._port))
        except BlockingIOError:
            pass
        except OSError:
            self.failed += 1
            one.close()
            return
        self.made += 1
        self._open[one] = None
        self._selector.register(one, selectors.EVENT_READ)
        if len(self._open) > AT_ONCE:
            self._close(next(iter(self._open)), "nothing, as it went")

    def _hear(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            assert isinstance(key.fileobj, socket.socket)
            self._close(key.fileobj, _first_line(key.fileobj))

    def _close(self, one: socket.socket, told: str) -> None:
        self.told[told] += 1
        self._selector.unregister(one)
        del self._open[one]
        one.close()


def _first_line(one: socket.socket) -> str:
    try:
        return one.recv(4096).partition(b"\n")[0].decode() or "nothing, and closed"
    except OSError:
        return "nothing, and reset"


def main() -> None:
    """Do it, and print what came of it."""
    # Who talks inside is to wait for the server, and not for this.
    os.nice(5)
    port, seconds, rate, addresses = map(float, sys.argv[1:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    knocker = Knocker(int(port), int(addresses))
    reached = knocker.knock(seconds, rate)
    print(
        json.dumps(
            {
                "connections": knocker.made,
                "failed": knocker.failed,
                "a_second": round(reached),
                "told": knocker.told,
            }
        )
    )


if __name__ == "__main__":
    main()
