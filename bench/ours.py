"""This server in a process of its own, as it is started for every measurement."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.processes import SERVER_CORE, Server, announced

PLAIN = (str(Path(sys.executable).with_name("twistd")),)
"""With the reactor that Twisted takes by itself."""

UVLOOP = (sys.executable, str(Path(__file__).with_name("on_uvloop.py")))
"""With Twisted's asyncio reactor, on uvloop's loop."""

UNHINDERED = (
    "messages=off",
    "message_burst=off",
    "lines_waiting=off",
    "connections=20000",
    "connections_per_address=off",
    "connects_per_minute=off",
    "members_per_room=20000",
    "log_lines=1",
)
"""Limits for a load from one address, which talks faster than people do."""

ANY_PORT = "tcp:0:interface=127.0.0.1"

LINE = re.compile(r"Enter with: .*[ :]([0-9]+)\n")
WEB = re.compile(r"Enter with: http://.*:([0-9]+)/\n")
"""The ports of the doors, as the server tells them."""


@contextmanager
def ours(
    folder: Path,
    data: str,
    *options: str,
    limits: Sequence[str] = UNHINDERED,
    runner: Sequence[str] = PLAIN,
    door: re.Pattern[str] = LINE,
    core: int | None = SERVER_CORE,
) -> Iterator[Server]:
    """The server, with all that it has by default, on a data directory.

    :param folder: where it runs.
    :param data: the directory of the record, or ``:memory:``.
    :param limits: those that are not as they are by default.
    :param runner: what runs ``twistd``.
    :param door: `LINE` or `WEB`: whose port it is.
    """
    command = [*runner, "-n", "--pidfile=", "chat", "--listen", ANY_PORT, "--web", ANY_PORT]
    command += ["--data", data, "--quiet", *options]
    for limit in limits:
        command += ["--limit", limit]
    with announced(command, folder, door, core) as server:
        yield server
