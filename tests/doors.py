"""The doors of the behaviour suite: each shows what its guests hear as a person would read it.

A door that comes later joins the suite with one more subclass of `Guest`, added to `DOORS`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from twisted_chat.testing import End, MemoryServer


class Guest(ABC):
    """Somebody at a door, before and after they have a name."""

    def __init__(self, server: MemoryServer, name: str = "") -> None:
        self.server = server
        self.name = name
        self.end: End = server.connect()
        self._heard: list[str] = []
        self._answers: list[str] = []
        self.read()
        self._heard.clear()
        if name:
            self.welcome = self.enter(name)

    @property
    def closed(self) -> bool:
        """Whether the server has closed the connection."""
        self.read()
        return self.end.closed

    @abstractmethod
    def enter(self, name: str) -> str:
        """Ask for a name; the server's answer to that."""

    @abstractmethod
    def do(self, verb: str, /, **fields: str | bool) -> str:
        """Ask for something, its fields in the order of the verb's usage; the answer."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Say something to the current room."""

    @abstractmethod
    def read(self) -> None:
        """Sort what came into what was heard and what was answered."""

    def hears(self) -> list[str]:
        """What was heard since this was last asked, answers aside."""
        self.read()
        heard, self._heard = self._heard, []
        return heard

    def answered(self) -> str:
        """What was answered since then."""
        self.read()
        answers, self._answers = self._answers, []
        return "\n".join(answers)


class Person(Guest):
    """Somebody on nc."""

    def enter(self, name: str) -> str:
        self.end.type(name)
        return self.answered()

    def do(self, verb: str, /, **fields: str | bool) -> str:
        words = (value if isinstance(value, str) else _on(value) for value in fields.values())
        self.end.type(" ".join([f"/{verb}", *words]))
        return self.answered()

    def say(self, text: str) -> None:
        self.end.type(text)

    def read(self) -> None:
        for line in self.end.lines():
            if line.startswith("-> "):
                self._answers.append(line.removeprefix("-> "))
            else:
                self._heard.append(line)


class Program(Guest):
    """A program that sends and reads JSON."""

    def __init__(self, server: MemoryServer, name: str = "") -> None:
        self._id = 0
        self._rooms: list[str] = []
        super().__init__(server, name)

    def enter(self, name: str) -> str:
        return self._ask("hello", v=1, name=name)

    def do(self, verb: str, /, **fields: str | bool) -> str:
        answer = self._ask(verb, **fields)
        if verb == "part":
            self._rooms.remove(str(fields.get("room", self._rooms[-1])))
        return answer

    def say(self, text: str) -> None:
        self._ask("say", text=text)

    def read(self) -> None:
        for said in self.end.objects():
            self._follow(said)
            if "id" in said:
                assert said["id"] == self._id
                self._answers += [line for line in _answer(said).split("\n") if line]
            else:
                self._heard.append(_event(said, self._rooms[-1:]))

    def _follow(self, said: dict[str, Any]) -> None:
        """Keep the rooms that one is in, the one that one looks at at the end.

        Who is removed from a room looks at it still.
        """
        if said["type"] in ("welcome", "entered"):
            self._rooms = [room for room in self._rooms if room != said["room"]]
            self._rooms.append(said["room"])

    def _ask(self, kind: str, /, **fields: object) -> str:
        self._id += 1
        self.end.ask(type=kind, id=self._id, **fields)
        return self.answered()


DOORS: tuple[type[Guest], ...] = (Person, Program)


def _on(value: bool) -> str:
    return "on" if value else "off"


def _event(said: dict[str, Any], current: list[str]) -> str:
    """What a program heard, as a person would read it; an unknown type is a KeyError."""
    line = _EVENTS[said["type"]](said)
    room = said.get("room")
    elsewhere = room is not None and [room] != current and said["type"] != "invited"
    return f"[{room}] {line}" if elsewhere else line


def _answer(said: dict[str, Any]) -> str:
    return _ANSWERS[said["type"]](said)


def _gone(said: dict[str, Any], reason: str) -> str:
    after = f"{said.get('after', 0)} seconds".replace("300 seconds", "5 minutes")
    return f" * {said['who']} left. (After {after})" + (f" - {reason}" if reason else "")


def _kicked(said: dict[str, Any]) -> str:
    reason = f": {said['reason']}" if "reason" in said else ""
    return _gone(said, f"kicked by {said['by']}{reason}")


def _either(said: dict[str, Any], on: str, off: str) -> str:
    return f" * {said['by']} {on if said['on'] else off}"


def _text(said: dict[str, Any]) -> str:
    text: str = said.get("text", "")
    return text


_EVENTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "said": lambda it: f"{it['who']}: {it['text']}",
    "emoted": lambda it: f"** {it['who']} {it['text']}",
    "told": lambda it: f"[PM from {it['who']}] {it['text']}",
    "joined": lambda it: f" * {it['who']}{' (bot)' if it.get('bot') else ''} joined.",
    "left": lambda it: _gone(it, it.get("reason", "")),
    "kicked": _kicked,
    "renamed": lambda it: f" * {it['who']} is now known as {it['to']}.",
    "topic_set": lambda it: (
        f" * {it['who']} set the topic: {it['text']}"
        if it["text"]
        else f" * {it['who']} took the topic away."
    ),
    "opped": lambda it: (
        f" * {it['by']} made {it['who']} an operator."
        if "by" in it
        else f" * {it['who']} is an operator now."
    ),
    "deopped": lambda it: f" * {it['by']} took the operator's rights from {it['who']}.",
    "locked": lambda it: _either(
        it, "locked the topic. Only operators set it.", "unlocked the topic. Everyone may set it."
    ),
    "made_private": lambda it: _either(
        it, "made the room private. Only the invited enter.", "opened the room. Everyone may enter."
    ),
    "invited": lambda it: f" * {it['by']} invites you: /join {it['room']}",
    "went_away": lambda it: (
        f" * {it['who']} is away" + (f": {it['text']}" if "text" in it else ".")
    ),
    "came_back": lambda it: f" * {it['who']} is back.",
    "goodbye": _text,
    "notice": _text,
    "error": _text,
}


def _welcome(said: dict[str, Any]) -> str:
    others = ", ".join(name for name in said["names"] if name != said["name"])
    company = f" with {others}" if others else ". Nobody else is here yet"
    return "\n".join(
        [
            *([said["motd"]] if said["motd"] else []),
            f"You are {said['name']}, in {said['room']}{company}.",
            *([f"Topic: {said['topic']}"] if said["topic"] else []),
            "Say something and press Enter. /help tells more, q leaves.",
        ]
    )


def _entered(said: dict[str, Any]) -> str:
    topic = f"\nTopic: {said['topic']}" if said["topic"] else ""
    return f"You are in {said['room']}: {', '.join(said['names'])}.{topic}"


def _person(said: dict[str, Any]) -> str:
    marks = [mark for mark in ("operator", "bot") if said.get(mark)]
    if "away" in said:
        marks.append(f"away: {said['away']}" if said["away"] else "away")
    return f"{said['name']} ({', '.join(marks)})" if marks else said["name"]


def _whois(said: dict[str, Any]) -> str:
    away = f"away ({said['away']}), " if said.get("away") else ""
    rooms = ", ".join(said["rooms"]) or "no room that you can see"
    return f"{said['name']}: {away}in {rooms}, here for {said['seconds']} seconds."


def _room(said: dict[str, Any]) -> str:
    people = "1 person" if said["people"] == 1 else f"{said['people']} people"
    return f"{said['room']} ({people})" + (f": {said['topic']}" if said["topic"] else "")


def _uptime(said: dict[str, Any]) -> str:
    people = "1 person" if said["people"] == 1 else f"{said['people']} people"
    rooms = "1 room" if said["rooms"] == 1 else f"{said['rooms']} rooms"
    return f"Up for {said['seconds']} seconds. {people} in {rooms}."


def _help(said: dict[str, Any]) -> str:
    width = max(len(verb["usage"]) for verb in said["verbs"])
    return "\n".join(f"{verb['usage']:{width}}  {verb['text']}" for verb in said["verbs"])


def _people(said: dict[str, Any]) -> str:
    people = ", ".join(map(_person, said["people"]))
    return f"{len(said['people'])} in {said['room']}: {people}."


def _topic(said: dict[str, Any]) -> str:
    if not said["topic"]:
        return f"{said['room']} has no topic."
    return f"Topic of {said['room']}: {said['topic']}"


def _ignored(said: dict[str, Any]) -> str:
    return f"You ignore {', '.join(said['names']) or 'nobody'}."


_ANSWERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "ok": _text,
    "error": _text,
    "motd": lambda it: it["text"] or "There is no message of the day.",
    "welcome": _welcome,
    "entered": _entered,
    "people": _people,
    "names": lambda it: f"{len(it['names'])} in the chat: {', '.join(it['names'])}.",
    "rooms": lambda it: "\n".join(map(_room, it["rooms"])),
    "topic": _topic,
    "person": _whois,
    "ignored": _ignored,
    "help": _help,
    "uptime": _uptime,
}
