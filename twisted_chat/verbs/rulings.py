"""The verbs about bans, mutes and filters, of a room or of the whole server."""

from collections.abc import Collection, Sequence

from twisted_chat.answers import Bans, FilterLine, Filters, FilterTest, Notice, RulingLine
from twisted_chat.events import Emoted, Recorded, Said, TopicSet
from twisted_chat.journal import Scope
from twisted_chat.limits import FILTER_TEST_EVENTS
from twisted_chat.masks import read_mask
from twisted_chat.moderation import Domain, Sanction
from twisted_chat.patterns import read_pattern
from twisted_chat.rulings import Ruling
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.lists import weight
from twisted_chat.verbs.verb import NO_REASON, Outcome, Place, Reason, Words, done, verb
from twisted_chat.verbs.where import charge_for, check_order, domain_of, seconds_of


@verb("/ban [#ROOM] WHO [TIME] [REASON]", "Keep somebody out, as for 2d (operators).")
def ban(
    session: Asker,
    who: Words,
    room: Place | None = None,
    time: Words | None = None,
    reason: Reason = NO_REASON,
) -> Outcome:
    check_order(who, time, reason)
    where, mask, seconds = domain_of(session, room), read_mask(who), seconds_of(time)
    sanction = session.moderation.sanctions.ban(
        session.user, mask, where, session.now(), seconds, reason
    )
    told = sanction.tells(f"banned from {sanction.domain.words}")
    if where is None:
        session.expel(mask, told)
    else:
        _notify(session, sanction, "banned", told)
    return _done(sanction, f"banned from {sanction.domain.words} {sanction.term}")


@verb("/unban [#ROOM] WHO", "Let them in again (operators).")
def unban(session: Asker, who: Words, room: Place | None = None) -> Outcome:
    where, mask = domain_of(session, room), read_mask(who)
    sanction = session.moderation.sanctions.unban(session.user, mask, where)
    _notify(session, sanction, "unbanned", f"You may enter {sanction.domain.words} again.")
    return _done(sanction, f"not banned from {sanction.domain.words} any more")


@verb("/bans [#ROOM]", "Who is banned or muted; * is the server (operators).")
def bans(session: Asker, room: Place | None = None) -> Outcome:
    domain = session.moderation.authority.domain(session.user, domain_of(session, room))
    out = _lines(session, domain.place.rulings.bans)
    quiet = _lines(session, domain.place.rulings.mutes)
    charge_for(session, *(f"{line}" for line in [*out, *quiet]))
    return [], Bans(room=domain.name, bans=out, mutes=quiet)


@verb("/mute [#ROOM] WHO [TIME] [REASON]", "Let somebody only listen, as for 10m (operators).")
def mute(
    session: Asker,
    who: Words,
    room: Place | None = None,
    time: Words | None = None,
    reason: Reason = NO_REASON,
) -> Outcome:
    check_order(who, time, reason)
    where, mask, seconds = domain_of(session, room), read_mask(who), seconds_of(time)
    sanction = session.moderation.sanctions.mute(session.user, mask, where, seconds, reason)
    told = sanction.tells(f"muted {sanction.domain.within}")
    _notify(session, sanction, "muted", told)
    return _done(sanction, f"muted {sanction.domain.within} {sanction.term}")


@verb("/unmute [#ROOM] WHO", "Let them speak again (operators).")
def unmute(session: Asker, who: Words, room: Place | None = None) -> Outcome:
    where, mask = domain_of(session, room), read_mask(who)
    sanction = session.moderation.sanctions.unmute(session.user, mask, where)
    _notify(session, sanction, "unmuted", f"You may speak {sanction.domain.within} again.")
    return _done(sanction, f"not muted {sanction.domain.within} any more")


@verb("/filter [#ROOM] [PATTERN]", "Let nobody say words, or /.../; or list (operators).")
def filter_(session: Asker, pattern: Words | None = None, room: Place | None = None) -> Outcome:
    where = domain_of(session, room)
    if pattern is None:
        domain = session.moderation.authority.domain(session.user, where)
        rules = domain.place.rulings.filters
        charge_for(session, *(rule.pattern for rule in rules))
        lines = [FilterLine(pattern=rule.pattern, by=rule.by) for rule in rules]
        return [], Filters(room=domain.name, filters=lines)
    looked_for = read_pattern(pattern)
    happened = session.moderation.silence.filter(session.user, looked_for, where)
    return done(happened, f'Nobody says "{looked_for}" any more. /filter-test shows what it stops.')


@verb("/unfilter [#ROOM] PATTERN", "Let it be said again (operators).")
def unfilter(session: Asker, pattern: Words, room: Place | None = None) -> Outcome:
    where, looked_for = domain_of(session, room), read_pattern(pattern)
    happened = session.moderation.silence.unfilter(session.user, looked_for, where)
    return done(happened, f'"{looked_for}" may be said again.')


@verb("/filter-test [#ROOM] PATTERN", "Show what a filter would stop (operators).")
async def filter_test(session: Asker, pattern: Words, room: Place | None = None) -> Outcome:
    where, looked_for = domain_of(session, room), read_pattern(pattern)
    domain = session.moderation.authority.domain(session.user, where)
    await session.settled()
    page = await session.journal.past(
        Scope(_read_by(session, domain)), upto=session.told, most=FILTER_TEST_EVENTS
    )
    said = [event for event in page.events if isinstance(event, Said | Emoted | TopicSet)]
    stopped: list[Recorded] = [event for event in said if looked_for.found_in(event.text)]
    session.charge(weight(said))
    written = str(looked_for)
    return [], FilterTest(room=domain.name, pattern=written, events=stopped, of=len(said))


def _read_by(session: Asker, domain: Domain) -> Collection[str]:
    """What the user may read of a room, or of all of them, as it is on record."""
    if domain.room is None:
        return session.chat.readable_rooms(session.user)
    return session.chat.readable(session.user, domain.room)


def _done(sanction: Sanction, what: str) -> Outcome:
    return done(sanction.happened, f"{sanction.ruling.mask} is {what}.")


def _notify(session: Asker, sanction: Sanction, code: str, text: str) -> None:
    session.notify(sanction.concerned, Notice(code=code, text=text))


def _lines(session: Asker, rulings: Sequence[Ruling]) -> list[RulingLine]:
    """Those that hold, as far as the user may know of them, the latest first."""
    known = session.moderation.sanctions.known(session.user, rulings)
    return [
        RulingLine(who=one.mask, by=one.by, since=one.since, until=one.until, reason=one.reason)
        for one in reversed(known)
    ]
