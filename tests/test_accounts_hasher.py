"""Passwords are hashed elsewhere, so many at once, and so many waiting for it."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError
from hashing import Counted, Later
from journals import result
from twisted.internet.defer import Deferred

from twisted_chat.accounts.hasher import Hasher
from twisted_chat.limits import HASHES_AT_ONCE, HASHES_WAITING
from twisted_chat.refused import TooBusy
from twisted_chat.testing import CHEAP, AtOnce


class Watched(PasswordHasher):
    """Remembers what it compared with."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.compared: list[str | bytes] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
        self.compared.append(hash)
        return super().verify(hash, password)


def hashed(hasher: Hasher, password: str) -> str:
    """The hash of a password."""
    return result(Deferred.fromCoroutine(hasher.hash(password)))


def fits(hasher: Hasher, hash: str, password: str) -> bool:
    """Whether it is the hash of that password."""
    return result(Deferred.fromCoroutine(hasher.verify(hash, password)))


def test_knows_a_password_by_its_hash() -> None:
    """That one and no other, and each time by another hash."""
    hasher = Hasher(AtOnce(), CHEAP)
    first, second = hashed(hasher, "correct-horse"), hashed(hasher, "correct-horse")
    assert first != second
    assert fits(hasher, first, "correct-horse")
    assert fits(hasher, second, "correct-horse")
    assert not fits(hasher, first, "Correct-horse")


def test_takes_an_empty_hash_for_nobodys() -> None:
    """No password fits it, and to find that out costs what it costs for a hash of somebody's."""
    argon, work = Watched(), Counted()
    hasher = Hasher(work, argon)
    assert not fits(hasher, "", "correct-horse")
    assert not fits(hasher, "", "")
    assert work.done == len(argon.compared) == 2
    wanted = extract_parameters(argon.hash("anything"))
    assert [extract_parameters(str(hash)) for hash in argon.compared] == [wanted] * 2


def test_hashes_as_is_recommended_unless_told_otherwise() -> None:
    """RFC 9106, section 4, the second choice: argon2id with 64 MiB in three passes."""
    hash = hashed(Hasher(AtOnce()), "correct-horse")
    assert hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_tells_a_hash_that_one_would_make_otherwise_today() -> None:
    """It is made anew when its owner comes."""
    before = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    hasher = Hasher(AtOnce(), CHEAP)
    assert hasher.outdated(before.hash("correct-horse"))
    assert not hasher.outdated(hashed(hasher, "correct-horse"))


def test_hashes_nowhere_but_in_its_threads() -> None:
    """The reactor is not kept waiting."""
    argon, work = Watched(), Later()
    pending = Deferred.fromCoroutine(Hasher(work, argon).verify("", "correct-horse"))
    assert (work.waiting, argon.compared, pending.called) == (1, [], False)
    work.do()
    assert not result(pending)


def test_has_so_many_waiting() -> None:
    """At the bound the next one is told to come later, and has a place when one is done."""
    work = Later()
    hasher = Hasher(work, CHEAP)
    most = HASHES_AT_ONCE + HASHES_WAITING
    asked = [Deferred.fromCoroutine(hasher.hash("correct-horse")) for _ in range(most)]
    with pytest.raises(TooBusy):
        fits(hasher, "", "correct-horse")
    work.do()
    asked.append(Deferred.fromCoroutine(hasher.hash("correct-horse")))
    assert work.waiting == most
    work.do(most)
    assert all(result(hash) for hash in asked)


def test_frees_the_place_of_what_went_wrong() -> None:
    """A hash that cannot be read is an error, once."""
    hasher = Hasher(AtOnce(), CHEAP)
    for _ in range(HASHES_AT_ONCE + HASHES_WAITING + 1):
        with pytest.raises(InvalidHashError):
            fits(hasher, "no hash", "correct-horse")
