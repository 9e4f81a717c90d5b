"""What an operator does with a data directory, also while a server runs on it."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from journals import (
    ALEX,
    EVER,
    KIM,
    LOBBY,
    NOW,
    SAM,
    Moment,
    commit,
    deleted,
    joined,
    left,
    on_disk,
    result,
    said,
    texts,
    told,
)

from twisted_chat import events
from twisted_chat.journal import PRIVATE, SERVER, Entry, Journal, Put
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.carrying import PIECE_ROWS, Inserted
from twisted_chat.journal.sqlite import SqliteJournal

MANY = PIECE_ROWS * 2 + 500
"""More than the index, and an operator's commands, take at once."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def time() -> Moment:
    """The time that the server has."""
    return Moment()


@pytest.fixture
def journal(folder: Path, time: Moment) -> Iterator[SqliteJournal]:
    """That of a server which runs."""
    journal = on_disk(folder, time)
    yield journal
    result(journal.close())


@pytest.fixture
def admin(folder: Path, journal: Journal) -> Iterator[AdminStore]:
    """What an operator has meanwhile."""
    with closing(AdminStore.open_for_admin(folder)) as admin:
        yield admin


# Copies, and whether all is well.


def test_copies_all_that_is_on_record(
    journal: SqliteJournal, admin: AdminStore, tmp_path: Path
) -> None:
    """Into a file that can be put in the database's place, and is nobody else's to read."""
    commit(journal, *(said(f"needle {number}") for number in range(MANY)), joined(ALEX))
    result(journal.commit([], [Put("k", "1", b"1")]))
    seen: list[tuple[int, int]] = []
    (tmp_path / "copy").mkdir(0o700)
    path = tmp_path / "copy" / "chat.db"
    admin.backup(path, lambda done, of: seen.append((done, of)))
    commit(journal, said("later"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert seen[-1][0] == seen[-1][1] > 0
    copy = on_disk(path.parent)
    assert (copy.last, copy.records()) == (MANY, [("k", "1", b"1")])
    assert len(result(copy.search("needle 7", LOBBY, upto=EVER, most=9)).events) == 9
    result(copy.close())


def test_overwrites_no_file(admin: AdminStore, tmp_path: Path) -> None:
    """It may be the only good backup."""
    (tmp_path / "backup").write_text("precious")
    with pytest.raises(FileExistsError):
        admin.backup(tmp_path / "backup")
    assert (tmp_path / "backup").read_text() == "precious"


def test_finds_nothing_wrong_with_what_is_whole(
    journal: Journal, admin: AdminStore, folder: Path
) -> None:
    """With some of it in the index and some not, and some of it gone; nothing is left behind."""
    commit(journal, *(said(f"line {number}") for number in range(MANY)))
    commit(journal, deleted(3), deleted(MANY - 1), said("é日本語" * 9), told("x"))
    files = sorted(folder.iterdir())
    seen: list[tuple[int, int]] = []
    assert admin.check(lambda done, of: seen.append((done, of))) == []
    assert seen[-1][0] == seen[-1][1] == MANY + 2
    assert sorted(folder.iterdir()) == files


def test_says_what_is_wrong(folder: Path) -> None:
    """An event that cannot be read, an index that does not fit, a row that an index has not."""
    journal = on_disk(folder)
    commit(journal, *(said(f"line {number}") for number in range(MANY)))
    result(journal.close())
    with closing(sqlite3.connect(folder / "chat.db", isolation_level=None)) as db:
        db.execute("UPDATE event SET body = x'00' WHERE seq = 5")
        db.execute("UPDATE event SET words = 'something else' WHERE seq = 6")
    with closing(AdminStore.open_for_admin(folder)) as admin:
        assert admin.check() == [
            "the index of words does not fit the messages",
            "event 5 cannot be read",
        ]


# Out, and in again.


def test_exports_in_order(journal: Journal, admin: AdminStore) -> None:
    """All, or some rooms, up to now; with who did it, and to whom."""
    commit(journal, *(said(str(number), room=f"#{number % 2}") for number in range(MANY)))
    commit(journal, told("psst", SAM, KIM), Entry(events.LockedDown(by="a", on=True), ALEX))
    everything = admin.export()
    first = next(everything)
    commit(journal, said("later"))
    rest = list(everything)
    assert [entry.event.seq for entry in (first, *rest)] == [*range(1, MANY + 3)]
    assert (rest[-2].actor, rest[-2].concerns, rest[-2].room) == (SAM, KIM, PRIVATE)
    one = list(admin.export(["#1", SERVER]))
    assert [entry.event.seq for entry in one] == [*range(2, MANY + 1, 2), MANY + 2]
    assert admin.rooms() == ["#0", "#1", "#lobby", SERVER, PRIVATE]


def test_imports_what_was_exported(journal: Journal, admin: AdminStore, tmp_path: Path) -> None:
    """Into an empty place it comes as it was; and a second time nothing is added."""
    commit(journal, *(said(f"needle {number}") for number in range(MANY)))
    commit(journal, told("psst", SAM, KIM), deleted(2))
    exported = list(admin.export())
    with closing(AdminStore.open_for_admin(tmp_path / "other")) as other:
        assert other.insert(iter(exported)) == Inserted(kept=MANY + 1)
        assert list(other.export()) == exported
        assert other.insert(exported) == Inserted(there=MANY + 1)
        assert other.check() == []
    elsewhere = on_disk(tmp_path / "other")
    assert len(result(elsewhere.search("needle 12", LOBBY, upto=EVER, most=5)).events) == 5
    assert [event.seq for event in commit(elsewhere, said("new"))] == [MANY + 3]
    result(elsewhere.close())


def test_imports_beside_what_is_there(journal: Journal, admin: AdminStore) -> None:
    """A number that something else has is left to it; what was deleted does not come back."""
    commit(journal, said("a"), said("b"), said("c"))
    commit(journal, deleted(2))
    foreign = _on_record("from elsewhere", 1)
    arrived = [_on_record("b", 2), foreign, _on_record("far", 40), *admin.export()]
    assert admin.insert(arrived) == Inserted(kept=1, renumbered=1, there=4)
    past = result(journal.past(LOBBY, upto=EVER, most=99)).events
    assert [(event.seq, getattr(event, "text", "")) for event in past] == [
        *((1, "a"), (3, "c"), (4, ""), (5, "from elsewhere"), (40, "far"))
    ]
    assert [event.seq for event in commit(journal, said("next"))] == [41]
    assert admin.check() == []


def test_finds_by_time_what_was_imported_out_of_order(
    journal: Journal, admin: AdminStore, time: Moment
) -> None:
    """An old event may have a new number."""
    commit(journal, said("now"))
    admin.insert([_on_record("old", 1, NOW - 1000), _on_record("newer", 9, NOW + 50)])
    time.now = NOW + 1
    assert [event.time for event in commit(journal, said("then"))] == [NOW + 50]
    since = result(journal.past(LOBBY, upto=EVER, since=NOW, most=9)).events
    assert texts(since) == ["now", "newer", "then"]
    found = result(journal.search("ne", LOBBY, since=NOW, upto=EVER, most=9)).events
    assert texts(found) == ["newer"]
    assert result(journal.forget(["#lobby"], NOW)) == 1
    assert [entry.event.seq for entry in admin.export()] == [1, 9, 10]


def test_goes_on_with_numbers_where_an_import_ended(journal: Journal, admin: AdminStore) -> None:
    """The database has the last word, whatever the server knew."""
    commit(journal, said("a"))
    admin.insert([_on_record("b", 1), _on_record("c", 100)])
    assert [event.seq for event in commit(journal, said("d"), said("e"))] == [101, 102]
    assert journal.last == 102


# Away.


def test_purges_what_is_old(journal: Journal, admin: AdminStore, time: Moment) -> None:
    """In a room, or everywhere and alone; acts of moderation stay."""
    commit(journal, *(said("needle", room=f"#{number % 2}") for number in range(MANY)))
    commit(journal, told("psst"), Entry(events.LockedDown(by="a", on=True), ALEX))
    time.now = NOW + 10
    commit(journal, said("needle", room="#0"))
    seen: list[tuple[int, int]] = []
    assert admin.purge(NOW + 10, "#0", lambda done, of: seen.append((done, of))) == MANY // 2
    assert seen[-1] == (MANY // 2, MANY // 2)
    assert admin.purge(NOW + 10, None) == MANY // 2 + 1
    assert admin.purge(NOW + 10, None) == 0
    assert [entry.event.seq for entry in admin.export()] == [MANY + 2, MANY + 3]
    assert admin.check() == []


def test_removes_what_somebody_said(journal: Journal, admin: AdminStore, folder: Path) -> None:
    """Everywhere, and how far they had heard; others' words to them stay."""
    commit(journal, joined(ALEX), said("qzxwvyjk", ALEX, once="1"), told("b", ALEX, KIM))
    commit(journal, said("c"), told("d", KIM, ALEX), left(ALEX))
    assert admin.remove_said_by(ALEX) == 2
    assert texts([entry.event for entry in admin.export()]) == ["c", "d"]
    assert result(journal.heard(ALEX)) == {}
    assert result(journal.search("qzxwvyjk", LOBBY, upto=EVER, most=9)).events == []
    assert b"qzxwvyjk" not in b"".join(path.read_bytes() for path in folder.iterdir())


# State.


def test_tells_a_server_what_was_changed(journal: Journal, admin: AdminStore) -> None:
    """Once, in order; not what changed nothing."""
    result(journal.commit([], [Put("k", "1", b"1")]))
    admin.put_from_outside([Put("k", "1", b"2"), Put("k", "2", b"1", if_there=True)])
    admin.put_from_outside([Put("k", "1", None), Put("k", "1", None), Put("k", "3", b"1")])
    assert result(journal.changes()) == [
        *(Put("k", "1", b"2"), Put("k", "1", None), Put("k", "3", b"1"))
    ]
    assert result(journal.changes()) == []
    assert journal.records() == [("k", "3", b"1")]


def _on_record(text: str, seq: int, time: float = NOW) -> Entry:
    """A line that has its number and time already."""
    entry = said(text)
    event = events.Said(room="#lobby", who="amy", text=text, seq=seq, time=time)
    return replace(entry, event=event)
