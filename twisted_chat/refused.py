"""Why not: each reason for which a request is refused, with a stable code and plain words.

A `Refused` is told to the one who asked and to nobody else.
"""

from twisted_chat.events import tag_of


class Refused(Exception):
    """The request is not done.  ``text`` says what is wrong and what to do about it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    @property
    def code(self) -> str:
        """The reason as programs know it: ``NameTaken`` is ``name_taken``."""
        return tag_of(type(self).__name__)


class BadRequest(Refused):
    """The line is no request: broken JSON, a missing or a wrong field, a wrong usage."""


class UnknownVerb(Refused):
    """There is no such verb."""


class Version(Refused):
    """The client speaks a version of the protocol that the server does not."""


class LineTooLong(Refused):
    """The line has more bytes than a line may have."""


class NotEntered(Refused):
    """A name has to be given first."""


class AlreadyEntered(Refused):
    """The session has a name already."""


class NameNotAllowed(Refused):
    """Nobody can have that name, or no room can."""


class NameReserved(Refused):
    """The name is, or looks like, one that is kept for the server."""


class NameTaken(Refused):
    """The name is, or looks like, that of somebody who is here."""


class NameOwned(Refused):
    """The name belongs to an account, and has to be proved."""


class GuestsNotAllowed(Refused):
    """Only accounts come in."""


class NotLoggedIn(Refused):
    """Only who has an account may do that."""


class NobodyThere(Refused):
    """There is no user of that name."""


class NoSuchRoom(Refused):
    """There is no room of that name, or none that the asker may know of."""


class NotInRoom(Refused):
    """The asker is not in the room."""


class AlreadyInRoom(Refused):
    """Who is invited is in the room."""


class NotOperator(Refused):
    """Only an operator of the room may do that."""


class RoomFull(Refused):
    """The room has as many members as it may have."""


class RoomPrivate(Refused):
    """Only the invited enter the room."""


class RoomModerated(Refused):
    """Only operators of the room speak there, and those with a voice."""


class TooSoon(Refused):
    """The room is slow, and the asker said something there just now."""


class Banned(Refused):
    """The asker may not be in the room, or on the server."""


class Muted(Refused):
    """The asker may say nothing in the room, or on the server."""


class LockedDown(Refused):
    """No new guests come in, and only accounts speak."""


class Filtered(Refused):
    """A filter of the room, or of the server, lets nobody say that."""


class NoSuchRuling(Refused):
    """There is no such ban, mute or filter to lift."""


class TooMany(Refused):
    """The asker has as many of something as one may have."""


class TooLong(Refused):
    """A text is longer than it may be."""


class NothingSaid(Refused):
    """The text is empty."""


class NoSuchToken(Refused):
    """The asker has no token of that name."""


class NoSuchMessage(Refused):
    """There is no message of that number, or none that the asker may read."""


def no_such_message(seq: int) -> NoSuchMessage:
    """The same for one that does not exist and for one that is not the asker's to read."""
    return NoSuchMessage(f"There is no message {seq} that you may read.")


class IdUsed(Refused):
    """The request's id was used before, for something else."""


def used_before() -> IdUsed:
    """What is answered where an id was used for something else."""
    return IdUsed("That id was used for something else before. Nothing was said.")


class NotSaved(Refused):
    """The journal could not keep it, so nobody heard it."""


class SomethingWrong(Refused):
    """A fault in the server; its log has the details."""

    def __init__(self, text: str = "Something went wrong.") -> None:
        super().__init__(text)


class WrongPassword(Refused):
    """The name, the password or the token is wrong: which of them is not told."""

    def __init__(self, text: str = "Wrong name or password.") -> None:
        super().__init__(text)


class PasswordNotAllowed(Refused):
    """Nobody can have that password, or not the asker."""


class TooManyTries(Refused):
    """The address or the account has to wait before a password is tried again."""


class TooBusy(Refused):
    """Too many others are waiting for the same."""


class RegistrationClosed(Refused):
    """Nobody makes an account here, or not under that name."""


class WrongCode(Refused):
    """The invitation to register never was, is used up, or has ended."""


class TokenExists(Refused):
    """The asker has a token of that name."""
