"""Has readers of a full room stop reading, some of them and then all, and looks at the rest.

    python tests/stalled.py [--quick]

Somebody says lines of 3,900 bytes without a pause to a room of people, three times: while all read,
while one in ten does not, and while none of them does.  A pair talks meanwhile, and reads.  What
waits for those who stall is bounded by `outbox_bytes` for each and `outbox_total_bytes` for all; as
what is said is shared by all who wait for it, the memory that it takes is bounded by what was said.
"""

import argparse
import asyncio
import socket
import time
from pathlib import Path
from typing import Any

from pairs import Pair, spread
from programs import Program, say
from servers import UNSLOWED, Server, room_for
from verdicts import MIB, Verdict, judge, options

ONE_OUTBOX = 1 << 20
"""What waits for one reader at most: the server's own default."""

ALL_OUTBOXES = 24 << 20
"""What waits for all: less than they all could have, so that this bound is reached too."""

SHARED_BYTES = 16 << 20
"""Memory that it may take: what the fullest outbox waits for, once, and what each costs itself."""

KERNEL_BYTES = 4 << 20
"""What the kernel keeps at most for a reader before the server has to."""

LINE = "x" * 3900
AT_ONCE = 8
"""Lines that are said before the answers to them are read."""

RECOVERY_SECONDS = 10


class Reader(asyncio.Protocol):
    """Somebody in the room who reads all, until they stop."""

    def __init__(self) -> None:
        self.entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.entered.done() and b"You are" in data:
            self.entered.set_result(None)

    def connection_lost(self, why: Exception | None) -> None:
        self.lost = True

    def stall(self) -> None:
        """Read no more."""
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again, if only to see whether one is there still."""
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.resume_reading()

    def leave(self) -> None:
        """Close the connection."""
        assert self._transport is not None
        self._transport.close()


async def enter(port: int, name: str) -> Reader:
    """Come into the room as a person, through a socket that keeps little."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    plain.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(plain, ("127.0.0.1", port))
    transport, reader = await loop.create_connection(Reader, sock=plain)
    transport.write(f"{name}\n/join #full\n/quiet on\n".encode())
    await asyncio.wait_for(reader.entered, 30)
    return reader


async def stall(folder: Path, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """Do it: all read, one in ten stalls, all stall, and they come back."""
    room_for(10_000)
    all_outboxes = ("--limit", f"outbox_total_bytes={ALL_OUTBOXES}", "--limit", "log_lines=off")
    async with (
        Server(folder, *UNSLOWED, *all_outboxes) as server,
        Pair(server.path) as pair,
    ):
        readers = [await enter(server.port, f"reader-{n}") for n in range(chosen.people)]
        figures: dict[str, Any] = {"people": chosen.people, "one_outbox_mib": ONE_OUTBOX / MIB}
        figures |= {"all_outboxes_mib": ALL_OUTBOXES / MIB}
        # What the server needs for so much at all, it has from now on.
        await _talk(server.path, chosen)
        some = readers[: chosen.people // 10]
        for name, stalled in (("none", []), ("some", some), ("all", readers[len(some) :])):
            figures[name] = await _phase(server, pair, stalled, chosen, verdict)
        await _back(server, chosen, verdict)
        figures["afterwards"] = spread(await pair.during(chosen.seconds))
    for name in ("some", "all", "afterwards"):
        # As much is said where all read: what that takes by itself is not for those who stall.
        verdict.check_latency(name, figures[name], figures["none"])
    verdict.figures |= figures
    verdict.check(pair.lost == 0, f"{pair.lost} lines of the pair were lost")
    dropped = server.reasons["too slow"]
    verdict.figures["dropped_as_too_slow"] = dropped
    verdict.check(dropped == chosen.people, f"{dropped} were dropped, and {chosen.people} stalled")
    verdict.check(server.code == 0, "the server did not end in order")
    verdict.wrong += server.faults


async def _phase(
    server: Server,
    pair: Pair,
    stalled: list[Reader],
    chosen: argparse.Namespace,
    verdict: Verdict,
) -> dict[str, Any]:
    """Have some stall while much is said; what it does to memory, and to the pair."""
    for reader in stalled:
        reader.stall()
    before, samples = server.memory(), []
    talking = asyncio.create_task(_talk(server.path, chosen))
    heard = asyncio.create_task(pair.during(chosen.seconds))
    while not talking.done():
        samples.append(server.memory())
        await asyncio.wait([talking], timeout=0.05)
    said = await talking
    figures = {
        "stalled": len(stalled),
        "said_mib": round(said / MIB, 1),
        "memory_more_mib": round((max(samples) - before) / MIB, 1),
        **spread(await heard),
    }
    verdict.check(max(samples) - before < SHARED_BYTES, f"memory with {len(stalled)} stalled")
    for reader in stalled:
        reader.go_on()
    kept = await _kept(stalled)
    verdict.check(kept == 0, f"{kept} of {len(stalled)} that stalled are there still")
    return figures


async def _kept(stalled: list[Reader]) -> int:
    """How many are there still, once those who were dropped have had the time to find out."""
    until = time.monotonic() + 1
    while (kept := sum(not one.lost for one in stalled)) and time.monotonic() < until:
        await asyncio.sleep(0.1)
    return kept


async def _talk(path: Path, chosen: argparse.Namespace) -> int:
    """Say as much as overfills everybody's outbox, as evenly as the time allows; how much."""
    talker = await Program.enter(path, "talker")
    await talker.ask(type="join", room="#full")
    pause = chosen.seconds * AT_ONCE * len(LINE) / chosen.bytes
    said = 0
    while said < chosen.bytes:
        for number in range(AT_ONCE - 1):
            talker.writer.write(say(f"{said}-{number}", LINE, "#full"))
        await asyncio.gather(talker.ask(type="say", room="#full", text=LINE), asyncio.sleep(pause))
        said += AT_ONCE * len(LINE)
    talker.leave()
    return said


async def _back(server: Server, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """Have as many come in again, under the same names, and leave."""
    readers = [await enter(server.port, f"reader-{n}") for n in range(chosen.people)]
    verdict.check(len(readers) == chosen.people, "not all came back")
    for reader in readers:
        reader.leave()


def main() -> None:
    """Do it, and say what came of it; the exit code is 1 where something is wrong."""
    parser = options("stalled.py", __doc__)
    parser.add_argument("--people", type=int)
    parser.add_argument("--seconds", type=float, help="of each phase")
    chosen = parser.parse_args()
    chosen.people = chosen.people or (40 if chosen.quick else 200)
    chosen.seconds = chosen.seconds or (4 if chosen.quick else 20)
    chosen.bytes = 2 * ONE_OUTBOX + KERNEL_BYTES
    judge(stall, chosen, 120 + 10 * chosen.seconds)


if __name__ == "__main__":
    main()
