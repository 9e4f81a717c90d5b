"""The numbers of events that an index selects, newest or oldest first."""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from twisted_chat.events import Recorded
from twisted_chat.journal import Scope
from twisted_chat.journal.kept import DECODER, mended_scope

FIRST_PIECE = 1
"""Numbers that are fetched at first: with thousands of rooms most of them have no say."""

LAST_PIECE = 512
"""Numbers that are fetched at once later: other threads wait while they become Python's."""

Condition = tuple[str, tuple[str, ...]]
"""What selects events by an index, as it follows ``SELECT seq FROM``, and its values."""


# Said by name, as what is told in private would else be read by its place: all that anybody told.
_TOLD_BY = "event INDEXED BY event_told_by"
_TOLD_TO = "event INDEXED BY event_told_to"


@dataclass(frozen=True, slots=True)
class Span:
    """Events in ``after < seq <= upto``, since a time."""

    upto: int
    after: int = 0
    since: float = 0


def within(scope: Scope) -> list[Condition]:
    """What selects the events of a scope: each event is selected by one of them."""
    scope = mended_scope(scope)
    rooms: list[Condition] = [("event WHERE room = ?", (room,)) for room in scope.rooms]
    return [*rooms, *(alone(scope.identity) if scope.identity else [])]


def alone(identity: str) -> list[Condition]:
    """What selects what somebody told others alone, or was told."""
    return [
        (f"{_TOLD_BY} WHERE room = '@' AND actor = ?", (identity,)),
        (f"{_TOLD_TO} WHERE room = '@' AND concerns = ? AND actor <> ?", (identity, identity)),
    ]


def newest(db: sqlite3.Connection, selected: Sequence[Condition], span: Span) -> Iterator[int]:
    """The numbers of the selected events, the highest first."""
    low = max(span.after, before(db, span.since))
    streams = (_falling(db, condition, span, low) for condition in selected)
    return heapq.merge(*streams, reverse=True)


def oldest(db: sqlite3.Connection, selected: Sequence[Condition], span: Span) -> Iterator[int]:
    """The numbers of the selected events, the lowest first."""
    low = max(span.after, before(db, span.since))
    return heapq.merge(*(_rising(db, condition, span, low) for condition in selected))


def events(db: sqlite3.Connection, seqs: Iterable[int]) -> Iterator[tuple[int, Recorded]]:
    """The events of these numbers, with their sizes in bytes."""
    for seq in seqs:
        (body,) = db.execute("SELECT body FROM event WHERE seq = ?", (seq,)).fetchone()
        yield len(body), DECODER.decode(body)


def before(db: sqlite3.Connection, time: float) -> int:
    """A number up to which nothing has that time or a later one."""
    return turn(db, time) or 0 if time > 0 else 0


def turn(db: sqlite3.Connection, time: float) -> int | None:
    """The number of the last event before a time; None where an import put times out of order.

    Found by halves, as times follow numbers.
    """
    (in_order,) = db.execute("SELECT in_order FROM progress").fetchone()
    if not in_order:
        return None
    low, high = 0, db.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
    while low < high:
        middle = (low + high) // 2
        sql = "SELECT seq, time FROM event WHERE seq > ? ORDER BY seq LIMIT 1"
        seq, then = db.execute(sql, (middle,)).fetchone()
        low, high = (low, middle) if then >= time else (seq, high)
    return int(low)


def _falling(db: sqlite3.Connection, condition: Condition, span: Span, low: int) -> Iterator[int]:
    selected, values = condition
    sql = (
        f"SELECT seq FROM {selected} AND seq <= ? AND seq > ? AND time >= ?"
        " ORDER BY seq DESC LIMIT ?"
    )
    high, piece = span.upto, FIRST_PIECE
    while piece:
        found = db.execute(sql, (*values, high, low, span.since, piece)).fetchall()
        yield from (seq for (seq,) in found)
        high = found[-1][0] - 1 if found else 0
        piece = min(piece * 8, LAST_PIECE) if len(found) == piece else 0


def _rising(db: sqlite3.Connection, condition: Condition, span: Span, low: int) -> Iterator[int]:
    selected, values = condition
    sql = f"SELECT seq FROM {selected} AND seq > ? AND seq <= ? AND time >= ? ORDER BY seq LIMIT ?"
    piece = LAST_PIECE
    while piece:
        found = db.execute(sql, (*values, low, span.upto, span.since, piece)).fetchall()
        yield from (seq for (seq,) in found)
        low = found[-1][0] if found else low
        piece = piece if len(found) == piece else 0
