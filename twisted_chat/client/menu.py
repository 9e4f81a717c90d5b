"""The states outside the chat: connecting, the menu, the name, and the wait at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted_chat import wording
from twisted_chat.answers import Error, Goodbye, Notice, Welcome
from twisted_chat.client.asking import hello, registration
from twisted_chat.client.hearing import Heard
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

ANOTHER_TRY = frozenset({"wrong_password", "too_many_tries", "too_busy"})
"""Why it refuses a password, after which people type it once more."""

HOW_TO_JOIN = """Give a name first; who owns it is asked for the password. q goes back to the menu.
/register NAME PASSWORD [CODE] makes a name your own."""

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
        self.talk.complain(self._why, self._delay, " (q gives up)")

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


class Question(State):
    """Something is asked for that needs no connection yet."""

    def takes(self, line: str | None) -> bool:
        return True

    def lost(self, why: str, delay: float | None) -> None:
        # The next choice that needs a connection makes it again.
        self.talk.disconnect()
        if why:
            self.talk.say(closed(why))


class Menu(Question):
    """The menu."""

    prompt = "Enter your choice: "

    def begin(self) -> None:
        self.talk.say(MENU)

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


class Naming(Question):
    """The question for a name."""

    prompt = "Enter your username: "

    def typed(self, line: str) -> None:
        name = line.strip()
        if name == "q":
            self.talk.say(NOT_JOINED)
            self.talk.to_menu()
        elif name.startswith("/"):
            # No name begins so, and what was meant as a verb may have a password in it.
            self._verb(*name.split())
        elif name:
            self.talk.reach(lambda: self.talk.enter(name))

    def _verb(self, verb: str, *words: str) -> None:
        if verb.casefold() == "/register" and len(words) in (2, 3):
            name, secret, *code = words
            proof = password(secret)
            self.talk.reach(lambda: self.talk.register(name, proof, *code))
        else:
            self.talk.answer(HOW_TO_JOIN)


class Proving(Question):
    """The question for the password of a name; without one, another name is asked for."""

    prompt = "Password: "
    hidden = True

    def __init__(self, talk: Conversation, name: str) -> None:
        super().__init__(talk)
        self._name = name

    def begin(self) -> None:
        self.talk.answer(f"{self._name} needs a password. Enter alone asks for another name.")

    def typed(self, line: str) -> None:
        if line:
            self.talk.reach(lambda: self.talk.enter(self._name, password(line)))
        else:
            self.talk.to_naming()


class Entering(State):
    """The server was asked for a name and has not answered."""

    _begins = "Joining the chat"

    def __init__(self, talk: Conversation, name: str, proof: Proof = NO_PROOF) -> None:
        super().__init__(talk)
        self._name = name
        self._proof = proof

    def begin(self) -> None:
        self.talk.say(f"{self._begins} as {self._name}...")
        try:
            self.talk.outside.send(self._hello())
        except TooLong as why:
            self._refused(why.text)

    def heard(self, heard: Heard) -> None:
        match heard:
            case Welcome():
                self._welcomed(heard)
            case Error(code="version"):
                self.talk.answer(heard.text)
                self.talk.exit(1)
            case Error(code=code) if code in NEEDS_PROOF and self._may_ask:
                self.talk.prove(self._name)
            case Error(code=code) if code in ANOTHER_TRY and self._may_ask_again:
                self.talk.answer(heard.text)
                self.talk.prove(self._name)
            case Error():
                self._refused(heard.text)
            case Notice() | Goodbye():
                self.talk.answer(heard.text)

    def _hello(self) -> bytes:
        return hello(self._name, self._proof)

    @property
    def _may_ask(self) -> bool:
        return not self._proof and not self.talk.unattended

    @property
    def _may_ask_again(self) -> bool:
        """Whether a password may come next: as a name it would be told to everybody."""
        return self._proof.kind == "password" and not self.talk.unattended

    def _refused(self, why: str) -> None:
        self.talk.answer(why)
        self.talk.name_again()

    def _welcomed(self, welcome: Welcome) -> None:
        if welcome.topic or welcome.motd or welcome.more or len(welcome.names) > 1:
            self.talk.answer(wording.reply(welcome))
        if len(welcome.rooms) > 1:
            self.talk.answer(f"You are in {', '.join(welcome.rooms)}.")
        self.talk.chat(Presence.of(welcome, self._proof))
        if self.talk.room:
            self.talk.typed(f"/join {self.talk.room}")

    def lost(self, why: str, delay: float | None) -> None:
        words = closed(why) if why else "The connection was lost."
        self.talk.keep_trying(words, delay, self._begin_again)

    def _begin_again(self) -> None:
        self.talk.enter(self._name, self._proof)


class Registering(Entering):
    """The server was asked for a name that is to be one's own from then on."""

    _begins = "Registering"

    def __init__(self, talk: Conversation, name: str, proof: Proof, code: str) -> None:
        super().__init__(talk, name, proof)
        self._code = code

    def _hello(self) -> bytes:
        return registration(self._name, self._proof, self._code)

    def _begin_again(self) -> None:
        self.talk.register(self._name, self._proof, self._code)

    @property
    def _may_ask_again(self) -> bool:
        """There is no password yet that could be another."""
        return False


def closed(why: str) -> str:
    """Words for a connection that the server closed."""
    return f"The server closed the connection: {why}"


def unreachable(where: str, why: str) -> str:
    """Words for a server that is not there."""
    return f"Cannot reach the server at {where}: {why}"
