"""Inside: in the chat, as a user."""

from typing import TYPE_CHECKING

from twisted_chat.answers import Goodbye, Reply, Welcome
from twisted_chat.chat import Chat, Events
from twisted_chat.happened import Happened
from twisted_chat.names import RoomName
from twisted_chat.refused import AlreadyEntered, NotInRoom, Refused, SomethingWrong
from twisted_chat.rooms import User
from twisted_chat.states.state import GONE
from twisted_chat.verbs import TABLE, Hello, Request, Table
from twisted_chat.verbs.lists import names_in

if TYPE_CHECKING:
    from twisted_chat.house import About
    from twisted_chat.session import Session

VERSION = 1
"""The version of the protocol in docs/protocol.md."""

LEAVING = "Leaving the chat..."


class Inside:
    """In the chat, as a user; what verbs see of it is an `Asker`."""

    verbs: Table = TABLE

    def __init__(self, session: "Session", user: User) -> None:
        self._session = session
        self._house = session.house
        self._looks_at: RoomName | None = None
        self._quits: str | None = None
        self.user = user

    # What a door, or delivery, says.

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
            self._session.refuse(SomethingWrong(), request.id)
        else:
            self._tell(happened, answer.to(request.id))
            if self._quits is not None:
                self.leave(self._quits, Goodbye(text=LEAVING))

    def reply(self, *replies: Reply) -> None:
        self._tell([], *replies)

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        name = str(self.user.name)
        happened = self.chat.leave(self.user, self.now(), reason)
        self._house.log.gone(name, reason)
        self._depart(happened, goodbye)

    def dismiss(self, goodbye: Goodbye) -> None:
        self._house.log.gone(str(self.user.name), goodbye.text)
        self._depart([], goodbye)

    # What a verb needs.

    @property
    def about(self) -> "About":
        """What the operator says of the server."""
        return self._house.about

    @property
    def started(self) -> float:
        """When the server started, on the same clock as `now`."""
        return self._house.started

    @property
    def chat(self) -> Chat:
        """The rules."""
        return self._house.chat

    @property
    def current(self) -> RoomName | None:
        """The room that the user looks at.

        One who was removed from it looks at it still, until they choose another: what they type
        meant for it does not go elsewhere.
        """
        return self._looks_at

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

    def look_at(self, room: RoomName | None) -> None:
        """Make a room that the user is in the current one, or none."""
        self._looks_at = None if room is None else self.user.rooms[room].name
        self._session.show(current=str(self.current or ""))

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
        ignored_by = self.chat.ignored_by(self.user)
        self._house.delivery.add(Happened(happened, self._session, replies, ignored_by=ignored_by))

    def _depart(self, happened: Events, goodbye: Goodbye | None) -> None:
        self._session.state = GONE
        replies = () if goodbye is None else (goodbye,)
        last = goodbye is not None
        self._house.delivery.add(Happened(happened, self._session, replies, last))
