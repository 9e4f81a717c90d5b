"""What is kept, as the server finds it at its start, or as another process has changed it since."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twisted_chat.accounts.book import Revision
from twisted_chat.answers import Notice, Reply
from twisted_chat.happened import Happened
from twisted_chat.journal import Put
from twisted_chat.refused import Banned
from twisted_chat.registry import BAN, ROOM, RULINGS
from twisted_chat.rooms import Room, User

if TYPE_CHECKING:
    from twisted_chat.chat import Events
    from twisted_chat.house import Closable, House


class Elsewhere:
    """Makes what is kept true of the house, and of who is in it."""

    def __init__(self, house: "House") -> None:
        self._house = house

    def restore(self, records: Iterable[tuple[str, str, bytes]]) -> None:
        """Take the rooms at the start, and then the rulings in them."""
        records = list(records)
        registry = self._house.chat.registry
        for kind, _, value in records:
            if kind == ROOM:
                registry.restore(value)
        for kind, key, value in records:
            if kind == RULINGS:
                registry.restore_rulings(key, value)

    def take(self, puts: Sequence[Put]) -> None:
        """Take what has changed; what cannot be taken keeps nothing else from being so."""
        for put in puts:
            try:
                self._take(put)
            except Exception:
                self._house.log.fault("taking over what was changed")
        # Only now, as a ban may have been lifted again.
        for key in dict.fromkeys(put.key for put in puts if put.kind == BAN):
            self._put_out_of(key)

    def _take(self, put: Put) -> None:
        if put.kind == BAN and put.value is not None:
            self._house.chat.registry.take_ban(put.key, put.value)
            self._tell([])
        else:
            self._take_account(self._house.book.apply(put))

    # Bans.

    def _put_out_of(self, key: str) -> None:
        """Have who is banned from a place be out of it."""
        place = self._house.chat.registry.place(key)
        if isinstance(place, Room):
            self._tell(self._house.moderation.members.depose_banned(place))
            for user in list(place.members):
                self._turn_out_if_banned(place, user)
        elif place is not None:
            for session in self._house.sessions:
                self._end_if_banned(session)

    def _end_if_banned(self, session: "Closable") -> None:
        user = session.user
        if user is None:
            return
        try:
            self._house.chat.guard.check_entry(user.name, user.account, session.address)
        except Banned as why:
            session.end(why.text, "banned")

    def _turn_out_if_banned(self, room: Room, user: User) -> None:
        house = self._house
        ruling = house.chat.guard.ban_on(user, room)
        if ruling is not None:
            text = ruling.tells(f"banned from {room.name}", house.time())
            happened = house.moderation.members.turn_out(user, room, house.clock.seconds())
            self._tell(happened, (str(user.name), Notice(code="banned", text=text)))

    def _tell(self, happened: "Events", *notices: tuple[str, Reply]) -> None:
        notes = self._house.chat.registry.take_notes()
        self._house.delivery.add(Happened(happened, None, notes=notes, notices=notices))

    # Accounts.

    def _take_account(self, revision: Revision) -> None:
        """Have who is here as an account be so no more, or be what it has become."""
        before, after = revision.before, revision.after
        self._house.appoint()
        if before is None:
            return
        users = self._house.chat.users.values()
        owners = [user for user in users if user.account_id == before.id]
        if after is None or after.id != before.id:
            self._house.turn_out(owners)
            return
        for user in owners:
            user.account = after
