"""What somebody shows who says who they are: a password, or a token."""

from twisted.cred.credentials import ICredentials, UsernamePassword
from zope.interface import Attribute, implementer

from twisted_chat.names import Name, Unusable, user_name


class IToken(ICredentials):
    """A secret that was made for a program."""

    username = Attribute("Whose it should be, in UTF-8.")
    token = Attribute("The secret.")


@implementer(IToken)
class BearerToken:
    """A token, and whose it should be."""

    def __init__(self, username: bytes, token: str) -> None:
        self.username = username
        self.token = token


def password_of(name: str, password: str) -> UsernamePassword:
    """A password as checkers everywhere want it: in bytes."""
    return UsernamePassword(name.encode(), password.encode())


def name_of(username: bytes | tuple[()]) -> Name | None:
    """The name that credentials or a checker mean; None for nobody, or what nobody can have."""
    try:
        return user_name((username or b"").decode("utf-8", "replace"))
    except Unusable:
        return None
