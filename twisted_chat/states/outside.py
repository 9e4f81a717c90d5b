"""Outside: connected, and asked for a name."""

from typing import TYPE_CHECKING

from twisted_chat.answers import Goodbye, Prompt, Reply
from twisted_chat.happened import Happened
from twisted_chat.names import Name
from twisted_chat.refused import NotEntered, Refused, Version
from twisted_chat.rooms import User
from twisted_chat.states.inside import LEAVING, VERSION, Inside
from twisted_chat.states.state import GONE
from twisted_chat.verbs import Hello, Request
from twisted_chat.verbs.verb import read_user_name

if TYPE_CHECKING:
    from twisted_chat.session import Session

ASK_NAME = Prompt(text="Enter your username:")


class Outside:
    """Connected, without a name; for a bounded time, and a bounded number of tries."""

    user: User | None = None

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
            self._enter(read_user_name(word))
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
        inside.look_at(house.chat.lobby)
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
