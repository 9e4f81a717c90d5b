"""What the tests of the client's conversation share: an outside, and what a server says."""

import json
from typing import Any

from twisted_chat import answers, events
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.line import Line

SECRET = "a secret of a guest"
DAY = "-> 1970-01-01"
NOBODY: dict[str, Any] = {"topic": "", "names": [], "more": 0}
MENU = ["1. Join the chat", "q. Leave the chat", "2. Exit the program"]


class World:
    """An outside that remembers what was done to it."""

    def __init__(self) -> None:
        self._shown: list[Line] = []
        self._sent: list[dict[str, Any]] = []
        self.wanted = False
        self.alarm: float | None = None
        self.code: int | None = None
        self.waiting: list[str] = []

    def show(self, line: Line) -> None:
        self._shown.append(line)

    def send(self, line: bytes) -> None:
        self._sent.append(json.loads(line))

    def connect(self) -> None:
        self.wanted = True

    def disconnect(self) -> None:
        self.wanted = False

    def wake_in(self, seconds: float) -> None:
        self.alarm = seconds

    def take_back(self) -> list[str]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def exit(self, code: int) -> None:
        self.code = code

    def lines(self) -> list[Line]:
        """What was shown since the last look."""
        shown, self._shown = self._shown, []
        return shown

    def shown(self) -> list[str]:
        """The texts of what was shown since the last look."""
        return [line.text for line in self.lines()]

    def sent(self) -> list[dict[str, Any]]:
        """What was sent since the last look."""
        sent, self._sent = self._sent, []
        return sent


def asked(number: int) -> int | str:
    """The id of the request of that number; hello and quit have none of their own."""
    return f"t-{number}" if number else 0


def welcome(name: str = "Alex", **other: Any) -> answers.Welcome:
    fields: dict[str, Any] = {"room": "#lobby", "topic": "", "names": [name], "more": 0}
    fields |= {"resume": SECRET} | other
    return answers.Welcome(id=0, v=1, server="test", name=name, **fields)


def entered(room: str, request_id: int, *names: str) -> answers.Entered:
    return answers.Entered(id=asked(request_id), room=room, topic="", names=list(names), more=0)


def ok(request_id: int, **other: Any) -> answers.Ok:
    return answers.Ok(id=asked(request_id), **other)


def error(code: str, text: str = "No.", request_id: int = 0) -> answers.Error:
    return answers.Error(id=asked(request_id), code=code, text=text)


def said(text: str, who: str = "Sam", room: str = "#lobby", **other: Any) -> events.Said:
    return events.Said(room=room, who=who, text=text, **other)


def backlog(*happened: Any, room: str = "#lobby", more: bool = False) -> answers.Backlog:
    return answers.Backlog(room=room, events=list(happened), more=more)


def begun(world: World) -> Conversation:
    """A conversation that shows its menu."""
    talk = Conversation(world, "tcp:test:1", "t")
    talk.start()
    talk.connected()
    return talk


def joined(talk: Conversation, world: World) -> Conversation:
    """The conversation in the chat."""
    talk.typed("1")
    talk.typed("Alex")
    talk.heard(welcome())
    world.shown(), world.sent()
    return talk


def back(chat: Conversation, world: World) -> None:
    """Lose the connection and find it again."""
    chat.lost("", 2.0)
    chat.connected()
    world.shown(), world.sent()


def go_back(chat: Conversation, world: World, away: str | None = None) -> list[dict[str, Any]]:
    """Answer what it asks on the way back; all that it sent, what it said before included."""
    steps: list[dict[str, Any]] = []
    while sent := world.sent():
        steps += sent
        for step in sent:
            if step["type"] in ("join", "switch"):
                chat.heard(answers.Entered(id=step["id"], room=step["room"], **NOBODY))
            elif step["type"] == "whois":
                chat.heard(whois(step["id"], away))
            elif step["type"] in ("quiet", "part", "ignore", "away"):
                chat.heard(answers.Ok(id=step["id"]))
    return steps


def whois(request_id: str, away: str | None) -> answers.Whois:
    return answers.Whois(id=request_id, name="Alex", rooms=[], seconds=1, away=away)


def kinds(requests: list[dict[str, Any]]) -> list[str]:
    return [request["type"] for request in requests]
