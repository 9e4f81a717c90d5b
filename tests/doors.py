"""The doors of the behaviour suite: each shows what its guests hear as a person would read it.

A door that comes later joins the suite with one more subclass of `Guest`, added to `DOORS`.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from twisted_chat.testing import End, MemoryServer


class Guest(ABC):
    """Somebody at a door, before and after they have a name."""

    def __init__(self, server: MemoryServer, name: str = "", host: str = "127.0.0.1") -> None:
        self.server = server
        self.name = name
        self.end = self.connect(host)
        self._heard: list[str] = []
        self._answers: list[str] = []
        self.read()
        self._heard.clear()
        if name:
            self.welcome = self.enter(name)

    def connect(self, host: str) -> End:
        """A connection through the door."""
        return self.server.connect(host)

    def saying(self, text: str) -> bytes:
        """The bytes that say something, for a test that sends much in one piece."""
        return self.end.as_sent(text)

    @property
    def closed(self) -> bool:
        """Whether the server has closed the connection."""
        self.read()
        return self.end.closed

    @abstractmethod
    def enter(self, name: str) -> str:
        """Ask for a name; the server's answer to that."""

    @abstractmethod
    def prove(self, name: str, password: str) -> str:
        """Ask for a name that one owns, with its password; the server's answer to that."""

    @abstractmethod
    def register(self, name: str, password: str, code: str = "") -> str:
        """Ask for a name that is to be one's own; the server's answer to that."""

    @abstractmethod
    def do(self, verb: str, /, **fields: str | int) -> str:
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

    def prove(self, name: str, password: str) -> str:
        self.end.type(name, password)
        return self.answered()

    def register(self, name: str, password: str, code: str = "") -> str:
        self.end.type(f"/register {name} {password} {code}")
        return self.answered()

    def do(self, verb: str, /, **fields: str | int) -> str:
        words = map(_word, fields.values())
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

    def __init__(self, server: MemoryServer, name: str = "", host: str = "127.0.0.1") -> None:
        self._id = 0
        self._rooms: list[str] = []
        super().__init__(server, name, host)

    def enter(self, name: str) -> str:
        return self._ask("hello", v=1, name=name)

    def prove(self, name: str, password: str) -> str:
        return self._ask("hello", v=1, name=name, password=password)

    def register(self, name: str, password: str, code: str = "") -> str:
        also = {"code": code} if code else {}
        return self._ask("hello", v=1, name=name, register=True, password=password, **also)

    def do(self, verb: str, /, **fields: str | int) -> str:
        answer = self._ask(verb.replace("-", "_"), **fields)
        if verb == "part":
            self._rooms.remove(str(fields.get("room", self._rooms[-1])))
        return answer

    def say(self, text: str) -> None:
        self._ask("say", text=text)

    def saying(self, text: str) -> bytes:
        return self.end.as_sent(json.dumps({"type": "say", "text": text}))

    def read(self) -> None:
        for said in self.end.objects():
            self._follow(said)
            if said["type"] in _PAST:
                lines = _PAST[said["type"]](said, self._rooms[-1:])
                self._answers += [line[3:] for line in lines if line.startswith("-> ")]
                self._heard += [line for line in lines if not line.startswith("-> ")]
            elif "id" in said:
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


class Browser(Program):
    """The page in a browser: a program on a WebSocket.

    It asks for no echo here, so that one hears the same at every door.
    """

    def connect(self, host: str) -> End:
        return self.server.web_socket(host)


DOORS: tuple[type[Guest], ...] = (Person, Program, Browser)


def _word(value: str | int) -> str:
    """A field as a person types it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _event(said: dict[str, Any], current: list[str]) -> str:
    """What a program heard, as a person would read it; an unknown type is a KeyError."""
    line = _EVENTS[said["type"]](said)
    room = said.get("room")
    elsewhere = room is not None and [room] != current and said["type"] != "invited"
    return f"[{'server' if room == '*' else room}] {line}" if elsewhere else line


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


def _term(said: dict[str, Any]) -> str:
    until = f" {_until(said)}" if said.get("until") else ""
    return f"{until}: {said['reason']}" if "reason" in said else f"{until}."


def _until(said: dict[str, Any]) -> str:
    """The whole minute by which it is over; in these tests it is never midnight."""
    if not said.get("until"):
        return "for good"
    end = _when(said["until"] + 59.999)
    begin = _when(said.get("since", said.get("time", 0.0)))
    return f"until {end[11:] if end[:10] == begin[:10] else end}"


def _owned(by: str | None, who: str | None) -> str:
    if by is None:
        return " * The room belongs to nobody now: the account of its owner is no more."
    if who is None:
        return f" * {by} gave the room up. It belongs to nobody."
    return f" * The room belongs to {who} now." if by == who else f" * {by} gave the room to {who}."


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
    "deopped": lambda it: (
        f" * {it['who']} is no operator any more."
        if it["by"] == it["who"]
        else f" * {it['by']} took the operator's rights from {it['who']}."
    ),
    "locked": lambda it: _either(
        it, "locked the topic. Only operators set it.", "unlocked the topic. Everyone may set it."
    ),
    "made_private": lambda it: _either(
        it, "made the room private. Only the invited enter.", "opened the room. Everyone may enter."
    ),
    "voiced": lambda it: f" * {it['by']} gave {it['who']} a voice.",
    "devoiced": lambda it: f" * {it['by']} took the voice from {it['who']}.",
    "moderated": lambda it: _either(
        it,
        "made the room moderated: operators speak, and who has a voice.",
        "let everyone speak.",
    ),
    "owned": lambda it: _owned(it.get("by"), it.get("who")),
    "banned": lambda it: f" * {it['by']} banned {it['who']}{_term(it)}",
    "unbanned": lambda it: f" * {it['by']} lifted the ban on {it['who']}.",
    "muted": lambda it: f" * {it['by']} muted {it['who']}{_term(it)}",
    "unmuted": lambda it: f" * {it['by']} let {it['who']} speak again.",
    "slowed": lambda it: (
        f" * {it['by']} slowed the room: one line every {it['seconds']}s."
        if "seconds" in it
        else f" * {it['by']} ended the slow mode."
    ),
    "locked_down": lambda it: _either(
        it,
        "locked the server down: no new guests, and only accounts speak.",
        "ended the lockdown.",
    ),
    "filtered": lambda it: f' * {it["by"]} filters "{it["pattern"]}".',
    "unfiltered": lambda it: f' * {it["by"]} filters "{it["pattern"]}" no more.',
    "retained": lambda it: (
        f" * {it['by']} has what is said here forgotten after {it['seconds'] // 86400}d."
        if "seconds" in it
        else f" * {it['by']} has all that is said here kept."
    ),
    "deleted": lambda it: f" * {it['by']} deleted message {it['of']} of {it['who']}.",
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
            *([_retained(said)] if "retention" in said else []),
            "Say something and press Enter. /help tells more, q leaves.",
        ]
    )


def _entered(said: dict[str, Any]) -> str:
    topic = f"\nTopic: {said['topic']}" if said["topic"] else ""
    retained = f"\n{_retained(said)}" if "retention" in said else ""
    return f"You are in {said['room']}: {', '.join(said['names'])}.{topic}{retained}"


def _retained(said: dict[str, Any]) -> str:
    return f"What is said here is forgotten after {said['retention'] // 86400}d."


def _person(said: dict[str, Any]) -> str:
    marks = [mark for mark in ("operator", "voice", "bot") if said.get(mark)]
    if "away" in said:
        marks.append(f"away: {said['away']}" if said["away"] else "away")
    return f"{said['name']} ({', '.join(marks)})" if marks else said["name"]


def _whois(said: dict[str, Any]) -> str:
    away = f"away ({said['away']}), " if said.get("away") else ""
    rooms = ", ".join(said["rooms"]) or "no room that you can see"
    origin = f", from {', '.join(said['addresses'])}" if said.get("addresses") else ""
    return f"{said['name']}: {away}in {rooms}, here for {said['seconds']} seconds{origin}."


def _room(said: dict[str, Any]) -> str:
    people = "1 person" if said["people"] == 1 else f"{said['people']} people"
    return f"{said['room']} ({people})" + (f": {said['topic']}" if said["topic"] else "")


def _uptime(said: dict[str, Any]) -> str:
    people = "1 person" if said["people"] == 1 else f"{said['people']} people"
    rooms = "1 room" if said["rooms"] == 1 else f"{said['rooms']} rooms"
    return f"Up for {said['seconds']} seconds. {people} in {rooms}."


def _help(said: dict[str, Any]) -> str:
    width = max(len(verb["usage"]) for verb in said["verbs"])
    lines = []
    for verb in said["verbs"]:
        lines += [f"{verb['usage']:{width}}  {verb['text']}", *verb.get("more", [])]
    return "\n".join(lines)


def _people(said: dict[str, Any]) -> str:
    people = ", ".join(map(_person, said["people"]))
    return f"{len(said['people'])} in {said['room']}: {people}."


def _topic(said: dict[str, Any]) -> str:
    if not said["topic"]:
        return f"{said['room']} has no topic."
    return f"Topic of {said['room']}: {said['topic']}"


def _ruling(what: str, room: str, line: dict[str, Any]) -> str:
    reason = f": {line['reason']}" if line["reason"] else "."
    return f"{line['who']} is {what} {_place(room)} {_until(line)}, by {line['by']}{reason}"


def _place(room: str) -> str:
    return "this server" if room == "*" else room


def _ignored(said: dict[str, Any]) -> str:
    return f"You ignore {', '.join(said['names']) or 'nobody'}."


def _tokens(said: dict[str, Any]) -> str:
    lines = [
        f"{token['name']}: made on {_when(token['since'])}, "
        + (f"used last on {_when(token['used'])}." if token["used"] else "never used.")
        for token in said["tokens"]
    ]
    return "\n".join(lines) or "You have no tokens. /token NAME makes one."


def _when(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M}"


def _missed(said: dict[str, Any], current: list[str]) -> list[str]:
    """What happened while one was not here; what the server says of it begins with an arrow."""
    lines = []
    for news in said["rooms"]:
        place = "private" if news["room"] == "@" else news["room"]
        calls = "mentions" if news["mentions"] == 1 else "mention"
        mentions = f", {news['mentions']} {calls} you" if news["mentions"] else ""
        lines.append(f"-> {news['new']} new in {place}{mentions}.")
    lines += _dated(said["told"] + said["mentions"], current)
    return [*lines, "-> /missed shows the rest."] if said["more"] else lines


def _found(said: dict[str, Any], current: list[str]) -> list[str]:
    lines = _dated(said["events"], current, numbered=True) or ["-> Nothing was found."]
    return [*lines, f"-> More: {said['next']}"] if said["next"] else lines


def _filter_test(said: dict[str, Any], current: list[str]) -> list[str]:
    stopped = f"{len(said['events'])} of the last {said['of']} messages"
    lines = _dated(said["events"], current, numbered=True)
    return [*lines, f"-> It would have stopped {stopped}."]


def _history(said: dict[str, Any], current: list[str]) -> list[str]:
    lines = _dated(said["events"], current, numbered=True) or ["-> There is nothing."]
    left = [
        f"{new} in {room.replace('@', 'private')}" for room, new in said.get("left", {}).items()
    ]
    where = f" ({', '.join(left)})" if left else ""
    return [*lines, f"-> More: {said['next']}{where}"] if said.get("next") else lines


def _dated(events: list[dict[str, Any]], current: list[str], numbered: bool = False) -> list[str]:
    lines, day = [], ""
    for event in events:
        if _when(event["time"])[:10] != day:
            day = _when(event["time"])[:10]
            lines.append(f"-> {day}")
        line = _event(event, current)
        if event["type"] == "told":
            line = line.replace("]", f" to {event['to']}]", 1)
        number = f"{event['seq']} " if numbered else ""
        lines.append(f"{number}[{_when(event['time'])[11:]}] {line}")
    return lines


_PAST: dict[str, Callable[[dict[str, Any], list[str]], list[str]]] = {
    "missed": _missed,
    "history": _history,
    "found": _found,
    "audit": _history,
    "filter_test": _filter_test,
}

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
    "tokens": _tokens,
    "bans": lambda it: (
        "\n".join(
            [
                *(_ruling("banned from", it["room"], line) for line in it["bans"]),
                *(
                    _ruling("muted on" if it["room"] == "*" else "muted in", it["room"], line)
                    for line in it["mutes"]
                ),
            ]
        )
        or f"Nobody is banned from {_place(it['room'])}, or muted there."
    ),
    "filters": lambda it: (
        "\n".join(f'"{line["pattern"]}" (by {line["by"]})' for line in it["filters"])
        or f"Everything may be said in {_place(it['room'])}."
    ),
    "owner": lambda it: f"{it['room']} belongs to {it['owner'] or 'nobody'}.",
    "help": _help,
    "uptime": _uptime,
}
