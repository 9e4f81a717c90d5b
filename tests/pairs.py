"""People who talk inside while others do their worst outside, in a process of their own.

    python tests/pairs.py SOCKET

Some say a line in turn, no faster than the server lets anybody, and one hears it: with each line
they are a pair.  For each that is heard a line is printed: when it was said, by the clock that all
processes share, and the milliseconds until then.  They end with their standard input, and print how
much was said and never heard.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any

from programs import LONGEST_ANSWER, PATIENCE_SECONDS, line, next_object, say
from verdicts import quantile

EVERY_SECONDS = 0.02
TALKERS = 12
"""So that each says some four lines a second, where the server takes five."""

LINGER_SECONDS = 10
"""How long the last lines may take to be heard."""


@dataclass
class Pair:
    """Somebody who talks and somebody who hears it, as long as they are watched."""

    path: Path
    lost: int = -1
    """Lines that were said and not heard, once they have ended."""
    _heard: list[tuple[float, float]] = field(default_factory=list)

    async def __aenter__(self) -> "Pair":
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, str(self.path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reading = asyncio.create_task(self._read())
        while not self._heard:
            if self._reading.done():
                raise RuntimeError("nothing was heard")
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        why: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._reading
        await self._process.wait()

    async def during(self, seconds: float) -> list[float]:
        """Wait so long; how many milliseconds each line took that was said meanwhile."""
        begun = time.monotonic()
        await asyncio.sleep(seconds)
        return self.since(begun)

    def since(self, begun: float) -> list[float]:
        """How many milliseconds each line took that was said after a moment, as far as heard."""
        return [took for said, took in self._heard if said >= begun]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for told in self._process.stdout:
            parts = told.split()
            if parts[0] == b"lost":
                self.lost = int(parts[1])
            else:
                self._heard.append((float(parts[0]), float(parts[1])))


def spread(milliseconds: list[float]) -> dict[str, float]:
    """The figures that matter of what lines took."""
    return {
        "lines": len(milliseconds),
        "p50_ms": round(quantile(milliseconds, 0.5), 2),
        "p99_ms": round(quantile(milliseconds, 0.99), 2),
        "max_ms": round(max(milliseconds), 2),
    }


class _Talk:
    """The pair, seen from within."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}
        self._over = False

    async def run(self, path: Path) -> None:
        talkers = [await _enter(path, f"talker-{number}") for number in range(TALKERS)]
        reader, _ = await _enter(path, "hearer")
        stop = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        hearing = asyncio.create_task(self._hear(reader))
        answers = [asyncio.create_task(_pass_over(reader)) for reader, _ in talkers]
        await self._say([writer for _, writer in talkers], stop)
        self._over = True
        if self._said:
            await asyncio.wait([hearing], timeout=LINGER_SECONDS)
        print("lost", len(self._said), flush=True)
        for task in answers:
            task.cancel()

    async def _say(self, to: list[asyncio.StreamWriter], stop: asyncio.Task[str]) -> None:
        due = time.monotonic()
        for number, talker in enumerate(cycle(to)):
            if stop.done():
                break
            self._said[f"pair {number}"] = time.monotonic()
            talker.write(say(f"pair-{number}", f"pair {number}"))
            due += EVERY_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        while not self._over or self._said:
            told = json.loads(await reader.readline())
            if told["type"] == "said" and (begun := self._said.pop(told["text"], None)):
                print(begun, round(1000 * (time.monotonic() - begun), 3), flush=True)


async def _enter(path: Path, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST_ANSWER)
    for request in ({"type": "hello", "v": 1, "name": name}, {"type": "quiet", "on": True}):
        writer.write(line({**request, "id": 0}))
        told: dict[str, Any] = {}
        while told.get("id") != 0:
            told = await asyncio.wait_for(next_object(reader), PATIENCE_SECONDS)
    return reader, writer


async def _pass_over(reader: asyncio.StreamReader) -> None:
    while await reader.readline():
        pass


if __name__ == "__main__":
    asyncio.run(_Talk().run(Path(sys.argv[1])))
