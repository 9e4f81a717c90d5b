"""How far accounts have heard each room, as what they do there says it."""

import sqlite3
from collections.abc import Mapping

from twisted_chat.events import Banned, Event, Joined, Kicked, Left, MadePrivate
from twisted_chat.identity import is_account
from twisted_chat.journal import PRIVATE, Entry, Present

FOLLOWED: frozenset[type[Event]] = frozenset({Joined, Present, Left, Kicked, Banned, MadePrivate})
"""What says that somebody hears a room, or does not any more."""


NOTHING = 0
"""How far an account that never was in has heard what it was told alone: all of that waits."""


def follow(db: sqlite3.Connection, entry: Entry, room: str, last: int) -> None:
    """Note what an entry says of who hears what.

    :param room: what the entry is on record under.
    :param last: the highest number so far.
    """
    match entry.event:
        case MadePrivate(on=closes) if entry.moves:
            _move(db, entry.moves, room, closes)
        case Kicked() | Banned() if is_account(entry.concerns):
            _forget(db, entry.concerns, room)
        case Joined() | Present() if is_account(entry.actor):
            _open(db, entry.actor, room, last)
            _open(db, entry.actor, PRIVATE, NOTHING)
        case Left(room="") if is_account(entry.actor):
            _close(db, entry.actor, last if entry.heard is None else entry.heard)
        case Left() if is_account(entry.actor):
            _forget(db, entry.actor, room)


def close_all(db: sqlite3.Connection) -> None:
    """Close what a server left open that ended without a word: everybody heard what was told."""
    db.execute(
        "UPDATE position SET here = 0, heard = max(heard, (SELECT told FROM progress)) WHERE here"
    )


def heard(db: sqlite3.Connection, identity: str) -> dict[str, int]:
    """How far somebody had heard each room when they left, or came in if they are here."""
    sql = "SELECT room, heard FROM position WHERE identity = ? ORDER BY room"
    return dict(db.execute(sql, (identity,)))


def owed(identity: str, heard: Mapping[str, int]) -> dict[str, int]:
    """The same, with what an account was told alone that never was in."""
    return {PRIVATE: NOTHING, **heard} if is_account(identity) else dict(heard)


def _open(db: sqlite3.Connection, identity: str, room: str, last: int) -> None:
    # Who comes back has missed what came since they left.
    db.execute(
        "INSERT INTO position VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET here = 1",
        (identity, room, last),
    )


def _close(db: sqlite3.Connection, identity: str, upto: int) -> None:
    # Who came in after that has heard what was there then.
    db.execute(
        "UPDATE position SET here = 0, heard = max(heard, ?) WHERE identity = ? AND here",
        (upto, identity),
    )


def _forget(db: sqlite3.Connection, identity: str, room: str) -> None:
    db.execute("DELETE FROM position WHERE identity = ? AND room = ?", (identity, room))


def _move(db: sqlite3.Connection, old: str, new: str, closes: bool) -> None:
    # Who is away when a room is closed to others is not in it from then on.
    db.execute(
        "UPDATE OR REPLACE position SET room = ? WHERE room = ? AND (here OR NOT ?)",
        (new, old, closes),
    )
