"""The real server, killed while people talk; crash.py does the same as often as one likes."""

import asyncio
import os
import random
from pathlib import Path
from threading import Thread

import pytest
from crash import Report, Talker, compare, crash
from programs import Heard

KILLS = int(os.environ.get("TWISTED_CHAT_KILLS", "4"))


@pytest.mark.timeout(60 + 10 * KILLS)
@pytest.mark.parametrize("durability", ["full", "normal"])
def test_loses_nothing_when_it_is_killed(tmp_path: Path, durability: str) -> None:
    """What anybody heard, or was told is said, is on record: once, and in that order."""
    reports: list[Report] = []

    def run() -> None:
        chance = random.Random(durability)
        reports.append(asyncio.run(crash(tmp_path, KILLS, 4, durability, chance)))

    # The tests have a loop of their own in this thread.
    thread = Thread(target=run)
    thread.start()
    thread.join()
    (report,) = reports
    assert (report.missing, report.doubled, report.disordered, report.gaps) == ([], [], [], [])
    assert report.kills == KILLS
    assert min(report.said, report.acknowledged, report.received) > 0


RECORD: list[Heard] = [
    *((1, "B", "B says 1"), (2, "A", "A says 1"), (3, "B", "B says 2"), (4, "B", "B says 3")),
]
"""What is on record while A listens to B, and says something once."""


@pytest.mark.parametrize(
    ("heard", "acknowledged", "record", "wrong"),
    [
        ([1, 3, 4], 2, RECORD, ""),
        ([1, 3, 4], 3, RECORD, "missing"),
        ([1, 3, 4], 2, [one for one in RECORD if one[0] != 3], "missing"),
        ([1, 3, 4], 2, [one for one in RECORD if one[0] != 2], "missing"),
        ([1, 3, 4], 2, [*RECORD, (5, "A", "A says 1")], "doubled"),
        ([1, 3, 3, 4], 2, RECORD, "doubled"),
        ([1, 4, 3], 2, RECORD, "disordered"),
        ([1, 4], 2, RECORD, "gaps"),
    ],
)
def test_sees_what_is_wrong(
    heard: list[int], acknowledged: int, record: list[Heard], wrong: str
) -> None:
    """A message that is lost, there twice, in another place, or was never told: and which it is."""
    talker = Talker("A", Path("nowhere"))
    talker.heard = [RECORD[number - 1] for number in heard]
    talker.acknowledged = {"A-1": acknowledged}
    report = Report()
    compare([talker], record, report)
    found = {name for name in ("missing", "doubled", "disordered", "gaps") if vars(report)[name]}
    assert found == ({wrong} if wrong else set())
    assert report.clean == (not wrong)
    assert (report.acknowledged, report.received) == (1, len(heard))
