"""Who may come in, enter a room and speak, by the rulings that are in force.

It makes none and lifts none: operators do, in moderation/.  An administrator passes everywhere, and
in a room its operators do, but for bans and mutes.
"""

import time
from collections.abc import Callable, Iterable
from math import ceil

from twisted_chat.accounts.account import Account
from twisted_chat.masks import Mask
from twisted_chat.moments import until_words, written
from twisted_chat.names import Name, RoomName
from twisted_chat.refused import (
    Banned,
    Filtered,
    LockedDown,
    Muted,
    Refused,
    RoomModerated,
    TooSoon,
)
from twisted_chat.rooms import Room, User
from twisted_chat.rulings import Ruling, Rulings

SERVER_WORDS = "this server"

Find = Callable[[str, str | None, str | None, float], Ruling | None]
"""Finds the ruling on a name, an account and an address at a moment: see `Rulings.ban_on`."""


class Guard:
    """Lets pass whom no ruling is about.

    :param time: the seconds since 1970; they never go back.
    """

    def __init__(self, time: Callable[[], float] = time.time) -> None:
        self.rulings = Rulings()
        """Those of the whole server."""
        self.time = time

    # Coming in.

    def check_newcomer(self) -> None:
        """Let a guest pass who wants an account.

        :raises LockedDown: nobody gets one now, as it would be good for speaking.
        """
        if self.rulings.lockdown:
            raise LockedDown("The server is locked down: nobody registers. Try again later.")

    def check_guest(self, name: Name) -> None:
        """Let a new guest pass.

        :raises LockedDown: none comes in now.
        :raises Filtered: nobody may say what they want to be called.
        """
        if self.rulings.lockdown:
            raise LockedDown("The server is locked down: no new guests come in. Try again later.")
        _check_filters(self.rulings, str(name), SERVER_WORDS)

    def check_new_room(self, user: User, name: RoomName) -> None:
        """Let somebody pass who makes a room of that name, which others see.

        :raises LockedDown: they are a guest, and none makes rooms now.
        :raises Refused: they may not speak, or not say that: see `check_text`.
        """
        if self.rulings.lockdown and user.account is None:
            raise LockedDown("The server is locked down: guests make no rooms. Try again later.")
        self.check_text(user, str(name))

    def check_entry(self, name: Name, account: Account | None, address: str | None) -> None:
        """Let a connection of somebody's pass.

        :raises Banned: they may not be on the server.
        """
        if not self.rulings.bans or (account is not None and account.admin):
            return
        account_key = None if account is None else name.key
        now = self.time()
        ruling = self.rulings.ban_on(name.key, account_key, address, now)
        if ruling is not None:
            raise Banned(ruling.tells(f"banned from {SERVER_WORDS}", now))

    def check_name(self, user: User, name: Name) -> None:
        """Let a name pass that somebody who is here takes, as it is no way around a ruling.

        :raises Banned: who is called that may not be where the user is.
        :raises Muted: the user is quiet under the name that they have.
        :raises LockedDown: no guest has a new name now.
        :raises Filtered: nobody may say what they want to be called.
        """
        if user.account is not None:
            return
        if self.rulings.lockdown:
            raise LockedDown("The server is locked down: guests keep their names. Try again later.")
        _check_filters(self.rulings, str(name), SERVER_WORDS)
        now = self.time()
        _check_free(name, self.rulings, SERVER_WORDS, now)
        for room in user.rooms.values():
            self._check_mute(user, room.rulings, f"in {room.name}", now)
            _check_free(name, room.rulings, str(room.name), now)
        self._check_mute(user, self.rulings, f"on {SERVER_WORDS}", now)

    def check_no_way_around(self, user: User, room: Room) -> None:
        """Let a guest pass who takes another name, where nothing in a room is about theirs.

        :param room: one that they are not in, and may come back to.
        :raises Banned: they may not be in it.
        :raises Muted: they may not speak there.
        """
        rulings, key, now = room.rulings, user.name.key, self.time()
        if rulings.ban_on(key, None, None, now) is not None:
            raise Banned(f"Who is banned from {room.name} keeps their name.")
        if rulings.mute_on(key, None, None, now) is not None:
            raise Muted(f"Who is muted in {room.name} keeps their name.")

    def check_drop(self, user: User, rooms: Iterable[Room]) -> None:
        """Let somebody pass who gives up their account, where nothing is about it.

        :param rooms: those that they may know of.
        :raises Banned: the account may not be in one of them.
        :raises Muted: it may not speak there, or on the server.
        """
        if user.account is None or user.admin:
            return
        key, now = user.name.key, self.time()
        mute = self.rulings.mute_on(key, key, None, now)
        if mute is not None:
            raise Muted(_keeps(f"muted on {SERVER_WORDS}", mute, now))
        for room in rooms:
            ban = room.rulings.ban_on(key, key, None, now)
            mute = room.rulings.mute_on(key, key, None, now)
            if ban is not None:
                raise Banned(_keeps(f"banned from {room.name}", ban, now))
            if mute is not None:
                raise Muted(_keeps(f"muted in {room.name}", mute, now))

    def check_rooms(self, user: User, name: Name) -> None:
        """Let somebody who is here go on as the owner of an account, where they are.

        :param name: the account's.
        :raises Banned: its owner may not be in one of the rooms.
        """
        now = self.time()
        for room in user.rooms.values():
            if room.rulings.ban_on(name.key, name.key, None, now) is not None:
                raise Banned(f"{name} is banned from {room.name}. /part {room.name} first.")

    # Rooms.

    def ban_on(self, user: User, room: Room) -> Ruling | None:
        """The ban that keeps somebody out of a room."""
        if not room.rulings.bans or user.admin:
            return None
        return _on(user, room.rulings.ban_on, self.time())

    def check_room(self, user: User, room: Room) -> None:
        """Let somebody pass who wants to enter a room, or to know what was said there.

        :raises Banned: they may not be in it.
        """
        ruling = self.ban_on(user, room)
        if ruling is not None:
            raise Banned(ruling.tells(f"banned from {room.name}", self.time()))

    # Speaking.

    def check_speech(self, user: User, room: Room, text: str) -> None:
        """Let something pass that somebody says to a room, and count it where the room is slow.

        :raises TooSoon: they have to wait.
        :raises Refused: they may not speak there, or not say that: see `check_text`.
        """
        self.check_text(user, text, room)
        if room.charter.slow:
            self._check_pace(user, room)
            self._count(user, room)

    def check_status(self, user: User, text: str) -> None:
        """Let something pass that somebody says to all their rooms at once, and count it.

        :raises TooSoon: they have to wait in one of them.
        :raises Refused: they may not say that in all of them: see `check_text`.
        """
        rooms = list(user.rooms.values())
        self._check_everywhere(user, text, rooms)
        for room in rooms:
            self._count(user, room)

    def check_text(self, user: User, text: str, room: Room | None = None) -> None:
        """Let something pass that somebody says to a room, or to one alone.

        :raises LockedDown: only accounts speak now.
        :raises Muted: they may only listen.
        :raises RoomModerated: only some speak in the room.
        :raises Filtered: nobody may say that.
        """
        if user.admin:
            return
        rulings = self.rulings
        if rulings.mutes:
            self._check_mute(user, rulings, f"on {SERVER_WORDS}", self.time())
        if rulings.lockdown and user.account is None:
            raise LockedDown("The server is locked down: only accounts speak. Try again later.")
        if rulings.filters:
            _check_filters(rulings, text, SERVER_WORDS)
        if room is not None:
            self._check_room_text(user, text, room)

    def passes(self, user: User, text: str, rooms: Iterable[Room]) -> bool:
        """Whether somebody may say something to all of these rooms, which they leave with it."""
        try:
            self._check_everywhere(user, text, rooms)
        except Refused:
            return False
        return True

    def _check_everywhere(self, user: User, text: str, rooms: Iterable[Room]) -> None:
        self.check_text(user, text)
        for room in () if user.admin else rooms:
            self._check_room_text(user, text, room)
            self._check_pace(user, room)

    def _check_room_text(self, user: User, text: str, room: Room) -> None:
        rulings = room.rulings
        if rulings.mutes:
            self._check_mute(user, rulings, f"in {room.name}", self.time())
        if room.charter.moderated and not room.heard(user):
            raise RoomModerated(
                f"{room.name} is moderated: only operators speak, and who has a voice."
            )
        if rulings.filters and not room.ruled_by(user):
            _check_filters(rulings, text, str(room.name))

    def _check_mute(self, user: User, rulings: Rulings, where: str, now: float) -> None:
        ruling = _on(user, rulings.mute_on, now) if rulings.mutes else None
        if ruling is not None:
            raise Muted(ruling.tells(f"muted {where}", now))

    def _check_pace(self, user: User, room: Room) -> None:
        slow = 0 if room.ruled_by(user) else room.charter.slow
        spoke = room.member(user).spoke if slow else None
        wait = 0.0 if spoke is None else spoke + slow - self.time()
        if wait > 0:
            raise TooSoon(f"{room.name} is slow: you may speak again in {written(ceil(wait))}.")

    def _count(self, user: User, room: Room) -> None:
        if room.charter.slow:
            room.member(user).spoke = self.time()


def is_about(mask: Mask, user: User) -> bool:
    """Whether a mask is about somebody who is here, wherever they come from."""
    key = user.name.key
    account_key = None if user.account is None else key
    return any(mask.matches(key, account_key, address) for address in user.addresses or [None])


def _check_free(name: Name, rulings: Rulings, place: str, now: float) -> None:
    if rulings.ban_on(name.key, None, None, now) is not None:
        raise Banned(f"Who is called {name} is banned from {place}. Choose another.")


def _keeps(what: str, ruling: Ruling, now: float) -> str:
    then = " until then" if ruling.until else ""
    return f"You are {what} {until_words(ruling.until, now)}: you keep your account{then}."


def _check_filters(rulings: Rulings, text: str, place: str) -> None:
    if rulings.filtered(text) is not None:
        raise Filtered(f"A filter of {place} stops that. Nobody has seen it.")


def _on(user: User, find: Find, now: float) -> Ruling | None:
    """The ruling on somebody, wherever they come from."""
    key = user.name.key
    account_key = None if user.account is None else key
    found = (find(key, account_key, address, now) for address in user.addresses or [None])
    return next((ruling for ruling in found if ruling is not None), None)
