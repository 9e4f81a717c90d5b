"""Accounts, tokens and bans, from the command line."""

import getpass
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pexpect
import pytest
from argon2 import PasswordHasher
from conftest import PATIENCE_SECONDS
from journals import EVER, LOBBY, commit, joined, on_disk, result, said, texts, told
from operators import PASSWORD, Operator

from twisted_chat import wording
from twisted_chat.accounts.account import Account, Token
from twisted_chat.accounts.book import ACCOUNT, Book
from twisted_chat.accounts.tokens import TOKEN
from twisted_chat.identity import of_account
from twisted_chat.journal import Put
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.limits import PASSWORD_MIN_CHARS
from twisted_chat.registry import ROOM, RULINGS
from twisted_chat.rooms import Charter, Founded
from twisted_chat.rulings import Filter, Ruling, Rulings

COMMAND = str(Path(sys.executable).with_name("twisted-chat-admin"))
CANARY = "canary in a coal mine"
ALEX = Account("1", "Alex", "hash-of-alex", since=1_700_000_000.0)
FILTER = Filter("cat", "Alex")
SAM = Account("2", "Sam", "", admin=True, since=1_700_000_000.0)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """Somebody whose directory is not there yet."""
    return Operator(tmp_path / "data")


@pytest.fixture
def journal(operator: Operator) -> Iterator[SqliteJournal]:
    """That of a server which runs, with Alex, who has a token, and Sam."""
    journal = on_disk(operator.data)
    token = Token("1", "bot", since=1_700_000_000.0, used=1_700_000_060.0)
    puts = [
        Put(ACCOUNT, "alex", msgspec.json.encode(ALEX)),
        Put(ACCOUNT, "sam", msgspec.json.encode(SAM)),
        Put(TOKEN, "digest", msgspec.json.encode(token)),
    ]
    result(journal.commit([], puts))
    yield journal
    result(journal.close())


def _account(operator: Operator, key: str) -> Account | None:
    with operator.store() as store:
        return Book(store.records()).account(key)


def _changes(journal: SqliteJournal) -> list[tuple[str, str, bool]]:
    """What the server hears of: the kind, the key, and whether it is there still."""
    puts = result(journal.changes())
    return [(put.kind, put.key, put.value is not None) for put in puts]


# Accounts.


def test_makes_the_first_account_before_the_first_server(operator: Operator) -> None:
    """With the password that came on standard input, and an id of its own."""
    done = operator.does("accounts", "add", "Alex", "--admin", stdin=f"{PASSWORD}\nmore")
    assert (done.code, done.out, done.err) == (0, "Alex has an account.\n", "")
    account = _account(operator, "alex")
    assert account is not None
    assert (account.name, account.admin, len(account.id)) == ("Alex", True, 16)
    assert PasswordHasher().verify(account.hash, PASSWORD)


def test_tells_a_server_of_a_new_account(operator: Operator, journal: SqliteJournal) -> None:
    """It hears of what was added, and of nothing else."""
    operator.does("accounts", "add", "Kim", stdin=PASSWORD)
    assert _changes(journal) == [(ACCOUNT, "kim", True)]
    account = _account(operator, "kim")
    assert account is not None
    assert not account.admin


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("ALEX", "", "The name ALEX is owned. Choose another."),
        ("A1ex", "", "The name A1ex looks like Alex, which is owned."),
        ("Kim", "", "No password came on standard input. Nothing is changed."),
        ("Kim", "\n", "No password came on standard input. Nothing is changed."),
        ("Kim", "short", f"A password has {PASSWORD_MIN_CHARS} characters at least."),
        ("Kimberly", "kimberly", "Your name is the first password that others try."),
        ("Kim", "x" * 5000, "A password has 128 characters at most."),
    ],
)
def test_makes_no_account_that_the_server_would_not(
    operator: Operator, name: str, password: str, why: str
) -> None:
    """The rules are those for everybody."""
    refused = operator.does("accounts", "add", name, stdin=password)
    assert (refused.code, refused.out, refused.err) == (1, "", f"twisted-chat-admin: {why}\n")
    assert [account.name for account in _all(operator)] == ["Alex", "Sam"]


def _all(operator: Operator) -> list[Account]:
    with operator.store() as store:
        return [
            msgspec.json.decode(value, type=Account)
            for kind, _, value in store.records()
            if kind == ACCOUNT
        ]


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize("words", [["accounts"], ["accounts", "list"]])
def test_lists_accounts(operator: Operator, words: Sequence[str]) -> None:
    """By name, with what is to be known of each; no hash is shown."""
    assert operator.does(*words).lines == [
        "Alex: since 2023-11-14 22:13, 1 token",
        "Sam: since 2023-11-14 22:13, administrator, password known to --auth alone",
    ]


def test_resets_a_password(operator: Operator, journal: SqliteJournal) -> None:
    """All else stays, tokens too, which is said."""
    done = operator.does("accounts", "reset", "ALEX", stdin=f"{PASSWORD}\n")
    assert (done.code, done.out) == (0, "Alex has a new password.\n")
    assert "tokens of the account are as good as before" in done.err
    account = _account(operator, "alex")
    assert account == msgspec.structs.replace(ALEX, hash=account.hash if account else "")
    assert account
    assert PasswordHasher().verify(account.hash, PASSWORD)
    assert _changes(journal) == [(ACCOUNT, "alex", True)]


def test_appoints_administrators(operator: Operator, journal: SqliteJournal) -> None:
    """And has them be so no more."""
    assert operator.does("accounts", "admin", "alex", "on").out == "Alex administers the server.\n"
    done = operator.does("accounts", "admin", "sam", "off")
    assert done.out == "Sam does not administer the server.\n"
    assert [account.admin for account in _all(operator)] == [True, False]
    assert _changes(journal) == [(ACCOUNT, "alex", True), (ACCOUNT, "sam", True)]


def test_removes_an_account(operator: Operator, journal: SqliteJournal) -> None:
    """With its tokens; what was said stays."""
    commit(journal, said("mine", of_account("1")))
    done = operator.does("accounts", "remove", "alex")
    assert (done.code, done.out) == (0, "Alex has no account any more.\n")
    assert [account.name for account in _all(operator)] == ["Sam"]
    assert _changes(journal) == [(ACCOUNT, "alex", False), (TOKEN, "digest", False)]
    assert len(operator.does("export").lines) == 1


def test_removes_an_account_with_what_it_said(operator: Operator, journal: SqliteJournal) -> None:
    """Wherever it was; what others said stays, and nothing is found of the rest."""
    mine = of_account("1")
    commit(journal, joined(mine), said("mine", mine), said("theirs"), told("mine alone", mine))
    result(journal.close())
    done = operator.does("accounts", "remove", "Alex", "--with-messages")
    assert done.lines == ["Alex has no account any more.", "Forgotten of Alex: 2 messages."]
    after = on_disk(operator.data)
    assert texts(result(after.past(LOBBY, upto=EVER, most=9)).events) == ["theirs"]
    assert result(after.search("mine", LOBBY, upto=EVER, most=9)).events == []
    assert result(after.heard(mine)) == {}
    result(after.close())
    for file in operator.data.iterdir():
        assert b"mine alone" not in file.read_bytes()


def test_does_not_wait_for_ever_for_a_server(
    operator: Operator, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that hangs hears of it too late, which is said."""
    monkeypatch.setattr("twisted_chat.admin.place.TAKEN_SECONDS", 0)
    commit(journal, said("mine", of_account("1")))
    done = operator.does("accounts", "remove", "Alex", "--with-messages")
    assert (done.code, done.lines[-1]) == (0, "Forgotten of Alex: 1 message.")
    assert done.err == "The server does not answer: what is said from now on will stay.\n"


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    "words",
    [
        ["accounts", "reset", "Kim"],
        ["accounts", "remove", "Kim", "--with-messages"],
        ["accounts", "admin", "Kim", "on"],
        ["tokens", "Kim"],
    ],
)
def test_says_that_there_is_no_such_account(operator: Operator, words: Sequence[str]) -> None:
    """Before a password is asked for."""
    refused = operator.does(*words)
    assert (refused.code, refused.err) == (
        1,
        "twisted-chat-admin: There is no account Kim. The command accounts lists all.\n",
    )


# Passwords.


@pytest.mark.parametrize("command", ["add", "reset"])
@pytest.mark.parametrize("password", [CANARY, CANARY[:7], CANARY + "x" * 128, CANARY + "\x00"])
def test_tells_nobody_a_password(operator: Operator, command: str, password: str) -> None:
    """It is in no file and no line, whether it is taken or not: threat 19."""
    operator.does("accounts", "add", "Alex", stdin=PASSWORD)
    name = "Alex" if command == "reset" else "Kim"
    done = operator.does("accounts", command, name, stdin=f"{password}\n")
    assert done.code == (0 if password == CANARY else 1)
    files = [file.read_bytes() for file in operator.data.iterdir()]
    assert len(files) > 1
    for written in (*files, done.out.encode(), done.err.encode()):
        assert CANARY[:7].encode() not in written


def test_hides_what_is_typed(operator: Operator) -> None:
    """On a terminal it asks twice, and shows nothing."""
    with _typing(operator, "add", "Alex") as shown:
        for prompt in ("Password: ", "Once more: "):
            shown.terminal.expect_exact(prompt)
            shown.terminal.sendline(CANARY)
        shown.terminal.expect_exact("Alex has an account.")
    assert (shown.code, CANARY in shown.text) == (0, False)
    account = _account(operator, "alex")
    assert account is not None
    assert PasswordHasher().verify(account.hash, CANARY)


@pytest.mark.parametrize(
    ("second", "code", "why"),
    [
        (f"{CANARY}!\n", 1, "These are two passwords. Nothing is changed."),
        ("\x04", 1, "No password was typed. Nothing is changed."),
        ("\x03", 130, ""),
    ],
)
def test_takes_back_what_is_mistyped(operator: Operator, second: str, code: int, why: str) -> None:
    """Two that differ, the end of input, Ctrl-C: there is no account, and nothing is shown."""
    with _typing(operator, "add", "Alex") as shown:
        shown.terminal.expect_exact("Password: ")
        shown.terminal.sendline(CANARY)
        shown.terminal.expect_exact("Once more: ")
        shown.terminal.send(second)
        shown.terminal.expect_exact(why)
    assert (shown.code, CANARY in shown.text) == (code, False)
    assert _all(operator) == []


def test_asks_for_no_password_that_would_be_seen(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal may have no way to hide it."""
    monkeypatch.setattr("getpass.getpass", getpass.fallback_getpass)  # type: ignore[attr-defined]
    refused = operator.answers(CANARY, "accounts", "add", "Alex")
    assert (refused.code, refused.err) == (
        1,
        "twisted-chat-admin: This terminal shows what is typed: use another one.\n",
    )
    assert _all(operator) == []


class _typing:
    """The command on a terminal of its own."""

    def __init__(self, operator: Operator, *words: str) -> None:
        self.terminal = pexpect.spawn(
            COMMAND,
            ["--data", str(operator.data), "accounts", *words],
            timeout=PATIENCE_SECONDS,
            encoding="utf-8",
            env={**os.environ, "TERM": "dumb"},
        )
        self.text = ""
        self.code: int | None = None

    def __enter__(self) -> "_typing":
        return self

    def __exit__(self, *why: object) -> None:
        self.text = str(self.terminal.before) + str(self.terminal.after)
        self.terminal.expect(pexpect.EOF)
        self.text += self.terminal.before
        self.terminal.close()
        self.code = self.terminal.exitstatus


# Tokens.


@pytest.mark.usefixtures("journal")
def test_lists_tokens(operator: Operator) -> None:
    """With their last use, and no digest."""
    assert operator.does("tokens", "alex").lines == [
        "bot: made on 2023-11-14 22:13, used last on 2023-11-14 22:14"
    ]
    assert operator.does("tokens", "sam").lines == []


def test_revokes_tokens(operator: Operator, journal: SqliteJournal) -> None:
    """One that there is."""
    refused = operator.does("tokens", "alex", "--revoke", "cat")
    assert (refused.code, refused.err) == (
        1,
        "twisted-chat-admin: Alex has no token of that name.\n",
    )
    done = operator.does("tokens", "alex", "--revoke", "bot")
    assert done.out == "The token bot of Alex is of no use any more.\n"
    assert _changes(journal) == [(TOKEN, "digest", False)]
    assert operator.does("tokens", "alex").lines == []


# Bans.


@pytest.fixture
def banned(operator: Operator, journal: SqliteJournal) -> SqliteJournal:
    """The same server, which keeps some out; one ban is over."""
    server = Rulings(
        bans=(
            Ruling("10.0.0.0/8", "Sam", 1_700_000_000.0, "\x1bno", until=4e9),
            Ruling("Kim", "Sam", 1_700_000_000.0),
            Ruling("Lee", "Sam", 1_700_000_000.0, until=1_700_000_060.0),
        )
    )
    room = Rulings(bans=(Ruling("Kim", "Alex", 1_700_000_000.0),), filters=(FILTER,))
    puts = [
        Put(RULINGS, "*", msgspec.json.encode(server)),
        Put(RULINGS, "#dev", msgspec.json.encode(room)),
    ]
    result(journal.commit([], puts))
    return journal


@pytest.mark.usefixtures("banned")
def test_lists_bans(operator: Operator) -> None:
    """Those that hold, in all places or in one, with whom, how long and why."""
    room = "Kim, banned from #dev for good, by Alex on 2023-11-14 22:13"
    server = [
        "10.0.0.0/8, banned from the server until 2096-10-02 07:07, by Sam on 2023-11-14 22:13:"
        " \ufffdno",
        "Kim, banned from the server for good, by Sam on 2023-11-14 22:13",
    ]
    assert operator.does("bans").lines == [room, *server]
    assert operator.does("bans", "*").lines == server
    assert operator.does("bans", "DEV").lines == [room]
    assert operator.does("bans", "#nowhere").lines == []


def test_lifts_bans(operator: Operator, banned: SqliteJournal) -> None:
    """Wherever they are, or in one place; all other rules stay."""
    done = operator.does("bans", "remove", "10.0.0.0/8", "*")
    assert (done.code, done.out) == (0, "10.0.0.0/8 may come into the server again.\n")
    done = operator.does("bans", "remove", "kim")
    assert done.lines == ["kim may come into #dev again.", "kim may come into the server again."]
    assert operator.does("bans").lines == []
    assert _changes(banned) == [
        (RULINGS, "*", True),
        (RULINGS, "#dev", True),
        (RULINGS, "*", False),
    ]
    with operator.store() as store:
        (kept,) = [
            value for kind, key, value in store.records() if (kind, key) == (RULINGS, "#dev")
        ]
    assert msgspec.json.decode(kept, type=Rulings) == Rulings(filters=(FILTER,))


def test_puts_what_it_lifts_on_record(operator: Operator, banned: SqliteJournal) -> None:
    """The audit of the server, or of the room, has it; an address beside the event alone."""
    charter = Charter(mark="secret", owner="1")
    value = msgspec.json.encode(Founded("#Dev", charter))
    result(banned.commit([], [Put(ROOM, "#dev", value)]))
    operator.does("bans", "remove", "10.0.0.0/8")
    operator.does("bans", "remove", "kim", "dev")
    acts = result(banned.audit(None, upto=1 << 40, most=9))
    assert [(act.event.seq, act.room, act.concerns) for act in acts] == [
        (acts[0].event.seq, "*", "10.0.0.0/8"),
        (acts[0].event.seq + 1, "#dev!secret", ""),
    ]
    assert [wording.words(act.event) for act in acts] == [
        " * twisted-chat-admin lifted the ban on an address.",
        " * twisted-chat-admin lifted the ban on Kim.",
    ]


@pytest.mark.usefixtures("banned")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["Lee"], "There is no ban on Lee. The command bans lists all."),
        (["10.0.0.0/8", "#dev"], "There is no ban on 10.0.0.0/8. The command bans lists all."),
        (["999.0.0.1"], "That is no address."),
    ],
)
def test_lifts_bans_that_there_are(operator: Operator, words: Sequence[str], why: str) -> None:
    """One that is over, is elsewhere, or cannot be, is none."""
    before = operator.does("bans").out
    refused = operator.does("bans", "remove", *words)
    assert (refused.code, refused.err.startswith(f"twisted-chat-admin: {why}")) == (1, True)
    assert operator.does("bans").out == before
