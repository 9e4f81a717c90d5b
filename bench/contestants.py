"""Who is measured: how each is started, how one speaks with it, and where it takes no part."""

import re
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from bench import irc_servers
from bench.compiling import compiled
from bench.load import Dialect
from bench.ours import UVLOOP, WEB, ours
from bench.processes import Server, announced
from bench.scenarios import JSON_LINES, WEBSOCKET

_PORT = re.compile(r"^([0-9]+)\n", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A server that is measured."""

    name: str
    """On the command line, and in the JSON file."""
    title: str
    """In the table and in the plot."""
    start: Callable[[Path], AbstractContextManager[Server]]
    """Runs it in a folder; what it keeps is in ``data`` there."""
    dialect: Dialect
    ours: bool = False
    """Whether it is this server."""
    in_rooms: Dialect | None = None
    """The same where there are several rooms; None where that makes no difference."""
    opening: int = 200
    """How many may be on their way in at the same time: what suits it best."""
    absent: Callable[[], str] = lambda: ""
    """Why it cannot take part here; empty where it can."""
    cannot: Mapping[int, str] = field(default_factory=dict)
    """The scenarios in which it takes no part, and why."""

    def speaks(self, rooms: int) -> Dialect:
        """How people come in and speak, where there are so many rooms."""
        return self.in_rooms if rooms > 1 and self.in_rooms is not None else self.dialect


# This server.  Everybody enters its lobby, so that one room takes no further step.

_TEXT = Dialect(steps=((r"user%i\n", "q leaves."),), tell=r"/msg user%t %p\n")
_TEXT_ROOMS = Dialect(
    steps=(*_TEXT.steps, (r"/join #room%r\n", "You are in #room%r")), tell=_TEXT.tell
)
_JSON = Dialect(
    steps=((r'{"type":"hello","v":1,"name":"user%i"}\n', '"type":"welcome"'),),
    say=r'{"type":"say","text":"%p"}\n',
    tell=r'{"type":"msg","name":"user%t","text":"%p"}\n',
)
_JSON_ROOMS = Dialect(
    steps=(*_JSON.steps, (r'{"type":"join","room":"#room%r"}\n', '"type":"entered"')),
    say=_JSON.say,
    tell=_JSON.tell,
)


def _in_messages(lines: Dialect) -> Dialect:
    """The same over a WebSocket, where nothing is needed at the end of a line."""
    return Dialect(
        steps=tuple((send.removesuffix(r"\n"), ready) for send, ready in lines.steps),
        say=lines.say.removesuffix(r"\n"),
        tell=lines.tell.removesuffix(r"\n"),
        web="/ws",
    )


_ONLY_FRAMES = dict.fromkeys(range(3, 9), "1 and 2 tell what its frames cost")


def _ours(folder: Path) -> AbstractContextManager[Server]:
    return ours(folder, str(folder / "data"))


def _ours_over_web(folder: Path) -> AbstractContextManager[Server]:
    return ours(folder, str(folder / "data"), door=WEB)


def _ours_on_uvloop(folder: Path) -> AbstractContextManager[Server]:
    return ours(folder, str(folder / "data"), runner=UVLOOP)


def _without_uvloop() -> str:
    return "" if find_spec("uvloop") else "uvloop is not installed"


# What takes nothing but passing on.

_IN_C = Dialect(steps=((r"%r %i\n", "in"),), tell=r">%t %p\n")


def _in_c(source: str) -> Callable[[Path], AbstractContextManager[Server]]:
    def start(folder: Path) -> AbstractContextManager[Server]:
        return announced([str(compiled(source))], folder, _PORT)

    return start


def _without_compiler() -> str:
    return "" if which("cc") else "there is no cc"


# As one writes it without thinking of speed; one room is all that they have.

_IN_PYTHON = Dialect(steps=(("", "Welcome."),))
_ONE_ROOM = {4: "it has one room", 6: "it has no private messages"}


def _in_python(script: str) -> Callable[[Path], AbstractContextManager[Server]]:
    command = [sys.executable, str(Path(__file__).with_name(script))]

    def start(folder: Path) -> AbstractContextManager[Server]:
        return announced(command, folder, _PORT)

    return start


# Servers that many people use.

_IRC = Dialect(
    steps=(
        (r"NICK user%i\r\nUSER user%i 0 * :user%i\r\n", " 266 "),
        (r"JOIN #room%r\r\n", " 366 "),
    ),
    say=r"PRIVMSG #room%r :%p\r\n",
    tell=r"PRIVMSG user%t :%p\r\n",
    pong=True,
)


def _without(program: str) -> Callable[[], str]:
    return lambda: "" if irc_servers.found(program) else f"{program} is not installed"


_NO_RECORD = {7: "it keeps no record"}
_TAKES_MINUTES = "it takes many minutes until 10,000 are in"

CONTESTANTS = (
    Contestant(
        name="text",
        title="twisted_chat, text",
        ours=True,
        start=_ours,
        dialect=_TEXT,
        in_rooms=_TEXT_ROOMS,
    ),
    Contestant(
        name=JSON_LINES,
        title="twisted_chat, JSON",
        ours=True,
        start=_ours,
        dialect=_JSON,
        in_rooms=_JSON_ROOMS,
    ),
    Contestant(
        name=WEBSOCKET,
        title="twisted_chat, WebSocket",
        ours=True,
        start=_ours_over_web,
        dialect=_in_messages(_JSON),
        cannot=_ONLY_FRAMES,
    ),
    Contestant(
        name="text-uvloop",
        title="twisted_chat on uvloop",
        ours=True,
        start=_ours_on_uvloop,
        dialect=_TEXT,
        in_rooms=_TEXT_ROOMS,
        absent=_without_uvloop,
    ),
    Contestant(
        name="floor",
        title="floor: C, a send each",
        start=_in_c("floor.c"),
        dialect=_IN_C,
        absent=_without_compiler,
        cannot=_NO_RECORD,
    ),
    Contestant(
        name="batching",
        title="C, a send a turn",
        start=_in_c("batching.c"),
        dialect=_IN_C,
        absent=_without_compiler,
        cannot=_NO_RECORD,
    ),
    Contestant(
        name="inspircd",
        title="InspIRCd (C++)",
        start=irc_servers.inspircd,
        dialect=_IRC,
        # Once a second it lets in all who have given their name.
        opening=2000,
        absent=_without("inspircd"),
        cannot=_NO_RECORD,
    ),
    Contestant(
        name="ngircd",
        title="ngIRCd (C)",
        start=irc_servers.ngircd,
        dialect=_IRC,
        # Ten may knock at once, and each answer waits for the one before to be acknowledged.
        opening=16,
        absent=_without("ngircd"),
        cannot=_NO_RECORD | {3: _TAKES_MINUTES, 8: _TAKES_MINUTES},
    ),
    Contestant(
        name="twisted",
        title="plain Twisted",
        start=_in_python("plain_twisted.py"),
        dialect=_IN_PYTHON,
        cannot=_ONE_ROOM | _NO_RECORD,
    ),
    Contestant(
        name="uvloop",
        title="asyncio with uvloop",
        start=_in_python("uvloop_server.py"),
        dialect=_IN_PYTHON,
        absent=_without_uvloop,
        cannot=_ONE_ROOM | _NO_RECORD,
    ),
    Contestant(
        name="threads",
        title="threads and sockets",
        start=_in_python("threads_server.py"),
        dialect=_IN_PYTHON,
        cannot=_ONE_ROOM
        | _NO_RECORD
        | {
            3: "it has a thread for each, too many for 10,000",
            5: "it waits for the slowest",
            8: "it has a thread for each, too many for 10,000",
        },
    ),
)
