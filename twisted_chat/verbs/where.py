"""What the verbs of operators have in common: where something is to hold, and for how long."""

import re

from twisted_chat.journal import PRIVATE, SERVER
from twisted_chat.limits import ANSWER_BYTES_PER_LINE
from twisted_chat.moments import SPANS, Unclear, span
from twisted_chat.names import RoomName
from twisted_chat.refused import BadRequest
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.verb import Place

_MEANT_AS_TIME = re.compile(
    r"(?:for\s+)?[0-9]+\s*"
    r"(?:$|(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|years?)"
    r"(?![a-z]))"
    r"|until\s+[0-9]",
    re.IGNORECASE,
)


def domain_of(session: Asker, place: Place | None) -> RoomName | None:
    """The room that is meant; None for the whole server.

    :raises BadRequest: it is neither.
    :raises NotInRoom: none is named, and the user is in none.
    """
    if place is None:
        return session.room(None)
    if place.key == PRIVATE:
        raise BadRequest("Name a room, or * for the whole server.")
    return None if place.key == SERVER else place


def room_of(session: Asker, place: Place | None) -> RoomName:
    """The room that is meant, of what no server has as a whole.

    :raises BadRequest: it is none.
    :raises NotInRoom: none is named, and the user is in none.
    """
    room = domain_of(session, place)
    if room is None:
        raise BadRequest("That is for a room, and not for the whole server.")
    return room


def seconds_of(time: str | None) -> int:
    """How long something is to last; without a time for good, which is 0.

    :raises BadRequest: it is no time.
    """
    if time is None:
        return 0
    try:
        return span(time)
    except Unclear as why:
        raise BadRequest(str(why)) from None


def check_order(who: str, time: str | None, reason: str) -> None:
    """Let nobody rule for good who meant to say how long, and said it in a way that is a reason.

    :raises BadRequest: the time is in the wrong place, or is none as it is written.
    """
    if time is not None:
        return
    if _MEANT_AS_TIME.match(reason):
        raise BadRequest(f"{SPANS} The reason comes after it.")
    if _MEANT_AS_TIME.fullmatch(who):
        raise BadRequest(f"Write first who, then how long. name:{who} is somebody called that.")


def charge_for(session: Asker, *texts: str) -> None:
    """Count an answer with these texts like so many lines of the asker's own."""
    session.charge(sum(len(text) for text in texts) // ANSWER_BYTES_PER_LINE)
