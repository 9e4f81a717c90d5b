"""Kills the real server again and again while people talk, and looks at what they have of it.

    python tests/crash.py --kills 50

Programs talk as fast as the server lets them.  The server is stopped for a moment (SIGSTOP) or
killed (SIGKILL) at random, and started again on the same directory; the programs come back as who
they were, say what they have seen, and send again what was not answered.  At the end the history
is read, and held against what the programs saw, not against a log of ours.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WINDOW = 20
"""Sends of one program that wait for their answers at the same time."""

PATIENCE_SECONDS = 30
"""How long anything may take that takes a second on an idle machine."""

PAGE = 1000
"""What one answer about the past holds."""

Heard = tuple[int, str, str]
"""A message: its number, who said it, and what."""

OPTIONS = (
    *("--quiet", "--limit", "messages=off", "--limit", "message_burst=off"),
    *("--limit", "lines_waiting=off", "--limit", "connections_per_address=off"),
    *("--limit", "connects_per_minute=off", "--limit", "log_lines=1"),
)


@dataclass
class Report:
    """What was found; all but the counts has to be empty."""

    kills: int = 0
    stops: int = 0
    said: int = 0
    acknowledged: int = 0
    received: int = 0
    missing: list[str] = field(default_factory=list)
    """Acknowledged, or received, and not in the history as it was."""
    doubled: list[str] = field(default_factory=list)
    """In the history, or received, more than once."""
    disordered: list[str] = field(default_factory=list)
    """Received in another order than that of the history."""
    gaps: list[str] = field(default_factory=list)
    """In the history, and never received by somebody who was there."""

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled or moved."""
        return not (self.missing or self.doubled or self.disordered or self.gaps)


class Server:
    """``twistd -n chat`` on a UNIX socket, on one directory, as often as it is started."""

    def __init__(self, folder: Path, durability: str) -> None:
        self.path = folder / "chat.sock"
        self._folder = folder
        self._durability = durability
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it lets people in."""
        twistd = Path(sys.executable).with_name("twistd")
        self.path.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            *(str(twistd), "-n", "--pidfile=", "chat", "--listen", f"unix:{self.path}"),
            *("--data", str(self._folder / "data"), "--durability", self._durability),
            *OPTIONS,
            cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        said = b""
        async for line in self._process.stdout:
            said += line
            if b"Server is running..." in line:
                break
        else:
            raise RuntimeError(said.decode())
        self._drain = asyncio.create_task(self._process.stdout.read())

    async def pause(self, seconds: float) -> None:
        """Have it stand still."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    async def end(self, number: signal.Signals) -> None:
        """Kill it, or ask it to end."""
        assert self._process is not None
        self._process.send_signal(number)
        await self._process.wait()
        await self._drain


class Talker:
    """A program that talks without end, and notes all that it hears."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.heard: list[Heard] = []
        self.acknowledged: dict[str, int] = {}
        self._path = path
        self._secret: str | None = None
        self._seen: int | None = None
        self._unanswered: dict[str, str] = {}
        self._count = 0
        self._talks = True

    async def run(self) -> None:
        """Talk, whatever becomes of the server, until told to stop and all is answered."""
        while self._talks or self._unanswered:
            try:
                await self._talk()
            except (OSError, EOFError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        """Say nothing new."""
        self._talks = False

    async def _talk(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=1 << 26)
        try:
            hello: dict[str, object] = {"type": "hello", "v": 1, "name": self.name, "id": 0}
            if self._secret is not None:
                hello |= {"resume": self._secret, "seen": self._seen}
            writer.write(_line(hello))
            for request_id, text in self._unanswered.items():
                writer.write(_say(request_id, text))
            while self._talks or self._unanswered:
                self._say_more(writer)
                line = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
                if not line:
                    raise EOFError
                if line.startswith(b"{"):
                    self._take(json.loads(line))
        finally:
            writer.close()

    def _say_more(self, writer: asyncio.StreamWriter) -> None:
        while self._talks and self._secret is not None and len(self._unanswered) < WINDOW:
            self._count += 1
            request_id, text = f"{self.name}-{self._count}", f"{self.name} says {self._count}"
            self._unanswered[request_id] = text
            writer.write(_say(request_id, text))

    def _take(self, told: dict[str, Any]) -> None:
        match told["type"]:
            case "welcome":
                self._secret = told["resume"]
                self._seen = told["seq"] if self._seen is None else self._seen
            case "ok" if told["id"] in self._unanswered:
                del self._unanswered[told["id"]]
                self.acknowledged[told["id"]] = told["seq"]
            case "said":
                self._hear(told)
            case "backlog":
                for event in told["events"]:
                    self._hear(event)
            case "error":
                raise EOFError(told["text"])

    def _hear(self, event: dict[str, Any]) -> None:
        self._seen = max(self._seen or 0, event["seq"])
        if event["type"] == "said":
            self.heard.append((event["seq"], event["who"], event["text"]))


async def history(path: Path) -> list[Heard]:
    """All that is on record of the lobby, read as anybody may."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 26)
    writer.write(_line({"type": "hello", "v": 1, "name": "historian", "bot": True, "id": 0}))
    found: list[Heard] = []
    before: int | None = None
    more = True
    while more:
        request: dict[str, object] = {"type": "history", "most": PAGE, "id": 1}
        writer.write(_line(request if before is None else {**request, "before": before}))
        while (told := json.loads(await _object(reader))).get("id") != 1:
            pass
        page = [(one["seq"], one["who"], one["text"]) for one in told["events"]]
        found = page + found
        more = told["more"]
        before = page[0][0] if page else None
    writer.close()
    return found


def compare(talkers: Sequence[Talker], record: Sequence[Heard], report: Report) -> None:
    """Hold what the programs saw against what is on record."""
    by_number = {seq: (who, text) for seq, who, text in record}
    texts = [text for _, _, text in record]
    report.said = len(texts)
    report.doubled += _repeated(texts)
    for talker in talkers:
        report.acknowledged += len(talker.acknowledged)
        report.received += len(talker.heard)
        for request_id, seq in talker.acknowledged.items():
            if by_number.get(seq, ("", ""))[1] != request_id.replace("-", " says "):
                report.missing.append(f"{request_id} is not on record as {seq}")
        _compare_heard(talker, by_number, report)


def _compare_heard(talker: Talker, by_number: dict[int, tuple[str, str]], report: Report) -> None:
    numbers = [seq for seq, _, _ in talker.heard]
    for seq, who, text in talker.heard:
        if by_number.get(seq) != (who, text):
            report.missing.append(f"{talker.name} heard {seq}: {text}")
    report.doubled += [f"{talker.name} heard {seq} again" for seq in _repeated(numbers)]
    if numbers != sorted(numbers):
        report.disordered.append(talker.name)
    known = set(numbers)
    for seq, (who, text) in by_number.items():
        there = bool(numbers) and numbers[0] < seq < numbers[-1]
        if there and who != talker.name and seq not in known:
            report.gaps.append(f"{talker.name} never heard {seq}: {text}")


def _repeated(values: Sequence[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def _line(request: dict[str, object]) -> bytes:
    return json.dumps(request).encode() + b"\n"


def _say(request_id: str, text: str) -> bytes:
    return _line({"type": "say", "text": text, "id": request_id})


async def _object(reader: asyncio.StreamReader) -> bytes:
    while not (line := await reader.readline()).startswith(b"{"):
        if not line:
            raise EOFError
    return line


async def crash(
    folder: Path, kills: int, people: int, durability: str, chance: random.Random
) -> Report:
    """Let people talk while the server is killed so many times, and compare."""
    server, report = Server(folder, durability), Report()
    talkers = [Talker(f"talker{number}", server.path) for number in range(people)]
    await server.start()
    talking = [asyncio.create_task(talker.run()) for talker in talkers]
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.05, 1.0))
        if chance.random() < 0.5:
            await server.pause(chance.uniform(0.05, 0.3))
            report.stops += 1
        await server.end(signal.SIGKILL)
        report.kills += 1
        await server.start()
    for talker in talkers:
        talker.stop()
    await asyncio.wait_for(asyncio.gather(*talking), PATIENCE_SECONDS)
    compare(talkers, await history(server.path), report)
    await server.end(signal.SIGTERM)
    return report


def main() -> None:
    """Do it, and say what came of it; the exit code is 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python tests/crash.py", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--durability", choices=("full", "normal"), default="full")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(
            crash(
                Path(folder),
                chosen.kills,
                chosen.people,
                chosen.durability,
                random.Random(chosen.seed),
            )
        )
    counts = {name: value for name, value in vars(report).items() if isinstance(value, int)}
    lists = {name: len(value) for name, value in vars(report).items() if isinstance(value, list)}
    print(json.dumps({"seed": chosen.seed, **counts, **lists}))
    for wrong in (*report.missing, *report.doubled, *report.disordered, *report.gaps)[:20]:
        print(wrong)
    sys.exit(0 if report.clean else 1)


if __name__ == "__main__":
    main()
