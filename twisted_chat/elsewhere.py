"""What is kept, as the server finds it at its start, or as another process has changed it since."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twisted_chat.accounts.account import Token
from twisted_chat.accounts.book import Revision
from twisted_chat.accounts.proof import BEFORE_A_PASSWORD, PASSWORD_CHANGED, token_revoked
from twisted_chat.answers import Reply
from twisted_chat.happened import Happened
from twisted_chat.journal import Put
from twisted_chat.refused import Banned
from twisted_chat.registry import BAN, ROOM, RULINGS
from twisted_chat.rooms import Room

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

    def release_rooms(self) -> None:
        """Have no room belong to an account that is no more."""
        released = self._house.moderation.order.release_all()
        if released:
            self._tell(released)

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
            revision = self._house.book.apply(put)
            if revision.revoked is not None:
                self._end_those_with(put.key, revision.revoked)
            self._take_account(revision)

    # Bans.

    def _put_out_of(self, key: str) -> None:
        """Have who is banned from a place be out of it."""
        place = self._house.chat.registry.place(key)
        if isinstance(place, Room):
            members = self._house.moderation.members
            members.uninvite_banned(place)
            self._tell(members.depose_banned(place))
            for user in list(place.members):
                self._house.put_out_of(place, user)
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
            self.release_rooms()
            return
        for user in owners:
            # Not what another process has made of it, but what the operator wants it to be.
            user.account = self._house.book.by_id(after.id)
        if after.hash != before.hash:
            self._house.evict(after.id, BEFORE_A_PASSWORD.__contains__, PASSWORD_CHANGED)

    def _end_those_with(self, digest: str, token: Token) -> None:
        """Have nobody be here who came in with a token that is no more."""
        words = token_revoked(token.label)
        self._house.evict(token.account_id, lambda proof: proof == digest, words)
