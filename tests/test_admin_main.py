"""The operator's command: its words, its exit codes, and what it says of what goes wrong."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from io import BufferedWriter, StringIO
from pathlib import Path

import pytest
from journals import commit, on_disk, result, said
from operators import PASSWORD, Operator, Terminal, files_of_at_most

from twisted_chat.admin import progress
from twisted_chat.admin.console import Console
from twisted_chat.admin.main import ENDED, NOBODY_READS, main
from twisted_chat.admin.place import default_data
from twisted_chat.admin.progress import FRAME_SECONDS, UNHEARD_SECONDS, Meter
from twisted_chat.identity import of_account
from twisted_chat.journal import errors
from twisted_chat.options import default_data as data_of_server

COMMAND = str(Path(sys.executable).with_name("twisted-chat-admin"))
FULL = Path("/dev/full")


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """Somebody with a directory in which Amy has said something."""
    journal = on_disk(tmp_path / "data")
    commit(journal, *[said(f"line {number}") for number in range(1000)])
    result(journal.close())
    return Operator(tmp_path / "data")


def test_has_the_directory_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --data both work on the same one, under systemd and without it."""
    assert default_data() == data_of_server()
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/chat:/other")
    assert default_data() == data_of_server() == Path("/var/lib/chat")


def test_takes_the_directory_before_and_after_the_command(operator: Operator) -> None:
    """The last one counts."""
    data = str(operator.data)
    nowhere = Operator(operator.data / "nowhere")
    assert operator.does("check").out == f"{data}/chat.db is whole.\n"
    assert nowhere.does("check", "--data", data).code == 0
    assert nowhere.does("accounts", "list", "--data", data).code == 0
    assert nowhere.does("check").code == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["backup"], "the following arguments are required: FILE"),
        (["backup", "-"], "a backup is a file, and cannot go to standard output"),
        (["export", "--forma", "text"], "there is no option --forma here"),
        (["export", "--force"], "--force is for --output FILE"),
        (["export", "a b"], "argument ROOM: A name is one word of letters and digits"),
        (["purge", "--older-than", "soon"], "argument --older-than: Write how long as 90s"),
        (["purge"], "the following arguments are required: --older-than"),
        (["accounts", "admin", "Alex"], "the following arguments are required: on|off"),
        (["tokens", "a b"], "argument NAME: A name is one word of letters and digits"),
        (["bans", "remove"], "bans takes ROOM, or * for the server, or: add|remove WHO [ROOM|*]"),
        (["bans", "add"], "bans takes ROOM, or * for the server, or: add|remove WHO [ROOM|*]"),
        (["bans", "dev", "--for", "1h"], "--for and --reason are for: add WHO [ROOM|*]"),
        (["bans", "remove", "sam", "--reason", "x"], "--for and --reason are for: add WHO"),
        (["bans", "add", "sam", "--for", "1h", "dev"], "there are words too many"),
        (["bans", "remove", "sam", "#a#"], "A name is one word of letters and digits"),
        (["check", "--data", ""], "argument --data: an empty word is no directory"),
        (["check", "--data", ":memory:"], "argument --data: with :memory: a server keeps nothing"),
    ],
)
def test_says_how_it_is_written(operator: Operator, words: Sequence[str], why: str) -> None:
    """One line on standard error, with the way to more, and exit code 2."""
    wrong = operator.does(*words)
    assert (wrong.code, wrong.out, len(wrong.err.splitlines())) == (2, "", 1)
    assert wrong.err.startswith(f"twisted-chat-admin: {why}")
    named = wrong.err.rpartition(". See twisted-chat-admin ")[2].removesuffix(".\n").split()
    helped = operator.does(*named)
    assert (named[-1], helped.code, helped.out[:6]) == ("--help", 0, "usage:")


@pytest.mark.parametrize("words", [[PASSWORD], [f"--password={PASSWORD}"], ["--", PASSWORD]])
def test_repeats_no_word_that_may_be_a_password(operator: Operator, words: Sequence[str]) -> None:
    """Somebody gives it as an argument, in spite of all."""
    wrong = operator.does("accounts", "add", "Alex", *words)
    assert (wrong.code, PASSWORD in wrong.out + wrong.err) == (2, False)


def test_helps(operator: Operator) -> None:
    """The help is no failure, and tells of every command."""
    helped = operator.does("--help")
    assert (helped.code, helped.err) == (0, "")
    for command in ("backup", "check", "export", "import", "purge", "accounts", "tokens", "bans"):
        assert f"\n    {command} " in helped.out
        assert operator.does(command, "--help").code == 0


@pytest.mark.parametrize(
    "words",
    [["check"], ["backup", "copy"], ["export"], ["purge", "--older-than", "1d"], ["accounts"]],
)
def test_makes_no_chat_where_there_is_none(tmp_path: Path, words: Sequence[str]) -> None:
    """A directory that is mistyped is said to be so, and not made."""
    nowhere = Operator(tmp_path / "nowhere")
    refused = nowhere.does(*words)
    assert (refused.code, refused.out, refused.err) == (
        1,
        "",
        f"twisted-chat-admin: There is no chat in {nowhere.data}: say with --data where it is.\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_refuses_what_is_no_database(operator: Operator) -> None:
    """One line says what to do."""
    (operator.data / "chat.db").write_bytes(b"not a database, but long enough to be one" * 100)
    refused = operator.does("export")
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert "is damaged, or no chat database: put a backup" in refused.err


def test_refuses_a_newer_schema(operator: Operator) -> None:
    """One line says what to do."""
    with operator.store() as store:
        store.database.writer.execute("PRAGMA user_version = 99")
    refused = operator.does("accounts")
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert "was written by a newer twisted_chat" in refused.err


def test_says_what_is_missing(operator: Operator) -> None:
    """It is opened, and turns out to lack something: one line, too."""
    with operator.store() as store:
        store.database.writer.execute("DROP TABLE event")
    refused = operator.does("export")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"twisted-chat-admin: {operator.data}/chat.db cannot be read: no such table: event.\n"
    )


@pytest.mark.parametrize(
    ("least", "why"),
    [
        (0, "cannot be read: disk I/O error."),
        (1 << 60, "cannot grow, as the disk is full: make room on it."),
    ],
)
def test_says_what_is_wrong_with_the_disk(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, least: int, why: str
) -> None:
    """Nothing can be made beside the database, as there is no room, or for another reason."""
    monkeypatch.setattr(errors, "LEAST_BYTES", least)
    with files_of_at_most(0):
        refused = operator.does("accounts")
    assert (refused.code, refused.err) == (
        1,
        f"twisted-chat-admin: {operator.data}/chat.db {why}\n",
    )


def test_makes_the_users_own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no other of its kind yet; with --data, what it is in has to be there."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "a" / "b" / "c"))
    words, out = ["accounts", "add", "Alex"], StringIO()
    assert main(words, StringIO(PASSWORD), out, out) == 0
    assert (tmp_path / "a" / "b" / "c" / "chat.db").exists()
    refused = Operator(tmp_path / "d" / "e").does(*words, stdin=PASSWORD)
    assert (refused.code, "There is no directory" in refused.err) == (1, True)


def test_says_that_the_directory_is_a_file(tmp_path: Path) -> None:
    """One line, whatever the system calls it."""
    (tmp_path / "file").touch()
    refused = Operator(tmp_path / "file").does("import", str(tmp_path / "file"))
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert "is a file: choose a directory for --data." in refused.err


def test_loads_no_reactor() -> None:
    """A command is no server."""
    look = "import sys, twisted_chat.admin.main; print('twisted.internet' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def test_is_quiet_where_nobody_reads(operator: Operator) -> None:
    """Whoever reads may go, as head does."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as pipe:
        done = _process(operator, ["export"], stdout=pipe)
    assert (done.returncode, done.stderr) == (NOBODY_READS, b"")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
@pytest.mark.parametrize("words", [["export"], ["check"]])
def test_says_that_what_it_writes_to_is_full(operator: Operator, words: Sequence[str]) -> None:
    """One line, and nothing more of it at the end of the process."""
    with FULL.open("wb") as full:
        done = _process(operator, words, stdout=full)
    assert done.returncode == 1
    assert done.stderr == b"twisted-chat-admin: standard output: No space left on device\n"


def test_writes_utf_8_in_any_locale(operator: Operator) -> None:
    """What is exported is read by programs, wherever it was written."""
    journal = on_disk(operator.data)
    commit(journal, said("Grüße, 世界"))
    result(journal.close())
    done = _process(operator, ["export"], env={"LC_ALL": "C", "PYTHONUTF8": "0"})
    assert "Grüße, 世界" in done.stdout.decode("utf-8")


def _process(
    operator: Operator,
    words: Sequence[str],
    stdout: int | BufferedWriter = subprocess.PIPE,
    env: dict[str, str] | None = None,
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [COMMAND, "--data", str(operator.data), *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=env,
        check=False,
    )


# Signals.


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a command tell from the beginning how far it is."""
    monkeypatch.setattr(progress, "UNHEARD_SECONDS", 0)


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    "words",
    [
        ["backup", "{}/copy"],
        ["backup", "--force", "{}/there"],
        ["export", "--output", "{}/copy"],
        ["export", "--force", "--output", "{}/there"],
        ["check"],
        ["import", "{}/file"],
    ],
)
def test_leaves_nothing_half_done(
    operator: Operator, tmp_path: Path, words: Sequence[str], by: int
) -> None:
    """What is ended by a signal has never been, and its exit code tells which it was."""
    (tmp_path / "there").write_text("precious")
    whole = operator.does("export").out
    other = "".join(line.replace("line", "other") + "\n" for line in whole.splitlines())
    (tmp_path / "file").write_text(other)
    before = sorted(tmp_path.rglob("*"))
    ended = operator.interrupts(*(word.format(tmp_path) for word in words), by=by)
    assert (ended.code, ended.out) == (ENDED + by, "")
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there").read_text() == "precious"
    assert operator.does("export").out == whole
    assert operator.does("check").code == 0


@pytest.mark.usefixtures("watched")
def test_goes_on_with_a_purge_that_was_ended(operator: Operator) -> None:
    """What is forgotten by then is so, as nobody can have it back."""
    words = ("purge", "--older-than", "90d", "--yes")
    assert operator.interrupts(*words).code == ENDED + signal.SIGINT
    assert operator.does(*words).out == "500 messages forgotten.\n"
    assert operator.does("check").code == 0


@pytest.mark.usefixtures("watched")
def test_stays_where_its_terminal_goes(operator: Operator, tmp_path: Path) -> None:
    """With nohup it goes on; and whoever called it has the signals as they were."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert operator.interrupts("backup", str(tmp_path / "a"), by=signal.SIGHUP).code == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    operator.interrupts("check", by=signal.SIGTERM)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == handlers


# Progress.


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(
    ("words", "doing"),
    [
        (["backup", "{}/copy"], "Copying: 100 %"),
        (["check"], "Checking..."),
        (["check"], "Checking: 100 %"),
        (["export", "--output", "{}/copy"], "Exporting: 0 %"),
        (["import", "{}/file"], "Looking: 0 %"),
        (["import", "{}/file"], "Importing: 0 %"),
        (["purge", "--older-than", "90d", "--yes"], "Forgetting: 25 %"),
        (["accounts", "remove", "Amy", "--with-messages"], "Forgetting: 50 %"),
    ],
)
def test_tells_how_far_it_is(
    operator: Operator, tmp_path: Path, words: Sequence[str], doing: str
) -> None:
    """All that may take longer than a moment does so, and leaves the line empty."""
    operator.does("accounts", "add", "Amy", stdin=PASSWORD)
    amy = of_account(operator.account_id("amy"))
    journal = on_disk(operator.data)
    commit(journal, *[said(f"mine {number}", amy) for number in range(1000)])
    result(journal.close())
    (tmp_path / "file").write_text(operator.does("export").out)
    seen = operator.watches(*(word.format(tmp_path) for word in words))
    assert seen.code == 0
    assert f"\r{doing}\x1b[K" in seen.err
    assert seen.err.rpartition("\r")[2].startswith("\x1b[K")


@pytest.mark.usefixtures("watched")
def test_tells_how_far_an_export_into_a_file_is(operator: Operator, tmp_path: Path) -> None:
    """Where what is written may come to the same terminal, by a pager too, it does not."""
    assert operator.watches("export").err == ""
    err = Terminal()
    with (tmp_path / "file").open("w") as file:
        assert main(["--data", str(operator.data), "export"], StringIO(), file, err) == 0
    assert "\rExporting: 0 %\x1b[K" in err.getvalue()


class Ticks:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _meter(stderr: StringIO) -> tuple[Meter, Ticks]:
    ticks = Ticks()
    return Meter(Console(StringIO(), StringIO(), stderr, ticks), "Copying"), ticks


@pytest.mark.parametrize("stderr", [Terminal(), StringIO()])
def test_says_nothing_of_what_is_done_in_a_moment(stderr: StringIO) -> None:
    """Nobody waits for that."""
    meter, ticks = _meter(stderr)
    with meter:
        for done in range(100):
            ticks.now += UNHEARD_SECONDS / 101
            meter(done, 100)
    assert stderr.getvalue() == ""


def test_draws_progress_on_a_terminal() -> None:
    """In one line, not too often, and gone in the end."""
    stderr = Terminal()
    meter, ticks = _meter(stderr)
    with meter:
        ticks.now += UNHEARD_SECONDS
        meter(30, 90)
        ticks.now += FRAME_SECONDS / 2
        meter(40, 90)
        ticks.now += FRAME_SECONDS
        meter(60, 90)
    assert stderr.getvalue() == "\rCopying: 33 %\x1b[K\rCopying: 66 %\x1b[K\r\x1b[K"


def test_says_nothing_of_progress_elsewhere() -> None:
    """What is written to a log or a mail is what went wrong, and no more."""
    stderr = StringIO()
    meter, ticks = _meter(stderr)
    with meter:
        ticks.now += 60 * UNHEARD_SECONDS
        meter(1, 2)
    assert stderr.getvalue() == ""


def test_takes_nothing_for_done() -> None:
    """There may be nothing to do at all."""
    stderr = Terminal()
    meter, ticks = _meter(stderr)
    with meter:
        ticks.now += UNHEARD_SECONDS
        meter(0, 0)
    assert stderr.getvalue().startswith("\rCopying: 0 %\x1b[K")


def test_says_at_once_on_a_terminal_what_has_no_progress() -> None:
    """A long silence would look like a fault."""
    for stderr, words in ((Terminal(), "\rCopying...\x1b[K\r\x1b[K"), (StringIO(), "")):
        meter, _ = _meter(stderr)
        with meter:
            meter.begin()
        assert stderr.getvalue() == words


def test_lets_nothing_of_peoples_act_on_a_terminal() -> None:
    """What comes from elsewhere is cleaned once more before it is shown."""
    out, err = StringIO(), StringIO()
    console = Console(StringIO(), out, err)
    console.say("a\x1b]52;c;x\x07b\nc")
    console.complain("a\x1b[2Jb\r")
    assert not set(out.getvalue() + err.getvalue()) & set("\x1b\x07\r")
    assert len(out.getvalue().splitlines()) == len(err.getvalue().splitlines()) == 1
