"""Every number that protects the server and the people on it, with its reason.

The fields of `Limits` are what an operator sets with ``--limit NAME=VALUE`` or in a file, or lifts
with ``--limit NAME=off``.  The constants are part of the protocol or of no interest to tune.
"""

import dataclasses
import sys
from collections.abc import Iterator

OFF = sys.maxsize
"""The value of a limit that is lifted: larger than anything there is to count."""

NAME_CHARS = 32
"""A user's name: long enough for a real one, short enough to leave room for what is said."""

ROOM_CHARS = 64
"""A room's name with its ``#``."""

NAMES_REMEMBERED = 4096
"""Names whose two forms are known, those asked for last: to find them takes longer than to tell
somebody alone a line."""

MARKS_IN_A_ROW = 3
"""Combining marks on one letter of a name: scripts need two, three leaves room, more is a prank
that climbs into the lines above."""

MESSAGE_LINES = 50
"""Lines of one message: more than a screen of them is a file, and each is a line of its own for who
has a terminal."""

REASON_CHARS = 200
"""A reason for leaving, kicking or being away: shown in the middle of other people's lines."""

TOPIC_CHARS = 390
"""A topic: what IRC servers allow, so that a bridge need not cut it."""

ID_CHARS = 64
"""A request's id, which is held until it is answered: room for a UUID and a prefix."""

MOTD_BYTES = 2000
"""The message of the day, which ``/motd`` asks for in six bytes: it bounds what a small request
can make the server send."""

OPERATOR_FILE_BYTES = 1 << 16
"""A file that is read again while the server runs: what is larger is none of those, or has no end,
and is not read to find out."""

MOTD_LINES = 40
"""Its lines: more than that has scrolled away before it is read."""

LISTED_TOPIC_CHARS = 80
"""What the list of rooms shows of a topic: one line of a terminal."""

LIST_BYTES = 900
"""What a list in an answer may take, for the same reason; it says how many it leaves out."""

WAITING_BYTES = 1 << 19
"""What waits to be put on record and told, as it is told.  Beyond it nobody's lines are read until
the disk has caught up, and beyond twice as much nobody new is let in.  More than a disk that works
ever gathers, and half of `outbox_bytes`: it is told in one piece, for which nobody is too slow."""

CROWD_HEARERS = 100
"""Who hear a room before comings and goings are told together: beyond it nobody follows them."""

CROWD_SECONDS = 2
"""Between two times that they are told: each costs a write to everyone who is there."""

CROWD_NAMES = 3
"""Names that are told then, of those who came and of those who went: the others are counted."""

TOLD_AT_ONCE = 2000
"""Listeners who are written to in one turn of the reactor, some 10 ms: in a larger crowd the others
are told in the next turns, so that whoever talks meanwhile is read."""

RECORD_SECONDS = 5
"""For which the journal may not answer before the server counts as not ready: no disk that works
takes that long, and who has said something has waited for all of it."""

TOLD_ALONE_AT_ONCE = 200
"""The same for those who hear lines of their own, or whose connection is closed then: that takes
ten times as long."""

TRAIL_SECONDS = 1000
"""Seconds in which something was told, of which it is known how far: what nobody acknowledges ends
a connection after that long on any system, so that nothing older waits in one that is dead."""

BEAT_SECONDS = 0.05
"""How often the reactor shows that it turns, and is looked at by a thread: 20 times a second each,
0.3 % of a processor in all.  What lasts for this longer than it may is always noticed."""

BLOCKED_SECONDS = 0.05
"""For how long nothing may keep the reactor, as everybody waits for it: people begin to notice."""

BLOCK_FRAMES = 12
"""Calls that the log shows of where it was: they reach from what was slow to who asked for it."""

BLOCK_LOG_SECONDS = 10
"""Between two lines about that: where everything is slow, the log should not be slow too."""

HTTP_SECONDS = 10
"""For a question about the figures and its answer, whatever comes meanwhile: a monitoring system
asks in milliseconds, and gives up after ten seconds itself."""

HTTP_CONNECTIONS = 8
"""Of those who ask for the figures, at once: a few monitoring systems, and somebody who looks; half
of the descriptors that are spared for the database."""

METRICS_SECONDS = 1
"""For which figures are shown again as they were: to gather them takes some milliseconds, with many
connections, and whoever asks all the time should not take all of them."""

WEB_SECONDS = 30
"""For all that is asked for on one connection over HTTP, and its answers, whatever comes meanwhile:
the page comes in one second, on a slow line in ten.  A WebSocket has its own deadline after it."""

WEB_IDLE_SECONDS = 5
"""After an answer, for the next question on that connection: a browser opens six for one page, and
would keep them all, of which an office behind one address has not enough."""

WEB_QUESTIONS = 100
"""Questions on one connection: the page has two dozen files, and who asks without an end connects
anew, of which the number is bounded."""

WEB_HEADERS = 100
"""Headers of a request: browsers send twenty, and proxies add some."""

WEB_HEADERS_BYTES = 8192
"""What they take together, as with most servers of the web."""

BODY_BYTES = 16_384
"""What a program sends with a request: a message, its name and what JSON puts around them, even
where each character is written as an escape."""

PARAMETERS = 20
"""What a question over HTTP says after its ``?``: none knows more than six, so that more are not
taken apart to say which of them is wrong."""

VISITORS_REMEMBERED = 10_000
"""Accounts whose questions over HTTP are counted; beyond it the one longest quiet is forgotten."""

POSTS_REMEMBERED = 10_000
"""Of those who speak in slow rooms without being there, when it was; beyond it the earliest of them
is forgotten, who waits no more then."""

FRAGMENTS = 64
"""Frames in which one message may come: browsers send one, libraries that stream some."""

PIECE_BYTES = 512
"""What is read of a WebSocket at once: as small frames are much work, and more of them than are
looked at in a millisecond would keep everybody waiting."""

TELNET_COMMANDS = 300
"""Telnet commands before the next end of a line: a real peer needs a dozen, one for each of
256 options at most, and a loop never ends."""

ADDRESSES_REMEMBERED = 10_000
"""Addresses whose new connections are counted; beyond it the one longest quiet is forgotten."""

TURNED_AWAY_AT_ONCE = 100
"""Connections that are being told why they may not be: beyond it they are closed without a word, as
a flood of them would otherwise take the descriptors that the refusal protects."""

DESCRIPTORS_SHARE = 0.8
"""The share of the process's descriptors that connections may take: the rest is for listening
sockets, logs and databases."""

SPARE_DESCRIPTORS = 16
"""Descriptors that no connection gets, whatever the process has the others for: with fewer, who
connects is told that the server is full, so that the database can still open its files."""

LAST_DESCRIPTORS = 8
"""With fewer than that nobody is told even why: who is told has a descriptor meanwhile."""

ACCEPTED_AT_ONCE = 20
"""Connections that are accepted in one turn of the reactor, some milliseconds: Twisted takes more
and more while they come faster than they are let in, and those inside would wait for all."""

KNOCKING_AT_ONCE = 4096
"""Connections that wait to be accepted (the system may allow fewer): of those beyond it the kernel
forgets some, and they knock again a second later.  When a server starts anew, all come at once."""

PORTS_REST_SECONDS = 1
"""How long nobody is let in after there was no descriptor for it: trying again at once is all that
the reactor would do."""

ROOMS_PER_OWNER = 50
"""Rooms that an account owns, as these outlast everybody in them; a room more is nobody's."""

MISSED_EVENTS = 20
"""What somebody who comes back is shown at once of what they were told, and of what mentions
them: ``/missed`` shows the rest."""

CODE_SECONDS = 7 * 86_400
"""How long an invitation to register is good for, where nobody says: until the mail is read."""

LONGEST_CODE_SECONDS = 365 * 86_400
"""How long it is good for at most: a code that lies about in a mailbox is found by somebody."""

PEOPLE_BYTES = 10_240
"""What a page of the list of people takes, for who asks page by page: some 150 of them, and not 500
times what it takes to ask."""

ACCOUNTS = 100_000
"""Accounts in all, as they are held in memory, and strangers make them."""

PASSWORD_MIN_CHARS = 8
"""Shorter ones are guessed (NIST SP 800-63B asks for eight at least)."""

PASSWORD_MAX_CHARS = 128
"""Long enough for any sentence that somebody remembers."""

TOKENS_PER_ACCOUNT = 20
"""Tokens of one account: one for each program of a busy person, and a list that can be read."""

BROWSERS_PER_ACCOUNT = 10
"""Browsers in which somebody stays logged in: a few machines, and a phone; of more than that the
one used longest ago has to log in again."""

BROWSER_SECONDS = 30 * 86_400
"""How long a browser stays logged in that nobody uses: a holiday, and not a machine sold on."""

TOKEN_LABEL_CHARS = 32
"""What a token is called: as long as a name, as it stands in a list."""

FREE_TRIES = 5
"""Failures without a wait: people mistype, and have more than one password."""

FIRST_WAIT_SECONDS = 15
"""The wait after the last of these; it doubles with each failure more."""

LONGEST_WAIT_SECONDS = 900
"""The longest wait: four guesses an hour get nowhere, and an owner can sit it out."""

FAILURES_REMEMBERED_SECONDS = 3600
"""After how long without a try failures are forgotten: more than the longest wait, so that who
goes on guessing stays there."""

HASHES_WAITING = 100
"""Passwords that wait to be hashed: some seconds of it, and beyond that people have given up."""

CODES = 1000
"""Codes that wait for somebody: a school's worth, and more is a script gone wild."""

MEMORY_EVENTS = 100_000
"""Events that are remembered, the newest of them, and ids of what was sent: nobody empties it."""

MEMORY_BYTES = 1 << 27
"""What they may take together, 128 MiB: all of them, where lines are as people write them.  A
character may take four bytes, so that of the longest lines it is the newest 7,500."""

ANSWER_BYTES = 1 << 18
"""What an answer about the past may take as JSON: more than a thousand usual lines, and a quarter
of what may wait for one reader."""

NEWS_COUNTED = 10_000
"""New messages that are counted in a room: beyond it nobody cares how many more there are."""

SCANNED_ROWS = 20_000
"""Messages that are looked at one by one, newest first, for what no index finds: some 10 ms."""

ROOMS_ONE_BY_ONE = 100
"""Rooms that are gone through one by one in a search: as many as somebody is in, and each costs
some 20 us before anything is looked at."""

LOG_BYTES = 1 << 27
"""The database's log of changes: it begins anew only while nobody reads, so that above this, 128
MiB, new reads wait for such a moment.  Who searches without a pause would make it grow for ever."""

AHEAD_SECONDS = 86_400
"""By how much the record may be ahead of the clock before a start says so: a day is more than any
time zone, and than what a clock that is set right goes back by."""

READERS = 2
"""Threads that read what was said before: one long search does not keep the others waiting."""

HASHES_AT_ONCE = 2
"""Passwords that are hashed at once: each takes a processor and 64 MiB for a moment."""

HISTORY_EVENTS = 1000
"""What one answer shows of what was said before: a program asks again, a person has enough."""

HISTORY_EVENTS_UNASKED = 50
"""The same, where nobody said how much: two screens."""

SEARCH_EVENTS = 20
"""What one answer shows of what was found: a screen."""

ANSWER_BYTES_PER_LINE = 4096
"""How much of an answer about the past counts like a line that its reader sent, so that who asks
for much again and again is slowed like who says much."""

LONGEST_SPAN_SECONDS = 10 * 365 * 86_400
"""Ten years, for how long something lasts or how long ago it was: longer than any server's memory,
and within what a date can be."""

MOMENT_CHARS = 40
"""A time as somebody writes it: the longest way has 32, and what is longer is not looked at."""

WIDEST_IPV4_BITS = 8
"""Of a network that is banned or muted: one with fewer bits is not somebody's but everybody's, as
no registry gave more to one."""

WIDEST_IPV6_BITS = 16
"""The same for IPv6, where providers have 19 and more."""

PATTERN_CHARS = 200
"""A filter: what somebody can still read, and understand, in a list of them."""

PATTERN_BYTES = 64 << 10
"""What RE2 may take for one expression, and for its memory of where it was in a text.  Beyond the
second it goes on without, slower; and it keeps the 128 expressions used last."""

PATTERN_STEPS = 500
"""The steps of an expression, each of which may be tried at each byte of a line: a phrase has 20 or
30, and with all letters of Unicode (1,201) one line of a room kept everybody waiting."""

BANS_PER_PLACE = 500
"""Bans of a room, or of the server: more is a network's to stop, and each change writes all."""

MUTES_PER_PLACE = 500
"""The same for those who may only listen."""

FILTERS_PER_PLACE = 50
"""What is looked for in each line that is said."""

STEPS_PER_PLACE = 1000
"""The steps of all expressions of a place together, each of which may be tried at each byte of each
line: fifty ordinary ones have them."""

FILTER_TEST_EVENTS = 200
"""What a filter is tried on before it is used: what people have said lately, and not for long."""

SLOWEST_SECONDS = 86_400
"""What a room can make its members wait between two lines: who waits longer is muted."""

SHORTEST_RETENTION_SECONDS = 3600
"""After which a room can have what is said in it forgotten: a slip of the finger takes no more away
than what was said an hour ago, and who was away for lunch can read it."""

RETENTION_CHECK_SECONDS = 600
"""How often it is looked for what is to be forgotten: it is days old, and minutes do not matter."""

MARKS_PER_ROOM = 50
"""Times that a room was private, of which it is known where their talk is on record, so that it is
forgotten with the rest."""


def _limit(default: int, why: str) -> int:
    field: int = dataclasses.field(default=default, metadata={"why": why})
    return field


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """What an operator may set; each field's reason is in its metadata and in ``--help``."""

    connections: int = _limit(10_000, "connections in all, and never over 80% of the descriptors")
    connections_per_address: int = _limit(64, "connections from one address, or one IPv6 /64")
    connects_per_minute: int = _limit(60, "new connections a minute from one address")
    name_seconds: int = _limit(60, "until a name is given; a byte now and then does not extend it")
    name_tries: int = _limit(5, "names and passwords tried on one connection that are no good")
    logins: int = _limit(
        5, "passwords hashed a minute, right or wrong, for an address and for an account"
    )
    dead_peer_seconds: int = _limit(120, "until a peer that answers nothing counts as lost")
    line_bytes: int = _limit(4096, "one line; a longer one is refused and the connection kept")
    message_burst: int = _limit(20, "lines a user may send at once")
    messages: int = _limit(5, "lines a second after the burst; more are read later, not lost")
    lines_waiting: int = _limit(200, "lines held back from one user before the connection closes")
    bad_requests: int = _limit(20, "lines that are no request before a program is closed")
    outbox_bytes: int = _limit(1 << 20, "bytes waiting for one reader before they are too slow")
    outbox_seconds: int = _limit(30, "without progress before a reader is too slow")
    outbox_total_bytes: int = _limit(256 << 20, "bytes waiting for all; then the slowest one goes")
    rooms: int = _limit(10_000, "rooms in all")
    rooms_per_user: int = _limit(100, "rooms a user is in")
    members_per_room: int = _limit(10_000, "people in a room")
    invites_per_room: int = _limit(100, "invitations to a room that wait")
    ignored_per_user: int = _limit(100, "names that a user ignores")
    log_lines: int = _limit(100, "lines a second in the log about people; the rest is counted")
    goodbye_seconds: int = _limit(5, "for the last words to reach a reader when the server closes")

    @classmethod
    def described(cls) -> Iterator[tuple[str, int, str]]:
        """The name, default and reason of each limit."""
        for field in dataclasses.fields(cls):
            yield field.name, field.default, field.metadata["why"]  # type: ignore[misc]

    def take_over(self, others: "Limits") -> None:
        """Be as others are, so that all who hold these go by the new figures.

        In all else limits are frozen: nobody changes one by mistake.
        """
        for name, figure in dataclasses.asdict(others).items():
            object.__setattr__(self, name, figure)

    def differences(self, others: "Limits") -> Iterator[str]:
        """What the others change, in the order of the fields."""
        for name, mine in dataclasses.asdict(self).items():
            theirs = getattr(others, name)
            if mine != theirs:
                yield f"{name} from {_shown(mine)} to {_shown(theirs)}"

    def changed(self, name: str, value: str) -> "Limits":
        """These limits with one of them set from what an operator wrote.

        :raises ValueError: no such limit, or neither a positive number nor ``off``.
        """
        if name not in {field.name for field in dataclasses.fields(self)}:
            raise ValueError(f"there is no limit {name!r}")
        if value == "off":
            return dataclasses.replace(self, **{name: OFF})
        if not value.isascii() or not value.isdigit() or int(value) == 0:
            raise ValueError(f"{name} takes a number above 0, or off, and not {value!r}")
        # Beyond that there is nothing to count, and a timer could not be set.
        return dataclasses.replace(self, **{name: min(int(value), OFF)})


def _shown(figure: int) -> str:
    return "off" if figure == OFF else str(figure)
