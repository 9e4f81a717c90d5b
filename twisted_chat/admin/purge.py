"""The command ``purge``: what was said long ago is forgotten."""

import time
from argparse import Namespace
from datetime import datetime

from twisted_chat.admin.asking import confirm
from twisted_chat.admin.console import Console
from twisted_chat.admin.errors import Unable
from twisted_chat.admin.export import selected
from twisted_chat.admin.place import opened
from twisted_chat.admin.progress import Meter
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.forgetting import said_before


def purge(options: Namespace, console: Console) -> None:
    """Forget what was said before some days, once the operator has agreed.

    :raises Unable: the operator does not.
    """
    before = time.time() - options.older_than
    with opened(options.data) as store:
        places = _places(store, options)
        count = sum(_count(store, before, place) for place in places)
        if not count:
            console.say("There is nothing that old.")
            return
        if not options.yes and not confirm(console, _question(count, before, options)):
            raise Unable("Nothing is forgotten.")
        with Meter(console, "Forgetting") as meter:
            gone = sum(store.purge(before, place, meter) for place in places)
    console.say(f"{gone:,} messages forgotten.")


def _places(store: AdminStore, options: Namespace) -> list[str | None]:
    """What is purged: all that a room is on record under, or everything."""
    if options.room is None:
        return [None]
    return [*selected(store.rooms(), options.room, private=True)]


def _count(store: AdminStore, before: float, place: str | None) -> int:
    with store.database.reading() as db:
        return len(said_before(db, before, place))


def _question(count: int, before: float, options: Namespace) -> str:
    where = options.room or "all rooms and in private"
    when = f"{datetime.fromtimestamp(before):%Y-%m-%d %H:%M}"
    return f"Forget {count:,} messages from before {when} in {where}, for good?"
