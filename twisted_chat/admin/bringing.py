"""Bringing entries from elsewhere into the database, all of them or none."""

import sqlite3
from collections.abc import Callable, Iterable

from twisted_chat.admin.known import Known
from twisted_chat.events import Deleted
from twisted_chat.journal import Entry
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.carrying import Arrival, Inserted, pieces
from twisted_chat.journal.erasing import erase


def bring(store: AdminStore, arriving: Iterable[Entry], heard: Callable[[int], None]) -> Inserted:
    """Put entries on record.

    An event keeps its number, or becomes the newest where that is another's.  What is there,
    under whatever number, or was deleted here, is passed; what was deleted there goes here, too.

    :param heard: is told how many are done.
    """
    done, count = Inserted(), 0
    with store.database.writing() as db:
        arrival, known = Arrival(db, store.keys), Known(db)
        for piece in pieces(arriving):
            new = [known.as_new(entry) for entry in piece if not known.elsewhere(entry)]
            done += arrival.insert(new) + Inserted(there=len(piece) - len(new))
            _erase_deleted(db, piece)
            count += len(piece)
            heard(count)
    return done


def _erase_deleted(db: sqlite3.Connection, piece: Iterable[Entry]) -> None:
    known = Known(db)
    acts = [entry.event for entry in piece if isinstance(entry.event, Deleted)]
    erase(db, [act.of for act in acts if known.is_there(act)])
