"""The command ``purge``: what was said long ago is forgotten."""

import time
from argparse import Namespace

from twisted_chat.admin.asking import confirm
from twisted_chat.admin.console import Console, counted, day
from twisted_chat.admin.errors import Unable
from twisted_chat.admin.export import selected
from twisted_chat.admin.place import opened
from twisted_chat.admin.progress import Meter
from twisted_chat.journal.admin import AdminStore
from twisted_chat.names import RoomName


def purge(options: Namespace, console: Console) -> None:
    """Forget what was said before some days, once the operator has agreed.

    :raises Unable: the operator does not.
    """
    before = time.time() - options.older_than
    with opened(options.data) as store:
        places = _places(store, options.room)
        count = len(store.said_before(before, places))
        if not count:
            console.say("There is nothing that old.")
            return
        if not options.yes and not confirm(console, _question(count, before, options.room)):
            raise Unable("Nothing is forgotten.")
        with Meter(console, "Forgetting") as meter:
            gone = store.purge(before, places, meter)
    console.say(f"{counted(gone, 'message')} forgotten.")


def _places(store: AdminStore, room: RoomName | None) -> list[str] | None:
    """What is purged: all that a room is on record under, or everything."""
    return None if room is None else selected(store.rooms(), room, private=True)


def _question(count: int, before: float, room: RoomName | None) -> str:
    where = room or "all rooms and in private"
    return f"Forget {counted(count, 'message')} from before {day(before)} in {where}, for good?"
