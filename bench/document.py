"""Results as one JSON file: every round, every figure, and on what it was measured."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from bench import machine
from bench.contestants import Contestant
from bench.goals import Verdict
from bench.results import Results


def document(
    results: Results,
    verdicts: Iterable[Verdict],
    contestants: Sequence[Contestant],
    left_out: Sequence[str],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """All that is known of what was run, as JSON has it.

    :param contestants: all that there are.
    :param left_out: a line for each reason why some took no part.
    :param settings: how it was asked for.
    """
    known = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(),
        "machine": machine.machine(),
        "versions": machine.versions(),
        "settings": dict(settings),
        "contestants": {one.name: one.title for one in contestants},
        "ours": [one.name for one in contestants if one.ours],
        "left_out": list(left_out),
        "scenarios": {str(number): one.title for number, one in results.scenarios.items()},
        "figures": list(results.summaries()),
        "goals": [_goal(verdict) for verdict in verdicts],
        "rounds": list(results.runs),
    }
    plain: dict[str, Any] = msgspec.to_builtins(known)
    return plain


def written(document: Mapping[str, Any]) -> bytes:
    """The same as a file."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _goal(verdict: Verdict) -> dict[str, Any]:
    goal: dict[str, Any] = msgspec.to_builtins(verdict.goal)
    return {**goal, "measured": verdict.measured, "verdict": verdict.word}
