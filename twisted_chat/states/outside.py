"""Outside: connected, and asked for a name; then for its password, if somebody owns it."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from twisted_chat.accounts.account import Account
from twisted_chat.answers import ASK_NAME, Goodbye, Ok, Prompt, Reply
from twisted_chat.names import Name
from twisted_chat.refused import (
    BadRequest,
    NameNotAllowed,
    NameOwned,
    NotEntered,
    Refused,
    SomethingWrong,
    Version,
)
from twisted_chat.rooms import User
from twisted_chat.states.inside import LEAVING, VERSION
from twisted_chat.states.threshold import Threshold
from twisted_chat.verbs import Hello, Request
from twisted_chat.verbs.verb import Secret, read_user_name

if TYPE_CHECKING:
    from twisted_chat.session import Session

ASK_PASSWORD = Prompt(text="Password:")
ASK_VISIBLE_PASSWORD = Prompt(text="Password (it can be seen as you type):")
BACK = Prompt(text="An empty line leads back to the name.")
_WHAT_IS_ASKED = "{} needs a password: type it, or q to leave."
_LEAVE = ("q", "/q", "/quit", "/exit")
"""How one goes; a password has more characters than these."""


class _NoName(Exception):
    """Somebody gives no name at all, and is told what to do; it does not count as a try."""

    def __init__(self, advice: Refused) -> None:
        super().__init__(advice.text)
        self.advice = advice


class Nameless:
    """What the two states have in common."""

    user: User | None = None

    def __init__(self, threshold: Threshold) -> None:
        self._threshold = threshold
        self._session = threshold.session
        self._house = threshold.house

    def reply(self, *replies: Reply) -> None:
        self._threshold.reply(*replies)

    def leave(self, reason: str, goodbye: Goodbye | None = None) -> None:
        self._threshold.leave(goodbye)

    def dismiss(self, goodbye: Goodbye) -> None:
        self.leave("", goodbye)

    def _begin(
        self,
        entering: Coroutine[Any, Any, None],
        request_id: str | int | None = None,
        *prompts: Prompt,
    ) -> None:
        """Have somebody come in who shows something for it; where they cannot, they try again.

        :param prompts: what they are asked for then.
        """
        self._session.begin(self._come_in(entering, request_id, *prompts))

    async def _come_in(
        self,
        entering: Coroutine[Any, Any, None],
        request_id: str | int | None,
        *prompts: Prompt,
    ) -> None:
        try:
            await entering
        except Refused as why:
            self._again(why, request_id, *prompts)
        except Exception:
            self._house.log.fault("letting somebody in")
            self._again(SomethingWrong(), request_id, *prompts)

    def _again(self, why: Refused, request_id: str | int | None, *prompts: Prompt) -> None:
        self._session.refuse(why, request_id)
        self._threshold.count_try()
        self._session.state.reply(*prompts)


class Outside(Nameless):
    """Connected, without a name; for a bounded time, and a bounded number of tries."""

    def __init__(self, session: "Session") -> None:
        super().__init__(Threshold(session))

    def typed(self, line: str) -> None:
        word = line.strip()
        if word in _LEAVE:
            self.leave("", Goodbye(text=LEAVING))
            return
        try:
            if word.startswith("/"):
                name, password, code = self._registration(word)
                self._begin(self._threshold.register(name, password, code), None, ASK_NAME)
            else:
                self._named(read_user_name(word))
        except _NoName as why:
            self._session.refuse(why.advice)
            self.reply(ASK_NAME)
        except Refused as why:
            self._again(why, None, ASK_NAME)

    def _registration(self, line: str) -> tuple[Name, str, str | None]:
        """The name, the password and the code in ``/register NAME PASSWORD [CODE]``.

        :raises _NoName: it is no such line: the advice says how one registers and logs in.
        :raises Refused: nobody can have that name.
        """
        verb, *words = line.split()
        how = self._house.registrar.how
        if verb.casefold() != "/register" or not how:
            also = f" {how} makes a name your own." if how else " Nobody registers here."
            advice = f"Give your name; who owns it is asked for the password.{also}"
            raise _NoName(NameNotAllowed(advice))
        if len(words) not in (2, 3):
            raise _NoName(BadRequest(f"Usage: {how}"))
        name, password, *code = words
        return read_user_name(name), password, code[0] if code else None

    def _named(self, name: Name) -> None:
        if self._threshold.needs_proof(name):
            self._session.state = Proving(self._threshold, self, name)
        else:
            self._threshold.enter_as_guest(name)

    def ask(self, request: Request) -> None:
        if not isinstance(request, Hello):
            why = NotEntered('Say hello first: {"type":"hello","v":1,"name":"..."}')
            self._session.refuse(why, request.id)
            return
        try:
            if request.v != VERSION:
                raise Version(f"This server speaks version {VERSION} of the protocol.")
            self._greeted(request)
        except Refused as why:
            self._again(why, request.id)

    def _greeted(self, hello: Hello) -> None:
        if hello.cookie:
            shown = {"token": Secret(self._session.token), "cookie": False}
            hello = msgspec.structs.replace(hello, **shown)
        if hello.register:
            self._begin(self._registering(hello), hello.id)
        elif hello.code is not None:
            raise BadRequest("A code is for who registers.")
        elif (proof := self._proof(hello)) is not None:
            self._begin(self._threshold.enter_as_owner(proof, hello), hello.id)
        elif self._house.policy.guests and self._threshold.needs_proof(hello.name):
            raise NameOwned(f"The name {hello.name} needs its password, or a token.")
        else:
            self._threshold.enter_as_guest(hello.name, hello)

    def _registering(self, hello: Hello) -> Coroutine[Any, Any, None]:
        if hello.password is None or hello.token is not None:
            raise BadRequest("Who registers sends a password, and no token.")
        return self._threshold.register(hello.name, hello.password, hello.code, hello)

    def _proof(self, hello: Hello) -> Coroutine[Any, Any, Account] | None:
        """What a program shows to prove that the name is its own, if it shows anything."""
        logins, address = self._house.logins, self._session.address
        if hello.token is not None:
            return logins.by_token(hello.name, hello.token, address)
        if hello.password is not None:
            return logins.by_password(hello.name, hello.password, address)
        return None


class Proving(Nameless):
    """Asked for the password of a name, again and again; an empty line leads back to the name.

    Where something is wrong people type the password once more, and it must not be taken for a
    name: that would be told to everybody.
    """

    def __init__(self, threshold: Threshold, outside: Outside, name: Name) -> None:
        super().__init__(threshold)
        self._outside = outside
        self._name = name
        self._ask()

    def typed(self, line: str) -> None:
        self._session.hide_typing(False)
        word = line.strip()
        if word in _LEAVE:
            self.leave("", Goodbye(text=LEAVING))
        elif word == "/help":
            self.reply(Ok(text=_WHAT_IS_ASKED.format(self._name)), BACK)
            self._ask()
        elif line:
            logins, address = self._house.logins, self._session.address
            proof = logins.by_password(self._name, line, address)
            self._begin(self._threshold.enter_as_owner(proof))
        else:
            self._back()

    def ask(self, request: Request) -> None:
        """No program comes here: it sends the password with its name."""

    def _again(self, why: Refused, request_id: str | int | None, *prompts: Prompt) -> None:
        super()._again(why, request_id, BACK)
        if self._session.state is self:
            self._ask()

    def _ask(self) -> None:
        hidden = self._session.hide_typing(True)
        self.reply(ASK_PASSWORD if hidden else ASK_VISIBLE_PASSWORD)

    def _back(self) -> None:
        self._session.state = self._outside
        self.reply(ASK_NAME)
