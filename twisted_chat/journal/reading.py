"""Reading the record: the newest events of many rooms, of a conversation, around a number."""

import sqlite3
from collections.abc import Collection
from itertools import islice

from twisted_chat.journal import PRIVATE, Entry, Page, Scope
from twisted_chat.journal.kept import DECODER, fitting, mended_scope, rooms_of
from twisted_chat.journal.spans import Condition, Span, alone, events, newest, oldest, within


def past(db: sqlite3.Connection, scope: Scope, span: Span, most: int) -> Page:
    """The newest events of a scope, oldest first."""
    chosen, more = fitting(events(db, newest(db, within(scope), span)), most)
    return Page(chosen[::-1], more)


def first(db: sqlite3.Connection, scope: Scope, span: Span, most: int) -> Page:
    """The oldest events of a scope, in their order."""
    return Page(*fitting(events(db, oldest(db, within(scope), span)), most))


def around(db: sqlite3.Connection, seq: int, scope: Scope, upto: int, most: int) -> Page:
    """An event with those around it, of the same room or told to the same one, oldest first."""
    scope = mended_scope(scope)
    place = _place(db, seq, scope) if seq <= upto else ""
    if not place:
        return Page([], False)
    here = alone(scope.identity) if place == PRIVATE else within(Scope((place,)))
    half = (most - 1) // 2
    after, _ = fitting(events(db, islice(oldest(db, here, Span(upto, seq)), half)), half, share=2)
    before, more = fitting(events(db, newest(db, here, Span(seq))), most - len(after), share=2)
    return Page([*before[::-1], *after], more)


def entry(db: sqlite3.Connection, seq: int) -> Entry | None:
    """The event of a number, with who did it."""
    found = db.execute(
        "SELECT body, actor, concerns, room FROM event WHERE seq = ?", (seq,)
    ).fetchone()
    if found is None:
        return None
    body, actor, concerns, room = found
    return Entry(DECODER.decode(body), actor, concerns, room=room)


def audit(
    db: sqlite3.Connection, rooms: Collection[str] | None, upto: int, most: int
) -> list[Entry]:
    """The newest acts of moderation, oldest first."""
    if rooms is None:
        ruled: list[Condition] = [("event WHERE ruled", ())]
    else:
        ruled = [("event WHERE ruled AND room = ?", (room,)) for room in rooms_of(rooms)]
    seqs = list(islice(newest(db, ruled, Span(upto)), most))
    acts = (entry(db, seq) for seq in reversed(seqs))
    return [act for act in acts if act is not None]


def _place(db: sqlite3.Connection, seq: int, scope: Scope) -> str:
    """What an event is on record under, if it is in the scope; empty otherwise."""
    found = db.execute("SELECT room, actor, concerns FROM event WHERE seq = ?", (seq,)).fetchone()
    if found is None:
        return ""
    room, *people = found
    readable = scope.identity in people if room == PRIVATE else room in scope.rooms
    return room if readable else ""
