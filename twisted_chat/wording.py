"""How events and answers read to a person: one line of text for each, or several, or none.

The line door and the stdio client share it.  It knows no terminal and no bytes.
"""

from datetime import datetime
from functools import singledispatch

from twisted_chat import answers, events
from twisted_chat.events import Event

USAGE_CHARS = 14
"""The column of usages in help: as wide as most, so that the whole of it stays small."""


@singledispatch
def words(event: object) -> str:
    """What happened, as a line without its room; an unknown event is an error, not silence."""
    raise TypeError(event)


@words.register
def _(event: events.Said) -> str:
    return f"{event.who}: {event.text}"


@words.register
def _(event: events.Emoted) -> str:
    return f"** {event.who} {event.text}"


@words.register
def _(event: events.Told) -> str:
    return f"[PM from {event.who}] {event.text}"


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
def _(event: events.Invited) -> str:
    return f" * {event.by} invites you: /join {event.room}"


@words.register
def _(event: events.Joined) -> str:
    return f" * {event.who} joined." if not event.bot else f" * {event.who} (bot) joined."


@words.register
def _(event: events.Left) -> str:
    return _departure(event.who, event.after, event.reason)


@words.register
def _(event: events.Renamed) -> str:
    return f" * {event.who} is now known as {event.to}."


@words.register
def _(event: events.WentAway) -> str:
    return f" * {event.who} is away" + (f": {event.text}" if event.text else ".")


@words.register
def _(event: events.CameBack) -> str:
    return f" * {event.who} is back."


def line_of(event: Event, current: str, clock: bool = False) -> str:
    """The whole line for somebody who looks at room ``current``.

    A line from another room begins with its name, and with ``clock`` every line with the time in
    this machine's zone.
    """
    line = words(event)
    room: str = getattr(event, "room", "")
    if room and room != current and not isinstance(event, events.Invited):
        line = f"[{room}] {line}"
    if clock:
        line = f"[{datetime.fromtimestamp(event.time):%H:%M}] {line}"
    return line


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
    if answer.topic:
        lines.append(f"Topic: {answer.topic}")
    lines.append("Say something and press Enter. /help tells more, q leaves.")
    return "\n".join(lines)


@reply.register
def _(answer: answers.Entered) -> str:
    line = f"You are in {answer.room}: {_listed(answer.names, answer.more)}."
    return line + (f"\nTopic: {answer.topic}" if answer.topic else "")


@reply.register
def _(answer: answers.People) -> str:
    people = [_person(person) for person in answer.people]
    total = len(people) + answer.more
    return f"{total:,} in {answer.room}: {_listed(people, answer.more)}."


def _person(person: answers.Person) -> str:
    marks = ["operator"] if person.operator else []
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
    return f"{answer.name}{bot}: {away}in {rooms}, here for {duration(answer.seconds)}."


@reply.register
def _(answer: answers.Ignored) -> str:
    if not answer.names:
        return "You ignore nobody."
    return f"You ignore {_listed(answer.names, answer.more)}."


@reply.register
def _(answer: answers.Help) -> str:
    width = USAGE_CHARS if len(answer.verbs) > 1 else 0
    return "\n".join(f"{line.usage:{width}}  {line.text}" for line in answer.verbs)


@reply.register
def _(answer: answers.Motd) -> str:
    return answer.text or "There is no message of the day."


@reply.register
def _(answer: answers.Uptime) -> str:
    people = "1 person" if answer.people == 1 else f"{answer.people:,} people"
    rooms = _count(answer.rooms, "room")
    return f"Up for {duration(answer.seconds)}. {people} in {rooms}."


def _listed(names: list[str], more: int) -> str:
    shown = ", ".join(names) or "nobody"
    return f"{shown} and {more:,} more" if more else shown
