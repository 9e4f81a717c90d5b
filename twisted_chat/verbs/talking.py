"""The verbs with which people talk, and say whether they listen."""

from typing import Any

from twisted_chat.answers import Ignored
from twisted_chat.events import Emoted, Said, Told
from twisted_chat.names import Name, RoomName, room_name, user_name
from twisted_chat.refused import NobodyThere, NothingSaid
from twisted_chat.rooms import User
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.lists import cut, size_of
from twisted_chat.verbs.verb import NO_REASON, Outcome, Reason, Request, Speech, Text, done, verb


@verb("/say TEXT", "Say it, as typing it does.")
def say(session: Asker, text: Speech, room: RoomName | None = None) -> Outcome:
    session.charge(text.count("\n"))
    return done(session.chat.say(session.user, session.room(room), text))


@verb("/me TEXT", "Do something: /me waves.")
def me(session: Asker, text: Text, room: RoomName | None = None) -> Outcome:
    return done(session.chat.emote(session.user, session.room(room), text))


@verb("/msg NAME TEXT", "Write to one person alone.", "m", "tell", "pm", "query")
def msg(session: Asker, name: Name, text: Speech) -> Outcome:
    session.charge(text.count("\n"))
    return _tell_named(session, name, text)


@verb("/reply TEXT", "Answer who wrote to you alone.", "r")
def reply(session: Asker, text: Speech) -> Outcome:
    session.charge(text.count("\n"))
    other = session.user.correspondent
    if other is None:
        raise NobodyThere("Nobody has written to you alone yet. /msg NAME TEXT begins it.")
    if isinstance(other, Name):
        return _tell_named(session, other, text)
    if session.chat.users.get(other.name) is other:
        return _tell(session, other, text)
    if other.account is not None:
        return _tell_named(session, user_name(other.account.name), text)
    raise NobodyThere(f"{other.name} has left.")


_SAYS: dict[type[Request], type[Any]] = {
    say.request: Said,
    me.request: Emoted,
    msg.request: Told,
    reply.request: Told,
}


def is_speech(request: Request) -> bool:
    """Whether somebody wants to say something to others."""
    return type(request) in _SAYS


def says(request: Any, event: Any) -> bool:
    """Whether an event is what such a request asks for, as far as the request tells."""
    if _SAYS[type(request)] is not type(event) or getattr(event, "text", "") != request.text:
        return False
    room, to = getattr(request, "room", None), getattr(request, "name", None)
    if isinstance(event, Told):
        return to is None or user_name(event.to) == to
    return room is None or room_name(event.room) == room


@verb("/away [TEXT]", "Say that you do not read.", "afk")
def away(session: Asker, text: Reason = NO_REASON) -> Outcome:
    happened = session.chat.go_away(session.user, text)
    return done(happened, f"You are away: {text}" if text else "You are away. /back ends it.")


@verb("/back", "Say that you read again.")
def back(session: Asker) -> Outcome:
    happened = session.chat.come_back(session.user)
    return done(happened, "Welcome back." if happened else "You were not away.")


@verb("/ignore [NAME]", "Hear somebody no more, or list them.")
def ignore(session: Asker, name: Name | None = None) -> Outcome:
    if name is None:
        names, more = cut([name.shown for name in session.user.ignored], size_of)
        return [], Ignored(names=names, more=more)
    other = session.chat.user(name)
    if other is session.user:
        raise NothingSaid("You can hardly ignore yourself.")
    session.chat.ignore(session.user, other)
    return done([], f"You will not hear {other.name}. /unignore {other.name} ends it.")


@verb("/unignore NAME", "Hear somebody again.")
def unignore(session: Asker, name: Name) -> Outcome:
    if not session.chat.unignore(session.user, name):
        raise NobodyThere(f"You do not ignore {name}.")
    return done([], f"You will hear {name} again.")


def _tell_named(session: Asker, name: Name, text: str) -> Outcome:
    """Write to somebody who is here, or to an account for when its owner is."""
    chat = session.chat
    owner = chat.book.account(name.key)
    if name in chat.users or owner is None:
        return _tell(session, chat.user(name), text)
    told = chat.leave_word(session.user, owner, text)
    return done(told, f"{owner.name} is not here, and is told on coming back.")


def _tell(session: Asker, other: User, text: str) -> Outcome:
    away = f" They are away{f': {other.away}' if other.away else '.'}"
    told = session.chat.tell(session.user, other, text)
    return done(told, f"Told {other.name}." + (away if other.away is not None else ""))
