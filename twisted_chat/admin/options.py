"""How the command is written: its subcommands with their words and options."""

import re
from argparse import SUPPRESS, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from twisted_chat.admin import accounts, backup, bans, export, importing, purge, tokens
from twisted_chat.admin.console import NAME
from twisted_chat.admin.errors import Misused
from twisted_chat.admin.parser import Commands, Parser, read_by
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
    parser = Parser(
        prog=NAME,
        description="Works on the data directory of a chat, also while its server runs.",
    )
    data = f"the directory of the chat [default: {default_data()}]".replace("%", "%%")
    parser.add_argument("--data", metavar="DIR", type=_directory, default=default_data(), help=data)
    anywhere = Parser(add_help=False)
    anywhere.add_argument("--data", metavar="DIR", type=_directory, default=SUPPRESS, help=data)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_backup, _export, _import, _purge, _accounts, _tokens, _bans):
        add(commands, [anywhere])
    return parser


def _backup(commands: Commands, place: list[Parser]) -> None:
    copy = commands.add_parser("backup", help="copy the database into a file", parents=place)
    copy.add_argument("file", metavar="FILE")
    copy.add_argument("--force", action="store_true", help="in place of the file that is there")
    copy.set_defaults(run=backup.backup)
    look = commands.add_parser("check", help="look whether the database is whole", parents=place)
    look.set_defaults(run=backup.check)


def _export(commands: Commands, place: list[Parser]) -> None:
    out = commands.add_parser("export", help="write what was said", parents=place)
    out.add_argument("room", metavar="ROOM", nargs="?", type=_room, help="this one alone")
    out.add_argument("--format", choices=["text", "jsonl"], default="jsonl")
    out.add_argument("--output", metavar="FILE", help="instead of standard output")
    out.add_argument("--force", action="store_true", help="in place of the file that is there")
    out.add_argument(
        "--private",
        action="store_true",
        help="also private rooms and messages, and rulings that name an address",
    )
    out.set_defaults(run=export.export)


def _import(commands: Commands, place: list[Parser]) -> None:
    into = commands.add_parser("import", help="put on record what was exported", parents=place)
    into.add_argument("file", metavar="FILE", help="as export --format jsonl writes it")
    into.set_defaults(run=importing.import_file)


def _purge(commands: Commands, place: list[Parser]) -> None:
    old = commands.add_parser("purge", help="forget what was said long ago", parents=place)
    old.add_argument("room", metavar="ROOM", nargs="?", type=_room, help="in this one alone")
    old.add_argument(
        "--older-than", metavar="TIME", type=read_by(span), required=True, help="such as 90d"
    )
    old.add_argument("--yes", action="store_true", help="do not ask")
    old.set_defaults(run=purge.purge)


def _accounts(commands: Commands, place: list[Parser]) -> None:
    people = commands.add_parser("accounts", help="who owns which name", parents=place)
    people.set_defaults(run=accounts.list_accounts)
    acts = people.add_subparsers(metavar="list|add|reset|remove|admin")
    acts.add_parser("list", help="a line for each", parents=place)
    new = _about_name(acts, place, "add", "make one; its password is asked for", accounts.add)
    new.add_argument("--admin", action="store_true", help="it administers the server")
    _about_name(acts, place, "reset", "give it another password", accounts.reset)
    gone = _about_name(acts, place, "remove", "let others have the name", accounts.remove)
    gone.add_argument("--with-messages", action="store_true", help="and forget what it said")
    right = _about_name(
        acts, place, "admin", "let it administer the server, or not", accounts.set_admin
    )
    right.add_argument("switch", choices=["on", "off"])


def _tokens(commands: Commands, place: list[Parser]) -> None:
    keys = _about_name(commands, place, "tokens", "the tokens of an account", tokens.tokens)
    keys.add_argument("--revoke", metavar="TOKEN", help="make this one useless")


def _bans(commands: Commands, place: list[Parser]) -> None:
    out = commands.add_parser("bans", help="who may not come in", parents=place)
    out.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="[ROOM|*] lists them, remove WHO [ROOM|*] lifts one; * is the whole server",
    )
    out.set_defaults(run=bans.bans)


def _about_name(
    commands: Commands, place: list[Parser], word: str, what: str, run: Callable[..., None]
) -> Parser:
    parser = commands.add_parser(word, help=what, parents=place)
    parser.add_argument("name", metavar="NAME", type=read_by(user_name))
    parser.set_defaults(run=run)
    return parser


_room = read_by(room_name)


def _directory(word: str) -> Path:
    if word == ":memory:":
        raise ArgumentTypeError("with :memory: a server keeps nothing")
    return Path(word)
