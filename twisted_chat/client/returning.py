"""The states after a lost connection, until one has the same name again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted_chat.answers import Error, Goodbye, Notice, Welcome
from twisted_chat.client.asking import Unanswered, hello
from twisted_chat.client.bounds import NAME_SECONDS, NAME_TRIES
from twisted_chat.client.chatting import CLOSED, LEAVING
from twisted_chat.client.hearing import Heard
from twisted_chat.client.menu import unreachable
from twisted_chat.client.presence import Presence
from twisted_chat.client.state import State

if TYPE_CHECKING:
    from twisted_chat.client.conversation import Conversation

BUSY = frozenset({"too_busy", "too_many_tries"})
"""Why the server looks at no password now: when it was started anew, all come back at once."""


class Away(State):
    """Out of the chat against one's will: what is typed waits, but for ``q``."""

    prompt = "You: "

    def __init__(self, talk: Conversation, presence: Presence, unanswered: Unanswered) -> None:
        super().__init__(talk)
        self.presence = presence
        self.unanswered = unanswered

    def takes(self, line: str | None) -> bool:
        # Nobody who only sends lines wants to give up those that are on their way.
        return not self.unanswered if line is None else self.urgent(line)

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
        self.talk.doubt(self.unanswered.give_up())
        self.talk.say(CLOSED)


class Lost(Away):
    """The connection broke, and is being made again."""

    def __init__(
        self,
        talk: Conversation,
        presence: Presence,
        unanswered: Unanswered,
        why: str,
        delay: float,
        tries: int = 0,
    ) -> None:
        super().__init__(talk, presence, unanswered)
        self._why = why
        self._delay = delay
        self._tries = tries

    def begin(self) -> None:
        self.talk.complain(loss(self._why), self._delay, " (q gives up)")

    def connected(self) -> None:
        self.talk.come_back(self.presence, self.unanswered, self._tries)

    def failed(self, why: str, delay: float | None) -> None:
        words = unreachable(self.talk.where, why)
        if delay is None:
            self.talk.doubt(self.unanswered.give_up())
            self.talk.give_up(words)
        else:
            self.talk.complain(words, delay)


class Returning(Away):
    """Asking for the name that one had.

    The server may not have noticed yet that its last holder is gone, or have many to let in: then
    it is asked again.
    """

    def __init__(
        self, talk: Conversation, presence: Presence, unanswered: Unanswered, tries: int
    ) -> None:
        super().__init__(talk, presence, unanswered)
        self._tries = tries

    def begin(self) -> None:
        me = self.presence
        self.talk.outside.send(hello(me.name, me.proof, me.progress.seen))

    def heard(self, heard: Heard) -> None:
        match heard:
            case Welcome():
                self.talk.rejoin(self.presence, self.unanswered, heard)
            case Error(code=code) if self._may_pass(code) and self._tries < NAME_TRIES:
                self._wait(heard)
            case Error():
                self.talk.answer(heard.text)
                self.talk.turned_away(self.unanswered)
            case Notice() | Goodbye():
                self.talk.answer(heard.text)

    def _may_pass(self, code: str) -> bool:
        return code == "name_taken" or code in BUSY

    def _wait(self, why: Error) -> None:
        if not self._tries and why.code in BUSY:
            self.talk.answer(why.text)
        elif not self._tries:
            self.talk.say(f"The server still holds the name {self.presence.name}. Asking again...")
        self._tries += 1
        self.talk.wake_in(NAME_SECONDS)

    def woke(self) -> None:
        self.begin()

    def lost(self, why: str, delay: float | None) -> None:
        if delay is None:
            self.talk.doubt(self.unanswered.give_up())
        self.talk.lose(self.presence, self.unanswered, why, delay, self._tries)


def loss(why: str) -> str:
    """Words for a broken connection."""
    return f"Connection lost: {why}" if why else "Connection lost."
