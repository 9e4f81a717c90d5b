"""The bench: that it measures at all, and what it makes of what it measured."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import PATIENCE_SECONDS, tool

from bench.__main__ import main
from bench.contestants import CONTESTANTS, Contestant
from bench.document import document
from bench.goals import GOALS, ROUNDS, verdicts
from bench.load import Dialect, Latency, Memory, Result
from bench.plot import NoPlot, caption, plot
from bench.processes import (
    CAN_MEASURE,
    NotRunning,
    Server,
    accepting,
    announced,
    free_port,
)
from bench.programme import QUICK, Wish
from bench.results import Results, Run
from bench.rounds import Part, played, turns
from bench.scenarios import Span, scenarios
from bench.table import WIDTH, goals_table, shown, table, where_files_are

SCENARIOS = {one.number: one for one in scenarios(Span(5.0, 1.0), 10_000, 1_000_000)}

SMALL = {one.number: one.smaller(20) for one in scenarios(Span(0.3, 0.1), 10_000, 500)}
"""The same with few people, and over at once."""

needs_linux = pytest.mark.skipif(not CAN_MEASURE, reason="the bench needs Linux")

RESULT = Result(
    people_in=1000,
    seconds_all_in=2.0,
    seconds_all_heard=2.5,
    sent=250,
    unsent=0,
    expected=249_750,
    delivered=249_750,
    missing=0,
    doubled=0,
    disordered=0,
    stray=0,
    torn=0,
    seconds=5.0,
    received=249_750,
    deliveries_per_second=49_950.0,
    cpu_seconds=1.5,
    cpu_us_per_delivery=6.0,
    latency_ms=Latency(p50=4.0, p99=8.0, p999=10.0, max=12.0, receipts=249_750),
    late_ms=0.1,
    rss_bytes=Memory(empty=60 << 20, all_in=64 << 20, peak=80 << 20),
    own_cpu_share=0.25,
)
"""What may have come of a load."""


def run_of(scenario: int, contestant: str, number: int, case: str = "", **figures: Any) -> Run:
    """A run with figures of the test's own."""
    return Run(
        scenario=scenario,
        contestant=contestant,
        case=case,
        round=number,
        result=replace(RESULT, **figures),
    )


def paced(contestant: str, *cpu: float) -> list[Run]:
    """Runs of scenario 1, one a round, with so much processor for a delivery."""
    return [
        run_of(1, contestant, number, cpu_us_per_delivery=one) for number, one in enumerate(cpu, 1)
    ]


def in_rounds(run: Run, rounds: int = ROUNDS) -> list[Run]:
    """The same in each of so many rounds."""
    return [replace(run, round=number) for number in range(1, rounds + 1)]


def word(results: Results, goal: str) -> str:
    """What is said of a goal, which begins with that."""
    (verdict,) = (one for one in verdicts(results) if one.goal.what.startswith(goal))
    return verdict.word


@pytest.fixture
def with_cc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is compiled here is not kept with the user's own."""
    tool("cc")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


# The command.


@needs_linux
@pytest.mark.usefixtures("with_cc")
def test_measures_this_server_beside_the_floor(tmp_path: Path) -> None:
    """It prints a table, and writes it, every figure and each round, of real servers."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "bench", "--out", str(out), "--rounds", "1"]
    command += ["--scenario", "1", "--scenario", "7", "--contestant", "text"]
    command += ["--contestant", "floor", "--people", "20", "--seconds", "0.3", "--messages", "500"]
    finished = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=2 * PATIENCE_SECONDS
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert (out / "results.txt").read_text() == finished.stdout
    assert b"<svg" in (out / "results.svg").read_bytes()
    known = json.loads((out / "results.json").read_bytes())
    assert [(run["scenario"], run["contestant"], run["case"]) for run in known["rounds"]] == [
        (1, "text", ""),
        (1, "floor", ""),
        (7, "text", "nobody asks"),
        (7, "text", "10 a second"),
    ]
    for run in known["rounds"]:
        assert run["result"]["delivered"] == run["result"]["expected"] > 0
    assert [bool(run["answers_ms"]) for run in known["rounds"]] == [False, False, False, True]
    assert {one["figure"] for one in known["figures"] if one["scenario"] == 1} == {
        *("cpu_us_per_delivery", "p50_ms", "p99_ms", "p999_ms"),
    }
    # Twenty people say nothing of what is to be reached with a thousand.
    assert [goal["measured"] for goal in known["goals"]] == [None for goal in GOALS]
    assert known["machine"]["cores"] == os.cpu_count()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("--contestant", "irc"), "invalid choice: 'irc'"),
        (("--scenario", "9"), "invalid choice: 9"),
        (("--rounds", "0"), "'0' is not a whole number above 0"),
        (("--seconds", "-1"), "'-1' is not a number of seconds, up to 3600"),
        (("--seconds", "nan"), "'nan' is not a number of seconds, up to 3600"),
    ],
)
def test_says_what_is_wrong_with_an_option(
    wrong: tuple[str, str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option is one clear line, and nothing is started."""
    with pytest.raises(SystemExit):
        main(wrong)
    assert says in capsys.readouterr().err.splitlines()[-1]


# The rounds.


@needs_linux
@pytest.mark.usefixtures("with_cc")
@pytest.mark.parametrize("contestant", CONTESTANTS, ids=[one.name for one in CONTESTANTS])
def test_everybody_can_take_part(contestant: Contestant) -> None:
    """Twenty people hear all that is said: in one room, in several, and in private."""
    if (why := contestant.absent()) and os.environ.get("CI"):
        pytest.fail(why)
    if why:
        pytest.skip(why)
    parts = [
        Part(scenario=SMALL[number], contestants=[contestant])
        for number in (1, 4, 6)
        if number not in contestant.cannot
    ]
    for run in played(turns(parts, 1), 0, lambda _: None):
        assert run.result is not None, run.why_not
        assert run.faultless, run.result
        assert run.result.received > 0


def test_gives_everybody_a_turn_in_each_round() -> None:
    """In a scenario nobody has a second turn before all have had the first."""
    part = Part(scenario=SCENARIOS[5], contestants=CONTESTANTS[:2])
    order = [(turn.round, turn.contestant.name, turn.case.name) for turn in turns([part], 2)]
    assert order == [
        (number, contestant.name, case)
        for number in (1, 2)
        for contestant in CONTESTANTS[:2]
        for case in ("all read", "10 silent")
    ]


def test_goes_on_after_a_server_that_does_not_start() -> None:
    """Its turns have no figures and say why, and the others have theirs."""

    def refuse(folder: Path) -> AbstractContextManager[Server]:
        raise NotRunning("no port is free")

    broken = Contestant(name="broken", title="Broken", start=refuse, dialect=Dialect())
    part = Part(scenario=SCENARIOS[1], contestants=[broken])
    said: list[str] = []
    runs = list(played(turns([part], 2), 0, said.append))
    assert not Results([SCENARIOS[1]], runs).faultless
    assert [(run.round, run.result, run.why_not) for run in runs] == [
        (1, None, "no port is free"),
        (2, None, "no port is free"),
    ]
    assert said[0] == "1 of 2: scenario 1, round 1: Broken"


def test_a_small_scenario_has_fewer_people_and_says_so() -> None:
    """Who tries it out is not told that a thousand people were there."""
    small = SCENARIOS[4].smaller(20)
    assert [case.load.people for case in small.cases] == [20, 20]
    assert [case.load.rooms for case in small.cases] == [10, 10]
    assert small.title.endswith("(here with 20 people at most)")


def starts(way: Callable[[list[str], Path], AbstractContextManager[Server]], folder: Path) -> str:
    """Why a server does not start that says a word and ends."""
    with pytest.raises(NotRunning) as why, way(["sh", "-c", "echo no luck; exit 1"], folder):
        pass
    return str(why.value)


@needs_linux
def test_tells_the_last_words_of_a_server_that_ends(tmp_path: Path) -> None:
    """Whether it prints its port or was told it."""

    def told(command: list[str], folder: Path) -> AbstractContextManager[Server]:
        return accepting(command, folder, free_port())

    def prints(command: list[str], folder: Path) -> AbstractContextManager[Server]:
        return announced(command, folder, re.compile("port ([0-9]+)\n"))

    assert starts(told, tmp_path) == "no luck"
    assert starts(prints, tmp_path) == "no luck"


def test_says_who_takes_no_part() -> None:
    """And why, in a line for each reason."""
    wish = Wish(scenarios=(4, 6, 7), contestants=("text", "threads"))
    assert [(part.scenario.number, len(part.contestants)) for part in wish.parts()] == [
        *((4, 1), (6, 1), (7, 1)),
    ]
    assert wish.left_out() == [
        "Left out of 4, as it has one room: threads and sockets.",
        "Left out of 6, as it has no private messages: threads and sockets.",
        "Left out of 7, as it keeps no record: threads and sockets.",
    ]


def test_is_quick_with_those_of_whom_something_is_claimed() -> None:
    """And with the one that shows what the load can take; unless others are asked for."""
    assert {part.scenario.number for part in Wish(quick=True).parts()} == {1, 2, 3, 5}
    (part,) = Wish(quick=True, scenarios=(1,)).parts()
    assert [contestant.name for contestant in part.contestants] == ["text", "floor"]
    assert QUICK[2] == ("text", "batching", "inspircd", "ngircd")
    (part,) = Wish(quick=True, scenarios=(1,), contestants=("threads",)).parts()
    assert [contestant.name for contestant in part.contestants] == ["threads"]


# What is made of it.


def test_shows_a_table() -> None:
    """Medians, half of the range, and the median of the ratios within each round."""
    runs = [*paced("text", 6.0, 8.0, 7.0), *paced("floor", 5.0, 4.0, 7.0)]
    lines = table(Results([SCENARIOS[1]], runs), CONTESTANTS, ["Left out."], "ext4").splitlines()
    assert lines[0] == "1  paced: 1,000 people in one room, 50 messages a second in all (3 rounds)"
    assert lines[2].startswith("twisted_chat, text           7.00  ±14%   1.20x      4.00   ±0%")
    assert lines[3].startswith("floor: C, a send each        5.00  ±30%   1.00x      4.00   ±0%")
    assert lines[-2:] == ["The servers' files are on ext4.", "Left out."]
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize("number", SCENARIOS)
def test_no_line_is_wider_than_the_page(number: int) -> None:
    """Whatever the scenario, and however much there is to say of it."""
    scenario = SCENARIOS[number]
    runs = [
        replace(
            run_of(
                scenario.number, contestant.name, 1, case.name, missing=123_456_789, late_ms=50.2
            ),
            why_not="of something that has a long name, " * 9,
        )
        for contestant in CONTESTANTS
        for case in scenario.cases
    ]
    runs += [replace(run, round=2, result=None) for run in runs]
    lines = table(Results([scenario], runs), CONTESTANTS, [], "tmpfs").splitlines()
    assert max(map(len, lines)) <= WIDTH
    for contestant in CONTESTANTS:
        assert any(line.startswith(contestant.title) for line in lines)


def test_notes_what_was_lost_and_who_came_to_no_end() -> None:
    """A server that is fast because it loses lines is not just fast."""
    lost = run_of(2, "ngircd", 1, missing=1200, disordered=3)
    failed = replace(run_of(2, "inspircd", 1), result=None, why_not="it hung up")
    lines = table(Results([SCENARIOS[2]], [lost, failed]), CONTESTANTS, [], "").splitlines()
    assert "   ! ngIRCd (C), round 1: 1,200 missing, 3 disordered" in lines
    assert "   ! InspIRCd (C++), round 1: it hung up" in lines
    assert "   The load's share of its core: ngIRCd (C) 25%." in lines
    assert next(line for line in lines if line.startswith("InspIRCd")).split()[2:] == ["-"] * 4


def test_no_success_where_lines_were_lost() -> None:
    """Whoever lost them: the command then has the exit code of a failure."""
    assert Results([SCENARIOS[1]], paced("text", 6.0)).faultless
    lost = run_of(1, "floor", 1, missing=1)
    assert not Results([SCENARIOS[1]], [*paced("text", 6.0), lost]).faultless


def test_notes_what_the_load_sent_late() -> None:
    """By more than a millisecond, and how much at most; it is in the latency."""
    runs = [
        *(run_of(1, "text", number, late_ms=late) for number, late in enumerate((0.2, 6.01), 1)),
        run_of(1, "floor", 1, late_ms=1.0),
    ]
    text = table(Results([SCENARIOS[1]], runs), CONTESTANTS, [], "ext4")
    (line,) = (line for line in text.splitlines() if "late" in line)
    assert line.endswith("which is part of the latency: twisted_chat, text 6.01.")


@pytest.mark.parametrize(
    ("files_on", "begins"),
    [
        ("ext4", "The servers' files are on ext4."),
        ("", "The servers' files are on a file system that is not known."),
        ("tmpfs", "! THE SERVERS' FILES ARE IN MEMORY (tmpfs): a sync costs nothing there"),
        ("ramfs", "! THE SERVERS' FILES ARE IN MEMORY (ramfs): a sync costs nothing there"),
    ],
)
def test_says_loudly_that_files_are_in_memory(files_on: str, begins: str) -> None:
    """A sync that costs nothing is not taken for one of a disk."""
    assert where_files_are(files_on).startswith(begins)
    assert where_files_are(files_on)[:60] in table(Results([], []), [], [], files_on)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (6.514, "us", "6.51"),
        (9.997, "ms", "10.0"),
        (1728.4, "ms", "1728"),
        (16_712_000.0, "per second", "16.7 M"),
        (231_400.0, "per second", "231 k"),
        (999.0, "per second", "999"),
        (3200.0, "bytes", "3.1 KiB"),
        (80 << 20, "bytes", "80.0 MiB"),
        (1.154, "ratio", "1.15x"),
    ],
)
def test_shows_figures_as_people_read_them(value: float, unit: str, text: str) -> None:
    """Three digits, and a unit that keeps them few."""
    assert shown(value, unit) == text


def test_compares_with_the_floor_within_each_round() -> None:
    """A round in which everything took twice as long changes no ratio."""
    runs = [*paced("text", 6.0, 12.0, 24.0), *paced("floor", 5.0, 10.0, 20.0)]
    assert word(Results([SCENARIOS[1]], runs), "1: CPU") == "met"


@pytest.mark.parametrize(
    ("cpu", "verdict"), [(1.15, "met, and the aim"), (1.5, "met"), (1.51, "NOT met")]
)
def test_says_whether_a_goal_was_met(cpu: float, verdict: str) -> None:
    """What must be is met at the figure itself, and beyond it is not."""
    runs = [*paced("text", cpu, cpu, cpu), *paced("floor", 1.0, 1.0, 1.0)]
    results = Results([SCENARIOS[1]], runs)
    assert word(results, "1: CPU") == verdict
    assert word(results, "3: memory") == "not measured"
    assert goals_table(verdicts(results)).splitlines()[1] == (
        "1: CPU per delivery, against the C floor          <= 1.50x    <= 1.15x"
        f"         {cpu:.2f}x  {verdict}"
    )


def test_measures_no_goal_with_fewer_than_three_rounds() -> None:
    """Three in which both sides lost nothing: with two, chance decides."""
    runs = [*paced("text", 1.0, 1.0, 1.0), *paced("floor", 1.0, 1.0, 1.0)]
    assert word(Results([SCENARIOS[1]], runs), "1: CPU") == "met, and the aim"
    runs[-1] = run_of(1, "floor", 3, missing=1)
    assert word(Results([SCENARIOS[1]], runs), "1: CPU") == "not measured"
    arrived = in_rounds(run_of(3, "text", 1, people_in=10_000))
    assert word(Results([SCENARIOS[3]], arrived), "3: all are in") == "met, and the aim"
    assert word(Results([SCENARIOS[3]], arrived[:2]), "3: all are in") == "not measured"


@pytest.mark.parametrize(("ours", "verdict"), [(5e6, "met, and the aim"), (2.9e6, "NOT met")])
def test_more_deliveries_are_better(ours: float, verdict: str) -> None:
    """Where a goal is a speed, it is met from there on upwards."""
    runs = [
        *in_rounds(run_of(2, "text", 1, deliveries_per_second=ours)),
        *in_rounds(run_of(2, "inspircd", 1, deliveries_per_second=1e6)),
    ]
    assert word(Results([SCENARIOS[2]], runs), "2: deliveries a second, against Insp") == verdict


@pytest.mark.parametrize(
    ("slower", "verdict"), [(1.1, "met, and the aim"), (1.29, "met"), (1.31, "NOT met")]
)
def test_compares_the_doors_for_programs(slower: float, verdict: str) -> None:
    """What frames may cost is told by the same objects in lines, whatever people have as text."""
    runs = [
        *paced("web", slower, slower, slower),
        *paced("json", 1.0, 1.0, 1.0),
        *paced("text", 9.0, 9.0, 9.0),
        *in_rounds(run_of(2, "web", 1, deliveries_per_second=1e6)),
        *in_rounds(run_of(2, "json", 1, deliveries_per_second=slower * 1e6)),
    ]
    results = Results([SCENARIOS[1], SCENARIOS[2]], runs)
    assert word(results, "1: WebSocket") == word(results, "2: WebSocket") == verdict


def test_compares_a_case_with_another_of_the_same_server() -> None:
    """What ten silent readers cost is told by the same server without them."""
    slow = replace(RESULT.latency_ms, p99=9.0)
    runs = [
        *in_rounds(run_of(5, "text", 1, "all read")),
        *in_rounds(run_of(5, "text", 1, "10 silent", latency_ms=slow)),
        *in_rounds(run_of(5, "floor", 1, "all read", latency_ms=replace(slow, p99=1.0))),
    ]
    assert word(Results([SCENARIOS[5]], runs), "5: p99") == "met"


def test_every_goal_names_a_figure_that_there_is() -> None:
    """Of its scenario, and with a contestant that there is."""
    names = {contestant.name for contestant in CONTESTANTS}
    for goal in GOALS:
        figures = [one for one in SCENARIOS[goal.scenario].figures if one.name == goal.figure]
        assert len(figures) == 1
        assert (figures[0].against_case is not None) == (goal.against == "itself")
        assert goal.against in {"", "itself", *names}
        assert goal.of in names


def test_every_scenario_can_be_spoken_by_who_takes_part_in_it() -> None:
    """Whoever is in the scenario of private messages has such, and who has one room is not in 4."""
    for contestant in CONTESTANTS:
        assert contestant.dialect.tell or 6 in contestant.cannot
        assert "%r" in str(contestant.speaks(200).steps) or 4 in contestant.cannot


def test_tells_how_many_come_at_a_time() -> None:
    """The title of the arrivals says it of everybody who takes part in them."""
    come = {one.name: one.opening for one in CONTESTANTS if 3 not in one.cannot}
    assert come.pop("inspircd") == 2000
    assert set(come.values()) == {200}
    assert "200 at a time (InspIRCd: 2,000)" in SCENARIOS[3].title


# The picture.


def known(*runs: Run) -> dict[str, Any]:
    """The JSON file of these runs."""
    results = Results([SCENARIOS[1], SCENARIOS[2]], runs)
    return document(results, verdicts(results), CONTESTANTS, [], {"rounds": 3})


def test_draws_a_picture(tmp_path: Path) -> None:
    """With a bar, a name and a figure for each contestant, and the same each time."""
    runs = [*paced("text", 6.0), *paced("floor", 5.0), run_of(2, "ngircd", 1)]
    for name in ("one.svg", "two.svg", "three.png"):
        plot(known(*runs), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert (tmp_path / "three.png").read_bytes().startswith(b"\x89PNG")


def test_its_caption_says_what_was_measured() -> None:
    """How many people and rounds there were, whatever was asked for, and where the record was."""
    runs = in_rounds(run_of(1, "text", 1, people_in=50))
    assert caption(known(*runs)).startswith("50 people in one room,")
    assert "medians of 3 rounds, with their range." in caption(known(*runs))
    runs[2] = replace(runs[2], result=replace(RESULT, missing=1))
    cut = known(*runs, run_of(2, "ngircd", 1))
    assert caption(cut).startswith("50 to 1,000 people in one room,")
    assert "medians of 1 to 2 rounds, with their range." in caption(cut)
    assert "; one round." in caption(known(runs[0]))
    for files_on, says in (("ext4", "on disk (ext4)"), ("tmpfs", "IN MEMORY (tmpfs)")):
        assert f"message {says},\n" in caption({**cut, "machine": {"files_on": files_on}})


def test_draws_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    """And says why."""
    with pytest.raises(NoPlot, match="neither has figures"):
        plot(known(replace(run_of(1, "text", 1), result=None)), tmp_path / "none.svg")
    assert list(tmp_path.iterdir()) == []
