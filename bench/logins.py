"""What passwords cost others, and tell a stranger: with hashes of the real size, on real threads.

    python -m bench.logins

Starts a server of its own on loopback.  First, how long a wrong password takes for a name that has
an account, and for one that has none.  Then, how long a line takes from one to another, while
nobody logs in and while 50 do at once, from as many addresses.
"""

import argparse
import threading
import time
from collections.abc import Iterator, Sequence
from statistics import median

from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock, react

from bench.peers import Peer, line_between, server, shown
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


def _print_latency() -> None:
    with server(":memory:") as port:
        speaker, hearer = Peer(port, "Speaker"), Peer(port, "Hearer")
        quiet = [line_between(speaker, hearer) for _ in range(QUIET_LINES)]
        crowd = [Peer(port, host=f"127.0.1.{number}") for number in range(1, CROWD + 1)]
        busy = list(_rounds_while_refused(speaker, hearer, crowd))
        for peer in (*crowd, speaker, hearer):
            peer.close()
    print(f"a line, nobody logs in:   {shown(quiet)}")
    print(f"a line, {CROWD} log in at once: {shown(busy)}")


def _rounds_while_refused(speaker: Peer, hearer: Peer, crowd: Sequence[Peer]) -> Iterator[float]:
    for number, peer in enumerate(crowd):
        peer.ask(type="hello", v=1, name=f"guest{number}", password=WRONG, id=1)
    refused = threading.Thread(target=_await_refusals, args=(crowd,), daemon=True)
    refused.start()
    while refused.is_alive():
        yield line_between(speaker, hearer)


def _await_refusals(crowd: Sequence[Peer]) -> None:
    for peer in crowd:
        peer.until("wrong_password")


if __name__ == "__main__":
    main()
