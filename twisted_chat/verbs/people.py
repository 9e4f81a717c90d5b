"""The verbs about people: who is here, who is who, and what one is called."""

from itertools import islice

import msgspec

from twisted_chat.answers import Names, People, Person, Whois
from twisted_chat.limits import ANSWER_BYTES_PER_LINE, LIST_BYTES, PEOPLE_BYTES
from twisted_chat.names import Name, RoomName
from twisted_chat.rooms import Room, User
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.lists import cut, names_of, size_of
from twisted_chat.verbs.verb import Count, Outcome, Seen, done, verb

BESIDE_PERSON = 60
"""Bytes that a line of the list of people takes beside the name and the reason to be away."""


@verb("/who [ROOM]", "Show who is in a room.", "w")
def who(
    session: Asker,
    room: RoomName | None = None,
    skip: Seen | None = None,
    most: Count | None = None,
) -> Outcome:
    place = session.chat.room(session.user, session.room(room) if room is None else room)
    members = list(islice(place.members, skip or 0, None))
    shown, _ = cut(
        members[:most],
        lambda user: size_of(user.name.shown, user.away or "") + BESIDE_PERSON,
        LIST_BYTES if most is None else PEOPLE_BYTES,
    )
    people = [_person(user, place) for user in shown]
    session.charge(len(people) * BESIDE_PERSON // ANSWER_BYTES_PER_LINE)
    return [], People(room=str(place.name), people=people, more=len(members) - len(people))


@verb("/names", "Show who is in the chat.", "n", "users")
def names(session: Asker) -> Outcome:
    shown, more = names_of(session.chat.users.values())
    return [], Names(names=shown, more=more)


@verb("/whois NAME", "Show who somebody is.", "wi")
def whois(session: Asker, name: Name) -> Outcome:
    other = session.chat.user(name)
    visible = [str(room.name) for room in other.rooms.values() if room.visible_to(session.user)]
    rooms, _ = cut(visible, size_of)
    seconds = int(session.now() - other.since)
    shown = str(other.name)
    return [], Whois(
        name=shown,
        rooms=rooms,
        seconds=seconds,
        bot=other.bot,
        away=other.away,
        addresses=_addresses(other) if session.user.admin else msgspec.UNSET,
    )


@verb("/nick NAME", "Take another name.", "name")
def nick(session: Asker, name: Name) -> Outcome:
    happened = session.chat.rename(session.user, name)
    return done(happened, f"You are {name} now." if happened else f"You are {name} already.")


def _person(user: User, room: Room) -> Person:
    operator = room.operated_by(user)
    return Person(
        name=str(user.name),
        operator=operator,
        voice=not operator and room.voiced(user),
        bot=user.bot,
        admin=user.admin,
        away=user.away,
        doors=list(dict.fromkeys(user.doors)),
    )


def _addresses(user: User) -> list[str]:
    """Where the user connects from, each address once."""
    return list(dict.fromkeys(filter(None, user.addresses)))
