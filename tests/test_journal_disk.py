"""The journal's files: what they survive, who may use them, and why they are not opened."""

import os
import re
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree
from threading import Event, Thread
from typing import Any

import msgspec
import pytest
import pytest_twisted
from journals import (
    ALEX,
    EVER,
    LOBBY,
    NOW,
    Moment,
    commit,
    deleted,
    joined,
    left,
    on_disk,
    result,
    said,
    texts,
)
from twisted.internet import reactor
from twisted.internet.defer import gatherResults

from twisted_chat.events import Recorded, Said
from twisted_chat.journal import PRIVATE, CannotOpen, Journal, Put, Scope, connection, database
from twisted_chat.journal.admin import AdminStore
from twisted_chat.journal.directory import Lock
from twisted_chat.journal.indexing import PIECE_ROWS
from twisted_chat.journal.spans import Span
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.journal.store import Store
from twisted_chat.journal.upgrade import steps
from twisted_chat.limits import ROOMS_ONE_BY_ONE
from twisted_chat.threads import Threads

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """What is under the journal."""
    with closing(Store.open(folder, "normal")) as store:
        yield store


@contextmanager
def open_journal(folder: Path, time: Moment | None = None) -> Iterator[SqliteJournal]:
    """A journal on disk, closed in the end."""
    journal = on_disk(folder, time or Moment())
    try:
        yield journal
    finally:
        result(journal.close())


# What it survives.


def test_has_everything_when_it_is_opened_again(folder: Path) -> None:
    """Events, state, numbers, times, and how far somebody had heard."""
    with open_journal(folder) as journal:
        commit(journal, joined(ALEX), said("a", once="1"), left(ALEX), said("b"))
        result(journal.commit([], [Put("k", "1", b"1")]))
        commit(journal, said("c"))
        commit(journal, deleted(3))
    with open_journal(folder, Moment(NOW - 60)) as journal:
        assert journal.last == 4
        assert texts(_past(journal)) == ["a", "b", ""]
        assert journal.records() == [("k", "1", b"1")]
        assert result(journal.heard(ALEX)) == {"#lobby": 1, PRIVATE: 1}
        again, new = commit(journal, said("a", once="1"), said("d"))
        assert (again.seq, new.seq, new.time) == (1, 5, NOW)


def test_has_everything_that_was_committed_when_the_process_dies(folder: Path) -> None:
    """Nothing was closed; who was here has heard what everybody was told, and no more."""
    with open_journal(folder) as journal:
        commit(journal, joined(ALEX), said("a"), said("b"))
        result(journal.commit([said("c")], told=2))
        copytree(folder, folder.with_name("left-behind"))
    with open_journal(folder.with_name("left-behind")) as journal:
        assert texts(_past(journal)) == ["a", "b", "c"]
        assert result(journal.heard(ALEX)) == {"#lobby": 2, PRIVATE: 2}


def test_goes_on_with_the_right_time_after_what_an_operator_does_about_a_wrong_one(
    folder: Path,
) -> None:
    """By the line in docs/operations.md: later events are dated right, and found by their time."""
    with open_journal(folder, Moment(NOW + 1e9)) as journal:
        commit(journal, said("a"))
    page = Path(__file__).parent.parent / "docs" / "operations.md"
    (repair,) = re.findall(r'sqlite3 chat.db "(UPDATE progress .*)"', page.read_text())
    with closing(sqlite3.connect(folder / "chat.db")) as db:
        db.execute(repair)
        db.commit()
    later = Moment(time.time() + 60)
    with open_journal(folder, later) as journal:
        later.now = round(later.now)
        assert journal.latest < later.now
        assert [event.time for event in commit(journal, said("b"))] == [later.now]
        page_of_b = result(journal.past(LOBBY, upto=EVER, since=later.now, most=9))
        assert texts(page_of_b.events) == ["a", "b"]
        assert texts(result(journal.past(LOBBY, upto=EVER, since=NOW + 1e9, most=9)).events) == [
            "a"
        ]


def test_notes_what_everybody_was_told_when_it_is_closed(folder: Path) -> None:
    """For those who were here until then."""
    journal = on_disk(folder)
    commit(journal, joined(ALEX), said("a"), said("b"))
    result(journal.close(told=2))
    with open_journal(folder) as journal:
        assert result(journal.heard(ALEX)) == {"#lobby": 2, PRIVATE: 2}


# A disk that is full, or fails.


def test_puts_nothing_on_record_that_does_not_fit(store: Store) -> None:
    """Neither of the batch's events nor of its state; and goes on when there is room again."""
    large = [said("x" * 4000, once=str(number)) for number in range(100)]
    (pages,) = store.database.writer.execute("PRAGMA page_count").fetchone()
    store.database.writer.execute(f"PRAGMA max_page_count = {pages + 10}").fetchone()
    store.commit([joined(ALEX), said("a")], [], 0, NOW)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.commit([left(ALEX), *large], [Put("k", "1", b"1")], 1, NOW)
    assert (store.last, store.records(), store.heard(ALEX)["#lobby"]) == (1, [], 0)
    assert store.entry(2) is None
    store.commit([said("fits")], [], 0, NOW)
    store.database.writer.execute(f"PRAGMA max_page_count = {1 << 20}").fetchone()
    store.commit(large, [Put("k", "1", b"1")], 0, NOW)
    assert (store.last, len(store.records())) == (102, 1)


@pytest.mark.parametrize("room", [0, 3, 10, 40])
def test_goes_on_by_itself_after_the_disk_failed(folder: Path, room: int) -> None:
    """Wherever the write broke off: nothing is half-written, and the next one tries again."""
    large = [said("x" * 4000) for _ in range(100)]
    with open_journal(folder) as journal:
        commit(journal, said("a"))
        size = max(path.stat().st_size for path in folder.iterdir())
        with _files_no_larger_than(size + room * 4096), pytest.raises(sqlite3.OperationalError):
            commit(journal, *large)
        assert (journal.last, texts(_past(journal))) == (1, ["a"])
        assert [event.seq for event in commit(journal, said("b"))] == [2]
    with open_journal(folder) as journal:
        assert texts(_past(journal)) == ["a", "b"]


def test_goes_on_after_a_connection_that_cannot_write(store: Store) -> None:
    """It makes a new one."""
    store.database.writer.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.commit([said("a")], [], 0, NOW)
    assert [event.seq for event in store.commit([said("b")], [], 0, NOW)] == [1]


def test_is_closed_though_the_disk_fails(folder: Path) -> None:
    """And what was on record is there the next time."""
    journal = on_disk(folder)
    commit(journal, said("a"))
    with _files_no_larger_than(0):
        result(journal.close(told=1))
    with open_journal(folder) as journal:
        assert texts(_past(journal)) == ["a"]


def test_lets_the_directory_alone_once_it_is_closed(folder: Path) -> None:
    """It may be another server's by then: what is asked fails, and nothing is opened."""
    journal = on_disk(folder)
    commit(journal, said("a"))
    result(journal.close())
    before = sorted(folder.iterdir())
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        commit(journal, said("b"))
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        _past(journal)
    assert sorted(folder.iterdir()) == before
    with open_journal(folder) as journal:
        assert texts(_past(journal)) == ["a"]


# The log of changes.

LOG_BYTES = 1 << 20
"""What it may have in these tests, in which readers take turns without a pause."""


@pytest.fixture
def small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that is soon as large as it may be."""
    monkeypatch.setattr(database, "LOG_BYTES", LOG_BYTES)
    monkeypatch.setattr(database, "WAL_BYTES", LOG_BYTES)
    monkeypatch.setattr(connection, "WAL_BYTES", LOG_BYTES)


def test_bounds_the_log_of_changes_while_others_read(small_log: None, folder: Path) -> None:
    """However steadily they do: new reads wait for a moment, and the log begins anew."""
    with closing(Store.open(folder, "normal")) as store, _reading_without_a_pause(store):
        largest = max(_log_bytes_after(store, number) for number in range(200))
    assert largest < 1.5 * LOG_BYTES


def test_goes_on_while_another_process_reads_for_long(small_log: None, folder: Path) -> None:
    """The log grows meanwhile, and is not held up with each commit; then it begins anew."""
    with (
        closing(Store.open(folder, "normal")) as store,
        closing(sqlite3.connect(folder / "chat.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN")
        other.execute("SELECT * FROM progress").fetchall()
        asked: list[str] = []
        store.database.writer.set_trace_callback(asked.append)
        size = [_log_bytes_after(store, number) for number in range(100)][-1]
        tried = sum("wal_checkpoint" in sql for sql in asked)
        assert size > 3 * LOG_BYTES
        assert 1 <= tried <= size // LOG_BYTES
        other.execute("COMMIT")
        assert [_log_bytes_after(store, number) for number in range(50)][-1] < 1.5 * LOG_BYTES


def _log_bytes_after(store: Store, number: int) -> int:
    """How large the log is after twenty more lines."""
    store.commit([said("x" * 1000)] * 20, [], 0, NOW + number)
    return store.database.path.with_name("chat.db-wal").stat().st_size


@contextmanager
def _reading_without_a_pause(store: Store) -> Iterator[None]:
    """Two threads, of which each goes on reading until the other does, or cannot begin."""
    reading, done = (Event(), Event()), Event()

    def read(mine: Event, others: Event) -> None:
        while not done.is_set():
            with store.database.reading() as db:
                db.execute("SELECT * FROM progress").fetchall()
                mine.set()
                others.wait(0.02)
                others.clear()

    threads = [Thread(target=read, args=events) for events in (reading, reading[::-1])]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


# What is deleted.


@pytest.mark.parametrize("more", [0, PIECE_ROWS])
def test_leaves_no_trace_of_what_was_deleted(folder: Path, more: int) -> None:
    """In no file, whether the index had it or not."""
    secret = "qzxwvyjk-correct-horse"
    with open_journal(folder) as journal:
        commit(journal, said(secret), *(said("x") for _ in range(more)))
        assert secret.encode() in _bytes(folder)
        commit(journal, deleted(1))
        assert secret.encode() not in _bytes(folder)


# Who may use it.


def test_keeps_its_files_to_itself(folder: Path) -> None:
    """Whatever the umask says."""
    umask = os.umask(0)
    try:
        with open_journal(folder) as journal:
            commit(journal, said("a"))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(umask)
    assert modes == dict.fromkeys(["chat.db", "chat.db-wal", "chat.db-shm", "lock"], 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_lets_one_server_have_a_directory(folder: Path) -> None:
    """Until it is closed; a second one is told what to do."""
    with open_journal(folder):
        assert _why_not(folder) == (
            f"Another server runs on {folder}: end it, or choose another --data."
        )
    with open_journal(folder):
        pass


def test_lets_another_process_change_state(folder: Path) -> None:
    """Which the server hears of, in order, while both write; each change once."""
    script = (
        "import sys; from pathlib import Path\n"
        "from twisted_chat.journal import Put\n"
        "from twisted_chat.journal.admin import AdminStore\n"
        "store = AdminStore.open_for_admin(Path(sys.argv[1]))\n"
        "for number in range(100):\n"
        "    store.put_from_outside([Put('k', str(number % 7), b'%d' % number)])\n"
        "store.put_from_outside([Put('k', '0', None), Put('k', 'x', b'1', if_there=True)])\n"
        "store.close()\n"
    )
    with open_journal(folder) as journal:
        heard: list[Put] = []
        with subprocess.Popen([sys.executable, "-c", script, str(folder)]) as other:
            while other.poll() is None:
                commit(journal, said("x"))
                news = result(journal.changes())
                heard += news
        assert other.returncode == 0
        news = result(journal.changes())
        heard += news
        assert [put.value for put in heard] == [*(b"%d" % number for number in range(100)), None]
        assert result(journal.changes()) == []
        assert [key for _, key, _ in journal.records()] == [*"123456"]


def test_begins_with_what_others_changed_meanwhile(folder: Path) -> None:
    """It is read with the rest, and is no news."""
    with open_journal(folder):
        pass
    with closing(AdminStore.open_for_admin(folder)) as admin:
        admin.put_from_outside([Put("k", "1", b"1")])
    with open_journal(folder) as journal:
        assert journal.records() == [("k", "1", b"1")]
        assert result(journal.changes()) == []


def _on_the_reactor(test: Callable[..., Any]) -> Callable[..., Any]:
    made: Callable[..., Any] = pytest_twisted.ensureDeferred(test)
    return made


@_on_the_reactor
async def test_works_in_threads(folder: Path) -> None:
    """Several read while one writes, and all that was committed is there."""
    writer, readers = Threads(reactor, 1, "writing"), Threads(reactor, 3, "reading")
    journal = SqliteJournal(folder, lambda: NOW, "full", writer, readers)
    for number in range(20):
        await journal.commit([said(f"needle {number}")] * 10)
        asked = [journal.search("needle", LOBBY, upto=journal.last, most=5) for _ in range(4)]
        asked += [journal.search("needle 0", LOBBY, upto=10, most=99)]
        *found, first = await gatherResults(asked)
        newest = [journal.last - back for back in range(5)]
        assert [[event.seq for event in one.events] for one in found] == [newest] * 4
        assert len(first.events) == 10
    forgetting = journal.forget(["#lobby"], NOW + 1)
    await journal.commit([said("last")])
    # What came meanwhile may be forgotten with the rest, or not.
    assert await forgetting in (200, 201)
    await journal.close()


# Why it is not opened.


@pytest.mark.parametrize("size", [100, 4096, 100_000])
def test_refuses_what_is_no_database(folder: Path, size: int) -> None:
    """And leaves it as it is."""
    folder.mkdir()
    garbage = (b"This is no database. " * 5000)[:size]
    (folder / "chat.db").write_bytes(garbage)
    assert "is damaged, or no chat database" in _why_not(folder)
    assert (folder / "chat.db").read_bytes() == garbage


def test_refuses_another_program_s_database(folder: Path) -> None:
    """Nothing is added to it."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "chat.db")) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    assert "no chat database" in _why_not(folder)
    with closing(sqlite3.connect(folder / "chat.db")) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]


@pytest.mark.parametrize("page", [1, 2, 7, -3])
def test_refuses_a_damaged_file(folder: Path, page: int) -> None:
    """A page of it was overwritten with something else."""
    _filled(folder)
    path = folder / "chat.db"
    whole = bytearray(path.read_bytes())
    place = page * 4096 if page > 0 else len(whole) + page * 4096
    whole[place : place + 4096] = b"\xa5" * 4096
    path.write_bytes(whole)
    assert _why_not(folder) == (
        f"{path} is damaged, or no chat database: put a backup made with twisted-chat-admin in its"
        " place, or move the file away to begin with an empty one."
    )


def test_refuses_half_a_file(folder: Path) -> None:
    """As a full disk may leave it behind, where somebody copied it."""
    _filled(folder)
    os.truncate(folder / "chat.db", 20 * 4096)
    assert "is damaged" in _why_not(folder)


def test_refuses_a_newer_schema(folder: Path) -> None:
    """And leaves it as it is."""
    _filled(folder)
    with closing(sqlite3.connect(folder / "chat.db")) as db:
        db.execute("PRAGMA user_version = 99")
    assert _why_not(folder) == (
        f"{folder / 'chat.db'} was written by a newer twisted_chat (schema 99, this one knows"
        f" {len(steps())}): install that version, or restore a backup from before."
    )


def test_says_where_a_directory_cannot_be(tmp_path: Path) -> None:
    """Its parent is missing, or a file; or it is a file itself."""
    (tmp_path / "file").touch()
    missing, file = tmp_path / "missing", tmp_path / "file"
    assert _why_not(missing / "data") == (
        f"There is no directory {missing} to put data in: make it."
    )
    assert _why_not(file) == f"{file} is a file: choose a directory for --data."
    assert _why_not(file / "data") == (
        f"{file / 'data'}: Not a directory. Choose a directory that the server's user may write to."
    )


def test_says_what_it_may_not_write(tmp_path: Path) -> None:
    """A directory, or a file in it, of another user's."""
    with _open_to_all() as place:
        _filled(place / "data")
        for path in ("data/chat.db", "data/lock", "data"):
            (place / path).chmod(0o444 if path != "data" else 0o555)
        with _without_rights():
            assert _why_not(place / "data").startswith(f"{place}/data/lock: Permission denied.")
            assert "Permission denied" in _why_not(place / "data" / "more")
        (place / "data" / "lock").chmod(0o666)
        with _without_rights():
            assert _why_not(place / "data").startswith(f"{place}/data/chat.db: Permission denied.")


def test_says_that_the_disk_is_full(folder: Path) -> None:
    """Before anybody is let in; with room again it opens."""
    with _files_no_larger_than(8192):
        assert str(folder / "chat.db") in _why_not(folder)
    with open_journal(folder) as journal:
        commit(journal, said("a"))


def test_opens_again_after_it_could_not(folder: Path) -> None:
    """A failure holds no lock."""
    folder.mkdir()
    (folder / "chat.db").write_bytes(b"garbage" * 1000)
    _why_not(folder)
    (folder / "chat.db").unlink()
    with open_journal(folder):
        pass


# Older schemas.


@pytest.mark.parametrize("version", range(1, len(steps())))
def test_upgrades_what_an_older_version_wrote(folder: Path, version: int) -> None:
    """All that was in it is there and is found, and a copy of what it was stays."""
    _old(folder, version)
    with open_journal(folder) as journal:
        assert journal.last == 3
        assert texts(_past(journal)) == ["needle", "hay", "Needles"]
        found = result(journal.search("needle", LOBBY, upto=EVER, most=9))
        assert [event.seq for event in found.events] == [3, 1]
        assert [(event.seq, event.time) for event in commit(journal, said("new"))] == [(4, NOW)]
    backup = folder / f"chat.db.v{version}.backup"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version,)
        assert db.execute("SELECT count(*) FROM event").fetchone() == (3,)


def test_upgrades_as_a_whole_or_not_at_all(folder: Path) -> None:
    """With an event that cannot be read there is no new schema, and a line that says so."""
    _old(folder, 1, body=b"not JSON")
    assert str(folder / "chat.db") in _why_not(folder)
    with closing(sqlite3.connect(folder / "chat.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        assert [table for (table,) in tables] == ["event", "sqlite_sequence"]


def test_lets_an_operator_upgrade_unless_a_server_runs(folder: Path) -> None:
    """Who holds the lock has the older program."""
    _old(folder, 1)
    with closing(Lock(folder)), pytest.raises(CannotOpen, match="Another server runs"):
        AdminStore.open_for_admin(folder)
    with closing(AdminStore.open_for_admin(folder)) as admin:
        assert len(list(admin.export())) == 3


# How it is asked.


def test_reads_by_an_index(store: Store) -> None:
    """No question goes through the whole table, but for texts that no index finds."""
    store.commit([joined(ALEX), left(ALEX), said("a")], [], 0, NOW)
    scope, span = Scope(["#lobby", "#dev"], ALEX), Span(EVER, since=NOW - 1)
    with store.database.reading() as db:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
    for oldest in (False, True):
        store.past(scope, span, 9, oldest)
    store.around(1, scope, EVER, 9)
    store.search("needle", scope, "", span, 9)
    store.search("needle", Scope([f"#{number}" for number in range(6000)]), "", span, 9)
    store.missed(ALEX, "alex", EVER, 9)
    store.audit(["#lobby"], EVER, 9)
    store.audit(None, EVER, 9)
    with store.database.reading() as db:
        db.set_trace_callback(None)
        plans = {
            sql: [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
            for sql in asked
            if sql.startswith("SELECT")
        }
    assert len(plans) > 20
    assert [
        (sql, step) for sql, plan in plans.items() for step in plan if not _quick(sql, step)
    ] == []


@pytest.mark.parametrize("mark", ["", "!1"])
@pytest.mark.parametrize("more", [0, 1])
def test_goes_through_so_many_rooms_one_by_one(store: Store, mark: str, more: int) -> None:
    """At the bound each is asked; beyond it all are asked at once, open and private ones."""
    rooms = [f"#room{number}{mark}" for number in range(ROOMS_ONE_BY_ONE + more)]
    lines = [said(f"needle {room}", place=room) for room in rooms]
    store.commit([*lines, said("needle elsewhere", place="#other!1")], [], 0, NOW)
    with store.database.reading() as db:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
    found = store.search("needle", Scope(rooms), "", Span(EVER), len(rooms))
    with store.database.reading() as db:
        db.set_trace_callback(None)
    assert texts(found.events) == [f"needle {room}" for room in reversed(rooms)]
    looked = [sql for sql in asked if "instr(event.words" in sql]
    assert (len(looked) < 5) == bool(more)


def _quick(sql: str, step: str) -> bool:
    """Whether a step of a query's plan reads little more than is wanted."""
    if "'@'" in sql and step.startswith("SEARCH event"):
        return "event_told" in step
    if "room = '#" in sql and step.startswith("SEARCH event"):
        return "(room=?" in step
    slow = ("SCAN event", "USE TEMP B-TREE", "SCAN position", "SCAN record")
    return "event_ruled_anywhere" in step or not step.startswith(slow)


# What they need here.


def _past(journal: Journal) -> list[Recorded]:
    return result(journal.past(LOBBY, upto=EVER, most=999)).events


def _why_not(folder: Path) -> str:
    with pytest.raises(CannotOpen) as refused:
        on_disk(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def _filled(folder: Path) -> None:
    with open_journal(folder) as journal:
        commit(journal, *(said(f"line {number} " + "x" * 200) for number in range(1500)))


def _old(folder: Path, version: int, body: bytes = b"") -> None:
    """A database as an older version left it."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "chat.db")) as db:
        db.create_function("words_of", 1, lambda _: None)
        db.executescript("\n".join([*steps()[:version], f"PRAGMA user_version = {version};"]))
        for seq, text in enumerate(("needle", "hay", "Needles"), start=1):
            event = Said(room="#lobby", who="amy", text=text, seq=seq, time=NOW)
            row = (seq, NOW, "#lobby", "g:amy", "", "amy", 1, 0, body or msgspec.json.encode(event))
            words = () if version < 3 else (text.casefold(),)
            marks = ", ".join("?" * len(row + words))
            db.execute(f"INSERT INTO event VALUES ({marks})", row + words)
        if version >= 3:
            db.execute("INSERT INTO found (rowid, words) SELECT seq, words FROM event")
            db.execute("UPDATE progress SET indexed = 3")
        db.commit()


@contextmanager
def _files_no_larger_than(size: int) -> Iterator[None]:
    """Writing fails where a file would become larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def _open_to_all() -> Iterator[Path]:
    """A directory that every user may look into."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@contextmanager
def _without_rights() -> Iterator[None]:
    """The superuser may write everywhere, and so becomes somebody else for a moment."""
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
