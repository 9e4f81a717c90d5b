"""The verbs about the session and the server."""

from twisted_chat.answers import Help, Motd, Ok, Uptime
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.verb import NO_REASON, Outcome, Reason, Words, done, verb


@verb("/help [VERB]", "Show this, or more about one.", "h", "?")
def help_(session: Asker, verb: Words | None = None) -> Outcome:
    wanted = "" if verb is None else verb.removeprefix("/").casefold()
    return [], Help(verbs=session.verbs.help(wanted))


@verb("/time on|off", "Show the time before lines.")
def time(session: Asker, on: bool) -> Outcome:
    session.show(clock=on)
    return done([], "Each line shows its time." if on else "Lines show no time.")


@verb("/quiet [on|off]", "Hide who comes and goes.")
def quiet(session: Asker, on: bool | None = None) -> Outcome:
    hide = not session.quiet if on is None else on
    session.show(quiet=hide)
    return done([], "You do not see who comes and goes." if hide else "You see who comes and goes.")


@verb("/motd", "Show the message of the day.")
def motd(session: Asker) -> Outcome:
    return [], Motd(text=session.about.motd)


@verb("/uptime", "Show how long the server runs.")
def uptime(session: Asker) -> Outcome:
    chat = session.chat
    seconds = int(session.now() - session.started)
    rooms = len(chat.rooms_for(session.user))
    return [], Uptime(seconds=seconds, people=len(chat.users), rooms=rooms)


@verb("/stats", "Show the server's figures (admins).")
def stats(session: Asker) -> Outcome:
    session.moderation.authority.require_administrator(session.user)
    return [], session.stats()


@verb("/quit [REASON]", "Leave the chat, as q does.", "q", "exit", "bye")
def quit_(session: Asker, reason: Reason = NO_REASON) -> Outcome:
    session.quit(reason)
    return [], Ok()
