"""Those who ask for one thing with a token, and are not in the chat for it.

Verbs see a `Visitor` as they see a session that looks at no room.
"""

from collections import OrderedDict
from collections.abc import Coroutine
from math import ceil
from typing import cast

import msgspec
from twisted.internet.defer import Deferred

from twisted_chat.accounts.account import Account
from twisted_chat.answers import Answer, Error, Ok
from twisted_chat.audience import Wish
from twisted_chat.chat import Chat
from twisted_chat.happened import Happened
from twisted_chat.house import House
from twisted_chat.journal import Journal
from twisted_chat.ledger import Change, Notes
from twisted_chat.limits import VISITORS_REMEMBERED
from twisted_chat.names import RoomName, user_name
from twisted_chat.pace import Pace
from twisted_chat.posting import Posting
from twisted_chat.refused import (
    BadRequest,
    NotSaved,
    Refused,
    SomethingWrong,
    TooBusy,
    TooLong,
    TooSoon,
    used_before,
)
from twisted_chat.rooms import User
from twisted_chat.styles import Style, View
from twisted_chat.text import clean
from twisted_chat.verbs import TABLE, Request, Verb
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.talking import says
from twisted_chat.verbs.verb import read_field

Fields = dict[str, str]
"""What somebody asks for, by the names of a request's fields."""


class TooFast(TooSoon):
    """The asker has asked for too much just now, and has to wait for so many ``seconds``."""

    def __init__(self, most: int, seconds: int) -> None:
        super().__init__(f"You ask for more than {most} things a second. Wait {seconds} s.")
        self.seconds = seconds

    @property
    def code(self) -> str:
        """Programs know it as what it is a case of."""
        return "too_soon"


class _Rate:
    """How fast one account may ask."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._free_at = 0.0

    def wait(self, now: float) -> float:
        """Take one if that may be; else for how many seconds not."""
        if now < self._free_at:
            return self._free_at - now
        # There is at least one a second.
        return 0.0 if self.pace.may(now) else 1.0

    def charge(self, count: int, now: float) -> None:
        """Take so many, in advance if need be."""
        for _ in range(count):
            self._free_at = now + self.pace.take(now)


class Visits:
    """Lets in who has a token, as often as somebody may ask who is here."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._posting = Posting(house.chat)
        self._rates: OrderedDict[str, _Rate] = OrderedDict()

    def visitor(self, token: str, address: str | None) -> "Visitor":
        """Who has that token.

        :param address: the IP address that asks; None for a peer without one (a UNIX socket).
        :raises WrongPassword: it is good for nothing.
        :raises TooFast: its owner has to wait.
        :raises Banned: they may not be on the server.
        """
        house = self._house
        account = house.logins.by_bearer(token)
        rate, now = self._rate(account), house.clock.seconds()
        wait = rate.wait(now)
        if wait > 0:
            raise TooFast(house.limits.messages, max(1, ceil(wait)))
        name = user_name(account.name)
        house.chat.guard.check_entry(name, account, address)
        user = house.chat.present(name, account.identity)
        if user is None:
            user = User(name, now, account.identity, account, addresses=[address])
        return Visitor(house, self._posting, rate, user)

    def _rate(self, account: Account) -> _Rate:
        limits, now = self._house.limits, self._house.clock.seconds()
        rate = self._rates.get(account.id)
        if rate is None:
            rate = _Rate(Pace(limits.message_burst, limits.messages, now))
            self._rates[account.id] = rate
        rate.pace.change(limits.message_burst, limits.messages, now)
        self._rates.move_to_end(account.id)
        if len(self._rates) > VISITORS_REMEMBERED:
            self._rates.popitem(last=False)
        return rate


class Visitor:
    """Somebody who asks for one thing; they may be in the chat too."""

    def __init__(self, house: House, posting: Posting, rate: _Rate, user: User) -> None:
        self._house = house
        self._posting = posting
        self._rate = rate
        self.user = user

    # What may be asked for.

    async def ask(self, verb: str, fields: Fields) -> Answer:
        """What a verb answers that changes nothing.

        :param fields: of its request, numbers too as text.
        :raises Refused: it cannot be done.
        """
        wanted = TABLE.named(verb)
        outcome = wanted.perform(cast(Asker, self), _request(wanted, fields))
        _, answer = await outcome if isinstance(outcome, Coroutine) else outcome
        return answer

    async def say(self, room: str, text: str, once: str = "") -> Ok | Error:
        """Say something in a room, and wait until it is on record.

        :param once: the asker's own id for it, by which it is not said twice.
        :raises Refused: it may not be said.
        """
        most = self._house.limits.line_bytes
        if len(text.encode(errors="surrogatepass")) > most:
            raise TooLong(f"That is too long: {most} bytes at most.")
        request = _request(TABLE.named("say"), {"room": room, "text": text})
        try:
            return await self._say(request, once)
        except TooBusy:
            # Whether it was said before could not be told before the disk has caught up.
            raise
        except Refused:
            # What was said before with that id, under other rules, stays said.
            seq = await self._said_before(request, once)
            if not seq:
                raise
            return Ok(seq=seq)

    async def _say(self, request: Request, once: str) -> Ok | Error:
        house = self._house
        if house.delivery.crowded:
            raise TooBusy("Too much waits for the disk. Try again in a moment.")
        room, text = request.room, str(request.text)  # type: ignore[attr-defined]
        self.charge(text.count("\n"))
        happened = self._posting.say(self.user, room, text)
        for event in happened:
            house.log.happened(event)
        notes = house.chat.registry.take_notes()
        notes.actor, notes.once = self.user.identity, once
        receipt = _Receipt(house.styles.json(View()))
        ignored_by = house.chat.ignored_by(self.user)
        house.delivery.add(
            Happened(
                happened, receipt, (Ok(),), ignored_by=ignored_by, notes=notes, then=receipt.settle
            )
        )
        await receipt.settled
        return receipt.read()

    async def _said_before(self, request: Request, once: str) -> int:
        """The number of what was said before with an id; 0 for nothing.

        :raises IdUsed: it was something else.
        """
        if not once:
            return 0
        # It may be on its way to the record.
        await self.settled()
        seq = await self.journal.sent(self.user.identity, once)
        entry = await self.journal.entry(seq) if seq else None
        if entry is not None and not says(request, entry.event):
            raise used_before()
        return seq

    # What a verb needs.

    @property
    def chat(self) -> Chat:
        """The rules."""
        return self._house.chat

    @property
    def journal(self) -> Journal:
        """What was said before."""
        return self._house.journal

    @property
    def told(self) -> int:
        """The number of the last event that is told."""
        return self._house.delivery.told

    def wall(self) -> float:
        """The moment, in seconds since 1970 (UTC)."""
        return self._house.time()

    async def settled(self) -> None:
        """Wait until all that was asked for before is told."""
        await self._house.delivery.settled()

    def charge(self, lines: int) -> None:
        """Count an answer like so many things that were asked for."""
        self._rate.charge(lines, self._house.clock.seconds())

    def room(self, named: RoomName | None) -> RoomName:
        """The room that is named.

        :raises BadRequest: none is, and a visitor looks at none.
        """
        if named is None:
            raise BadRequest("Name a room.")
        return named


async def recorded(house: House, change: Change) -> None:
    """Wait until a change is on record that nobody hears of.

    :raises NotSaved: it could not be, and is taken back.
    """
    receipt = _Receipt(house.styles.json(View()))
    notes = Notes(changes=[change])
    house.delivery.add(Happened([], receipt, (Ok(),), notes=notes, then=receipt.settle))
    await receipt.settled
    if isinstance(receipt.read(), Error):
        raise NotSaved("It cannot be saved now. Try again in a moment.")


class _Receipt:
    """Hears what came of one thing that was said, in the place of a session."""

    echo = False
    user = None

    def __init__(self, style: Style) -> None:
        self.style = style
        self.settled: Deferred[None] = Deferred()
        self._told = b""

    def hear(self, told: bytes) -> None:
        """It is on record, or it is not."""
        self._told += told

    def catch_up(self, wish: Wish, upto: int) -> None:
        """It has no wishes."""

    def hang_up(self) -> None:
        """There is nothing to close."""

    def settle(self) -> None:
        """All that can be heard of it was."""
        self.settled.callback(None)

    def read(self) -> Ok | Error:
        """What came of it.

        :raises SomethingWrong: nothing was heard.
        """
        if not self._told:
            raise SomethingWrong
        answer: Ok | Error = msgspec.json.decode(self._told, type=Ok | Error)
        return answer


def _request(verb: Verb, fields: Fields) -> Request:
    try:
        return msgspec.convert(fields, verb.request, strict=False, dec_hook=read_field)
    except msgspec.ValidationError as why:
        raise BadRequest(clean(str(why))) from None
