"""Why a command does nothing: its words were wrong, or what is asked cannot be done."""


class Misused(Exception):
    """The command is not written like that; the text is one line without its final dot."""


class Unable(Exception):
    """It cannot be done; the text is one line that says why and what to do."""
