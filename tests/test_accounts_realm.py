"""Who has proved to be somebody gets their account, as twisted.cred has it."""

from collections.abc import Callable

import pytest
from twisted.cred.portal import IRealm
from zope.interface import Interface
from zope.interface.verify import verifyObject

from twisted_chat.accounts.account import Account, IAccount
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.realm import Realm
from twisted_chat.ledger import Change
from twisted_chat.refused import NameNotAllowed, NameTaken

ALEX = Account("1", "Alex", "hash")


class Town:
    """A realm with Alex in it."""

    def __init__(self) -> None:
        self.book = Book([])
        self.book.add(ALEX)
        self.kept: list[Change] = []
        self.realm = Realm(self.book, self.kept.append, lambda: 100.0, "kim")

    def avatar(self, name: bytes | tuple[()], *interfaces: type[Interface]) -> Account:
        """Who has that name for a checker."""
        interface, account, log_out = self.realm.requestAvatar(
            name, None, *(interfaces or (IAccount,))
        )
        assert interface is IAccount
        assert isinstance(log_out, Callable)  # type: ignore[arg-type]
        log_out()
        return account


@pytest.fixture
def town() -> Town:
    """A realm nobody has asked yet."""
    return Town()


def test_is_a_realm(town: Town) -> None:
    """Of accounts, and of nothing else."""
    verifyObject(IRealm, town.realm)
    assert town.avatar(b"Alex", IRealm, IAccount) is ALEX
    with pytest.raises(NotImplementedError):
        town.avatar(b"Alex", IRealm)


def test_gives_everybody_their_account(town: Town) -> None:
    """However a checker spells the name, and nothing is kept of it."""
    assert town.avatar(b"aLEX") is ALEX
    assert town.kept == []


def test_makes_an_account_for_whom_others_know(town: Town) -> None:
    """Once, without a password of ours."""
    sam = town.avatar("Zoë".encode())
    assert (sam.name, sam.hash, sam.since, sam.admin) == ("Zoë", "", 100.0, False)
    assert town.avatar("zoë".encode()) is sam
    (change,) = town.kept
    change.undo()
    assert town.book.account("zoë") is None


def test_makes_who_the_operator_names_administrator(town: Town) -> None:
    """Their password is proof enough."""
    assert town.avatar(b"Kim").admin


@pytest.mark.parametrize("name", [b"two words", b"\xff", b"", (), b"x" * 33])
def test_makes_none_for_what_cannot_be_a_name(town: Town, name: bytes | tuple[()]) -> None:
    """A directory may know stranger ones."""
    with pytest.raises(NameNotAllowed):
        town.avatar(name)
    assert town.kept == []


def test_makes_none_that_looks_like_another(town: Town) -> None:
    """Though a directory tells them apart."""
    with pytest.raises(NameTaken):
        town.avatar(b"A1ex")
    assert town.kept == []
