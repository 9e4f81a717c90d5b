"""The figures of a server as an administrator is told them."""

from collections import Counter
from typing import TYPE_CHECKING

from twisted_chat.answers import Stats, TimesLine
from twisted_chat.descriptors import open_descriptors
from twisted_chat.figures import Spread

if TYPE_CHECKING:
    from twisted_chat.house import House


def stats_of(house: "House") -> Stats:
    """What is counted of a server, as it stands now."""
    figures, delivery, logins = house.figures, house.delivery, house.logins
    return Stats(
        seconds=int(house.clock.seconds() - house.started),
        people=len(house.chat.users),
        rooms=len(house.chat.rooms),
        sessions=dict(Counter(session.door for session in house.sessions)),
        connections=figures.connections.total(),
        turned_away=dict(figures.turned_away),
        dropped=dict(figures.dropped),
        said=figures.said,
        deliveries=figures.deliveries,
        telling=_times(figures.telling),
        commits=_times(figures.commits),
        commits_failed=figures.commits_failed,
        outbox_bytes=house.backlog.bytes,
        waiting_bytes=delivery.waiting_bytes,
        refused=dict(figures.refused),
        logins=logins.succeeded,
        logins_failed=logins.failed,
        faults=house.log.faults,
        lag=_times(figures.lag),
        blocks=_times(figures.blocks),
        descriptors=open_descriptors(),
    )


def _times(spread: Spread) -> TimesLine:
    return TimesLine(
        count=spread.count,
        p50=round(spread.within(0.5), 6),
        p99=round(spread.within(0.99), 6),
        longest=round(spread.longest, 6),
    )
