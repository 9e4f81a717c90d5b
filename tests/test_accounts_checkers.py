"""Who is asked whether somebody is who they say."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import msgspec
import pytest
from argon2 import PasswordHasher
from hashing import Counted, Later
from journals import result
from twisted.cred.checkers import (
    ANONYMOUS,
    FilePasswordDB,
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
)
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import LoginFailed, UnauthorizedLogin
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer
from zope.interface.verify import verifyObject

from twisted_chat.accounts.account import Account, Token
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.checkers import BookChecker, InOrder, TokenChecker
from twisted_chat.accounts.credentials import BearerToken, IToken
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.ledger import Change
from twisted_chat.refused import TooBusy
from twisted_chat.testing import CHEAP
from twisted_chat.threads import Work

BEFORE = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
ALEX = Account("1", "Alex", CHEAP.hash("correct-horse"))
SAM = Account("2", "Sam", "")
WRONG = b"wrong-horse"


class Town:
    """Alex, who has a password, and Sam, whom only others know."""

    def __init__(self, work: Work | None = None) -> None:
        self.book = Book([])
        self.book.add(ALEX)
        self.book.add(SAM)
        self.kept: list[Change] = []
        self.hasher = Hasher(work or Counted(), CHEAP)
        self.checker = BookChecker(self.book, self.hasher, self.kept.append)


@implementer(ICredentialsChecker)
class Broken:
    """Fails, with the password in what it says of it."""

    credentialInterfaces = ()

    def requestAvatarId(self, credentials: UsernamePassword) -> "Deferred[bytes | tuple[()]]":
        raise RuntimeError(f"no way to check {credentials.password!r}")


@implementer(ICredentialsChecker)
class Says:
    """Has one answer for everybody, and counts who asks."""

    credentialInterfaces = ()

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked = 0

    def requestAvatarId(self, credentials: UsernamePassword) -> "Deferred[bytes | tuple[()]]":
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]  # what checkers do that are not ours


def ask(checker: ICredentialsChecker, name: str, password: bytes) -> bytes | tuple[()]:
    """The name of the account, as a checker knows it; an error where it knows none."""
    return result(maybeDeferred(checker.requestAvatarId, UsernamePassword(name.encode(), password)))


@contextmanager
def logged() -> Iterator[list[LogEvent]]:
    """What is logged meanwhile."""
    events: list[LogEvent] = []
    observer = cast(ILogObserver, events.append)
    globalLogPublisher.addObserver(observer)
    yield events
    globalLogPublisher.removeObserver(observer)


# The book.


@pytest.mark.parametrize("name", ["Alex", "alex", "ＡＬＥＸ"])
def test_knows_who_has_a_password(name: str) -> None:
    """By whatever spelling of their name."""
    town = Town()
    verifyObject(ICredentialsChecker, town.checker)
    assert ask(town.checker, name, b"correct-horse") == b"Alex"
    assert town.kept == []


@pytest.mark.parametrize("name", ["Alex", "Sam", "Kim", "no name", ""])
def test_spends_one_hash_on_whom_it_does_not_know(name: str) -> None:
    """Whether the password, the name or both are wrong."""
    work = Counted()
    town = Town(work)
    with pytest.raises(UnauthorizedLogin):
        ask(town.checker, name, WRONG)
    assert work.done == 1


def test_makes_a_hash_anew_that_is_not_made_so_any_more() -> None:
    """Once, and the password stays the same."""
    town = Town()
    town.book.replace(msgspec.structs.replace(ALEX, hash=BEFORE.hash("correct-horse")))
    for _ in range(2):
        assert ask(town.checker, "Alex", b"correct-horse") == b"Alex"
    assert len(town.kept) == 1
    now = town.book.account("alex")
    assert now is not None
    assert not town.hasher.outdated(now.hash)


@pytest.mark.parametrize("hash", ["", "$another"])
def test_knows_nobody_whose_password_has_changed_meanwhile(hash: str) -> None:
    """Nor whose account is given up, while it was compared."""
    work = Later()
    town = Town(work)
    asked = town.checker.requestAvatarId(UsernamePassword(b"Alex", b"correct-horse"))
    if hash:
        town.book.replace(msgspec.structs.replace(ALEX, hash=hash))
    else:
        town.book.remove(ALEX)
    work.do()
    with pytest.raises(UnauthorizedLogin):
        result(asked)


def test_gives_nobody_back_the_password_that_they_changed_meanwhile() -> None:
    """A hash that was made anew is of the password of before."""
    work = Later()
    town = Town(work)
    town.book.replace(msgspec.structs.replace(ALEX, hash=BEFORE.hash("correct-horse")))
    asked = town.checker.requestAvatarId(UsernamePassword(b"Alex", b"correct-horse"))
    work.do()
    changed = msgspec.structs.replace(ALEX, hash="$of-another-password")
    town.book.replace(changed)
    work.do()
    with pytest.raises(UnauthorizedLogin):
        result(asked)
    assert (town.kept, town.book.account("alex")) == ([], changed)


# Tokens.


def test_knows_who_has_a_token() -> None:
    """One's own: not another's, nor one that nobody made."""
    town = Town()
    town.book.add_token("secret", Token("1", "bot", 1.0))
    checker = TokenChecker(town.book)
    verifyObject(ICredentialsChecker, checker)
    assert IToken.providedBy(BearerToken(b"", ""))
    assert result(checker.requestAvatarId(BearerToken(b"ALEX", "secret"))) == b"Alex"
    for name, token in ((b"Sam", "secret"), (b"Kim", "secret"), (b"", "secret"), (b"Alex", "x")):
        with pytest.raises(UnauthorizedLogin):
            result(checker.requestAvatarId(BearerToken(name, token)))


# Several.


def test_asks_in_order_until_one_knows() -> None:
    """And no further."""
    first, second, third = Says(UnauthorizedLogin()), Says(b"Alex"), Says(b"Mallory")
    assert ask(InOrder([first, second, third]), "Alex", WRONG) == b"Alex"
    assert (first.asked, second.asked, third.asked) == (1, 1, 0)


@pytest.mark.parametrize("nobody", [UnauthorizedLogin(), LoginFailed(), ANONYMOUS, b"", None])
def test_knows_nobody_whom_none_of_them_knows(nobody: object) -> None:
    """However they say so; and where there is nobody to ask."""
    for checkers in ([], [Says(nobody), Says(nobody)]):
        with pytest.raises(UnauthorizedLogin):
            ask(InOrder(checkers), "Alex", WRONG)


def test_goes_on_when_one_breaks() -> None:
    """It is logged which and where, and not what it says: the password is in it."""
    with logged() as events:
        assert ask(InOrder([Broken(), Says("Alex")]), "Alex", b"canary-password") == b"Alex"
    (event,) = events
    line = formatEvent(event)
    assert line.startswith("Broken cannot check passwords: RuntimeError in ")
    assert "canary" not in repr(event)


def test_tells_that_too_many_wait() -> None:
    """That is no wrong password, and no other is asked for it."""
    other = Says(b"Alex")
    with pytest.raises(TooBusy):
        ask(InOrder([Says(TooBusy("Later.")), other]), "Alex", WRONG)
    assert other.asked == 0


def test_asks_what_twisted_brings_along(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A table in memory, and a file."""
    path = tmp_path_factory.mktemp("auth") / "chat.passwd"
    path.write_text("kim:from-the-file\n")
    memory = InMemoryUsernamePasswordDatabaseDontUse(sam=b"from-memory")
    checker = InOrder([Town().checker, memory, FilePasswordDB(str(path))])
    assert ask(checker, "sam", b"from-memory") == b"sam"
    assert ask(checker, "kim", b"from-the-file") == b"kim"
    with pytest.raises(UnauthorizedLogin):
        ask(checker, "kim", b"from-memory")
