"""The load generator: what it puts on a server, and that it finds what a server does wrong."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from conftest import PATIENCE_SECONDS, tool
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Pong, Request, TextMessage
from wsproto.frame_protocol import FrameProtocol

from bench.compiling import FLAGS, FOLDER, compiled
from bench.contestants import CONTESTANTS
from bench.load import Dialect, Load, LoadFailed, NoCompiler, Result, run
from bench.processes import CAN_MEASURE, free_port

Lie = Callable[[Iterator[bytes]], Iterator[bytes]]
"""What a server that lies makes of the lines that it should pass on."""

Framing = Callable[[bytes], bytes]
"""How a server puts a line into frames."""

BY_WEB = Dialect(say="%p", web="/ws")

MESSAGES = 10
"""What is said to one that lies: each lies about the fourth of them."""

BY_NAME = {contestant.name: contestant for contestant in CONTESTANTS}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled here is not kept with the user's own."""
    if not CAN_MEASURE:
        pytest.skip("the bench needs Linux")
    tool("cc")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def on_path(path: Path) -> socket.socket:
    """A UNIX socket that listens."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    return listening


@contextmanager
def serving(listening: socket.socket, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """A server in a thread."""
    listening.settimeout(PATIENCE_SECONDS)
    with listening:
        server = Thread(target=serve, args=(listening,))
        server.start()
        yield
        server.join(PATIENCE_SECONDS)


@contextmanager
def three(listening: socket.socket) -> Iterator[list[socket.socket]]:
    """Those who come, in the order in which they do."""
    with ExitStack() as stack:
        yield [stack.enter_context(listening.accept()[0]) for _ in range(3)]


def lied_to(path: Path, lie: Lie, **more: Any) -> Result:
    """What the generator finds out about a server that passes on what one of three says."""

    def serve(listening: socket.socket) -> None:
        with three(listening) as (speaker, *listeners), speaker.makefile("rb") as lines:
            pass_on(lie(iter(lines)), listeners)

    with serving(on_path(path), serve):
        return run(one_of_three_speaks(path, **more))


def pass_on(pieces: Iterator[bytes], listeners: Sequence[socket.socket]) -> None:
    """Each piece to everybody."""
    for piece in pieces:
        for listener in listeners:
            listener.sendall(piece)


class WebSocket:
    """The server's end of a WebSocket, which the generator has asked for."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._reads = WSConnection(ConnectionType.SERVER)
        self._events = self._read()
        self.request = next(self._events)
        connection.sendall(self._reads.send(AcceptConnection()))

    def lines(self) -> Iterator[bytes]:
        """The texts that come, each as a line."""
        text = ""
        for event in self._events:
            if isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    yield f"{text}\n".encode()
                    text = ""

    def pong(self) -> bytes:
        """What the next pong says."""
        event = next(self._events)
        assert isinstance(event, Pong), event
        return bytes(event.payload)

    def _read(self) -> Iterator[Event]:
        while came := self.connection.recv(1 << 16):
            self._reads.receive_data(came)
            for event in self._reads.events():
                # It is how an error of the generator's is told.
                assert not isinstance(event, CloseConnection), event
                yield event


def frames() -> FrameProtocol:
    """What makes the frames of a server."""
    return FrameProtocol(client=False, extensions=[])


def whole(line: bytes) -> bytes:
    """In one frame."""
    return bytes(frames().send_data(line.decode(), fin=True))


def longer(line: bytes) -> bytes:
    """In a frame whose length takes two bytes more."""
    return whole(b"." * 200 + line)


def very_long(line: bytes) -> bytes:
    """In a frame whose length takes eight bytes more."""
    return whole(b"." * 70_000 + line)


def in_pieces(line: bytes) -> bytes:
    """In four frames, with others between them."""
    made, text = frames(), line.decode()
    return b"".join(
        (
            made.ping(b"?"),
            made.send_data(text[:9], fin=False),
            made.ping(b"." * 125),
            made.send_data(text[9:30], fin=False),
            made.pong(),
            made.ping(),
            made.send_data("", fin=False),
            made.send_data(text[30:], fin=True),
        )
    )


def lied_to_in_frames(
    path: Path, lie: Lie, frame: Framing = whole, cut: Lie | None = None, **more: Any
) -> Result:
    """The same where they have come by WebSocket."""

    def serve(listening: socket.socket) -> None:
        with three(listening) as everyone:
            speaker, *_ = [WebSocket(one) for one in everyone]
            framed = map(frame, lie(speaker.lines()))
            pass_on(cut(framed) if cut else framed, everyone[1:])

    with serving(on_path(path), serve):
        return run(one_of_three_speaks(path, dialect=BY_WEB, **more))


def one_of_three_speaks(path: Path, **more: Any) -> Load:
    """As many messages as are told to liars, five milliseconds apart.

    Who tells it all is waited for until they have, however busy the machine; only what is lost is
    waited for in vain.
    """
    load = Load(path=str(path), people=3, speakers=1, rate=200, seconds=0.05, drain=3)
    return replace(load, **more)


def faults(result: Result) -> dict[str, int]:
    """Those that there are."""
    kinds = ("missing", "doubled", "disordered", "stray", "torn", "unsent")
    return {kind: getattr(result, kind) for kind in kinds if getattr(result, kind)}


def tells_all(lines: Iterator[bytes]) -> Iterator[bytes]:
    yield from lines


def loses(lines: Iterator[bytes]) -> Iterator[bytes]:
    yield from (line for number, line in enumerate(lines) if number != 3)


def loses_the_last(lines: Iterator[bytes]) -> Iterator[bytes]:
    yield from (line for number, line in enumerate(lines) if number != MESSAGES - 1)


def doubles(lines: Iterator[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield line * 2 if number == 3 else line


def doubles_the_last(lines: Iterator[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield line
        if number == MESSAGES - 1:
            yield line


def swaps(lines: Iterator[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield next(lines) + line if number == 3 else line


def tears(lines: Iterator[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield line.replace(b"x\n", b"\n") if number == 3 else line


def invents(lines: Iterator[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield line.replace(b"@00000.", b"@00001.") + line if number == 3 else line


def foresees(lines: Iterator[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield line.replace(b"3@", b"9@") + line if number == 3 else line


@pytest.mark.parametrize("lied", [lied_to, lied_to_in_frames])
@pytest.mark.parametrize(
    ("lie", "found"),
    [
        (tells_all, {}),
        (loses, {"missing": 2}),
        (loses_the_last, {"missing": 2}),
        (doubles, {"doubled": 2}),
        (doubles_the_last, {"doubled": 2}),
        (swaps, {"disordered": 2}),
        (tears, {"missing": 2, "torn": 2}),
        (invents, {"stray": 2}),
        (foresees, {"stray": 2}),
    ],
)
def test_finds_what_a_server_does_wrong(
    lied: Callable[[Path, Lie], Result], lie: Lie, found: dict[str, int], tmp_path: Path
) -> None:
    """Each of two listeners misses it, hears it twice, too late, torn, or from nobody."""
    result = lied(tmp_path / "liar", lie)
    assert (result.sent, result.expected) == (MESSAGES, 2 * MESSAGES)
    assert faults(result) == found
    assert result.faultless == (not found)


def test_finds_who_hears_what_is_not_for_them(tmp_path: Path) -> None:
    """What is told to the next person alone is stray where another hears it."""
    dialect = Dialect(tell=r">%t %p\n")
    result = lied_to(tmp_path / "liar", tells_all, private=True, dialect=dialect)
    assert (result.delivered, faults(result)) == (MESSAGES, {"stray": MESSAGES})


def test_finds_a_message_that_is_cut_in_two(tmp_path: Path) -> None:
    """Each read ends in the middle of a message, whose other half comes with the next."""

    def cuts(lines: Iterator[bytes]) -> Iterator[bytes]:
        held = b""
        for number, line in enumerate(lines):
            end = len(line) if number == MESSAGES - 1 else 3 + 5 * number
            yield held + line[:end]
            held = line[end:]

    assert faults(lied_to(tmp_path / "liar", cuts)) == {}


@pytest.mark.parametrize("frame", [whole, longer, very_long, in_pieces])
def test_reads_frames_however_they_come(frame: Framing, tmp_path: Path) -> None:
    """A read ends at each byte of a frame in turn, or there are several in one; none is lost."""

    def cuts(framed: Iterator[bytes]) -> Iterator[bytes]:
        held = b""
        for number, each in enumerate(framed):
            end = len(each) if number == 4 * MESSAGES - 1 else len(each) * number // 40
            end = number if number < 16 else end
            yield held + each[:end]
            held = each[end:]

    def gathers(framed: Iterator[bytes]) -> Iterator[bytes]:
        for each in framed:
            yield each + b"".join(next(framed) for _ in range(MESSAGES - 1))

    for name, cut in (("cut", cuts), ("gathered", gathers)):
        result = lied_to_in_frames(tmp_path / name, tells_all, frame, cut, seconds=0.2)
        assert (result.delivered, faults(result)) == (2 * 4 * MESSAGES, {})


def test_finds_a_message_that_is_cut_in_two_messages(tmp_path: Path) -> None:
    """Each half in a message of its own: that is not how it was said."""

    def halves(line: bytes) -> bytes:
        return whole(line[:20]) + whole(line[20:])

    result = lied_to_in_frames(tmp_path / "liar", tells_all, halves)
    assert faults(result) == {"missing": 2 * MESSAGES, "torn": 2 * MESSAGES}


def test_answers_the_pings_of_a_web_socket(tmp_path: Path) -> None:
    """With what they say, be it nothing or much; also between two pieces of a message."""
    path = tmp_path / "pings"
    answers = []

    def serve(listening: socket.socket) -> None:
        with three(listening) as everyone:
            sockets = [WebSocket(one) for one in everyone]
            made = frames()
            for question in (made.ping(b"a b"), made.ping(), made.ping(b"." * 125)):
                everyone[0].sendall(question[:1])
                everyone[0].sendall(question[1:])
                answers.append(sockets[0].pong())
            everyone[0].sendall(made.send_data("rea", fin=False) + made.ping(b"c"))
            answers.append(sockets[0].pong())
            everyone[0].sendall(made.send_data("dy", fin=True))
            for one in everyone[1:]:
                one.sendall(whole(b"ready"))
            pass_on(map(whole, sockets[0].lines()), everyone[1:])

    dialect = replace(BY_WEB, steps=(("", "ready"),))
    with serving(on_path(path), serve):
        assert faults(run(one_of_three_speaks(path, dialect=dialect))) == {}
    assert answers == [b"a b", b"", b"." * 125, b"c"]


@pytest.mark.parametrize("size", [60, 4000])
def test_speaks_to_a_web_socket_as_a_page_of_its_server(size: int) -> None:
    """It comes from the server's own origin, and each text is a masked message."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    heard: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        with three(listening) as everyone:
            for one in (sockets := [WebSocket(one) for one in everyone]):
                assert isinstance(one.request, Request)
                assert (one.request.target, one.request.host) == ("/ws", f"127.0.0.1:{port}")
                headers = dict(one.request.extra_headers)
                assert headers[b"origin"] == f"http://127.0.0.1:{port}".encode()
            for one in sockets:
                lines = one.lines()
                heard.append(next(lines))
                one.connection.sendall(whole(b"in"))
            heard.extend(sockets[0].lines())

    dialect = replace(BY_WEB, steps=(("name %i", "in"),))
    load = Load(dialect=dialect, port=port, people=3, speakers=1, bytes=size)
    with serving(listening, serve):
        run(replace(load, rate=200, seconds=0.05, drain=0.1))
    assert heard == [
        *(b"name %05d\n" % number for number in range(3)),
        *(b"@00000.%08d@%s\n" % (number, b"x" * (size - 16)) for number in range(MESSAGES)),
    ]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            b"HTTP/1.1 403 Forbidden\r\n\r\nNot yours.",
            "person 00000 gets no WebSocket; its last words: HTTP/1.1 403 Forbidden    Not yours.",
        ),
        (b"HTTP/1.1 101 ", "person 00000, who was on the way in: end of input"),
    ],
)
def test_says_that_it_gets_no_web_socket(answer: bytes, says: str, tmp_path: Path) -> None:
    """In a line, with what the server said instead."""

    def refuses(listening: socket.socket) -> None:
        with listening.accept()[0] as one:
            one.recv(1 << 16)
            one.sendall(answer)

    with serving(on_path(tmp_path / "shy"), refuses), pytest.raises(LoadFailed, match=says):
        run(Load(path=str(tmp_path / "shy"), dialect=BY_WEB))


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (frames().close(1000), "it closed the WebSocket; its last words: .*Too many!"),
        (FrameProtocol(client=True, extensions=[]).send_data("in"), "no server may send"),
        (b"\xc1\x02in", "no server may send"),
        (b"\x82\x02in", "no server may send"),
        (b"\x80\x02in", "no server may send"),
        (b"\x01\x02in\x81\x02in", "no server may send"),
        (b"\x09\x00", "no server may send"),
        (b"\x89\x7e\x00\xff", "no server may send"),
    ],
)
def test_says_that_a_web_socket_is_over(frame: bytes, says: str, tmp_path: Path) -> None:
    """Closed, or broken: masked, compressed, binary, out of turn, or too long for its kind."""

    def ends(listening: socket.socket) -> None:
        with listening.accept()[0] as one:
            WebSocket(one).connection.sendall(whole(b"Too many!") + frame)
            one.recv(1)

    dialect = replace(BY_WEB, steps=(("", "in"),))
    with serving(on_path(tmp_path / "rude"), ends), pytest.raises(LoadFailed, match=says):
        run(Load(path=str(tmp_path / "rude"), people=2, dialect=dialect, patience=PATIENCE_SECONDS))


def test_latency_counts_from_when_a_message_was_due(tmp_path: Path) -> None:
    """A server that keeps all back until the last has made each wait since its own moment."""

    def holds(lines: Iterator[bytes]) -> Iterator[bytes]:
        yield b"".join(next(lines) for _ in range(MESSAGES))
        yield from lines

    result = lied_to(tmp_path / "liar", holds)
    assert result.latency_ms.receipts == 2 * MESSAGES
    assert result.latency_ms.p50 > 18
    assert result.latency_ms.max > 44


def test_sends_what_is_due_from_the_start(tmp_path: Path) -> None:
    """The first ten come one by one, and not together when the generator looks at the time."""

    def seconds_for_ten(name: str) -> float:
        came: list[float] = []

        def notes(lines: Iterator[bytes]) -> Iterator[bytes]:
            for line in lines:
                came.append(time.monotonic())
                yield line

        lied_to(tmp_path / name, notes, warmup=0.1)
        return came[9] - came[0]

    # 45 ms, or next to none.  The most of three, as another process may hold one up.
    assert max(map(seconds_for_ten, ("one", "two", "three"))) > 0.02


def test_says_what_could_not_be_sent(tmp_path: Path) -> None:
    """A server that reads nothing is not taken for one that hears everything."""
    path = tmp_path / "deaf"

    def serve(listening: socket.socket) -> None:
        with three(listening) as (_, listener, _):
            assert listener.recv(1) == b""

    with serving(on_path(path), serve):
        result = run(one_of_three_speaks(path, rate=1e5, bytes=4000))
    assert result.sent + result.unsent == 5000
    assert faults(result) == {"missing": 2 * result.sent, "unsent": result.unsent}
    assert result.unsent > 1000


def test_answers_pings(tmp_path: Path) -> None:
    """An IRC server that asks, on the way in or later, gets the same words back."""
    path = tmp_path / "irc"
    answers = []

    def serve(listening: socket.socket) -> None:
        with three(listening) as everyone, everyone[0].makefile("rb") as lines:
            for question in (b"PING :a b\r\n", b":x!y@z PRIVMSG #r :PING no\r\nPING c\r\n"):
                everyone[0].sendall(question[:-4])
                everyone[0].sendall(question[-4:])
                answers.append(lines.readline())
            for one in everyone:
                one.sendall(b"ready")
            for piece in (b":x!y@z PRIVMSG #r :hello\r\nPI", b"NG d\r\n"):
                # Five milliseconds after the one before, which was read meanwhile.
                answers.append(lines.readline()[:7])
                everyone[0].sendall(piece)
            answers.extend(line for line in lines if not line.startswith(b"@"))

    dialect = Dialect(steps=(("", "ready"),), pong=True)
    with serving(on_path(path), serve):
        run(one_of_three_speaks(path, dialect=dialect))
    assert answers[:2] == [b"PONG :a b\r\n", b"PONG c\r\n"]
    assert answers[2:] == [b"@00000.", b"@00000.", b"PONG d\r\n"]


def heard(contestant: str, folder: Path, how: str) -> Result:
    """What twenty people hear on a server of that kind; with nothing that was said before."""
    chosen = BY_NAME[contestant]
    folder.mkdir()
    with chosen.start(folder) as server:
        load = Load(dialect=chosen.dialect, port=server.port, servers=(server.pid,), people=20)
        in_rooms = replace(load, dialect=chosen.speaks(4), rooms=4, spread=7)
        loads = {
            "paced": replace(load, rate=100, silent=5, seconds=0.3),
            "private": replace(load, window=2, private=True, seconds=0.3),
            "saturated": replace(in_rooms, window=3, speakers=8, warmup=0.1, seconds=0.3),
            "entering": in_rooms,
        }
        return run(loads[how])


@pytest.mark.parametrize("contestant", ["floor", "batching", "text", "web"])
def test_paced_and_private_messages_are_heard(contestant: str, tmp_path: Path) -> None:
    """Evenly from all to all but five who never read, and from each to one."""
    paced = heard(contestant, tmp_path / "paced", "paced")
    private = heard(contestant, tmp_path / "private", "private")
    assert faults(paced) == faults(private) == {}
    assert (paced.sent, paced.delivered) == (30, 30 * 14)
    assert private.delivered == private.sent > 20 * 2


@pytest.mark.parametrize("contestant", ["floor", "batching", "json"])
def test_windows_in_rooms_and_a_line_on_entering_are_heard(contestant: str, tmp_path: Path) -> None:
    """Eight in four rooms of five, each with three on the way; and one line in each room."""
    saturated = heard(contestant, tmp_path / "saturated", "saturated")
    entering = heard(contestant, tmp_path / "entering", "entering")
    assert faults(saturated) == faults(entering) == {}
    assert saturated.sent > 8 * 3
    assert saturated.delivered == saturated.sent * 4
    assert (entering.sent, entering.delivered) == (4, 4 * 4)
    assert entering.seconds_all_heard is not None
    assert 0 < entering.seconds_all_in < entering.seconds_all_heard


@pytest.mark.parametrize("broadcaster", ["floor", "batching"])
def test_a_broadcaster_drops_nothing(broadcaster: str, tmp_path: Path) -> None:
    """What a listener does not read yet waits for them, and a line may come in pieces."""
    text = b"".join(b"%07d%s\n" % (number, b"." * 3992) for number in range(5000))
    with BY_NAME[broadcaster].start(tmp_path) as server, ExitStack() as stack:
        speaker, listener = (
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            for _ in range(2)
        )
        for number, one in enumerate((speaker, listener)):
            one.settimeout(PATIENCE_SECONDS)
            one.sendall(b"00000 %05d\n" % number)
            assert one.recv(3) == b"in\n"
        speaker.sendall(text)
        with listener.makefile("rb") as heard:
            assert heard.read(len(text)) == text


def test_measures_the_server(tmp_path: Path) -> None:
    """Its processor time and memory, latencies, and what time the generator had to spare."""
    floor = BY_NAME["floor"]
    with floor.start(tmp_path) as server:
        load = Load(dialect=floor.dialect, port=server.port, servers=(server.pid,), people=20)
        result = run(replace(load, rate=1000, warmup=0.1, seconds=0.3))
    assert 0.29 < result.seconds < 5
    assert result.deliveries_per_second == pytest.approx(result.received / result.seconds, 0.001)
    assert 0 < result.cpu_seconds < result.seconds
    assert result.cpu_us_per_delivery == pytest.approx(
        result.cpu_seconds / result.received * 1e6, 0.001
    )
    latency, memory = result.latency_ms, result.rss_bytes
    assert 0 < latency.p50 <= latency.p99 <= latency.p999 <= latency.max
    assert latency.receipts == 300 * 19
    assert result.delivered == 400 * 19
    assert 100_000 < memory.empty <= memory.all_in <= memory.peak
    assert 0 < result.own_cpu_share < 1


def test_expects_what_people_hear_of_themselves(tmp_path: Path) -> None:
    """A server that should echo, and does not, leaves one delivery in twenty out."""
    floor = BY_NAME["floor"]
    with floor.start(tmp_path) as server:
        dialect = replace(floor.dialect, echo=True)
        load = Load(dialect=dialect, port=server.port, people=20, rate=100, seconds=0.1)
        result = run(replace(load, drain=0.1))
    assert (result.expected, result.missing) == (10 * 20, 10)


def test_comes_from_several_addresses() -> None:
    """So many people from each, so that a bound on one address need not be lifted."""
    listening = socket.create_server(("127.0.0.1", 0))
    addresses: list[str] = []

    def serve(listening: socket.socket) -> None:
        with three(listening) as everyone:
            addresses.extend(one.getpeername()[0] for one in everyone)
            assert everyone[1].recv(1) == b""

    load = Load(port=listening.getsockname()[1], people=3, spread=2, drain=0.1)
    with serving(listening, serve):
        run(load)
    assert addresses == ["127.0.0.2", "127.0.0.2", "127.0.0.3"]


def test_says_in_a_line_why_it_did_not_get_to_its_end(tmp_path: Path) -> None:
    """A server that is not there, hangs up or lets nobody in, and a load that makes no sense."""
    port = free_port()
    floor = BY_NAME["floor"]

    def hangs_up(listening: socket.socket) -> None:
        with listening.accept()[0] as one:
            one.sendall(b"Too many!\n")

    with pytest.raises(LoadFailed, match=r"^cannot connect person 00000: Connection refused$"):
        run(Load(port=port))
    with pytest.raises(LoadFailed, match=r"^there is no server process 4194304$"):
        run(Load(port=port, servers=(1 << 22,)))
    with pytest.raises(LoadFailed, match=r"^of 20 people that read, 21 cannot speak$"):
        run(Load(port=port, people=20, speakers=21, window=1, seconds=1))
    with (
        serving(on_path(tmp_path / "shy"), hangs_up),
        pytest.raises(LoadFailed, match=r"person 00000, .* on the way in: .*: Too many!"),
    ):
        run(Load(path=str(tmp_path / "shy"), dialect=Dialect(steps=(("", "in"),))))
    never_in = Dialect(steps=((r"%r %i\n", "never"),))
    too_late = r"^after 0\.2 seconds only 0 of 20 people were in; .* its last words: in$"
    with floor.start(tmp_path) as server, pytest.raises(LoadFailed, match=too_late):
        run(Load(dialect=never_in, port=server.port, people=20, patience=0.2))


@pytest.mark.parametrize("name", ["load.c", "floor.c", "batching.c"])
def test_compiles_without_a_warning(name: str) -> None:
    """Warnings are errors here, and only here: another compiler may have more of them."""
    subprocess.run([tool("cc"), *FLAGS, "-Werror", "-fsyntax-only", FOLDER / name], check=True)


def test_compiles_what_has_changed_and_nothing_else(tmp_path: Path) -> None:
    """The same sources are compiled once, and others anew, be it for a header."""
    source, header = tmp_path / "answer.c", tmp_path / "answer.h"
    made = []
    for number, other in ((40, 0), (41, 0), (41, 2)):
        header.write_text(f"#define NUMBER {number}\n")
        source.write_text(f'#include "answer.h"\nint main(void) {{ return NUMBER + {other}; }}\n')
        program = compiled(str(source))
        assert program is not None
        at = program.stat().st_mtime_ns
        assert compiled(str(source)) == program
        assert program.stat().st_mtime_ns == at
        made.append(program)
    assert [subprocess.call([program]) for program in made] == [40, 41, 43]


def test_says_that_there_is_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no cc is told what is needed."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoCompiler, match="needs a C compiler: cc"):
        run(Load())
