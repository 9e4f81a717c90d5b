"""The real server, in a process of its own, with the real nc and telnet."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from certificates import self_signed
from conftest import PATIENCE_SECONDS, TWISTD, ChatServer, tool

TWIST = (str(Path(sys.executable).with_name("twist")), "--log-format=text")
StartServer = Callable[..., ChatServer]


def nc(server: ChatServer, typed: str) -> str:
    """What a person on nc sees who types this and no more."""
    finished = subprocess.run(
        [tool("nc"), "-N", "127.0.0.1", str(server.port)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    return finished.stdout


def on_terminal(command: str, *arguments: str) -> pexpect.spawn:
    """A program on a terminal of its own, as a person has it."""
    return pexpect.spawn(
        tool(command), list(arguments), timeout=PATIENCE_SECONDS, encoding="utf-8", echo=False
    )


def said_in_log(server: ChatServer) -> list[str]:
    """The log without its times, and without the ports of clients."""
    lines = [line.partition("] ")[2] for line in server.log if "twisted_chat" in line]
    return [re.sub(r"(?<=127\.0\.0\.1:)\d+", "PORT", line) for line in lines]


def test_serves_nc(chat_server: ChatServer) -> None:
    """Somebody on nc enters, looks around, and leaves with q."""
    assert nc(chat_server, "Alex\n/whois alex\nq\n") == (
        "Welcome to twisted_chat.\n"
        "Enter your username:\n"
        "-> You are Alex, in #lobby. Nobody else is here yet.\n"
        "-> Say something and press Enter. /help tells more, q leaves.\n"
        "-> Alex: in #lobby, here for 0 seconds.\n"
        "Leaving the chat...\n"
    )


def test_answers_before_end_of_input_is_goodbye(chat_server: ChatServer) -> None:
    """What a pipe asks for it gets, though its input has ended already."""
    assert nc(chat_server, "Alex\n/uptime\n").splitlines()[-2:] == [
        "-> Up for 0 seconds. 1 person in 1 room.",
        "Leaving the chat...",
    ]


@pytest.mark.parametrize("leave", ["q\r", "\x03", "\x04"])
def test_serves_telnet(chat_server: ChatServer, leave: str) -> None:
    """Somebody on telnet talks with somebody on nc; q, Ctrl-C and Ctrl-D leave."""
    sam = on_terminal("nc", "127.0.0.1", str(chat_server.port))
    sam.expect_exact("Enter your username:")
    sam.sendline("Sam")
    sam.expect_exact("You are Sam")
    alex = on_terminal("telnet", "127.0.0.1", str(chat_server.port))
    alex.expect_exact("Enter your username:")
    alex.send("Alex\r")
    alex.expect_exact("You are Alex, in #lobby with Sam.")
    sam.expect_exact(" * Alex joined.")
    alex.send("Grüße, 世界\r")
    sam.expect_exact("Alex: Grüße, 世界\r\n")
    sam.sendline("hello Alex")
    alex.expect_exact("Sam: hello Alex")
    alex.send(leave)
    alex.expect_exact("Leaving the chat...")
    alex.expect(pexpect.EOF)
    sam.expect(r" \* Alex left\. \(After \d+ seconds?\)\r\n")
    sam.close()
    alex.close()


def test_logs_in_the_words_that_operators_know(chat_server: ChatServer) -> None:
    """The log tells who came, what they said, and that they left; nothing private."""
    nc(chat_server, "Alex\nHello everyone!\n/msg Alex secret\nq\n")
    chat_server.stop()
    assert said_in_log(chat_server) == [
        "Enter with: nc 127.0.0.1 PORT".replace("PORT", str(chat_server.port)),
        "Server is running...",
        "New connection from 127.0.0.1:PORT",
        "User Alex has joined the chat.",
        "Received message from Alex: Hello everyone!",
        "Received message from Alex: q",
        "Removing user: Alex from clients",
    ]


def test_keeps_what_is_said_out_of_a_quiet_log(start_server: StartServer) -> None:
    """--quiet leaves out what people say, and nothing else."""
    server = start_server("--listen", "tcp:0:interface=127.0.0.1", "--quiet")
    nc(server, "Alex\nHello everyone!\nq\n")
    server.stop()
    assert said_in_log(server)[2:] == [
        "New connection from 127.0.0.1:PORT",
        "User Alex has joined the chat.",
        "Removing user: Alex from clients",
    ]


@pytest.mark.parametrize(("trusted", "let"), [("127.0.0.0/8", 2), ("192.0.2.0/24", 1)])
def test_lets_a_trusted_network_register_at_once(
    start_server: StartServer, trusted: str, let: int
) -> None:
    """--trust exempts an address from the bound of --limit logins."""
    listen = ("--listen", "tcp:0:interface=127.0.0.1")
    server = start_server(*listen, "--trust", trusted, "--limit", "logins=1")
    told = [nc(server, f"{name}\n/register correct-horse-battery\n") for name in ("Alex", "Sam")]
    assert ["Too many tries." in each for each in told].count(False) == let


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("runner", [(TWISTD, "-n"), TWIST])
def test_says_goodbye_when_it_is_ended(
    start_server: StartServer, number: signal.Signals, runner: tuple[str, ...]
) -> None:
    """A signal ends it with a word to everyone and exit code 0, under twistd and twist."""
    server = start_server("--listen", "tcp:0:interface=127.0.0.1", runner=runner)
    alex = on_terminal("nc", "127.0.0.1", str(server.port))
    alex.expect_exact("Enter your username:")
    alex.sendline("Alex")
    alex.expect_exact("You are Alex")
    assert server.stop(number) == 0
    alex.expect_exact("The server is shutting down. Goodbye!\r\n")
    alex.close()


def test_is_ended_once_however_many_signals_come(start_server: StartServer) -> None:
    """Somebody impatient gets no traceback; one who does not shake hands holds it up a while."""
    pem = Path(start_server().folder, "server.pem")
    pem.write_bytes(self_signed())
    server = start_server("--listen", f"ssl:0:interface=127.0.0.1:privateKey={pem}")
    with socket.create_connection(("127.0.0.1", server.port)):
        while not any("New connection" in line for line in list(server.log)):
            assert server.process.poll() is None
        server.process.send_signal(signal.SIGTERM)
        while not any("Port" in line and "Closed" in line for line in list(server.log)):
            assert server.process.poll() is None
        server.process.send_signal(signal.SIGTERM)
        assert server.stop(signal.SIGINT) == 0
    assert not any("Traceback" in line for line in server.log)


def test_serves_tls(start_server: StartServer) -> None:
    """openssl comes in as the server says on starting."""
    pem = Path(start_server().folder, "server.pem")
    pem.write_bytes(self_signed())
    server = start_server("--listen", f"ssl:0:interface=127.0.0.1:privateKey={pem}")
    program, *arguments = server.way_in.split()
    alex = on_terminal(program, *arguments)
    alex.expect_exact("Enter your username:")
    alex.sendline("Alex")
    alex.expect_exact("You are Alex")
    alex.sendline("q")
    alex.expect_exact("Leaving the chat...")
    alex.expect(pexpect.EOF)
    alex.close()


def test_listens_with_no_options_on_loopback_only() -> None:
    """The default endpoint is this machine's own, on the port that the README names."""
    from twisted_chat.options import ChatOptions

    options = ChatOptions()
    options.parseOptions([])
    assert options.endpoints == ["tcp:6789:interface=127.0.0.1"]


def test_listens_on_several_endpoints(start_server: StartServer, tmp_path: Path) -> None:
    """TCP and a UNIX socket lead into the same room."""
    path = tmp_path / "chat.sock"
    server = start_server("--listen", f"unix:{path}", "--listen", "tcp:0:interface=127.0.0.1")
    assert f"Enter with: nc -U {path}" in said_in_log(server)
    with socket.socket(socket.AF_UNIX) as local:
        local.settimeout(PATIENCE_SECONDS)
        local.connect(str(path))
        local.sendall(b"Alex\n")
        heard = local.makefile(encoding="utf-8")
        assert any("You are Alex" in line for line in heard)
        assert "in #lobby with Alex." in nc(server, "Sam\nq\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--limit", "foo=1"], "twistd chat: there is no limit 'foo'. See twistd chat --help."),
        (
            ["--motd", "/does/not/exist"],
            "twistd chat: cannot read '/does/not/exist': No such file or directory."
            " See twistd chat --help.",
        ),
        (
            ["--auth", "file:/does/not/exist"],
            "twistd chat: cannot read '/does/not/exist': No such file or directory."
            " See twistd chat --help.",
        ),
        (
            ["--frobnicate"],
            "twistd chat: option --frobnicate not recognized. See twistd chat --help.",
        ),
        (
            ["--listen", "nonsense:1"],
            "twistd chat: cannot listen on 'nonsense:1': Unknown endpoint type: 'nonsense'."
            " See twistd chat --help.",
        ),
    ],
)
def test_says_what_is_wrong_with_an_option(tmp_path: Path, options: list[str], said: str) -> None:
    """A wrong option is one line on standard error, and an exit code."""
    finished = subprocess.run(
        [TWISTD, "-n", "chat", "--no-web", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (finished.returncode, finished.stderr.splitlines()) == (1, [said])


@pytest.mark.parametrize("runner", [(TWISTD, "-n"), TWIST])
def test_says_that_a_port_is_busy(
    chat_server: ChatServer, tmp_path: Path, runner: tuple[str, ...]
) -> None:
    """A port that another has is one line on standard error, an exit code, and no litter."""
    endpoint = f"tcp:{chat_server.port}:interface=127.0.0.1"
    finished = subprocess.run(
        [*runner, "chat", "--no-web", "--listen", endpoint, "--data", str(tmp_path / "data")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert finished.returncode == 1
    assert "Traceback" not in finished.stdout + finished.stderr
    assert (
        f"twistd chat: cannot listen: Address already in use: {endpoint}"
        in finished.stderr.splitlines()
    )
    assert list(tmp_path.glob("*.pid")) == []


def test_help_lists_every_option_and_limit(tmp_path: Path) -> None:
    """--help tells of every option, and of every limit with its default."""
    finished = subprocess.run(
        [TWISTD, "chat", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    for option in ("listen", "limit", "motd", "name", "quiet", "room", "trust"):
        assert f"--{option}" in finished.stdout
    assert re.search(r"line_bytes +4096 ", finished.stdout)
