"""Who and where one is in the chat, as far as the answers and events told."""

from dataclasses import dataclass, field
from typing import Any

from twisted_chat import answers, events
from twisted_chat.answers import Answer
from twisted_chat.events import Event
from twisted_chat.verbs import Request


@dataclass(slots=True)
class Presence:
    """A name, the rooms it is in, in the order entered, and the one it looks at."""

    name: str
    current: str
    rooms: list[str]
    clock: bool = False
    """Whether each line is to show its time."""
    quiet: bool = False
    """Whether the server was asked to leave out who comes and goes."""
    _heard: dict[str, tuple[int, float]] = field(default_factory=dict)
    _said: int = 0

    @classmethod
    def of(cls, welcome: answers.Welcome) -> "Presence":
        """The presence of one who has just come in."""
        return cls(welcome.name, welcome.room, [welcome.room])

    def answered(self, request: Request, answer: Answer) -> None:
        """Follow what an answer means for where one is, and as whom."""
        if isinstance(answer, answers.Entered):
            self._enter(answer.room)
        elif isinstance(answer, answers.Ok):
            self._done(request, answer)

    def _enter(self, room: str) -> None:
        if room not in self.rooms:
            self.rooms.append(room)
        self.current = room

    def _done(self, request: Request, answer: answers.Ok) -> None:
        if isinstance(answer.seq, int):
            self._said = max(self._said, answer.seq)
        match verb_of(request):
            case "nick":
                self.name = str(field_of(request, "name"))
            case "part":
                self.leave(str(field_of(request, "room") or self.current))
            case "time":
                self.clock = field_of(request, "on")
            case "quiet":
                wanted = field_of(request, "on")
                self.quiet = not self.quiet if wanted is None else wanted

    def leave(self, room: str) -> None:
        """Be no longer in the room."""
        same = [mine for mine in self.rooms if mine.casefold() == room.casefold()]
        for mine in same:
            self.rooms.remove(mine)
            self._heard.pop(mine, None)
        if self.current in same:
            self.current = self.rooms[-1] if self.rooms else ""

    def is_news(self, event: Event) -> bool:
        """Whether the event was not heard before: history comes again after a reconnection.

        A server that lost its journal counts from one again, hence the look at the time as well.
        """
        if not event.seq:
            return True
        if getattr(event, "who", "") == self.name and event.seq <= self._said:
            return False
        seq, time = self._heard.get(getattr(event, "room", ""), (0, 0.0))
        return event.seq > seq or event.time > time

    def happened(self, event: Event) -> None:
        """Follow what an event means for where one is, and as whom."""
        if event.seq:
            self._heard[getattr(event, "room", "")] = (event.seq, event.time)
        if isinstance(event, events.Renamed) and event.who == self.name:
            self.name = event.to
        if isinstance(event, events.Kicked) and event.who == self.name:
            looked_at_it = event.room == self.current
            self.leave(event.room)
            # The server waits for a choice too, so that nothing goes where it was not meant to.
            self.current = "" if looked_at_it else self.current


def verb_of(request: Request) -> str:
    """The verb that a request asks for, as it stands on the wire."""
    return str(request.__struct_config__.tag)


def field_of(request: Request, name: str) -> Any:
    """A field of a request; the class of each request is made when the verbs are."""
    return getattr(request, name)
