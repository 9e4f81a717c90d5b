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
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from programs import LONGEST_ANSWER, PATIENCE_SECONDS, Heard, history, line, say
from servers import UNSLOWED, Server
from verdicts import Verdict

WINDOW = 20
"""Sends of one program that wait for their answers at the same time."""


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
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=LONGEST_ANSWER)
        try:
            hello: dict[str, object] = {"type": "hello", "v": 1, "name": self.name, "id": 0}
            if self._secret is not None:
                hello |= {"resume": self._secret, "seen": self._seen}
            writer.write(line(hello))
            for request_id, text in self._unanswered.items():
                writer.write(say(request_id, text))
            while self._talks or self._unanswered:
                self._say_more(writer)
                told = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
                if not told:
                    raise EOFError
                if told.startswith(b"{"):
                    self._take(json.loads(told))
        finally:
            writer.close()

    def _say_more(self, writer: asyncio.StreamWriter) -> None:
        while self._talks and self._secret is not None and len(self._unanswered) < WINDOW:
            self._count += 1
            request_id, text = f"{self.name}-{self._count}", f"{self.name} says {self._count}"
            self._unanswered[request_id] = text
            writer.write(say(request_id, text))

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


async def crash(
    folder: Path, kills: int, people: int, durability: str, chance: random.Random
) -> Report:
    """Let people talk while the server is killed so many times, and compare."""
    options = ("--durability", durability, *UNSLOWED, "--limit", "log_lines=1")
    server, report = Server(folder, *options), Report()
    talkers = [Talker(f"talker{number}", server.path) for number in range(people)]
    async with server:
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
    wrong = [*report.missing, *report.doubled, *report.disordered, *report.gaps]
    Verdict({"seed": chosen.seed, **counts, **lists}, wrong).finish()


if __name__ == "__main__":
    main()
