"""What the server says to one session alone: answers to its requests, and notices.

An answer carries the ``id`` that the request came with.  Errors are answers too; their reasons are
in refused.py.
"""

from typing import Self

import msgspec

from twisted_chat.events import Emoted, Recorded, Said, Told, tag_of


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=tag_of):
    """What one session alone is told."""


class Prompt(Reply, frozen=True, kw_only=True):
    """What a person is asked for; programs know without being asked."""

    text: str


ASK_NAME = Prompt(text="Enter your username:")


class Notice(Reply, frozen=True, kw_only=True):
    """Something about the connection itself, with a stable ``code`` and a ``text`` for people.

    Where it is about something that was not told, it was said in ``room``, or where that is left
    out in any, and has a number with ``after < seq <= upto``.
    """

    code: str
    text: str
    room: str | msgspec.UnsetType = msgspec.UNSET
    after: int | msgspec.UnsetType = msgspec.UNSET
    upto: int | msgspec.UnsetType = msgspec.UNSET


class Goodbye(Reply, frozen=True, kw_only=True):
    """The last that is said before the server closes a connection."""

    text: str


class Answer(Reply, frozen=True, kw_only=True):
    """The one answer to a request; ``id`` is the request's, or absent where it had none."""

    id: str | int | msgspec.UnsetType = msgspec.UNSET

    def to(self, request_id: str | int | None) -> Self:
        """This answer, addressed to the request with that id."""
        return self if request_id is None else msgspec.structs.replace(self, id=request_id)


class Ok(Answer, frozen=True, kw_only=True):
    """Done.  ``seq`` is the number of what was put on record; ``text`` tells a person what was.

    ``secret`` is a token or a code that was made, which the text shows too.
    """

    seq: int | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET
    secret: str | msgspec.UnsetType = msgspec.UNSET

    def numbered(self, seq: int) -> Self:
        """This answer, with the number of what was put on record."""
        return msgspec.structs.replace(self, seq=seq)


class Error(Answer, frozen=True, kw_only=True):
    """Not done.  ``code`` is stable; ``text`` says what is wrong and what to do."""

    code: str
    text: str


class Welcome(Answer, frozen=True, kw_only=True):
    """The user is in the chat, under ``name``, and looks at ``room``, which holds ``names``."""

    v: int
    server: str
    name: str
    room: str
    topic: str
    names: list[str]
    more: int
    motd: str = ""
    rooms: list[str] = []
    """Every room that the user is in."""
    retention: int | msgspec.UnsetType = msgspec.UNSET
    """After how many seconds what is said in the room is forgotten; absent where it is kept."""
    seq: int = 0
    """The number of the last event that was told: what comes after it will be heard."""
    resume: str = ""
    """The secret by which a guest comes back as the same one."""
    admin: bool | msgspec.UnsetType = msgspec.UNSET
    """True for who administers the server, else absent."""


class Shown(Answer, frozen=True, kw_only=True):
    """What a person reads who typed what was asked for: the answer in words, line by line."""

    text: str


class Entered(Answer, frozen=True, kw_only=True):
    """The room that the session looks at from now on, and who is in it."""

    room: str
    topic: str
    names: list[str]
    more: int
    retention: int | msgspec.UnsetType = msgspec.UNSET
    """After how many seconds what is said there is forgotten; absent where it is kept."""
    operator: bool | msgspec.UnsetType = msgspec.UNSET
    """True for who may rule there, else absent."""


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a list of people; ``away`` is None for somebody who is here.

    ``voice`` says who else than operators speaks where only some do.
    """

    name: str
    operator: bool = False
    voice: bool = False
    bot: bool = False
    admin: bool = False
    away: str | None = None
    doors: list[str] = []
    """By which they come, each once."""


class People(Answer, frozen=True, kw_only=True):
    """Who is in ``room``; ``more`` says how many come after them."""

    room: str
    people: list[Person]
    more: int


class Names(Answer, frozen=True, kw_only=True):
    """Who is in the chat."""

    names: list[str]
    more: int


class RoomLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of rooms; ``people`` is how many are in it."""

    room: str
    people: int
    topic: str


class Rooms(Answer, frozen=True, kw_only=True):
    """The rooms that the asker may know of."""

    rooms: list[RoomLine]
    more: int


class Topic(Answer, frozen=True, kw_only=True):
    """What ``room`` is about."""

    room: str
    topic: str


class Whois(Answer, frozen=True, kw_only=True, tag="person"):
    """What the asker may know of a user; ``seconds`` is how long they have been in the chat."""

    name: str
    rooms: list[str]
    seconds: int
    bot: bool = False
    away: str | None = None
    addresses: list[str] | msgspec.UnsetType = msgspec.UNSET
    """Where they connect from; for administrators alone."""


class Ignored(Answer, frozen=True, kw_only=True):
    """Whom the asker ignores."""

    names: list[str]
    more: int


class HelpLine(msgspec.Struct, frozen=True, kw_only=True):
    """A verb as one types it, and what it does; where one was asked for, ``more`` about it."""

    usage: str
    text: str
    more: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class Help(Answer, frozen=True, kw_only=True):
    """The verbs there are, or the one asked for."""

    verbs: list[HelpLine]


class Motd(Answer, frozen=True, kw_only=True):
    """The message of the day."""

    text: str


class Uptime(Answer, frozen=True, kw_only=True):
    """How long the server has run, and how many people and rooms there are."""

    seconds: int
    people: int
    rooms: int


class TimesLine(msgspec.Struct, frozen=True, kw_only=True):
    """How often something took how long, in seconds: half of it, 99 of 100, and all of it."""

    count: int
    p50: float
    p99: float
    longest: float


class Stats(Answer, frozen=True, kw_only=True):
    """What the server has counted since it was started, ``seconds`` ago."""

    seconds: int
    people: int
    rooms: int
    sessions: dict[str, int]
    """Open connections, by their door."""
    connections: int
    """Those that were ever let in."""
    turned_away: dict[str, int]
    """Those that were not, by the reason."""
    dropped: dict[str, int]
    """Those that were closed without a goodbye, by the reason."""
    said: int
    """Messages."""
    deliveries: int
    """Events and answers that were told, once for each session that heard them."""
    telling: TimesLine
    """From what was decided until it was told."""
    commits: TimesLine
    """Putting a batch on record."""
    commits_failed: int
    outbox_bytes: int
    """What waits for readers."""
    waiting_bytes: int
    """What waits for the disk."""
    refused: dict[str, int]
    """Requests that were not done, by their code."""
    logins: int
    logins_failed: int
    faults: int
    lag: TimesLine
    """By how much the reactor was late."""
    blocks: TimesLine
    """What kept it for longer than may be."""
    descriptors: int


class Backlog(Reply, frozen=True, kw_only=True):
    """What was said before in ``room``, oldest first; without a room, all that was missed.

    ``more`` says whether there was more of it, before this.
    """

    room: str
    events: list[Recorded]
    more: bool


class History(Answer, frozen=True, kw_only=True):
    """What was said before in ``room``, oldest first; there may be more of it.

    ``next`` is what a person types for that.  ``left`` says how much was missed that is still to be
    shown, by the room.
    """

    room: str
    events: list[Recorded]
    more: bool
    next: str = ""
    left: dict[str, int] | msgspec.UnsetType = msgspec.UNSET


class Found(Answer, frozen=True, kw_only=True):
    """What a search found, newest first; it goes on before ``reached``, unless that is 0.

    ``next`` is what a person types for that.
    """

    text: str
    events: list[Recorded]
    reached: int
    next: str = ""


class NewsLine(msgspec.Struct, frozen=True, kw_only=True):
    """How much is new in a room, and how much of that mentions one."""

    room: str
    new: int
    mentions: int


class Missed(Reply, frozen=True, kw_only=True):
    """What happened in the rooms of an account while its owner was not here.

    ``told`` is what they were told alone meanwhile, ``mentions`` what mentions them; oldest first,
    and of many the newest.  ``more`` says whether something is new that is neither among these nor
    in the backlog that comes with them.
    """

    rooms: list[NewsLine]
    told: list[Told]
    mentions: list[Said | Emoted]
    more: bool = False


class Audit(Answer, frozen=True, kw_only=True):
    """What those who rule did in ``room``, or anywhere where that is ``*``, oldest first.

    ``next`` is what a person types for what came before.
    """

    room: str
    events: list[Recorded]
    more: bool
    next: str = ""


class RulingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One ban or mute: on whom, by whom, since when, and until when, which is 0 for good."""

    who: str
    by: str
    since: float
    until: float
    reason: str


class Bans(Answer, frozen=True, kw_only=True):
    """Who is out of ``room``, or may only listen there, the latest first; ``*`` is the server."""

    room: str
    bans: list[RulingLine]
    mutes: list[RulingLine]


class FilterLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is not to be said, and who has it so."""

    pattern: str
    by: str


class Filters(Answer, frozen=True, kw_only=True):
    """What nobody says in ``room``; ``*`` is the server."""

    room: str
    filters: list[FilterLine]


class FilterTest(Answer, frozen=True, kw_only=True):
    """Which of the last messages in ``room`` a filter would have stopped, oldest first.

    ``of`` is how many were looked at.
    """

    room: str
    pattern: str
    events: list[Recorded]
    of: int


class Owner(Answer, frozen=True, kw_only=True):
    """Whose ``room`` is; ``owner`` is empty where it is nobody's."""

    room: str
    owner: str


class TokenLine(msgspec.Struct, frozen=True, kw_only=True):
    """A token of one's own: what it is called, and when it was made and used last (0: never)."""

    name: str
    since: float
    used: float


class Tokens(Answer, frozen=True, kw_only=True):
    """The asker's tokens."""

    tokens: list[TokenLine]
