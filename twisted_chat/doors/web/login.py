"""Logging in by a password, so that a browser is remembered, and out again, here or everywhere."""

from typing import TYPE_CHECKING, TypeVar

import msgspec

from twisted_chat.doors.web.answer import Answer, of_json
from twisted_chat.doors.web.request import Coming, Question
from twisted_chat.doors.web.whence import Whence, header
from twisted_chat.limits import BROWSER_SECONDS
from twisted_chat.names import Unusable, user_name
from twisted_chat.refused import BadRequest, WrongPassword
from twisted_chat.text import clean

if TYPE_CHECKING:
    from twisted_chat.doors.web.channel import WebFactory

COOKIE = "twisted_chat"
"""The name of the cookie; its value is a token of the account."""

_LOGGED_OUT = "You have logged out."

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
        account = self._house.logins.remembered(cookie_of(question))
        policy = self._house.policy
        return of_json(
            {
                "server": self._house.about.name,
                "name": "" if account is None else account.name,
                "guests": policy.guests,
                "registration": policy.registration,
                "line_bytes": self._house.limits.line_bytes,
            }
        )

    def login(self, question: Question) -> "Answer | Coming":
        """Prove that a name is one's own, and be remembered."""
        whence = self._factory.whence(question)
        refused = self._factory.site.refuses(question, whence.secure)
        return refused or self._log_in(_read(question, _Login), whence)

    async def _log_in(self, asked: _Login, whence: Whence) -> Answer:
        try:
            name = user_name(asked.name)
        except Unusable:
            # Nobody has it: that is told like any name that nobody has.
            raise WrongPassword from None
        logins = self._house.logins
        account, secret = await logins.remember(name, asked.password, whence.address)
        cookie = _cookie(secret, BROWSER_SECONDS, whence.secure)
        return of_json({"name": account.name}, headers={"Set-Cookie": cookie})

    def logout(self, question: Question) -> Answer:
        """Be remembered no more; who is here by that leaves."""
        whence = self._factory.whence(question)
        refused = self._factory.site.refuses(question, whence.secure)
        if refused is not None:
            return refused
        asked = _read(question, _Logout)
        forgotten = self._house.logins.forget(cookie_of(question), everywhere=asked.everywhere)
        if forgotten is not None:
            account, proofs = forgotten
            self._house.evict(account.id, proofs.__contains__, _LOGGED_OUT)
        return Answer(b"", 204, headers={"Set-Cookie": _cookie("", 0, whence.secure)})


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
    if header(question, "content-type").partition(";")[0].strip() != "application/json":
        raise BadRequest("Send JSON, with Content-Type: application/json.")
    try:
        return msgspec.json.decode(question.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as why:
        raise BadRequest(clean(f"That is no such request: {why}")) from None
