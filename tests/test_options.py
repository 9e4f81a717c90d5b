"""The options of ``twistd chat``: what they mean, and what is said of a wrong one."""

import os
import re
import sys
from importlib.machinery import ModuleSpec
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType

import pytest

from twisted_chat.limits import MOTD_BYTES, MOTD_LINES, OFF, Limits
from twisted_chat.options import ChatOptions

README = Path(__file__).parent.parent / "README.md"
OPERATIONS = README.parent / "docs" / "operations.md"


def options(*words: str) -> ChatOptions:
    """The options as parsed from a command line."""
    parsed = ChatOptions()
    parsed.parseOptions(list(words))
    return parsed


def wrong(*words: str) -> str:
    """What is said of options that cannot be."""
    with pytest.raises(SystemExit) as ended:
        options(*words)
    return str(ended.value)


def test_needs_no_options() -> None:
    """Without options it listens on this machine, under its own name, with every limit."""
    parsed = options()
    assert parsed.endpoints == ["tcp:6789:interface=127.0.0.1"]
    assert (parsed.about.name, str(parsed.about.lobby)) == ("twisted_chat", "#lobby")
    assert parsed.limits == Limits()


def test_listens_where_it_is_told_and_nowhere_else() -> None:
    """--listen may be given several times, and takes the place of the default."""
    endpoints = ["tcp:7000", "unix:/run/chat.sock"]
    assert options("--listen", endpoints[0], "--listen", endpoints[1]).endpoints == endpoints


@pytest.mark.parametrize(
    ("endpoint", "meant"),
    [
        ("tcp:9100", "tcp:9100:interface=127.0.0.1"),
        ("tcp:port=9100", "tcp:port=9100:interface=127.0.0.1"),
        ("tcp6:9100", r"tcp6:9100:interface=\:\:1"),
        ("haproxy:tcp:9100", "haproxy:tcp:9100:interface=127.0.0.1"),
        ("tcp:9100:interface=0.0.0.0", "tcp:9100:interface=0.0.0.0"),
        ("tcp:9100:interface=", "tcp:9100:interface="),
        ("unix:/run/chat-metrics.sock:mode=600", "unix:/run/chat-metrics.sock:mode=600"),
    ],
)
def test_shows_figures_to_this_machine_unless_it_is_told(endpoint: str, meant: str) -> None:
    """Who wants to show them to others says so, as with everything else that listens."""
    assert options("--metrics", endpoint).metrics == meant


def test_shows_no_figures_unless_it_is_told() -> None:
    """And takes no time for what shows them."""
    assert options().metrics is None


def test_takes_limits_from_numbers_and_off() -> None:
    """--limit sets one, and lifts another."""
    limits = options("--limit", "rooms=7", "--limit", "messages=off").limits
    assert (limits.rooms, limits.messages) == (7, OFF)


def test_takes_name_lobby_and_quiet() -> None:
    """What the operator calls things is what About says."""
    about = options("--name", "Lab chat", "--room", "café", "--quiet").about
    assert (about.name, str(about.lobby), about.quiet) == ("Lab chat", "#café", True)


def test_refuses_a_way_to_know_passwords_that_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would get in by it, and nobody knew why."""
    monkeypatch.setitem(sys.modules, "spwd", ModuleType("spwd"))
    sys.modules["spwd"].__spec__ = ModuleSpec("spwd", None)
    assert len(options("--auth", "unix").checkers) == 1
    monkeypatch.setitem(sys.modules, "spwd", None)
    assert wrong("--auth", "unix") == (
        "twistd chat: --auth unix reads the shadow file with Python's spwd, which went with "
        "Python 3.13: take a plugin for PAM. See twistd chat --help."
    )
    assert len(options("--auth", "memory:alex:secret-word").checkers) == 1


def test_takes_a_file_that_knows_passwords(tmp_path: Path) -> None:
    """One that can be read."""
    path = tmp_path / "passwd"
    path.write_text("alex:secret-word\n")
    assert len(options("--auth", f"file:{path}").checkers) == 1


def test_shows_its_help_without_holes() -> None:
    """A sentence that goes on in another line of the code is one sentence."""
    described, _, _ = options().getUsage(500).partition("Limits, with their defaults")
    texts = [line.split("  ")[-1] for line in described.splitlines()]
    assert "The account that administers the server. [default: the first that is registered" in (
        " ".join(texts)
    )
    assert "the end of the process. [default: full]" in " ".join(texts)


def test_trusts_networks() -> None:
    """--trust may be given several times."""
    networks = ["10.0.0.0/8", "fd00::/8"]
    assert options("--trust", networks[0], "--trust", networks[1]).trusted == [
        ip_network(network) for network in networks
    ]


def test_makes_the_message_of_the_day_safe(tmp_path: Path) -> None:
    """Its lines stay lines, and nothing in them reaches a terminal but text."""
    path = tmp_path / "motd"
    path.write_bytes(b"Welcome!\r\n\x1b[31mred\xff\n\n")
    assert options("--motd", str(path)).about.motd == "Welcome!\n\ufffd[31mred\ufffd"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * MOTD_BYTES, True),
        ("x" * (MOTD_BYTES + 1), False),
        ("x\n" * MOTD_LINES, True),
        ("x\n" * (MOTD_LINES + 1), False),
    ],
)
def test_bounds_the_message_of_the_day(tmp_path: Path, text: str, fits: bool) -> None:
    """One that is longer than it may be is refused, and not cut."""
    path = tmp_path / "motd"
    path.write_text(text)
    if fits:
        assert options("--motd", str(path)).about.motd == text.strip()
    else:
        assert "at most. See twistd chat --help." in wrong("--motd", str(path))


def test_takes_limits_from_a_file(tmp_path: Path) -> None:
    """Those of the command line win, wherever they stand."""
    path = tmp_path / "limits"
    path.write_text("rooms = 7\nlogins = 3\n")
    for words in (["--limits", str(path), "--limit", "rooms=8"], ["--limit", "rooms=8"]):
        given = [*words, *([] if "--limits" in words else ["--limits", str(path)])]
        assert options(*given).limits == Limits(rooms=8, logins=3)


def test_finds_its_files_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """twistd may go to another directory, before they are read again."""
    monkeypatch.chdir(tmp_path)
    Path("motd").write_text("Be kind.")
    Path("limits").write_text("rooms = 7")
    files = options("--motd", "motd", "--limits", "limits").files
    monkeypatch.chdir("/")
    assert (files.read_motd(), files.read_limits().rooms) == ("Be kind.", 7)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--limit", "rooms"], "rooms takes a number above 0, or off, and not ''"),
        (["--limit", "rooms=-1"], "rooms takes a number above 0, or off, and not '-1'"),
        (["--limit", "rooms=\u0663"], "rooms takes a number above 0, or off, and not '\u0663'"),
        (["--limit", "doors=1"], "there is no limit 'doors'"),
        (["--limits", "/nowhere/limits"], "cannot read '/nowhere/limits': No such file"),
        (["--log-format", "xml"], "--log-format is text or json, and not 'xml'"),
        (["--trust", "everyone"], "'everyone' does not appear to be an IPv4 or IPv6 network"),
        (["--room", "two words"], "A name is one word"),
        (["--name", " "], "--name takes 1 to 64 characters"),
        (["--name", "x" * 65], "--name takes 1 to 64 characters"),
        (["--listen", ""], "cannot listen on ''"),
        (["--listen", "tcp:port"], "cannot listen on 'tcp:port'"),
        (["--metrics", ""], "cannot listen on ''"),
        (["--metrics", "9100"], "cannot listen on '9100'"),
        (["--metrics", "tcp:port"], "cannot listen on 'tcp:port:interface=127.0.0.1'"),
        (["--metrics", "tcp:9100:0.0.0.0"], "cannot listen on 'tcp:9100:0.0.0.0:interface="),
        (["--auth", "file:/nowhere/chat.passwd"], "'/nowhere/chat.passwd': No such file"),
        (["--auth", "file:/"], "cannot read '/': Is a directory"),
        (["--admin", "root"], "--admin 'root': The name root is reserved"),
        (["--admin", "4dmin"], "--admin '4dmin': The name 4dmin is reserved"),
        (["lobby"], "Wrong number of arguments"),
    ],
)
def test_says_what_is_wrong(words: list[str], said: str) -> None:
    """Each wrong option is one line that says so."""
    line = wrong(*words)
    assert said in line
    assert line.startswith("twistd chat: ")
    assert "\n" not in line


def endpoints() -> list[str]:
    """The endpoints that the docs show, of the kinds that need no file to be there."""
    table = OPERATIONS.read_text().partition("| for | endpoint |")[2].partition("\n\n")[0]
    shown = re.findall(r"`([^`]+)`", table)
    assert len(shown) >= 6
    return [one for one in shown if not one.startswith(("ssl:", "systemd:"))]


@pytest.mark.parametrize("endpoint", endpoints())
def test_understands_the_endpoints_of_the_docs(endpoint: str) -> None:
    """Each can be given to --listen as it stands."""
    assert options("--listen", endpoint).endpoints == [endpoint]


def test_readme_tells_of_every_limit() -> None:
    """The table of limits is that of the code; with UPDATE_DOCS=1 it is written anew."""
    rows = [f"| `{name}` | {default:,} | {why} |\n" for name, default, why in Limits.described()]
    table = "".join(["| limit | default | bounds |\n", "|---|---|---|\n", *rows])
    pattern = re.compile(r"(?<=<!-- limits -->\n).*?(?=<!-- /limits -->)", re.DOTALL)
    if os.environ.get("UPDATE_DOCS"):
        README.write_text(pattern.sub(lambda _: table, README.read_text()))
    found = pattern.search(README.read_text())
    assert found is not None
    assert table == found[0]
