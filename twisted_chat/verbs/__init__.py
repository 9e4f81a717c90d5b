"""What people can ask for: one table, from which help, parsing and the JSON requests come."""

from twisted_chat.verbs import (
    about,
    accounts,
    audit,
    moderation,
    past,
    people,
    rooms,
    rulings,
    talking,
)
from twisted_chat.verbs.table import Table
from twisted_chat.verbs.verb import Hello, Request, Typed, Verb

__all__ = ["TABLE", "Hello", "Request", "Table", "Typed", "Verb"]

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
        "operators": (
            *(moderation.kick, rulings.ban, rulings.unban, rulings.bans),
            *(rulings.mute, rulings.unmute, moderation.op, moderation.deop),
            *(moderation.moderate, moderation.voice, moderation.devoice, moderation.slow),
            *(rulings.filter_, rulings.unfilter, rulings.filter_test),
            *(moderation.lock, moderation.private, moderation.retention, moderation.owner),
            *(audit.audit, moderation.lockdown, about.stats),
        ),
    }
)
"""Every verb, in the order in which help lists them."""
