"""What a password is, as PRECIS has it: RFC 8265, section 4, the profile OpaqueString."""

from precis_i18n import get_profile

from twisted_chat.limits import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS
from twisted_chat.names import Name
from twisted_chat.refused import PasswordNotAllowed


def prepared(password: str) -> str | None:
    """The password as it is compared, however it was typed; None for what cannot be one."""
    try:
        enforced: str = get_profile("OpaqueString").enforce(password)
    except UnicodeEncodeError:
        # That error holds the password, so it goes no further, not even as a cause.
        return None
    return enforced


def chosen(password: str, name: Name) -> str:
    """The password that somebody wants to have from now on, as it is compared.

    :raises PasswordNotAllowed: it is too short, too long, the name, or no password at all.
    """
    enforced = prepared(password)
    if enforced is None:
        raise PasswordNotAllowed("A password has letters, digits, signs and spaces in it.")
    if len(enforced) < PASSWORD_MIN_CHARS:
        raise PasswordNotAllowed(f"A password has {PASSWORD_MIN_CHARS} characters at least.")
    if len(enforced) > PASSWORD_MAX_CHARS:
        raise PasswordNotAllowed(f"A password has {PASSWORD_MAX_CHARS} characters at most.")
    if enforced.casefold() in (name.key, name.shown.casefold()):
        raise PasswordNotAllowed("Your name is the first password that others try.")
    return enforced
