"""How events and answers read to a person: one line of text for each, or several, or none.

The line door and the stdio client share it.  It knows no terminal and no bytes.
"""

from collections.abc import Sequence
from functools import singledispatch

from twisted_chat import answers, events
from twisted_chat.events import Event
from twisted_chat.moments import shown_as, until_words, written

MOST_COUNTS = 5
"""How many of the reasons for which something was refused a person is told: a line of them."""

USAGE_CHARS = 14
"""The column of usages in help: as wide as most, so that the whole of it stays small."""


@singledispatch
def words(event: object) -> str:
    """What happened, as a line without its room, or several; an unknown event is an error."""
    raise TypeError(event)


@words.register
def _(event: events.Said) -> str:
    return _each_line(f"{event.who}: ", event.text)


@words.register
def _(event: events.Emoted) -> str:
    return f"** {event.who} {event.text}"


@words.register
def _(event: events.Told) -> str:
    return _each_line(f"[PM from {event.who}] ", event.text)


@words.register
def _(event: events.TopicSet) -> str:
    if not event.text:
        return f" * {event.who} took the topic away."
    return f" * {event.who} set the topic: {event.text}"


@words.register
def _(event: events.Kicked) -> str:
    reason = f"kicked by {event.by}" + (f": {event.reason}" if event.reason else "")
    return _departure(event.who, event.after, reason)


@words.register
def _(event: events.Opped) -> str:
    if not event.by:
        return f" * {event.who} is an operator now."
    return f" * {event.by} made {event.who} an operator."


@words.register
def _(event: events.Deopped) -> str:
    if event.by == event.who:
        return f" * {event.who} is no operator any more."
    return f" * {event.by} took the operator's rights from {event.who}."


@words.register
def _(event: events.Locked) -> str:
    if event.on:
        return f" * {event.by} locked the topic. Only operators set it."
    return f" * {event.by} unlocked the topic. Everyone may set it."


@words.register
def _(event: events.MadePrivate) -> str:
    if event.on:
        return f" * {event.by} made the room private. Only the invited enter."
    return f" * {event.by} opened the room. Everyone may enter."


@words.register
def _(event: events.Voiced) -> str:
    return f" * {event.by} gave {event.who} a voice."


@words.register
def _(event: events.Devoiced) -> str:
    return f" * {event.by} took the voice from {event.who}."


@words.register
def _(event: events.Moderated) -> str:
    if event.on:
        return f" * {event.by} made the room moderated: operators speak, and who has a voice."
    return f" * {event.by} let everyone speak."


@words.register
def _(event: events.Owned) -> str:
    if not event.by:
        return " * The room belongs to nobody now: the account of its owner is no more."
    if not event.who:
        return f" * {event.by} gave the room up. It belongs to nobody."
    if event.by == event.who:
        return f" * The room belongs to {event.who} now."
    return f" * {event.by} gave the room to {event.who}."


@words.register
def _(event: events.Banned) -> str:
    return f" * {event.by} banned {event.who}{_term(event.time, event.until, event.reason)}"


@words.register
def _(event: events.Unbanned) -> str:
    return f" * {event.by} lifted the ban on {event.who}."


@words.register
def _(event: events.Muted) -> str:
    return f" * {event.by} muted {event.who}{_term(event.time, event.until, event.reason)}"


@words.register
def _(event: events.Unmuted) -> str:
    return f" * {event.by} let {event.who} speak again."


@words.register
def _(event: events.Slowed) -> str:
    if not event.seconds:
        return f" * {event.by} ended the slow mode."
    return f" * {event.by} slowed the room: one line every {written(event.seconds)}."


@words.register
def _(event: events.LockedDown) -> str:
    if event.on:
        return f" * {event.by} locked the server down: no new guests, and only accounts speak."
    return f" * {event.by} ended the lockdown."


@words.register
def _(event: events.Filtered) -> str:
    return f' * {event.by} filters "{event.pattern}".'


@words.register
def _(event: events.Unfiltered) -> str:
    return f' * {event.by} filters "{event.pattern}" no more.'


@words.register
def _(event: events.Retained) -> str:
    if not event.seconds:
        return f" * {event.by} has all that is said here kept."
    return f" * {event.by} has what is said here forgotten after {written(event.seconds)}."


@words.register
def _(event: events.Deleted) -> str:
    return f" * {event.by} deleted message {event.of} of {event.who}."


@words.register
def _(event: events.Invited) -> str:
    return f" * {event.by} invites you: /join {event.room}"


@words.register
def _(event: events.Joined) -> str:
    return f" * {event.who} joined." if not event.bot else f" * {event.who} (bot) joined."


@words.register
def _(event: events.Left) -> str:
    return _departure(event.who, event.after, event.reason)


@words.register
def _(event: events.CrowdMoved) -> str:
    came = f"{_several(event.joined, event.others_joined)} joined" if event.joined else ""
    went = f"{_several(event.left, event.others_left)} left" if event.left else ""
    return f" * {'; '.join(filter(None, (came, went)))}."


@words.register
def _(event: events.Renamed) -> str:
    return f" * {event.who} is now known as {event.to}."


@words.register
def _(event: events.WentAway) -> str:
    return f" * {event.who} is away" + (f": {event.text}" if event.text else ".")


@words.register
def _(event: events.CameBack) -> str:
    return f" * {event.who} is back."


def _several(names: Sequence[str], others: int) -> str:
    """Some by their names, and how many more."""
    more = [f"{others:,} other{'s' if others > 1 else ''}"] if others else []
    *listed, last = [*names, *more]
    return f"{', '.join(listed)} and {last}" if listed else last


def line_of(event: Event, current: str, clock: bool = False, sent: bool = False) -> str:
    """The whole line for somebody who looks at room ``current``; a message may have several.

    A line from another room begins with its name, and with ``clock`` every line with the time in
    this machine's zone.  ``sent`` says that the reader told this to somebody alone.
    """
    line = words(event)
    if isinstance(event, events.Told) and sent:
        line = _each_line(f"[PM to {event.to}] ", event.text)
    before = f"[{shown_as(event.time):%H:%M}] " if clock else ""
    before += _elsewhere(event, current)
    return _each_line(before, line) if before else line


def _each_line(before: str, text: str) -> str:
    """A text with the same before each of its lines, so that none looks like somebody else's."""
    return before + text.replace("\n", f"\n{before}")


def _elsewhere(event: Event, current: str) -> str:
    """The room, before a line from another than the one looked at."""
    room: str = getattr(event, "room", "")
    if not room or room == current or isinstance(event, events.Invited):
        return ""
    return "[server] " if room == "*" else f"[{room}] "


Past = answers.Backlog | answers.History | answers.Found | answers.Audit | answers.FilterTest
"""The replies that show what was said before."""


def past(reply: Past, current: str) -> list[str]:
    """What was said before, for somebody who looks at room ``current``.

    Each line begins with its number, unless nobody asked for it, and its time; what the server
    says between them begins with an arrow.
    """
    numbered = not isinstance(reply, answers.Backlog)
    return _framed(reply, _dated(reply.events, current, numbered))


def _dated(happened: Sequence[Event], current: str, numbered: bool) -> list[str]:
    lines, day = [], ""
    for event in happened:
        moment = shown_as(event.time)
        if f"{moment:%Y-%m-%d}" != day:
            day = f"{moment:%Y-%m-%d}"
            lines.append(f"-> {day}")
        number = f"{event.seq} " if numbered else ""
        before = f"{number}[{moment:%H:%M}] {_elsewhere(event, current)}"
        lines += _each_line(before, _remembered(event)).split("\n")
    return lines


def missed(reply: answers.Missed, current: str) -> list[str]:
    """What happened while one was not here: how much, then the part that is meant for oneself."""
    lines = [f"-> {_news(line)}" for line in reply.rooms]
    lines += _dated([*reply.told, *reply.mentions], current, numbered=False)
    if reply.more:
        lines.append("-> /missed shows the rest.")
    return lines


def _news(line: answers.NewsLine) -> str:
    calls = "mentions" if line.mentions == 1 else "mention"
    mentions = f", {line.mentions:,} {calls} you" if line.mentions else ""
    return f"{line.new:,} new {_within(line.room)}{mentions}."


def _within(room: str) -> str:
    return "in private" if room == "@" else f"in {room}"


def _remembered(event: Event) -> str:
    """What happened, for somebody who may have been on either side of it."""
    if isinstance(event, events.Told):
        return _each_line(f"[PM from {event.who} to {event.to}] ", event.text)
    return words(event)


def _framed(reply: Past, lines: list[str]) -> list[str]:
    """The lines, with what the server says about them before or after."""
    if isinstance(reply, answers.Backlog):
        more = reply.more and not reply.room
        return [_missed_more(reply), *lines] if more else lines
    if isinstance(reply, answers.FilterTest):
        stops = _count(reply.of, "message")
        return [*lines, f"-> It would have stopped {len(reply.events)} of the last {stops}."]
    nothing = (
        "-> Nothing was found." if isinstance(reply, answers.Found) else "-> There is nothing."
    )
    shown = lines or [nothing]
    return [*shown, f"-> More: {reply.next}{_left(reply)}"] if reply.next else shown


def _left(reply: Past) -> str:
    """How much more there is to be shown of what was missed, and where."""
    if not isinstance(reply, answers.History) or not reply.left:
        return ""
    places = ((f"{new:,}", _within(room)) for room, new in reply.left.items())
    return f" ({', '.join(f'{new} {within}' for new, within in places)})"


def _missed_more(reply: answers.Backlog) -> str:
    return f"-> You missed more than this: /history before {reply.events[0].seq} shows it."


def _term(time: float, until: float, reason: str) -> str:
    how_long = f" {until_words(until, time)}" if until else ""
    return f"{how_long}: {reason}" if reason else f"{how_long}."


def duration(seconds: int) -> str:
    """So many seconds in the largest unit that fits: ``5 minutes``, ``1 hour``."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return _count(seconds // size, unit)
    return _count(seconds, "second")


def _departure(who: str, after: int, reason: str) -> str:
    return f" * {who} left. (After {duration(after)})" + (f" - {reason}" if reason else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


_FOR_PROGRAMS = (
    *(answers.Ok, answers.Error, answers.Welcome, answers.Entered, answers.Found),
    answers.History,
)
"""Answers that a program makes more of than their words."""


def shown(answer: answers.Answer) -> answers.Answer:
    """The answer for a program into which a person types, which shows what they are told."""
    if isinstance(answer, _FOR_PROGRAMS):
        return answer
    lines = past(answer, "") if isinstance(answer, Past) else [reply(answer)]
    return answers.Shown(text="\n".join(lines))


@singledispatch
def reply(answer: object) -> str:
    """The answer as it is read by a person, several lines where it is a list; may be empty."""
    raise TypeError(answer)


@reply.register
def _(answer: answers.Ok) -> str:
    return answer.text or ""


@reply.register
def _(answer: answers.Error) -> str:
    return answer.text


@reply.register
def _(answer: answers.Shown) -> str:
    return answer.text


@reply.register
def _(answer: answers.Prompt) -> str:
    return answer.text


@reply.register
def _(answer: answers.Goodbye) -> str:
    return answer.text


@reply.register
def _(answer: answers.Notice) -> str:
    return answer.text


@reply.register
def _(answer: answers.Welcome) -> str:
    others = [name for name in answer.names if name != answer.name]
    company = f" with {_listed(others, answer.more)}" if others else ". Nobody else is here yet"
    lines = [answer.motd] if answer.motd else []
    lines.append(f"You are {answer.name}, in {answer.room}{company}.")
    lines += _room_lines(answer.topic, answer.retention)
    lines.append("Say something and press Enter. /help tells more, q leaves.")
    return "\n".join(lines)


@reply.register
def _(answer: answers.Entered) -> str:
    line = f"You are in {answer.room}: {_listed(answer.names, answer.more)}."
    return "\n".join([line, *_room_lines(answer.topic, answer.retention)])


def _room_lines(topic: str, retention: object) -> list[str]:
    """What one is told of a room beside its people."""
    lines = [f"Topic: {topic}"] if topic else []
    if isinstance(retention, int):
        lines.append(f"What is said here is forgotten after {written(retention)}.")
    return lines


@reply.register
def _(answer: answers.People) -> str:
    people = [_person(person) for person in answer.people]
    total = len(people) + answer.more
    return f"{total:,} in {answer.room}: {_listed(people, answer.more)}."


def _person(person: answers.Person) -> str:
    marks = ["operator"] if person.operator else []
    if person.voice:
        marks.append("voice")
    if person.bot:
        marks.append("bot")
    if person.away is not None:
        marks.append(f"away: {person.away}" if person.away else "away")
    return f"{person.name} ({', '.join(marks)})" if marks else person.name


@reply.register
def _(answer: answers.Names) -> str:
    total = len(answer.names) + answer.more
    return f"{total:,} in the chat: {_listed(answer.names, answer.more)}."


@reply.register
def _(answer: answers.Rooms) -> str:
    lines = [_room(line) for line in answer.rooms]
    if answer.more:
        lines.append(f"and {answer.more:,} more")
    return "\n".join(lines)


def _room(line: answers.RoomLine) -> str:
    people = "1 person" if line.people == 1 else f"{line.people:,} people"
    return f"{line.room} ({people})" + (f": {line.topic}" if line.topic else "")


@reply.register
def _(answer: answers.Topic) -> str:
    if not answer.topic:
        return f"{answer.room} has no topic."
    return f"Topic of {answer.room}: {answer.topic}"


@reply.register
def _(answer: answers.Whois) -> str:
    away = "" if answer.away is None else f"away ({answer.away}), " if answer.away else "away, "
    rooms = ", ".join(answer.rooms) or "no room that you can see"
    bot = " (bot)" if answer.bot else ""
    known = answer.addresses
    origin = f", from {', '.join(known)}" if isinstance(known, list) and known else ""
    return f"{answer.name}{bot}: {away}in {rooms}, here for {duration(answer.seconds)}{origin}."


@reply.register
def _(answer: answers.Ignored) -> str:
    if not answer.names:
        return "You ignore nobody."
    return f"You ignore {_listed(answer.names, answer.more)}."


@reply.register
def _(answer: answers.Help) -> str:
    width = USAGE_CHARS if len(answer.verbs) > 1 else 0
    lines = []
    for line in answer.verbs:
        lines += [f"{line.usage:{width}}  {line.text}", *(line.more or ())]
    return "\n".join(lines)


@reply.register
def _(answer: answers.Motd) -> str:
    return answer.text or "There is no message of the day."


@reply.register
def _(answer: answers.Uptime) -> str:
    people = "1 person" if answer.people == 1 else f"{answer.people:,} people"
    rooms = _count(answer.rooms, "room")
    return f"Up for {duration(answer.seconds)}. {people} in {rooms}."


@reply.register
def _(answer: answers.Stats) -> str:
    people = "1 person" if answer.people == 1 else f"{answer.people:,} people"
    lines = [
        f"Up for {duration(answer.seconds)}: {people} in {_count(answer.rooms, 'room')}.",
        f"Open connections: {_most(answer.sessions)}; {answer.descriptors:,} descriptors.",
        f"Ever let in: {answer.connections:,}; turned away: {_most(answer.turned_away)};"
        f" dropped: {_most(answer.dropped)}.",
        f"Said: {_count(answer.said, 'message')}, told {_count(answer.deliveries, 'time')}:"
        f" {_spread(answer.telling)}.",
        f"On record: {_count(answer.commits.count, 'commit')}, {answer.commits_failed:,} failed:"
        f" {_spread(answer.commits)}.",
        f"Bytes that wait: {answer.outbox_bytes:,} for readers, {answer.waiting_bytes:,} for the"
        " disk.",
        f"Refused: {_most(answer.refused)}.",
        f"Logins: {answer.logins:,}, and {answer.logins_failed:,} failed. Faults:"
        f" {answer.faults:,}.",
        f"The reactor was late: {_spread(answer.lag)}; blocked: {answer.blocks.count:,} times.",
    ]
    return "\n".join(lines)


@reply.register
def _(answer: answers.Bans) -> str:
    place = _place(answer.room)
    within = f"on {place}" if answer.room == "*" else f"in {place}"
    lines = [_ruling(f"banned from {place}", line) for line in answer.bans]
    lines += [_ruling(f"muted {within}", line) for line in answer.mutes]
    return "\n".join(lines) or f"Nobody is banned from {place}, or muted there."


def _ruling(what: str, line: answers.RulingLine) -> str:
    reason = f": {line.reason}" if line.reason else "."
    until = until_words(line.until, line.since)
    return f"{line.who} is {what} {until}, by {line.by}{reason}"


@reply.register
def _(answer: answers.Filters) -> str:
    lines = [f'"{line.pattern}" (by {line.by})' for line in answer.filters]
    return "\n".join(lines) or f"Everything may be said in {_place(answer.room)}."


@reply.register
def _(answer: answers.Owner) -> str:
    return f"{answer.room} belongs to {answer.owner or 'nobody'}."


def _place(room: str) -> str:
    return "this server" if room == "*" else room


@reply.register
def _(answer: answers.Tokens) -> str:
    return "\n".join(map(_token, answer.tokens)) or "You have no tokens. /token NAME makes one."


def _token(line: answers.TokenLine) -> str:
    used = f"used last on {_day(line.used)}" if line.used else "never used"
    return f"{line.name}: made on {_day(line.since)}, {used}."


def _day(time: float) -> str:
    return f"{shown_as(time):%Y-%m-%d %H:%M}"


def _spread(times: answers.TimesLine) -> str:
    return (
        f"half within {_seconds(times.p50)}, 99 of 100 within {_seconds(times.p99)},"
        f" all within {_seconds(times.longest)}"
    )


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def _most(counts: dict[str, int]) -> str:
    """The largest of some counts, each with its name."""
    ordered = sorted((-count, name) for name, count in counts.items() if count)
    return ", ".join(f"{-count:,} {name}" for count, name in ordered[:MOST_COUNTS]) or "none"


def _listed(names: list[str], more: int) -> str:
    shown = ", ".join(names) or "nobody"
    return f"{shown} and {more:,} more" if more else shown
