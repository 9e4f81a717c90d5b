"""Who may have an account, and who administers the server."""

from dataclasses import replace

import pytest

from twisted_chat.accounts.account import Account, Code
from twisted_chat.accounts.book import Book
from twisted_chat.accounts.policy import Policy
from twisted_chat.accounts.registrar import Registrar
from twisted_chat.names import user_name
from twisted_chat.refused import BadRequest, NameOwned, RegistrationClosed, WrongCode

ALEX, SAM = user_name("Alex"), user_name("Sam")
CODE = "an-invitation"
NOW, ENDS = 100.0, 200.0

OPEN, CLOSED, INVITE = (
    Policy(registration="open"),
    Policy(registration="closed"),
    Policy(registration="invite"),
)
NAMED = Policy(administrator="alex")


class Office:
    """A registrar, with a book in which Kim administers, unless nobody does yet."""

    def __init__(self, policy: Policy, *accounts: Account) -> None:
        self.book = Book([])
        for account in accounts:
            self.book.add(account)
        self.book.add_code(CODE, Code("Kim", ENDS), NOW)
        self.registrar = Registrar(self.book, policy)

    def makes_admin(self, name: str, *, local: bool, code: str | None = None) -> bool:
        """Make an account; whether it administers the server."""
        wanted = user_name(name)
        self.registrar.begin(wanted, local, code, NOW)
        account, _ = self.registrar.register(wanted, "hash", local, code, NOW)
        assert self.book.account(wanted.key) is account
        return account.admin


KIM = Account("1", "Kim", "hash", admin=True)


def test_makes_an_account() -> None:
    """With a hash, the moment and an id of its own; the name is as its owner writes it."""
    office = Office(OPEN, KIM)
    account, changes = office.registrar.register(user_name("aLEX"), "hash", False, None, NOW)
    assert (account.name, account.hash, account.since, account.admin) == (
        *("aLEX", "hash", NOW),
        False,
    )
    assert account.id not in ("", "1")
    for change in changes:
        change.undo()
    assert office.book.account("alex") is None


def test_makes_none_of_a_name_that_is_owned() -> None:
    """Before time is spent on a hash, and after it."""
    registrar = Office(OPEN, KIM).registrar
    with pytest.raises(NameOwned, match=r"^The name KIM is owned\. Choose another\.$"):
        registrar.begin(user_name("KIM"), False, None, NOW)
    with pytest.raises(NameOwned):
        registrar.register(user_name("KIM"), "hash", False, None, NOW)


@pytest.mark.parametrize("local", [False, True])
def test_makes_none_where_nobody_registers(local: bool) -> None:
    """With a code or without."""
    office = Office(CLOSED)
    for code in (None, CODE):
        with pytest.raises(RegistrationClosed, match=r"^Nobody registers here: ask the operator"):
            office.makes_admin("Alex", local=local, code=code)


def test_takes_a_code_where_one_is_invited() -> None:
    """Once, and not another, nor after its end."""
    office = Office(INVITE, KIM)
    with pytest.raises(RegistrationClosed, match=r": /register PASSWORD CODE\.$"):
        office.makes_admin("Alex", local=True)
    with pytest.raises(RegistrationClosed, match=r": /register NAME PASSWORD CODE\.$"):
        office.registrar.begin(ALEX, True, None, NOW, outside=True)
    with pytest.raises(WrongCode):
        office.makes_admin("Alex", local=True, code="a guess")
    with pytest.raises(WrongCode):
        office.registrar.begin(ALEX, False, CODE, ENDS)
    assert not office.makes_admin("Alex", local=False, code=CODE)
    with pytest.raises(WrongCode):
        office.makes_admin("Sam", local=False, code=CODE)


def test_gives_a_code_to_the_first_of_two() -> None:
    """Both were let pass while it was good; the second has no account, and nothing changed."""
    office = Office(INVITE, KIM)
    for name in (ALEX, SAM):
        office.registrar.begin(name, False, CODE, NOW)
    office.registrar.register(ALEX, "hash", False, CODE, NOW)
    with pytest.raises(WrongCode):
        office.registrar.register(SAM, "hash", False, CODE, NOW)
    assert office.book.account("sam") is None


def test_takes_no_code_where_everybody_may_register() -> None:
    """It may be the second word of what somebody takes for a password of two."""
    office = Office(OPEN, KIM)
    with pytest.raises(BadRequest, match=r"is one word\.$"):
        office.makes_admin("Alex", local=False, code="staple")
    assert office.book.account("alex") is None


def test_leaves_a_code_alone_that_is_not_needed() -> None:
    """Who is the first on this machine has none to use up."""
    office = Office(INVITE)
    assert office.makes_admin("Alex", local=True, code=CODE)
    office.book.check_code(CODE, NOW)


@pytest.mark.parametrize(("policy", "code"), [(OPEN, None), (INVITE, CODE)])
def test_has_the_first_one_from_this_machine_administer(policy: Policy, code: str | None) -> None:
    """Without a code, as there is nobody who could have made one; and nobody after them."""
    office = Office(policy)
    assert office.makes_admin("Alex", local=True)
    assert not office.makes_admin("Sam", local=True, code=code)


def test_has_no_stranger_administer() -> None:
    """However early they come."""
    office = Office(OPEN)
    assert not office.makes_admin("Alex", local=False)
    assert office.makes_admin("Sam", local=True)


def test_has_who_the_operator_names_administer() -> None:
    """In whatever case, and nobody else on this machine."""
    office = Office(NAMED)
    assert not office.makes_admin("Sam", local=True)
    assert office.makes_admin("ALEX", local=True)


def test_has_nobody_from_afar_be_who_the_operator_names() -> None:
    """A guessed name is no proof, nor is a code: it is for any account."""
    for policy in (NAMED, replace(NAMED, registration="invite")):
        office = Office(policy)
        for code in (None, CODE, "a guess"):
            with pytest.raises(RegistrationClosed, match=r"^That account is made on the server's"):
                office.makes_admin("Alex", local=False, code=code)
        assert office.makes_admin("Alex", local=True)


def test_has_no_other_one_be_the_first() -> None:
    """Once there has been an administrator: not where that one is gone, or administers no more."""
    office = Office(OPEN, KIM)
    office.book.remove(KIM)
    assert not office.makes_admin("Alex", local=True)
    office = Office(OPEN, KIM)
    office.book.replace(Account(KIM.id, KIM.name, KIM.hash))
    assert not office.makes_admin("Alex", local=True)


def test_names_an_owned_name_to_those_alone_who_may_register() -> None:
    """Who has no code does not learn which names there are."""
    registrar = Office(INVITE, KIM).registrar
    with pytest.raises(RegistrationClosed):
        registrar.begin(user_name("Kim"), False, None, NOW)
    with pytest.raises(NameOwned):
        registrar.begin(user_name("Kim"), False, CODE, NOW)


def test_appoints_who_the_operator_names_later() -> None:
    """An account that was there before; once, and nobody where nobody is named."""
    office = Office(NAMED, Account("2", "Alex", "hash"))
    (change,) = office.registrar.appoint()
    assert [account.name for account in office.book.administrators] == ["Alex"]
    assert office.registrar.appoint() == []
    change.undo()
    assert office.book.administrators == []
    assert Office(OPEN, KIM).registrar.appoint() == []
    assert Office(NAMED, KIM).registrar.appoint() == []
