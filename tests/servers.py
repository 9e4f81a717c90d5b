"""The real server in a process of its own, for the scripts that load it and break it."""

import asyncio
import os
import re
import resource
import signal
import sys
from collections import Counter, deque
from pathlib import Path
from types import TracebackType

UNSLOWED = (
    *("--limit", "messages=off", "--limit", "message_burst=off", "--limit", "lines_waiting=off"),
    *("--limit", "connections_per_address=off", "--limit", "connects_per_minute=off"),
)
"""What a trusted network has: nothing is slowed, so that all of it reaches the server."""

START_SECONDS = 30
"""How long it may take until it lets people in."""

PAGE_BYTES = resource.getpagesize()
TICKS = os.sysconf("SC_CLK_TCK")

_FAULT = re.compile(r"Traceback|Unhandled|Failed at|unable to format|Exception|Error\b", re.I)
_ABOUT = re.compile(r"(Refused connection from|Dropping) (a local socket|\S+): (?P<why>.*)")
_LINES_KEPT = 50


class Server:
    """``twistd -n chat`` on a UNIX socket and a port, on one directory, as often as it is started.

    :param runner: a command that runs another, as ``ip netns exec``.
    :param interface: the address to listen on.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        runner: tuple[str, ...] = (),
        interface: str = "127.0.0.1",
    ) -> None:
        self.path = folder / "chat.sock"
        self.port = 0
        self.faults: list[str] = []
        """Lines of its log that tell of a fault."""
        self.reasons: Counter[str] = Counter()
        """Why it turned away or dropped how many."""
        self.logged = 0
        self.code: int | None = None
        """With what it ended last."""
        self._folder = folder
        self._options = options
        self._runner = runner
        self._interface = interface
        self._last: deque[str] = deque(maxlen=_LINES_KEPT)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it, and wait until it lets people in."""
        twistd = Path(sys.executable).with_name("twistd")
        self.path.unlink(missing_ok=True)
        port = f"tcp:{self.port}:interface={self._interface}"
        self._process = await asyncio.create_subprocess_exec(
            *(*self._runner, str(twistd), "-n", "--pidfile=", "chat", "--quiet", "--no-web"),
            *("--listen", f"unix:{self.path}", "--listen", port),
            *("--data", str(self._folder / "data"), *self._options),
            cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        await asyncio.wait_for(self._until_it_runs(), START_SECONDS)
        assert self._process.stdout is not None
        self._drain = asyncio.create_task(self.follow(self._process.stdout))

    async def __aenter__(self) -> "Server":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        why: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.end(signal.SIGTERM if kind is None else signal.SIGKILL)

    async def pause(self, seconds: float) -> None:
        """Have it stand still."""
        os.kill(self.pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.kill(self.pid, signal.SIGCONT)

    async def end(self, number: signal.Signals) -> None:
        """Kill it, or ask it to end."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        self.code = await self._process.wait()
        await self._drain

    def memory(self) -> int:
        """How many bytes of memory are its own at the moment."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE_BYTES

    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def worked(self) -> float:
        """How many seconds of processor it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def may_open(self, descriptors: int) -> None:
        """Let it have so many descriptors from now on, whatever it has open."""
        hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (descriptors, hard))

    async def _until_it_runs(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._note(line)
            if b"Server is running..." in line:
                return
        raise RuntimeError("\n".join(self._last))

    async def follow(self, log: asyncio.StreamReader) -> None:
        """Read what it logs, to the end."""
        async for line in log:
            self._note(line)

    def _note(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\n")
        self.logged += 1
        self._last.append(text)
        if _FAULT.search(text) and len(self.faults) < _LINES_KEPT:
            self.faults.append(text)
        if found := re.search(r"Enter with: nc [^-\s]\S* (\d+)$", text):
            self.port = int(found[1])
        if found := _ABOUT.search(text):
            self.reasons[found["why"]] += 1


def few_descriptors(count: int) -> tuple[str, ...]:
    """A runner that lets a command have so many descriptors and no more."""
    return ("sh", "-c", f'ulimit -n {count} && exec "$@"', "sh")


def room_for(descriptors: int) -> int:
    """Let this process have as many descriptors as it may, up to so many; how many those are."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = descriptors if hard == resource.RLIM_INFINITY else min(descriptors, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
