"""The parsers of what is on record, of what is brought in from elsewhere, and the search in it."""

import sqlite3
from functools import cache

import msgspec
from journals import EVER, indexed_after

from parsers.bits import check_shown, decoded, halves
from parsers.seeds import EVENTS
from parsers.text import NOW
from twisted_chat.admin.carried import Reader, WrongLine, as_json, as_text
from twisted_chat.events import Recorded, Said
from twisted_chat.journal import Entry, Scope
from twisted_chat.journal.indexing import index_all
from twisted_chat.journal.kept import DECODER, Keys, name_key
from twisted_chat.journal.searching import search, wanted
from twisted_chat.journal.spans import Span
from twisted_chat.journal.upgrade import steps
from twisted_chat.journal.words import fold, mend
from twisted_chat.journal.writing import Batch
from twisted_chat.text import clean
from twisted_chat.wording import line_of

LINES = [b'{"event":%s,"room":"#dev","actor":"a:alex"}' % event for event in EVENTS]
"""Lines of an export."""


def event(data: bytes) -> None:
    """A body in the database: no event, or one that is written as it was read."""
    try:
        read: Recorded = DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    assert DECODER.decode(msgspec.json.encode(read)) == read


def imported(data: bytes) -> None:
    """A line of an import: wrong, or an entry that can be shown, and be carried on."""
    reader = Reader(NOW)
    try:
        entry: Entry = reader.read(data)
    except WrongLine:
        return
    read = entry.event
    assert isinstance(read, Recorded)
    carried = as_json(entry, read)
    assert reader.read(carried.encode()) == entry
    check_shown(clean(as_text(read)))
    check_shown(line_of(read, "#lobby", clock=True))


SAID_BEFORE = (
    *("The coffee machine is mended.", "THE COFFEE MACHINE", 'say "yes" AND no', "a", "ab", "%_*"),
    *(
        "C++20, http://x/?a=b&c=%20",
        "Straße, STRASSE, İstanbul",
        "日本語の天気",
        "e\u0301 é",
        "\0x\0",
    ),
    *("'; DROP TABLE event; --", "NEAR(a b)", "words: rowid -1", "1h30m since 12:30 before 1234"),
)


@cache
def _archive() -> tuple[sqlite3.Connection, list[Said]]:
    """A record in memory with all of it in the index, and what is in it, the newest first."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.create_function("words_of", 1, lambda body: None, deterministic=True)
    for step in steps():
        db.executescript(step)
    said = [Entry(Said(room="#dev", who="Alex", text=mend(text)), "a:alex") for text in SAID_BEFORE]
    kept = Batch(db, Keys(), NOW).write(said, [], 0)
    index_all(db, len(kept))
    return db, [one for one in reversed(kept) if isinstance(one, Said)]


def searched(data: bytes) -> None:
    """A text is found where it stands, by the index as by a look at each line."""
    db, kept = _archive()
    first, second = halves(data)
    for text, who in ((decoded(first), ""), (decoded(first + second), decoded(second))):
        expected = [
            one.seq
            for one in kept
            if text and fold(mend(text)) in fold(one.text) and (not who or _by_alex(who))
        ]
        question, scope = wanted(text, who, Span(EVER)), Scope(["#dev"])
        for few in (0, len(kept) + 1):
            with indexed_after(1, few):
                found = search(db, question, scope, len(kept))
            assert [one.seq for one in found.events] == expected, (text, who, few)


def _by_alex(who: str) -> bool:
    return name_key(mend(who)) == "alex"
