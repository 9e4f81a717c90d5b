"""The command ``tokens``: which programs are the owner of an account."""

from argparse import Namespace

from twisted_chat.accounts.account import Account, Token
from twisted_chat.accounts.book import Book
from twisted_chat.admin.accounts import found
from twisted_chat.admin.console import Console, day
from twisted_chat.admin.errors import Unable
from twisted_chat.admin.place import opened
from twisted_chat.journal.admin import AdminStore


def tokens(options: Namespace, console: Console) -> None:
    """Write a line for each token of an account, the oldest first; or make one useless.

    :raises Unable: there is no such account, or no such token of it.
    """
    with opened(options.data) as store:
        book = Book(store.records())
        account = found(book, options.name)
        if options.revoke is not None:
            _revoke(store, book, account, options.revoke)
            console.say(f"The token {options.revoke} of {account.name} is of no use any more.")
            return
    for token in book.tokens_of(account):
        console.say(_described(token))


def _revoke(store: AdminStore, book: Book, account: Account, label: str) -> None:
    change = book.remove_token(account, label)
    if change is None:
        raise Unable(f"{account.name} has no token of that name.")
    store.put_from_outside(change.puts)


def _described(token: Token) -> str:
    used = f"used last on {day(token.used)}" if token.used else "never used"
    return f"{token.label}: made on {day(token.since)}, {used}"
