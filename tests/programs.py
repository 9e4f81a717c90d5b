"""A program on the line door, as bytes: what it sends, and what it reads."""

import asyncio
import json
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 30
"""How long anything may take that takes a second on an idle machine."""

LONGEST_ANSWER = 1 << 26
PAGE = 1000
"""What one answer about the past holds."""

Heard = tuple[int, str, str]
"""A message: its number, who said it, and what."""


def line(request: dict[str, object]) -> bytes:
    """A request as it is sent."""
    return json.dumps(request).encode() + b"\n"


def say(request_id: str, text: str, room: str = "#lobby") -> bytes:
    """The request to say something, under an id that makes it safe to repeat."""
    return line({"type": "say", "room": room, "text": text, "id": request_id})


async def next_object(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next object, after what is there for people.

    :raises EOFError: there is none.
    """
    while not (told := await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)).startswith(
        b"{"
    ):
        if not told:
            raise EOFError
    found: dict[str, Any] = json.loads(told)
    return found


class Program:
    """A connection that asks one thing after the other, and keeps nothing of what it hears."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._asked = 0

    @classmethod
    async def enter(cls, path: Path, name: str, **hello: object) -> "Program":
        """Come in under a name."""
        program = cls(*await asyncio.open_unix_connection(str(path), limit=LONGEST_ANSWER))
        await program.ask(type="hello", v=1, name=name, **hello)
        return program

    async def ask(self, **request: object) -> dict[str, Any]:
        """Ask for something; the answer.

        :raises EOFError: it is refused, or nobody answers.
        """
        self._asked += 1
        self.writer.write(line({**request, "id": self._asked}))
        while (told := await next_object(self.reader)).get("id") != self._asked:
            pass
        if told["type"] == "error":
            raise EOFError(told["text"])
        return told

    def leave(self) -> None:
        """Close the connection."""
        self.writer.close()


async def history(path: Path, room: str = "#lobby", name: str = "historian") -> list[Heard]:
    """All that is on record of a room, read as anybody may."""
    historian = await Program.enter(path, name, bot=True)
    if room != "#lobby":
        await historian.ask(type="join", room=room)
    found: list[Heard] = []
    before: dict[str, object] = {}
    more = True
    while more:
        told = await historian.ask(type="history", room=room, most=PAGE, **before)
        page = [
            (one["seq"], one["who"], one["text"]) for one in told["events"] if one["type"] == "said"
        ]
        found = page + found
        more = told["more"]
        before = {"before": told["events"][0]["seq"]} if told["events"] else {}
    historian.leave()
    return found
