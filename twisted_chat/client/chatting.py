"""The states in the chat: chatting, and the ways out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted_chat import answers, events, wording
from twisted_chat.answers import Answer, Goodbye, Notice
from twisted_chat.client.asking import Asked, Unanswered, fitting, goodbye
from twisted_chat.client.bounds import LEAVE_SECONDS
from twisted_chat.client.hearing import Heard
from twisted_chat.client.presence import Presence, verb_of
from twisted_chat.client.state import State
from twisted_chat.client.telling import told
from twisted_chat.events import Event
from twisted_chat.refused import Refused
from twisted_chat.verbs import TABLE, Request

if TYPE_CHECKING:
    from twisted_chat.client.conversation import Conversation

QUIT = goodbye()
LEAVING = "Leaving the chat..."
CLOSED = "Connection closed."


class Inside(State):
    """In the chat: what the server says is shown, and followed."""

    def __init__(self, talk: Conversation, presence: Presence, unanswered: Unanswered) -> None:
        super().__init__(talk)
        self.presence = presence
        self.unanswered = unanswered

    def heard(self, heard: Heard) -> None:
        match heard:
            case Answer():
                self._answered(heard)
            case Event():
                self._happened(heard)
            case Notice() | Goodbye():
                self.talk.answer(heard.text)

    def _answered(self, answer: Answer) -> None:
        asked = self.unanswered.answered(answer)
        if asked is not None:
            self.presence.answered(asked.request, answer)
        learn_from_answer(self.talk, answer)
        self.tell_answer(asked, answer)

    def tell_answer(self, asked: Asked | None, answer: Answer) -> None:
        """Show the answer."""
        self.talk.answer(wording.reply(answer))

    def _happened(self, event: Event) -> None:
        learn_from_event(self.talk, event)
        if self.presence.is_news(event):
            self.talk.outside.show(told(event, self.presence))
            self.presence.happened(event)

    def lost(self, why: str, delay: float | None) -> None:
        self.talk.doubt(self.unanswered.lines)
        self.talk.lose(self.presence, why, delay)

    def interrupted(self, seconds: float) -> None:
        self.talk.leave(self.unanswered, self.talk.exit, seconds=seconds)


class Chatting(Inside):
    """In the chat, and typing."""

    prompt = "You: "

    def takes(self, line: str | None) -> bool:
        return not self.unanswered.full

    def typed(self, line: str) -> None:
        if line.strip() == "q":
            self.talk.leave(self.unanswered, self.talk.to_menu)
        elif line.strip():
            try:
                self._ask(TABLE.parse(line), line)
            except Refused as why:
                self.talk.answer(why.text)

    def _ask(self, request: Request, line: str) -> None:
        if verb_of(request) == "quit":
            last = fitting(TABLE.encode(request, 0))
            self.talk.leave(self.unanswered, self.talk.to_menu, quit_line=last)
        else:
            self.talk.outside.send(self.unanswered.ask(request, line))

    def ended(self) -> None:
        self.talk.finish(self.presence, self.unanswered)


class Finishing(Inside):
    """Input ended: what was typed is still being answered."""

    def begin(self) -> None:
        self.talk.wake_in(LEAVE_SECONDS)
        self._look()

    def heard(self, heard: Heard) -> None:
        super().heard(heard)
        self._look()

    def _look(self) -> None:
        if not self.unanswered:
            self.woke()

    def woke(self) -> None:
        self.talk.leave(self.unanswered, self.talk.exit)

    def lost(self, why: str, delay: float | None) -> None:
        self.talk.doubt(self.unanswered.lines)
        self.talk.give_up(CLOSED)


class Leaving(State):
    """The server was asked to let go."""

    def __init__(
        self,
        talk: Conversation,
        unanswered: Unanswered,
        then: Callable[[], None],
        quit_line: bytes,
        seconds: float,
    ) -> None:
        super().__init__(talk)
        self._unanswered = unanswered
        self._then = then
        self._quit_line = quit_line
        self._seconds = seconds

    def begin(self) -> None:
        self.talk.say(LEAVING)
        self.talk.outside.send(self._quit_line)
        self.talk.wake_in(self._seconds)

    def heard(self, heard: Heard) -> None:
        if isinstance(heard, Answer) and heard.id != 0:
            self._unanswered.answered(heard)
            self.talk.answer(wording.reply(heard))

    def lost(self, why: str, delay: float | None) -> None:
        self.woke()

    def woke(self) -> None:
        self.talk.disconnect()
        self.talk.doubt(self._unanswered.lines)
        self.talk.say(CLOSED)
        self._then()


def learn_from_answer(talk: Conversation, answer: Answer) -> None:
    """Remember what the answer names, for Tab."""
    match answer:
        case answers.Entered():
            talk.known.names.add(answer.names)
            talk.known.rooms.add([answer.room])
        case answers.Names():
            talk.known.names.add(answer.names)
        case answers.People():
            talk.known.names.add(person.name for person in answer.people)
        case answers.Rooms():
            talk.known.rooms.add(line.room for line in answer.rooms)


def learn_from_event(talk: Conversation, event: Event) -> None:
    """Remember, or forget, what the event names, for Tab."""
    match event:
        case events.Left(room=""):
            talk.known.names.drop(event.who)
        case events.Renamed():
            talk.known.names.drop(event.who)
            talk.known.names.add([event.to])
        case events.Invited():
            talk.known.names.add([event.by])
            talk.known.rooms.add([event.room])
        case events.Joined() | events.Said() | events.Told() | events.Emoted():
            talk.known.names.add([event.who])
