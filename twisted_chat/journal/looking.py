"""Looking for a text on record, newest first: by the index where it helps, else one by one.

What is looked for, and what is looked at, are folded; any text is data, and none is query syntax.
"""

import heapq
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from twisted_chat.journal.indexing import indexed
from twisted_chat.journal.spans import Condition, Span

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

SCAN_WINDOW = 1000
"""Events that are looked at one by one between two looks at the clock."""

FEW_ROWS = 5000
"""Events in all of a scope that are looked at one by one: it takes less than what the index finds
in rooms out of the scope might."""


class Hit(NamedTuple):
    """An event that has the text; or, without a room, how far there is nothing more."""

    seq: int
    room: str
    actor: str = ""
    concerns: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: a folded text in a span, said by the name of that key, or by anyone."""

    text: str
    span: Span
    who: str = ""


_SELECT = "SELECT event.seq, room, actor, concerns FROM"
_MATCHES = "seq <= ? AND seq > ? AND instr(words, ?) AND time >= ? AND (? = '' OR who = ?)"


def look(db: sqlite3.Connection, wanted: Wanted) -> Iterator[Hit]:
    """Everything that has the text, the newest first, with a word now and then from where there is
    nothing."""
    upto = indexed(db) if len(wanted.text) >= TRIGRAM else 0
    yield from _scan(db, wanted, max(wanted.span.after, upto))
    yield from _ask_index(db, wanted, min(wanted.span.upto, upto))


def look_in(db: sqlite3.Connection, wanted: Wanted, selected: Sequence[Condition]) -> Iterator[Hit]:
    """The same of selected events alone, of which there are few."""
    streams = (
        _hits(
            db,
            f"{_SELECT} {place} AND {_MATCHES} ORDER BY seq DESC",
            (*values, *_values(wanted, wanted.span.upto, wanted.span.after)),
        )
        for place, values in selected
    )
    return heapq.merge(*streams, reverse=True)


def are_few(db: sqlite3.Connection, selected: Sequence[Condition], span: Span) -> bool:
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


def _scan(db: sqlite3.Connection, wanted: Wanted, low: int) -> Iterator[Hit]:
    high = _next(db, wanted.span.upto)
    while high > low:
        bottom = max(low, high - SCAN_WINDOW)
        sql = f"{_SELECT} event WHERE {_MATCHES} ORDER BY seq DESC"
        yield from _hits(db, sql, _values(wanted, high, bottom))
        yield Hit(bottom + 1, "")
        high = _next(db, bottom)


def _ask_index(db: sqlite3.Connection, wanted: Wanted, upto: int) -> Iterator[Hit]:
    size, high, low = FIRST_WINDOW, _next(db, upto), wanted.span.after
    asked = _query(wanted.text)
    sql = (
        f"{_SELECT} event JOIN found ON event.seq = found.rowid WHERE found MATCH ?"
        " AND found.rowid <= ? AND found.rowid > ?"
        " AND instr(event.words, ?) AND time >= ? AND (? = '' OR who = ?)"
        " ORDER BY found.rowid DESC"
    )
    while high > low:
        bottom, began = max(low, high - size), time.thread_time()
        yield from _hits(db, sql, (asked, *_values(wanted, high, bottom)))
        yield Hit(bottom + 1, "")
        quick = time.thread_time() - began < WINDOW_SECONDS
        size = min(size * 2, LAST_WINDOW) if quick else max(size // 2, FIRST_WINDOW)
        high = _next(db, bottom)


def _hits(db: sqlite3.Connection, sql: str, values: Sequence[object]) -> Iterator[Hit]:
    with closing(db.execute(sql, values)) as rows:
        yield from map(Hit._make, rows)


def _values(wanted: Wanted, high: int, low: int) -> tuple[object, ...]:
    return (high, low, wanted.text, wanted.span.since, wanted.who, wanted.who)


def _next(db: sqlite3.Connection, high: int) -> int:
    """The next number downwards that there is an event of: much may have been deleted."""
    (seq,) = db.execute("SELECT max(seq) FROM event WHERE seq <= ?", (high,)).fetchone()
    return seq or 0


def _query(text: str) -> str:
    """What the index is asked: for all of these trigrams."""
    trigrams = list(dict.fromkeys(text[i : i + TRIGRAM] for i in range(len(text) - TRIGRAM + 1)))
    step = -(-len(trigrams) // TRIGRAMS_ASKED) or 1
    return " AND ".join('"' + part.replace('"', '""') + '"' for part in trigrams[::step])
