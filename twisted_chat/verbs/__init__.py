"""What people can ask for: one table, from which help, parsing and the JSON requests come."""

from twisted_chat.verbs import about, accounts, past, people, rooms, talking
from twisted_chat.verbs.table import Table
from twisted_chat.verbs.verb import Hello, Request, Verb

__all__ = ["TABLE", "Hello", "Request", "Table", "Verb"]

TABLE = Table(
    {
        "talking": (
            *(about.help_, talking.say, talking.me, talking.msg, talking.reply),
            *(people.who, people.names, people.whois, people.nick),
            *(rooms.list_rooms, rooms.join, rooms.switch, rooms.part, rooms.topic, rooms.invite),
            *(talking.away, talking.back, talking.ignore, talking.unignore),
            *(about.time, about.quiet, about.motd, about.uptime, about.quit_),
        ),
        "past": (past.history, past.missed, past.search, past.context, past.delete),
        "accounts": (
            *(accounts.register, accounts.login, accounts.logout, accounts.passwd, accounts.drop),
            *(accounts.token, accounts.tokens, accounts.revoke, accounts.invite_code),
        ),
        "operators": (rooms.kick, rooms.op, rooms.deop, rooms.lock, rooms.private),
    }
)
"""Every verb, in the order in which help lists them."""
