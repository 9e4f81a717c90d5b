"""Saying something in a room for an account that need not be in it, nor in the chat.

What holds for who is there holds here; nobody comes or goes by it, and no room is made.
"""

from functools import partial
from math import ceil

from twisted_chat import events
from twisted_chat.chat import Chat, Events
from twisted_chat.limits import POSTS_REMEMBERED, SLOWEST_SECONDS
from twisted_chat.moments import written
from twisted_chat.names import RoomName
from twisted_chat.refused import NoSuchRoom, TooSoon
from twisted_chat.rooms import Room, User

_Key = tuple[str, str]
"""A room and an account, by the key of the one and the id of the other."""


class Posting:
    """The rules for who speaks in a room from outside."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._spoke: dict[_Key, float] = {}

    def say(self, user: User, name: RoomName, text: str) -> Events:
        """Say something in a room.

        :param user: who may be in the chat and in the room, in one of them, or in none.
        :raises NoSuchRoom: there is none that the user may enter.
        :raises Banned: they may not be in it.
        :raises Refused: they may not speak there, or not say that: see `Guard.check_speech`.
        """
        room = self._room(user, name)
        if user in room.members:
            return self._chat.say(user, room.name, text)
        self._chat.guard.check_room(user, room)
        self._chat.guard.check_text(user, text, room)
        if room.charter.slow:
            self._check_pace(user, room)
            self._count(user, room)
        return [events.Said(room=self._chat.registry.at(room), who=str(user.name), text=text)]

    def _room(self, user: User, name: RoomName) -> Room:
        room = self._chat.rooms.get(name)
        if room is None or not (user in room.members or room.admits(user)):
            raise NoSuchRoom(f"There is no room {name} that you may enter.")
        return room

    def _check_pace(self, user: User, room: Room) -> None:
        spoke = None if room.ruled_by(user) else self._spoke.get(_key(user, room))
        wait = 0.0 if spoke is None else spoke + room.charter.slow - self._chat.guard.time()
        if wait > 0:
            raise TooSoon(f"{room.name} is slow: you may speak again in {written(ceil(wait))}.")

    def _count(self, user: User, room: Room) -> None:
        """Remember when the user spoke, and take that back if it does not get on record."""
        key, now = _key(user, room), self._chat.guard.time()
        before = self._spoke.pop(key, None)
        self._spoke[key] = now
        self._chat.notes.unsaid = partial(self._set, key, before)
        self._forget(now - SLOWEST_SECONDS)

    def _set(self, key: _Key, spoke: float | None) -> None:
        self._spoke.pop(key, None)
        if spoke is not None:
            self._spoke[key] = spoke

    def _forget(self, before: float) -> None:
        """Forget what makes nobody wait any more, and the earliest of too many."""
        while self._spoke:
            key = next(iter(self._spoke))
            if self._spoke[key] >= before and len(self._spoke) <= POSTS_REMEMBERED:
                return
            del self._spoke[key]


def _key(user: User, room: Room) -> _Key:
    return room.name.key, user.account_id
