"""Talks over a bad network, and over one that is cut for minutes, between two network namespaces.

    python tests/netem.py [--quick]

Needs root, and `ip` and `tc` (Debian: iproute2).  The real server runs in one namespace; in the
other are the stdio client, in a pipe, and a JSON program that comes back with what it has seen.  In
the server's own somebody talks all the time.  The network is slow and loses packets, then it is cut
for longer than the server waits for the dead, then it is there again.  At the end both must have
heard everything, once and in order.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from cables import CUT, HERE, Cable, Weather, inside, joined
from programs import LONGEST_ANSWER, Program, line
from servers import UNSLOWED, Server
from verdicts import Verdict, judge, options

EVERY_SECONDS = 0.5
SILENT_SECONDS = 10
"""After which the program gives up a connection on which nothing comes; it asks every second."""

CATCH_UP_SECONDS = 60
TEXT = re.compile(r"(?:talker: |^)line (\d+)")


@dataclass
class Bot:
    """A JSON program at the far end, through `nc`, as sockets belong to where they are made."""

    namespace: str
    port: int
    heard: list[str] = field(default_factory=list)
    connections: int = 0
    _secret: str | None = None
    _seen: int | None = None

    async def __aenter__(self) -> "Bot":
        self._listening = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        why: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What waits with a timeout may not notice once, in Python before 3.12.
        while not self._listening.done():
            self._listening.cancel()
            await asyncio.wait([self._listening], timeout=1)

    async def _run(self) -> None:
        """Listen, and come back whenever nothing comes any more."""
        while True:
            with suppress(TimeoutError, EOFError, ConnectionError):
                await self._listen()
            await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *(*inside(self.namespace), "nc", HERE, str(self.port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_ANSWER,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        asking = asyncio.create_task(self._ask(process.stdin))
        try:
            await self._hear(process.stdin, process.stdout)
        finally:
            asking.cancel()
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _hear(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader) -> None:
        hello: dict[str, object] = {"type": "hello", "v": 1, "name": "listener", "bot": True}
        hello |= {"resume": self._secret, "seen": self._seen} if self._secret else {}
        writer.write(line({**hello, "id": 0}))
        while told := await asyncio.wait_for(reader.readline(), SILENT_SECONDS):
            if told.startswith(b"{"):
                self._take(json.loads(told))

    async def _ask(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(1)
            writer.write(line({"type": "uptime"}))

    def _take(self, told: dict[str, Any]) -> None:
        match told["type"]:
            case "welcome":
                self.connections += 1
                self._secret = told["resume"]
                self._seen = told["seq"] if self._seen is None else self._seen
            case "said":
                self._note(told)
            case "backlog":
                for event in told["events"]:
                    self._note(event)
            case "error":
                # The one that was cut off holds the name until the server gives it up.
                raise EOFError(told["text"])

    def _note(self, event: dict[str, Any]) -> None:
        if event["type"] == "said":
            self._seen = event["seq"]
            self.heard.append(event["text"])


@dataclass
class Client:
    """The stdio client at the far end, in a pipe."""

    namespace: str
    port: int
    shown: list[str] = field(default_factory=list)

    async def __aenter__(self) -> "Client":
        command = Path(sys.executable).with_name("twisted-chat")
        self._process = await asyncio.create_subprocess_exec(
            *(*inside(self.namespace), str(command), "--plain", "--name", "Client"),
            *("--connect", f"tcp:{HERE}:{self.port}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        why: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait([self._reading], timeout=15)
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for told in self._process.stdout:
            self.shown.append(told.decode("utf-8", "replace").rstrip("\n"))

    @property
    def entered(self) -> bool:
        """Whether they are in."""
        return any("You are" in told for told in self.shown)

    @property
    def heard(self) -> list[str]:
        """What was said, as it was shown."""
        found = (TEXT.search(told) for told in self.shown)
        return [f"line {one[1]}" for one in found if one]


async def talk(path: Path, said: list[str], until: float) -> None:
    """Say a line after the other, on the server's own machine."""
    talker = await Program.enter(path, "talker", bot=True)
    while time.monotonic() < until:
        text = f"line {len(said) + 1}"
        await talker.ask(type="say", text=text)
        said.append(text)
        await asyncio.sleep(EVERY_SECONDS)


async def bad_network(folder: Path, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """Do it: a bad network, none at all, and a bad one again."""
    dead = ("--limit", f"dead_peer_seconds={chosen.dead}")
    with joined() as cable:
        here, there = cable.spaces
        server = Server(folder, *UNSLOWED, *dead, runner=inside(here), interface=HERE)
        async with server, Bot(there, server.port) as bot, Client(there, server.port) as client:
            await _until(lambda: bot.connections > 0 and client.entered)
            verdict.figures |= {"cable": type(cable).__name__, "cut_s": chosen.cut}
            said = await _spoil(cable, server, (bot, client), chosen, verdict)
    for name, heard in (("program", bot.heard), ("client", client.heard)):
        _compare(name, heard, said, verdict)
    verdict.figures["connections_of_program"] = bot.connections
    verdict.check(bot.connections > 1, "the program never had to come back")
    verdict.figures["timed_out"] = server.reasons["timed out"]
    verdict.check(server.code == 0, "the server did not end in order")
    verdict.wrong += server.faults


async def _spoil(
    cable: Cable,
    server: Server,
    listeners: tuple[Bot, Client],
    chosen: argparse.Namespace,
    verdict: Verdict,
) -> list[str]:
    """Spoil the network, cut it, and have it back, while somebody talks; what they said."""
    bad = Weather(chosen.delay_ms, chosen.jitter_ms, chosen.loss_percent)
    verdict.figures |= vars(bad)
    said: list[str] = []
    until = time.monotonic() + 2 * chosen.seconds + chosen.cut
    talking = asyncio.create_task(talk(server.path, said, until))
    for weather, seconds in ((bad, chosen.seconds), (CUT, chosen.cut)):
        cable.spoil(weather)
        await asyncio.sleep(seconds)
    cable.spoil(bad)
    back, missed = time.monotonic(), len(said)
    await _until(lambda: all(len(one.heard) >= missed for one in listeners))
    verdict.figures["caught_up_after_s"] = round(time.monotonic() - back, 1)
    await talking
    await _until(lambda: all(len(one.heard) >= len(said) for one in listeners))
    verdict.figures["said"] = len(said)
    return said


def _compare(name: str, heard: list[str], said: list[str], verdict: Verdict) -> None:
    twice = [text for text, times in Counter(heard).items() if times > 1]
    missing = [text for text in said if text not in set(heard)]
    verdict.figures[name] = {"heard": len(heard), "missing": len(missing), "twice": len(twice)}
    verdict.check(not missing, f"{name} never heard {missing[:3]}")
    verdict.check(not twice, f"{name} heard twice: {twice[:3]}")
    order = [int(text.split()[1]) for text in heard]
    verdict.check(order == sorted(order), f"{name} heard lines in another order")


async def _until(holds: Any) -> None:
    for _ in range(10 * CATCH_UP_SECONDS):
        if holds():
            return
        await asyncio.sleep(0.1)


def main() -> None:
    """Do it, and say what came of it; the exit code is 1 where something is wrong."""
    parser = options("netem.py", __doc__)
    parser.add_argument("--cut", type=float, help="seconds for which the network is cut")
    parser.add_argument("--delay-ms", type=float, default=100, help="before and after it is cut")
    parser.add_argument("--jitter-ms", type=float, default=30)
    parser.add_argument("--loss-percent", type=float, default=10)
    chosen = parser.parse_args()
    if os.geteuid():
        parser.error("only root makes network namespaces")
    chosen.seconds = 8 if chosen.quick else 30
    chosen.cut = chosen.cut or (25 if chosen.quick else 180)
    chosen.dead = 8 if chosen.quick else 120
    judge(bad_network, chosen, 300 + chosen.cut)


if __name__ == "__main__":
    main()
