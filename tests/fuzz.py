"""Feed every parser of the program with what nobody would write, led by coverage, with atheris.

    python tests/fuzz.py                          # all targets, 500,000 inputs each
    python tests/fuzz.py names heard --inputs 10000 --seconds 60

docs/contributing.md says what it needs.  It prints one line of JSON for each target: how many
inputs there were, in how many seconds, the slowest of them, and the faults, with the input of each.
Its exit code is 1 if there are any.
"""

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.logger import globalLogBeginner

INPUTS = 500_000
FAULTS_KEPT = 20
"""Faults of a target, one for each place in the program: beyond it nothing new is learnt."""

MEMORY_MIB = 1024
HANG_SECONDS = 30
"""After which one input is ended from outside, with the process that is busy with it."""

INSTRUMENTED = ["twisted_chat", "twisted.conch.telnet", "twisted.protocols.basic", "parsers"]


class Tried:
    """What came of the inputs of one target."""

    def __init__(self, name: str, take: Callable[[bytes], None], slowest: float) -> None:
        self._name = name
        self._take = take
        self._most = slowest
        self._begun = time.monotonic()
        self.inputs = 0
        self._slowest = (0.0, b"")
        self._faults: dict[str, tuple[bytes, str]] = {}

    def one(self, data: bytes) -> None:
        """Try an input."""
        self.inputs += 1
        before = time.process_time()
        try:
            self._take(data)
        except Exception as fault:
            self._keep(_place(fault), data, "".join(traceback.format_exception(fault)))
        took = time.process_time() - before
        self._slowest = max(self._slowest, (took, data))
        if took > self._most:
            self._keep("slow", data, f"{took:.1f} s")

    def _keep(self, place: str, data: bytes, what: str) -> None:
        if place not in self._faults and len(self._faults) < FAULTS_KEPT:
            self._faults[place] = (data, what)
            print(f"{self._name}: {data!r}\n{what}", file=sys.stderr, flush=True)

    def figures(self) -> dict[str, Any]:
        """All of it."""
        seconds, data = self._slowest
        return {
            "target": self._name,
            "inputs": self.inputs,
            "seconds": round(time.monotonic() - self._begun, 1),
            "slowest_ms": round(1000 * seconds, 1),
            "slowest": repr(data),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "faults": {place: repr(data) for place, (data, _) in self._faults.items()},
        }


def _place(fault: BaseException) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    return f"{type(fault).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"


def fuzz(name: str, inputs: int, seconds: float, corpus: str) -> None:
    """Try one target; libFuzzer does not come back, so the process ends here."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=INSTRUMENTED):
        from parsers import SLOWEST_SECONDS, TARGETS
    # Else the last of what is logged would be kept in memory.
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)
    target = TARGETS[name]
    tried = Tried(name, target.take, SLOWEST_SECONDS)
    deadline = time.monotonic() + seconds

    def one(data: bytes) -> None:
        tried.one(data)
        if tried.inputs >= inputs or time.monotonic() > deadline:
            print(json.dumps(tried.figures()), flush=True)
            os._exit(0)

    flags = [f"-max_len={target.most}", f"-timeout={HANG_SECONDS}", f"-rss_limit_mb={MEMORY_MIB}"]
    words = [f"-dict={corpus}/words", f"-artifact_prefix={corpus}/", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *flags, *words, f"{corpus}/seeds"], one)
    atheris.Fuzz()


def in_a_process(name: str, inputs: int, seconds: float) -> dict[str, Any]:
    """The figures of one target, tried in a process of its own."""
    from parsers import TARGETS
    from parsers.seeds import NASTY

    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder, "seeds")
        seeds.mkdir()
        for number, seed in enumerate(TARGETS[name].seeds):
            (seeds / str(number)).write_bytes(seed)
        words = ("".join(f"\\x{byte:02x}" for byte in word) for word in NASTY)
        Path(folder, "words").write_text("".join(f'"{word}"\n' for word in words))
        options = ["--inputs", str(inputs), "--seconds", str(seconds), "--corpus", folder]
        done = subprocess.run(
            [sys.executable, __file__, name, *options],
            stdout=subprocess.PIPE,
            text=True,
            timeout=seconds + 10 * HANG_SECONDS,
        )
        if done.returncode == 0:
            return dict(json.loads(done.stdout.splitlines()[-1]))
        # As libFuzzer calls them: crash-..., timeout-..., oom-...
        left = {path.name: repr(path.read_bytes()) for path in Path(folder).glob("*-*")}
        return {"target": name, "faults": left or {"ended": str(done.returncode)}}


def main() -> int:
    """Try what is asked for; 1 if there are faults."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all, if none is named")
    parser.add_argument("--inputs", type=int, default=INPUTS, help="of each target")
    parser.add_argument("--seconds", type=float, default=3600, help="for each target, at most")
    parser.add_argument("--corpus", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.corpus:
        fuzz(options.targets[0], options.inputs, options.seconds, options.corpus)
    # In the process of a target this comes later, when what is imported is instrumented.
    from parsers import TARGETS

    faults = 0
    for name in options.targets or TARGETS:
        figures = in_a_process(name, options.inputs, options.seconds)
        faults += len(figures["faults"])
        print(json.dumps(figures), flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
