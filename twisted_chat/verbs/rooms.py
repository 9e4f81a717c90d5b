"""The verbs about rooms: finding them, entering them, and what they are about."""

import msgspec

from twisted_chat.answers import Answer, Entered, RoomLine, Rooms, Topic
from twisted_chat.limits import LISTED_TOPIC_CHARS
from twisted_chat.names import Name, RoomName
from twisted_chat.refused import NotInRoom
from twisted_chat.rooms import Room, User
from twisted_chat.text import clean
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.lists import cut, names_in, size_of
from twisted_chat.verbs.verb import NO_REASON, Outcome, Place, Reason, Seen, Words, done, verb
from twisted_chat.verbs.where import room_of

BESIDE_ROOM = 40
"""Bytes that a line of the list of rooms takes beside the room's name and topic."""


@verb("/list", "Show the rooms.", "l", "rooms")
def list_rooms(session: Asker) -> Outcome:
    lines = [
        RoomLine(room=str(room.name), people=len(room.members), topic=_shortened(room.topic))
        for room in session.chat.rooms_for(session.user)
    ]
    shown, more = cut(lines, lambda line: size_of(line.room, line.topic) + BESIDE_ROOM)
    return [], Rooms(rooms=shown, more=more)


@verb("/join ROOM", "Enter a room, or make it.", "j")
def join(session: Asker, room: RoomName, seen: Seen | None = None) -> Outcome:
    happened = session.chat.join(session.user, room, session.now())
    session.look_at(room)
    if happened:
        session.catch_up(room, seen)
    return happened, _entered(session.user, session.user.rooms[room])


@verb("/switch ROOM", "Look at another of your rooms.", "s")
def switch(session: Asker, room: RoomName) -> Outcome:
    if room not in session.user.rooms:
        raise NotInRoom(f"You are not in {room}. /join {room} first.")
    session.look_at(room)
    return [], _entered(session.user, session.user.rooms[room])


@verb("/part [ROOM] [REASON]", "Leave a room.", "p", "leave")
def part(session: Asker, room: RoomName | None = None, reason: Reason = NO_REASON) -> Outcome:
    name = session.room(room)
    happened = session.chat.part(session.user, name, session.now(), reason)
    if name == session.current:
        session.look_at(next(reversed(session.user.rooms), None))
    now = f"You look at {session.current} now." if session.current else "You are in no room now."
    return done(happened, f"You left {name}. {now}")


@verb("/topic [TEXT]", "Show or set the topic; - removes it.")
def topic(session: Asker, text: Words | None = None, room: RoomName | None = None) -> Outcome:
    name = session.room(room)
    if text is None:
        place = session.chat.room(session.user, name)
        return [], Topic(room=str(place.name), topic=place.topic)
    about = "" if text.strip() == "-" else text
    happened = session.chat.set_topic(session.user, name, about)
    return done(happened, f"The topic is now: {about}" if about else "The topic is gone.")


@verb("/invite [#ROOM] NAME", "Ask somebody into the room.")
def invite(session: Asker, name: Name, room: Place | None = None) -> Outcome:
    place, other = room_of(session, room), session.chat.user(name)
    happened = session.chat.invite(session.user, other, place)
    return done(happened, f"{other.name} is invited to {place}.")


def _shortened(topic: str) -> str:
    if len(topic) <= LISTED_TOPIC_CHARS:
        return topic
    # The cut may have left a joiner with nothing to join.
    return f"{clean(topic[:LISTED_TOPIC_CHARS])}..."


def _entered(user: User, room: Room) -> Answer:
    names, more = names_in(room)
    return Entered(
        room=str(room.name),
        topic=room.topic,
        names=names,
        more=more,
        retention=room.charter.retention or msgspec.UNSET,
        operator=room.ruled_by(user) or msgspec.UNSET,
    )
