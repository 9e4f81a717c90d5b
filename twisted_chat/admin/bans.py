"""The command ``bans``: who is kept out of a room, or of the whole server."""

import time
from argparse import Namespace
from collections.abc import Mapping

import msgspec

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import ACCOUNT, Book
from twisted_chat.admin.console import NAME, Console, day
from twisted_chat.admin.errors import Misused, Unable
from twisted_chat.admin.place import opened
from twisted_chat.events import Banned, Unbanned
from twisted_chat.journal import SERVER, Entry, Put
from twisted_chat.journal.admin import AdminStore, Turn
from twisted_chat.limits import REASON_CHARS
from twisted_chat.masks import Mask, read_mask
from twisted_chat.moderation import AN_ADDRESS
from twisted_chat.moments import until_words
from twisted_chat.names import Unusable, room_name
from twisted_chat.registry import BAN, ROOM, RULINGS, BanNote, put_rulings
from twisted_chat.rooms import Founded, Room
from twisted_chat.rulings import Ruling, Rulings, lasting
from twisted_chat.text import clean


def bans(options: Namespace, console: Console) -> None:
    """Write a line for each ban that holds, make one, or lift one.

    :raises Misused: the words are others.
    :raises Refused: nobody is banned like that.
    :raises Unable: there is no such ban, or it cannot be made.
    """
    words = options.words
    if words[:1] != ["add"] and (options.seconds or options.reason):
        raise _misused("--for and --reason are for: add WHO [ROOM|*]")
    match words:
        case []:
            _list(options, console, None)
        case ["add", who]:
            _add(options, console, read_mask(who), SERVER)
        case ["add", who, place]:
            _add(options, console, read_mask(who), _key(place))
        case ["remove", who]:
            _lift(options, console, read_mask(who), None)
        case ["remove", who, place]:
            _lift(options, console, read_mask(who), _key(place))
        case [place] if place not in ("add", "remove"):
            _list(options, console, _key(place))
        case _:
            raise _misused("bans takes ROOM, or * for the server, or: add|remove WHO [ROOM|*]")


def read_reason(text: str) -> str:
    """Why somebody is banned, as others may see it.

    :raises ValueError: it is too long.
    """
    reason = clean(text).strip()
    if len(reason) > REASON_CHARS:
        raise ValueError(f"that is too long: {REASON_CHARS} characters at most")
    return reason


def _list(options: Namespace, console: Console, place: str | None) -> None:
    now = time.time()
    with opened(options.data) as store:
        kept = {key: value for kind, key, value in store.records() if kind == RULINGS}
    for key, rulings in _rules(kept, place).items():
        for ban in lasting(rulings.bans, now):
            console.say(_described(key, ban, now))


def _add(options: Namespace, console: Console, mask: Mask, place: str) -> None:
    with opened(options.data) as store:
        _check_no_administrator(store, mask)
        with store.turn() as turn:
            room = _room(turn, place)
            if place != SERVER and (room is None or not room.charter.owner):
                raise Unable(
                    f"{place} is nobody's own, so no ban is kept for it. Rule it in the chat."
                )
            rulings = _rules(turn.records(RULINGS), place).get(place, Rulings())
            now = time.time()
            until = now + options.seconds if options.seconds else 0.0
            _, there = rulings.unbanning(mask, now)
            # Later than the one that it replaces, also where a clock was set back since then.
            since = now if there is None else max(now, there.since + 0.001)
            ban = Ruling(str(mask), NAME, since, options.reason, until)
            _put(turn, place, rulings.banning(ban, now), BanNote(ban))
    console.say(f"{mask} is banned from {_where(place)} {until_words(until, now)}.")


def _check_no_administrator(store: AdminStore, mask: Mask) -> None:
    name = mask.name_key
    account = None if name is None else Book(store.records()).account(name)
    if account is not None and account.admin:
        raise Unable(f"{account.name} administers the server.")


def _lift(options: Namespace, console: Console, mask: Mask, place: str | None) -> None:
    with opened(options.data) as store, store.turn() as turn:
        rules = _rules(turn.records(RULINGS), place)
        lifted = [key for key in rules if _lifts(turn, key, rules[key], mask)]
    if not lifted:
        raise Unable(f"There is no ban on {mask}. The command bans lists all.")
    for key in lifted:
        console.say(f"{mask} may come into {_where(key)} again.")


def _lifts(turn: Turn, key: str, rulings: Rulings, mask: Mask) -> bool:
    """Lift a ban in one place, if it is there."""
    rest, ban = rulings.unbanning(mask, time.time())
    if ban is not None:
        _put(turn, key, rest, BanNote(ban, lifted=True))
    return ban is not None


def _put(turn: Turn, key: str, rulings: Rulings, note: BanNote) -> None:
    told = Put(BAN, key, msgspec.json.encode(note))
    turn.change(put_rulings(key, rulings), told, _audited(turn, key, note))


def _audited(turn: Turn, key: str, note: BanNote) -> Entry:
    """What ``/audit`` shows of it."""
    ban = note.ban
    address = ban.whom is not None and ban.whom.is_address
    who, concerns = (AN_ADDRESS, ban.mask) if address else (ban.mask, _identity(turn, ban.whom))
    room = _room(turn, key)
    name, on_record = (key, "") if room is None else (str(room.name), room.on_record)
    event = (
        Unbanned(room=name, who=who, by=NAME)
        if note.lifted
        else Banned(room=name, who=who, by=NAME, reason=ban.reason, until=ban.until)
    )
    return Entry(event, concerns=concerns, room=on_record)


def _identity(turn: Turn, mask: Mask | None) -> str:
    """Who the owner of the account is on record whom a ban is about; empty where there is none."""
    name = None if mask is None else mask.name_key
    value = None if name is None else turn.records(ACCOUNT).get(name)
    return "" if value is None else msgspec.json.decode(value, type=Account).identity


def _room(turn: Turn, key: str) -> Room | None:
    """The room of that key; None for the server."""
    value = turn.records(ROOM).get(key)
    if value is None:
        return None
    founded = msgspec.json.decode(value, type=Founded)
    return Room(room_name(founded.name), founded.charter)


def _rules(kept: Mapping[str, bytes], place: str | None) -> dict[str, Rulings]:
    """The rules of a place, or of all, by their keys: the server's are first."""
    return {
        key: msgspec.json.decode(value, type=Rulings)
        for key, value in kept.items()
        if place in (None, key)
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
