"""Copies of the database, and whether it is whole."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from journals import commit, on_disk, result, said
from operators import Operator, files_of_at_most

from twisted_chat.journal import Put
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.journal.upkeep import FAULTS_LISTED

ROOM = 1 << 16
"""Bytes for each file: enough for what the database needs beside itself, and not for a copy."""


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    """That of a server which runs."""
    journal = on_disk(tmp_path / "data")
    commit(journal, said("a"), said("b"))
    yield journal
    result(journal.close())


@pytest.fixture
def operator(journal: SqliteJournal, tmp_path: Path) -> Operator:
    """Somebody who works beside that server."""
    return Operator(tmp_path / "data")


def _said(file: Path) -> int:
    with closing(sqlite3.connect(file)) as db:
        (count,) = db.execute("SELECT count(*) FROM event").fetchone()
    return int(count)


def test_copies_the_database(operator: Operator, journal: SqliteJournal, tmp_path: Path) -> None:
    """It is of the moment at which it was made, whole, and for its owner alone."""
    copy = tmp_path / "copy"
    done = operator.does("backup", str(copy))
    commit(journal, said("c"))
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{copy}: {copy.stat().st_size:,} bytes.\n"
    assert (_said(copy), stat.S_IMODE(copy.stat().st_mode)) == (2, 0o600)


def test_serves_a_copy_that_is_put_back(operator: Operator, tmp_path: Path) -> None:
    """A restored directory is one like any other."""
    restored = tmp_path / "restored"
    restored.mkdir()
    operator.does("backup", str(restored.parent / "chat.db"))
    os.replace(tmp_path / "chat.db", restored / "chat.db")
    journal = on_disk(restored)
    assert [event.seq for event in commit(journal, said("c"))] == [3]
    result(journal.close())


def test_keeps_the_file_that_is_there(operator: Operator, tmp_path: Path) -> None:
    """Unless it is told to, and then a whole one takes its place, for its owner alone."""
    there = tmp_path / "copy"
    there.write_text("precious")
    refused = operator.does("backup", str(there))
    assert (refused.code, there.read_text()) == (1, "precious")
    assert refused.err.endswith("is there already: choose another name, or add --force.\n")
    assert operator.does("backup", str(there), "--force").code == 0
    assert (_said(there), stat.S_IMODE(there.stat().st_mode)) == (2, 0o600)


def test_never_writes_into_the_data_directory(operator: Operator) -> None:
    """There it would take the place of the database, or be lost with it."""
    before = sorted(path.name for path in operator.data.iterdir())
    for name in ("chat.db", "copy"):
        refused = operator.does("backup", "--force", str(operator.data / name))
        assert (refused.code, "choose another place" in refused.err) == (1, True)
    assert sorted(path.name for path in operator.data.iterdir()) == before


@pytest.mark.parametrize("name", ["nowhere/copy", "folder", "device"])
def test_leaves_nothing_where_it_cannot_write(
    operator: Operator, tmp_path: Path, name: str
) -> None:
    """One line says why, and there is no half of a copy."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "device").symlink_to("/dev/null")
    before = sorted(tmp_path.iterdir())
    refused = operator.does("backup", "--force", str(tmp_path / name))
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "device").is_symlink()


def test_says_that_the_disk_is_full(operator: Operator, tmp_path: Path) -> None:
    """That of the copy: one line, with its name, and there is no half of it."""
    before = sorted(tmp_path.iterdir())
    with files_of_at_most(ROOM):
        done = operator.does("backup", str(tmp_path / "copy"))
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"twisted-chat-admin: {tmp_path}/copy: the disk is full, or fails. Choose another place.\n"
    )
    assert sorted(tmp_path.iterdir()) == before


def test_finds_the_database_whole(operator: Operator) -> None:
    """Also while a server writes to it."""
    done = operator.does("check")
    assert (done.code, done.out) == (0, f"{operator.data}/chat.db is whole.\n")


def test_says_what_is_wrong_and_what_to_do(operator: Operator, journal: SqliteJournal) -> None:
    """A line for each thing, not without end, and the cure."""
    commit(journal, *[said("c")] * FAULTS_LISTED)
    with operator.store() as store:
        store.database.writer.execute("UPDATE event SET body = 'nonsense'")
    wrong = operator.does("check")
    assert (wrong.code, len(wrong.lines)) == (1, FAULTS_LISTED + 1)
    assert (wrong.lines[0], wrong.lines[-1]) == ("event 1 cannot be read", "and perhaps more")
    assert wrong.err.endswith("is damaged: end the server, and put a backup in its place.\n")


@pytest.mark.parametrize("kind", ["account", "code", "token", "room", "rulings", "unheard-of"])
def test_says_which_record_cannot_be_read(operator: Operator, kind: str) -> None:
    """No server would start with it."""
    with operator.store() as store:
        store.put_from_outside([Put(kind, "it", b"nonsense")])
    wrong = operator.does("check")
    assert wrong.code == 1
    assert wrong.out.startswith(f"the {kind} 'it' cannot be read: JSON is malformed")


def test_says_that_a_record_is_no_text(operator: Operator) -> None:
    """One line each, also from a command that needs it."""
    with operator.store() as store:
        store.put_from_outside([Put("account", "it", b'{"id":"\xff"}')])
    assert operator.does("check").out.startswith("the account 'it' cannot be read: 'utf-8' codec")
    wrong = operator.does("accounts")
    assert (wrong.code, wrong.out, len(wrong.err.splitlines())) == (1, "", 1)
    assert wrong.err.endswith("See twisted-chat-admin check.\n")


def test_leaves_nothing_behind(operator: Operator) -> None:
    """It looks at a copy, whatever it finds."""
    before = sorted(operator.data.iterdir())
    with operator.store() as store:
        store.database.writer.execute("UPDATE event SET body = 'nonsense'")
    assert operator.does("check").code == 1
    assert sorted(operator.data.iterdir()) == before


def test_says_that_an_event_cannot_be_exported(operator: Operator) -> None:
    """One line, and the command that tells more."""
    with operator.store() as store:
        store.database.writer.execute("UPDATE event SET body = 'nonsense' WHERE seq = 1")
    wrong = operator.does("export")
    assert (wrong.code, len(wrong.err.splitlines())) == (1, 1)
    assert wrong.err.endswith("See twisted-chat-admin check.\n")
