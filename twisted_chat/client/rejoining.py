"""The state of one who is back, until all is as it was and what was missed is heard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from twisted_chat.answers import Answer, Backlog, Entered, Error, Welcome, Whois
from twisted_chat.client.asking import Asked, Unanswered
from twisted_chat.client.chatting import Inside
from twisted_chat.client.presence import Presence
from twisted_chat.client.requests import field_of, verb_of
from twisted_chat.events import Event
from twisted_chat.refused import Refused
from twisted_chat.verbs import TABLE, Request

if TYPE_CHECKING:
    from twisted_chat.client.conversation import Conversation


class Rejoining(Inside):
    """Entering the rooms again in which one was, one by one, the one looked at last.

    The server tells what was missed in a room before it answers what it is asked after that: so the
    answer to the last question says that all is heard.

    :param typed: what was typed before the break and has no answer yet.
    """

    prompt = "You: "

    def __init__(
        self, talk: Conversation, presence: Presence, typed: Unanswered, welcome: Welcome
    ) -> None:
        super().__init__(talk, presence, Unanswered(talk.ids))
        self._typed = typed
        self._there = welcome.rooms or [welcome.room]
        self._looks_at = welcome.room
        self._away: str | None = None
        self._steps = self._way_back()
        presence.return_as(welcome)

    def begin(self) -> None:
        try:
            line = self._next_line()
        except Refused:
            # By names that are none, which only a server has that is none, nothing is asked for.
            line = None
        if line is None:
            self._arrive()
        else:
            self.talk.outside.send(line)

    def _next_line(self) -> bytes | None:
        """The bytes that ask for what is next, if there is anything."""
        step = next(self._steps, None)
        return None if step is None else self.unanswered.ask(step)

    def _arrive(self) -> None:
        me = self.presence
        me.progress.caught_up()
        self.talk.say(f"You are {me.name} again, in {', '.join(me.rooms) or 'no room'}.")
        for line in self._typed.repeat():
            self.talk.outside.send(line)
        self.talk.chat(me, self._typed)

    # What is asked for; each step depends on what became of those before it.

    def _way_back(self) -> Iterator[Request]:
        me = self.presence
        yield from self._rooms_back()
        if me.quiet:
            yield TABLE.parse("/quiet on")
        for name in me.ignoring.names:
            yield TABLE.parse(f"/ignore {name}")
        yield TABLE.parse(f"/whois {me.name}")
        if me.away is not None and me.away != self._away:
            yield TABLE.parse(f"/away {me.away}")

    def _rooms_back(self) -> Iterator[Request]:
        me = self.presence
        for room in sorted(me.rooms, key=lambda room: room == me.current):
            if room not in self._there:
                yield _join(room, me.progress.seen)
        me.current = me.current or (me.rooms[-1] if me.rooms else "")
        if me.current not in ("", self._looks_at):
            yield TABLE.parse(f"/switch {me.current}")
        for room in self._there:
            if room not in me.rooms:
                yield TABLE.parse(f"/part {room}")

    # What the server says.

    def _answered(self, answer: Answer) -> None:
        super()._answered(answer)
        if self.talk.is_in(self):
            self.begin()

    def follow(self, asked: Asked, answer: Answer) -> None:
        match answer:
            case Entered():
                self._looks_at = answer.room
            case Whois():
                self._away = answer.away
            case Error() if verb_of(asked.request) == "join":
                self.presence.leave(str(field_of(asked.request, "room")))

    def tell_answer(self, asked: Asked | None, answer: Answer) -> None:
        # Who is ignored and not here is kept out all the same.
        if isinstance(answer, Error) and answer.code != "nobody_there":
            self.talk.answer(answer.text)

    def turned_away(self) -> None:
        self.talk.turned_away(self._typed)

    def wants(self, event: Event) -> bool:
        # What one said oneself was shown when it was typed.
        me = self.presence
        return me.wants(event) and not self._typed.recognize(event, me.name)

    def whose_past(self, backlog: Backlog) -> str:
        return ""

    def lost(self, why: str, delay: float | None) -> None:
        if delay is None:
            self.talk.doubt(self._typed.give_up())
        self.talk.lose(self.presence, self._typed, why, delay)

    def interrupted(self, seconds: float) -> None:
        self.talk.leave(self._typed, self.talk.exit, seconds=seconds)


def _join(room: str, seen: int) -> Request:
    """The request to enter a room and hear all that was said in it since that number."""
    request: Any = TABLE.parse(f"/join {room}")
    return replace(request, seen=seen) if seen else request  # type: ignore[no-any-return]
