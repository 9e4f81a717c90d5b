"""What people can ask for: one table, from which help, parsing and the JSON requests come."""

from twisted_chat.verbs import about, people, rooms, talking
from twisted_chat.verbs.table import Table
from twisted_chat.verbs.verb import Hello, Request, Verb

__all__ = ["TABLE", "Hello", "Request", "Table", "Verb"]

TABLE = Table(
    (
        *(about.help_, talking.say, talking.me, talking.msg, talking.reply),
        *(people.who, people.names, people.whois, people.nick),
        *(rooms.list_rooms, rooms.join, rooms.switch, rooms.part, rooms.topic, rooms.invite),
        *(rooms.kick, rooms.op, rooms.deop, rooms.lock, rooms.private),
        *(talking.away, talking.back, talking.ignore, talking.unignore),
        *(about.time, about.quiet, about.motd, about.uptime, about.quit_),
    )
)
"""Every verb, in the order in which help lists them."""
