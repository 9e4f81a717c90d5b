"""What people search for, among what they may read."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from twisted_chat.events import Recorded
from twisted_chat.journal import PRIVATE, Found, Scope
from twisted_chat.journal.kept import DECODER, mended_scope, name_key
from twisted_chat.journal.looking import Hit, Wanted, are_few, look, look_in
from twisted_chat.journal.patience import Patience
from twisted_chat.journal.spans import Span, before, within
from twisted_chat.journal.words import fold, mend


def wanted(text: str, who: str, span: Span) -> Wanted:
    """What somebody looks for who typed that."""
    return Wanted(fold(mend(text)), span, name_key(mend(who)) if who else "")


def search(db: sqlite3.Connection, what: Wanted, scope: Scope, most: int) -> Found:
    """The newest events of the scope that have the text."""
    if not what.text:
        return Found([], 0)
    scope = mended_scope(scope)
    patience = Patience()
    found: list[Recorded] = []
    for hit in _look(db, what, scope):
        if _readable(hit, scope) and len(found) == most:
            return Found(found, found[-1].seq if found else hit.seq)
        if _readable(hit, scope):
            found += _verified(db, hit.seq, what.text)
        if patience.ended() and hit.seq > what.span.after + 1:
            return Found(found, hit.seq)
    return Found(found, 0)


def _look(db: sqlite3.Connection, what: Wanted, scope: Scope) -> Iterator[Hit]:
    span = what.span
    floor = max(span.after, before(db, span.since))
    what = replace(what, span=replace(span, after=floor))
    selected = within(scope)
    if are_few(db, selected, what.span):
        return look_in(db, what, selected)
    return look(db, what)


def _readable(hit: Hit, scope: Scope) -> bool:
    if hit.room == PRIVATE:
        return bool(scope.identity) and scope.identity in (hit.actor, hit.concerns)
    return hit.room in scope.rooms


def _verified(db: sqlite3.Connection, seq: int, text: str) -> list[Recorded]:
    """The event, if it has the text: the record decides, whatever the index says."""
    (body,) = db.execute("SELECT body FROM event WHERE seq = ?", (seq,)).fetchone()
    event = DECODER.decode(body)
    return [event] if text in fold(getattr(event, "text", "")) else []
