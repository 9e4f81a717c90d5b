"""What an account has missed: how much in each room, what it was told, what mentions it."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from twisted_chat.events import Emoted, Said, Told
from twisted_chat.journal import PRIVATE, Missed, News, Scope
from twisted_chat.journal.looking import TRIGRAM, Hit, Wanted, look
from twisted_chat.journal.patience import Patience
from twisted_chat.journal.positions import heard, owed
from twisted_chat.journal.spans import Span, events
from twisted_chat.journal.words import fold, mend, mention
from twisted_chat.journal.writing import newest
from twisted_chat.limits import NEWS_COUNTED, SCANNED_ROWS

_NEW = (
    "SELECT seq FROM event WHERE {} AND said AND seq > ? AND seq <= ? AND actor <> ?"
    " ORDER BY seq DESC LIMIT ?"
)
_NEW_TOLD = _NEW.format("room = '@' AND concerns = ?")
_COUNT = "SELECT count(*), max(seq) FROM ({})"
_COUNT_IN_ROOM = _COUNT.format(_NEW.format("room = ?"))
_COUNT_TOLD = _COUNT.format(_NEW_TOLD)


def missed(db: sqlite3.Connection, identity: str, name: str, upto: int, most: int) -> Missed:
    """What is new to an account since it last heard each of its rooms."""
    identity = mend(identity)
    since = owed(identity, heard(db, identity))
    new = {room: _new(db, room, identity, Span(upto, since[room])) for room in since}
    new = {room: found for room, found in new.items() if found[0]}
    rooms = {room: since[room] for room in new if room != PRIVATE}
    mentions = list(_mentions(db, identity, fold(mend(name)), rooms, upto))
    counts = Counter(hit.room for hit in mentions)
    active = sorted(new, key=lambda room: new[room][1], reverse=True)
    return Missed(
        [News(room, since[room], new[room][0], counts[room]) for room in active],
        _told(db, identity, Span(upto, since.get(PRIVATE, upto)), most),
        _spoken(db, [hit.seq for hit in mentions[:most]]),
    )


def _new(db: sqlite3.Connection, room: str, identity: str, span: Span) -> tuple[int, int]:
    """How much others said in a room, or to somebody alone, and the number of the newest."""
    sql, where = (_COUNT_TOLD, identity) if room == PRIVATE else (_COUNT_IN_ROOM, room)
    values = (where, span.after, span.upto, identity, NEWS_COUNTED)
    count, newest = db.execute(sql, values).fetchone()
    return count, newest or 0


def _mentions(
    db: sqlite3.Connection, identity: str, name: str, rooms: Mapping[str, int], upto: int
) -> Iterator[Hit]:
    """What mentions somebody in these rooms, each after a number; the newest first."""
    if not rooms or not name:
        return
    low = min(rooms.values())
    if len(name) < TRIGRAM:
        low = max(low, min(upto, newest(db)[0]) - SCANNED_ROWS)
    word, patience = mention(name), Patience()
    for hit in look(db, Wanted(name, Span(upto, low)), Scope(rooms)):
        # Those before what was reached by then are not told of.
        if patience.ended():
            return
        new = hit.seq > rooms.get(hit.room, upto) and hit.actor != identity
        if new and word.search(_said(db, hit.seq)):
            yield hit


def _said(db: sqlite3.Connection, seq: int) -> str:
    """What was said, folded; empty where it is a topic, which calls nobody."""
    sql = "SELECT words FROM event WHERE seq = ? AND said"
    found = db.execute(sql, (seq,)).fetchone()
    return found[0] if found else ""


def _told(db: sqlite3.Connection, identity: str, span: Span, most: int) -> list[Told]:
    values = (identity, span.after, span.upto, identity, most)
    seqs = [seq for (seq,) in db.execute(_NEW_TOLD, values)]
    return [event for _, event in events(db, reversed(seqs)) if isinstance(event, Told)]


def _spoken(db: sqlite3.Connection, seqs: Sequence[int]) -> list[Said | Emoted]:
    return [event for _, event in events(db, reversed(seqs)) if isinstance(event, Said | Emoted)]
