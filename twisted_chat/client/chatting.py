"""The states in the chat: chatting, and the ways out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twisted_chat import answers, wording
from twisted_chat.answers import Answer, Backlog, Goodbye, Missed, Notice
from twisted_chat.client.asking import Asked, Unanswered, fitting, goodbye
from twisted_chat.client.bounds import LEAVE_SECONDS
from twisted_chat.client.hearing import Heard
from twisted_chat.client.presence import Presence
from twisted_chat.client.private import public
from twisted_chat.client.requests import addressed, verb_of
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
            case Backlog():
                self._recalled(heard)
            case Missed():
                self._missed(heard)
            case Notice() | Goodbye():
                self.talk.answer(heard.text)

    def _answered(self, answer: Answer) -> None:
        asked = self.unanswered.answered(answer)
        if asked is not None:
            self.follow(asked, answer)
        self.tell_answer(asked, answer)
        if isinstance(answer, answers.Error):
            if answer.code == "not_entered":
                self.turned_away()
        elif asked is not None and verb_of(asked.request) == "logout":
            self.talk.doubt(self.unanswered.give_up())
            self.talk.to_naming()

    def follow(self, asked: Asked, answer: Answer) -> None:
        """Note what the answer means for where one is."""
        self.presence.answered(asked.request, answer)

    def tell_answer(self, asked: Asked | None, answer: Answer) -> None:
        """Show the answer, and which line it is about where that was typed long ago."""
        if isinstance(answer, answers.Ignored) and not answer.more:
            answer = replace(answer, names=self.presence.ignoring.added_to(answer.names))
        self.talk.reply(answer, self.presence.current)
        if isinstance(answer, answers.Error) and asked is not None and asked.repeated:
            self.talk.show([f"  {asked.line}"])

    def turned_away(self) -> None:
        """The server wants another name now."""
        self.talk.turned_away(self.unanswered)

    def _happened(self, event: Event) -> None:
        if self.presence.wants(event):
            for line in told(event, self.presence):
                self.talk.outside.show(line)
            self.presence.happened(event)

    def _recalled(self, backlog: Backlog) -> None:
        """Show what was said before, as far as it was not heard then."""
        news = [event for event in backlog.events if self.wants(event)]
        for event in backlog.events:
            self.presence.recalled(event)
        if news:
            shown = replace(backlog, room=self.whose_past(backlog), events=news)
            self.talk.show(wording.past(shown, self.presence.current))

    def wants(self, event: Event) -> bool:
        """Whether what was said before is to be shown."""
        return self.presence.wants(event)

    def whose_past(self, backlog: Backlog) -> str:
        """The room that one has entered; empty where one has missed what was said in it."""
        return backlog.room

    def _missed(self, missed: Missed) -> None:
        for event in missed.told:
            self.presence.recalled(event)
        self.presence.progress.mentioned(missed.mentions)
        self.talk.show(wording.missed(missed, self.presence.current))

    def lost(self, why: str, delay: float | None) -> None:
        # Whoever proves nothing comes back as another, and would say again what is said already.
        certain = delay is not None and self.presence.proof
        waiting = self.unanswered
        self.talk.doubt(waiting.give_up_unrepeatable() if certain else waiting.give_up())
        self.talk.lose(self.presence, waiting, why, delay)

    def interrupted(self, seconds: float) -> None:
        self.talk.leave(self.unanswered, self.talk.exit, seconds=seconds)


class Chatting(Inside):
    """In the chat, and typing."""

    prompt = "You: "

    def takes(self, line: str | None) -> bool:
        return not (self.unanswered.full or self.unanswered.moving)

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
            where, to = self.presence.current, self.presence.correspondent
            request = addressed(request, where, to)
            self.talk.outside.send(self.unanswered.ask(request, public(line)))

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
            self.talk.reply(heard)

    def lost(self, why: str, delay: float | None) -> None:
        self.woke()

    def woke(self) -> None:
        self.talk.disconnect()
        self.talk.doubt(self._unanswered.lines)
        self.talk.say(CLOSED)
        self._then()
