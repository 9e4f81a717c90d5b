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
from twisted_chat.accounts.book import ACCOUNT, ADMINISTERED, Book
from twisted_chat.accounts.tokens import TOKEN
from twisted_chat.identity import of_account
from twisted_chat.journal import PRIVATE, Put
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.limits import BANS_PER_PLACE, PASSWORD_MIN_CHARS, REASON_CHARS
from twisted_chat.registry import BAN, ROOM, RULINGS, BanNote, put_rulings
from twisted_chat.rooms import Charter, Founded
from twisted_chat.rulings import Filter, Ruling, Rulings

COMMAND = str(Path(sys.executable).with_name("twisted-chat-admin"))
CANARY = "canary in a coal mine"
ALEX = Account("1", "Alex", "hash-of-alex", since=1_700_000_000.0)
FILTER = Filter("cat", "Alex")
TEN = Ruling("10.0.0.0/8", "Sam", 1_700_000_000.0, "\x1bno", until=4e9)
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
    noted = (ADMINISTERED, "", True)
    assert _changes(journal) == [(ACCOUNT, "alex", True), (ACCOUNT, "sam", True), noted]


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
            TEN,
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
    assert [(put.key, _note(put)) for put in result(banned.changes())] == [
        ("*", BanNote(TEN, lifted=True)),
        ("#dev", BanNote(Ruling("Kim", "Alex", 1_700_000_000.0), lifted=True)),
        ("*", BanNote(Ruling("Kim", "Sam", 1_700_000_000.0), lifted=True)),
    ]
    assert _rulings(operator) == {"#dev": Rulings(filters=(FILTER,))}


def test_lifts_a_ban_once(operator: Operator, banned: SqliteJournal) -> None:
    """The server hears of it once, and the audit has it once."""
    codes = [operator.does("bans", "remove", "10.0.0.0/8").code for _ in range(2)]
    assert codes == [0, 1]
    assert len(result(banned.changes())) == 1
    assert len(result(banned.audit(None, upto=EVER, most=9))) == 1


def _note(put: Put) -> BanNote:
    """What the server is told of a ban, and of nothing else."""
    assert put.kind == BAN
    assert put.value is not None
    return msgspec.json.decode(put.value, type=BanNote)


def _rulings(operator: Operator) -> dict[str, Rulings]:
    """All that are on record, by their places."""
    with operator.store() as store:
        return {
            key: msgspec.json.decode(value, type=Rulings)
            for kind, key, value in store.records()
            if kind == RULINGS
        }


def test_puts_what_it_lifts_on_record(operator: Operator, banned: SqliteJournal) -> None:
    """The audit of the server, or of the room, has it; an address beside the event alone."""
    _found(banned, "#Dev", Charter(owner="1", mark="secret"))
    operator.does("bans", "remove", "10.0.0.0/8")
    operator.does("bans", "remove", "kim", "dev")
    operator.does("bans", "add", "10.0.0.0/8", "--reason", "spam")
    operator.does("bans", "add", "Kim", "dev")
    acts = result(banned.audit(None, upto=EVER, most=9))
    assert [(act.event.seq, act.room, act.concerns) for act in acts] == [
        (acts[0].event.seq, "*", "10.0.0.0/8"),
        (acts[0].event.seq + 1, "#dev!secret", ""),
        (acts[0].event.seq + 2, "*", "10.0.0.0/8"),
        (acts[0].event.seq + 3, "#dev!secret", ""),
    ]
    assert [wording.words(act.event) for act in acts] == [
        " * twisted-chat-admin lifted the ban on an address.",
        " * twisted-chat-admin lifted the ban on Kim.",
        " * twisted-chat-admin banned an address: spam",
        " * twisted-chat-admin banned Kim.",
    ]


@pytest.mark.parametrize("who", ["ALEX", "account:alex"])
def test_ends_the_membership_of_an_account_with_a_ban(
    operator: Operator, banned: SqliteJournal, who: str
) -> None:
    """So that it is not let back in when that is over; in other rooms it stays."""
    _found(banned, "#dev", Charter(owner="2", mark="secret"))
    commit(banned, joined(ALEX.identity), joined(ALEX.identity, "#dev!secret"))
    operator.does("bans", "add", who)
    assert result(banned.heard(ALEX.identity)).keys() == {"#lobby", "#dev!secret", PRIVATE}
    operator.does("bans", "add", who, "dev")
    assert result(banned.heard(ALEX.identity)).keys() == {"#lobby", PRIVATE}
    assert result(banned.audit(None, upto=EVER, most=1))[0].concerns == ALEX.identity


def _found(journal: SqliteJournal, name: str, charter: Charter) -> None:
    """Have a room be on record."""
    value = msgspec.json.encode(Founded(name, charter))
    result(journal.commit([], [Put(ROOM, name.lower(), value)]))


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


def test_bans_somebody(operator: Operator, banned: SqliteJournal) -> None:
    """From the server, or from a room, until then and for that reason; all other rules stay."""
    _found(banned, "#dev", Charter(owner="1"))
    before = _rulings(operator)
    done = operator.does("bans", "add", "LEE", "--for", "1h30m", "--reason", " a\x1bb\u202e\n")
    assert (done.code, done.out[:36]) == (0, "LEE is banned from the server until ")
    done = operator.does("bans", "add", "account:Lee", "DEV")
    assert (done.code, done.out) == (0, "account:Lee is banned from #dev for good.\n")
    (server, lee), (room, owner) = ((put.key, _note(put)) for put in result(banned.changes()))
    assert (server, room) == ("*", "#dev")
    assert lee.ban.until - lee.ban.since == 90 * 60
    assert lee == BanNote(
        Ruling("LEE", "twisted-chat-admin", lee.ban.since, "a\ufffdb", lee.ban.until)
    )
    assert owner == BanNote(Ruling("account:Lee", "twisted-chat-admin", owner.ban.since))
    assert _rulings(operator) == {
        "*": Rulings((*before["*"].bans[:2], lee.ban)),
        "#dev": Rulings((*before["#dev"].bans, owner.ban), filters=(FILTER,)),
    }


@pytest.mark.usefixtures("banned")
def test_bans_somebody_anew(operator: Operator) -> None:
    """The ban on the same that there was is no more."""
    operator.does("bans", "add", "kim", "--reason", "x" * REASON_CHARS)
    ten, kim = _rulings(operator)["*"].bans
    assert (ten, kim.mask, kim.reason) == (TEN, "kim", "x" * REASON_CHARS)


def test_bans_somebody_anew_though_a_clock_was_set_back(
    operator: Operator, journal: SqliteJournal
) -> None:
    """The new ban is the later one, as the server takes no other in the place of one."""
    later = Rulings(bans=(Ruling("Kim", "Sam", 4e9),))
    result(journal.commit([], [put_rulings("*", later)]))
    operator.does("bans", "add", "Kim", "--reason", "again")
    (kim,) = _rulings(operator)["*"].bans
    assert kim.reason == "again"
    assert kim.since > 4e9


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["a b"], 1, "A name is one word"),
        (["999.0.0.1"], 1, "That is no address."),
        (["10.0.0.0/7"], 1, "That is nearly everybody: a network has /8 at least."),
        (["sam"], 1, "Sam administers the server."),
        (["account:Sam", "#dev"], 1, "Sam administers the server."),
        (["Lee", "#nowhere"], 1, "#nowhere is nobody's own, so no ban is kept for it."),
        (["Lee", "#lobby"], 1, "#lobby is nobody's own, so no ban is kept for it."),
        (["Lee", "--for", "soon"], 2, "argument --for: Write how long as 90s"),
        (["Lee", "--for", "11y"], 2, "argument --for: Write how long as 90s"),
        (["Lee", "--for", "9999w"], 2, "argument --for: That is too long: ten years"),
        (
            ["Lee", "--reason", "x" * (REASON_CHARS + 1)],
            2,
            f"argument --reason: that is too long: {REASON_CHARS} characters at most. See",
        ),
    ],
)
def test_bans_nobody_whom_an_administrator_could_not(
    operator: Operator, banned: SqliteJournal, words: Sequence[str], code: int, why: str
) -> None:
    """The rules are those of the verb; nothing is changed, and the server hears of nothing."""
    _found(banned, "#dev", Charter(owner="1"))
    _found(banned, "#lobby", Charter(topic="Hi"))
    before = _rulings(operator)
    refused = operator.does("bans", "add", *words)
    assert (refused.code, refused.out) == (code, "")
    assert refused.err.startswith(f"twisted-chat-admin: {why}")
    assert _rulings(operator) == before
    assert result(banned.changes()) == []


def test_makes_no_more_bans_than_there_may_be(operator: Operator, journal: SqliteJournal) -> None:
    """At the bound another on the same is made still."""
    bans = tuple(Ruling(f"n{number}", "Sam", 1.0) for number in range(BANS_PER_PLACE))
    result(journal.commit([], [Put(RULINGS, "*", msgspec.json.encode(Rulings(bans)))]))
    refused = operator.does("bans", "add", "Lee")
    assert (refused.code, refused.out) == (1, "")
    assert f"There are {BANS_PER_PLACE} bans here already." in refused.err
    assert operator.does("bans", "add", "N0", "--reason", "spam").code == 0
    assert len(operator.does("bans").lines) == BANS_PER_PLACE
    assert len(result(journal.audit(None, upto=EVER, most=9))) == 1
