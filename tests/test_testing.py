"""The server in memory, that others test their bots with: it behaves as a real one does."""

import subprocess
import sys
from collections.abc import Sequence
from ipaddress import ip_network

from twisted.internet.defer import Deferred

from twisted_chat.events import Event
from twisted_chat.house import About
from twisted_chat.journal import Entry, Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import Limits
from twisted_chat.testing import EPOCH, MemoryServer


def test_brings_what_one_says_to_another() -> None:
    """The example in its own documentation."""
    server = MemoryServer()
    alex = server.person("Alex")
    bot = server.program("Bot", bot=True)
    alex.type("Hello everyone!")
    assert bot.objects()[-1]["text"] == "Hello everyone!"


def test_shows_each_line_once() -> None:
    """What was read is not read again."""
    end = MemoryServer().connect()
    assert len(end.lines()) == 2
    assert end.lines() == []


def test_shows_bytes_lines_and_objects() -> None:
    """The same in three forms; objects without the lines for people."""
    server = MemoryServer()
    assert server.connect().received() == b"Welcome to twisted_chat.\nEnter your username:\n"
    end = server.connect()
    end.ask(type="hello", v=1, name="Bot")
    assert [said["name"] for said in end.objects()] == ["Bot"]


def test_dates_events_from_its_epoch() -> None:
    """With the time that a test has let pass."""
    server = MemoryServer()
    bot, alex = server.program("Bot"), server.person("Alex")
    bot.received()
    server.advance(5)
    alex.type("now")
    assert bot.objects()[-1]["time"] == EPOCH + 5


def test_lets_everything_happen_at_its_own_moment() -> None:
    """One long step is as good as many short ones."""
    heard = []
    for steps in (1, 100):
        server = MemoryServer()
        alex, sam = server.person("Alex"), server.person("Sam")
        alex.received()
        sam.send(b"x\n" * 60)
        for _ in range(steps):
            server.advance(4.1 / steps)
        heard.append(len(alex.lines()))
    assert heard[0] == heard[1] < 60


def test_holds_back_what_the_server_does_not_read() -> None:
    """As a kernel does; also the end of what is sent."""
    server = MemoryServer(Limits(message_burst=2))
    alex = server.person("Alex")
    alex.send(b"one\ntwo\n")
    alex.send(b"three\n")
    assert alex.unread
    alex.finish()
    assert not alex.closed
    server.advance(10)
    assert (alex.unread, alex.closed) == (False, True)


def test_reads_on_where_it_stopped() -> None:
    """Nothing comes meanwhile, and nothing is lost."""
    server = MemoryServer()
    alex, sam = server.person("Alex"), server.person("Sam")
    alex.received()
    alex.stop_reading()
    sam.type("hi")
    assert alex.received() == b""
    alex.read_on()
    assert alex.lines() == ["Sam: hi"]


def test_ends_in_three_ways() -> None:
    """Each tells the others something else."""
    server = MemoryServer()
    witness = server.person("Witness")
    for name, how in (("A", "hang_up"), ("B", "drop"), ("C", "finish")):
        getattr(server.person(name), how)()
    left = [line for line in witness.lines() if "left" in line]
    seconds = "left. (After 0 seconds)"
    assert left == [f" * A {seconds}", f" * B {seconds} - lost connection", f" * C {seconds}"]


def test_takes_limits_words_and_trust() -> None:
    """What an operator may set, a test may too."""
    server = MemoryServer(
        Limits(connections_per_address=1),
        About(name="Tea", motd="Be kind."),
        trusted=(ip_network("10.0.0.0/8"),),
    )
    first, *_ = [server.connect("10.0.0.1") for _ in range(3)]
    assert first.lines()[0] == "Welcome to Tea."
    assert [server.connect("192.0.2.1").closed for _ in range(2)] == [False, True]


def test_takes_another_journal() -> None:
    """One that takes its time, so that nobody hears what is not on record."""

    class Slow(MemoryJournal):
        def __init__(self) -> None:
            super().__init__(lambda: 1.0)
            self.batches: list[tuple[list[Event], Deferred[list[Event]]]] = []

        def commit(
            self, entries: Sequence[Entry], puts: Sequence[Put] = (), *, told: int = 0
        ) -> Deferred[list[Event]]:
            self.batches.append(([entry.event for entry in entries], Deferred()))
            return self.batches[-1][1]

    journal = Slow()
    server = MemoryServer(journal=journal)
    end = server.connect()
    end.received()
    end.type("Alex")
    assert end.received() == b""
    batch, recorded = journal.batches.pop()
    recorded.callback(batch)
    assert b"You are Alex" in end.received()


# Browsers.


def test_brings_what_a_person_says_to_a_browser() -> None:
    """And the other way round; a browser hears itself too."""
    server = MemoryServer()
    alex, kim = server.person("Alex"), server.browser("Kim")
    alex.received()
    alex.type("hi")
    kim.ask(type="say", text="hello", id=1)
    assert [one.get("text") for one in kim.objects()] == ["hi", "hello", None]
    assert alex.lines() == ["Kim: hello"]


def test_answers_what_browsers_answer_by_themselves() -> None:
    """A ping, and a goodbye."""
    server = MemoryServer()
    kim = server.browser("Kim")
    server.advance(server.limits.dead_peer_seconds - 1)
    server.web.check_alive()
    server.advance(2)
    server.web.check_alive()
    server.settle()
    assert (kim.pings, kim.closed) == (1, False)
    kim.ask(type="quit")
    assert (kim.close_code, kim.closed) == (1000, True)


def test_asks_over_http() -> None:
    """One question on a connection of its own, or several on one."""
    server = MemoryServer()
    assert server.fetch("GET", "/").headers["content-type"] == "text/html; charset=utf-8"
    end = server.web_connection()
    end.request("GET", "/nothing")
    assert end.response().code == 404
    end.request("HEAD", "/")
    assert (end.response().body, end.closed) == (b"", False)


def test_says_why_there_is_no_websocket() -> None:
    """The answer is there to be looked at."""
    refusal = MemoryServer().web_socket(origin="http://evil.example").refusal
    assert refusal is not None
    assert (refusal.code, "own page" in refusal.text) == (403, True)


def test_needs_nothing_of_the_web_before_it_is_used() -> None:
    """Who tests a bot at the line door need not have what browsers in memory are made of."""
    code = """
import sys
from twisted_chat.testing import MemoryServer
MemoryServer().person("Alex")
print(sorted({"wsproto", "h11", "autobahn", "twisted.web"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
