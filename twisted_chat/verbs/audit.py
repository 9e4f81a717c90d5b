"""The verb that shows who ruled over whom."""

from typing import cast

from msgspec.structs import replace

from twisted_chat.answers import Audit
from twisted_chat.events import Banned, Muted, Recorded, Unbanned, Unmuted
from twisted_chat.journal import Entry
from twisted_chat.limits import HISTORY_EVENTS, HISTORY_EVENTS_UNASKED
from twisted_chat.moderation import AN_ADDRESS
from twisted_chat.rooms import User
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.lists import weight
from twisted_chat.verbs.past import moment_of, read_how, upto_of
from twisted_chat.verbs.verb import Count, Outcome, Place, Words, verb
from twisted_chat.verbs.where import domain_of


@verb("/audit [#ROOM] [HOW]", "Who ruled over whom: as /history (operators).")
async def audit(
    session: Asker,
    room: Place | None = None,
    how: Words | None = None,
    most: Count | None = None,
    since: Words | None = None,
    before: Count | None = None,
) -> Outcome:
    domain = session.moderation.authority.domain(session.user, domain_of(session, room))
    await session.settled()
    if how is not None:
        most, since, before = read_how(how)
    wanted, start = min(most or HISTORY_EVENTS_UNASKED, HISTORY_EVENTS), moment_of(session, since)
    rooms = None if domain.room is None else domain.room.ever_on_record
    entries = await session.journal.audit(rooms, upto=upto_of(session, before), most=wanted + 1)
    acts = [entry for entry in entries if entry.event.time >= start]
    shown = [_shown_to(session.user, entry) for entry in acts[-wanted:]]
    session.charge(weight(shown))
    more = len(acts) > wanted
    return [], Audit(
        room=domain.name,
        events=shown,
        more=more,
        next=_next(domain.name, most, since, shown[0].seq) if more else "",
    )


def _shown_to(user: User, entry: Entry) -> Recorded:
    """What happened, with the address that it is about for an administrator."""
    event = cast(Recorded, entry.event)
    if isinstance(event, Banned | Unbanned | Muted | Unmuted):
        hidden = event.who == AN_ADDRESS and user.admin and entry.concerns
        return replace(event, who=entry.concerns) if hidden else event
    return event


def _next(room: str, most: int | None, since: str | None, before: int) -> str:
    how = [str(most) if most else "", f"since {since}" if since else "", f"before {before}"]
    return " ".join(["/audit", room, *filter(None, how)])
