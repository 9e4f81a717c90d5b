"""What hurts those who own a name: rows 6, 14, 15 and 19 of the threats, at every door.

Figures are recorded as properties, as in test_threats_door.py; those that take time and real hashes
are measured by ``python -m bench.logins``.
"""

import dataclasses
import json
import re
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_twisted
from argon2 import PasswordHasher
from doors import DOORS, Guest
from hashing import Counted, Later
from journals import on_disk, result
from twisted.cred.checkers import ICredentialsChecker, InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import UsernamePassword
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, eventAsJSON, eventAsText, globalLogPublisher
from twisted.python import usage
from zope.interface import implementer

from twisted_chat.accounts.account import Account, Token
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.accounts.logins import Logins
from twisted_chat.accounts.throttle import Throttle
from twisted_chat.client.options import Options as ClientOptions
from twisted_chat.house import About
from twisted_chat.limits import (
    FIRST_WAIT_SECONDS,
    FREE_TRIES,
    HASHES_AT_ONCE,
    OFF,
    Limits,
)
from twisted_chat.logformat import as_line
from twisted_chat.names import user_name
from twisted_chat.options import ChatOptions
from twisted_chat.refused import WrongPassword
from twisted_chat.testing import CHEAP, MemoryServer
from twisted_chat.threads import Threads

HORSE = "correct-horse"
AFAR = "192.0.2.1"
LIFTED = Limits(
    logins=OFF,
    name_tries=OFF,
    messages=OFF,
    message_burst=OFF,
    connects_per_minute=OFF,
    connections_per_address=OFF,
)

Record = Callable[[str, object], None]


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__.lower())
def door(request: pytest.FixtureRequest) -> type[Guest]:
    """The door that it is tried at."""
    door: type[Guest] = request.param
    return door


def on_threads(test: Callable[..., Any]) -> Any:
    """A test on the real reactor."""
    made: Callable[..., Any] = pytest_twisted.ensureDeferred(test)
    return made


# Row 6: nobody takes over a name.

SPELLINGS = ["Alex", "alex", "ALEX", "aLeX", "ＡＬＥＸ", "A1ex", "AIex", "Ａ1ex"]


class Theft:
    """Mallory, who has an account, a token and a guest's secret, and wants to be Alex.

    :param alex: where Alex is meanwhile: ``present``, ``away``, or ``banned`` from the server.
    """

    def __init__(self, door: type[Guest], alex: str = "present") -> None:
        self.door = door
        self.server = MemoryServer(LIFTED, About(backlog=0))
        ada = self.register("Ada", HORSE)
        self.alex = self.register("Alex", HORSE)
        mallory = self.register("Mallory", "mallorys-horse")
        self.token = mallory.do("token", name="bot").rpartition(" ")[2]
        mallory.do("quit")
        guest = self.server.connect()
        guest.ask(type="hello", v=1, name="Guest")
        self.secret = guest.objects()[0]["resume"]
        self.guest = 0
        if alex == "away":
            self.alex.do("quit")
        if alex == "banned":
            assert ada.do("ban", room="*", who="account:Alex").startswith("account:Alex is banned")
            assert self.alex.closed

    def register(self, name: str, password: str) -> Guest:
        """Somebody who has an account."""
        guest = self.door(self.server, name)
        assert "is yours" in guest.do("register", password=password)
        return guest

    def stranger(self) -> Guest:
        """A guest of no account."""
        self.guest += 1
        return self.door(self.server, f"Guest{self.guest}", AFAR)

    def ways(self) -> list[Callable[[str], object]]:
        """All that Mallory can think of, to be called what is given."""
        return [
            lambda name: self.door(self.server, host=AFAR).enter(name),
            lambda name: self.door(self.server, host=AFAR).prove(name, "mallorys-horse"),
            lambda name: self.door(self.server, host=AFAR).register(name, "mallorys-horse"),
            lambda name: self.server.program(name, token=self.token),
            lambda name: self.server.program(name, resume="resume-" + HORSE),
            lambda name: self.server.program(name, resume=self.secret),
            lambda name: self.stranger().do("nick", name=name),
            lambda name: self.stranger().do("login", name=name, password="mallorys-horse"),
            lambda name: self.mallory().do("nick", name=name),
            lambda name: self.mallory().do("login", name=name, password="mallorys-horse"),
        ]

    def mallory(self) -> Guest:
        """Mallory, logged in."""
        guest = self.door(self.server, host=AFAR)
        guest.prove("Mallory", "mallorys-horse")
        return guest

    def succeeded(self) -> bool:
        """Whether anybody but Alex is called what looks like Alex."""
        looks = user_name("Alex").looks
        users = self.server.house.chat.users.values()
        return any(user.name.looks & looks and user.account != self.account for user in users)

    @property
    def account(self) -> Account:
        """Alex's account, which nobody else may touch."""
        account = self.server.house.book.account("alex")
        assert account is not None
        return account


@pytest.mark.parametrize("alex", ["present", "away", "banned"])
def test_gives_nobody_the_name_of_another(
    door: type[Guest], alex: str, record_property: Record
) -> None:
    """In no spelling and by no way, whether its owner is here, or not, or may not be."""
    theft = Theft(door, alex)
    before = theft.account
    tried = taken = 0
    for name in SPELLINGS:
        for attempt in theft.ways():
            attempt(name)
            tried += 1
            taken += theft.succeeded()
    assert (tried, taken) == (80, 0)
    assert theft.account == before
    record_property("taken", f"{taken} of {tried}")


def test_lets_nobody_change_what_is_anothers(door: type[Guest]) -> None:
    """Neither password nor account, from a session that is not theirs."""
    theft = Theft(door)
    before = theft.account
    for guest in (theft.stranger(), theft.mallory()):
        guest.do("passwd", old=HORSE, new="mallorys-horse")
        guest.do("passwd", old="mallorys-horse", new=HORSE)
        guest.do("drop", password=HORSE)
        guest.do("register", password="mallorys-horse")
        guest.do("revoke", name="bot")
    assert theft.account == before
    assert "You are Alex" in theft.door(theft.server).prove("Alex", HORSE)


def test_gives_nobody_a_name_for_whose_owner_a_password_is_looked_at(door: type[Guest]) -> None:
    """It stays free for who asked first and proves it."""
    work = Later()
    server = MemoryServer(LIFTED, About(backlog=0), hashing=work)
    server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    alex, guest = door(server), door(server, "Guest")
    alex.prove("Alex", HORSE)
    assert guest.do("nick", name="Alex").startswith("The name Alex is owned.")
    guest.do("login", name="Alex", password="mallorys-horse")
    work.do(2)
    server.settle()
    assert [user.account_id for user in server.house.chat.users.values()] == ["", "1"]
    assert guest.answered() == "Wrong name or password."


@pytest.mark.parametrize("whose", ["nobody", "another"])
def test_lets_nobody_in_whose_account_is_gone_meanwhile(door: type[Guest], whose: str) -> None:
    """Removed by the operator while the password was looked at, or the name is another's by now."""
    work = Later()
    server = MemoryServer(LIFTED, About(backlog=0), hashing=work)
    account = Account("1", "Alex", CHEAP.hash(HORSE))
    server.house.book.add(account)
    alex = door(server)
    alex.prove("Alex", HORSE)
    server.house.book.remove(account)
    if whose == "another":
        server.house.book.add(Account("2", "Alex", CHEAP.hash("mallorys-horse")))
    work.do()
    server.settle()
    assert alex.answered() == "Wrong name or password."
    assert server.house.chat.users == {}


def test_owns_no_name_that_another_has_by_then(door: type[Guest]) -> None:
    """Who registers a name, and has another one or is gone when the hash is there."""
    work = Later()
    server = MemoryServer(LIFTED, About(backlog=0), hashing=work)
    secret = "0123456789abcdef"
    first, second = (server.program("Bob", resume=secret) for _ in range(2))
    first.ask(type="register", password=HORSE, id=1)
    second.ask(type="nick", name="Rob")
    other = door(server, "Bob")
    work.do()
    server.settle()
    assert "You were Bob when you asked." in first.objects()[-1]["text"]
    assert server.house.book.account("bob") is None
    assert other.do("names") == "2 in the chat: Rob, Bob."


# Row 14: nobody tells which accounts exist.


@pytest.mark.parametrize("name", ["Alex", "Kim", "Nobody1", "A1ex"])
def test_says_the_same_of_every_name(door: type[Guest], name: str) -> None:
    """Whether it has a password, is known to others alone, or is nobody's: after one hash."""
    work = Counted()
    server = MemoryServer(LIFTED, About(backlog=0), hashing=work, checkers=[_memory(kim=HORSE)])
    server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    server.house.book.add(Account("2", "Kim", ""))
    guest = door(server, "Guest")
    assert guest.do("login", name=name, password="wrong-horse") == "Wrong name or password."
    assert work.done == 1
    stranger = server.connect()
    stranger.ask(type="hello", v=1, name=name, password="wrong-horse", id=1)
    (answer,) = stranger.objects()
    assert (answer["code"], answer["text"]) == ("wrong_password", "Wrong name or password.")
    assert work.done == 2


# Row 15: nobody guesses passwords fast, nor slows the others by trying.


def test_hashes_little_for_who_guesses(door: type[Guest], record_property: Record) -> None:
    """Of 200 wrong passwords from one address, at one each second."""
    work = Counted()
    server = MemoryServer(Limits(name_tries=OFF), About(backlog=0), hashing=work)
    server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    guest = door(server, "Guest", AFAR)
    moments, answers = [], set()
    for second in range(200):
        before = work.done
        answers.add(guest.do("login", name="Alex", password=f"wrong-horse-{second}").split(".")[0])
        moments += [second] * (work.done - before)
        server.advance(1)
    most = max(sum(start <= moment < start + 60 for moment in moments) for start in range(200))
    record_property("hashes", f"{len(moments)} of 200, {most} in a minute")
    assert answers == {"Wrong name or password", "Too many tries"}
    assert most <= 5
    assert len(moments) <= 9


def test_looks_at_few_of_many_logins_at_once_from_one_address(door: type[Guest]) -> None:
    """Before any of them is known to be wrong."""
    work = Later()
    server = MemoryServer(dataclasses.replace(LIFTED, logins=5), About(backlog=0), hashing=work)
    for number in range(50):
        server.house.book.add(Account(str(number), f"owner{number}", ""))
    for number in range(50):
        door(server, host=AFAR).prove(f"owner{number}", "wrong-horse")
    assert work.waiting == 5


def test_keeps_the_owner_out_of_it(door: type[Guest]) -> None:
    """Who has been here before comes in, whatever somebody else fails elsewhere."""
    server = MemoryServer(Limits(name_tries=OFF), About(backlog=0))
    server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    alex = door(server)
    assert "You are Alex" in alex.prove("Alex", HORSE)
    alex.do("quit")
    guest = door(server, "Guest", AFAR)
    for _ in range(200):
        guest.do("login", name="Alex", password="wrong-horse")
        server.advance(10)
    assert "Too many tries." in door(server, host="192.0.2.2").prove("Alex", HORSE)
    assert "You are Alex" in door(server).prove("Alex", HORSE)


@pytest.mark.parametrize("how", ["registers", "registers outside", "has a token"])
def test_knows_the_owner_who_showed_no_password(door: type[Guest], how: str) -> None:
    """Where they made the name their own, or came in with a token, they come in."""
    server = MemoryServer(Limits(name_tries=OFF, logins=OFF), About(backlog=0))
    if how == "has a token":
        server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
        server.house.book.add_token("secret", Token("1", "bot", 1.0))
        server.program("Alex", token="secret")
    elif how == "registers":
        assert "is yours" in door(server, "Alex").do("register", password=HORSE)
    else:
        assert "You are Alex" in door(server).register("Alex", HORSE)
    _fail(server, door)
    assert "You are Alex" in door(server).prove("Alex", HORSE)


@pytest.mark.parametrize("verb", ["passwd", "drop"])
def test_keeps_nobody_from_what_is_theirs(door: type[Guest], verb: str) -> None:
    """Who is in changes the password, whatever others fail; but does not guess it."""
    server = MemoryServer(Limits(name_tries=OFF, logins=OFF), About(backlog=0))
    server.house.book.add(Account("1", "Alex", CHEAP.hash(HORSE)))
    server.house.book.add_token("secret", Token("1", "bot", 1.0))
    alex = server.program("Alex", host="192.0.2.2", token="secret")
    fields = {
        "passwd": {"old": HORSE, "new": "battery-staple"},
        "drop": {"password": HORSE},
    }
    wrong = {key: f"{value}-wrong" for key, value in fields[verb].items()}
    _fail(server, door)
    for tries, answer in ((FREE_TRIES, "Wrong password."), (1, "Too many tries.")):
        for _ in range(tries):
            alex.ask(type=verb, id=1, **wrong)
            assert alex.objects()[-1]["text"].startswith(answer)
    server.advance(FIRST_WAIT_SECONDS)
    _fail(server, door)
    alex.ask(type=verb, id=2, **fields[verb])
    assert alex.objects()[-1]["type"] == "ok"


def _fail(server: MemoryServer, door: type[Guest]) -> None:
    """Have somebody elsewhere fail so often that the account has to wait."""
    for number in range(FREE_TRIES + 1):
        guest = door(server, host=f"198.51.100.{number}")
        guest.prove("Alex", "wrong-horse")
    refused = door(server, host="203.0.113.1").prove("Alex", HORSE)
    assert refused.startswith("Too many tries.")


class Gauge(PasswordHasher):
    """Sees how many it compares at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=8, memory_cost=1024, parallelism=1)
        self._lock = threading.Lock()
        self._now = 0
        self.most = self.done = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            return bool(super().verify(hash, password))
        finally:
            with self._lock:
                self._now -= 1
                self.done += 1


@on_threads
async def test_hashes_few_at_once() -> None:
    """Of 50 logins from as many addresses."""
    from twisted.internet import reactor

    threads, argon = Threads(reactor, HASHES_AT_ONCE, "hashing"), Gauge()
    throttle = Throttle(Limits(), Clock())
    hasher = Hasher(threads, argon)
    logins = Logins(Book([]), [], hasher, throttle, lambda change: None, lambda: 0.0)
    asked = [
        Deferred.fromCoroutine(
            logins.by_password(user_name(f"guest{number}"), "wrong-horse", f"192.0.2.{number}")
        ).addErrback(lambda why: why.trap(WrongPassword))
        for number in range(50)
    ]
    assert await gatherResults(asked) == [WrongPassword] * 50
    threads.stop()
    assert (argon.done, argon.most) == (50, HASHES_AT_ONCE)


# Row 19: no secret is found where it does not belong.

CANARY = "canary-in-the-mine"


class Mine:
    """A server that keeps everything on disk and logs all that it can."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = Later()
        self.server = MemoryServer(
            LIFTED,
            About(backlog=20),
            on_disk(folder),
            checkers=[_Broken()],
            hashing=self.work,
        )
        self.told = ""
        self.sent = 0

    def send(self, end: Any, *lines: str) -> None:
        """Have lines typed and passwords hashed, and keep what is answered."""
        for line in lines:
            end.type(line)
            self.sent += CANARY in line
            while self.work.waiting:
                self.work.do()
                self.server.settle()
            self.told += end.received().decode()


@implementer(ICredentialsChecker)
class _Broken:
    """Fails at everybody, and says their passwords in doing so."""

    credentialInterfaces = ()

    def requestAvatarId(self, credentials: UsernamePassword) -> "Deferred[bytes | tuple[()]]":
        raise ValueError(credentials.username, credentials.password)


@contextmanager
def logged() -> Iterator[StringIO]:
    """All that is logged meanwhile, in every form that Twisted can give it."""
    text = StringIO()

    def observe(event: LogEvent) -> None:
        text.write(eventAsText(event, includeTraceback=True) + repr(event) + eventAsJSON(event))
        text.write(as_line(event))

    globalLogPublisher.addObserver(cast(ILogObserver, observe))
    yield text
    globalLogPublisher.removeObserver(cast(ILogObserver, observe))


def test_shows_no_password_anywhere(tmp_path: Path, record_property: Record) -> None:
    """Not in the log, on disk, in an answer or an error, nor to others; and files are one's own."""
    folder = tmp_path / "data"
    with logged() as log:
        mine = Mine(folder)
        witness = mine.server.person("Witness")
        _every_way_in(mine)
        mine.send(witness, "/history", "/history @", f"/search {CANARY[:6]}", "/missed")
        heard = mine.told.replace(f"for {CANARY[:6]}", "")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
        mine.server.house.close(lambda: None)
        mine.server.settle()
        result(mine.server.house.journal.close())
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert "wrong-" + CANARY not in heard
    found = [CANARY in log.getvalue(), CANARY in heard, CANARY.encode() in kept]
    assert found == [False, False, False]
    assert "Broken cannot check passwords" in log.getvalue()
    assert "is yours" in heard
    assert "is changed" in heard
    assert modes == dict.fromkeys(["chat.db", "chat.db-wal", "chat.db-shm", "lock"], 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    record_property("ways", mine.sent)
    record_property("found", sum(found))
    record_property("files", {name: f"{mode:04o}" for name, mode in modes.items()})


@pytest.mark.parametrize(
    ("options", "of_secrets"),
    [(ChatOptions, []), (ClientOptions, ["password-file", "token-file"])],
)
def test_wants_no_secret_as_an_argument(
    options: type[usage.Options], of_secrets: list[str]
) -> None:
    """As everybody on the machine sees those, it is read from a file."""
    words = [word.rstrip("=") for word in options().longOpt]
    assert sorted(word for word in words if re.search("pass|token|secret", word)) == of_secrets


def test_keeps_no_token_nor_code_as_it_is(tmp_path: Path) -> None:
    """What is on disk is of no use to who reads it."""
    folder = tmp_path / "data"
    with logged() as log:
        mine = Mine(folder)
        alex = mine.server.person("Alex")
        mine.send(alex, f"/register {HORSE}", "/token bot", "/invite-code")
        secrets = [line.split()[-1] for line in mine.told.splitlines() if ": " in line][-2:]
        bot = mine.server.program("Alex", token=secrets[0])
        bot.ask(type="hello", v=1, name="Alex", token=secrets[0])
        bot.hang_up()
        alex.hang_up()
        result(mine.server.house.journal.close())
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert [len(secret) for secret in secrets] == [32, 12]
    for secret in secrets:
        assert secret.encode() not in kept
        assert secret not in log.getvalue()


def _every_way_in(mine: Mine) -> None:
    """Say the canary wherever a password may be said, rightly and wrongly."""
    person, program = mine.server.connect(), mine.server.connect()
    mine.send(person, "Alex", f"/register {CANARY}", f"/register {CANARY} {CANARY}", "/logout")
    # Who is refused types it again, and leaves: it was not taken for a name.
    mine.send(person, "Alex", f"wrong-{CANARY}", f"wrong-{CANARY}", "", "Alex", CANARY)
    visitor, bot = mine.server.connect(), mine.server.connect()
    mine.send(visitor, f"/register {CANARY}", f"/register Alex {CANARY}", f"/login Alex {CANARY}")
    mine.send(visitor, f"/register Sam {CANARY} {CANARY} x", f"/register Sam {CANARY}")
    mine.send(bot, _hello(register=True, password=CANARY), _hello(register=True, code=CANARY))
    mine.send(person, f"/login Alex {CANARY}", f"/login {CANARY}", f"/login Alex {CANARY} more")
    mine.send(person, f"/passwd {CANARY} {CANARY}-2", f"/passwd {CANARY}", f"/passwd x {CANARY}")
    mine.send(person, f"/passwd {CANARY}-2 {CANARY}", f"/drop wrong-{CANARY}", f"/drop {CANARY} x")
    mine.send(program, _hello(password=f"wrong-{CANARY}"), _hello(token=CANARY))
    mine.send(program, _hello(password=CANARY, bot=CANARY), _hello(password=[CANARY]))
    mine.send(program, _hello(password=CANARY)[:-1], _hello(password=CANARY + "\ud800"))
    mine.send(program, _hello(resume=CANARY * 10), _hello(password=CANARY))
    for verb in ("register", "login", "passwd", "drop"):
        fields = {"name": "Alex", "password": CANARY, "old": CANARY, "new": CANARY + "\0"}
        mine.send(program, json.dumps({"type": verb, **fields}))
    mine.send(program, json.dumps({"type": "passwd", "old": CANARY, "new": CANARY + "\0"}))
    mine.send(program, json.dumps({"type": "drop", "password": CANARY}))


def _hello(**fields: object) -> str:
    return json.dumps({"type": "hello", "v": 1, "name": "Alex", **fields})


def _memory(**passwords: str) -> InMemoryUsernamePasswordDatabaseDontUse:
    table = InMemoryUsernamePasswordDatabaseDontUse()
    for name, password in passwords.items():
        table.addUser(name.encode(), password.encode())
    return table
