"""What people search for, among what they may read."""

import sqlite3
from dataclasses import replace

from twisted_chat.events import Recorded
from twisted_chat.journal import Found, Scope
from twisted_chat.journal.kept import DECODER, name_key
from twisted_chat.journal.looking import Wanted, look
from twisted_chat.journal.patience import Patience
from twisted_chat.journal.spans import Span, before
from twisted_chat.journal.words import fold, mend


def wanted(text: str, who: str, span: Span) -> Wanted:
    """What somebody looks for who typed that."""
    return Wanted(fold(mend(text)), span, name_key(mend(who)) if who else "")


def search(db: sqlite3.Connection, what: Wanted, scope: Scope, most: int) -> Found:
    """The newest events of the scope that have the text."""
    if not what.text:
        return Found([], 0)
    patience = Patience()
    found: list[Recorded] = []
    for hit in look(db, _since(db, what), scope):
        if hit.room and len(found) == most:
            return Found(found, found[-1].seq if found else hit.seq)
        if hit.room:
            found += _verified(db, hit.seq, what.text)
        if patience.ended() and hit.seq > what.span.after + 1:
            return Found(found, hit.seq)
    return Found(found, 0)


def _since(db: sqlite3.Connection, what: Wanted) -> Wanted:
    """The same, without the numbers from before that time."""
    floor = max(what.span.after, before(db, what.span.since))
    return replace(what, span=replace(what.span, after=floor))


def _verified(db: sqlite3.Connection, seq: int, text: str) -> list[Recorded]:
    """The event, if it has the text: the record decides, whatever the index says."""
    (body,) = db.execute("SELECT body FROM event WHERE seq = ?", (seq,)).fetchone()
    event = DECODER.decode(body)
    return [event] if text in fold(getattr(event, "text", "")) else []
