"""People prove who they are: by a password or a token."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hashing import Counted, Later
from journals import result
from twisted.cred.checkers import ICredentialsChecker, InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from twisted_chat.accounts.account import Account, Token
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.hasher import Hasher
from twisted_chat.accounts.logins import TOKEN_USE_SECONDS, Logins
from twisted_chat.accounts.proof import of_password, of_token
from twisted_chat.accounts.throttle import Throttle
from twisted_chat.ledger import Change
from twisted_chat.limits import FREE_TRIES, HASHES_AT_ONCE, HASHES_WAITING, OFF, Limits
from twisted_chat.names import user_name
from twisted_chat.refused import (
    NameNotAllowed,
    PasswordNotAllowed,
    Refused,
    TooBusy,
    TooManyTries,
    WrongPassword,
)
from twisted_chat.testing import CHEAP
from twisted_chat.threads import Work

T = TypeVar("T")

ALEX = Account("1", "Alex", CHEAP.hash("correct-horse"))
SAM = Account("2", "Sam", CHEAP.hash("sams-horse"))
HOME, AWAY = "192.0.2.1", "198.51.100.1"


class Town:
    """Alex and Sam, who have accounts, and whoever else checkers know."""

    def __init__(
        self, *checkers: ICredentialsChecker, logins: int = OFF, work: Work | None = None
    ) -> None:
        self.book = Book([])
        self.book.add(ALEX)
        self.book.add(SAM)
        self.kept: list[Change] = []
        self.displaced: list[Account] = []
        self.clock = Clock()
        self.work = work or Counted()
        self.logins = Logins(
            self.book,
            checkers,
            Hasher(self.work, CHEAP),
            Throttle(Limits(logins=logins), self.clock),
            self.kept.append,
            self.clock.seconds,
            self.displaced.append,
            "kim",
        )

    def by_password(self, name: str, password: str, address: str | None = HOME) -> Account:
        """Who that is."""
        return now(self.logins.by_password(user_name(name), password, address))

    def by_token(self, name: str, token: str) -> Account:
        """Who that is."""
        return now(self.logins.by_token(user_name(name), token, HOME))


def now(coming: Coroutine[Any, Any, T]) -> T:
    """What comes of it without a wait."""
    return result(Deferred.fromCoroutine(coming))


def memory(**passwords: str) -> InMemoryUsernamePasswordDatabaseDontUse:
    """The table that ``--auth memory`` makes: of text, as strcred has it."""
    table = InMemoryUsernamePasswordDatabaseDontUse()
    for name, password in passwords.items():
        table.addUser(name, password)  # type: ignore[arg-type]  # it is text that strcred gives
    return table


@pytest.fixture
def town() -> Town:
    """A town without anybody else who knows passwords."""
    return Town()


# Passwords.


@pytest.mark.parametrize("name", ["Alex", "aLEX", "ＡＬＥＸ"])
def test_knows_who_says_their_password(town: Town, name: str) -> None:
    """However they spell their name."""
    assert town.by_password(name, "correct-horse") is ALEX


def test_takes_a_password_however_it_is_typed(town: Town) -> None:
    """Composed or not: RFC 8265 says which are the same."""
    hashed = now(town.logins.hash_of("zwölf Esel", user_name("Kim"), HOME))
    town.book.add(Account("3", "Kim", hashed))
    assert town.by_password("Kim", "zwo\u0308lf\u3000Esel").name == "Kim"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Alex", "sams-horse"),
        ("Alex", ""),
        ("Alex", "Correct-horse"),
        ("Kim", "correct-horse"),
        ("root", "correct-horse"),
        ("Alex", "correct-horse\0"),
        ("Alex", "correct-horse\u202e"),
        ("Alex", "\ud800"),
    ],
)
def test_says_the_same_whatever_is_wrong(town: Town, name: str, password: str) -> None:
    """The name, the password, or that it is none."""
    with pytest.raises(WrongPassword) as why:
        town.by_password(name, password)
    assert (why.value.text, why.value.code) == ("Wrong name or password.", "wrong_password")
    assert why.value.__cause__ is None


def test_makes_who_guesses_wait() -> None:
    """Without a hash for it; whoever knows the password as well."""
    town = Town(logins=5)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            town.by_password("Alex", "wrong-horse")
    for password in ("wrong-horse", "correct-horse"):
        with pytest.raises(TooManyTries):
            town.by_password("Alex", password)
    assert isinstance(town.work, Counted)
    assert town.work.done == 5
    town.clock.advance(60)
    assert town.by_password("Alex", "correct-horse") is ALEX


def test_forgives_who_succeeds() -> None:
    """However often they come."""
    town = Town()
    for _ in range(100):
        assert town.by_password("Alex", "correct-horse") is ALEX


def test_does_not_hold_against_anybody_that_many_wait() -> None:
    """Nobody has looked at their password."""
    work = Later()
    town = Town(work=work)
    many = HASHES_AT_ONCE + HASHES_WAITING
    waiting = [
        Deferred.fromCoroutine(
            town.logins.by_password(user_name(f"n{number}"), "wrong-horse", f"192.0.2.{number}")
        )
        for number in range(many)
    ]
    for _ in range(20):
        with pytest.raises(TooBusy):
            town.by_password("Alex", "correct-horse", AWAY)
    work.do(many)
    for failed in waiting:
        with pytest.raises(WrongPassword):
            result(failed)
    asked = Deferred.fromCoroutine(
        town.logins.by_password(user_name("Alex"), "correct-horse", AWAY)
    )
    work.do()
    assert result(asked) is ALEX


# Those whom others know.


def test_asks_others_after_the_book() -> None:
    """In their order; who is known for the first time has an account from then on."""
    town = Town(memory(sam="another-horse"), memory(sam="third-horse", kim="kims-horse"))
    assert town.by_password("sam", "sams-horse") is SAM
    assert town.kept == []
    for password in ("another-horse", "third-horse"):
        assert town.by_password("sam", password).id == SAM.id
    town.kept.clear()
    kim = town.by_password("kim", "kims-horse")
    assert (kim.hash, kim.admin, len(town.kept)) == ("", True, 1)
    assert town.by_password("Kim", "kims-horse") is kim
    for wrong in ("sams-horse", ""):
        with pytest.raises(WrongPassword):
            town.by_password("Kim", wrong)


def test_lets_nobody_in_under_a_name_that_only_a_directory_takes() -> None:
    """It is told: their password was right."""

    class Directory(InMemoryUsernamePasswordDatabaseDontUse):
        def requestAvatarId(self, credentials: object) -> "Deferred[bytes | tuple[()]]":
            known: Deferred[bytes | tuple[()]] = Deferred()
            known.callback(b"Kim at Home")
            return known

    with pytest.raises(NameNotAllowed):
        Town(Directory()).by_password("Kim", "wrong-horse")


def test_lets_nobody_in_who_is_somebody_else_to_a_checker() -> None:
    """The name that they asked for is not theirs."""

    class Directory(InMemoryUsernamePasswordDatabaseDontUse):
        def requestAvatarId(self, credentials: object) -> "Deferred[bytes | tuple[()]]":
            known: Deferred[bytes | tuple[()]] = Deferred()
            known.callback(b"Sam")
            return known

    with pytest.raises(WrongPassword):
        Town(Directory()).by_password("Alex", "wrong-horse")


def test_has_a_directory_decide_whose_a_name_is() -> None:
    """Whoever registered it here comes in no more, neither by a password nor by a token."""
    town = Town(memory(sAM="another-horse"))
    town.book.add_token("secret", Token(SAM.id, "bot", 1.0))
    assert town.displaced == []
    sam = town.by_password("sAM", "another-horse")
    assert (sam.id, sam.name, sam.hash) == (SAM.id, "sAM", "")
    assert town.displaced == [sam]
    with pytest.raises(WrongPassword):
        town.by_password("Sam", "sams-horse")
    with pytest.raises(WrongPassword):
        town.by_token("Sam", "secret")
    for spelling in ("sAM", "sam"):
        assert town.by_password(spelling, "another-horse") is sam
    assert len(town.displaced) == 1
    for change in reversed(town.kept):
        change.undo()
    assert town.by_password("Sam", "sams-horse") is SAM
    assert town.by_token("Sam", "secret") is SAM


@pytest.mark.parametrize("account", [None, ALEX, Account("1", "alex", "")])
def test_lets_one_of_two_in_whom_a_directory_tells_apart(account: Account | None) -> None:
    """Though both are looked at together: the name is one here, and the first one's."""
    work, directory = Later(), memory(alex="first-horse", Alex="second-horse")
    town = Town(directory, work=work)
    town.book.remove(ALEX)
    if account is not None:
        town.book.add(account)
    asked = [
        Deferred.fromCoroutine(town.logins.by_password(user_name(name), password, HOME))
        for name, password in (("alex", "first-horse"), ("Alex", "second-horse"))
    ]
    work.do(2)
    assert result(asked[0]).name == "alex"
    with pytest.raises(WrongPassword):
        result(asked[1])


# Tokens.


def test_knows_who_has_a_token(town: Town) -> None:
    """Of the name that they give, and of no other."""
    town.book.add_token("secret", Token("1", "bot", 1.0))
    assert town.by_token("aLEX", "secret") is ALEX
    for name, token in (("Sam", "secret"), ("Alex", "SECRET"), ("Kim", "secret"), ("Alex", "")):
        with pytest.raises(WrongPassword, match=r"^Wrong name or password\.$"):
            town.by_token(name, token)
    with pytest.raises(WrongPassword):
        town.by_password("Alex", "secret")


def test_keeps_when_a_token_was_used(town: Town) -> None:
    """Once a minute at most."""
    town.book.add_token("secret", Token("1", "bot", 1.0))
    town.clock.advance(1000)
    kept = []
    for _ in range(4):
        town.by_token("Alex", "secret")
        kept.append((len(town.kept), town.book.tokens_of(ALEX)[0].used))
        town.clock.advance(TOKEN_USE_SECONDS / 2)
    assert kept == [(1, 1000.0), (1, 1000.0), (2, 1060.0), (2, 1060.0)]


# Who is in already.


def test_confirms_only_their_own_password(town: Town) -> None:
    """Another's is none."""
    now(town.logins.confirm(ALEX, "correct-horse", HOME))
    for wrong in ("sams-horse", ""):
        with pytest.raises(WrongPassword):
            now(town.logins.confirm(ALEX, wrong, HOME))
    with pytest.raises(WrongPassword):
        now(town.logins.confirm(Account("3", "Alex", ALEX.hash), "correct-horse", HOME))


def test_keeps_nobody_waiting_who_is_in_for_what_others_fail(town: Town) -> None:
    """But for what is failed from where they are."""
    for number in range(FREE_TRIES):
        with pytest.raises(WrongPassword):
            now(town.logins.by_password(user_name("Alex"), "wrong", f"203.0.113.{number}"))
    with pytest.raises(TooManyTries):
        town.by_password("Alex", "correct-horse")
    now(town.logins.confirm(ALEX, "correct-horse", HOME))
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongPassword):
            now(town.logins.confirm(ALEX, "wrong", AWAY))
    with pytest.raises(TooManyTries):
        now(town.logins.confirm(ALEX, "correct-horse", AWAY))


def test_knows_whose_account_is_still_there(town: Town) -> None:
    """As it is by now, for who could prove it still."""
    town.book.add_token("secret", Token("1", "bot", 1.0))
    proofs = (of_password(ALEX), of_token("secret"))
    other = Account("1", "ALEX", ALEX.hash)
    town.book.replace(other)
    assert [town.logins.still(ALEX, proof) for proof in proofs] == [other, other]
    town.book.replace(Account("1", "ALEX", "another"))
    town.book.remove_token(ALEX, "bot")
    for proof in proofs:
        with pytest.raises(WrongPassword):
            town.logins.still(ALEX, proof)
    town.book.replace(other)
    town.book.remove(other)
    with pytest.raises(WrongPassword):
        town.logins.still(ALEX, proofs[0])


def test_hashes_a_password_that_one_may_have() -> None:
    """So many a minute for an address."""
    town = Town(logins=2)
    kim = user_name("Kim")
    for refused in ("short", "kim", "bad\0password", "x" * 129):
        with pytest.raises(PasswordNotAllowed):
            now(town.logins.hash_of(refused, kim, HOME))
    for _ in range(2):
        assert CHEAP.verify(now(town.logins.hash_of("kims-horse", kim, HOME)), "kims-horse")
    with pytest.raises(TooManyTries):
        now(town.logins.hash_of("kims-horse", kim, HOME))
    assert now(town.logins.hash_of("kims-horse", kim, AWAY))


@pytest.mark.parametrize("name", ["Alex", "Kim"])
def test_keeps_a_password_out_of_what_it_says(name: str) -> None:
    """Neither in words, nor in what led to them."""
    town = Town()
    for password in ("canary\ud800", "canary\0", "canary-password"):
        with pytest.raises(Refused) as why:
            town.by_password(name, password)
        assert "canary" not in _all_of(why.value)


def _all_of(why: BaseException | None) -> str:
    """All that an error, and those behind it, say."""
    told = ""
    while why is not None:
        told += repr(why) + str(why)
        why = why.__cause__ or (None if why.__suppress_context__ else why.__context__)
    return told
