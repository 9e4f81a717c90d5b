"""How the command is written: its subcommands with their words and options."""

import re
from argparse import SUPPRESS, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from twisted_chat.admin import accounts, backup, bans, export, importing, purge, tokens
from twisted_chat.admin.console import NAME
from twisted_chat.admin.errors import Misused
from twisted_chat.admin.parser import Adder, Parser, read_by
from twisted_chat.admin.place import default_data
from twisted_chat.moments import span
from twisted_chat.names import room_name, user_name

_OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*(?==|$)")


def read(words: Sequence[str]) -> Namespace:
    """What the operator wants: ``run`` is the function that does it.

    :raises Misused: it is not written like that.
    """
    options, rest = _parser().parse_known_args(words)
    if rest:
        # Nothing else of it is repeated: it may be a password, in spite of all.
        unknown = [match[0] for match in map(_OPTION.match, rest) if match]
        raise Misused(
            f"there is no option {unknown[0]} here" if unknown else "there are words too many"
        )
    return options


def _parser() -> Parser:
    data = f"the directory of the chat [default: {default_data()}]".replace("%", "%%")
    parser = Parser(
        prog=NAME,
        description="Works on the data directory of a chat, also while its server runs.",
        epilog=f"{NAME} COMMAND --help tells more of each.",
    )
    parser.add_argument("--data", metavar="DIR", type=_directory, default=default_data(), help=data)
    common = Parser(add_help=False)
    common.add_argument("--data", metavar="DIR", type=_directory, default=SUPPRESS, help=data)
    commands = Adder(parser.add_subparsers(metavar="COMMAND", required=True), common)
    for add in (_backup, _export, _import, _purge, _accounts, _tokens, _bans):
        add(commands)
    return parser


def _backup(commands: Adder) -> None:
    copy = commands.add("backup", "Copy the database into a file.", backup.backup)
    copy.add_argument("file", metavar="FILE", help="where it is written, outside the directory")
    _force(copy)
    commands.add("check", "Look whether the database is whole.", backup.check)


def _export(commands: Adder) -> None:
    out = commands.add("export", "Write what was said.", export.export)
    out.add_argument("room", metavar="ROOM", nargs="?", type=_room, help="this one alone")
    out.add_argument(
        "--format",
        choices=["text", "jsonl"],
        default="jsonl",
        help="text to read, or lines of JSON to import [default: jsonl]",
    )
    out.add_argument("--output", metavar="FILE", help="instead of standard output")
    _force(out)
    out.add_argument(
        "--private",
        action="store_true",
        help="also private rooms and messages, and rulings that name an address",
    )


def _import(commands: Adder) -> None:
    into = commands.add("import", "Put on record what was exported.", importing.import_file)
    into.add_argument("file", metavar="FILE", help="as export --format jsonl writes it")


def _purge(commands: Adder) -> None:
    old = commands.add("purge", "Forget what was said long ago.", purge.purge)
    old.add_argument("room", metavar="ROOM", nargs="?", type=_room, help="in this one alone")
    old.add_argument(
        "--older-than", metavar="TIME", type=read_by(span), required=True, help="such as 90d"
    )
    old.add_argument("--yes", action="store_true", help="do not ask")


def _accounts(commands: Adder) -> None:
    people = commands.add("accounts", "List who owns which name.", accounts.list_accounts)
    acts = commands.within(people, "list|add|reset|remove|admin")
    acts.add("list", "Write a line for each.", accounts.list_accounts)
    new = _name(acts.add("add", "Make one; its password is asked for.", accounts.add))
    new.add_argument("--admin", action="store_true", help="it administers the server")
    _name(acts.add("reset", "Give it another password, which is asked for.", accounts.reset))
    gone = _name(acts.add("remove", "Let others have the name.", accounts.remove))
    gone.add_argument("--with-messages", action="store_true", help="and forget what it said")
    right = "Let it administer the server, or not any more."
    right_of = _name(acts.add("admin", right, accounts.set_admin))
    right_of.add_argument("switch", metavar="on|off", choices=["on", "off"])


def _tokens(commands: Adder) -> None:
    keys = _name(commands.add("tokens", "List the tokens of an account.", tokens.tokens))
    keys.add_argument("--revoke", metavar="TOKEN", help="make this one useless instead")


def _bans(commands: Adder) -> None:
    out = commands.add("bans", "List who may not come in, ban somebody, or lift a ban.", bans.bans)
    out.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="[ROOM|*] lists them, add WHO [ROOM|*] bans somebody, remove WHO [ROOM|*] lifts a"
        " ban; * is the whole server, and what add takes without a room",
    )
    out.add_argument(
        "--for",
        metavar="TIME",
        dest="seconds",
        type=read_by(span),
        default=0,
        help="how long, as 1h30m; without it for good",
    )
    out.add_argument(
        "--reason",
        metavar="TEXT",
        type=read_by(bans.read_reason),
        default="",
        help="why, for them and the audit",
    )


def _name(parser: Parser) -> Parser:
    parser.add_argument("name", metavar="NAME", type=read_by(user_name), help="of the account")
    return parser


def _force(parser: Parser) -> None:
    parser.add_argument("--force", action="store_true", help="in place of the file that is there")


_room = read_by(room_name)


def _directory(word: str) -> Path:
    if word == ":memory:":
        raise ArgumentTypeError("with :memory: a server keeps nothing")
    if not word:
        raise ArgumentTypeError("an empty word is no directory")
    return Path(word)
