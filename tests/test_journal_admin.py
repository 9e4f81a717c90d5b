"""What an operator does with a data directory, also while a server runs on it."""

import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import msgspec
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
from twisted_chat.events import Event
from twisted_chat.journal import PRIVATE, SERVER, Entry, Journal, Put, upkeep
from twisted_chat.journal.admin import TRIES_TO_EMPTY, TRY_SECONDS, AdminStore
from twisted_chat.journal.carrying import PIECE_ROWS, Inserted
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.journal.upkeep import Progress, faults, unheard

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


def _faults(admin: AdminStore, progress: Progress = unheard) -> list[str]:
    with admin.copied() as copy:
        return faults(copy, progress)


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
    assert _faults(admin, lambda done, of: seen.append((done, of))) == []
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
        assert _faults(admin) == [
            "the index of words does not fit the messages",
            "event 5 cannot be read",
        ]


def test_is_ended_while_the_database_works(
    journal: Journal, admin: AdminStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C need not wait for what takes SQLite a minute, and is not taken for damage."""
    commit(journal, *(said(f"line {number}") for number in range(20)))
    monkeypatch.setattr(upkeep, "STEPS_UNINTERRUPTED", 1)
    ended = 0
    for steps in (*range(1, 2000, 40), 1 << 30):
        monkeypatch.setattr(upkeep, "hear_signals", _interrupts_after(steps))
        try:
            assert _faults(admin) == []
        except KeyboardInterrupt:
            ended += 1
    assert ended > 30


def _interrupts_after(steps: int) -> Callable[[], int]:
    left = [steps]

    def interrupt() -> int:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return 0

    return interrupt


def test_says_all_that_it_finds_of_damage(
    journal: Journal, admin: AdminStore, tmp_path: Path
) -> None:
    """Also where it cannot read on in the end."""
    commit(journal, *(said(f"line {number}") for number in range(MANY)))
    with admin.copied() as copy:
        damaged = bytearray(copy.read_bytes())
        for page in range(2, len(damaged) // 4096):
            damaged[page * 4096 : page * 4096 + 100] = b"\xff" * 100
        (tmp_path / "copy").write_bytes(damaged)
    wrong = faults(tmp_path / "copy", unheard)
    assert len(wrong) > 1
    assert wrong[-1] == "it cannot be read: database disk image is malformed"


def test_takes_nothing_else_for_damage(tmp_path: Path) -> None:
    """What cannot be looked at, as on a full disk, is no reason to put a backup in its place."""
    (tmp_path / "empty").touch()
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        faults(tmp_path / "empty", unheard)


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
        assert _faults(other) == []
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
    assert _faults(admin) == []


def test_deletes_what_was_deleted_elsewhere(journal: Journal, admin: AdminStore) -> None:
    """That very message, and not what somebody called the same has said here."""
    commit(journal, said("theirs"), said("mine"), said("ours"))
    foreign = _as(deleted(1), 20, actor="g:another")
    moderated = Entry(events.Deleted(of=3, who="amy", by="kim", room="#lobby", seq=21), KIM)
    admin.insert([foreign, _as(deleted(2), 22), moderated, _as(deleted(9), 23)])
    past = result(journal.past(LOBBY, upto=EVER, most=99)).events
    assert texts([event for event in past if isinstance(event, events.Said)]) == ["theirs"]
    assert admin.insert([_on_record("mine", 2), _on_record("ours", 3)]) == Inserted(there=2)


def test_inserts_a_deletion_under_another_number(journal: Journal, admin: AdminStore) -> None:
    """It is no less one, as where a server has gone on from a backup."""
    commit(journal, said("wrong"), said("b"))
    assert admin.insert([_as(deleted(1), 2)]) == Inserted(renumbered=1)
    assert texts(result(journal.past(LOBBY, upto=EVER, most=99)).events) == ["b", ""]


def test_inserts_all_or_nothing(journal: Journal, admin: AdminStore) -> None:
    """However much of it was written before something came between."""

    def arriving() -> Iterator[Entry]:
        yield from (_on_record("a", seq) for seq in range(1, MANY))
        raise KeyboardInterrupt

    commit(journal, said("here"))
    with pytest.raises(KeyboardInterrupt):
        admin.insert(arriving())
    assert texts([entry.event for entry in admin.export()]) == ["here"]
    assert _faults(admin) == []


def test_inserts_each_once(journal: Journal, admin: AdminStore) -> None:
    """Also what comes twice, and has to have a new number."""
    commit(journal, said("here"))
    assert admin.insert([_on_record("a", 1)] * 3) == Inserted(renumbered=1, there=2)


def test_sees_what_is_said_while_it_looks(journal: Journal, admin: AdminStore) -> None:
    """Before it keeps others out it takes a while to look at what is there."""
    commit(journal, said("here"), said("there"))
    said_meanwhile: list[Event] = []

    def looking(done: int, of: int) -> None:
        if not said_meanwhile:
            said_meanwhile.extend(commit(journal, said("meanwhile")))

    assert admin.insert([_on_record("meanwhile", 1)], looking) == Inserted(there=1)
    assert said_meanwhile


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
    assert admin.purge(NOW + 10, ["#0"], lambda done, of: seen.append((done, of))) == MANY // 2
    assert seen[-1] == (MANY // 2, MANY // 2)
    assert admin.purge(NOW + 10, None) == MANY // 2 + 1
    assert admin.purge(NOW + 10, None) == 0
    assert [entry.event.seq for entry in admin.export()] == [MANY + 2, MANY + 3]
    assert _faults(admin) == []


def test_forgets_the_ids_of_what_is_purged(
    journal: Journal, admin: AdminStore, time: Moment
) -> None:
    """A program that uses one again says something new; not one of what is there, or not as old."""
    commit(journal, said("a", once="1"), said("b", room="#dev", once="2"))
    time.now = NOW + 10
    commit(journal, said("c", once="3"), said("d", once="4"))
    commit(journal, deleted(4))
    admin.purge(NOW + 10, ["#lobby"])
    again = commit(journal, *(said("new", once=once) for once in "1234"))
    assert [event.seq for event in again] == [6, 2, 3, 4]


def test_brings_back_what_was_purged(journal: Journal, admin: AdminStore, time: Moment) -> None:
    """Under its number, to be found by its words and its time as before."""
    commit(journal, *(said(f"needle {number}") for number in range(MANY)))
    time.now = NOW + 10
    commit(journal, said("later"))
    exported = list(admin.export())
    admin.purge(NOW + 10)
    assert admin.insert(exported) == Inserted(kept=MANY, there=1)
    assert list(admin.export()) == exported
    found = result(journal.search("needle 12", LOBBY, upto=EVER, most=999)).events
    assert len(found) == 1 + 10 + 100
    assert texts(result(journal.past(LOBBY, upto=EVER, since=NOW + 5, most=9)).events) == ["later"]
    assert _faults(admin) == []


def test_removes_what_somebody_said(journal: Journal, admin: AdminStore, folder: Path) -> None:
    """Everywhere, and how far they had heard; others' words to them stay."""
    commit(journal, joined(ALEX), said("qzxwvyjk", ALEX, once="1"), told("b", ALEX, KIM))
    commit(journal, said("c"), told("d", KIM, ALEX), left(ALEX))
    assert admin.remove_said_by(ALEX) == 2
    assert texts([entry.event for entry in admin.export()]) == ["c", "d"]
    assert result(journal.heard(ALEX)) == {}
    assert result(journal.search("qzxwvyjk", LOBBY, upto=EVER, most=9)).events == []
    assert b"qzxwvyjk" not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_leaves_nothing_of_what_is_gone_in_the_index(
    journal: Journal, admin: AdminStore, folder: Path
) -> None:
    """Three letters of it, in the order of the alphabet, could be put together again."""
    commit(journal, *(said(f"line {number}") for number in range(MANY)), said("qzxwvyjk", ALEX))
    commit(journal, *(said(f"more {number}") for number in range(MANY)))
    assert b"qzx" in (folder / "chat.db-wal").read_bytes()
    admin.remove_said_by(ALEX)
    for file in folder.iterdir():
        assert b"qzx" not in file.read_bytes()
    assert len(result(journal.search("more 12", LOBBY, upto=EVER, most=99)).events) == 99
    assert _faults(admin) == []


def test_leaves_no_trace_where_it_is_ended(
    journal: Journal, admin: AdminStore, folder: Path, time: Moment
) -> None:
    """What is forgotten by then is so; the rest is as it was."""

    def end(done: int, of: int) -> None:
        raise KeyboardInterrupt

    commit(journal, said("qzxwvyjk"), *(said(f"line {number}") for number in range(MANY)))
    time.now = NOW + 10
    with pytest.raises(KeyboardInterrupt):
        admin.purge(NOW + 10, progress=end)
    assert (folder / "chat.db-wal").stat().st_size == 0
    assert b"qzx" not in (folder / "chat.db").read_bytes()
    assert len(admin.said_before(NOW + 10)) == MANY + 1 - PIECE_ROWS
    assert _faults(admin) == []


class Reader:
    """Somebody who reads, until an operator's command has waited for them that often."""

    def __init__(self, folder: Path, waits: int) -> None:
        self._db = sqlite3.connect(folder / "chat.db", isolation_level=None)
        self._db.execute("BEGIN").execute("SELECT * FROM event").fetchone()
        self.waits = waits

    def __call__(self, seconds: float) -> None:
        self.waits -= seconds == TRY_SECONDS
        if not self.waits:
            self._db.close()


@pytest.mark.parametrize(("waits", "left"), [(3, 0), (TRIES_TO_EMPTY + 1, 1)])
def test_waits_for_who_reads_what_is_gone(
    journal: Journal,
    admin: AdminStore,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    waits: int,
    left: int,
) -> None:
    """In the log of changes it is until then; somebody who never ends is not waited for."""
    commit(journal, said("a", ALEX))
    reader = Reader(folder, waits)
    monkeypatch.setattr("twisted_chat.journal.admin.sleep", reader)
    assert admin.remove_said_by(ALEX) == 1
    assert reader.waits == left
    assert ((folder / "chat.db-wal").stat().st_size > 0) == bool(left)


def test_lets_others_write_between_two_pieces(
    journal: Journal, admin: AdminStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as a piece took: who waits for a turn looks that seldom."""
    pauses: list[float] = []
    monkeypatch.setattr("twisted_chat.journal.admin.sleep", pauses.append)
    commit(journal, *(said(f"line {number}", ALEX) for number in range(MANY)))
    admin.remove_said_by(ALEX)
    assert len(pauses) > MANY / PIECE_ROWS
    assert min(pauses) > 0


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


def test_changes_all_in_a_turn_or_nothing(journal: Journal, admin: AdminStore) -> None:
    """The state, what is on record of it, and what the server is told, which may be less."""
    with suppress(InterruptedError), admin.turn() as turn:
        turn.change(Put("k", "1", b"12"), Put("n", "1", b"2"), said("a"))
        assert turn.records("k") == {"1": b"12"}
        raise InterruptedError
    assert (journal.records(), result(journal.changes())) == ([], [])
    with admin.turn() as turn:
        turn.change(Put("k", "1", b"12"), Put("n", "1", b"2"), said("b"))
    assert journal.records() == [("k", "1", b"12")]
    assert result(journal.changes()) == [Put("n", "1", b"2")]
    assert texts(result(journal.past(LOBBY, upto=EVER, most=9)).events) == ["b"]


def test_keeps_others_from_changing_anything_in_a_turn(admin: AdminStore) -> None:
    """From its begin on, so that what it reads is what it changes."""
    path = admin.database.path
    locked = pytest.raises(sqlite3.OperationalError, match="locked")
    with closing(sqlite3.connect(path, timeout=0)) as other, admin.turn(), locked:
        other.execute("DELETE FROM record")


def _as(entry: Entry, seq: int, actor: str = "g:amy") -> Entry:
    """An entry that has its number already, and is somebody's."""
    return replace(entry, actor=actor, event=msgspec.structs.replace(entry.event, seq=seq))


def _on_record(text: str, seq: int, time: float = NOW) -> Entry:
    """A line that has its number and time already."""
    entry = said(text)
    event = events.Said(room="#lobby", who="amy", text=text, seq=seq, time=time)
    return replace(entry, event=event)
