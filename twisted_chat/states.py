"""The states of a session, outside, inside and gone, each with what exists only in it."""

from collections.abc import Container
from typing import TYPE_CHECKING, Protocol

from twisted_chat.answers import Goodbye, Prompt, Reply, Welcome
from twisted_chat.chat import Chat, Events
from twisted_chat.delivery import Happened
from twisted_chat.names import Name, RoomName, Unusable, user_name
from twisted_chat.refused import (
    AlreadyEntered,
    NameNotAllowed,
    NotEntered,
    NotInRoom,
    Refused,
    SomethingWrong,
    Version,
)
from twisted_chat.rooms import User
from twisted_chat.verbs import TABLE, Hello, Request, Table
from twisted_chat.verbs.lists import names_in

if TYPE_CHECKING:
    from twisted_chat.house import House
    from twisted_chat.session import Session

VERSION = 1
"""The version of the protocol in docs/protocol.md."""

ASK_NAME = Prompt(text="Enter your username:")
LEAVING = "Leaving the chat..."


class State(Protocol):
    """What a session can be asked in every state."""

    @property
    def ignored(self) -> Container[str]:
        """The names whose words the user does not want to hear."""

    def typed(self, line: str) -> None:
        """A person typed this."""

    def ask(self, request: Request) -> None:
        """Somebody asks for this."""

    def reply(self, *replies: Reply) -> None:
        """Tell this session something, after all that it was told before."""

    def look(self) -> None:
        """See the room that the user looks at now."""

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        """Be gone; with a goodbye, the connection closes after it."""

    def dismiss(self, goodbye: Goodbye) -> None:
        """Be gone, and tell nobody else."""


class Outside:
    """Connected, without a name; for a bounded time, and a bounded number of tries."""

    ignored: Container[str] = ()

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._house = session.house
        self._tries = 0
        limits = self._house.limits
        self._deadline = self._house.clock.callLater(limits.name_seconds, self._too_late)

    def typed(self, line: str) -> None:
        word = line.strip()
        if word in ("q", "/q", "/quit", "/exit"):
            self.leave("", Goodbye(text=LEAVING))
            return
        try:
            self._enter(_name(word))
        except Refused as why:
            self._session.refuse(why)
            self._count_try()
            self._session.state.reply(ASK_NAME)

    def ask(self, request: Request) -> None:
        if not isinstance(request, Hello):
            why = NotEntered('Say hello first: {"type":"hello","v":1,"name":"..."}')
            self._session.refuse(why, request.id)
            return
        try:
            if request.v != VERSION:
                raise Version(f"This server speaks version {VERSION} of the protocol.")
            self._enter(request.name, request)
        except Refused as why:
            self._session.refuse(why, request.id)
            self._count_try()

    def reply(self, *replies: Reply) -> None:
        for reply in replies:
            self._session.hear(self._session.style.reply(reply))

    def look(self) -> None:
        pass

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        self._stop()
        self._session.state = GONE
        if goodbye is not None:
            self.reply(goodbye)
            self._session.hang_up()

    def dismiss(self, goodbye: Goodbye) -> None:
        self.leave("", goodbye)

    def _enter(self, name: Name, hello: Hello | None = None) -> None:
        house, session = self._house, self._session
        bot = hello is not None and hello.bot
        user, happened = house.chat.enter(name, house.clock.seconds(), bot=bot)
        self._stop()
        session.echo = hello is not None and hello.echo
        session.state = inside = Inside(session, user)
        inside.look()
        house.log.entered(str(name))
        welcome = inside.welcome().to(None if hello is None else hello.id)
        house.delivery.add(Happened(happened, session, (welcome,)))

    def _count_try(self) -> None:
        self._tries += 1
        if self._tries >= self._house.limits.name_tries:
            self._session.end("Too many names that cannot be had. Goodbye.")

    def _too_late(self) -> None:
        seconds = self._house.limits.name_seconds
        self._session.end(f"No name within {seconds} seconds. Goodbye.")

    def _stop(self) -> None:
        if self._deadline.active():
            self._deadline.cancel()


class Inside:
    """In the chat, as a user."""

    verbs: Table = TABLE

    def __init__(self, session: "Session", user: User) -> None:
        self._session = session
        self._house = session.house
        self._looks_at: RoomName | None = None
        self._quits: str | None = None
        self.user = user

    # What a door, or delivery, says.

    @property
    def ignored(self) -> Container[str]:
        return self.user.ignored

    def typed(self, line: str) -> None:
        if line.strip() == "q":
            self.ask(TABLE.parse("/quit"))
        elif line.strip():
            try:
                self.ask(TABLE.parse(line))
            except Refused as why:
                self._session.refuse(why)

    def ask(self, request: Request) -> None:
        try:
            if isinstance(request, Hello):
                raise AlreadyEntered(f"You are in already, as {self.user.name}.")
            happened, answer = TABLE.of(request).perform(self, request)
        except Refused as why:
            self._session.refuse(why, request.id)
        except Exception:
            self._house.log.fault("what a user asked for")
            self._session.refuse(SomethingWrong("Something went wrong."), request.id)
        else:
            self._tell(happened, answer.to(request.id))
            if self._quits is not None:
                self.leave(self._quits, Goodbye(text=LEAVING))

    def reply(self, *replies: Reply) -> None:
        self._tell([], *replies)

    def look(self) -> None:
        self._session.show(current=str(self.current or ""))

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        name = str(self.user.name)
        happened = self.chat.leave(self.user, self.now(), reason)
        self._house.log.gone(name, reason)
        self._depart(happened, goodbye)

    def dismiss(self, goodbye: Goodbye) -> None:
        self._depart([], goodbye)

    # What a verb needs.

    @property
    def house(self) -> "House":
        """The server."""
        return self._house

    @property
    def chat(self) -> Chat:
        """The rules."""
        return self._house.chat

    @property
    def current(self) -> RoomName | None:
        """The room that the user looks at: the chosen one, else the one entered last."""
        rooms = self.user.rooms
        if self._looks_at in rooms:
            return rooms[self._looks_at].name
        return next(reversed(rooms.values())).name if rooms else None

    def now(self) -> float:
        """The moment, in seconds."""
        return self._house.clock.seconds()

    def room(self, named: RoomName | None) -> RoomName:
        """The room that is meant: the one named, else the current one.

        :raises NotInRoom: none is named, and the user is in none.
        """
        room = named or self.current
        if room is None:
            raise NotInRoom("You are in no room. /join one, /list shows those there are.")
        return room

    def look_at(self, room: RoomName) -> None:
        """Make a room that the user is in the current one."""
        self._looks_at = room
        self.look()

    def show(self, **wishes: bool) -> None:
        """See more or less."""
        self._session.show(**wishes)

    @property
    def quiet(self) -> bool:
        """Whether the user sees not who comes and goes."""
        return self._session.view.quiet

    def quit(self, reason: str) -> None:
        """Leave the chat once the request that asks for it is answered."""
        self._house.log.received(str(self.user.name), "q")
        self._quits = reason

    def welcome(self) -> Welcome:
        """What a newcomer is told."""
        lobby = self.chat.rooms[self.chat.lobby]
        names, more = names_in(lobby)
        return Welcome(
            v=VERSION,
            server=self._house.about.name,
            name=str(self.user.name),
            room=str(lobby.name),
            topic=lobby.topic,
            names=names,
            more=more,
            motd=self._house.about.motd,
        )

    def _tell(self, happened: Events, *replies: Reply) -> None:
        for event in happened:
            self._house.log.happened(event)
        self._house.delivery.add(Happened(happened, self._session, replies))

    def _depart(self, happened: Events, goodbye: Goodbye | None) -> None:
        self._session.state = GONE
        replies = () if goodbye is None else (goodbye,)
        last = goodbye is not None
        self._house.delivery.add(Happened(happened, self._session, replies, last))


class Gone:
    """Not in the chat any more; the connection may still be closing."""

    ignored: Container[str] = ()

    def typed(self, line: str) -> None:
        pass

    def ask(self, request: Request) -> None:
        pass

    def reply(self, *replies: Reply) -> None:
        pass

    def look(self) -> None:
        pass

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        pass

    def dismiss(self, goodbye: Goodbye) -> None:
        pass


GONE = Gone()


def _name(word: str) -> Name:
    try:
        return user_name(word)
    except Unusable as why:
        raise NameNotAllowed(str(why)) from None
