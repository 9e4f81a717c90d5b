"""What is kept, as the server finds it at its start, or as another process has changed it since."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twisted_chat.accounts.book import Revision
from twisted_chat.answers import Notice
from twisted_chat.happened import Happened
from twisted_chat.journal import SERVER, Put
from twisted_chat.refused import Banned
from twisted_chat.registry import ROOM, RULINGS
from twisted_chat.rooms import Room, User
from twisted_chat.rulings import Ruling

if TYPE_CHECKING:
    from twisted_chat.house import Closable, House


class Elsewhere:
    """Makes what is kept true of the house, and of who is in it."""

    def __init__(self, house: "House") -> None:
        self._house = house

    def restore(self, records: Iterable[tuple[str, str, bytes]]) -> None:
        """Take the rooms at the start, and then the rulings in them."""
        records = list(records)
        registry = self._house.chat.registry
        for kind, key, value in records:
            if kind == ROOM:
                registry.restore(key, value)
        for kind, key, value in records:
            if kind == RULINGS:
                registry.restore_rulings(key, value)

    def take(self, puts: Sequence[Put]) -> None:
        """Take what has changed."""
        for put in puts:
            if put.kind == ROOM:
                self._house.chat.registry.restore(put.key, put.value)
            elif put.kind == RULINGS:
                self._take_rulings(put)
            else:
                self._take_account(self._house.book.apply(put))

    # Rulings.

    def _take_rulings(self, put: Put) -> None:
        """Have who is banned from now on be out, of the room or of the server."""
        room = self._house.chat.registry.restore_rulings(put.key, put.value)
        if put.key == SERVER:
            for session in self._house.sessions:
                self._end_if_banned(session)
        if room is not None:
            for user in list(room.members):
                ruling = self._house.chat.guard.ban_on(user, room)
                if ruling is not None:
                    self._turn_out_of(room, user, ruling)

    def _end_if_banned(self, session: "Closable") -> None:
        user = session.user
        if user is None:
            return
        try:
            self._house.chat.guard.check_entry(user.name, user.account, session.address)
        except Banned as why:
            session.end(why.text, "banned")

    def _turn_out_of(self, room: Room, user: User, ruling: Ruling) -> None:
        house = self._house
        text = ruling.tells(f"banned from {room.name}", house.time())
        happened = house.moderation.members.turn_out(user, room, house.clock.seconds())
        house.delivery.add(
            Happened(
                happened,
                None,
                notes=house.chat.registry.take_notes(),
                notices=[(str(user.name), Notice(code="banned", text=text))],
            )
        )

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
