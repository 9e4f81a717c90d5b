"""Telnet (RFC 854), for peers that speak it: its commands are taken out of what they send.

`twisted.conch.telnet` does the negotiation.  Here it learns what it does not know, so that no
sequence of bytes can upset it.  What a person types comes in lines, and echo and editing are the
terminal's own affair; only while a password is typed is the echo taken over, and not done.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from twisted.conch import telnet
from twisted.python.failure import Failure

from twisted_chat.limits import TELNET_COMMANDS

IAC: bytes = telnet.IAC
"""Interpret As Command: the byte that begins every telnet command, and no UTF-8 character."""

_EOF, _SUSPEND, _ABORT = b"\xec", b"\xed", b"\xee"
"""Commands of RFC 1184 that conch's parser takes for an error."""

_TEXT = re.compile(rb"[^\xff\r]+")
"""What is neither a command nor a line end that depends on the byte after it."""

_LEAVE = frozenset({telnet.IP, telnet.BRK, _EOF, _ABORT})
"""What Ctrl-C and Ctrl-D become."""


class Telnet(telnet.Telnet):
    """What one peer sends, told apart.

    Its transport takes the replies to commands, and is closed when the peer never ends one.

    :param take: called with what was typed; a line ends with LF.
    :param leave: called when the peer wants to end the conversation.
    """

    transport: Any

    def __init__(self, take: Callable[[bytes], None], leave: Callable[[], None]) -> None:
        super().__init__()
        self._take = take
        self._leave = leave
        self._commands = 0
        self._hidden = False
        self._echoes_always = False
        self._over = False

    def dataReceived(self, data: bytes) -> None:
        """Tell commands and text apart, wherever the bytes are cut."""
        for piece in self._pieces(data):
            if self._over or self.transport.disconnecting:
                return
            if self.state == "data" and _TEXT.match(piece):
                # The parser takes ninety bytes of memory for every byte of it.
                self.applicationDataReceived(piece)
                continue
            try:
                super().dataReceived(piece)
            except ValueError:
                self._unknown(piece)

    def applicationDataReceived(self, data: bytes) -> None:
        text = data.replace(b"\r", b"\n")
        if b"\n" in text:
            self._commands = 0
        self._take(text)

    def commandReceived(self, command: bytes, argument: bytes | None) -> None:
        self._count_command()
        if command in _LEAVE:
            # What follows is read on: a peer may show nothing before its next question is answered.
            self._leave()
        elif command == telnet.AYT:
            self._write(b"\r\n-> Yes.\r\n")
        else:
            super().commandReceived(command, argument)

    def negotiate(self, data: list[bytes]) -> None:
        """Subnegotiate nothing, as no option was agreed to; conch trips over an empty one."""
        self._count_command()

    def telnet_DO(self, option: bytes) -> None:
        """The peer asks for an option; conch trips over one that insists on what is just ended."""
        ending = self.getOptionState(option).us
        if not (ending.state == "yes" and ending.negotiating):
            super().telnet_DO(option)

    def hide_typing(self, hidden: bool) -> bool:
        """Offer to do the echo, which means that nobody does, or leave it to the peer (RFC 857).

        :returns: whether that can be had, as far as the peer has said.
        """
        if self._hidden and not hidden and self._echo.state == "yes":
            # The end of the line that was typed was not shown either.
            self._write(b"\r\n")
        self._hidden = hidden
        self._settle_echo()
        return not self._echoes_always

    def enableLocal(self, option: bytes) -> bool:
        return option == telnet.ECHO and self._hidden

    def disableLocal(self, option: bytes) -> None:
        """There is nothing to undo: who echoes nothing need not stop."""

    @property
    def _echo(self) -> Any:
        return self.getOptionState(telnet.ECHO).us

    def _settle_echo(self, _: object = None) -> None:
        """Ask for what is wanted by now, unless a question before it is still open."""
        if self._echo.negotiating or (self._echo.state == "yes") == self._hidden:
            return
        if not self._hidden:
            self.wont(telnet.ECHO).addCallback(self._settle_echo).addErrback(self._refused)
        elif not self._echoes_always:
            self.will(telnet.ECHO).addCallback(self._settle_echo).addErrback(self._refused)

    def _refused(self, why: Failure) -> None:
        """The peer echoes all the same, and is asked no more."""
        why.trap(telnet.OptionRefused)
        self._echoes_always = True

    def _count_command(self) -> None:
        """Commands cost more than text, and are not paced as lines are: few go with a line."""
        self._commands += 1
        if self._commands > TELNET_COMMANDS:
            self._over = True
            self._leave()

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        """Runs of text, and the bytes of a command one by one, so that none takes others along."""
        position = 0
        while position < len(data):
            text = _TEXT.match(data, position) if self.state == "data" else None
            end = text.end() if text else position + 1
            yield data[position:end]
            position = end

    def _unknown(self, command: bytes) -> None:
        """No command at all: the IAC is dropped, and the byte after it is text like any other."""
        self.state = "data"
        if command in (_EOF, _SUSPEND, _ABORT):
            self.commandReceived(command, None)
        elif command < telnet.SE:
            self.applicationDataReceived(command)
