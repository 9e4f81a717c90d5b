"""Every parser, with what nobody would write: row 21 of the threats.

A few hundred inputs for each, what was found before, and lines as long as may be.  The same
targets are tried with millions by ``tests/fuzz.py``.
"""

import json
import os
import time
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsers import SLOWEST_SECONDS, TARGETS
from parsers.client import BEFORE, close_office
from parsers.seeds import NASTY

from twisted_chat.limits import OFF, Limits
from twisted_chat.testing import MemoryServer
from twisted_chat.verbs import TABLE, Verb


@pytest.fixture(scope="module", autouse=True)
def office() -> Iterator[None]:
    """The terminal at which keys are pressed is put away in the end."""
    yield
    close_office()


# Anything.

CASES = int(os.environ.get("TWISTED_CHAT_CASES", "150"))


def inputs(name: str) -> st.SearchStrategy[bytes]:
    """What the target understands, in pieces and with something nasty in it."""
    seeds = st.sampled_from(TARGETS[name].seeds)
    nasty = st.one_of(st.sampled_from(NASTY), st.binary(max_size=4))
    pieces = st.one_of(seeds, seeds.flatmap(_beginning), nasty)
    joined = st.lists(pieces, max_size=8).map(b"".join)
    changed = st.tuples(seeds.flatmap(_beginning), nasty, seeds.flatmap(_end)).map(b"".join)
    return st.one_of(seeds, joined, changed).map(lambda data: data[: TARGETS[name].most])


def _beginning(seed: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(seed)).map(lambda end: seed[:end])


def _end(seed: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(seed)).map(lambda start: seed[start:])


@pytest.mark.parametrize("name", TARGETS)
def test_understands_or_refuses(name: str) -> None:
    """Any bytes, at once; where there is a server, it answers others after each."""

    # Within the test: pytest-twisted wraps one with parameters once more for each of them.
    @settings(max_examples=CASES, deadline=None, database=None)
    @given(inputs(name))
    def tried(data: bytes) -> None:
        assert TARGETS[name].seconds(data) < SLOWEST_SECONDS

    for seed in TARGETS[name].seeds:
        assert TARGETS[name].seconds(seed) < SLOWEST_SECONDS
    tried()


# What was found.


def said_by_a_server(**said: object) -> list[bytes]:
    """An object, in every state of a client's conversation: that depends on the length."""
    line = b"\xff" + json.dumps(said).encode()
    return [line.ljust(len(line) + more, b"\n") for more in range(1, len(BEFORE) + 1)]


WELCOME = {"v": 1, "server": "x", "room": "#lobby", "topic": "", "names": [], "more": 0}
ALEX = {"room": "#dev", "who": "Alex", "by": "Sam", "seq": 9}
FOUND = [
    # A paste that looks like what a mouse or a cursor reports, and is no such thing.
    ("keys", b"\xff\x1b[31m"),
    ("keys", b"\xff\x1b[M\xff\xfe\xfd"),
    ("keys", b"\xff\x1b[" + b"9" * 5000 + b";1R"),
    # A byte that is no UTF-8, in what is sent as it is typed.
    ("keys", b"\xff/register \xff\r"),
    # Moments that no calendar has.
    *(
        ("heard", data)
        for time in (1e300, 253_402_300_800, -(2**63))
        for data in (
            *said_by_a_server(type="banned", time=time, **ALEX, until=1.0),
            *said_by_a_server(type="banned", time=1.0, **ALEX, until=time),
            *said_by_a_server(
                type="backlog",
                room="",
                events=[{"type": "opped", "time": time, **ALEX}],
                more=False,
            ),
        )
    ),
    # A welcome for who asked for something else, and one by a name that is none.
    *(("heard", data) for data in said_by_a_server(type="welcome", id="t-1", name="A", **WELCOME)),
    *(("heard", data) for data in said_by_a_server(type="welcome", id=0, name="/ q", **WELCOME)),
]


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_is_not_upset_by_what_was_found(name: str, data: bytes) -> None:
    """Each of these once ended the client with a traceback."""
    TARGETS[name].take(data)


# Long lines.

LONG = 4000
"""Bytes of a line: nearly as many as the door takes."""

LONG_SECONDS = 0.05
"""Of a processor, in which nobody else is answered."""

UNITS = [b" ", b"\t", b"a", b"1", b"1a", b"1 ", b"a ", b"1.", b":", b"/", b"-", b"in:#a ", *NASTY]


@pytest.mark.parametrize("name", ["clean", "names", "moments", "masks", "patterns", "how", "typed"])
@pytest.mark.parametrize("begins", [b"", b"1", b"since x", b"a\n", b"/x"])
def test_takes_no_time_for_a_long_line(name: str, begins: bytes) -> None:
    """Whatever it repeats."""
    for unit in UNITS:
        line = begins + unit * (LONG // len(unit)) + b"y"
        assert quickest(name, line) < LONG_SECONDS, unit


def quickest(name: str, line: bytes) -> float:
    """How long it takes at best: other work takes the processor's caches away."""
    return min(TARGETS[name].seconds(line) for _ in range(3))


SENSIBLE = {
    "text": "hello",
    "room": "#den",
    "name": "Kim",
    "who": "Kim",
    "time": "2h",
    "on": True,
    "seq": 1,
    "pattern": "spam",
    "password": "correct-horse",
    "old": "correct-horse",
    "new": "correct-horse",
}
"""What a field says while another one is long."""


class Long:
    """A server on which an administrator may send long lines, as often as they like."""

    def __init__(self) -> None:
        self._server = MemoryServer(Limits(message_burst=OFF, messages=OFF, logins=OFF))
        self._kim = self._server.program("Kim")
        self._ada = self._server.program("Ada", register=True, password="correct-horse")

    def seconds(self, request: dict[str, object]) -> float:
        """How long the server is busy with a request, of a processor."""
        if self._ada.closed:
            self._ada = self._server.program("Ada", password="correct-horse")
        self._ada.ask(type="join", room="#den")
        before = time.process_time()
        self._ada.ask(**request)
        took = time.process_time() - before
        assert [one["id"] for one in self._ada.objects() if "id" in one] == [1]
        self._kim.received()
        return took


@pytest.fixture(scope="module")
def long() -> Long:
    """One for all verbs."""
    return Long()


@pytest.mark.parametrize("verb", TABLE.verbs, ids=lambda verb: verb.name)
def test_is_not_kept_busy_by_a_long_field(long: Long, verb: Verb) -> None:
    """Each field of each verb, with what was slow to read in one of them."""
    fields = {field.name: field for field in msgspec.structs.fields(verb.request)[1:]}
    asked = {name: SENSIBLE.get(name, "x") for name, field in fields.items() if field.required} | {
        "type": verb.request.__struct_config__.tag,
        "id": 1,
    }
    for name in fields:
        for begins in ("", "since x"):
            for unit in (" ", "a", "1", "1 ", "a ", "1a", "é", "日"):
                said = begins + unit * (3900 // len(unit.encode())) + "y"
                took = (long.seconds({**asked, name: said}) for _ in range(3))
                assert any(seconds < LONG_SECONDS for seconds in took), (name, begins, unit)
