"""Has people come, talk in several rooms, leave and drop out for a long time, and looks at the end.

    python tests/soak.py [--quick] [--minutes N]

Some are there all the time, and lose their connection now and then without a goodbye: they come
back with what they have seen.  Others come for a while, as guests or with an account, in JSON or as
text.  What each of them heard is held against the history of the rooms; the server's memory and
descriptors against what they were.
"""

import argparse
import asyncio
import json
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from programs import LONGEST_ANSWER, Heard, Program, history, line, next_object, say
from servers import UNSLOWED, Server, room_for
from verdicts import MIB, Verdict, growth, judge, options, slope

ROOMS = ("#lobby", "#dev", "#tea", "#music")
PASSWORD = "correct-horse-battery"

BEFORE = "#before"
AT_ONCE = 50
"""Messages that are said before the answers to them are read."""

RESIDENTS = 8
VISITORS = 40
PAUSE_SECONDS = (0.2, 1.5)
"""Between two things that somebody does."""

LONGEST_STAY_SECONDS = 20
"""A third of it all, where that is shorter."""

WARM_UP = 0.25
"""The share of the time until memory is what it stays."""

SAMPLE_SECONDS = 1
SAMPLES = 10
"""Of which the least counts: a password that is hashed takes 64 MiB for a moment."""

LONG_SECONDS = 300
"""From which on it is looked at whether memory is flat."""

FILL = 60_000
"""Messages that are said and read before: until the record's caches are as full as they get, 16 MB
and twice 8, memory grows with what is said."""

GROWTH_MIB = 4
"""By how much memory may be more in the last third than in the first, once it is warm."""

GROWTH_A_MINUTE_MIB = 0.5
DESCRIPTORS_SECONDS = 10
RECORD_FILES = 4
"""What those who read the record open when they first have to: two files each."""


@dataclass
class Stay:
    """What somebody heard in a room without a break, or with one that was made up for."""

    who: str
    room: str
    texts: list[str] = field(default_factory=list)


@dataclass
class Town:
    """All that is shared by those who come and go."""

    server: Server
    chance: random.Random
    until: float
    longest_stay: float
    stays: list[Stay] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    """What residents were told is on record."""
    counts: Counter[str] = field(default_factory=Counter)
    names: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether it is time to go home."""
        return time.monotonic() >= self.until

    def next_text(self, name: str) -> str:
        """What nobody has said before."""
        self.names[name] = self.names.get(name, 0) + 1
        self.counts["said"] += 1
        return f"{name} says {self.names[name]}"

    def end_of_stay(self) -> float:
        """When somebody goes who comes now."""
        return time.monotonic() + self.chance.uniform(self.longest_stay / 10, self.longest_stay)

    async def breathe(self) -> None:
        """Wait as people do."""
        await asyncio.sleep(self.chance.uniform(*PAUSE_SECONDS))


class Resident:
    """A program that is in all rooms from the beginning to the end, whatever happens to it."""

    def __init__(self, town: Town, name: str, account: bool) -> None:
        self._town = town
        self._name = name
        self._account = account
        self._registered = False
        self._secret: str | None = None
        self._seen: int | None = None
        self._stays = {room: Stay(name, room) for room in ROOMS}
        self._unanswered: dict[str, bytes] = {}

    async def live(self) -> None:
        """Come, talk, drop out and come back until it is over; then all is answered."""
        while not self._town.over or self._unanswered:
            reader, writer = await asyncio.open_unix_connection(
                str(self._town.server.path), limit=LONGEST_ANSWER
            )
            await self._come_in(reader, writer)
            hearing = asyncio.create_task(self._hear(reader))
            await self._talk(writer, hearing)
            drop(writer)
            await asyncio.wait([hearing])
            self._town.counts["dropped"] += 1
        self._town.stays += self._stays.values()

    async def _come_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello: dict[str, object] = {"type": "hello", "v": 1, "name": self._name, "backlog": 1}
        hello |= {"password": PASSWORD} if self._account else {}
        hello |= {"register": True} if self._account and not self._registered else {}
        hello |= {"seen": self._seen} if self._seen is not None else {}
        hello |= {"resume": self._secret} if self._secret else {}
        welcome = await self._ask(reader, writer, hello)
        self._registered = True
        self._secret = welcome.get("resume")
        missed = {} if self._seen is None else {"seen": self._seen}
        self._seen = welcome["seq"] if self._seen is None else self._seen
        for room in set(ROOMS) - set(welcome["rooms"]):
            await self._ask(reader, writer, {"type": "join", "room": room, **missed})
        for request in self._unanswered.values():
            writer.write(request)

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: dict[str, object]
    ) -> dict[str, Any]:
        writer.write(line({**request, "id": 1}))
        while (told := await next_object(reader)).get("id") != 1:
            self._take(told)
        if told["type"] == "error":
            raise RuntimeError(f"{self._name}: {told['text']}")
        return told

    async def _talk(self, writer: asyncio.StreamWriter, hearing: asyncio.Task[None]) -> None:
        until = self._town.end_of_stay()
        while time.monotonic() < until and not self._town.over:
            text = self._town.next_text(self._name)
            request = say(text, text, self._town.chance.choice(ROOMS))
            self._unanswered[text] = request
            writer.write(request)
            await self._town.breathe()
        while self._town.over and self._unanswered and not hearing.done():
            await asyncio.sleep(0.05)

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, EOFError):
            while True:
                self._take(await next_object(reader))

    def _take(self, told: dict[str, Any]) -> None:
        match told["type"]:
            case "ok" if told.get("id") in self._unanswered:
                del self._unanswered[told["id"]]
                self._town.acknowledged.append(told["id"])
            case "said":
                self._note(told)
            case "backlog":
                for event in told["events"]:
                    self._note(event)
            case "error" | "goodbye":
                self._town.wrong.append(f"{self._name}: {told['text']}")
            case "notice" if told["code"] == "no_history":
                self._town.wrong.append(f"{self._name}: {told['text']}")

    def _note(self, event: dict[str, Any]) -> None:
        if event["type"] == "said":
            self._seen = max(self._seen or 0, event["seq"])
            self._stays[event["room"]].texts.append(event["text"])
            self._town.counts["heard"] += 1


class Visitor:
    """Somebody who comes for a while to one room, and goes in one of the ways that people go."""

    def __init__(self, town: Town, name: str, text: bool) -> None:
        self._town = town
        self._name = name
        self._text = text

    async def live(self) -> None:
        """Come and go until it is over."""
        while not self._town.over:
            stay = Stay(self._name, self._town.chance.choice(ROOMS[1:]))
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self._town.server.port, limit=LONGEST_ANSWER
            )
            writer.write(self._hello(stay.room))
            hearing = asyncio.create_task(self._hear(reader, stay))
            await self._talk(writer, hearing, stay.room)
            await self._go(writer, hearing)
            self._town.stays.append(stay)
            self._town.counts["visits"] += 1
            await self._town.breathe()

    def _hello(self, room: str) -> bytes:
        if self._text:
            return f"{self._name}\n/join {room}\n".encode()
        hello = {"type": "hello", "v": 1, "name": self._name, "backlog": 1}
        return line({**hello, "echo": True}) + line({"type": "join", "room": room})

    async def _talk(
        self, writer: asyncio.StreamWriter, hearing: asyncio.Task[None], room: str
    ) -> None:
        until = self._town.end_of_stay()
        await self._town.breathe()
        while time.monotonic() < until and not self._town.over and not hearing.done():
            said = self._town.next_text(self._name)
            writer.write(f"{said}\n".encode() if self._text else say(said, said, room))
            await self._town.breathe()

    async def _go(self, writer: asyncio.StreamWriter, hearing: asyncio.Task[None]) -> None:
        match self._town.chance.choice(("goodbye", "close", "drop")):
            case "goodbye":
                writer.write(b"q\n" if self._text else line({"type": "quit"}))
                await asyncio.wait([hearing], timeout=10)
                writer.close()
            case "close":
                writer.close()
            case _:
                drop(writer)
        await asyncio.wait([hearing])

    async def _hear(self, reader: asyncio.StreamReader, stay: Stay) -> None:
        # Who goes before all is read may be reset.
        with suppress(OSError):
            while told := (await reader.readline()).decode().rstrip("\n"):
                text = _said(told, stay.room) if self._text else _said_to_program(told, stay.room)
                if text:
                    stay.texts.append(text)
                    self._town.counts["heard"] += 1


def _said(told: str, room: str) -> str:
    """What somebody says there, of a line for people; what was said before comes with its time."""
    who, colon, text = told.removeprefix(f"[{room}] ").partition(": ")
    return text if colon and text.startswith(f"{who} says ") else ""


def _said_to_program(told: str, room: str) -> str:
    if not told.startswith("{"):
        return ""
    event = json.loads(told)
    said: str = event["text"] if event["type"] == "said" and event["room"] == room else ""
    return said


def drop(writer: asyncio.StreamWriter) -> None:
    """Be gone at once, without a goodbye; on TCP with a reset."""
    plain = writer.get_extra_info("socket")
    if plain.family == socket.AF_INET:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def compare(stays: Sequence[Stay], record: dict[str, list[Heard]]) -> list[str]:
    """What is wrong with what somebody heard: missing, doubled, out of order, or with a gap."""
    wrong: list[str] = []
    for room, said in record.items():
        texts = [text for _, _, text in said]
        wrong += [f"{text} is on record {n} times" for text, n in Counter(texts).items() if n > 1]
        places = {text: place for place, text in enumerate(texts)}
        senders = [who for _, who, _ in said]
        for stay in stays:
            if stay.room == room:
                wrong += _compare_stay(stay, texts, senders, places)
    return wrong


def _compare_stay(
    stay: Stay, texts: list[str], senders: list[str], places: dict[str, int]
) -> list[str]:
    unknown = [text for text in stay.texts if text not in places]
    heard = [places[text] for text in stay.texts if text in places]
    wrong = [f"{stay.who} heard {text!r}, which is not on record" for text in unknown]
    for before, after in pairwise(heard):
        if after <= before:
            wrong.append(f"{stay.who} heard {texts[after]!r} after {texts[before]!r}")
        between = range(before + 1, after)
        wrong += [
            f"{stay.who} never heard {texts[place]!r}"
            for place in between
            if senders[place] != stay.who
        ]
    return wrong


async def soak(folder: Path, chosen: argparse.Namespace, verdict: Verdict) -> None:
    """Let them live, and look at what is left."""
    room_for(4096)
    seconds = 60 * chosen.minutes
    stay = min(seconds / 3, LONGEST_STAY_SECONDS)
    verdict.figures |= {"seed": chosen.seed, "minutes": chosen.minutes}
    async with Server(folder, *UNSLOWED, "--limit", "logins=off") as server:
        await _fill(server.path, FILL if seconds >= LONG_SECONDS else 0)
        begun = server.descriptors()
        town = Town(server, random.Random(chosen.seed), time.monotonic() + seconds, stay)
        people = [Resident(town, f"resident-{n}", n % 2 == 0) for n in range(RESIDENTS)]
        visitors = [Visitor(town, f"visitor-{n}", n % 2 == 0) for n in range(VISITORS)]
        lives = [person.live() for person in people] + [visitor.live() for visitor in visitors]
        living = asyncio.gather(*lives)
        samples = await _watch(server, town, living)
        record = {room: await history(server.path, room) for room in ROOMS}
        _check_record(town, record, verdict)
        check_memory(samples, seconds, verdict)
        await _check_descriptors(server, begun, verdict)
    verdict.check(server.code == 0, "the server did not end in order")
    verdict.wrong += server.faults


async def _fill(path: Path, messages: int) -> None:
    """Have so much said, and read, that the record's caches are full."""
    if messages:
        talker = await Program.enter(path, "talker", bot=True)
        await talker.ask(type="join", room=BEFORE)
        for start in range(0, messages, AT_ONCE):
            for number in range(start, start + AT_ONCE - 1):
                talker.writer.write(say(f"before {number}", f"before {number}", BEFORE))
            await talker.ask(type="say", room=BEFORE, text=f"before {start + AT_ONCE - 1}")
        await asyncio.gather(history(path, BEFORE, "one"), history(path, BEFORE, "two"))
        talker.leave()


async def _watch(server: Server, town: Town, living: asyncio.Future[Any]) -> list[float]:
    """The server's memory, in MiB, each second until everybody has gone."""
    samples: list[float] = []
    while not living.done():
        samples.append(server.memory() / MIB)
        await asyncio.wait([living], timeout=SAMPLE_SECONDS)
    await living
    return samples


def _check_record(town: Town, record: dict[str, list[Heard]], verdict: Verdict) -> None:
    """What everybody heard, and was told is kept, against the history."""
    kept = {text for said in record.values() for _, _, text in said}
    lost = [text for text in town.acknowledged if text not in kept]
    verdict.wrong += town.wrong + [f"{text!r} is not on record" for text in lost]
    verdict.wrong += compare(town.stays, record)
    verdict.figures |= {
        **town.counts,
        "acknowledged": len(town.acknowledged),
        "on_record": len(kept),
    }
    verdict.check(0 < len(kept) <= town.counts["said"], "more is on record than was said")


def check_memory(samples: Sequence[float], seconds: float, verdict: Verdict) -> None:
    """Note whether memory is flat, where it was looked at for long enough, and say if it was."""
    warm = samples[int(WARM_UP * len(samples)) :]
    least = [min(warm[start : start + SAMPLES]) for start in range(0, len(warm), SAMPLES)]
    more, a_minute = growth(least), slope(least) * 60 / SAMPLE_SECONDS / SAMPLES
    judged = seconds >= LONG_SECONDS
    verdict.figures |= {
        "memory_judged": judged,
        "memory_mib": round(warm[-1], 1),
        "highest_mib": round(max(samples), 1),
        "last_third_more_mib": round(more, 2),
        "slope_mib_a_minute": round(a_minute, 3),
    }
    if judged:
        verdict.check(more < GROWTH_MIB, f"memory grew by {more:.1f} MiB")
        verdict.check(a_minute < GROWTH_A_MINUTE_MIB, f"{a_minute:.2f} MiB a minute")


async def _check_descriptors(server: Server, begun: int, verdict: Verdict) -> None:
    for _ in range(10 * DESCRIPTORS_SECONDS):
        if server.descriptors() <= begun + RECORD_FILES:
            break
        await asyncio.sleep(0.1)
    verdict.figures |= {"descriptors": [begun, server.descriptors()]}
    verdict.check(server.descriptors() <= begun + RECORD_FILES, "descriptors are left behind")


def main() -> None:
    """Do it, and say what came of it; the exit code is 1 where something is wrong."""
    parser = options("soak.py", __doc__)
    parser.add_argument("--minutes", type=float, help="30 if left out, 5 with --quick")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    chosen.minutes = chosen.minutes or (5 if chosen.quick else 30)
    judge(soak, chosen, 300 + 60 * chosen.minutes)


if __name__ == "__main__":
    main()
