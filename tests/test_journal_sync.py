"""A disk that takes what is written and fails to sync it: what was refused does not come back.

The process under test has `fsync` and `fdatasync` fail while a file is there, which takes a C
compiler.
"""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from conftest import tool
from journals import EVER, LOBBY, texts

from twisted_chat.journal.spans import Span
from twisted_chat.journal.store import Store

SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int with(const char *name, int file) {
    const char *trouble = getenv("TROUBLE");
    if (trouble && access(trouble, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int)) dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return with("fsync", file); }
int fdatasync(int file) { return with("fdatasync", file); }
"""

BEGINNING = """
import os, sqlite3, sys
from pathlib import Path
from twisted_chat.events import Said
from twisted_chat.journal import Entry, connection
from twisted_chat.journal.store import Store

connection.BUSY_SECONDS = 0
folder, trouble = Path(sys.argv[1]), Path(os.environ["TROUBLE"])
store = Store.open(folder, "full")

def say(*texts):
    said = [Entry(Said(room="#lobby", who="amy", text=text)) for text in texts]
    return [event.seq for event in store.commit(said, [], 0, 1)]

def refused(*texts):
    try:
        say(*texts)
    except sqlite3.OperationalError:
        return True
    return False
"""

Shim = Path


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Shim:
    """What stands between the process and the system's own functions."""
    folder = tmp_path_factory.mktemp("shim")
    source, library = folder / "sync.c", folder / "sync.so"
    source.write_text(SHIM)
    command = [tool("cc"), "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    return library


def test_brings_nothing_back_that_was_refused(shim: Shim, tmp_path: Path) -> None:
    """Though it was in the file, whole, when the process died."""
    assert _record(
        shim,
        tmp_path,
        """
        assert say("a") == [1]
        trouble.touch()
        assert refused("refused", "refused as well", "x" * 20000)
        """,
    ) == ["a"]


def test_brings_nothing_back_of_a_first_batch(shim: Shim, tmp_path: Path) -> None:
    """Which is the first thing in the log of changes."""
    assert (
        _record(
            shim,
            tmp_path,
            """
            store.database.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            trouble.touch()
            assert refused("refused")
            assert refused("refused again")
            """,
        )
        == []
    )


def test_goes_on_when_the_disk_does(shim: Shim, tmp_path: Path) -> None:
    """With what was said before the trouble, and after it."""
    assert _record(
        shim,
        tmp_path,
        """
        assert say("a") == [1]
        trouble.touch()
        assert refused("refused") and refused("refused")
        trouble.unlink()
        assert say("b") == [2]
        assert say("c") == [3]
        """,
    ) == ["a", "b", "c"]


def test_takes_nothing_more_until_the_log_has_begun_anew(shim: Shim, tmp_path: Path) -> None:
    """As a system may have forgotten what it could not sync; here a long read is in the way."""
    assert _record(
        shim,
        tmp_path,
        """
        assert say("a") == [1]
        reader = sqlite3.connect(folder / "chat.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM progress").fetchall()
        trouble.touch()
        assert refused("refused")
        trouble.unlink()
        assert refused("not yet")
        reader.execute("COMMIT")
        assert say("b") == [2]
        """,
    ) == ["a", "b"]


def _record(shim: Shim, folder: Path, steps: str) -> list[str]:
    """What is on record after a process took these steps, and died."""
    lines = "\n".join(line.strip() for line in steps.splitlines())
    subprocess.run(
        [sys.executable, "-c", f"{BEGINNING}\n{lines}\nos._exit(0)", str(folder / "data")],
        env={**os.environ, "LD_PRELOAD": str(shim), "TROUBLE": str(folder / "trouble")},
        check=True,
        timeout=60,
    )
    with closing(Store.open(folder / "data", "normal")) as store:
        return texts(store.past(LOBBY, Span(EVER), 99).events)
