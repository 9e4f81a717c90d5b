"""What an account has missed: how much in each room, what it was told, what mentions it."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from twisted_chat.events import Emoted, Said, Told
from twisted_chat.journal import PRIVATE, Missed, News
from twisted_chat.journal.kept import NEWS_COUNTED, SCANNED_ROWS
from twisted_chat.journal.looking import TRIGRAM, Hit, Wanted, look
from twisted_chat.journal.positions import heard
from twisted_chat.journal.spans import Span, events
from twisted_chat.journal.words import fold, mend, mention

MENTIONS_SECONDS = 0.03
"""How long mentions are looked for: those before what was reached by then are not told of."""

_NEW = (
    "SELECT seq FROM event WHERE {} AND said AND seq > ? AND seq <= ? AND actor <> ?"
    " ORDER BY seq DESC LIMIT ?"
)
_NEW_IN_ROOM = _NEW.format("room = ?")
_NEW_TOLD = _NEW.format("room = '@' AND concerns = ?")


def missed(db: sqlite3.Connection, identity: str, name: str, upto: int, most: int) -> Missed:
    """What is new to an account since it last heard each of its rooms."""
    identity = mend(identity)
    since = heard(db, identity)
    told = _new(db, _NEW_TOLD, identity, identity, since.get(PRIVATE, upto), upto)
    new = {room: _new(db, _NEW_IN_ROOM, room, identity, since[room], upto) for room in since}
    new = {room: seqs for room, seqs in {**new, PRIVATE: told}.items() if seqs}
    rooms = {room: since[room] for room in new if room != PRIVATE}
    mentions = list(_mentions(db, identity, fold(mend(name)), rooms, upto))
    counts = Counter(hit.room for hit in mentions)
    active = sorted(new, key=lambda room: new[room][0], reverse=True)
    return Missed(
        [News(room, since[room], len(new[room]), counts[room]) for room in active],
        _told(db, told[:most]),
        _spoken(db, [hit.seq for hit in mentions[:most]]),
    )


def _new(
    db: sqlite3.Connection, sql: str, where: str, identity: str, after: int, upto: int
) -> list[int]:
    """The numbers of what others said there, the newest first."""
    return [seq for (seq,) in db.execute(sql, (where, after, upto, identity, NEWS_COUNTED))]


def _mentions(
    db: sqlite3.Connection, identity: str, name: str, rooms: Mapping[str, int], upto: int
) -> Iterator[Hit]:
    """What mentions somebody in these rooms, each after a number; the newest first."""
    if not rooms or not name:
        return
    low = min(rooms.values())
    if len(name) < TRIGRAM:
        low = max(low, upto - SCANNED_ROWS)
    word, deadline = mention(name), time.monotonic() + MENTIONS_SECONDS
    for hit in look(db, Wanted(name, Span(upto, low))):
        if time.monotonic() > deadline:
            return
        new = hit.seq > rooms.get(hit.room, upto) and hit.actor != identity
        if new and word.search(_said(db, hit.seq)):
            yield hit


def _said(db: sqlite3.Connection, seq: int) -> str:
    """What was said, folded; empty where it is a topic, which calls nobody."""
    sql = "SELECT words FROM event WHERE seq = ? AND said"
    found = db.execute(sql, (seq,)).fetchone()
    return found[0] if found else ""


def _told(db: sqlite3.Connection, seqs: Sequence[int]) -> list[Told]:
    return [event for _, event in events(db, reversed(seqs)) if isinstance(event, Told)]


def _spoken(db: sqlite3.Connection, seqs: Sequence[int]) -> list[Said | Emoted]:
    return [event for _, event in events(db, reversed(seqs)) if isinstance(event, Said | Emoted)]
