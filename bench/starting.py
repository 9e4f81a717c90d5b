"""How long the server takes to start: from the command to "Server is running".

    python -m bench.starting

Each time with a data directory of its own, on loopback, and with all that it has by default.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.ours import ANY_PORT, PLAIN

RUNNING = "Server is running..."


def main() -> None:
    """Start it several times, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5, help="how often it is started")
    took = [started() for _ in range(parser.parse_args().times)]
    print(f"median {median(took):.2f} s of {len(took)}: {min(took):.2f} to {max(took):.2f} s")


def started() -> float:
    """Start it and end it; the seconds until it was running."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listen = ("--listen", ANY_PORT, "--web", ANY_PORT)
        began = time.perf_counter()
        with subprocess.Popen(
            [*PLAIN, "-n", "--pidfile=", "chat", *listen, "--data", str(folder / "data")],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            runs = any(RUNNING in line for line in process.stdout)
            seconds = time.perf_counter() - began
            process.terminate()
            process.communicate()
    if not runs:
        raise RuntimeError("it did not start")
    return seconds


if __name__ == "__main__":
    main()
