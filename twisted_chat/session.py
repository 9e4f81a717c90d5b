"""One connection of a user: outside, inside, then gone, through whichever door it came.

What may be asked for depends on the state alone; the states are in states/.  A session knows no
bytes and no transport: its door does, as a `Listener`.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import msgspec

from twisted_chat.accounts.proof import NOTHING, Proof
from twisted_chat.answers import ASK_NAME, Error, Goodbye, Notice, Prompt
from twisted_chat.audience import Wish
from twisted_chat.house import House
from twisted_chat.pace import Pace
from twisted_chat.refused import BadRequest, Refused, SomethingWrong
from twisted_chat.rooms import User
from twisted_chat.states import Outside, State
from twisted_chat.stream import Stream
from twisted_chat.styles import Style, View
from twisted_chat.verbs import TABLE


class Listener(Protocol):
    """A door's end of a session: how it is told."""

    @property
    def peer(self) -> str:
        """Where it comes from, for the log."""
        ...

    @property
    def door(self) -> str:
        """The door through which it comes, by its name."""
        ...

    @property
    def address(self) -> str | None:
        """The IP address it comes from; None for a peer without one (a UNIX socket)."""
        ...

    @property
    def local(self) -> bool:
        """Whether it comes from this machine."""
        ...

    @property
    def token(self) -> str:
        """What its browser remembers of a login; empty for nothing, and at other doors."""
        ...

    def style_for(self, view: View) -> Style:
        """How to write for somebody who wants to see this."""
        ...

    def hear(self, told: bytes) -> None:
        """Send these bytes."""
        ...

    def hang_up(self) -> None:
        """Close the connection when all is sent."""
        ...

    def hide_typing(self, hidden: bool) -> bool:
        """Have the peer not show what is typed, or show it again; whether it can do that."""
        ...

    def limits_changed(self) -> None:
        """Go by the limits that hold now."""
        ...

    def wait(self) -> None:
        """Read no more lines until `go_on`: what one of them asked for takes a while."""
        ...

    def go_on(self) -> None:
        """Read lines again."""
        ...


class Session:
    """One connection, from its first byte to its end."""

    __slots__ = (
        *("echo", "hear", "house", "proof", "state", "style", "view"),
        *("_bad_requests", "_listener", "_pace", "_slowed", "_stream"),
    )

    hear: Callable[[bytes], None]
    """Sends what was told; not a method, as it is called for each listener of each line."""

    def __init__(self, house: House, listener: Listener) -> None:
        self.house = house
        self.view = View()
        self.style = listener.style_for(self.view)
        self.echo = False
        self.proof: Proof = NOTHING
        """What it came in with."""
        self.state: State = Outside(self)
        self._listener = listener
        self._stream = Stream(
            listener.hear,
            listener.hang_up,
            lambda reply: self.style.reply(reply),
            house.delivery.begin,
            house.limits.outbox_bytes,
            self._steer,
        )
        self._pace = Pace(house.limits.message_burst, house.limits.messages, house.clock.seconds())
        self._slowed = False
        self._bad_requests = 0
        house.opened(self)
        house.log.connected(listener.peer)

    # What a door says.

    def greet(self) -> None:
        """Welcome a person, and ask for a name."""
        lines = [f"Welcome to {self.house.about.name}."]
        if not self.house.policy.guests:
            how = self.house.registrar.how
            lines.append(f"Only accounts come in here.{how and f' New? {how}'}")
        self.state.reply(*(Prompt(text=line) for line in lines), ASK_NAME)

    def typed(self, line: str) -> None:
        """A person typed a line; it is cleaned already."""
        self._safely(self.state.typed, line)

    def sent(self, line: str) -> None:
        """A program sent a line; too many that are no request close the connection."""
        self._safely(self._request, line)

    def _request(self, line: str) -> None:
        try:
            request = TABLE.decode(line)
        except Refused as why:
            self.refuse(why, TABLE.id_of(line))
            self._count_bad_request(why)
        else:
            self.state.ask(request)

    def refuse(self, why: Refused, request_id: str | int | None = None) -> None:
        """Say why something is not done, to this session and nobody else."""
        self.house.figures.refused[why.code] += 1
        self.state.reply(Error(code=why.code, text=why.text).to(request_id))

    def pace(self) -> float:
        """Count a line that came; for how many seconds no other should be read."""
        now = self.house.clock.seconds()
        if self._slowed and self._pace.rested(now):
            self._slowed = False
        wait = self._pace.take(now)
        if wait and not self._slowed:
            self._slowed = True
            most = self.house.limits.messages
            text = f"You send more than {most} lines a second: they are read slower, none is lost."
            self.state.reply(Notice(code="slowed", text=text))
        return wait

    def limits_changed(self) -> None:
        """Go by the limits that hold now."""
        limits, now = self.house.limits, self.house.clock.seconds()
        self._pace.change(limits.message_burst, limits.messages, now)
        self._stream.most = limits.outbox_bytes
        self._listener.limits_changed()

    def end(self, words: str, reason: str = "") -> None:
        """Leave in order: the others hear the reason, this one the words, then it is closed."""
        self.state.leave(reason, Goodbye(text=words))

    def dismiss(self, words: str) -> None:
        """Close as `end` does, and tell nobody else: the server goes, and everyone with it."""
        self.state.dismiss(Goodbye(text=words))

    def lost(self, reason: str) -> None:
        """The connection is closed; the others hear the reason, if they have not heard another."""
        self.state.leave(reason)
        self.house.closed(self)

    # What delivery needs of it.

    @property
    def user(self) -> User | None:
        """Whose session it is, while it is inside."""
        return self.state.user

    def _steer(self, hear: Callable[[bytes], None]) -> None:
        self.hear = hear

    def catch_up(self, wish: Wish, upto: int) -> None:
        """Send what was said before, ahead of all that comes after it."""
        self._stream.catch_up(wish, upto)

    def hang_up(self) -> None:
        """Close the connection when all is sent."""
        self._stream.hang_up()

    # What takes a while.

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what takes a while; the lines that come meanwhile wait for it."""
        self.house.delivery.begin(self._alone(work))

    async def _alone(self, work: Coroutine[Any, Any, None]) -> None:
        self._listener.wait()
        try:
            await work
        finally:
            self._listener.go_on()

    async def settled(self) -> None:
        """Wait until all that was asked for before is told, of the past too."""
        await self.house.delivery.settled()
        await self._stream.settled()

    def charge(self, lines: int) -> None:
        """Count an answer as that many lines, so that who asks for much reads slower."""
        now = self.house.clock.seconds()
        for _ in range(lines):
            self._pace.take(now)

    # What its state asks for, and changes.

    @property
    def door(self) -> str:
        """The door through which it came."""
        return self._listener.door

    @property
    def address(self) -> str | None:
        """The IP address it comes from."""
        return self._listener.address

    @property
    def local(self) -> bool:
        """Whether it comes from this machine."""
        return self._listener.local

    @property
    def token(self) -> str:
        """What its browser remembers of a login."""
        return self._listener.token

    def hide_typing(self, hidden: bool) -> bool:
        """Have what is typed not be shown, or be shown again; whether that can be had."""
        return self._listener.hide_typing(hidden)

    def step_outside(self) -> None:
        """Be without a name again."""
        self.echo = False
        self.proof = NOTHING
        self.state = Outside(self)

    def show(self, **wishes: str | bool) -> None:
        """See more, less, or another room."""
        self.view = msgspec.structs.replace(self.view, **wishes)
        self.style = self._listener.style_for(self.view)

    def _safely(self, take: Callable[[str], None], line: str) -> None:
        """Take a line; a fault of the program ends neither the connection nor the server."""
        try:
            take(line)
        except Exception:
            self.house.log.fault("taking a line")
            self.refuse(SomethingWrong(), TABLE.id_of(line))

    def _count_bad_request(self, why: Refused) -> None:
        if isinstance(why, BadRequest):
            self._bad_requests += 1
            if self._bad_requests >= self.house.limits.bad_requests:
                self.end("Too many lines that are no request. Goodbye.", "sent nonsense")
