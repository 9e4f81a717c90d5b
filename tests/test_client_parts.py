"""The small parts of the stdio client: lines, cutting, colours, completion, options."""

import re
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogLevel
from twisted.python import usage

from twisted_chat import __version__
from twisted_chat.client.bounds import CANDIDATES, KNOWN, TYPED_BYTES
from twisted_chat.client.cutting import Cutter
from twisted_chat.client.known import Known, Newest
from twisted_chat.client.line import Line, lines_of
from twisted_chat.client.main import FaultObserver, main, restored, wants_terminal
from twisted_chat.client.options import Options, endpoint_of
from twisted_chat.client.paint import OWN, colour_of, painted


@given(st.text(), st.text())
def test_no_line_holds_what_moves_a_cursor(text: str, who: str) -> None:
    line = Line(text, who=who, me=who)
    kinds = {category(char) for char in line.text + line.who + line.me if char != "\t"}
    assert not kinds & {"Cc", "Cs", "Co", "Zl", "Zp"}


@given(st.text(st.characters(codec="utf-8")))
def test_paints_every_character_once(text: str) -> None:
    line = Line(text, who=text[1:3], me=text[4:6])
    assert "".join(part for _, part in painted(line)) == line.text


def test_paints_the_reader_as_often_as_a_line_can_name_them() -> None:
    """Somebody with a short name is in it two thousand times."""
    parts = painted(Line("Sam: " + "A " * 2000, who="Sam", me="A"))
    assert parts.count((OWN, "A")) == 2000


def test_paints_who_speaks_and_the_reader() -> None:
    line = Line("[#dev] Sam: Alex, al and alex", who="Sam", me="alex")
    assert painted(line) == [
        ("", "[#dev] "),
        (colour_of("Sam"), "Sam"),
        ("", ": "),
        (OWN, "Alex"),
        ("", ", al and "),
        (OWN, "alex"),
    ]


def test_makes_no_lines_of_nothing() -> None:
    assert lines_of("") == []
    assert lines_of("a\nb") == [Line("a"), Line("b")]


@given(st.lists(st.binary(max_size=20), max_size=10))
def test_cuts_lines_wherever_the_bytes_are_split(chunks: list[bytes]) -> None:
    cutter = Cutter()
    lines = [line for chunk in chunks for line in cutter.feed(chunk)] + list(cutter.finish())
    whole = b"".join(chunks).decode(errors="replace").split("\n")
    if not whole[-1]:
        whole.pop()
    assert lines == [line.removesuffix("\r") for line in whole]


def test_keeps_only_the_beginning_of_a_line_without_an_end() -> None:
    cutter = Cutter()
    for _ in range(10):
        assert list(cutter.feed(b"x" * TYPED_BYTES)) == []
    assert list(cutter.feed(b"\nnext\n")) == ["x" * TYPED_BYTES, "next"]


def test_forgets_the_oldest() -> None:
    newest = Newest()
    newest.add(["first", "second"])
    newest.add(["first"])
    newest.add(str(number) for number in range(KNOWN - 1))
    newest.drop("never there")
    assert newest.beginning("f") == ["first"]
    assert newest.beginning("s") == []


@pytest.fixture
def known() -> Known:
    known = Known()
    known.names.add(["Sam", "Samantha", "Kim"])
    known.rooms.add(["#dev", "#devops", "#lobby"])
    return known


@pytest.mark.parametrize(
    ("before", "after", "candidates"),
    [
        ("", "", ["Kim:", "Sam:", "Samantha:"]),
        ("k", "Kim: ", []),
        ("hi k", "hi Kim ", []),
        ("hi s", "hi Sam", ["Sam", "Samantha"]),
        ("hi sa", "hi Sam", ["Sam", "Samantha"]),
        ("/j", "/join ", []),
        ("/join #d", "/join #dev", ["#dev", "#devops"]),
        ("#l", "#lobby ", []),
        ("hi x", "hi x", []),
        ("/who", "/who", ["/who", "/whois"]),
    ],
)
def test_completes(known: Known, before: str, after: str, candidates: list[str]) -> None:
    assert known.complete(before) == (after, candidates)


def test_shows_no_more_candidates_than_one_can_read(known: Known) -> None:
    known.names.add(f"user{number}" for number in range(CANDIDATES * 2))
    before, candidates = known.complete("hi u")
    assert before == "hi user"
    assert len(candidates) == CANDIDATES


def test_completes_nothing_where_case_differs_too_early(known: Known) -> None:
    known.names.add(["bob", "Bo"])
    assert known.complete("hi b") == ("hi b", ["Bo", "bob"])


@pytest.mark.parametrize("endpoint", ["tcp:127.0.0.1:1", "tls:localhost:6697"])
def test_takes_client_endpoints(endpoint: str) -> None:
    assert endpoint_of(MemoryReactorClock(), endpoint) is not None


@pytest.mark.parametrize("endpoint", ["", "nonsense", "tcp:", "tcp:host:port", "tls:host", "a:b"])
def test_refuses_what_is_no_endpoint_in_one_line(endpoint: str) -> None:
    with pytest.raises(usage.UsageError) as why:
        endpoint_of(MemoryReactorClock(), endpoint)
    assert "\n" not in str(why.value)


def test_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert (stop.value.code, capsys.readouterr().out) == (0, f"twisted-chat {__version__}\n")


def test_exits_with_2_for_a_wrong_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--nonsense"])
    assert stop.value.code == 2
    assert capsys.readouterr().err == "twisted-chat: option --nonsense not recognized\n"


def test_wants_a_terminal_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda fd: True)
    options = Options()
    options.parseOptions([])
    assert wants_terminal(options, {"TERM": "xterm"})
    assert not wants_terminal(options, {"TERM": "dumb"})
    assert not wants_terminal(options, {})
    options.parseOptions(["--plain"])
    assert not wants_terminal(options, {"TERM": "xterm"})
    monkeypatch.setattr("os.isatty", lambda fd: fd == 0)
    assert not wants_terminal({"plain": 0}, {"TERM": "xterm"})


def test_restores_what_can_be_restored() -> None:
    with restored([987]):
        pass


class Broken:
    """Takes the faults that a client would be told of."""

    def __init__(self) -> None:
        self.faults: list[BaseException | None] = []
        self.distrusts = 0

    def distrusted(self) -> None:
        self.distrusts += 1

    def broken(self, fault: BaseException | None) -> None:
        self.faults.append(fault)


def test_tells_the_client_of_faults_alone() -> None:
    client: Any = Broken()
    observer = FaultObserver(client)
    observer({"log_level": LogLevel.info, "log_format": "fine"})
    observer({"log_level": LogLevel.critical, "log_format": "not fine"})
    (fault,) = client.faults
    assert str(fault) == "not fine"


def test_takes_a_certificate_without_a_name_for_no_fault_of_ours() -> None:
    client: Any = Broken()
    observer = FaultObserver(client)
    observer({"log_level": LogLevel.critical, "log_namespace": "twisted.internet._sslverify"})
    assert (client.faults, client.distrusts) == ([], 1)


@pytest.mark.parametrize("kind", ["password", "token"])
@pytest.mark.parametrize("written", ["secret", "secret\n", "secret\r\nmore\n"])
def test_reads_a_secret_from_a_file(tmp_path: Path, kind: str, written: str) -> None:
    """Its first line, without the line's end."""
    file = tmp_path / "secret"
    file.write_bytes(written.encode())
    options = Options()
    options.parseOptions(["--name", "Alex", f"--{kind}-file", str(file)])
    assert options.proof.fields == {kind: "secret"}


def test_shows_no_default_for_what_is_left_out() -> None:
    """But for the server, which has one."""
    shown = Options().getUsage(500)
    assert re.findall(r"\[default: (.*?)\]", shown) == ["tcp:127.0.0.1:6789"]
    options = Options()
    options.parseOptions([])
    assert (options["name"], options["room"]) == ("", "")


def test_proves_nothing_without_a_file() -> None:
    """The server asks for what it needs."""
    options = Options()
    options.parseOptions(["--name", "Alex"])
    assert options.proof.fields == {}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--name", "Alex", "--password-file", "{missing}"], "No such file or directory"),
        (["--name", "Alex", "--token-file", "{empty}"], "its first line is empty"),
        (["--name", "Alex", "--token-file", "{binary}"], "it is not UTF-8"),
        (["--token-file", "{good}"], "--token-file is of use with --name"),
        (
            ["--name", "Alex", "--token-file", "{good}", "--password-file", "{good}"],
            "--password-file and --token-file exclude each other",
        ),
    ],
)
def test_says_what_is_wrong_with_a_secret_and_not_what_it_is(
    tmp_path: Path, arguments: list[str], why: str
) -> None:
    """In one line, that names the option."""
    contents = {"empty": b"\nsecret", "binary": b"secret\xff", "good": b"secret"}
    for name, written in contents.items():
        (tmp_path / name).write_bytes(written)
    paths = {name: str(tmp_path / name) for name in (*contents, "missing")}
    options = Options()
    with pytest.raises(usage.UsageError) as error:
        options.parseOptions([argument.format(**paths) for argument in arguments])
    assert str(error.value).endswith(why)
    assert "secret" not in str(error.value)
