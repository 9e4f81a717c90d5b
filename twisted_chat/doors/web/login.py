"""Logging in by a password, so that a browser is remembered, and out again, here or everywhere."""

from typing import TYPE_CHECKING, TypeVar

import msgspec

from twisted_chat.doors.web.answer import Answer, of_json
from twisted_chat.doors.web.request import Coming, Question
from twisted_chat.doors.web.whence import header
from twisted_chat.limits import BROWSER_SECONDS
from twisted_chat.names import Unusable, user_name
from twisted_chat.refused import BadRequest, WrongPassword
from twisted_chat.text import clean
from twisted_chat.visits import recorded

if TYPE_CHECKING:
    from twisted_chat.doors.web.channel import WebFactory

COOKIE = "twisted_chat"
"""The name of the cookie; its value is a token of the account."""

_LOGGED_OUT = "You have logged out."
_LOGGED_IN = "You have logged in anew."

T = TypeVar("T")


class _Login(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    password: str


class _Logout(msgspec.Struct, forbid_unknown_fields=True):
    everywhere: bool = False


class Login:
    """Answers who one is, and changes it."""

    def __init__(self, factory: "WebFactory") -> None:
        self._factory = factory
        self._house = factory.house
        factory.site.add(b"/session", b"GET", self.session)
        factory.site.add(b"/login", b"POST", self.login)
        factory.site.add(b"/logout", b"POST", self.logout)

    def session(self, question: Question) -> Answer:
        """What the page has to know before anybody is in."""
        secret = cookie_of(question)
        account = self._house.logins.remembered(secret)
        policy = self._house.policy
        told = {
            "server": self._house.about.name,
            "name": "" if account is None else account.name,
            "guests": policy.guests,
            "registration": policy.registration,
            "line_bytes": self._house.limits.line_bytes,
        }
        if account is None:
            return of_json(told)
        # A browser that is used stays logged in.
        cookie = _cookie(secret, BROWSER_SECONDS, self._secure(question))
        return of_json(told, headers={"Set-Cookie": cookie})

    def login(self, question: Question) -> "Answer | Coming":
        """Prove that a name is one's own, and be remembered."""
        refused = self._refuses(question)
        return refused or self._log_in(_read(question, _Login), question)

    async def _log_in(self, asked: _Login, question: Question) -> Answer:
        try:
            name = user_name(asked.name)
        except Unusable:
            # Nobody has it: that is told like any name that nobody has.
            raise WrongPassword from None
        secure, address = self._secure(question), self._factory.whence(question).address
        account, secret, change = await self._house.logins.remember(
            name, asked.password, address, cookie_of(question)
        )
        await recorded(self._house, change)
        gone = {put.key for put in change.puts if put.value is None}
        self._house.evict(account.id, gone.__contains__, _LOGGED_IN)
        headers = {"Set-Cookie": _cookie(secret, BROWSER_SECONDS, secure)}
        return of_json({"name": account.name}, headers=headers)

    def logout(self, question: Question) -> "Answer | Coming":
        """Be remembered no more; who is here by that leaves."""
        refused = self._refuses(question)
        return refused or self._log_out(_read(question, _Logout), question)

    async def _log_out(self, asked: _Logout, question: Question) -> Answer:
        secure = self._secure(question)
        forgotten = self._house.logins.forget(cookie_of(question), everywhere=asked.everywhere)
        if forgotten is not None:
            account, change = forgotten
            await recorded(self._house, change)
            gone = {put.key for put in change.puts}
            self._house.evict(account.id, gone.__contains__, _LOGGED_OUT)
            if asked.everywhere:
                # Who has registered in a browser came in by nothing that it remembers.
                self._house.evict_from("web", account.id, _LOGGED_OUT)
        return Answer(b"", 204, headers={"Set-Cookie": _cookie("", 0, secure)})

    def _refuses(self, question: Question) -> Answer | None:
        return self._factory.site.refuses(question, self._factory.whence(question).secure)

    def _secure(self, question: Question) -> bool:
        """Whether the browser came by TLS, as its own page may say where no proxy does."""
        said = header(question, "origin").startswith("https:")
        return said or self._factory.whence(question).secure


def cookie_of(question: Question) -> str:
    """The secret of the login that a browser remembers; empty without one."""
    return question.received_cookies.get(COOKIE.encode(), b"").decode("latin-1")


def _cookie(value: str, seconds: int, secure: bool) -> str:
    """What a browser is to remember, for the page's own path, and to show to nobody else."""
    words = [f"{COOKIE}={value}", f"Max-Age={seconds}", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*words, "Secure"] if secure else words)


def _read(question: Question, kind: type[T]) -> T:
    """The JSON that came with a question.

    A page of another origin cannot send this type without asking first, which nobody answers.
    """
    if header(question, "content-type").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("Send JSON, with Content-Type: application/json.")
    try:
        return msgspec.json.decode(question.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as why:
        raise BadRequest(clean(f"That is no such request: {why}")) from None
