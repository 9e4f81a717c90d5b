"""The log as JSON: one object a line, whatever was logged."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.logger import FileLogObserver, ILogObserver, LogEvent, Logger, LogLevel
from twisted.python.failure import Failure
from twisted.python.usage import Options
from twisted.scripts.twistd import ServerOptions  # type: ignore[attr-defined]

from twisted_chat.logformat import as_line, log_file

AT = 1_700_000_000.25


class Unshowable:
    """Fails at whatever is asked of it."""

    def __repr__(self) -> str:
        raise RuntimeError("nothing to show")

    def __format__(self, how: str) -> str:
        raise RuntimeError("no format")


def logged(format: str, level: str = "info", **fields: Any) -> dict[str, Any]:
    """What becomes of an event that is logged like this."""
    events: list[LogEvent] = []
    logger = Logger(namespace="a.place", observer=cast(ILogObserver, events.append))
    logger.emit(LogLevel.lookupByName(level), format, **fields)
    return parsed(events[0])


def parsed(event: LogEvent) -> dict[str, Any]:
    """An event's line, read by a reader that is strict."""
    line = as_line(event)
    assert line.endswith("}\n")
    assert line[:-1].isascii()
    assert line[:-1].isprintable()
    read: dict[str, Any] = json.loads(line, parse_constant=pytest.fail)
    return read


def test_says_when_how_bad_where_and_what() -> None:
    """The message as people read it, and what it is made of."""
    event = {
        "log_time": AT,
        "log_level": LogLevel.warn,
        "log_namespace": "a.place",
        "log_format": "Dropping {peer}: {why}",
        "peer": "192.0.2.1:5",
        "why": "too slow",
    }
    assert parsed(event) == {
        "ts": "2023-11-14T22:13:20.250000+00:00",
        "level": "warn",
        "namespace": "a.place",
        "message": "Dropping 192.0.2.1:5: too slow",
        "peer": "192.0.2.1:5",
        "why": "too slow",
    }


def test_keeps_what_was_said_beyond_ascii() -> None:
    """A reader of JSON gets it back, and a terminal sees nothing that it could obey."""
    said = "Grüße, 世界 \u202e\x1b[2J\x7f\x85\u2028"
    assert logged("{text}", text=said)["text"] == said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (7, 7),
        (True, True),
        (None, None),
        (0.5, 0.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**63, str(2**63)),
        (["a"], "['a']"),
        (b"\0", "b'\\x00'"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_shows_as_python_does_what_json_cannot_say(value: object, shown: object) -> None:
    """A number or a text is itself."""
    assert logged("it", what=value)["what"] == shown


def test_shows_what_cannot_be_shown() -> None:
    """What fails at being formatted is an event still."""
    line = logged("{what}", what=Unshowable())
    assert "Unshowable" in line["what"]
    assert "Unshowable" in line["message"]
    assert "list" in logged("it", what=[10**5000])["what"]


def test_has_the_traceback_beside_the_message() -> None:
    """A fault is one line, too."""
    try:
        raise ValueError("this is\nwhy")
    except ValueError:
        line = logged("Failed at {doing}", "critical", doing="a thing", log_failure=Failure())
    assert line["message"] == "Failed at a thing"
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert "ValueError: this is\nwhy" in line["traceback"]


def test_leaves_out_what_is_twisted_s_own() -> None:
    """What an older observer writes into an event for itself is in the message already."""
    event = {"log_format": "{x}", "x": 1, "message": (), "time": AT, "system": "-", "isError": 0}
    assert set(parsed(event)) == {"ts", "level", "namespace", "message", "x"}


def test_lets_no_field_take_the_place_of_its_own() -> None:
    """Whoever logs a field named like one of these would change what the line says."""
    taken = {"ts": "never", "level": "none", "namespace": "nowhere", "traceback": "of nothing"}
    line = parsed(
        {"log_time": AT, "log_format": "said", **taken, "log_failure": Failure(OSError())}
    )
    assert (line["ts"][:4], line["level"], line["namespace"]) == ("2023", None, None)
    assert "OSError" in line["traceback"]


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zl"])),
    st.binary(),
    st.lists(st.text(), max_size=2),
    st.builds(Unshowable),
    st.builds(object),
)
NAMES = st.sampled_from(
    ["who", "text", "log_time", "log_format", "log_level", "log_namespace", "log_failure", "\ud800"]
)


@settings(max_examples=400, deadline=None, database=None)
@given(st.dictionaries(NAMES, ANY))
@example({"log_time": 1e300, "log_format": "{who.__class__}", "who": ""})
@example({"log_format": 5, "log_failure": None, "who": 10**5000})
def test_writes_a_line_of_whatever_is_logged(event: LogEvent) -> None:
    """It never fails, and is never two lines."""
    assert set(parsed(event)) >= {"ts", "level", "namespace", "message"}


# Where it is written.


def runner(*words: str) -> Options:
    """The options of twistd, as it has them when it makes the service."""
    options: Options = ServerOptions()
    options.parseOptions([*words, "ftp"])
    return options


@pytest.fixture
def rotation() -> Iterator[Callable[[], Any]]:
    """Who is called at SIGUSR1; afterwards it is as before."""
    before = signal.getsignal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    yield lambda: signal.getsignal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


def at_once(do: Callable[[], object]) -> None:
    """As a reactor does soon."""
    do()


def test_goes_to_standard_output_in_the_foreground(
    capsys: pytest.CaptureFixture[str], rotation: Callable[[], Any]
) -> None:
    """As twistd's own does, and takes no signal then."""
    for words in (["-n"], ["-n", "--logfile=-"]):
        FileLogObserver(log_file(runner(*words), at_once), as_line)({"log_format": "hello"})
    said = [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()]
    assert said == ["hello", "hello"]
    assert rotation() == signal.SIG_DFL


@pytest.mark.parametrize("words", [["-n", "--logfile=a.log"], ["--logfile=a.log"], []])
def test_goes_to_a_file_that_a_signal_makes_begin_anew(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rotation: Callable[[], Any],
    words: list[str],
) -> None:
    """SIGUSR1 sets the file aside, as twistd has it."""
    monkeypatch.chdir(tmp_path)
    with closing(log_file(runner(*words), at_once)) as file:
        log = FileLogObserver(file, as_line)
        log({"log_format": "before"})
        rotation()(signal.SIGUSR1, None)
        log({"log_format": "after"})
    name = "a.log" if words else "twistd.log"
    files = [Path(tmp_path, each).read_text() for each in (f"{name}.1", name)]
    assert [json.loads(text)["message"] for text in files] == ["before", "after"]


def test_takes_no_signal_that_somebody_has(tmp_path: Path, rotation: Callable[[], Any]) -> None:
    """Whoever handles it does so still."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    with closing(log_file(runner(f"--logfile={tmp_path / 'a.log'}"), at_once)):
        assert rotation() == signal.SIG_IGN


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--syslog"], "--log-format json cannot go where --syslog or --logger does"),
        (
            ["--logger=twisted.logger.textFileLogObserver"],
            "--log-format json cannot go where --syslog or --logger does",
        ),
        (["--logfile=-"], "there is no standard output to log to in the background"),
        (["--logfile=/does/not/exist"], "cannot log to '/does/not/exist': No such file"),
    ],
)
def test_says_where_it_cannot_be_written(words: list[str], said: str) -> None:
    """In a line, before anything is begun."""
    with pytest.raises(SystemExit, match=f"^twistd chat: {said}"):
        log_file(runner(*words), at_once)


def test_leaves_twist_to_its_own_format() -> None:
    """twist asks nobody who writes its log, so that it would be left out without a word."""
    with pytest.raises(SystemExit, match="twist --log-format=json chat"):
        log_file(Options(), at_once)
