"""Reading what is remembered: what was said before, what is found, what somebody has missed."""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice, takewhile
from typing import cast

import msgspec

from twisted_chat.events import Emoted, Recorded, Said, Told
from twisted_chat.journal import PRIVATE, Entry, Found, Missed, News, Page, Scope
from twisted_chat.journal.kept import Keys, fitting
from twisted_chat.journal.looking import Wanted
from twisted_chat.journal.patience import Patience
from twisted_chat.journal.remembered import Known, Remembered
from twisted_chat.journal.spans import Span
from twisted_chat.journal.words import fold, mend, mention
from twisted_chat.limits import NEWS_COUNTED, SCANNED_ROWS

GLANCE = 100
"""Entries that are looked at between two looks at the clock."""

_encode = msgspec.json.Encoder().encode


def past(known: Remembered, scope: Scope, span: Span, most: int) -> Page:
    """The newest events of a scope, oldest first."""
    chosen, more = _fitting(_falling(known, scope, span), most)
    return Page(chosen[::-1], more)


def first(known: Remembered, scope: Scope, span: Span, most: int) -> Page:
    """The oldest events of a scope, in their order."""
    upto = takewhile(lambda entry: entry.event.seq <= span.upto, known.oldest(scope))
    new = (one for one in upto if one.event.seq > span.after and one.event.time >= span.since)
    return Page(*_fitting(new, most))


def around(known: Remembered, seq: int, scope: Scope, upto: int, most: int) -> Page:
    """An event with those around it, oldest first."""
    there = known.get(seq)
    if there is None or seq > upto or not _readable(there, scope):
        return Page([], False)
    here = Scope((), scope.identity) if there.room == PRIVATE else Scope((there.room,))
    half = (most - 1) // 2
    later = (one for one in known.oldest(here) if seq < one.event.seq <= upto)
    after, _ = _fitting(islice(later, half), half, share=2)
    before, more = _fitting(_falling(known, here, Span(seq)), most - len(after), share=2)
    return Page([*before[::-1], *after], more)


def search(known: Remembered, wanted: Wanted, scope: Scope, keys: Keys, most: int) -> Found:
    """The newest events of a scope that have the text, among so many that are looked at."""
    if not wanted.text:
        return Found([], 0)
    found: list[Recorded] = []
    patience, seq = Patience(), 0
    for number, entry in enumerate(_falling(known, scope, wanted.span)):
        if number == SCANNED_ROWS or (number % GLANCE == GLANCE - 1 and patience.ended()):
            return Found(found, seq)
        seq = entry.event.seq
        if not _has(entry, wanted, keys):
            continue
        if len(found) == most:
            return Found(found, found[-1].seq if found else seq + 1)
        found.append(cast(Recorded, entry.event))
    return Found(found, 0)


def missed(
    known: Remembered, heard: Mapping[str, int], identity: str, name: str, upto: int, most: int
) -> Missed:
    """What is new to somebody who has heard so far."""
    new = {room: list(_new(known, room, identity, Span(upto, heard[room]))) for room in heard}
    new = {room: entries for room, entries in new.items() if entries}
    told = new.get(PRIVATE, [])
    calls = _calls(new, name) if name else []
    counts = Counter(call.room for call in calls)
    active = sorted(new, key=lambda room: new[room][0].event.seq, reverse=True)
    return Missed(
        [News(room, heard[room], len(new[room]), counts[room]) for room in active],
        [one.event for one in reversed(told[:most]) if isinstance(one.event, Told)],
        [one.event for one in reversed(calls[:most]) if isinstance(one.event, Said | Emoted)],
    )


def audit(known: Remembered, rooms: Collection[str] | None, upto: int, most: int) -> list[Entry]:
    """The newest acts of moderation, oldest first."""
    entries = known.newest(None if rooms is None else Scope(rooms))
    acts = (one for one in entries if one.event.moderation and one.event.seq <= upto)
    newest: list[Entry] = [*islice(acts, most)]
    return newest[::-1]


def said_before(known: Remembered, rooms: Collection[str], before: float) -> list[int]:
    """The numbers of what was said in these rooms before then."""
    old = takewhile(lambda entry: entry.event.time < before, known.oldest(Scope(rooms)))
    return [entry.event.seq for entry in old if not entry.event.moderation]


def _falling(known: Remembered, scope: Scope, span: Span) -> Iterator[Known]:
    """The entries of a scope in a span, the newest first."""
    for entry in known.newest(scope):
        if entry.event.seq <= span.after or entry.event.time < span.since:
            return
        if entry.event.seq <= span.upto:
            yield entry


def _new(known: Remembered, room: str, identity: str, span: Span) -> Iterator[Known]:
    """What others said in a room, or to somebody alone, the newest first."""
    scope = Scope((), identity) if room == PRIVATE else Scope((room,))
    new = (
        entry
        for entry in _falling(known, scope, span)
        if isinstance(entry.event, Said | Emoted | Told) and entry.actor != identity
    )
    return islice(new, NEWS_COUNTED)


def _calls(new: Mapping[str, list[Known]], name: str) -> list[Known]:
    """What mentions a name in these rooms, the newest first, as far as there is time for it."""
    spoken = [entries for room, entries in new.items() if room != PRIVATE]
    called, word, patience = fold(mend(name)), mention(mend(name)), Patience()
    calls = []
    for number, one in enumerate(heapq.merge(*spoken, key=_seq, reverse=True)):
        if number % GLANCE == GLANCE - 1 and patience.ended():
            break
        # A search for the text is quick, and finds nothing in most.
        if called in one.words and word.search(one.words):
            calls.append(one)
    return calls


def _has(entry: Known, wanted: Wanted, keys: Keys) -> bool:
    if wanted.who and keys.who(entry.event) != wanted.who:
        return False
    return wanted.text in entry.words


def _readable(entry: Entry, scope: Scope) -> bool:
    if entry.room == PRIVATE:
        return bool(scope.identity) and scope.identity in (entry.actor, entry.concerns)
    return entry.room in scope.rooms


def _fitting(entries: Iterable[Entry], most: int, share: int = 1) -> tuple[list[Recorded], bool]:
    kept = (cast(Recorded, entry.event) for entry in entries)
    return fitting(((len(_encode(event)), event) for event in kept), most, share=share)


def _seq(entry: Entry) -> int:
    return entry.event.seq
