"""The states outside the chat: connecting, the menu, the name, and the wait at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted_chat import wording
from twisted_chat.answers import Error, Goodbye, Notice, Welcome
from twisted_chat.client.asking import hello
from twisted_chat.client.hearing import Heard
from twisted_chat.client.learning import learn_from_answer
from twisted_chat.client.presence import Presence
from twisted_chat.client.proof import NO_PROOF, Proof, password
from twisted_chat.client.state import State
from twisted_chat.refused import TooLong

if TYPE_CHECKING:
    from twisted_chat.client.conversation import Conversation

MENU = """1. Join the chat
q. Leave the chat
2. Exit the program"""

NEEDS_PROOF = frozenset({"name_owned", "guests_not_allowed"})
"""Why the server gives a name to nobody who proves nothing."""

NOT_JOINED = "You have not joined the chat."


class Connecting(State):
    """The first attempt to reach the server."""

    def __init__(self, talk: Conversation, then: Callable[[], None]) -> None:
        super().__init__(talk)
        self._then = then

    def begin(self) -> None:
        self.talk.outside.connect()

    def takes(self, line: str | None) -> bool:
        return line is None

    def connected(self) -> None:
        self._then()

    def failed(self, why: str, delay: float | None) -> None:
        self.talk.keep_trying(unreachable(self.talk.where, why), delay, self._then)


class Retrying(Connecting):
    """The server is not there, and is tried again and again."""

    def __init__(
        self, talk: Conversation, then: Callable[[], None], why: str, delay: float
    ) -> None:
        super().__init__(talk, then)
        self._why = why
        self._delay = delay

    def begin(self) -> None:
        self.talk.say(f"{self._why} {again(self._delay)} (q gives up)")

    def takes(self, line: str | None) -> bool:
        return line is None or self.urgent(line)

    def urgent(self, line: str) -> bool:
        return line.strip() in ("q", "2")

    def typed(self, line: str) -> None:
        self.talk.disconnect()
        if line.strip() == "2":
            self.talk.exit()
        else:
            self.talk.to_menu()


class Menu(State):
    """The menu."""

    prompt = "Enter your choice: "

    def begin(self) -> None:
        self.talk.say(MENU)

    def takes(self, line: str | None) -> bool:
        return True

    def typed(self, line: str) -> None:
        match line.strip():
            case "1":
                self.talk.reach(self.talk.to_naming)
            case "2":
                self.talk.exit()
            case "q":
                self._again(NOT_JOINED)
            case _:
                self._again("Please enter 1, q or 2.")

    def _again(self, word: str) -> None:
        self.talk.say(word)
        self.begin()

    def lost(self, why: str, delay: float | None) -> None:
        not_needed(self.talk, why)


class Naming(State):
    """The question for a name."""

    prompt = "Enter your username: "

    def takes(self, line: str | None) -> bool:
        return True

    def typed(self, line: str) -> None:
        name = line.strip()
        if name == "q":
            self.talk.say(NOT_JOINED)
            self.talk.to_menu()
        elif name:
            self.talk.reach(lambda: self.talk.enter(name))

    def lost(self, why: str, delay: float | None) -> None:
        not_needed(self.talk, why)


class Proving(State):
    """The question for the password of a name; without one, another name is asked for."""

    prompt = "Password: "
    hidden = True

    def __init__(self, talk: Conversation, name: str) -> None:
        super().__init__(talk)
        self._name = name

    def begin(self) -> None:
        self.talk.answer(f"{self._name} needs a password. Enter alone asks for another name.")

    def takes(self, line: str | None) -> bool:
        return True

    def typed(self, line: str) -> None:
        if line:
            self.talk.reach(lambda: self.talk.enter(self._name, password(line)))
        else:
            self.talk.to_naming()

    def lost(self, why: str, delay: float | None) -> None:
        not_needed(self.talk, why)


class Entering(State):
    """The server was asked for a name and has not answered."""

    def __init__(self, talk: Conversation, name: str, proof: Proof = NO_PROOF) -> None:
        super().__init__(talk)
        self._name = name
        self._proof = proof

    def begin(self) -> None:
        self.talk.say(f"Joining the chat as {self._name}...")
        try:
            self.talk.outside.send(hello(self._name, self._proof))
        except TooLong as why:
            self._refused(why.text)

    def heard(self, heard: Heard) -> None:
        match heard:
            case Welcome():
                self._welcomed(heard)
            case Error(code="version"):
                self.talk.answer(heard.text)
                self.talk.exit(1)
            case Error(code=code) if code in NEEDS_PROOF and not self._proof:
                self.talk.prove(self._name)
            case Error():
                self._refused(heard.text)
            case Notice() | Goodbye():
                self.talk.answer(heard.text)

    def _refused(self, why: str) -> None:
        self.talk.answer(why)
        self.talk.to_naming()

    def _welcomed(self, welcome: Welcome) -> None:
        if welcome.topic or welcome.motd or welcome.more or len(welcome.names) > 1:
            self.talk.answer(wording.reply(welcome))
        if len(welcome.rooms) > 1:
            self.talk.answer(f"You are in {', '.join(welcome.rooms)}.")
        learn_from_answer(self.talk, welcome)
        self.talk.chat(Presence.of(welcome, self._proof))
        if self.talk.room:
            self.talk.typed(f"/join {self.talk.room}")

    def lost(self, why: str, delay: float | None) -> None:
        words = f"The server closed the connection: {why}" if why else "The connection was lost."
        self.talk.keep_trying(words, delay, lambda: self.talk.enter(self._name, self._proof))


def not_needed(talk: Conversation, why: str) -> None:
    """The connection went while nobody used it; the next choice that needs one makes it again."""
    talk.disconnect()
    if why:
        talk.say(f"The server closed the connection: {why}")


def unreachable(where: str, why: str) -> str:
    """Words for a server that is not there."""
    return f"Cannot reach the server at {where}: {why}"


def again(delay: float) -> str:
    """Words for a pause before the next attempt."""
    return f"Trying again in {wording.duration(max(1, round(delay)))}."
