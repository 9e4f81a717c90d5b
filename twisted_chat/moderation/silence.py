"""What is not said: the filters of a room or of the server, and the lockdown."""

from msgspec.structs import replace

from twisted_chat import events
from twisted_chat.chat import Chat, Events
from twisted_chat.moderation.authority import Authority
from twisted_chat.moderation.domain import Domain
from twisted_chat.names import RoomName
from twisted_chat.patterns import Pattern
from twisted_chat.refused import NoSuchRuling
from twisted_chat.rooms import User
from twisted_chat.rulings import Filter


class Silence:
    """The rules about what is said."""

    def __init__(self, chat: Chat, authority: Authority) -> None:
        self._chat = chat
        self._authority = authority

    def filter(self, user: User, pattern: Pattern, room: RoomName | None) -> Events:
        """Let nobody say in a room what a pattern finds, or for None anywhere.

        :raises TooMany: there are as many as there may be, or they are too much work.
        :raises Refused: the user may not.
        """
        domain = self._authority.domain(user, room)
        written, by = str(pattern), str(user.name)
        self._authority.check_reason(user, written, domain.room)
        rulings = domain.place.rulings.filtering(Filter(written, by))
        self._chat.registry.rule(domain.place, rulings)
        return [events.Filtered(room=self._at(domain), by=by, pattern=written)]

    def unfilter(self, user: User, pattern: Pattern, room: RoomName | None) -> Events:
        """Let it be said again.

        :raises NoSuchRuling: there is no such filter.
        :raises Refused: the user may not.
        """
        domain = self._authority.domain(user, room)
        rulings, out = domain.place.rulings.unfiltering(pattern)
        if out is None:
            raise NoSuchRuling(f"There is no such filter {domain.within}. /filter lists them.")
        self._chat.registry.rule(domain.place, rulings)
        by = str(user.name)
        return [events.Unfiltered(room=self._at(domain), by=by, pattern=out.pattern)]

    def lock_down(self, user: User, on: bool) -> Events:
        """Let no new guests come in and only accounts speak, or end that.

        :raises NotOperator: the user is no administrator.
        """
        self._authority.require_administrator(user)
        guard = self._chat.guard
        if guard.rulings.lockdown == on:
            return []
        self._chat.registry.rule(guard, replace(guard.rulings, lockdown=on))
        return [events.LockedDown(by=str(user.name), on=on)]

    def _at(self, domain: Domain) -> str:
        return domain.name if domain.room is None else self._chat.registry.at(domain.room)
