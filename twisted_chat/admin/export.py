"""The command ``export``: the record, in order, as text or as lines of JSON."""

import os
from argparse import Namespace
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO, cast

from twisted_chat.admin.carried import as_json, as_text
from twisted_chat.admin.console import NAME, Console, counted
from twisted_chat.admin.errors import Misused, Unable
from twisted_chat.admin.files import new_file
from twisted_chat.admin.place import opened
from twisted_chat.admin.progress import Meter
from twisted_chat.events import Recorded
from twisted_chat.journal import Entry
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.upkeep import Progress, unheard
from twisted_chat.names import RoomName
from twisted_chat.text import clean

IDENTITIES = ("a:", "g:")
"""How the identities of accounts and guests begin."""


def export(options: Namespace, console: Console) -> None:
    """Write what is on record to standard output, or into a file.

    :raises Unable: nothing is on record of the room, or the file cannot be written.
    """
    if options.force and options.output is None:
        raise Misused("--force is for --output FILE", f"{NAME} export")
    with opened(options.data) as store:
        rooms = selected(store.rooms(), options.room, options.private)
        if options.room is not None and not rooms:
            raise Unable(_nothing(options.room, options.private))
        if options.output is None:
            with Meter(console, "Exporting") as meter:
                progress = meter if console.writes_to_file else unheard
                _write(store, rooms, options, console.stdout, progress)
            return
        path = Path(options.output)
        with new_file(path, force=options.force) as half, _private_file(half) as file:
            with Meter(console, "Exporting") as meter:
                count = _write(store, rooms, options, file, meter)
            file.flush()
            os.fsync(file.fileno())
    console.tell(f"{path}: {counted(count, 'event')}.")


def selected(places: Collection[str], room: RoomName | None, private: bool) -> list[str]:
    """Those of the places on record that are meant.

    :param room: the only one, if not all are.
    :param private: whether private rooms, what was told alone, and the server's rulings are.
    """
    if room is not None:
        places = [place for place in places if place.partition("!")[0] == room.key]
    return [place for place in places if private or _is_public(place)]


def _is_public(place: str) -> bool:
    return place.startswith("#") and "!" not in place


def _nothing(room: RoomName, private: bool) -> str:
    hint = "" if private else " What is said in it while it is private is there with --private."
    return f"Nothing is on record of {room}.{hint}"


def _private_file(path: Path) -> TextIO:
    """A new file that nobody else reads."""
    return open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8")


def _write(
    store: AdminStore, rooms: list[str], options: Namespace, file: TextIO, progress: Progress
) -> int:
    count = 0
    for entry in _chosen(store.export(rooms), options.private):
        event = cast(Recorded, entry.event)
        json = options.format == "jsonl"
        line = as_json(entry, event) if json else clean(as_text(event))
        file.write(f"{line}\n")
        count += 1
        progress(event.seq, store.last)
    return count


def _chosen(entries: Iterator[Entry], private: bool) -> Iterator[Entry]:
    """The entries that are for others' eyes: a ruling may hold an address."""
    for entry in entries:
        if private or not (entry.event.moderation and _names_no_identity(entry.concerns)):
            yield entry


def _names_no_identity(concerns: str) -> bool:
    return bool(concerns) and not concerns.startswith(IDENTITIES)
