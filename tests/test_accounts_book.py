"""All accounts, tokens and invitations to register, in memory as on record."""

import msgspec
import pytest

from twisted_chat.accounts.account import Account, Code, IAccount, Token
from twisted_chat.accounts.book import ACCOUNT, Book, Revision
from twisted_chat.accounts.codes import CODE
from twisted_chat.accounts.kept import digest
from twisted_chat.accounts.tokens import TOKEN
from twisted_chat.journal import Put
from twisted_chat.ledger import Change
from twisted_chat.limits import ACCOUNTS, CODES, TOKEN_LABEL_CHARS, TOKENS_PER_ACCOUNT
from twisted_chat.names import user_name
from twisted_chat.refused import NameOwned, NameTaken, TokenExists, TooLong, TooMany, WrongCode

ALEX = Account("1", "Alex", "hash-of-alex", since=100.0)
SAM = Account("2", "Sam", "hash-of-sam")
BOT = Token("1", "bot", 200.0)
CODE_OF_ALEX = Code("Alex", until=1000.0)


class Record:
    """What is on record, and the book that goes with it."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}
        self.book = Book([])

    def keep(self, change: Change) -> Change:
        """Put a change on record."""
        for put in change.puts:
            key = put.kind, put.key
            if put.value is None:
                self.kept.pop(key, None)
            elif not put.if_there or key in self.kept:
                self.kept[key] = put.value
        return change

    def read_again(self) -> Book:
        """The book as the next process has it."""
        return Book([(kind, key, value) for (kind, key), value in self.kept.items()])


@pytest.fixture
def record() -> Record:
    """A record on which Alex has an account with a token, and Sam one without."""
    record = Record()
    record.keep(record.book.add(ALEX))
    record.keep(record.book.add(SAM))
    record.keep(record.book.add_token("secret", BOT))
    return record


# Accounts.


def test_finds_accounts_by_what_is_known_of_them(record: Record) -> None:
    """By the key of their name, by their id, and by what they look like."""
    for book in (record.book, record.read_again()):
        assert (book.account("alex"), book.by_id("1"), book.account("kim")) == (ALEX, ALEX, None)
        assert {book.looks.get(look) for look in user_name("A1ex").looks} == {ALEX}
        assert book.by_id("3") is None


def test_leaves_records_of_other_kinds_alone() -> None:
    """Rooms are on the same record."""
    assert Book([("room", "#dev", b"{}")]).apply(Put("room", "#dev", b"[]")) == Revision()


def test_keeps_the_hash_out_of_sight() -> None:
    """What is shown of an account may end up in a log."""
    assert repr(ALEX) == "Account(id='1', name='Alex', admin=False)"


def test_is_what_cred_looks_for() -> None:
    """An account is an avatar, with the identity that is its owner's on record."""
    assert IAccount.providedBy(ALEX)
    assert ALEX.identity == "a:1"


def test_gives_nobody_a_name_that_is_owned(record: Record) -> None:
    """In whatever case, nor one that looks like it."""
    with pytest.raises(NameOwned, match=r"^The name ALEX is owned\. Choose another\.$"):
        record.book.add(Account("3", "ALEX", ""))
    with pytest.raises(NameTaken, match=r"^The name A1ex looks like Alex, which is owned\.$"):
        record.book.add(Account("3", "A1ex", ""))
    assert record.book.by_id("3") is None


def test_keeps_as_many_accounts_as_there_may_be() -> None:
    """At the bound nobody registers, until somebody gives up theirs."""
    value = msgspec.json.encode(ALEX)
    book = Book((ACCOUNT, f"k{number}", value) for number in range(ACCOUNTS - 1))
    book.add(SAM)
    with pytest.raises(TooMany):
        book.add(Account("3", "Kim", ""))
    book.remove(SAM)
    book.add(Account("3", "Kim", ""))


def test_replaces_an_account(record: Record) -> None:
    """Its name may be spelled otherwise, and is found as before."""
    other = msgspec.structs.replace(ALEX, name="aLEX", admin=True)
    record.keep(record.book.replace(other))
    for book in (record.book, record.read_again()):
        assert (book.account("alex"), book.by_id("1")) == (other, other)
        assert set(book.looks.values()) == {other, SAM}
        assert book.administrators == [other]


def test_keeps_a_change_only_of_what_is_there(record: Record) -> None:
    """What somebody else has removed meanwhile does not come back."""
    (put,) = record.book.replace(ALEX).puts
    assert put.if_there
    with pytest.raises(KeyError):
        record.book.replace(Account("3", "Alex", "of another"))


def test_forgets_an_account_with_its_tokens(record: Record) -> None:
    """The name is anybody's, in memory and on record; the token is nobody's."""
    record.keep(record.book.remove(ALEX))
    for book in (record.book, record.read_again()):
        assert (book.account("alex"), book.by_id("1"), book.token("secret")) == (None, None, None)
        assert set(book.looks.values()) == {SAM}
    assert list(record.kept) == [(ACCOUNT, "sam")]


@pytest.mark.parametrize("what", ["add", "replace", "remove", "add_token", "use", "code"])
def test_takes_a_change_back(record: Record, what: str) -> None:
    """Where the disk is full, all is as it was."""
    book = record.book
    before = _state(book)
    changes = {
        "add": lambda: book.add(Account("3", "Kim", "")),
        "replace": lambda: book.replace(msgspec.structs.replace(ALEX, admin=True)),
        "remove": lambda: book.remove(ALEX),
        "add_token": lambda: book.add_token("other", Token("1", "other", 300.0)),
        "use": lambda: book.use_token(BOT, 300.0),
        "code": lambda: book.add_code("code", CODE_OF_ALEX, 1.0),
    }
    change = changes[what]()
    assert _state(book) != before
    change.undo()
    assert _state(book) == before


def test_takes_changes_back_in_the_opposite_order(record: Record) -> None:
    """Two changes of the same account, one after the other."""
    first = record.book.replace(msgspec.structs.replace(ALEX, hash="first"))
    second = record.book.replace(msgspec.structs.replace(ALEX, hash="second"))
    second.undo()
    first.undo()
    assert record.book.account("alex") == ALEX


# What another process does.


def test_takes_over_what_another_process_changed(record: Record) -> None:
    """And says what that means."""
    changed = msgspec.structs.replace(ALEX, hash="reset")
    kim = Account("3", "Kim", "")
    assert record.book.apply(_put("alex", changed)) == Revision(ALEX, changed)
    assert record.book.apply(_put("kim", kim)) == Revision(None, kim)
    assert record.book.apply(_put("sam", None)) == Revision(SAM, None)
    assert [record.book.account(key) for key in ("alex", "kim", "sam")] == [changed, kim, None]


@pytest.mark.parametrize("after", [None, Account("3", "Alex", "")])
def test_forgets_the_tokens_of_who_lost_their_account(
    record: Record, after: Account | None
) -> None:
    """Also where another has an account of that name from now on."""
    record.book.apply(_put("alex", after))
    assert record.book.token("secret") is None
    assert record.book.tokens_of(ALEX) == []


def test_takes_over_tokens_and_codes(record: Record) -> None:
    """The operator revokes, and invites."""
    record.book.apply(Put(TOKEN, digest("secret"), None))
    record.book.apply(Put(CODE, digest("code"), msgspec.json.encode(CODE_OF_ALEX)))
    assert record.book.token("secret") is None
    record.book.check_code("code", 1.0)


def test_takes_nothing_back_that_another_process_changed(record: Record) -> None:
    """Its change is on record, and stands."""
    change = record.book.replace(msgspec.structs.replace(ALEX, hash="lost"))
    reset = msgspec.structs.replace(ALEX, hash="reset")
    record.book.apply(_put("alex", reset))
    change.undo()
    assert record.book.account("alex") == reset


@pytest.mark.parametrize("how", ["depose", "remove"])
def test_knows_that_there_has_been_an_administrator(how: str) -> None:
    """However they cease to be one; not where that could not be kept."""
    record, admin = Record(), msgspec.structs.replace(ALEX, admin=True)
    book = record.book
    assert not book.was_administered
    record.keep(book.add(ALEX))
    record.keep(book.replace(admin))
    ways = {"depose": lambda: book.replace(ALEX), "remove": lambda: book.remove(admin)}
    ways[how]().undo()
    assert [kind for kind, _ in record.kept] == [ACCOUNT]
    record.keep(ways[how]())
    for then in (book, record.read_again()):
        assert (then.administrators, then.was_administered) == ([], True)
    if how == "depose":
        record.keep(book.remove(ALEX))
    assert record.read_again().was_administered


# Tokens.


def test_finds_a_token_by_its_secret(record: Record) -> None:
    """Which is not on record itself."""
    assert (record.book.token("secret"), record.book.token("SECRET")) == (BOT, None)
    assert record.read_again().token("secret") == BOT
    assert not any("secret" in key or b"secret" in kept for (_, key), kept in record.kept.items())


def test_takes_a_token_of_nobody_for_none() -> None:
    """Its account is no more."""
    assert Book([(TOKEN, digest("secret"), msgspec.json.encode(BOT))]).token("secret") is None


def test_lists_tokens_in_the_order_in_which_they_were_made(record: Record) -> None:
    """Those of an account, and no others."""
    older, others = Token("1", "older", 100.0), Token("2", "bot", 50.0)
    record.keep(record.book.add_token("s2", older))
    record.keep(record.book.add_token("s3", others))
    for book in (record.book, record.read_again()):
        assert (book.tokens_of(ALEX), book.tokens_of(SAM)) == ([older, BOT], [others])


def test_has_as_many_tokens_as_one_may_have(record: Record) -> None:
    """At the bound one has to go first; others have theirs."""
    for number in range(TOKENS_PER_ACCOUNT - 1):
        record.book.add_token(f"s{number}", Token("1", f"t{number}", 1.0))
    with pytest.raises(TooMany, match=r"^You have 20 tokens\. /revoke one first\.$"):
        record.book.add_token("more", Token("1", "more", 1.0))
    record.book.add_token("of-sam", Token("2", "more", 1.0))
    record.book.remove_token(ALEX, "t0")
    record.book.add_token("more", Token("1", "more", 1.0))


def test_tells_tokens_apart_by_their_labels(record: Record) -> None:
    """Each is there once, and short enough for a list."""
    with pytest.raises(TokenExists):
        record.book.add_token("other", Token("1", "bot", 1.0))
    record.book.add_token("long", Token("1", "x" * TOKEN_LABEL_CHARS, 1.0))
    with pytest.raises(TooLong):
        record.book.add_token("longer", Token("1", "y" * (TOKEN_LABEL_CHARS + 1), 1.0))


def test_remembers_when_a_token_was_used(record: Record) -> None:
    """Unless it is no more by then."""
    change = record.keep(record.book.use_token(BOT, 300.0))
    assert all(put.if_there for put in change.puts)
    for book in (record.book, record.read_again()):
        assert [token.used for token in book.tokens_of(ALEX)] == [300.0]
    record.book.remove_token(ALEX, "bot")
    assert record.book.use_token(BOT, 400.0).puts == ()


def test_revokes_a_token(record: Record) -> None:
    """Of that account and label; there is none of another."""
    assert record.book.remove_token(SAM, "bot") is None
    assert record.book.remove_token(ALEX, "other") is None
    change = record.book.remove_token(ALEX, "bot")
    assert change is not None
    record.keep(change)
    assert [book.token("secret") for book in (record.book, record.read_again())] == [None, None]


# Codes.


def test_takes_a_code_once(record: Record) -> None:
    """Until it ends, and by the one who has it."""
    record.keep(record.book.add_code("code", CODE_OF_ALEX, 1.0))
    for secret, now in (("CODE", 1.0), ("code", 1000.0)):
        with pytest.raises(WrongCode):
            record.book.take_code(secret, now)
    record.keep(record.read_again().take_code("code", 999.0))
    record.book.take_code("code", 999.0)
    for book in (record.book, record.read_again()):
        with pytest.raises(WrongCode):
            book.take_code("code", 999.0)


def test_has_as_many_codes_as_there_may_be() -> None:
    """At the bound nobody is invited, until one is used or has ended."""
    record = Record()
    for number in range(CODES):
        record.keep(record.book.add_code(f"c{number}", Code("Alex", until=10.0 + number), 1.0))
    with pytest.raises(TooMany):
        record.book.add_code("more", CODE_OF_ALEX, 9.0)
    record.keep(record.book.add_code("more", CODE_OF_ALEX, 10.0))
    assert len(record.kept) == CODES
    record.keep(record.book.take_code("c5", 10.0))
    record.keep(record.book.add_code("yet-more", CODE_OF_ALEX, 10.0))
    with pytest.raises(TooMany):
        record.book.add_code("too-many", CODE_OF_ALEX, 10.0)


def _put(key: str, account: Account | None) -> Put:
    return Put(ACCOUNT, key, None if account is None else msgspec.json.encode(account))


def _state(book: Book) -> object:
    """All that can be seen of a book."""
    keys = ("alex", "sam", "kim")
    secrets = ("secret", "other")
    return (
        [book.account(key) for key in keys],
        dict(book.looks),
        [book.by_id(number) for number in "123"],
        [book.token(secret) for secret in secrets],
        [book.tokens_of(account) for account in (ALEX, SAM)],
        _has_code(book),
    )


def _has_code(book: Book) -> bool:
    try:
        book.check_code("code", 1.0)
    except WrongCode:
        return False
    return True
