"""Floods the real server in every way, one after the other, while a pair talks inside.

    python tests/floods.py [--quick] [FLOOD ...]

Each flood comes from a few connections from addresses of their own, as fast as the server takes it,
with the limits that it has for everybody; who is closed comes back.  What counts is what the pair
notices, how much more memory the server takes, that it goes on, and what becomes of who floods.
"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from knocking import address
from pairs import Pair, spread
from servers import Server
from verdicts import MIB, Verdict, judge, options

CONNECTIONS = 3
"""Of one flood at a time."""

PIECE_LINES = 50
"""Lines that are sent at once: less than where a connection is closed for what waits."""

MEMORY_BYTES = 24 * MIB
"""More than before the first flood: what the record itself takes grows with what is said."""

HASHED_SECONDS = 10
"""How long the passwords may take that wait to be hashed."""

IAC, SB, DO, WILL = b"\xff", b"\xfa", b"\xfd", b"\xfb"
HELLO = b'{"type":"hello","v":1,"name":"%b"}\n'

Flood = Callable[[bytes, int], bytes]
"""The next bytes of somebody, by their name and how often they have sent some."""


def person(*lines: str) -> Flood:
    """Somebody who gives a name, and says these again and again."""

    def next_bytes(name: bytes, turn: int) -> bytes:
        if turn == 0:
            return name + b"\n"
        said = "\n".join(lines) + "\n"
        return said.replace("NAME", name.decode()).replace("TURN", str(turn)).encode()

    return next_bytes


def program(*lines: bytes) -> Flood:
    """A program that says hello, and sends these again and again."""

    def next_bytes(name: bytes, turn: int) -> bytes:
        return HELLO % name if turn == 0 else b"\n".join(lines) + b"\n"

    return next_bytes


def endless(begin: bytes, piece: bytes) -> Flood:
    """One beginning, and then the same without an end."""
    return lambda name, turn: name + begin if turn == 0 else piece


FLOODS: dict[str, Flood] = {
    "lines": person(*["again and again"] * PIECE_LINES),
    "joins_and_parts": person(*["/join #flood", "/part #flood"] * (PIECE_LINES // 2)),
    "renames": person(*["/nick NAME-x", "/nick NAME"] * (PIECE_LINES // 2)),
    "rooms": person(*[f"/join #NAME-TURN-{number}" for number in range(PIECE_LINES)]),
    "private_messages": person(*["/msg hearer hello"] * PIECE_LINES),
    "logins": lambda name, turn: b"/login talker-1 wrong-horse-battery\n" if turn else name + b"\n",
    "lines_without_an_end": endless(b"\n", b"x" * 65_536),
    "line_ends": endless(b"\n", b"\n" * 65_536),
    "nested_json": program(*[b'{"a":' * 680 + b"1" + b"}" * 680] * 10),
    "huge_numbers": program(*[b'{"type":"history","most":' + b"9" * 4000 + b"}"] * 10),
    "duplicate_keys": program(*[b'{"type":"say",' + b'"text":"a",' * 350 + b'"text":"b"}'] * 10),
    "telnet_loops": endless(b"\n", (IAC + DO + b"\x01" + IAC + WILL + b"\x01") * 5000),
    "telnet_without_an_end": endless(b"\n" + IAC + SB, b"x" * 65_536),
    "nuls": endless(b"\n", b"\0" * 65_536),
    "broken_utf8": endless(b"\n", (b"\xc3\x28\xf0\x9f" * 20 + b"\n") * PIECE_LINES),
}


class Flooder:
    """Somebody who floods, and comes back when closed."""

    def __init__(self, port: int, number: int, flood: Flood) -> None:
        self._port = port
        self._number = number
        self._flood = flood
        self._names = count()
        self.sent = 0
        self.connections = 0
        self.last_words: Counter[str] = Counter()

    async def run(self, until: float) -> None:
        """Do it until then."""
        while time.monotonic() < until:
            with suppress(OSError):
                await self._connect(until)
            await asyncio.sleep(0.01)

    async def _connect(self, until: float) -> None:
        source = (address(self._number), 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=source)
        self.connections += 1
        hearing = asyncio.create_task(self._hear(reader))
        sending = asyncio.create_task(self._send(writer))
        with suppress(OSError):
            await asyncio.wait(
                [hearing, sending],
                timeout=until - time.monotonic(),
                return_when=asyncio.FIRST_COMPLETED,
            )
        if not hearing.done() and sending.done():
            await asyncio.wait([hearing], timeout=1)
        self.last_words["open at the end" if not hearing.done() else hearing.result()] += 1
        for task in (hearing, sending):
            task.cancel()
        await asyncio.wait([hearing, sending])
        writer.transport.abort()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        name = f"flood{self._number}x{next(self._names)}".encode()
        with suppress(OSError):
            for turn in count():
                data = self._flood(name, turn)
                writer.write(data)
                await writer.drain()
                self.sent += len(data)
                # There is not always something to wait for.
                await asyncio.sleep(0)

    async def _hear(self, reader: asyncio.StreamReader) -> str:
        last = b""
        try:
            while told := await reader.read(65_536):
                last = (last + told)[-400:]
        except OSError:
            pass
        return last.decode("utf-8", "replace").rstrip("\r\n").rpartition("\n")[2][-80:]


async def all_floods(folder: Path, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """One after the other, while the pair talks."""
    numbers = count()
    async with Server(folder) as server, Pair(server.path) as pair:
        before = verdict.figures["before"] = spread(await pair.during(chosen.seconds))
        memory = server.memory()
        for name in chosen.floods or FLOODS:
            flooders = [
                Flooder(server.port, next(numbers), FLOODS[name]) for _ in range(CONNECTIONS)
            ]
            figures = await _flood(server, pair, flooders, chosen.seconds)
            more = await _memory(server, memory + MEMORY_BYTES) - memory
            figures["memory_more_mib"] = round(more / MIB, 1)
            verdict.figures[name] = figures
            verdict.check_latency(name, figures, before)
            verdict.check(more < MEMORY_BYTES, f"{name}: {more // MIB} MiB more memory")
        after = verdict.figures["after"] = spread(await pair.during(chosen.seconds))
        verdict.check_latency("after", after, before)
    verdict.check(pair.lost == 0, f"{pair.lost} lines of the pair were lost")
    verdict.check(server.code == 0, "the server did not end in order")
    verdict.wrong += server.faults


async def _memory(server: Server, most: int) -> int:
    """What the server takes, once the last password is hashed: each takes 64 MiB for a moment."""
    until = time.monotonic() + HASHED_SECONDS
    while (now := server.memory()) > most and time.monotonic() < until:
        await asyncio.sleep(0.05)
    return now


async def _flood(
    server: Server, pair: Pair, flooders: list[Flooder], seconds: float
) -> dict[str, Any]:
    begun, worked = time.monotonic(), server.worked()
    await asyncio.gather(*(flooder.run(begun + seconds) for flooder in flooders))
    busy = (server.worked() - worked) / (time.monotonic() - begun)
    # The server finishes what it has read.
    await asyncio.sleep(0.2)
    words: Counter[str] = Counter()
    for flooder in flooders:
        words += flooder.last_words
    return {
        "sent_kib": sum(flooder.sent for flooder in flooders) // 1024,
        "connections": sum(flooder.connections for flooder in flooders),
        "last_words": dict(words.most_common(2)),
        "busy": round(busy, 2),
        **spread(pair.since(begun)),
    }


def main() -> None:
    """Do it, and say what came of it; the exit code is 1 where something is wrong."""
    parser = options("floods.py", __doc__)
    parser.add_argument("floods", nargs="*", metavar="FLOOD", help=", ".join(FLOODS))
    parser.add_argument("--seconds", type=float, help="of each flood")
    chosen = parser.parse_args()
    if unknown := set(chosen.floods) - set(FLOODS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    chosen.seconds = chosen.seconds or (2 if chosen.quick else 10)
    judge(all_floods, chosen, 60 + (3 + chosen.seconds) * (2 + len(FLOODS)))


if __name__ == "__main__":
    main()
