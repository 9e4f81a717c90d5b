"""Many people at once on one server, by the load generator in C (``load.c``), and what they heard.

    result = run(Load(dialect=TEXT, port=6789, people=1000, speakers=100, window=4, seconds=5))

What each line of load means is in ``load.c``; whoever has no C compiler gets a `NoCompiler`.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from bench.compiling import compiled

_NUMBERS = (
    *("people", "rooms", "opening", "spread", "bytes", "speakers", "rate", "window", "silent"),
    *("seconds", "warmup", "drain", "patience"),
)
"""The settings of a load that the generator has by the same names."""


class NoCompiler(Exception):
    """There is no ``cc`` here, and the generator is written in C."""


class LoadFailed(Exception):
    """The server refused somebody, hung up or did not answer in time; one line says which."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    r"""How people come in and speak, on one kind of server.

    What is sent, and what is to be heard, may hold ``%i``, the person's own number in five digits;
    ``%r``, the number of their room; ``%t``, the number of the one they write to; ``%p``, what is
    said; ``%%``, ``\r`` and ``\n``.
    """

    steps: tuple[tuple[str, str], ...] = ()
    """What is sent, and what is to be heard before the next step; either may be empty.  Who has
    heard the last is in; without a step one is in when connected."""
    say: str = r"%p\n"
    """A message to the room."""
    tell: str = ""
    """A message to one person alone, ``%t``; empty where there are none."""
    echo: bool = False
    """Whether people hear what they say themselves."""
    tell_echo: bool = False
    """Whether they hear what they tell somebody alone."""
    pong: bool = False
    """Whether ``PING x`` is to be answered with ``PONG x``."""
    web: str = ""
    """The path of a WebSocket, where each text that is sent is a message; empty where it is lines.
    The ``Origin`` is that of a page of the same server."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Who comes, who speaks, how much and for how long.

    With a `rate` messages are evenly paced, whatever the server does, and their latency counts from
    the moment they were due.  With a `window` each speaker has that many messages on the way, and
    sends the next when one of them was heard by all.  With neither, one person in each room says
    one line when all are in, and it is over when all have heard it.
    """

    dialect: Dialect = field(default_factory=Dialect)
    host: str = "127.0.0.1"
    port: int = 0
    path: str = ""
    """A UNIX socket, instead of host and port."""
    people: int = 1000
    rooms: int = 1
    """Person ``i`` is in room ``i % rooms``."""
    opening: int = 200
    """How many may be on their way in at the same time.  With more than the server's backlog takes
    (4,096 with this server, 10 with ngIRCd) connections are dropped by its kernel, and tried again
    after a second and more."""
    spread: int = 0
    """How many people come from one address, of 127.0.0.2 and those after it; 0: all from one."""
    bytes: int = 60
    """What one message takes, without what the protocol puts around it; 16 at least."""
    speakers: int = 0
    """How many of them speak, spread evenly over the rooms; 0: all who read."""
    rate: float = 0.0
    """Messages a second, of all speakers together."""
    window: int = 0
    private: bool = False
    """Whether each speaker tells it to the next person alone."""
    silent: int = 0
    """How many, the last ones, never read once they are in."""
    seconds: float = 0.0
    warmup: float = 0.0
    """The same load before what is measured begins."""
    drain: float = 10.0
    """How long what is still missing may take to come, after the last was sent."""
    patience: float = 60.0
    """How long it may take until all are in."""
    servers: tuple[int, ...] = ()
    """The server's processes, whose time and memory are measured."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Milliseconds from when messages were due, or sent, to their receipts; 0 where none came."""

    p50: float
    p99: float
    p999: float
    max: float
    receipts: int
    """How many receipts that is."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Resident memory of the server's processes together."""

    empty: int
    """Before the first connection."""
    all_in: int
    peak: int
    """The highest from then on, looked at 20 times a second."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a load; the spans are those of `Load`."""

    people_in: int
    seconds_all_in: float
    """From the first connection until the last person was in."""
    seconds_all_heard: float | None
    """From the first connection until all had heard the one line; only where there was one."""
    sent: int
    unsent: int
    """Messages that were due and which the server's socket never took."""
    expected: int
    delivered: int
    """What was received of that, each once."""
    missing: int
    doubled: int
    disordered: int
    stray: int
    """Messages that somebody heard who should not have, or that nobody sent."""
    torn: int
    """Messages that began like one and did not go on like it."""
    seconds: float
    """How long the measured span was."""
    received: int
    """What was received in it."""
    deliveries_per_second: float
    cpu_seconds: float
    """Processor time of the server in the span."""
    cpu_us_per_delivery: float
    latency_ms: Latency
    """Of what was due, or sent, in the span, also where it was received after it."""
    late_ms: float
    """By how much a message was sent after it was due, at most; only where they are paced."""
    rss_bytes: Memory
    own_cpu_share: float
    """The generator's own processor time in the span: close to 1.0 it is the bottleneck."""

    @property
    def faultless(self) -> bool:
        """Whether everything came, complete, in order and once."""
        return not any(
            (
                *(self.unsent, self.missing, self.doubled),
                *(self.disordered, self.stray, self.torn),
            )
        )


def run(load: Load, cpu: int | None = 1) -> Result:
    """Put this load on a server that runs, from one core.

    :param cpu: the core; where this process may not use it, or for None, any.
    :raises NoCompiler: there is no C compiler.
    :raises LoadFailed: it did not get to its end.
    """
    program = compiled("load.c")
    if program is None:
        raise NoCompiler("the load generator needs a C compiler: cc")
    if cpu not in os.sched_getaffinity(0):
        cpu = None
    bound = load.patience + load.warmup + load.seconds + load.drain + 10
    try:
        finished = subprocess.run(
            [str(program), *_arguments(load, cpu)],
            capture_output=True,
            text=True,
            timeout=bound,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"the load generator did not end within {bound:.0f} seconds") from None
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or [f"exit code {finished.returncode}"]
        raise LoadFailed(lines[-1])
    return msgspec.json.decode(finished.stdout, type=Result)


def _arguments(load: Load, cpu: int | None) -> Iterator[str]:
    dialect = load.dialect
    for send, ready in dialect.steps:
        yield from ("--hello", send, "--ready", ready)
    yield from ("--say", dialect.tell if load.private else dialect.say)
    where = ("--path", load.path) if load.path else ("--host", load.host, "--port", str(load.port))
    yield from where
    if dialect.web:
        yield from ("--web", dialect.web)
    for name in _NUMBERS:
        yield from (f"--{name}", str(getattr(load, name)))
    flags = {
        "echo": dialect.tell_echo if load.private else dialect.echo,
        "pong": dialect.pong,
        "private": load.private,
    }
    yield from (f"--{name}" for name, wanted in flags.items() if wanted)
    for process in load.servers:
        yield from ("--server", str(process))
    if cpu is not None:
        yield from ("--cpu", str(cpu))
