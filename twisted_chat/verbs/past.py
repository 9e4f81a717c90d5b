"""The verbs about what was said before."""

import re
from collections.abc import Sequence

from msgspec import UNSET

from twisted_chat.answers import Found, History
from twisted_chat.events import Emoted, Recorded, Said, Told
from twisted_chat.journal import PRIVATE, Scope
from twisted_chat.limits import (
    HISTORY_EVENTS,
    HISTORY_EVENTS_UNASKED,
    SEARCH_EVENTS,
)
from twisted_chat.moments import Unclear, moment
from twisted_chat.names import Name, user_name
from twisted_chat.refused import BadRequest, no_such_message
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.lists import weight
from twisted_chat.verbs.verb import Count, Outcome, Place, Seen, Text, Words, done, read_count, verb

_HOW = re.compile(
    r"(?P<most>\d{1,16})?\s*(?:since\s+(?P<since>.+?)|(?P<span>(?:\d+[a-z]+)+))?"
    r"\s*(?:before\s+(?P<before>\d{1,16}))?",
    re.IGNORECASE,
)


@verb("/history [#ROOM] [HOW]", "What was said: 50, 1h, since 12:30, before SEQ.", "hist")
async def history(
    session: Asker,
    room: Place | None = None,
    how: Words | None = None,
    most: Count | None = None,
    since: Words | None = None,
    before: Count | None = None,
    after: Seen | None = None,
) -> Outcome:
    await session.settled()
    if how is not None:
        most, since, before = read_how(how)
    scope, shown = _scope_of(session, room)
    usual = HISTORY_EVENTS_UNASKED if since is None else HISTORY_EVENTS
    page = await session.journal.past(
        scope,
        upto=upto_of(session, before),
        after=after or 0,
        since=moment_of(session, since),
        most=min(most or usual, HISTORY_EVENTS),
    )
    session.charge(weight(page.events))
    following = ""
    if page.more:
        how_on = [str(most) if most else "", f"since {since}" if since else ""]
        again = ["/history", shown, *how_on, f"before {page.events[0].seq}"]
        following = " ".join(filter(None, again))
    return [], History(room=shown, events=page.events, more=page.more, next=following)


@verb("/missed", "What was said while you were not here.")
async def missed(session: Asker) -> Outcome:
    await session.settled()
    user = session.user
    shown = {room.on_record: str(room.name) for room in user.rooms.values()}
    place = next((key for key in user.missed if key in shown or key == PRIVATE), None)
    if place is None:
        return [], History(room="", events=[], more=False)
    after, upto, new = user.missed.pop(place)
    scope = Scope((), user.identity) if place == PRIVATE else Scope([place])
    page = await session.journal.past(
        scope, upto=upto, after=after, most=HISTORY_EVENTS_UNASKED, oldest=True
    )
    if page.more:
        rest = max(1, new - _said_to(user.name, page.events))
        user.missed[place] = (page.events[-1].seq, upto, rest)
    session.charge(weight(page.events))
    shown[PRIVATE] = PRIVATE
    left = {shown[key]: new for key, (_, _, new) in user.missed.items() if key in shown}
    following = "/missed" if left else ""
    return [], History(
        room=shown[place], events=page.events, more=bool(left), next=following, left=left or UNSET
    )


@verb("/search TEXT [in:ROOM] [from:NAME] [since:WHEN] [before:SEQ]", "Find what was said.", "find")
async def search(
    session: Asker,
    text: Text,
    room: Place | None = None,
    name: Name | None = None,
    since: Words | None = None,
    before: Count | None = None,
) -> Outcome:
    await session.settled()
    if room is None:
        scope = Scope(session.chat.readable_rooms(session.user), session.user.identity)
    else:
        scope, _ = _scope_of(session, room)
    found = await session.journal.search(
        text,
        scope,
        who="" if name is None else name.key,
        since=moment_of(session, since),
        upto=upto_of(session, before),
        most=SEARCH_EVENTS,
    )
    session.charge(weight(found.events))
    again = [f"/search {text}", room and f"in:{room}", name and f"from:{name}"]
    again += [since and f"since:{since}", f"before:{found.reached}"]
    following = " ".join(part for part in again if part) if found.reached else ""
    return [], Found(text=text, events=found.events, reached=found.reached, next=following)


@verb("/context SEQ [N]", "What was said around a message.")
async def context(session: Asker, seq: Count, n: Count | None = None) -> Outcome:
    await session.settled()
    scope = Scope(session.chat.readable_rooms(session.user), session.user.identity)
    most = min(n or SEARCH_EVENTS, HISTORY_EVENTS)
    page = await session.journal.around(seq, scope, upto=session.told, most=most)
    if not page.events:
        raise no_such_message(seq)
    session.charge(weight(page.events))
    room = getattr(page.events[0], "room", PRIVATE)
    return [], History(room=room, events=page.events, more=page.more)


@verb("/delete SEQ", "Take a message back; operators any.", "del")
async def delete(session: Asker, seq: Count) -> Outcome:
    await session.settled()
    entry = await session.journal.entry(seq) if seq <= session.told else None
    if entry is None:
        raise no_such_message(seq)
    session.check_here()
    return done(session.chat.delete(session.user, entry), f"Message {seq} is deleted.")


def _said_to(name: Name, events: Sequence[Recorded]) -> int:
    """How much of that others said, as it is counted for who comes back."""
    said = (event for event in events if isinstance(event, Said | Emoted | Told))
    return sum(user_name(event.who) != name for event in said)


def read_how(how: str) -> tuple[Count | None, Words | None, Count | None]:
    """How many, since when, and before which number.

    :raises BadRequest: it says nothing of that kind.
    """
    # Where thousands of spaces are for the pattern to share out, it takes its time.
    match = _HOW.fullmatch(" ".join(how.split()))
    if match is None:
        raise BadRequest(f"What is {how}? Try 50, or 1h, or since 12:30, or 50 before 1234.")
    most, since, before = match["most"], match["since"] or match["span"], match["before"]
    return (
        None if most is None else read_count(most),
        None if since is None else Words(since),
        None if before is None else read_count(before),
    )


def _scope_of(session: Asker, place: Place | None) -> tuple[Scope, str]:
    """What somebody may read of a room, and what it is called."""
    if place is not None and place.key == PRIVATE:
        return Scope((), session.user.identity), PRIVATE
    room = session.chat.room(session.user, session.room(place))
    session.chat.guard.check_room(session.user, room)
    return Scope(session.chat.readable(session.user, room)), str(room.name)


def upto_of(session: Asker, before: int | None) -> int:
    """The newest that may be told: what is on record and not told yet comes by itself."""
    return session.told if before is None else min(before - 1, session.told)


def moment_of(session: Asker, since: str | None) -> float:
    """The moment that is meant, in seconds since 1970; the beginning of all time for None.

    :raises BadRequest: it is none.
    """
    if since is None:
        return 0
    try:
        return moment(since, session.wall())
    except Unclear as why:
        raise BadRequest(str(why)) from None
