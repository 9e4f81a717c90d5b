"""Crowds the real server's port while a pair talks inside: the silent, the slow, and far too many.

    python tests/crowding.py [--quick]

One after the other: connections that say nothing, and others that send a byte every second, until
they are closed; 5,000 connections a second from ever new addresses, and from a single one; more
connections than there are descriptors; and a process that has none left at all.  Outside it is to
be told no, or nothing; inside nobody is to notice, and afterwards all is as before.
"""

import argparse
import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from knocking import address
from pairs import Pair, spread
from servers import Server, few_descriptors, room_for
from verdicts import MIB, Verdict, judge, options

RATE = 5000
ADDRESSES = 10_000_000
FEW = 100
"""Descriptors of the server whose connections take them all."""

NONE = 5
"""Fewer descriptors than any server has open: from then on nothing can be opened."""

CONNECTING = 40
"""At the same time, of those who stay: fewer than the system keeps until they are accepted."""

CLOSED_SECONDS = 2
"""By how much a connection may outlast its time."""

LINES_A_SECOND = 250
"""What may be logged: a hundred lines about people, and what Twisted itself says."""

TOO_OFTEN = "-> Your address connects too often. Try again in a minute."
WELCOME, FULL = "Welcome to twisted_chat.", "-> The server is full. Try again later."


async def crowd(folder: Path, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """Do all of it."""
    room_for(20_000)
    for name, part in (("waiting", waiting), ("knocking", knocking), ("descriptors", descriptors)):
        inside = folder / name
        inside.mkdir()
        await part(inside, chosen, verdict)


async def waiting(folder: Path, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """Have connections come that give no name, or one byte of it a second."""
    seconds = ("--limit", f"name_seconds={chosen.name_seconds}")
    async with Server(folder, *seconds) as server, Pair(server.path) as pair:
        figures: dict[str, Any] = {"before": spread(await pair.during(chosen.seconds))}
        memory, begun = server.memory(), time.monotonic()
        turn, all_of_them = asyncio.Semaphore(CONNECTING), chosen.silent + chosen.slow
        lasted = await asyncio.gather(
            *(
                _wait(server.port, number, turn, slow=number >= chosen.silent)
                for number in range(all_of_them)
            )
        )
        figures |= {
            "silent": chosen.silent,
            "slow": chosen.slow,
            "closed_after_s": [round(min(lasted), 1), round(max(lasted), 1)],
            "kib_each": round((server.memory() - memory) / len(lasted) / 1024, 1),
            "during": spread(pair.since(begun)),
            "after": spread(await pair.during(chosen.seconds)),
        }
    _check_pair(pair, figures, "silent and slow connections", verdict)
    verdict.check(
        max(lasted) <= chosen.name_seconds + CLOSED_SECONDS,
        f"a connection without a name lasted {max(lasted):.1f} seconds",
    )
    verdict.figures["waiting"] = figures
    _check_server(server, verdict)


async def _wait(port: int, number: int, turn: asyncio.Semaphore, *, slow: bool) -> float:
    """Connect, and say nothing or next to nothing until one is closed; how long that was."""
    async with turn:
        # Until the greeting is there, the one end may take it for a connection and the other not.
        source = (address(number), 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=source)
        begun = time.monotonic()
        await _first_line(reader)
    end = asyncio.create_task(reader.read(-1))
    while not end.done():
        if slow:
            writer.write(b"x")
        await asyncio.wait([end], timeout=1)
    with suppress(OSError):
        await end
    writer.close()
    return time.monotonic() - begun


async def knocking(folder: Path, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """Have very many connect every second, from ever new addresses, and from one."""
    async with Server(folder) as server, Pair(server.path) as pair:
        figures: dict[str, Any] = {"before": spread(await pair.during(chosen.seconds))}
        memory, files = server.memory(), server.descriptors()
        for name, addresses in (("many_addresses", ADDRESSES), ("one_address", 1)):
            logged, begun = server.logged, time.monotonic()
            told = await knock(server.port, chosen.seconds, addresses)
            lines = _lines_a_second(server.logged - logged, time.monotonic() - begun, verdict)
            figures[name] = {**told, **spread(pair.since(begun)), "log_lines_a_second": lines}
        figures["mib_more"] = round((server.memory() - memory) / MIB, 1)
        figures["after"] = spread(await pair.during(chosen.seconds))
        await _until(lambda: server.descriptors() <= files)
        verdict.check(server.descriptors() <= files, "connections that went are open still")
    told = figures["one_address"]["told"]
    verdict.check(TOO_OFTEN in told, "nobody was told that they connect too often")
    _check_pair(pair, figures, "very many connections", verdict)
    verdict.figures["knocking"] = figures
    _check_server(server, verdict)


async def knock(port: int, seconds: float, addresses: int) -> dict[str, Any]:
    """Connect as often as can be, in a process that does nothing else; what came of it."""
    script = Path(__file__).with_name("knocking.py")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), str(port), str(seconds), str(RATE), str(addresses)),
        stdout=asyncio.subprocess.PIPE,
    )
    told: dict[str, Any] = json.loads((await process.communicate())[0])
    return told


async def descriptors(folder: Path, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """Take all descriptors by connecting, and then leave the process none at all."""
    unlimited = ("--limit", "connections_per_address=off", "--limit", "connects_per_minute=off")
    few = few_descriptors(FEW)
    async with Server(folder, *unlimited, runner=few) as server, Pair(server.path) as pair:
        figures: dict[str, Any] = {"before": spread(await pair.during(chosen.seconds))}
        figures["taken"] = await _take_all(server, pair, chosen, verdict)
        figures["none_left"] = await _leave_none(server, pair, chosen, verdict)
        figures["after"] = spread(await pair.during(chosen.seconds))
    _check_pair(pair, figures, "too few descriptors", verdict)
    verdict.figures["descriptors"] = figures
    # Twisted says with a traceback that it could not have back the one that it had in reserve.
    server.faults = [line for line in server.faults if "Too many open files" not in line][1:]
    _check_server(server, verdict)


async def _take_all(
    server: Server, pair: Pair, chosen: argparse.Namespace, verdict: Verdict
) -> dict[str, Any]:
    begun = time.monotonic()
    made = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2 * FEW)]
    first = await asyncio.gather(*(_first_line(reader) for reader, _ in made))
    await asyncio.sleep(chosen.seconds)
    refused = sum(line == FULL for line in first)
    verdict.check(refused > 0, "nobody was told that the server is full")
    verdict.check(WELCOME in first, "nobody was let in")
    during = spread(pair.since(begun))
    for _, writer in made:
        writer.close()
    verdict.check(await _comes_in(server), "nobody was let in when all had gone")
    return {"connections": len(made), "let_in": first.count(WELCOME), "told_no": refused, **during}


async def _leave_none(
    server: Server, pair: Pair, chosen: argparse.Namespace, verdict: Verdict
) -> dict[str, Any]:
    server.may_open(NONE)
    begun, logged, worked = time.monotonic(), server.logged, server.worked()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await asyncio.sleep(chosen.seconds)
    seconds = time.monotonic() - begun
    busy = (server.worked() - worked) / seconds
    verdict.check(busy < 0.5, f"the server was busy for {busy:.0%} of the time with it")
    lines = _lines_a_second(server.logged - logged, seconds, verdict)
    during = spread(pair.since(begun))
    server.may_open(FEW)
    restored = time.monotonic()
    verdict.check(await _first_line(reader) == WELCOME, "who waited was not let in")
    took = time.monotonic() - restored
    writer.close()
    return {
        "seconds": round(seconds, 1),
        "busy": round(busy, 3),
        "log_lines_a_second": lines,
        "let_in_again_after_s": round(took, 2),
        **during,
    }


def _lines_a_second(lines: int, seconds: float, verdict: Verdict) -> float:
    """Of the log; what may be written in a second may be written at once."""
    most = LINES_A_SECOND * (seconds + 1)
    verdict.check(lines <= most, f"{lines} lines in the log in {seconds:.1f} seconds")
    return round(lines / seconds, 1)


async def _comes_in(server: Server) -> bool:
    for _ in range(50):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        told = await _first_line(reader)
        writer.close()
        if told == WELCOME:
            return True
        await asyncio.sleep(0.1)
    return False


async def _first_line(reader: asyncio.StreamReader) -> str:
    try:
        return (await asyncio.wait_for(reader.readline(), 20)).decode().rstrip("\n")
    except OSError:
        return "reset"


async def _until(holds: Any) -> None:
    for _ in range(100):
        if holds():
            return
        await asyncio.sleep(0.1)


def _check_pair(pair: Pair, figures: dict[str, Any], beside: str, verdict: Verdict) -> None:
    verdict.check(pair.lost == 0, f"{pair.lost} lines were lost beside {beside}")
    for name, figure in figures.items():
        if isinstance(figure, dict):
            verdict.check_latency(f"{name}, beside {beside}", figure, figures["before"])


def _check_server(server: Server, verdict: Verdict) -> None:
    verdict.check(server.code == 0, "the server did not end in order")
    verdict.wrong += server.faults


def main() -> None:
    """Do it, and say what came of it; the exit code is 1 where something is wrong."""
    parser = options("crowding.py", __doc__)
    parser.add_argument("--seconds", type=float, help="of each phase")
    chosen = parser.parse_args()
    chosen.seconds = chosen.seconds or (2 if chosen.quick else 20)
    chosen.name_seconds = 3 if chosen.quick else 60
    chosen.silent, chosen.slow = (200, 50) if chosen.quick else (2000, 500)
    judge(crowd, chosen, 120 + 20 * chosen.seconds)


if __name__ == "__main__":
    main()
