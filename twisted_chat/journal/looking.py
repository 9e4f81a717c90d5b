"""Looking for a text on record, newest first: by the index where it helps, else one by one.

What is looked for, and what is looked at, are folded; any text is data, and none is query syntax.
What is out of the scope is passed within SQL, and no number that comes out of here depends on it.
"""

import heapq
import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from twisted_chat.journal import Scope
from twisted_chat.journal.indexing import indexed
from twisted_chat.journal.kept import is_open, mended_scope
from twisted_chat.journal.spans import Condition, Span, within
from twisted_chat.limits import ROOMS_ONE_BY_ONE

TRIGRAM = 3
"""Characters that a text needs to be found by the index."""

TRIGRAMS_ASKED = 16
"""Trigrams of a long text that the index is asked for: what has so many of it mostly has it all."""

FIRST_WINDOW = 1 << 14
"""Numbers that the index is asked about at first: what is common is found in the newest of them."""

LAST_WINDOW = 1 << 17
"""Numbers that it is asked about at once later, at most: each time costs something in itself."""

WINDOW_SECONDS = 0.008
"""Of a processor, for what it is asked at once: where it takes more, the next window is smaller, as
there is no look at the clock before its end."""

SCAN_WINDOW = 1 << 13
"""Numbers whose events are looked at one by one between two looks at the clock: some 3 ms."""

FIRST_PIECE = 1
"""Events of one room that are looked at at first: with many rooms most of them have no say."""

LAST_PIECE = 512
"""Events of one room that are looked at at once later, between two looks at the clock."""

FEW_ROWS = 5000
"""Events in all of a scope that are looked at one by one: it takes less than to pass what the index
finds in rooms out of the scope."""


class Hit(NamedTuple):
    """An event that has the text; or, without a room, how far there is nothing more.

    The second has the bottom of a window, which is the same whatever was said, or the number of an
    event in the scope.
    """

    seq: int
    room: str
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: a folded text in a span, said by the name of that key, or by anyone."""

    text: str
    span: Span
    who: str = ""


_SELECT = "SELECT event.seq, room, actor"
_IN_SCOPE = "+room IN (SELECT value FROM json_each(?))"
_MATCHES = "instr(event.words, ?) AND time >= ? AND (? = '' OR who = ?)"


def look(db: sqlite3.Connection, wanted: Wanted, scope: Scope) -> Iterator[Hit]:
    """Everything of a scope that has the text, the newest first, with a word now and then from
    where there is nothing."""
    scope = mended_scope(scope)
    selected = within(scope)
    if len(selected) <= ROOMS_ONE_BY_ONE and _are_few(db, selected, wanted.span):
        return _one_by_one(db, wanted, selected)
    open_rooms = [room for room in scope.rooms if is_open(room)]
    closed = [room for room in scope.rooms if not is_open(room)]
    streams = [_look_in_the_open(db, wanted, open_rooms)]
    if len(closed) > ROOMS_ONE_BY_ONE:
        streams.append(_scan(db, wanted, closed, wanted.span.after))
        closed = []
    streams.append(_one_by_one(db, wanted, within(Scope(closed, scope.identity))))
    return heapq.merge(*streams, reverse=True)


def _are_few(db: sqlite3.Connection, selected: Sequence[Condition], span: Span) -> bool:
    """Whether so few events are selected that looking at each is quick."""
    left = FEW_ROWS - len(selected)
    for place, values in selected:
        if left <= 0:
            return False
        few = f"SELECT 1 FROM {place} AND seq <= ? AND seq > ? LIMIT ?"
        (count,) = db.execute(
            f"SELECT count(*) FROM ({few})", (*values, span.upto, span.after, left)
        ).fetchone()
        left -= count
    return left > 0


def _one_by_one(
    db: sqlite3.Connection, wanted: Wanted, selected: Sequence[Condition]
) -> Iterator[Hit]:
    return heapq.merge(*(_falling(db, wanted, one) for one in selected), reverse=True)


def _falling(db: sqlite3.Connection, wanted: Wanted, condition: Condition) -> Iterator[Hit]:
    selected, values = condition
    sql = (
        f"{_SELECT}, {_MATCHES} FROM {selected} AND seq <= ? AND seq > ? ORDER BY seq DESC LIMIT ?"
    )
    high, piece = wanted.span.upto, FIRST_PIECE
    while piece:
        rest = (*values, high, wanted.span.after, piece)
        found = db.execute(sql, (*_values(wanted), *rest)).fetchall()
        yield from (Hit(*hit) for *hit, matches in found if matches)
        if len(found) < piece:
            return
        high, piece = found[-1][0] - 1, min(piece * 8, LAST_PIECE)
        yield Hit(high + 1, "")


def _look_in_the_open(
    db: sqlite3.Connection, wanted: Wanted, rooms: Collection[str]
) -> Iterator[Hit]:
    if not rooms:
        return
    upto = indexed(db) if len(wanted.text) >= TRIGRAM else 0
    yield from _scan(db, wanted, rooms, max(wanted.span.after, upto))
    yield from _ask_index(db, wanted, rooms, min(wanted.span.upto, upto))


def _scan(
    db: sqlite3.Connection, wanted: Wanted, rooms: Collection[str], low: int
) -> Iterator[Hit]:
    high = _next(db, wanted.span.upto)
    sql = (
        f"{_SELECT} FROM event WHERE seq <= ? AND seq > ? AND {_IN_SCOPE} AND {_MATCHES}"
        " ORDER BY seq DESC"
    )
    listed = _listed(rooms)
    while high > low:
        bottom = max(low, _bottom(high, SCAN_WINDOW))
        yield from _hits(db, sql, (high, bottom, listed, *_values(wanted)))
        if bottom > low:
            yield Hit(bottom + 1, "")
        high = _next(db, bottom)


def _ask_index(
    db: sqlite3.Connection, wanted: Wanted, rooms: Collection[str], upto: int
) -> Iterator[Hit]:
    size, high, low = FIRST_WINDOW, _next(db, upto), wanted.span.after
    asked, listed = _query(wanted.text), _listed(rooms)
    sql = (
        f"{_SELECT} FROM found CROSS JOIN event ON event.seq = found.rowid WHERE found MATCH ?"
        f" AND found.rowid <= ? AND found.rowid > ? AND {_IN_SCOPE} AND {_MATCHES}"
        " ORDER BY found.rowid DESC"
    )
    while high > low:
        bottom, began = max(low, _bottom(high, size)), time.thread_time()
        yield from _hits(db, sql, (asked, high, bottom, listed, *_values(wanted)))
        if bottom > low:
            yield Hit(bottom + 1, "")
        quick = time.thread_time() - began < WINDOW_SECONDS
        size = min(size * 2, LAST_WINDOW) if quick else max(size // 2, FIRST_WINDOW)
        high = _next(db, bottom)


def _bottom(high: int, size: int) -> int:
    """Where the window of that size ends that has a number in it: the same for all of them."""
    return (high - 1) // size * size


def _hits(db: sqlite3.Connection, sql: str, values: Sequence[object]) -> Iterator[Hit]:
    with closing(db.execute(sql, values)) as rows:
        yield from map(Hit._make, rows)


def _listed(rooms: Collection[str]) -> str:
    # SQLite takes NUL for the end of a text; no room has it in its name.
    return json.dumps([room for room in rooms if "\0" not in room], ensure_ascii=False)


def _values(wanted: Wanted) -> tuple[object, ...]:
    return (wanted.text, wanted.span.since, wanted.who, wanted.who)


def _next(db: sqlite3.Connection, high: int) -> int:
    """The next number downwards that there is an event of: much may have been deleted."""
    (seq,) = db.execute("SELECT max(seq) FROM event WHERE seq <= ?", (high,)).fetchone()
    return seq or 0


def _query(text: str) -> str:
    """What the index is asked: for all of these trigrams."""
    trigrams = list(dict.fromkeys(text[i : i + TRIGRAM] for i in range(len(text) - TRIGRAM + 1)))
    step = -(-len(trigrams) // TRIGRAMS_ASKED) or 1
    return " AND ".join('"' + part.replace('"', '""') + '"' for part in trigrams[::step])
