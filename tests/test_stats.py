"""What administrators are told of the server's figures, and nobody else is."""

from typing import Any

from disks import FullDisk

from twisted_chat.answers import Stats, TimesLine
from twisted_chat.refused import Refused
from twisted_chat.testing import End, MemoryServer
from twisted_chat.wording import reply

HORSE = "correct-horse"
NOBODY = "-> Only an administrator may do that."


class World:
    """A server with an administrator on nc, and Sam, who is none."""

    def __init__(self, journal: FullDisk | None = None) -> None:
        self.server = MemoryServer(journal=journal)
        self.alex = self.server.connect()
        self.alex.type(f"/register Alex {HORSE}")
        self.sam = self.server.program("Sam")
        self.alex.received()

    def program(self) -> End:
        """One more session of the administrator's."""
        program = self.server.program("Alex", password=HORSE)
        self.alex.received()
        return program


def test_tells_an_administrator_in_a_few_lines() -> None:
    """What a person wants to know at one look."""
    world = World()
    world.sam.ask(type="say", text="hello")
    world.sam.ask(type="join", room="#dev")
    world.sam.ask(type="part", room="#nowhere")
    world.server.connect().type("Alex", "wrong-horse")
    world.server.advance(42)
    world.alex.received()
    world.alex.type("/stats")
    lines = world.alex.lines()
    told = dict(line.removeprefix("-> ").split(": ", 1) for line in lines)
    assert told["Up for 42 seconds"] == "2 people in 2 rooms."
    assert told["Open connections"].startswith("3 line; ")
    assert told["Ever let in"] == "3; turned away: none; dropped: none."
    assert told["Said"].startswith("1 message, told ")
    assert told["Bytes that wait"] == "0 for readers, 0 for the disk."
    assert told["Refused"] == "1 not_in_room, 1 wrong_password."
    assert told["Logins"] == "0, and 1 failed. Faults: 0."
    assert len(lines) == 9


def test_tells_a_program_each_figure() -> None:
    """Under a name of its own, and times in seconds."""
    world = World(journal := FullDisk())
    bot = world.program()
    journal.full = True
    world.sam.ask(type="say", text="hello")
    journal.full = False
    world.sam.ask(type="say", text="hello")
    bot.received()
    bot.ask(type="stats", id=7)
    (told,) = bot.objects()
    nothing = {"count": 0, "p50": 0.0, "p99": 0.0, "longest": 0.0}
    assert {name: told.pop(name) for name in ("telling", "commits")}["commits"]["count"] > 0
    assert told.pop("descriptors") > 3
    assert told.pop("deliveries") > 3
    assert told == {
        "type": "stats",
        "id": 7,
        "seconds": 0,
        "people": 2,
        "rooms": 1,
        "sessions": {"line": 3},
        "connections": 3,
        "turned_away": {},
        "dropped": {"too_slow": 0, "timed_out": 0},
        "said": 1,
        "commits_failed": 1,
        "outbox_bytes": 0,
        "waiting_bytes": 0,
        "refused": {"not_saved": 1},
        "logins": 1,
        "logins_failed": 0,
        "faults": 1,
        "lag": nothing,
        "blocks": nothing,
    }


def test_tells_nobody_else() -> None:
    """Who is no administrator hears what is said of other verbs that are not theirs."""
    world = World()
    world.sam.ask(type="stats", id=1)
    assert world.sam.objects() == [
        {"type": "error", "id": 1, "code": "not_operator", "text": NOBODY.removeprefix("-> ")}
    ]
    kim = world.server.person("Kim")
    kim.type("/stats", "/lockdown on")
    assert kim.lines() == [NOBODY, NOBODY]


def test_is_a_small_answer_however_much_is_refused() -> None:
    """For every reason that there is: it stays under 500 bytes for a byte that asks."""
    world = World()
    bot = world.program()
    codes = [kind("").code for kind in Refused.__subclasses__()]
    assert len(codes) > 40
    world.server.house.figures.refused.update(dict.fromkeys(codes, 10**12))
    for end, line in ((bot, '{"type":"stats"}\n'), (world.alex, "/stats\n")):
        end.received()
        end.send(line.encode())
        assert len(end.received()) < 500 * len(line)


def test_shows_what_is_refused_most() -> None:
    """A person is told of five reasons, the most frequent first, and of none that never was."""
    times = TimesLine(count=1, p50=0.0012, p99=0.25, longest=1.5)
    figures: dict[str, Any] = dict.fromkeys(Stats.__struct_fields__, 0)
    figures |= dict.fromkeys(("telling", "commits", "lag", "blocks"), times)
    figures |= {"dropped": {}, "turned_away": {}}
    figures["sessions"] = {"line": 1200}
    figures["refused"] = {"never": 0, "f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6}
    lines = reply(Stats(**figures)).split("\n")
    assert lines[6] == "Refused: 6 a, 5 b, 4 c, 3 d, 2 e."
    assert lines[1] == "Open connections: 1,200 line; 0 descriptors."
    assert lines[4] == (
        "On record: 1 commit, 0 failed: half within 1.2 ms, 99 of 100 within 250.0 ms,"
        " all within 1,500.0 ms."
    )
