"""The states after a lost connection: until one is in the same rooms under the same name again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted_chat.answers import Answer, Error, Goodbye, Notice, Welcome
from twisted_chat.client.asking import Asked, Unanswered, hello
from twisted_chat.client.bounds import NAME_SECONDS, NAME_TRIES
from twisted_chat.client.chatting import CLOSED, LEAVING, Inside
from twisted_chat.client.hearing import Heard
from twisted_chat.client.menu import again, unreachable
from twisted_chat.client.presence import Presence, field_of, verb_of
from twisted_chat.client.state import State
from twisted_chat.verbs import TABLE

if TYPE_CHECKING:
    from twisted_chat.client.conversation import Conversation


class Away(State):
    """Out of the chat against one's will: what is typed waits, but for ``q``."""

    prompt = "You: "

    def __init__(self, talk: Conversation, presence: Presence) -> None:
        super().__init__(talk)
        self.presence = presence

    def takes(self, line: str | None) -> bool:
        return line is None or self.urgent(line)

    def urgent(self, line: str) -> bool:
        return line.strip() == "q"

    def typed(self, line: str) -> None:
        self._give_up()
        self.talk.to_menu()

    def ended(self) -> None:
        self._give_up()
        self.talk.exit()

    def interrupted(self, seconds: float) -> None:
        self.ended()

    def _give_up(self) -> None:
        self.talk.say(LEAVING)
        self.talk.disconnect()
        self.talk.say(CLOSED)


class Lost(Away):
    """The connection broke, and is being made again."""

    def __init__(
        self, talk: Conversation, presence: Presence, why: str, delay: float, tries: int = 0
    ) -> None:
        super().__init__(talk, presence)
        self._why = why
        self._delay = delay
        self._tries = tries

    def begin(self) -> None:
        self.talk.say(f"{loss(self._why)} {again(self._delay)} (q gives up)")

    def connected(self) -> None:
        self.talk.come_back(self.presence, self._tries)

    def failed(self, why: str, delay: float | None) -> None:
        words = unreachable(self.talk.where, why)
        if delay is None:
            self.talk.give_up(words)
        else:
            self.talk.say(f"{words} {again(delay)}")


class Returning(Away):
    """Asking for the name that one had.

    The server may not have noticed yet that its last holder is gone: then it is asked again.
    """

    def __init__(self, talk: Conversation, presence: Presence, tries: int) -> None:
        super().__init__(talk, presence)
        self._tries = tries

    def begin(self) -> None:
        self.talk.outside.send(hello(self.presence.name))

    def heard(self, heard: Heard) -> None:
        match heard:
            case Welcome():
                self.talk.rejoin(self.presence, heard.room)
            case Error(code="name_taken") if self._tries < NAME_TRIES:
                self._wait()
            case Error():
                self.talk.answer(heard.text)
                self.talk.to_naming()
            case Notice() | Goodbye():
                self.talk.answer(heard.text)

    def _wait(self) -> None:
        if not self._tries:
            self.talk.say(f"The server still holds the name {self.presence.name}. Asking again...")
        self._tries += 1
        self.talk.wake_in(NAME_SECONDS)

    def woke(self) -> None:
        self.begin()

    def lost(self, why: str, delay: float | None) -> None:
        self.talk.lose(self.presence, why, delay, self._tries)


class Rejoining(Inside):
    """Entering the rooms again in which one was, one by one, the current one last."""

    prompt = "You: "

    def __init__(self, talk: Conversation, presence: Presence, lobby: str) -> None:
        super().__init__(talk, presence, Unanswered())
        self._steps = steps_back(presence, lobby)

    def begin(self) -> None:
        if self._steps:
            request = TABLE.parse(self._steps.pop(0))
            self.talk.outside.send(self.unanswered.ask(request))
            return
        rooms = ", ".join(self.presence.rooms) or "no room"
        self.talk.say(f"You are {self.presence.name} again, in {rooms}.")
        self.talk.chat(self.presence, self.unanswered)

    def tell_answer(self, asked: Asked | None, answer: Answer) -> None:
        if isinstance(answer, Error):
            super().tell_answer(asked, answer)
            if asked is not None and verb_of(asked.request) == "join":
                self.presence.leave(str(field_of(asked.request, "room")))
        self.begin()


def steps_back(presence: Presence, lobby: str) -> list[str]:
    """What to type to be back in the rooms, for one who is in the lobby alone."""
    others = [room for room in presence.rooms if room not in (lobby, presence.current)]
    steps = [f"/join {room}" for room in others]
    if presence.current not in ("", lobby):
        steps.append(f"/join {presence.current}")
    elif others:
        steps.append(f"/switch {lobby}")
    if presence.quiet:
        steps.append("/quiet on")
    if lobby not in presence.rooms:
        steps.append(f"/part {lobby}")
    return steps


def loss(why: str) -> str:
    """Words for a broken connection."""
    return f"Connection lost: {why}" if why else "Connection lost."
