"""Row 23 of the threats: nobody sees what they may not of a private room, whatever they ask.

Two servers have the same history, but for the end: in one the room is still there, in the other it
is over.  Who may not know of the room hears the same from both, to the byte.  The figures are
recorded as properties, as in test_threats_door.py.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from doors import DOORS, Guest, Program
from journals import commit, on_disk, result, said

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import ACCOUNT
from twisted_chat.house import About
from twisted_chat.journal import Put
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.limits import OFF, Limits
from twisted_chat.testing import CHEAP, EPOCH, MemoryServer
from twisted_chat.verbs import TABLE, Verb

HORSE = "correct-horse"
SECRET = "a secret of a guest"
VAULT = "#vault"
AFAR, HERE = "192.0.2.1", "192.0.2.2"
LIMITS = Limits(
    logins=OFF,
    messages=OFF,
    message_burst=OFF,
    connects_per_minute=OFF,
    connections_per_address=OFF,
    bad_requests=OFF,
    invites_per_room=1,
)
"""Nothing is slowed, so that all of it reaches the server; one invitation waits at a time."""

SECRETS = ("aurora", "ambrosia", "amethyst", "agate", "Xenia", "g4rn3t")
"""Words of the topic, of what is said in the room before and after, of the reasons that are given
there, the name of a member who has left the chat since, and what is filtered there."""

TOPIC, BEFORE, AFTER, BECAUSE, GONE, FILTERED = SECRETS
ACCOUNTS = ("Ada", "Olga", "Mina", "Nora", "Sub")

Record = Callable[[str, object], None]
Fields = dict[str, Any]


@pytest.fixture(scope="module")
def hashed() -> str:
    """A password that takes no longer than it has to."""
    return CHEAP.hash(HORSE)


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def door(request: pytest.FixtureRequest) -> type[Guest]:
    """The door at which somebody asks."""
    door: type[Guest] = request.param
    return door


class World:
    """A server with a private room, and Sub, who is not entitled to know of it.

    Olga owns the room; Mina is a member, as Xenia was, who has left the chat; Nora is none.  All of
    them but Xenia have accounts, and so has Ada, the administrator.
    """

    def __init__(self, door: type[Guest], hashed: str) -> None:
        journal = MemoryJournal(lambda: EPOCH)
        accounts = [Account(name.lower(), name, hashed, name == "Ada") for name in ACCOUNTS]
        journal.commit(
            [], [Put(ACCOUNT, one.name.lower(), msgspec.json.encode(one)) for one in accounts]
        )
        self.server = MemoryServer(LIMITS, About(backlog=0), journal=journal)
        self.door = door
        self.olga, self.mina, self.nora = map(self.member, ("Olga", "Mina", "Nora"))
        self.olga.do("join", room=VAULT)
        self.olga.do("private", on=True)
        self.olga.do("topic", text=f"all about {TOPIC}")
        self.olga.do("filter", pattern=FILTERED)
        xenia = Program(self.server, GONE, HERE)
        for guest in (self.mina, xenia):
            self.let_in(guest)
        xenia.do("quit")

    def member(self, name: str) -> Guest:
        """Somebody with an account, who has come in."""
        guest = Program(self.server, host=HERE)
        assert name in guest.prove(name, HORSE)
        guest.name = name
        return guest

    def come(self, name: str = "Sub", account: bool = True, secret: str = SECRET) -> Guest:
        """Somebody who comes in at the door that is tried."""
        guest = self.door(self.server, host=AFAR)
        guest.name = name
        if account:
            welcome = guest.prove(name, HORSE)
        elif isinstance(guest, Program):
            welcome = guest.do("hello", v=1, name=name, resume=secret)
        else:
            welcome = guest.enter(name)
        assert f"You are {name}, in #lobby" in welcome
        return guest

    def let_in(self, guest: Guest) -> None:
        """Have somebody invited into the room, and enter it."""
        assert "is invited" in self.olga.do("invite", name=guest.name, room=VAULT)
        assert f"You are in {VAULT}" in guest.do("join", room=VAULT)
        guest.say(f"is there {BEFORE}?")

    def go_on(self) -> None:
        """What happens in the room when Sub's part in it is over, of every kind that there is."""
        self.mina.say(f"at last, {AFTER}")
        self.mina.do("me", text=f"hides the {AFTER}")
        self.olga.do("op", name="Mina", room=VAULT)
        for who in (GONE, "Sub", "Sue"):
            self.olga.do("mute", room=VAULT, who=who, time="1h", reason=BECAUSE)
            self.olga.do("unmute", room=VAULT, who=who)
            self.olga.do("mute", room=VAULT, who=who, time="2h", reason=BECAUSE)
        self.olga.do("slow", time="1s", room=VAULT)
        self.olga.do("slow", time="off", room=VAULT)
        self.olga.do("retention", time="30d", room=VAULT)
        self.mina.do("part", room=VAULT, reason=BECAUSE)
        self.olga.do("topic", text=f"more about {TOPIC}", room=VAULT)
        self.let_in(self.mina)

    def end(self, over: bool) -> None:
        """Have the room be over, or have as much happen in it."""
        if not over:
            assert self.olga.do("lock", on=True, room=VAULT) == "Only operators set the topic."
            return
        assert self.olga.do("owner", name="-", room=VAULT) == f"{VAULT} belongs to nobody."
        for guest in (self.mina, self.olga):
            guest.do("part", room=VAULT)
        assert VAULT not in map(str, self.server.house.chat.rooms)


# Who is not entitled to know of the room, and how they came to that.


def stranger(world: World) -> Guest:
    """A guest who was never there."""
    return world.come("Sue", account=False)


def account(world: World) -> Guest:
    """The same, with an account."""
    return world.come()


def former_guest(world: World) -> Guest:
    """A guest who was a member, and left."""
    guest = world.come("Sue", account=False)
    world.let_in(guest)
    guest.do("part", room=VAULT)
    return guest


def former_member(world: World) -> Guest:
    """The same, with an account."""
    guest = world.come()
    world.let_in(guest)
    guest.do("part", room=VAULT)
    return guest


def former_operator(world: World) -> Guest:
    """An operator who was made none, and left."""
    guest = world.come()
    world.let_in(guest)
    assert "is an operator" in world.olga.do("op", name="Sub", room=VAULT)
    assert "is no operator" in world.olga.do("deop", name="Sub", room=VAULT)
    guest.do("part", room=VAULT)
    return guest


def former_owner(world: World) -> Guest:
    """Who owned the room, gave it back, was unmade and left."""
    guest = world.come()
    world.let_in(guest)
    assert "belongs to Sub" in world.olga.do("owner", name="Sub", room=VAULT)
    assert "belongs to Olga" in guest.do("owner", name="Olga")
    assert "is no operator" in world.olga.do("deop", name="Sub", room=VAULT)
    guest.do("part", room=VAULT)
    return guest


def kicked(world: World) -> Guest:
    """Who was removed, and looks at the room still."""
    guest = world.come()
    world.let_in(guest)
    assert "is out" in world.olga.do("kick", name="Sub", room=VAULT)
    return guest


def banned(world: World) -> Guest:
    """Who may not be there, and looks at the room still."""
    guest = world.come()
    world.let_in(guest)
    assert "is banned" in world.olga.do("ban", room=VAULT, who="Sub")
    return guest


def banned_while_away(world: World) -> Guest:
    """A member who was not here while they were banned, and comes in when that is over."""
    guest = world.come()
    world.let_in(guest)
    guest.do("quit")
    assert "is banned" in world.olga.do("ban", room=VAULT, who="Sub")
    world.mina.say(f"without him, {AFTER}")
    assert "is not banned" in world.olga.do("unban", room=VAULT, who="Sub")
    return world.come()


def banned_meanwhile(world: World) -> Guest:
    """Who was invited, did not come, and was banned then."""
    guest = world.come()
    assert "is invited" in world.olga.do("invite", name="Sub", room=VAULT)
    assert "is banned" in world.olga.do("ban", room=VAULT, who="Sub")
    return guest


def forgotten(world: World) -> Guest:
    """Who was invited and did not come, until too many others were invited."""
    guest = world.come()
    for name in ("Sub", "Nora"):
        assert "is invited" in world.olga.do("invite", name=name, room=VAULT)
    return guest


def namesake(world: World) -> Guest:
    """A guest of the name that an operator had who has left the chat."""
    other = world.come("Sue", account=False, secret="of another guest")
    world.let_in(other)
    assert "is an operator" in world.olga.do("op", name="Sue", room=VAULT)
    other.do("quit")
    return world.come("Sue", account=False)


def successor(world: World) -> Guest:
    """Who registered the name of an operator whose account is no more."""
    other = world.come()
    world.let_in(other)
    assert "is an operator" in world.olga.do("op", name="Sub", room=VAULT)
    assert "Your account is gone" in other.do("drop", password=HORSE)
    other.do("quit")
    guest = world.come(account=False)
    assert "is yours" in guest.do("register", password=HORSE)
    return guest


ROLES: tuple[Callable[[World], Guest], ...] = (
    *(stranger, account, former_guest, former_member, former_operator, former_owner),
    *(kicked, banned, banned_while_away, banned_meanwhile),
    *(forgotten, namesake, successor),
)


# What one can ask, and what comes of it.

VALUES: dict[str, tuple[Any, ...]] = {
    "name": ("Mina", GONE),
    "nick name": ("Mina", "Zoe"),
    "token name": ("bot",),
    "revoke name": ("bot",),
    "who": ("Mina", f"account:{GONE}"),
    "verb": ("history",),
    "text": ("hello",),
    "search text": (AFTER, BEFORE, TOPIC, BECAUSE),
    "pattern": ("hello", "/am[be]/"),
    "password": ("wrong-horse",),
    "code": ("no-such-code",),
    "old": ("wrong-horse",),
    "new": ("another-horse",),
    "on": (True, False),
    "reason": ("because",),
    "time": ("1h",),
    "how": ("50 before 99",),
    "since": ("1d",),
    "before": (99,),
    "after": (1,),
    "most": (1000,),
    "skip": (0, 1),
    "n": (1000,),
    "seen": (1,),
    "seq": tuple(range(1, 31)),
}
"""What is put in each field of a request, or of one verb's; all that is on record has a number."""

ROOMS = (VAULT, "*", None)
"""The room that is asked about; the last is the one that one looks at."""

LEAVES = {"nick", "join", "part", "register", "logout", "quit"}
"""The verbs after which one is another, or elsewhere."""


def requests(verb: Verb) -> Iterator[Fields]:
    """What is asked with a verb: what it has to be told and no more, and all that it can be."""
    needed = [one.name for one in msgspec.structs.fields(verb.request) if one.required]
    rooms = ROOMS if "room" in verb.fields else (None,)
    for names in dict.fromkeys((tuple(needed), verb.fields)):
        told = [name for name in names if name != "room"]
        put = [VALUES.get(f"{verb.name} {name}") or VALUES[name] for name in told]
        for room, *values in product(rooms, *put):
            yield {"room": room, **dict(zip(told, values))} if room else dict(zip(told, values))


def typed(verb: Verb, fields: Fields) -> str | None:
    """A request as a person types it; None where no usage has a place for all of it."""
    left, words = dict(fields), [f"/{verb.name}"]
    for word in verb.words:
        option, colon, name = word.strip("[]").rpartition(":")
        field = "on" if name == "on|off" else name.lower().removeprefix("#")
        if field in left or option in left:
            words.append(option + colon + _word(left.pop(field if field in left else option)))
    return None if left else " ".join(words)


def _word(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def ask(guest: Guest, verb: Verb, fields: Fields) -> bytes | None:
    """All that the server sends to who asks that; None where it cannot be asked at their door."""
    if isinstance(guest, Program):
        guest.end.ask(type=verb.name.replace("-", "_"), id=1, **fields)
        return guest.end.received()
    line = typed(verb, fields)
    if line is None:
        return None
    guest.end.type(line)
    return guest.end.received()


def leaks(said: bytes, fields: Fields, secrets: tuple[str, ...] = SECRETS) -> list[str]:
    """The secrets in an answer that who asks has not written there himself."""
    written = " ".join(map(str, fields.values()))
    return [secret for secret in secrets if secret.encode() in said and secret not in written]


class Pair:
    """The same person on the two servers: on the one the room is there, on the other it is over.

    :param away: whether they leave the chat before more happens in the room, and come back then.
    """

    def __init__(
        self, door: type[Guest], hashed: str, role: Callable[[World], Guest], away: bool = False
    ) -> None:
        self.unasked: list[bytes] = []
        self.guests: list[Guest] = []
        for over in (False, True):
            world = World(door, hashed)
            guest = role(world)
            if away:
                guest.do("quit")
            guest.end.received()
            world.go_on()
            world.end(over)
            self.unasked.append(come_back(guest) if away else guest.end.received())
            self.guests.append(guest)

    def differ(self, verb: Verb, fields: Fields) -> bool | None:
        """Whether the answers differ, or tell a secret; None where it cannot be asked."""
        there, over = (ask(guest, verb, fields) for guest in self.guests)
        if there is None or over is None:
            return None
        if verb.name == "join" and fields.get("room") == VAULT:
            # Nobody can make a room of that name, and that is all that they are told.
            return REFUSED not in there or len(there) > len(REFUSED) + BESIDE
        there, over = (RANDOM.sub(b"", answer) for answer in (there, over))
        return there != over or bool(leaks(there, fields))


REFUSED = b"#vault is private: ask somebody in it for an invitation."
BESIDE = len(b'{"type":"error","id":1,"code":"room_private","text":""}\n')

RANDOM = re.compile(rb'(?<=shown only now: )[\w-]{32}|(?<="secret":")[\w-]{32}')
"""What is another each time that it is asked for."""


def come_back(guest: Guest) -> bytes:
    """All that somebody is sent on coming back; a program asks for all that it has not seen."""
    guest.end = guest.connect(AFAR)
    proof = {} if guest.name == "Sue" else {"password": HORSE}
    if not isinstance(guest, Program):
        guest.end.type(guest.name, *proof.values())
        return guest.end.received()
    secret = {} if proof else {"resume": SECRET}
    guest.end.ask(type="hello", v=1, name=guest.name, seen=0, backlog=1000, **proof, **secret)
    return guest.end.received()


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.__name__)
def test_shows_nothing_of_a_private_room(
    door: type[Guest],
    role: Callable[[World], Guest],
    hashed: str,
    record_property: Record,
) -> None:
    """Whatever is asked is answered as where there is no such room; unasked, nothing is told."""
    pair = Pair(door, hashed, role)
    assert pair.unasked == [b"", b""]
    assert {guest.server.house.delivery.told for guest in pair.guests} < set(VALUES["seq"])
    differed = {}
    for verb in TABLE.verbs:
        here = Pair(door, hashed, role) if verb.name in LEAVES else pair
        for fields in requests(verb):
            differed[verb.name, str(fields)] = here.differ(verb, fields)
    assert [guest.closed for guest in pair.guests] == [False, False]
    asked = {request: differs for request, differs in differed.items() if differs is not None}
    record_property(f"row 23: verbs that {role.__name__} asks with", len(TABLE.verbs))
    record_property(f"row 23: requests of {role.__name__} at {door.__name__}", len(asked))
    record_property("row 23: answers to them that tell of the room", sum(asked.values()))
    assert [request for request, differs in asked.items() if differs] == []
    assert {verb for verb, _ in asked} == {verb.name for verb in TABLE.verbs}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.__name__)
def test_tells_nothing_of_it_to_who_comes_back(
    door: type[Guest], role: Callable[[World], Guest], hashed: str
) -> None:
    """Neither in the welcome, nor as what was missed, nor as all that was not seen yet."""
    there, over = Pair(door, hashed, role, away=True).unasked
    assert b"in #lobby" in there or b'"room":"#lobby"' in there
    assert there == over
    assert leaks(there, {}) == []
    assert VAULT.encode() not in there


@pytest.mark.parametrize("verb", ["context", "delete"])
def test_knows_no_message_of_it(door: type[Guest], hashed: str, verb: str) -> None:
    """The number of one is answered like a number that nothing has."""
    world = World(door, hashed)
    guest = stranger(world)
    world.go_on()
    numbers = range(1, world.server.house.delivery.told + 2)
    answers = [guest.do(verb, seq=number) for number in numbers]
    assert answers == [f"There is no message {number} that you may read." for number in numbers]


@pytest.mark.parametrize("kept", ["memory", "disk"])
def test_searches_as_if_a_large_private_room_had_other_words(
    door: type[Guest], kept: str, tmp_path: Path, record_property: Record
) -> None:
    """What is said in it 60,000 times is answered like what nobody ever said."""
    journal = MemoryJournal(lambda: EPOCH) if kept == "memory" else on_disk(tmp_path / "data")
    server = MemoryServer(LIMITS, About(backlog=0), journal=journal)
    olga = Program(server, "Olga", HERE)
    olga.do("join", room=VAULT)
    olga.do("private", on=True)
    (place,) = (room.on_record for room in server.house.chat.rooms.values() if room.private)
    for _ in range(7):
        commit(journal, *[said("good morning")] * 1000)
    for _ in range(60):
        commit(journal, *[said("project zebra", place=place)] * 1000)
    olga.say("project zebra")
    sue = door(server, "Sue", AFAR)
    answers = [_searched(sue, word) for word in ("zebra", "zebrb", "project zebra", "ze", "zy")]
    record_property("row 23: lines of a private room that are searched", 60_001)
    assert set(answers) == {answers[1]}
    assert sue.do("search", text="zebra") == "Nothing was found."
    assert "project zebra" in olga.do("search", text="zebra") + "".join(olga.hears())
    result(journal.close())


def _searched(guest: Guest, text: str) -> bytes:
    """The whole answer to a search, but for what was looked for."""
    guest.end.received()
    answer = ask(guest, TABLE.named("search"), {"text": text})
    assert answer is not None
    return answer.replace(text.encode(), b"...").strip()


# Who is entitled to something.


SAID = (BEFORE, AFTER)


def test_keeps_what_is_said_from_administrators(door: type[Guest], hashed: str) -> None:
    """They see that the room is there, what it is about and who rules in it; not what is said."""
    world = World(door, hashed)
    ada = world.come("Ada")
    world.go_on()
    shown = b"".join(
        ask(ada, TABLE.named(verb), fields) or b""
        for verb, fields in (("list", {}), ("who", {"room": VAULT}), ("bans", {"room": VAULT}))
    )
    assert all(word.encode() in shown for word in (VAULT, TOPIC, "Mina", GONE, BECAUSE))
    for verb in TABLE.verbs:
        if verb.name not in LEAVES:
            for fields in requests(verb):
                answer = ask(ada, verb, fields)
                assert answer is None or leaks(answer, fields, SAID) == []
    assert TOPIC in ada.do("join", room=VAULT)


@pytest.mark.parametrize("again", [False, True])
def test_keeps_what_was_said_in_private_when_the_room_is_open(
    door: type[Guest], hashed: str, again: bool
) -> None:
    """Who comes then reads nothing of it, nor who makes a room of the name when it was over."""
    world = World(door, hashed)
    guest = world.come()
    world.go_on()
    if again:
        world.end(over=True)
    else:
        assert world.olga.do("private", on=False, room=VAULT) == "Everyone may enter."
    assert f"You are in {VAULT}" in guest.do("join", room=VAULT)
    guest.end.received()
    for name in ("history", "search", "context", "delete", "audit", "missed"):
        for fields in requests(TABLE.named(name)):
            answer = ask(guest, TABLE.named(name), fields)
            assert answer is None or leaks(answer, fields, SAID) == []
