"""Bans and mutes: who stays out of a room or off the server, or only listens, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass

from twisted_chat import events
from twisted_chat.accounts.account import Account
from twisted_chat.chat import Chat, Events
from twisted_chat.events import Event
from twisted_chat.guard import is_about
from twisted_chat.masks import Mask
from twisted_chat.moderation.authority import Authority
from twisted_chat.moderation.domain import Domain
from twisted_chat.moderation.members import Members
from twisted_chat.moments import until_words
from twisted_chat.names import Name, RoomName
from twisted_chat.refused import BadRequest, NoSuchRuling, NotOperator
from twisted_chat.rooms import Room, User
from twisted_chat.rulings import Ruling, Rulings, lasting

AN_ADDRESS = "an address"
"""Who is banned or muted, for all but administrators, where an address or a network is."""


@dataclass(frozen=True, slots=True)
class Sanction:
    """What came of a ban or a mute, or of lifting one."""

    happened: Events
    mask: Mask
    ruling: Ruling
    domain: Domain
    concerned: Sequence[User]
    """Those it is about who are here, and may know of it."""

    @property
    def term(self) -> str:
        """Until when it holds, in words."""
        return until_words(self.ruling.until, self.ruling.since)

    def tells(self, what: str) -> str:
        """What those are told whom it is about."""
        return self.ruling.tells(what, self.ruling.since)


class Sanctions:
    """The rules about bans and mutes.

    :param members: removes who is banned.
    """

    def __init__(self, chat: Chat, authority: Authority, members: Members) -> None:
        self._chat = chat
        self._authority = authority
        self._members = members

    def ban(
        self, user: User, mask: Mask, room: RoomName | None, now: float, seconds: int, reason: str
    ) -> Sanction:
        """Keep somebody out of a room, and take them out, or for None off the server.

        :param now: the moment, on the clock by which members came.
        :param seconds: for how long; 0 is for good.
        :raises Refused: the user may not, or not do it to them.
        """
        domain = self._authority.domain(user, room)
        if room == self._chat.lobby:
            raise NotOperator(f"{room} is where everybody enters. /ban * WHO keeps somebody off.")
        ruling = self._ruling(user, mask, domain, seconds, reason)
        concerned = self._concerned(mask, domain)
        self._rule(domain, domain.place.rulings.banning(ruling, ruling.since))
        banned = self._imposed(events.Banned, mask, ruling, domain)
        out = [] if domain.room is None else self._put_out(user, mask, domain.room, now, reason)
        return Sanction([banned, *out], mask, ruling, domain, concerned)

    def unban(self, user: User, mask: Mask, room: RoomName | None) -> Sanction:
        """Let somebody in again.

        :raises NoSuchRuling: they are not banned.
        :raises Refused: the user may not.
        """
        domain = self._authority.domain(user, room)
        self._check_may_lift(user, mask)
        rulings, ruling = domain.place.rulings.unbanning(mask, self._chat.guard.time())
        if ruling is None:
            raise NoSuchRuling(f"{mask} is not banned from {domain.words}. /bans shows who is.")
        self._rule(domain, rulings)
        return self._lifted(events.Unbanned, user, mask, ruling, domain)

    def mute(
        self, user: User, mask: Mask, room: RoomName | None, seconds: int, reason: str
    ) -> Sanction:
        """Let somebody only listen in a room, or for None on the server.

        :param seconds: for how long; 0 is for good.
        :raises Refused: the user may not, or not do it to them.
        """
        domain = self._authority.domain(user, room)
        ruling = self._ruling(user, mask, domain, seconds, reason)
        self._rule(domain, domain.place.rulings.muting(ruling, ruling.since))
        muted = self._imposed(events.Muted, mask, ruling, domain)
        return Sanction([muted], mask, ruling, domain, self._concerned(mask, domain))

    def unmute(self, user: User, mask: Mask, room: RoomName | None) -> Sanction:
        """Let somebody speak again.

        :raises NoSuchRuling: they are not muted.
        :raises Refused: the user may not.
        """
        domain = self._authority.domain(user, room)
        self._check_may_lift(user, mask)
        rulings, ruling = domain.place.rulings.unmuting(mask, self._chat.guard.time())
        if ruling is None:
            raise NoSuchRuling(f"{mask} is not muted {domain.within}. /bans shows who is.")
        self._rule(domain, rulings)
        return self._lifted(events.Unmuted, user, mask, ruling, domain)

    def known(self, user: User, rulings: Sequence[Ruling]) -> list[Ruling]:
        """Those that hold now, as far as the user may know of them."""
        holding = lasting(rulings, self._chat.guard.time())
        return [one for one in holding if user.admin or not (one.whom and one.whom.is_address)]

    # How the above is done.

    def _ruling(self, user: User, mask: Mask, domain: Domain, seconds: int, reason: str) -> Ruling:
        """A new ruling on somebody over whom the user may rule."""
        self._check_mask(user, mask)
        self._authority.require_above(user, self._account(mask), domain.room)
        if not mask.is_address and is_about(mask, user):
            raise BadRequest("You can hardly do that to yourself.")
        self._authority.check_reason(user, reason, domain.room)
        now = self._chat.guard.time()
        until = now + seconds if seconds else 0.0
        return Ruling(self._spelled(mask), str(user.name), now, reason, until)

    def _check_mask(self, user: User, mask: Mask) -> None:
        if mask.is_address and not user.admin:
            raise NotOperator("Only an administrator rules over addresses.")

    def _check_may_lift(self, user: User, mask: Mask) -> None:
        self._check_mask(user, mask)
        if is_about(mask, user) and not user.admin:
            raise NotOperator("Nobody lifts what holds for themselves.")

    def _imposed(
        self, kind: type[events.Banned | events.Muted], mask: Mask, ruling: Ruling, domain: Domain
    ) -> Event:
        event = kind(
            room=self._at(domain),
            who=_shown(mask, ruling),
            by=ruling.by,
            reason=ruling.reason,
            until=ruling.until,
        )
        return self._noted(event, mask)

    def _lifted(
        self,
        kind: type[events.Unbanned | events.Unmuted],
        user: User,
        mask: Mask,
        ruling: Ruling,
        domain: Domain,
    ) -> Sanction:
        event = kind(room=self._at(domain), who=_shown(mask, ruling), by=str(user.name))
        happened = [self._noted(event, mask)]
        return Sanction(happened, mask, ruling, domain, self._concerned(mask, domain))

    def _noted(self, event: Event, mask: Mask) -> Event:
        """The event, with a note of whom it is about: an address is nowhere else on record."""
        account = self._account(mask)
        about = account.identity if account is not None else ""
        self._chat.notes.about[event] = str(mask) if mask.is_address else about
        return event

    def _put_out(self, user: User, mask: Mask, room: Room, now: float, reason: str) -> Events:
        """Take those whom a ban is about out of the room, its operators and the invited."""
        self._members.uninvite_banned(room)
        happened = [*self._depose(user, mask, room)]
        for target in [one for one in self._about(mask) if one in room.members]:
            happened += self._members.remove(user, target, room, now, reason)
        return happened

    def _depose(self, user: User, mask: Mask, room: Room) -> Events:
        account = self._account(mask)
        if account is None or account.id not in room.charter.operators:
            return []
        self._chat.registry.amend(room, operators=room.charter.operators - {account.id})
        event = events.Deopped(room=self._at(Domain(room)), who=account.name, by=str(user.name))
        self._chat.notes.about[event] = account.identity
        return [event]

    def _concerned(self, mask: Mask, domain: Domain) -> list[User]:
        room = domain.room
        return [one for one in self._about(mask) if room is None or room.visible_to(one)]

    def _about(self, mask: Mask) -> list[User]:
        """Those who are here and whom the mask is about; administrators pass everywhere."""
        users = self._chat.users
        name = mask.name_key
        one = None if name is None else users.get(Name(name, name))
        some = users.values() if name is None else [] if one is None else [one]
        return [user for user in some if is_about(mask, user) and not user.admin]

    def _account(self, mask: Mask) -> Account | None:
        return None if mask.name_key is None else self._chat.book.account(mask.name_key)

    def _spelled(self, mask: Mask) -> str:
        """A mask as whoever has the name writes it."""
        name = mask.name_key
        here = None if name is None else self._chat.users.get(Name(name, name))
        return str(mask) if here is None else str(mask.spelled(here.name.shown))

    def _rule(self, domain: Domain, rulings: Rulings) -> None:
        self._chat.registry.rule(domain.place, rulings)

    def _at(self, domain: Domain) -> str:
        return domain.name if domain.room is None else self._chat.registry.at(domain.room)


def _shown(mask: Mask, ruling: Ruling) -> str:
    return AN_ADDRESS if mask.is_address else ruling.mask
