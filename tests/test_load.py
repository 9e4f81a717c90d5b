"""The scripts that load the real server, each in its shortest form; and what they would find.

Times are not judged here: other tests have the machine, too.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from floods import FLOODS
from programs import Heard
from servers import Server
from soak import LONG_SECONDS, Stay, check_memory, compare
from verdicts import NOTICED_MS, Verdict, growth, options, quantile, slope

PATIENCE_SECONDS = 100


def figures_of(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script that finds nothing wrong; what it measured."""
    path = Path(__file__).with_name(script)
    finished = subprocess.run(
        [sys.executable, str(path), "--latency-ms", "9999", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (finished.stderr, finished.returncode) == ("", 0), finished.stdout
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[0])
    return found


@pytest.mark.timeout(PATIENCE_SECONDS + 20)
def test_lasts_while_people_come_and_go() -> None:
    """Nothing is lost, doubled or left behind, whichever way people go."""
    found = figures_of("soak.py", "--minutes", "0.05", "--seed", "7")
    assert found["memory_judged"] is False
    assert min(found["acknowledged"], found["heard"], found["visits"], found["dropped"]) > 0


@pytest.mark.timeout(PATIENCE_SECONDS + 20)
def test_bears_readers_who_stall() -> None:
    """Some of them, and then all: each is dropped, and the memory bounded."""
    found = figures_of("stalled.py", "--people", "20", "--seconds", "1")
    assert (found["some"]["stalled"], found["all"]["stalled"]) == (2, 18)


@pytest.mark.timeout(PATIENCE_SECONDS + 20)
def test_bears_a_crowd_at_the_port() -> None:
    """The silent and the slow, very many, and no descriptors: refused, and it goes on by itself."""
    found = figures_of("crowding.py", "--quick", "--seconds", "0.5")
    assert set(found) == {"waiting", "knocking", "descriptors", "wrong"}


@pytest.mark.timeout(PATIENCE_SECONDS + 20)
def test_bears_floods() -> None:
    """Each of them: the pair inside loses no line, and the server goes on."""
    found = figures_of("floods.py", "--seconds", "0.3")
    floods = [one for one in found.values() if isinstance(one, dict) and "sent_kib" in one]
    assert len(floods) == len(FLOODS)
    assert min(flood["sent_kib"] for flood in floods) > 0


RECORD: dict[str, list[Heard]] = {
    "#dev": [*((1, "B", "B 1"), (2, "A", "A 1"), (4, "B", "B 2"), (5, "B", "B 3"))],
    "#tea": [(3, "B", "B tea")],
}
"""What is on record while A listens to B, and says something once."""


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        (["B 1", "B 2", "B 3"], []),
        (["B 1", "A 1", "B 2"], []),
        ([], []),
        (["B 1", "B 3"], ["A never heard 'B 2'"]),
        (["B 1", "B 2", "B 2"], ["A heard 'B 2' after 'B 2'"]),
        (["B 2", "B 1"], ["A heard 'B 1' after 'B 2'"]),
        (["B 1", "B tea"], ["A heard 'B tea', which is not on record"]),
    ],
)
def test_sees_what_is_wrong_with_a_stay(texts: list[str], wrong: list[str]) -> None:
    """A line that is missing, doubled, in another place or room, and nothing else."""
    assert compare([Stay("A", "#dev", texts)], RECORD) == wrong


def test_sees_what_is_on_record_twice() -> None:
    """Though nobody heard it."""
    twice = {"#dev": [(1, "B", "B 1"), (2, "B", "B 1")]}
    assert compare([], twice) == ["B 1 is on record 2 times"]


def test_tells_what_grows_from_what_is_flat() -> None:
    """By thirds and by a straight line."""
    assert (growth([5.0] * 9), slope([5.0] * 9)) == (0, 0)
    assert (growth([*map(float, range(9))]), slope([*map(float, range(9))])) == (6, 1)
    assert slope([3.0]) == 0
    assert [quantile([3, 1, 2], share) for share in (0, 0.5, 0.99)] == [1, 2, 3]


BEFORE_MS = 7.0
MOST_MS = BEFORE_MS + NOTICED_MS


@pytest.mark.parametrize(
    ("chosen", "p99_ms", "wrong"),
    [
        ([], MOST_MS, []),
        ([], MOST_MS + 1, [f"lines: {MOST_MS + 1} ms, and {MOST_MS} ms are allowed"]),
        (["--latency-ms", "90"], 90.0, []),
        (["--latency-ms", "90"], 91.0, ["lines: 91.0 ms, and 90.0 ms are allowed"]),
    ],
)
def test_says_what_somebody_would_notice(
    chosen: list[str], p99_ms: float, wrong: list[str]
) -> None:
    """What a line takes more than before; or more than is said."""
    parsed = options("floods.py", None).parse_args(chosen)
    verdict = Verdict(latency_ms=parsed.latency_ms)
    verdict.check_latency("lines", {"p99_ms": p99_ms}, {"p99_ms": BEFORE_MS})
    assert verdict.wrong == wrong


@pytest.mark.parametrize(("seconds", "judged"), [(LONG_SECONDS, True), (LONG_SECONDS - 1, False)])
def test_says_whether_memory_was_judged(seconds: float, judged: bool) -> None:
    """By how long it was looked at, and not by how many looks there were."""
    verdict = Verdict()
    check_memory([float(mib) for mib in range(LONG_SECONDS - 10)], seconds, verdict)
    assert verdict.figures["memory_judged"] is judged
    assert len(verdict.wrong) == (2 if judged else 0)


@pytest.mark.parametrize(("holds", "code"), [(True, 0), (False, 1)])
def test_ends_with_what_it_found(
    holds: bool, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line of JSON, what is wrong, and an exit code."""
    verdict = Verdict({"figure": 7})
    verdict.check(holds, "it is broken")
    with pytest.raises(SystemExit) as ended:
        verdict.finish()
    lines = (
        ['{"figure": 7, "wrong": 0}'] if holds else ['{"figure": 7, "wrong": 1}', "it is broken"]
    )
    assert (ended.value.code, capsys.readouterr().out.splitlines()) == (code, lines)


@pytest.mark.parametrize(
    ("line", "faults", "reasons"),
    [
        (b"[x#info] Refused connection from 127.0.0.1:9: The server is full.\n", 0, 1),
        (b"[x#warn] Dropping a local socket: too slow\n", 0, 1),
        (b"[x#critical] Failed at telling what happened\n", 1, 0),
        (b"\tTraceback (most recent call last):\n", 1, 0),
        (b"[-] Unhandled error in Deferred:\n", 1, 0),
        (b"[x#info] New connection from 127.0.0.1:9\n", 0, 0),
    ],
)
def test_reads_the_log(
    tmp_path: Path, line: bytes, faults: int, reasons: int, read: Callable[[Server, bytes], None]
) -> None:
    """Faults, and whom it turned away or dropped."""
    server = Server(tmp_path)
    read(server, line)
    assert (len(server.faults), server.reasons.total()) == (faults, reasons)


@pytest.fixture
def read() -> Callable[[Server, bytes], None]:
    """Has a server's log read that says this."""

    def follow(server: Server, said: bytes) -> None:
        async def do() -> None:
            log = asyncio.StreamReader()
            log.feed_data(said)
            log.feed_eof()
            await server.follow(log)

        coroutine = do()
        with pytest.raises(StopIteration):
            coroutine.send(None)

    return follow
