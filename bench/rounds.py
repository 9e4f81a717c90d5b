"""Runs the scenarios, in rounds in which each contestant has its turn."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from bench.asking import asked, make_record
from bench.contestants import Contestant
from bench.load import LoadFailed, run
from bench.processes import LOAD_CORE, NotRunning
from bench.results import Run
from bench.scenarios import Case, Scenario


@dataclass(frozen=True, kw_only=True)
class Part:
    """A scenario, and who takes part in it."""

    scenario: Scenario
    contestants: Sequence[Contestant]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One load that one contestant is to bear."""

    scenario: int
    round: int
    contestant: Contestant
    case: Case

    def __str__(self) -> str:
        case = f" ({self.case.name})" if self.case.name else ""
        return f"scenario {self.scenario}, round {self.round}: {self.contestant.title}{case}"


@dataclass(frozen=True)
class Record:
    """A long record, made once, of which each server that wants one gets a copy."""

    directory: Path
    messages: int


def turns(parts: Sequence[Part], rounds: int) -> list[Turn]:
    """All of them, in order: within a scenario everybody has a turn before anybody has the next."""
    return [
        Turn(scenario=part.scenario.number, round=number, contestant=contestant, case=case)
        for part in parts
        for number in range(1, rounds + 1)
        for contestant in part.contestants
        for case in part.scenario.cases
    ]


def played(turns: Sequence[Turn], messages: int, say: Callable[[str], None]) -> Iterator[Run]:
    """What comes of each turn.

    :param messages: how many are on record, where a case wants a long one.
    :param say: is told what is done now.
    """
    with tempfile.TemporaryDirectory() as folder:
        record = Record(Path(folder, "record"), messages)
        if any(turn.case.recorded for turn in turns):
            say(f"a record of {messages:,} messages is made")
            make_record(record.directory, messages)
        for count, turn in enumerate(turns, 1):
            say(f"{count} of {len(turns)}: {turn}")
            yield _played(turn, record)


def _played(turn: Turn, record: Record) -> Run:
    nothing = Run(
        scenario=turn.scenario,
        contestant=turn.contestant.name,
        case=turn.case.name,
        round=turn.round,
        result=None,
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            return _measured(turn, record, Path(folder), nothing)
        except (NotRunning, LoadFailed) as why:
            return replace(nothing, why_not=str(why))


def _measured(turn: Turn, record: Record, folder: Path, nothing: Run) -> Run:
    """One load on one server, which is started for it and ended after it."""
    case, contestant = turn.case, turn.contestant
    if case.recorded:
        shutil.copytree(record.directory, folder / "data")
        # The server's own syncs would wait for these pages.
        os.sync()
    with contestant.start(folder) as server:
        load = replace(
            case.load,
            dialect=contestant.speaks(case.load.rooms),
            port=server.port,
            opening=contestant.opening,
            servers=(server.pid,),
        )
        with _asking(case, server.port, record.messages) as answers:
            result = run(load, cpu=LOAD_CORE)
    return replace(nothing, result=result, answers_ms=tuple(answers))


def _asking(case: Case, port: int, messages: int) -> AbstractContextManager[list[float]]:
    return asked(port, messages) if case.searching else nullcontext([])
