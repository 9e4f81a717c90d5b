"""The stdio client as a process: on a pseudo-terminal and in a pipe, with the real server."""

import os
import pty
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest
from certificates import self_signed
from conftest import PATIENCE_SECONDS
from pexpect.fdpexpect import fdspawn

# Not from the folder that the tests run in: what is installed is what is tested.
CLIENT = [sys.executable, "-P", "-m", "twisted_chat"]
ROWS, COLUMNS = 24, 60


class Window:
    """A client on a pseudo-terminal, and what its user sees there."""

    def __init__(self, *options: str, **environment: str) -> None:
        self.seen = pyte.HistoryScreen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.seen)
        self.raw = b""
        self.process = pexpect.spawn(
            CLIENT[0],
            [*CLIENT[1:], *options],
            env={**os.environ, "TERM": "xterm-256color", **environment},
            dimensions=(ROWS, COLUMNS),
            timeout=PATIENCE_SECONDS,
        )
        self.process.delaybeforesend = None
        self.settings = termios.tcgetattr(self.process.child_fd)

    @property
    def lines(self) -> list[str]:
        """The lines that are not empty."""
        return [line.rstrip() for line in self.seen.display if line.strip()]

    @property
    def text(self) -> str:
        """All that can be seen; wide characters are followed by nothing."""
        return "\n".join(self.lines)

    def until(self, seen: Callable[[], bool]) -> None:
        """Read until something is seen."""
        while not seen():
            try:
                data = self.process.read_nonblocking(4096, PATIENCE_SECONDS)
            except (pexpect.EOF, pexpect.TIMEOUT) as why:
                pytest.fail(f"{type(why).__name__} in front of:\n{self.text}")
            self.raw += data
            self.stream.feed(data)

    def shows(self, *last: str) -> None:
        """Read until these are the last lines."""
        self.until(lambda: self.lines[-len(last) :] == list(last))

    def has(self, text: str) -> None:
        """Read until this can be seen."""
        self.until(lambda: text in self.text)

    def types(self, text: str) -> None:
        self.process.send(text)

    def ends(self) -> int | None:
        """Read to the end; the exit code."""
        rest = self.process.read()
        self.raw += rest
        self.stream.feed(rest)
        self.process.close()
        return self.process.exitstatus  # type: ignore[no-any-return]

    def leaves(self) -> None:
        """End it as its user would: a client that is killed tells coverage nothing."""
        if not self.process.ptyproc.fileobj.closed:
            self.types("\x03")
            self.process.expect(pexpect.EOF)
        self.process.close(force=True)

    def joins(self, name: str = "Alex") -> None:
        self.shows("Enter your choice:")
        self.types("1\r")
        self.shows("Enter your username:")
        self.types(f"{name}\r")
        self.shows("You:")


@pytest.fixture
def window() -> Iterator[Callable[..., Window]]:
    windows: list[Window] = []

    def open_one(server: Any, *options: str, **environment: str) -> Window:
        windows.append(Window("--connect", server.endpoint, *options, **environment))
        return windows[-1]

    yield open_one
    for one in windows:
        one.leaves()


def piped(server: Any, typed: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLIENT, "--connect", server.endpoint, *options],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


MENU = ["1. Join the chat", "q. Leave the chat", "2. Exit the program"]
TRANSCRIPT = [
    "Connected to server.",
    *MENU,
    "Enter your choice: 1",
    "Enter your username: Alex",
    "Joining the chat as Alex...",
    "You: Hello everyone!",
    "You: q",
    "Leaving the chat...",
    "Connection closed.",
]
TYPED = ["1", "Alex", "Hello everyone!", "q"]
LAST_LINES = [
    ["Enter your choice:"],
    ["Enter your choice: 1", "Enter your username:"],
    ["Joining the chat as Alex...", "You:"],
    ["You: Hello everyone!", "You:"],
]
"""What is seen before each of them is typed."""


@pytest.mark.parametrize("options", [[], ["--plain"]])
def test_is_used_as_the_menu_says(
    window: Callable[..., Window], chat_server: Any, options: list[str]
) -> None:
    alex = window(chat_server, *options)
    for last, line in zip(LAST_LINES, TYPED):
        alex.shows(*last)
        alex.types(f"{line}\r")
    alex.shows(*TRANSCRIPT, *MENU, "Enter your choice:")
    assert alex.lines == [*TRANSCRIPT, *MENU, "Enter your choice:"]
    alex.types("2\r")
    assert alex.ends() == 0


def test_is_used_in_a_pipe(chat_server: Any) -> None:
    done = piped(chat_server, "".join(f"{line}\n" for line in [*TYPED, "2"]))
    assert done.stdout.splitlines() == [*TRANSCRIPT, *MENU, "Enter your choice: 2"]
    assert (done.returncode, done.stderr) == (0, "")


def test_loses_no_line_of_a_pipe(
    window: Callable[..., Window], start_server: Callable[..., Any]
) -> None:
    server = start_server(
        *("--listen", "tcp:0:interface=127.0.0.1", "--limit", "message_burst=2000")
    )
    reader = window(server, "--name", "Reader")
    reader.shows("You:")
    done = piped(server, "".join(f"line {number}\n" for number in range(1000)), "--name", "Alex")
    assert done.returncode == 0
    reader.has("Alex left")
    reader.types("\x03")
    assert reader.ends() == 0
    heard = [line for line in reader.raw.decode().split("\n") if ": line " in line]
    numbers = [int(line.partition("line ")[2].split()[0].split("\x1b")[0]) for line in heard]
    assert numbers == list(range(1000))


def test_takes_a_file_for_input(chat_server: Any, tmp_path: Path) -> None:
    typed = tmp_path / "typed"
    typed.write_text("1\nAlex\nhello")
    with typed.open() as lines:
        done = subprocess.run(
            [*CLIENT, "--connect", chat_server.endpoint],
            stdin=lines,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert done.stdout.splitlines()[-3:] == [
        "You: hello",
        "Leaving the chat...",
        "Connection closed.",
    ]
    assert done.returncode == 0


def test_never_mixes_what_is_heard_with_what_is_typed(
    window: Callable[..., Window], chat_server: Any
) -> None:
    alex, sam = window(chat_server), window(chat_server)
    alex.joins("Alex")
    sam.joins("Sam")
    half = "half 日本 of a line that is longer than the window is wide"
    alex.types(half)
    alex.shows("You: half 日本 of a line that is longer than the window is w", "ide")
    sam.types("Hello Alex\r")
    alex.until(lambda: any(line.startswith("Sam: Hello Alex") for line in alex.lines))
    alex.shows("You: half 日本 of a line that is longer than the window is w", "ide")
    assert "\a" in alex.raw.decode()
    at = alex.lines.index("Sam: Hello Alex")
    assert alex.lines[at + 1].startswith("You: half")
    assert alex.text.count("You: half") == 1
    alex.types("\r")
    sam.has("Alex: half")
    assert alex.text.count("You: half") == 1


def test_follows_the_size_of_its_window(window: Callable[..., Window], chat_server: Any) -> None:
    alex = window(chat_server)
    alex.joins()
    alex.types("x" * 50)
    alex.has("x" * 50)
    alex.seen.resize(ROWS, 30)
    alex.process.setwinsize(ROWS, 30)
    alex.until(lambda: any(line == "x" * 25 for line in alex.lines))


def test_edits_completes_and_remembers(window: Callable[..., Window], chat_server: Any) -> None:
    alex = window(chat_server)
    alex.joins()
    alex.types("/j\tdve\x1b[D\x1b[D\x7fdev\x1b[F\x7f\x7f\r")
    alex.has("-> You are in #dev: Alex.")
    alex.types("al\tone\r")
    alex.shows("You: Alex: one", "You:")
    alex.types("two\r")
    alex.shows("You: two", "You:")
    alex.types("\x1b[A\x1b[A\r")
    alex.shows("You: Alex: one", "You: two", "You: Alex: one", "You:")
    alex.types("/who\t")
    alex.shows("/who  /whois", "You: /who")
    alex.types("\r")
    alex.has("-> 1 in #dev: Alex (operator).")


def test_sends_a_paste_line_by_line(window: Callable[..., Window], chat_server: Any) -> None:
    alex = window(chat_server)
    alex.joins()
    alex.types("\x1b[200~one\ntwo\x1b[201~\r")
    alex.shows("You: one", "You: two", "You:")


@pytest.mark.parametrize(
    ("options", "environment", "coloured", "edited"),
    [
        ((), {}, True, True),
        ((), {"NO_COLOR": "1"}, False, True),
        (("--plain",), {}, False, False),
        ((), {"TERM": "dumb"}, False, False),
    ],
)
def test_uses_colours_where_they_are_wanted(
    window: Callable[..., Window],
    chat_server: Any,
    options: tuple[str, ...],
    environment: dict[str, str],
    coloured: bool,
    edited: bool,
) -> None:
    alex = window(chat_server, *options, **environment)
    alex.joins()
    piped(chat_server, "hello Alex\n", "--name", "Sam")
    alex.has("Sam left")
    assert bool(re.search(rb"\x1b\[[0-9;]*3\dm", alex.raw)) == coloured
    assert (b"\a" in alex.raw) == edited
    assert (b"\x1b" in alex.raw) == edited


@pytest.mark.parametrize("key", ["\x03", "\x04"])
@pytest.mark.parametrize("typed", [[], ["1"], ["1", "Alex"]])
def test_ctrl_c_and_ctrl_d_restore_the_terminal(
    window: Callable[..., Window], chat_server: Any, key: str, typed: list[str]
) -> None:
    alex = window(chat_server)
    alex.shows("Enter your choice:")
    for line, prompt in zip(typed, ["Enter your username:", "You:"]):
        alex.types(f"{line}\r")
        alex.shows(prompt)
    changed = termios.tcgetattr(alex.process.child_fd)
    alex.types(key)
    assert alex.ends() == 0
    assert changed != alex.settings


@pytest.mark.parametrize("options", [[], ["--plain"]])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_leave_in_order(
    window: Callable[..., Window], chat_server: Any, options: list[str], number: int
) -> None:
    alex = window(chat_server, *options)
    alex.joins()
    alex.process.kill(number)
    assert alex.ends() == 0
    assert alex.lines[-2:] == ["Leaving the chat...", "Connection closed."]


@pytest.mark.parametrize("typed", ["1\nAlex\n", ""])
@pytest.mark.parametrize("options", [[], ["--plain"]])
def test_leaves_its_terminal_as_it_was(chat_server: Any, options: list[str], typed: str) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    client = subprocess.Popen(
        [*CLIENT, "--connect", chat_server.endpoint, *options],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    terminal = fdspawn(ours, timeout=PATIENCE_SECONDS)
    terminal.expect_exact("choice:")
    terminal.send(typed)
    terminal.expect_exact("You:" if typed else "")
    client.send_signal(signal.SIGTERM)
    assert client.wait(PATIENCE_SECONDS) == 0
    assert termios.tcgetattr(theirs) == before
    assert os.get_blocking(theirs)
    os.close(ours)
    os.close(theirs)


def test_ends_with_its_terminal(window: Callable[..., Window], chat_server: Any) -> None:
    alex = window(chat_server)
    alex.joins()
    sam = window(chat_server)
    sam.joins("Sam")
    alex.process.ptyproc.fileobj.close()
    sam.has("Alex left")


def test_comes_back_after_the_server_did(
    window: Callable[..., Window], start_server: Callable[..., Any]
) -> None:
    server = start_server("--listen", "tcp:0:interface=127.0.0.1")
    alex = window(server, "--name", "Alex", "--room", "dev")
    alex.has("-> You are in #dev: Alex.")
    port = server.port
    server.stop()
    alex.has("Connection lost.")
    alex.types("kept\r")
    start_server("--listen", f"tcp:{port}:interface=127.0.0.1")
    alex.has("You are Alex again, in #lobby, #dev.")
    sam = piped(server, "/join dev\n/who\nq\n2\n", "--name", "Sam")
    assert "-> 2 in #dev: Alex (operator), Sam." in sam.stdout
    alex.types("\x04")
    assert alex.ends() == 0


ANYWHERE = ("--listen", "tcp:0:interface=127.0.0.1")


def again(
    start_server: Callable[..., Any], server: Any, data: Path, *options: str
) -> Callable[[], Any]:
    """What starts a server anew, where it was and with what it kept."""
    where = f"tcp:{server.port}:interface=127.0.0.1"
    return lambda: start_server("--listen", where, "--data", str(data), *options)


def history(server: Any, room: str) -> list[str]:
    """What is on record of a room, as it is shown with its numbers."""
    shown = piped(server, f"/join {room}\n/history 1000\n", "--name", "Lou").stdout
    return re.findall(r"^\d+ \[\d\d:\d\d\] (.*)$", shown, re.MULTILINE)


def test_hears_what_it_missed_and_says_what_was_typed_meanwhile_once(
    window: Callable[..., Window], start_server: Callable[..., Any], tmp_path: Path
) -> None:
    """Over a server that is killed, and started again on what it kept."""
    data = tmp_path / "kept"
    server = start_server(*ANYWHERE, "--data", str(data))
    start_again = again(start_server, server, data)
    alex = window(server, "--name", "Alex", "--room", "dev")
    alex.has("-> You are in #dev: Alex.")
    piped(server, "/join dev\nheard before\n", "--name", "Sam")
    alex.has("Sam left")
    server.stop(signal.SIGKILL)
    alex.has("Connection lost")
    alex.types("typed meanwhile\r")
    alex.process.kill(signal.SIGSTOP)
    server = start_again()
    piped(server, "in the lobby\n/join dev\nin the room\n", "--name", "Sam")
    alex.process.kill(signal.SIGCONT)
    alex.has("You are Alex again, in #lobby, #dev.")
    piped(server, "/join dev\nheard after\n", "--name", "Kim")
    alex.has("Kim: heard after")
    assert history(server, "#dev").count("Alex: typed meanwhile") == 1
    for line in ("heard before", "in the lobby", "in the room", "heard after", "typed meanwhile"):
        assert alex.text.count(line) == 1, line
    assert re.search(r"\[#lobby\] .*Sam.*: in the lobby", alex.text)
    assert "may not have arrived" not in alex.text
    alex.types("\x04")
    assert alex.ends() == 0


def test_says_each_line_of_a_pipe_once_while_its_server_is_killed_again_and_again(
    start_server: Callable[..., Any], tmp_path: Path
) -> None:
    """What was on record and not answered is not said again, and what was not is not lost."""
    data, fast = tmp_path / "kept", ("--limit", "message_burst=5000")
    server = start_server(*ANYWHERE, "--data", str(data), *fast)
    start_again = again(start_server, server, data, *fast)
    lines = [f"line {number}" for number in range(400)]
    typed = tmp_path / "typed"
    typed.write_text("".join(f"{line}\n" for line in lines))
    with typed.open() as source:
        client = subprocess.Popen(
            [*CLIENT, "--connect", server.endpoint, "--name", "Alex"],
            stdin=source,
            stdout=subprocess.PIPE,
            text=True,
        )
    assert client.stdout is not None
    shown = []
    for line in client.stdout:
        shown.append(line.rstrip("\n"))
        if shown[-1] in ("You: line 50", "You: line 151", "You: line 252"):
            server.stop(signal.SIGKILL)
            server = start_again()
    client.stdout.close()
    assert client.wait(PATIENCE_SECONDS) == 0
    assert [line for line in shown if line.startswith("You: line")] == [
        f"You: {line}" for line in lines
    ]
    assert len([line for line in shown if line.startswith("You are Alex again")]) == 3
    assert history(server, "#lobby") == [f"Alex: {line}" for line in lines]


SECRET = "correct-horse-battery"


def owned(server: Any, name: str = "Alex") -> None:
    """Make the name somebody's."""
    assert "is yours" in piped(server, f"/register {SECRET}\n", "--name", name).stdout


def test_asks_for_a_password_and_comes_back_with_it(
    window: Callable[..., Window], start_server: Callable[..., Any], tmp_path: Path
) -> None:
    """Nothing of it can be seen, nor found among the lines typed before."""
    data = tmp_path / "kept"
    server = start_server(*ANYWHERE, "--data", str(data))
    start_again = again(start_server, server, data)
    owned(server)
    alex = window(server)
    alex.shows("Enter your choice:")
    alex.types("1\r")
    alex.shows("Enter your username:")
    alex.types("Alex\r")
    alex.shows("Password:")
    alex.types("wrong-horse\r")
    alex.has("-> Wrong name or password.")
    alex.shows("Password:")
    alex.types(f"{SECRET}\r")
    alex.shows("Password:", "Joining the chat as Alex...", "You:")
    assert SECRET.encode() not in alex.raw
    alex.types(f"/passwd {SECRET} another-{SECRET}\r")
    alex.has("-> Your password is changed.")
    assert SECRET not in alex.text
    assert "You: /passwd ..." in alex.lines
    alex.types("\x1b[A")
    alex.shows("You: Alex")
    alex.types("\x15")
    server.stop(signal.SIGKILL)
    alex.has("Connection lost")
    start_again()
    alex.has("You are Alex again, in #lobby.")
    alex.types("\x03")
    assert alex.ends() == 0
    assert SECRET not in alex.text


def test_hides_a_password_on_a_terminal_as_it_is(
    window: Callable[..., Window], chat_server: Any
) -> None:
    """What is typed after it can be seen again."""
    owned(chat_server)
    alex = window(chat_server, "--plain", "--name", "Alex")
    alex.shows("Password:")
    alex.types(f"{SECRET}\r")
    alex.shows("Joining the chat as Alex...", "You:")
    alex.types("hello\r")
    alex.shows("You: hello", "You:")
    assert SECRET.encode() not in alex.raw


@pytest.mark.parametrize("kind", ["password", "token"])
def test_takes_a_secret_from_a_file(chat_server: Any, tmp_path: Path, kind: str) -> None:
    """In a pipe nobody can be asked, and other users of a machine see all arguments."""
    owned(chat_server)
    answers = piped(chat_server, f"1\nAlex\n{SECRET}\n/token bot\n").stdout
    assert SECRET not in answers
    secret = {"password": SECRET, "token": answers.rpartition("shown only now: ")[2].split()[0]}
    file = tmp_path / "secret"
    file.write_text(secret[kind])
    done = piped(chat_server, "hello\n", "--name", "Alex", f"--{kind}-file", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert "You: hello\n" in done.stdout
    assert "Password" not in done.stdout


def test_asks_for_another_name_once_it_is_banned(
    window: Callable[..., Window], chat_server: Any
) -> None:
    """It comes back once to hear so, and what was half typed is no name."""
    owned(chat_server, "Boss")
    sam = window(chat_server, "--name", "Sam")
    sam.shows("You:")
    sam.types("half")
    sam.shows("You: half")
    assert "is banned" in piped(chat_server, f"1\nBoss\n{SECRET}\n/ban * sam 1h rude\n").stdout
    sam.shows("Enter your username:")
    assert sam.text.count("Connected to server.") == 2
    # In the last hour of a day the date makes it more than a line of the terminal.
    told = "".join(sam.lines)
    assert "-> You are banned from this server until " in told
    assert ": rudeEnter your username:" in told
    sam.types("\x03")
    assert sam.ends() == 0


def test_says_that_there_is_no_server(start_server: Callable[..., Any]) -> None:
    server = start_server("--listen", "tcp:0:interface=127.0.0.1")
    server.stop()
    done = piped(server, "1\nAlex\n", "--no-retry")
    assert done.stdout == (
        f"Cannot reach the server at {server.endpoint}: Connection was refused by other side.\n"
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_says_what_is_wrong_with_an_endpoint() -> None:
    done = subprocess.run(
        [*CLIENT, "--connect", "nowhere"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("twisted-chat: --connect nowhere: ")
    assert done.stderr.count("\n") == 1


def test_stops_when_nobody_reads_its_output(chat_server: Any) -> None:
    client = subprocess.Popen(
        [*CLIENT, "--connect", chat_server.endpoint, "--name", "Alex"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert client.stdin is not None
    assert client.stdout is not None
    assert client.stdout.readline() == b"Connected to server.\n"
    client.stdout.close()
    assert piped(chat_server, "hello\n", "--name", "Sam").returncode == 0
    assert client.wait(PATIENCE_SECONDS) == 0
    client.stdin.close()


BROKEN = """
import sys
from twisted_chat.client import conversation, main
conversation.Conversation.typed = lambda *_: 1 / 0
main.main(sys.argv[1:])
"""


@pytest.mark.parametrize("options", [[], ["--plain"]])
def test_restores_the_terminal_after_a_fault(chat_server: Any, options: list[str]) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    client = subprocess.Popen(
        [sys.executable, "-c", BROKEN, "--connect", chat_server.endpoint, *options],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm"},
        text=True,
    )
    terminal = fdspawn(ours, timeout=PATIENCE_SECONDS)
    terminal.expect_exact("choice:")
    terminal.send("1\n")
    _, complaint = client.communicate(timeout=PATIENCE_SECONDS)
    assert client.returncode == 1
    assert complaint.endswith("ZeroDivisionError: division by zero\n")
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("names", [[], ["chat.example.org"], ["localhost"]])
def test_talks_to_no_server_whose_name_is_not_its_own(
    start_server: Callable[..., Any], tmp_path: Path, names: list[str]
) -> None:
    """Nothing reaches one whose certificate is made out to nobody, or to somebody else."""
    pem = tmp_path / "server.pem"
    pem.write_bytes(self_signed(*names))
    server = start_server("--listen", f"ssl:0:interface=127.0.0.1:privateKey={pem}")
    done = subprocess.run(
        [*CLIENT, "--connect", f"tls:localhost:{server.port}", "--name", "Alex", "--no-retry"],
        input="hi\n",
        env={**os.environ, "SSL_CERT_FILE": str(pem)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    server.stop()
    right = names == ["localhost"]
    assert done.returncode == (0 if right else 1)
    assert ("certificate" in done.stdout) is not right
    assert done.stderr == ""
    assert any("User Alex has joined" in line for line in server.log) is right
