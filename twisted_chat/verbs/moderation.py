"""The verbs with which people rule a room: over its members, and over what it is like."""

import secrets

from twisted_chat.answers import Owner
from twisted_chat.moments import written
from twisted_chat.names import Name
from twisted_chat.refused import NobodyThere
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.verb import (
    NO_REASON,
    Outcome,
    Place,
    Reason,
    Words,
    done,
    read_user_name,
    verb,
)
from twisted_chat.verbs.where import room_of, seconds_of

OFF = "off"


# Members.


@verb("/kick [#ROOM] NAME [REASON]", "Remove somebody (operators).", "k")
def kick(
    session: Asker, name: Name, reason: Reason = NO_REASON, room: Place | None = None
) -> Outcome:
    place, other = room_of(session, room), session.chat.user(name)
    happened = session.moderation.members.kick(session.user, other, place, session.now(), reason)
    return done(happened, f"{other.name} is out of {place}.")


@verb("/op [#ROOM] NAME", "Make an operator (operators).")
def op(session: Asker, name: Name, room: Place | None = None) -> Outcome:
    place, other = room_of(session, room), session.chat.user(name)
    happened = session.moderation.members.set_operator(session.user, other, place, True)
    return done(happened, f"{other.name} is an operator of {place}.")


@verb("/deop [#ROOM] NAME", "Unmake one (operators).")
def deop(session: Asker, name: Name, room: Place | None = None) -> Outcome:
    place, other = room_of(session, room), session.chat.user(name)
    happened = session.moderation.members.set_operator(session.user, other, place, False)
    return done(happened, f"{other.name} is no operator of {place}.")


@verb("/voice [#ROOM] NAME", "Let somebody speak where few do (operators).")
def voice(session: Asker, name: Name, room: Place | None = None) -> Outcome:
    place, other = room_of(session, room), session.chat.user(name)
    happened = session.moderation.members.set_voice(session.user, other, place, True)
    return done(happened, f"{other.name} has a voice in {place}.")


@verb("/devoice [#ROOM] NAME", "Take that back (operators).")
def devoice(session: Asker, name: Name, room: Place | None = None) -> Outcome:
    place, other = room_of(session, room), session.chat.user(name)
    happened = session.moderation.members.set_voice(session.user, other, place, False)
    return done(happened, f"{other.name} has no voice in {place}.")


# Rooms.


@verb("/lock [#ROOM] on|off", "Only operators set the topic (operators).")
def lock(session: Asker, on: bool, room: Place | None = None) -> Outcome:
    happened = session.moderation.order.lock_topic(session.user, room_of(session, room), on)
    return done(happened, "Only operators set the topic." if on else "Everyone sets the topic.")


@verb("/private [#ROOM] on|off", "Only the invited enter (operators).")
def private(session: Asker, on: bool, room: Place | None = None) -> Outcome:
    mark, place = secrets.token_hex(8), room_of(session, room)
    happened = session.moderation.order.make_private(session.user, place, on, mark)
    return done(happened, "Only the invited enter." if on else "Everyone may enter.")


@verb("/moderate [#ROOM] on|off", "Only who has a voice speaks (operators).")
def moderate(session: Asker, on: bool, room: Place | None = None) -> Outcome:
    happened = session.moderation.order.moderate(session.user, room_of(session, room), on)
    return done(happened, "Only who has a voice speaks." if on else "Everyone speaks.")


@verb("/slow [#ROOM] TIME", "A line each per TIME (10s), or off (operators).")
def slow(session: Asker, time: Words, room: Place | None = None) -> Outcome:
    place, seconds = room_of(session, room), 0 if time == OFF else seconds_of(time)
    happened = session.moderation.order.slow_down(session.user, place, seconds)
    every = f"Everyone waits {written(seconds)} between two lines."
    return done(happened, every if seconds else "Nobody waits between two lines.")


@verb("/retention [#ROOM] TIME", "Forget what is older (30d), or off (operators).")
def retention(session: Asker, time: Words, room: Place | None = None) -> Outcome:
    place, seconds = room_of(session, room), 0 if time == OFF else seconds_of(time)
    happened = session.moderation.order.retain(session.user, place, seconds)
    after = f"What is said in {place} is forgotten after {written(seconds)}."
    return done(happened, after if seconds else f"What is said in {place} is kept.")


@verb("/owner [#ROOM] [NAME]", "Show whose a room is, or give it; - gives it up.")
def owner(session: Asker, name: Words | None = None, room: Place | None = None) -> Outcome:
    place = room_of(session, room)
    if name is None:
        there = session.chat.room(session.user, place)
        whose = session.moderation.authority.owner(there)
        return [], Owner(room=str(there.name), owner="" if whose is None else whose.name)
    if name.strip() == "-":
        happened = session.moderation.order.give(session.user, None, place)
        return done(happened, f"{place} belongs to nobody.")
    account = session.chat.book.account(read_user_name(name).key)
    if account is None:
        raise NobodyThere(f"There is no account {name}. Only an account owns a room.")
    happened = session.moderation.order.give(session.user, account, place)
    return done(happened, f"{place} belongs to {account.name}.")


@verb("/lockdown on|off", "No new guests, and only accounts speak (admins).")
def lockdown(session: Asker, on: bool) -> Outcome:
    happened = session.moderation.silence.lock_down(session.user, on)
    words = "No new guests come in, and only accounts speak."
    return done(happened, words if on else "Guests come in, and speak.")
