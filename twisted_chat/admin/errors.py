"""Why a command does nothing: its words were wrong, or what is asked cannot be done."""

from twisted_chat.admin.console import NAME


class Misused(Exception):
    """The command is not written like that; the text is one line without its final dot.

    :param command: whose help tells how it is written.
    """

    def __init__(self, why: str, command: str = NAME) -> None:
        super().__init__(why)
        self.command = command


class Unable(Exception):
    """It cannot be done; the text is one line that says why and what to do."""
