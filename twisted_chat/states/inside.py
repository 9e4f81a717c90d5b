"""Inside: in the chat, as a user."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from twisted_chat import wording
from twisted_chat.accounts.account import Account
from twisted_chat.accounts.logins import Logins
from twisted_chat.accounts.proof import Proof, of_password
from twisted_chat.accounts.registrar import Registrar
from twisted_chat.answers import ASK_NAME, Answer, Goodbye, Notice, Ok, Reply, Stats, Welcome
from twisted_chat.audience import Wish
from twisted_chat.chat import Chat, Events
from twisted_chat.happened import Happened
from twisted_chat.journal import Journal
from twisted_chat.limits import TRAIL_SECONDS
from twisted_chat.masks import Mask
from twisted_chat.moderation import Moderation
from twisted_chat.names import RoomName, user_name
from twisted_chat.refused import (
    AlreadyEntered,
    NotEntered,
    NotInRoom,
    Refused,
    SomethingWrong,
    used_before,
)
from twisted_chat.rooms import User
from twisted_chat.states.remembering import Remembering
from twisted_chat.states.state import GONE
from twisted_chat.stats import stats_of
from twisted_chat.verbs import TABLE, Hello, Request, Table, Typed
from twisted_chat.verbs.lists import names_in
from twisted_chat.verbs.talking import is_speech, says
from twisted_chat.verbs.verb import Coming, Outcome

if TYPE_CHECKING:
    from twisted_chat.house import About
    from twisted_chat.session import Session

VERSION = 1
"""The version of the protocol in docs/protocol.md."""

LEAVING = "Leaving the chat..."

NO_ACCOUNT = Notice(code="no_account", text="Your account is no more. You are a guest now.")


class Inside:
    """In the chat, as a user; what verbs see of it is an `Asker`."""

    verbs: Table = TABLE

    def __init__(self, session: "Session", user: User, hello: Hello | None = None) -> None:
        self._session = session
        self._house = session.house
        self._looks_at: RoomName | None = None
        self._quits: str | None = None
        self._logs_out = False
        self._attaches = ""
        self._wish: Wish | None = None
        self._notices: list[tuple[str, Reply]] = []
        self._in_others: list[tuple[str, Reply]] = []
        self._afterwards: list[Callable[[], None]] = []
        self._address = session.address
        self._hello = hello
        about = session.house.about
        self._past = Remembering(session.house.journal, user, hello, about.backlog, session.charge)
        self.user = user

    def begin(
        self,
        happened: Events,
        request_id: str | int | None,
        secret: str = "",
        attaches: str = "",
        notices: Sequence[tuple[str, Reply]] = (),
        also: Sequence[Reply] = (),
    ) -> None:
        """Welcome the user, who has just come in, or was here already.

        :param also: what this session alone is told after that.
        """
        self._look_at_first()
        wish = self._past.first(self.chat, self.current, came_back=not attaches)
        welcome = self._welcome(secret).to(request_id)
        self._tell(happened, welcome, *also, wish=wish, attaches=attaches, notices=notices)

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
            typed = isinstance(request, Typed)
            if isinstance(request, Typed):
                request = TABLE.meant_by(request)
            outcome = TABLE.of(request).perform(self, request)
            if isinstance(outcome, Coroutine):
                self._session.begin(self._answer_later(outcome, request.id, typed))
                return
            happened, answer = outcome
        except Refused as why:
            self._refuse(why, request)
        except Exception:
            self._house.log.fault("what a user asked for")
            self._session.refuse(SomethingWrong(), request.id)
        else:
            self._answer(happened, answer, request.id, typed)

    def _refuse(self, why: Refused, request: Request) -> None:
        """Say why not; but what was said before with that id, under other rules, stays said."""
        if isinstance(request.id, str) and is_speech(request):
            self._session.begin(self._look_up(why, request, request.id))
        else:
            self._session.refuse(why, request.id)

    async def _look_up(self, why: Refused, request: Request, once: str) -> None:
        identity = self.user.identity
        try:
            # An earlier one may be on its way to the record.
            await self.settled()
            seq = await self.journal.sent(identity, once)
            entry = await self.journal.entry(seq) if seq else None
        except Exception:
            self._house.log.fault("looking up what was sent before")
            self._session.refuse(SomethingWrong(), once)
            return
        if seq == 0:
            self._session.refuse(why, once)
        elif entry is None or says(request, entry.event):
            self._session.state.reply(Ok(seq=seq).to(once))
        else:
            self._session.refuse(used_before(), once)

    def _answer(
        self, happened: Events, answer: Answer, request_id: str | int | None, typed: bool
    ) -> None:
        """Tell what came of a request.

        :param typed: whether a person typed it, into a program that shows what they are told.
        """
        answer = wording.shown(answer) if typed else answer
        once = request_id if isinstance(request_id, str) else ""
        wish, self._wish = self._wish, None
        attaches, self._attaches = self._attaches, ""
        notices, self._notices = self._notices, []
        in_others, self._in_others = self._in_others, []
        self._tell(
            happened,
            answer.to(request_id),
            once=once,
            wish=wish,
            attaches=attaches,
            notices=notices,
            in_others=in_others,
        )
        self._do_afterwards()
        if self._quits is not None:
            self.leave(self._quits, Goodbye(text=LEAVING))
        elif self._logs_out:
            self._step_outside()

    def _do_afterwards(self) -> None:
        """End the sessions of those who may not be here any more."""
        afterwards, self._afterwards = self._afterwards, []
        for do in afterwards:
            do()

    async def _answer_later(
        self, coming: Coming, request_id: str | int | None, typed: bool
    ) -> None:
        try:
            happened, answer = await coming
        except Refused as why:
            self._session.refuse(why, request_id)
        except Exception:
            self._house.log.fault("what a user asked for")
            self._session.refuse(SomethingWrong(), request_id)
        else:
            if self._session.state is self:
                self._answer(happened, answer, request_id, typed)

    def reply(self, *replies: Reply) -> None:
        self._tell([], *replies)

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        self._session.state = GONE
        if goodbye is not None:
            self._depart(reason, [goodbye], last=True)
        else:
            # Without a reason the peer has closed it, and read what there was: a round that is
            # being told may not have come to it yet.
            told = self._house.delivery.told
            self._depart(reason, heard=self._heard_by_a_dead_peer() if reason else told)

    def dismiss(self, goodbye: Goodbye) -> None:
        self._session.state = GONE
        self._house.log.gone(str(self.user.name), goodbye.text)
        self._tell([], goodbye, last=True)

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
    def moderation(self) -> Moderation:
        """The rules of who rules."""
        return self._house.moderation

    @property
    def current(self) -> RoomName | None:
        """The room that the user looks at.

        One who was removed from it looks at it still, until they choose another: what they type
        meant for it does not go elsewhere.
        """
        return self._looks_at

    def stats(self) -> Stats:
        """What the server has counted."""
        return stats_of(self._house)

    def now(self) -> float:
        """The moment, in seconds."""
        return self._house.clock.seconds()

    def wall(self) -> float:
        """The moment, in seconds since 1970 (UTC)."""
        return self._house.time()

    @property
    def journal(self) -> Journal:
        """What was said before."""
        return self._house.journal

    @property
    def logins(self) -> Logins:
        """Proves who owns an account."""
        return self._house.logins

    @property
    def registrar(self) -> Registrar:
        """The rules of who may have an account."""
        return self._house.registrar

    @property
    def proof(self) -> Proof:
        """What the session came in with."""
        return self._session.proof

    @property
    def address(self) -> str | None:
        """The IP address that the user connects from; None where there is none."""
        return self._session.address

    @property
    def local(self) -> bool:
        """Whether the user connects from this machine."""
        return self._session.local

    @property
    def told(self) -> int:
        """The number of the last event that is told: what comes after it comes by itself."""
        return self._house.delivery.told

    def check_here(self) -> None:
        """Let a verb act that has waited for something.

        :raises NotEntered: the session has ended meanwhile.
        """
        if self._session.state is not self:
            raise NotEntered("You have left meanwhile.")

    async def settled(self) -> None:
        """Wait until all that was asked for before is told."""
        await self._session.settled()

    def charge(self, lines: int) -> None:
        """Count an answer like so many lines of the asker's own."""
        self._session.charge(lines)

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

    def catch_up(self, name: RoomName, seen: int | None = None) -> None:
        """Show what was said in a room before, or since a number, after the present answer."""
        self._wish = self._past.of_room(self.chat, self.user.rooms[name], seen)

    def _look_at_first(self) -> None:
        rooms, lobby = self.user.rooms, self.chat.lobby
        self.look_at(lobby if lobby in rooms else next(reversed(rooms), None))

    def show(self, **wishes: bool) -> None:
        """See more or less."""
        self._session.show(**wishes)

    def notify(self, users: Iterable[User], notice: Notice) -> None:
        """Tell these users alone, once the request is on record."""
        self._notices += [(str(user.name), notice) for user in users]

    def expel(self, mask: Mask, words: str) -> None:
        """Close the connections of those whom the mask is about, once the request is answered."""
        self._afterwards.append(partial(self._house.expel, mask, words))

    def evict(self, stale: Callable[[Proof], bool], words: str, *, too: bool = False) -> None:
        """End other sessions of the account that came in with what is stale by now, once the
        request is answered.

        :param too: whether this one ends with them, if it did so.
        """
        but = None if too else self._session
        account_id = self.user.account_id
        self._afterwards.append(partial(self._house.evict, account_id, stale, words, but))

    @property
    def quiet(self) -> bool:
        """Whether the user sees not who comes and goes."""
        return self._session.view.quiet

    def quit(self, reason: str) -> None:
        """Leave the chat once the request that asks for it is answered."""
        self._house.log.received(str(self.user.name), "q")
        passes = self.chat.guard.passes(self.user, reason, self.user.rooms.values())
        self._quits = reason if passes else ""

    # Becoming another user.

    def log_in(self, account: Account, heard: Iterable[str]) -> Outcome:
        """Go on as the owner of an account: as one more session, if they are here already.

        :param heard: where they were when they left, as the rooms are on record.
        :raises Refused: the user has an account already, or has left.
        """
        self.check_here()
        if self.user.account is not None:
            raise AlreadyEntered(f"You are logged in as {self.user.name}. /logout first.")
        self.chat.guard.check_entry(user_name(account.name), account, self._address)
        happened: Events = []
        other = self.chat.present(user_name(account.name), account.identity)
        if other is None:
            self._house.make_way(account, but=self.user)
            happened = self.chat.recognize(self.user, account, heard, self.now())
            if self.current not in self.user.rooms:
                # They were removed from it; who is welcomed looks at a room of theirs.
                self._look_at_first()
        else:
            self._switch_to(other)
        self._session.proof = of_password(account)
        self._wish = self._past.first(self.chat, self.current, came_back=other is None)
        return happened, self._welcome("")

    def _switch_to(self, other: User) -> None:
        """Leave as the guest that one was; the session is one of the other's from now on."""
        self._depart("")
        self.chat.attach(other, self._address, self._session.door)
        self.reply(*self._house.put_out(other))
        self.user = other
        self._past = self._past.of_another(other)
        self._attaches = str(other.name)
        self._look_at_first()

    def disown(self) -> None:
        """Go on as a guest; where there are none, be outside, and gone with all other sessions."""
        self.chat.disown(self.user, self._house.new_secret())
        self._house.forget_proofs(self.user)
        if self._house.policy.guests:
            self._in_others.append((str(self.user.name), NO_ACCOUNT))
        else:
            self._house.turn_out([self.user], but=self._session)
            self.log_out()

    def log_out(self) -> None:
        """Be asked for a name again, once the request is answered."""
        self._logs_out = True

    def _step_outside(self) -> None:
        self._depart("", [ASK_NAME])
        self._session.step_outside()

    # Telling.

    def _welcome(self, secret: str) -> Welcome:
        room = None if self.current is None else self.user.rooms[self.current]
        names, more = ([], 0) if room is None else names_in(room)
        return Welcome(
            v=VERSION,
            server=self._house.about.name,
            name=str(self.user.name),
            room="" if room is None else str(room.name),
            topic="" if room is None else room.topic,
            names=names,
            more=more,
            motd=self._house.about.motd,
            retention=(room and room.charter.retention) or msgspec.UNSET,
            rooms=[str(name) for name in self.user.rooms],
            seq=self.told,
            resume=secret,
            admin=self.user.admin or msgspec.UNSET,
        )

    def _tell(
        self,
        happened: Events,
        *replies: Reply,
        once: str = "",
        wish: Wish | None = None,
        attaches: str = "",
        detaches: str = "",
        notices: Sequence[tuple[str, Reply]] = (),
        in_others: Sequence[tuple[str, Reply]] = (),
        last: bool = False,
        heard: int | None = None,
    ) -> None:
        for event in happened:
            self._house.log.happened(event)
        notes = self.chat.registry.take_notes()
        notes.actor, notes.once, notes.heard = self.user.identity, once, heard
        self._house.delivery.add(
            Happened(
                happened,
                self._session,
                replies,
                last,
                ignored_by=self.chat.ignored_by(self.user),
                notes=notes,
                catch_up=wish,
                attaches=attaches,
                detaches=detaches,
                notices=notices,
                in_others=in_others,
            )
        )

    def _heard_by_a_dead_peer(self) -> int:
        """How far somebody has heard surely whose connection was lost.

        It may have been dead for a quarter longer than a silent one is kept: see `keep_alive`.
        """
        seconds = min(self._house.limits.dead_peer_seconds * 1.25, TRAIL_SECONDS)
        return self._house.delivery.told_before(seconds)

    def _depart(
        self,
        reason: str,
        replies: Sequence[Reply] = (),
        last: bool = False,
        heard: int | None = None,
    ) -> None:
        """Have this session hear nothing any more; with their last one the user is gone.

        :param heard: how far they have, where that is not all.
        """
        name = str(self.user.name)
        if self.chat.detach(self.user, self._address, self._session.door):
            self._tell([], *replies, detaches=name, last=last)
            return
        self._house.log.gone(name, reason)
        happened = self.chat.leave(self.user, self.now(), reason)
        self._tell(happened, *replies, last=last, heard=heard)
