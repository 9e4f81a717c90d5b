"""What a verb is: a function with its usage, from which the request on the wire is made.

The parameters of the function after the session are the fields of the JSON request, and the words
of the usage in small letters; their types say what they have to be.
"""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, cast, get_type_hints

import msgspec

from twisted_chat.answers import Answer, HelpLine, Ok
from twisted_chat.chat import Events
from twisted_chat.journal import PRIVATE, SERVER
from twisted_chat.limits import HISTORY_EVENTS, ID_CHARS, MESSAGE_LINES, REASON_CHARS
from twisted_chat.names import Name, RoomName, Unusable, room_name, user_name
from twisted_chat.refused import BadRequest, NameNotAllowed, NothingSaid, TooLong
from twisted_chat.text import clean, clean_lines
from twisted_chat.verbs.asker import Asker

RequestId = (
    Annotated[str, msgspec.Meta(max_length=ID_CHARS)]
    | Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
)

MOST_COUNT = 2**53
"""Beyond it programs in some languages mistake one number for another (RFC 8259, section 6)."""

Count = Annotated[int, msgspec.Meta(ge=1, le=MOST_COUNT)]
"""A number of something, or the number of something."""

Seen = Annotated[int, msgspec.Meta(ge=0, le=MOST_COUNT)]
"""The number of the last event that somebody knows; 0 for none."""

Outcome = tuple[Events, Answer]
"""What a verb does: the events that follow from it, and the answer to the one who asked."""

Coming = Coroutine[Any, Any, Outcome]
"""The same, of a verb that takes a while."""


def done(happened: Events, text: str = "") -> Outcome:
    """The outcome of a verb that needs no more than a few words for an answer."""
    return happened, Ok(text=text) if text else Ok()


class Place(RoomName):
    """A room, or what stands for one: ``@`` for what is said in private, ``*`` for the server."""

    __slots__ = ()


class Words(str):
    """What somebody wrote, cleaned; may be empty."""

    __slots__ = ()


class Text(Words):
    """What somebody says to others: without any, the request is refused."""

    __slots__ = ()


class Speech(Text):
    """What somebody says in one message or several lines."""

    __slots__ = ()


class Reason(Words):
    """Why somebody does something: a few words in the middle of other people's lines."""

    __slots__ = ()


NO_REASON = Reason()


class Secret(str):
    """A password, a token or a code: it stays as it was sent, and is shown nowhere."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret()"


class Request(
    msgspec.Struct,
    kw_only=True,
    frozen=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
):
    """What a user asks for; ``id`` comes back in the answer."""

    id: RequestId | None = None


class Hello(Request, frozen=True, kw_only=True, tag="hello"):
    """A program's first request: the protocol's version, a name, and how it wants to be treated."""

    v: int
    name: Name
    bot: bool = False
    echo: bool = False
    password: Secret | None = None
    """What proves that one owns the name."""
    register: bool = False
    """Whether an account is to be made of that name, with that password."""
    code: Secret | None = None
    """The invitation that this takes, where one registers with a code."""
    token: Secret | None = None
    """What proves the same for a program, and its owner made with ``/token``."""
    cookie: bool = False
    """Whether the login that its browser remembers proves it."""
    resume: Annotated[str, msgspec.Meta(min_length=16, max_length=ID_CHARS)] | None = None
    """The secret by which a guest is the same one as before."""
    seen: Seen | None = None
    """The number of the last event that the program has heard: it gets all it missed since."""
    backlog: Annotated[int, msgspec.Meta(ge=0, le=HISTORY_EVENTS)] | None = None
    """How much it wants to see of what was said before, on entering a room."""


class Typed(Request, frozen=True, kw_only=True, tag="typed"):
    """What a person types, for a program that people type into: the request that they mean."""

    text: Speech


class _Doing(Protocol):
    __name__: str

    __call__: Callable[..., Outcome | Coming]


@dataclass(frozen=True, slots=True, eq=False)
class Verb:
    """Something that a user may ask for."""

    name: str
    usage: str
    """As one types it: ``/msg NAME TEXT``, with brackets around what may be left out."""
    text: str
    """What it does, for ``/help``."""
    short: tuple[str, ...]
    """The other words for it."""
    do: Callable[..., Outcome | Coming]
    request: type[Request]
    """Its form on the wire."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of what the request says beside its id."""
        return self.request.__struct_fields__[1:]

    @property
    def words(self) -> list[str]:
        """What the usage shows after the verb."""
        return self.usage.split()[1:]

    @property
    def help(self) -> HelpLine:
        """Its line in ``/help``."""
        return HelpLine(usage=self.usage, text=self.text)

    def perform(self, session: Asker, request: Request) -> Outcome | Coming:
        """Do what the request asks for.

        :raises Refused: it may not be.
        """
        fields = {name: _plain(getattr(request, name)) for name in self.fields}
        return self.do(session, **fields)


def verb(usage: str, text: str, *short: str) -> Callable[[_Doing], Verb]:
    """Make a verb of a function; the usage names its parameters in capitals."""

    def make(function: _Doing) -> Verb:
        name = usage.split()[0].removeprefix("/")
        return Verb(name, usage, text, short, function, _request(name, function))

    return make


def _request(name: str, function: _Doing) -> type[Request]:
    # With what says how large a number may be.
    hints = get_type_hints(function, include_extras=True)
    fields = [
        (parameter.name, hints[parameter.name])
        if parameter.default is parameter.empty
        else (parameter.name, hints[parameter.name], parameter.default)
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]
    tag = name.replace("-", "_")
    made = msgspec.defstruct(
        tag.capitalize(), fields, bases=(Request,), tag=tag, kw_only=True, frozen=True
    )
    return cast(type[Request], made)


def read_field(kind: type, value: object) -> object:
    """A field of a request, from its form on the wire.

    :raises Refused: it is well formed and cannot be used.
    :raises TypeError: it is not a string; msgspec turns this into an error with the field's path.
    """
    if not isinstance(value, str):
        raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
    if kind is Secret:
        return Secret(value)
    if issubclass(kind, Speech):
        return _read_speech(kind, clean_lines(value))
    if issubclass(kind, Words):
        return _read_words(kind, clean(value).rstrip())
    if issubclass(kind, Place):
        return Place(value, value) if value in (PRIVATE, SERVER) else _read_place(value)
    return _read_room_name(value) if kind is RoomName else read_user_name(value)


def read_count(digits: str) -> int:
    """The number that somebody writes.

    :raises BadRequest: there is nothing of that number.
    """
    # Python refuses to read a number of thousands of digits.
    number = int(digits) if len(digits) <= len(str(MOST_COUNT)) else 0
    if not 1 <= number <= MOST_COUNT:
        raise BadRequest(f"Numbers go from 1 to {MOST_COUNT}.")
    return number


def read_user_name(value: str) -> Name:
    """The name that somebody writes.

    :raises NameNotAllowed: nobody can have it.
    """
    try:
        return user_name(value)
    except Unusable as why:
        raise NameNotAllowed(str(why)) from None


def _read_room_name(value: str) -> RoomName:
    try:
        return room_name(value)
    except Unusable as why:
        raise NameNotAllowed(str(why)) from None


def _read_place(value: str) -> Place:
    room = _read_room_name(value)
    return Place(room.shown, room.key)


def _read_speech(kind: type[Speech], text: str) -> Words:
    lines = text.count("\n") + 1
    if lines > MESSAGE_LINES:
        raise TooLong(f"That is too long: {MESSAGE_LINES} lines at most, and it has {lines}.")
    return _read_words(kind, text)


def _read_words(kind: type[Words], words: str) -> Words:
    if issubclass(kind, Text) and not words:
        raise NothingSaid("There is nothing in it to say.")
    if kind is Reason and len(words) > REASON_CHARS:
        raise TooLong(f"That is too long: {REASON_CHARS} characters at most.")
    return kind(words)


def _plain(value: object) -> object:
    """A field as verbs use it: what says that a text is clean has done its work on the way in."""
    return str(value) if isinstance(value, Words) else value


def write_field(value: object) -> str:
    """The form on the wire of a field that msgspec does not know."""
    return str(value)


def wrong_usage(wanted: Verb) -> BadRequest:
    """The error for a line that does not fit the verb's usage."""
    return BadRequest(f"Usage: {wanted.usage}")
