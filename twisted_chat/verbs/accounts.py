"""The verbs with which people own their names."""

import secrets

import msgspec

from twisted_chat.accounts.account import Account, Code, Token
from twisted_chat.accounts.proof import (
    BEFORE_A_PASSWORD,
    PASSWORD_CHANGED,
    of_password,
    token_revoked,
)
from twisted_chat.accounts.registrar import registered
from twisted_chat.answers import Ok, TokenLine, Tokens
from twisted_chat.limits import CODE_SECONDS, LONGEST_CODE_SECONDS
from twisted_chat.moments import Unclear, span, until_words, written
from twisted_chat.names import Name
from twisted_chat.refused import BadRequest, NoSuchToken, NotLoggedIn, NotOperator
from twisted_chat.verbs.asker import Asker
from twisted_chat.verbs.verb import Outcome, Secret, Words, done, verb

_WITH_A_CODE = "/register PASSWORD CODE"


@verb("/register PASSWORD [CODE]", "Make your name your own.")
async def register(session: Asker, password: Secret, code: Secret | None = None) -> Outcome:
    name, local = session.user.name, session.local
    _check_guest(session)
    session.registrar.begin(name, local, code, session.wall())
    hashed = await session.logins.hash_of(password, name, session.address)
    _check_guest(session)
    if session.user.name != name:
        raise BadRequest(f"You were {name} when you asked. Ask again.")
    account, changes = session.registrar.register(name, hashed, local, code, session.wall())
    session.chat.notes.changes += changes
    session.chat.own(session.user, account)
    session.logins.registered(name, session.address)
    return done([], registered(account))


@verb("/login NAME PASSWORD", "Be who owns a name.")
async def login(session: Asker, name: Name, password: Secret) -> Outcome:
    account = await session.logins.by_password(name, password, session.address)
    heard = await session.journal.heard(account.identity)
    return session.log_in(session.logins.still(account, of_password(account)), heard)


@verb("/logout", "Give another name.")
def logout(session: Asker) -> Outcome:
    session.log_out()
    return done([], f"You are {session.user.name} no more.")


@verb("/passwd OLD NEW", "Change your password.")
async def passwd(session: Asker, old: Secret, new: Secret) -> Outcome:
    account = _account(session)
    if not account.hash:
        raise BadRequest("Your password is kept elsewhere. Change it there.")
    await session.logins.confirm(account, old, session.address)
    hashed = await session.logins.hash_of(new, session.user.name, session.address)
    changed = msgspec.structs.replace(_still(session, account), hash=hashed)
    session.chat.notes.changes.append(session.chat.book.replace(changed))
    session.user.account = changed
    browsers = session.chat.book.remove_browsers(changed, but=session.proof)
    stale = set(BEFORE_A_PASSWORD)
    if browsers is not None:
        session.chat.notes.changes.append(browsers)
        stale |= {put.key for put in browsers.puts}
    session.evict(stale.__contains__, PASSWORD_CHANGED)
    kept = " Your tokens are as good as before." if session.chat.book.tokens_of(changed) else ""
    return done([], f"Your password is changed.{kept}")


@verb("/drop PASSWORD", "Give up your account.")
async def drop(session: Asker, password: Secret) -> Outcome:
    account = _account(session)
    await session.logins.confirm(account, password, session.address)
    _still(session, account)
    session.chat.check_drop(session.user)
    session.chat.notes.changes.append(session.chat.book.remove(account))
    session.disown()
    happened = session.moderation.order.release(account.id, str(session.user.name))
    return done(happened, f"Your account is gone. The name {session.user.name} is anybody's.")


@verb("/token NAME", "Make a token, for a program to be you.")
def token(session: Asker, name: Words) -> Outcome:
    account, made = _account(session), secrets.token_urlsafe(24)
    if not name:
        raise BadRequest("A token needs a name, by which you tell it from others.")
    record = Token(account_id=account.id, label=name, since=session.wall())
    session.chat.notes.changes.append(session.chat.book.add_token(made, record))
    return [], Ok(text=f"The token for {name}, shown only now: {made}", secret=made)


@verb("/tokens", "Show your tokens.")
def tokens(session: Asker) -> Outcome:
    lines = [
        TokenLine(name=token.label, since=token.since, used=token.used)
        for token in session.chat.book.tokens_of(_account(session))
    ]
    return [], Tokens(tokens=lines)


@verb("/revoke NAME", "Make a token useless.")
def revoke(session: Asker, name: Words) -> Outcome:
    change = session.chat.book.remove_token(_account(session), name)
    if change is None:
        raise NoSuchToken(f"You have no token {name}. /tokens lists them.")
    session.chat.notes.changes.append(change)
    digests = {put.key for put in change.puts}
    session.evict(digests.__contains__, token_revoked(name), too=True)
    return done([], f"The token for {name} is of no use any more.")


@verb("/invite-code [TIME]", "Make a code to register with (admins).")
def invite_code(session: Asker, time: Words | None = None) -> Outcome:
    if not session.user.admin:
        raise NotOperator("Only an administrator may do that.")
    code = secrets.token_urlsafe(9)
    now = session.wall()
    until = now + (CODE_SECONDS if time is None else _span(time))
    record = Code(by=str(session.user.name), until=until)
    session.chat.notes.changes.append(session.chat.book.add_code(code, record, now))
    text = f"Good for one account {until_words(until, now)}, with {_WITH_A_CODE}: {code}"
    return [], Ok(text=text, secret=code)


def _check_guest(session: Asker) -> None:
    session.check_here()
    if session.user.account is not None:
        raise BadRequest(f"The name {session.user.name} is yours already.")
    session.chat.guard.check_newcomer()


def _account(session: Asker) -> Account:
    account = session.user.account
    if account is None:
        raise NotLoggedIn("You have no account. /register PASSWORD makes one.")
    return account


def _still(session: Asker, account: Account) -> Account:
    """The account, if it is still the asker's after a while, as it is by now."""
    session.check_here()
    now = session.chat.book.by_id(account.id)
    if now is None or session.user.account_id != account.id:
        raise NotLoggedIn("That account is yours no more.")
    return now


def _span(time: str) -> int:
    try:
        seconds = span(time)
    except Unclear as why:
        raise BadRequest(str(why)) from None
    if seconds > LONGEST_CODE_SECONDS:
        raise BadRequest(f"A code is good for {written(LONGEST_CODE_SECONDS)} at most.")
    return seconds
