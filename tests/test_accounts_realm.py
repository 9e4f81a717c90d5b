"""Who has proved to be somebody gets their account, as twisted.cred has it."""

from collections.abc import Callable

import pytest
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm
from zope.interface import Interface
from zope.interface.verify import verifyObject

from twisted_chat.accounts.account import Account, IAccount
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.realm import Directory, Realm
from twisted_chat.ledger import Change
from twisted_chat.names import user_name
from twisted_chat.refused import NameNotAllowed, NameTaken

ALEX = Account("1", "Alex", "hash")


class Town:
    """The realms, with Alex in them, whose account is the server's own."""

    def __init__(self) -> None:
        self.book = Book([])
        self.book.add(ALEX)
        self.kept: list[Change] = []
        self.displaced: list[Account] = []
        self.own = Realm(self.book)
        self.directory = Directory(
            self.book, self.kept.append, lambda: 100.0, self.displaced.append, "kim"
        )

    def known(self, avatar_id: bytes | tuple[()], name: str) -> Account:
        """Who asked for that name, and has that one for a checker that is not our own."""
        return avatar(self.directory, avatar_id, name)


def avatar(
    realm: Realm | Directory,
    avatar_id: bytes | tuple[()],
    name: str,
    *interfaces: type[Interface],
) -> Account:
    """Who asked for that name, and has that one for a checker."""
    interface, account, log_out = realm.requestAvatar(
        avatar_id, user_name(name), *(interfaces or (IAccount,))
    )
    assert interface is IAccount
    assert isinstance(log_out, Callable)  # type: ignore[arg-type]
    log_out()
    return account


@pytest.fixture
def town() -> Town:
    """Realms that nobody has asked yet."""
    return Town()


@pytest.mark.parametrize("which", ["own", "directory"])
def test_is_a_realm(town: Town, which: str) -> None:
    """Of accounts, and of nothing else."""
    realm = getattr(town, which)
    verifyObject(IRealm, realm)
    assert avatar(realm, b"Alex", "aLEX", IRealm, IAccount).id == ALEX.id
    with pytest.raises(NotImplementedError):
        avatar(realm, b"Alex", "Alex", IRealm)


def test_gives_everybody_their_own_account(town: Town) -> None:
    """However they spell the name, and nothing is kept of it; and no other, nor a new one."""
    assert avatar(town.own, b"Alex", "aLEX") is ALEX
    for avatar_id, name in ((b"Alex", "Sam"), (b"Sam", "Sam"), ((), "Alex")):
        with pytest.raises(UnauthorizedLogin):
            avatar(town.own, avatar_id, name)
    assert town.book.account("sam") is None


def test_makes_an_account_for_whom_others_know(town: Town) -> None:
    """Once, without a password of ours."""
    zoe = town.known("Zoë".encode(), "zoë")
    assert (zoe.name, zoe.hash, zoe.since, zoe.admin) == ("Zoë", "", 100.0, False)
    assert town.known("Zoë".encode(), "zoë") is zoe
    (change,) = town.kept
    change.undo()
    assert town.book.account("zoë") is None


def test_makes_none_for_who_is_somebody_else_there(town: Town) -> None:
    """The name that they asked for is not theirs, and whose the other is they have not shown."""
    for avatar_id in (b"Zoe", b"Alex"):
        with pytest.raises(UnauthorizedLogin):
            town.known(avatar_id, "Sam")
    assert (town.kept, town.displaced, town.book.account("alex")) == ([], [], ALEX)


def test_gives_an_account_to_one_spelling_alone(town: Town) -> None:
    """Others may know two people by them."""
    town.known(b"Sam", "Sam")
    with pytest.raises(UnauthorizedLogin):
        town.known(b"sam", "sam")


def test_takes_an_account_from_who_registered_it_first(town: Town) -> None:
    """A directory knows better whose the name is; its spelling is the name's."""
    alex = town.known(b"aLEX", "aLEX")
    assert (alex.id, alex.name, alex.hash) == ("1", "aLEX", "")
    assert town.displaced == [alex]
    assert town.book.account("alex") is alex
    (change,) = town.kept
    change.undo()
    assert town.book.account("alex") is ALEX


def test_makes_who_the_operator_names_administrator(town: Town) -> None:
    """Their password is proof enough."""
    assert town.known(b"Kim", "Kim").admin


@pytest.mark.parametrize("name", [b"two words", b"\xff", b"", (), b"x" * 33])
def test_makes_none_for_what_cannot_be_a_name(town: Town, name: bytes | tuple[()]) -> None:
    """A directory may know stranger ones."""
    with pytest.raises(NameNotAllowed):
        town.known(name, "Kim")
    assert town.kept == []


def test_makes_none_that_looks_like_another(town: Town) -> None:
    """Though a directory tells them apart."""
    with pytest.raises(NameTaken):
        town.known(b"A1ex", "A1ex")
    assert town.kept == []
