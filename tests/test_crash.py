"""The real server, killed while people talk; crash.py does the same as often as one likes."""

import asyncio
import os
import random
from pathlib import Path
from threading import Thread

import pytest
from crash import Report, crash

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
