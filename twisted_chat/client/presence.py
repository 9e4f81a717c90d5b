"""Who and where one is in the chat, as far as the answers and events told."""

from dataclasses import dataclass, field

from twisted_chat import answers, events
from twisted_chat.answers import Answer
from twisted_chat.client.ignoring import Ignoring
from twisted_chat.client.progress import Progress
from twisted_chat.client.proof import NO_PROOF, Proof, of_guest, password
from twisted_chat.client.requests import field_of, is_repeatable, verb_of
from twisted_chat.events import Event
from twisted_chat.verbs import Request


@dataclass(slots=True)
class Presence:
    """A name, the rooms it is in, in the order entered, and the one it looks at."""

    name: str
    current: str
    rooms: list[str]
    proof: Proof = NO_PROOF
    """What shows the server, after a break, that one is the same."""
    clock: bool = False
    """Whether each line is to show its time."""
    quiet: bool = False
    """Whether the server was asked to leave out who comes and goes."""
    away: str | None = None
    """Why one does not read; None while one does."""
    correspondent: str = ""
    """Who wrote last to one alone."""
    ignoring: Ignoring = field(default_factory=Ignoring)
    progress: Progress = field(default_factory=Progress)

    @classmethod
    def of(cls, welcome: answers.Welcome, proof: Proof = NO_PROOF) -> "Presence":
        """The presence of one who has just come in."""
        presence = cls("", "", [])
        presence.become(welcome, proof)
        return presence

    def become(self, welcome: answers.Welcome, proof: Proof) -> None:
        """Go on as whom the server welcomes."""
        self.name, self.current = welcome.name, welcome.room
        self.rooms = list(welcome.rooms) or [welcome.room]
        self.proof = of_guest(welcome.resume) or proof
        self.progress.leave("")
        self.progress.told(welcome.seq)

    def return_as(self, welcome: answers.Welcome) -> None:
        """Be welcomed after a break: what one had before is still to be had again.

        The owner of an account may be here in another session too, and has its rooms.
        """
        self.name = welcome.name
        self.proof = of_guest(welcome.resume) or self.proof
        if not welcome.resume:
            self.rooms += [room for room in welcome.rooms if room not in self.rooms]
        self.progress.begin_to_catch_up(welcome.seq)

    def answered(self, request: Request, answer: Answer) -> None:
        """Follow what an answer means for where one is, and as whom."""
        if isinstance(answer, answers.Entered):
            self._enter(answer.room)
        elif isinstance(answer, answers.Welcome) and verb_of(request) == "login":
            self.become(answer, password(field_of(request, "password")))
        elif isinstance(answer, answers.Ok):
            self._record(request, answer)
            self._done(request)

    def _enter(self, room: str) -> None:
        if room not in self.rooms:
            self.rooms.append(room)
        self.current = room

    def _record(self, request: Request, answer: answers.Ok) -> None:
        if isinstance(answer.seq, int) and is_repeatable(request):
            self.progress.said(str(getattr(request, "room", "")), answer.seq)
        elif isinstance(answer.seq, int):
            self.progress.told(answer.seq)

    def _done(self, request: Request) -> None:
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
            case "away":
                self.away = str(field_of(request, "text"))
            case "back":
                self.away = None
            case "ignore":
                self.ignoring.add(str(field_of(request, "name")))
            case "unignore":
                self.ignoring.remove(str(field_of(request, "name")))
            case verb:
                self.proof = _proof_after(verb, request, self.proof)

    def leave(self, room: str) -> None:
        """Be no longer in the room."""
        same = [mine for mine in self.rooms if mine.casefold() == room.casefold()]
        for mine in same:
            self.rooms.remove(mine)
            self.progress.leave(mine)
        if self.current in same:
            self.current = self.rooms[-1] if self.rooms else ""

    def wants(self, event: Event) -> bool:
        """Whether the event was not heard before, nor is from somebody whom one ignores."""
        return self.progress.is_news(event) and not self.ignoring.keeps_out(event)

    def recalled(self, event: Event) -> None:
        """Note what happened earlier: where one is now does not follow from it."""
        self.progress.heard(event)
        if isinstance(event, events.Told) and event.who != self.name:
            self.correspondent = event.who

    def happened(self, event: Event) -> None:
        """Follow what an event means for where one is, and as whom."""
        self.recalled(event)
        if isinstance(event, events.Renamed):
            self._renamed(event)
        if isinstance(event, events.Kicked) and event.who == self.name:
            looked_at_it = event.room == self.current
            self.leave(event.room)
            # The server waits for a choice too, so that nothing goes where it was not meant to.
            self.current = "" if looked_at_it else self.current

    def _renamed(self, event: events.Renamed) -> None:
        self.name = event.to if event.who == self.name else self.name
        if event.who == self.correspondent:
            self.correspondent = event.to
        self.ignoring.rename(event.who, event.to)


def _proof_after(verb: str, request: Request, before: Proof) -> Proof:
    """What proves who one is, once the server has done what the verb asks for."""
    match verb:
        case "register":
            return password(field_of(request, "password"))
        case "passwd":
            return password(field_of(request, "new"))
        case "drop":
            return NO_PROOF
    return before
