"""The command ``accounts``: who owns which name."""

import time
from argparse import Namespace
from collections.abc import Iterable

import msgspec
from argon2 import PasswordHasher

from twisted_chat.accounts.account import Account
from twisted_chat.accounts.book import ACCOUNT, Book
from twisted_chat.accounts.passwords import chosen
from twisted_chat.admin.asking import new_password
from twisted_chat.admin.console import Console, counted, day
from twisted_chat.admin.errors import Unable
from twisted_chat.admin.place import alone, opened, wait_until_taken
from twisted_chat.admin.progress import Meter
from twisted_chat.identity import new_id
from twisted_chat.journal.admin import AdminStore
from twisted_chat.names import Name


def list_accounts(options: Namespace, console: Console) -> None:
    """Write a line for each account, by name."""
    with opened(options.data) as store:
        records = store.records()
    book = Book(records)
    for account in _accounts(records):
        console.say(_described(account, len(book.tokens_of(account))))


def add(options: Namespace, console: Console) -> None:
    """Make an account, with a password that is asked for.

    :raises Refused: the name, or the password, cannot be had.
    """
    name: Name = options.name
    with opened(options.data, new=True) as store:
        # Nobody types a password for a name that is another's.
        Book(store.records()).add(Account("", name.shown, ""))
        hashed = _hashed(name, console)
        account = Account(new_id(), name.shown, hashed, admin=options.admin, since=time.time())
        store.put_from_outside(Book(store.records()).add(account).puts)
    console.say(f"{name} has an account.")


def reset(options: Namespace, console: Console) -> None:
    """Give an account another password, which is asked for.

    :raises Refused: the password cannot be had.
    :raises Unable: there is no such account.
    """
    with opened(options.data) as store:
        found(Book(store.records()), options.name)
        hashed = _hashed(options.name, console)
        book = Book(store.records())
        account = found(book, options.name)
        changed = msgspec.structs.replace(account, hash=hashed)
        store.put_from_outside(book.replace(changed).puts)
    console.say(f"{account.name} has a new password.")
    if book.tokens_of(account):
        console.tell("The tokens of the account are as good as before: see the command tokens.")


def set_admin(options: Namespace, console: Console) -> None:
    """Have an account administer the server, or not any more.

    :raises Unable: there is no such account.
    """
    on = options.switch == "on"
    with opened(options.data) as store:
        book = Book(store.records())
        account = found(book, options.name)
        changed = msgspec.structs.replace(account, admin=on)
        store.put_from_outside(book.replace(changed).puts)
    console.say(f"{account.name} {'administers' if on else 'does not administer'} the server.")


def remove(options: Namespace, console: Console) -> None:
    """Forget an account, and perhaps all that its owner said.

    :raises Unable: there is no such account.
    """
    with opened(options.data) as store:
        with alone(options.data) as no_server:
            book = Book(store.records())
            account = found(book, options.name)
            store.put_from_outside(book.remove(account).puts)
        console.say(f"{account.name} has no account any more.")
        if options.with_messages:
            # Until the server knows, they go on talking.
            if not no_server and not wait_until_taken(store):
                console.tell("The server does not answer: what is said from now on will stay.")
            _remove_messages(store, account, console)


def found(book: Book, name: Name) -> Account:
    """The account of that name.

    :raises Unable: there is none.
    """
    account = book.account(name.key)
    if account is None:
        raise Unable(f"There is no account {name}. The command accounts lists all.")
    return account


def _remove_messages(store: AdminStore, account: Account, console: Console) -> None:
    with Meter(console, "Forgetting") as meter:
        gone = store.remove_said_by(account.identity, meter)
    console.say(f"Forgotten of {account.name}: {counted(gone, 'message')}.")


def _accounts(records: Iterable[tuple[str, str, bytes]]) -> list[Account]:
    """All of them, by the keys of their names."""
    kept = (value for kind, _, value in records if kind == ACCOUNT)
    return [msgspec.json.decode(value, type=Account) for value in kept]


def _described(account: Account, tokens: int) -> str:
    marks = [f"since {day(account.since)}"]
    if account.admin:
        marks.append("administrator")
    if not account.hash:
        marks.append("password known to --auth alone")
    if tokens:
        marks.append(counted(tokens, "token"))
    return f"{account.name}: {', '.join(marks)}"


def _hashed(name: Name, console: Console) -> str:
    """What to keep of a password that is asked for."""
    return PasswordHasher().hash(chosen(new_password(console), name))
