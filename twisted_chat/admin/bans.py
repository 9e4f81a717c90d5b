"""The command ``bans``: who is kept out of a room, or of the whole server."""

import time
from argparse import Namespace

import msgspec

from twisted_chat.admin.console import NAME, Console, day
from twisted_chat.admin.errors import Misused, Unable
from twisted_chat.admin.place import opened
from twisted_chat.events import Unbanned
from twisted_chat.journal import SERVER, Entry, Put
from twisted_chat.journal.admin import AdminStore
from twisted_chat.masks import Mask, read_mask
from twisted_chat.moderation import AN_ADDRESS
from twisted_chat.moments import until_words
from twisted_chat.names import Unusable, room_name
from twisted_chat.registry import ROOM, RULINGS
from twisted_chat.rooms import Founded, Room
from twisted_chat.rulings import Ruling, Rulings, lasting


def bans(options: Namespace, console: Console) -> None:
    """Write a line for each ban that holds, or lift one.

    :raises Misused: the words are others.
    :raises Refused: nobody is banned like that.
    :raises Unable: there is no such ban.
    """
    match options.words:
        case []:
            _list(options, console, None)
        case ["remove", who]:
            _lift(options, console, read_mask(who), None)
        case ["remove", who, place]:
            _lift(options, console, read_mask(who), _key(place))
        case [place] if place != "remove":
            _list(options, console, _key(place))
        case _:
            raise _misused("bans takes a room, * for the server, or: remove WHO [ROOM|*]")


def _list(options: Namespace, console: Console, place: str | None) -> None:
    now = time.time()
    with opened(options.data) as store:
        rules = _rules(store, place)
    for key, rulings in rules.items():
        for ban in lasting(rulings.bans, now):
            console.say(_described(key, ban, now))


def _lift(options: Namespace, console: Console, mask: Mask, place: str | None) -> None:
    with opened(options.data) as store:
        rules = _rules(store, place)
        lifted = [key for key in rules if _lifts(store, key, rules[key], mask)]
    if not lifted:
        raise Unable(f"There is no ban on {mask}. The command bans lists all.")
    for key in lifted:
        console.say(f"{mask} may come into {_where(key)} again.")


def _lifts(store: AdminStore, key: str, rulings: Rulings, mask: Mask) -> bool:
    """Lift a ban in one place, if it is there."""
    rest, ban = rulings.unbanning(mask, time.time())
    if ban is not None:
        value = None if rest == Rulings() else msgspec.json.encode(rest)
        puts = [Put(RULINGS, key, value, if_there=True)]
        store.put_from_outside(puts, [_audited(store, key, ban)])
    return ban is not None


def _audited(store: AdminStore, key: str, ban: Ruling) -> Entry:
    """What ``/audit`` shows of it."""
    address = ban.whom is not None and ban.whom.is_address
    who, concerns = (AN_ADDRESS, ban.mask) if address else (ban.mask, "")
    room = _room(store, key)
    name, on_record = (key, "") if room is None else (str(room.name), room.on_record)
    return Entry(Unbanned(room=name, who=who, by=NAME), concerns=concerns, room=on_record)


def _room(store: AdminStore, key: str) -> Room | None:
    """The room of that key; None for the server."""
    for kind, name, value in store.records():
        if (kind, name) == (ROOM, key):
            founded = msgspec.json.decode(value, type=Founded)
            return Room(room_name(founded.name), founded.charter)
    return None


def _rules(store: AdminStore, place: str | None) -> dict[str, Rulings]:
    """The rules of a place, or of all, by their keys: the server's are first."""
    return {
        key: msgspec.json.decode(value, type=Rulings)
        for kind, key, value in store.records()
        if kind == RULINGS and place in (None, key)
    }


def _key(word: str) -> str:
    if word == SERVER:
        return SERVER
    try:
        return room_name(word).key
    except Unusable as why:
        raise _misused(str(why).rstrip(".")) from None


def _misused(why: str) -> Misused:
    return Misused(why, f"{NAME} bans")


def _where(key: str) -> str:
    return "the server" if key == SERVER else key


def _described(key: str, ban: Ruling, now: float) -> str:
    until = until_words(ban.until, now)
    reason = f": {ban.reason}" if ban.reason else ""
    return f"{ban.mask}, banned from {_where(key)} {until}, by {ban.by} on {day(ban.since)}{reason}"
