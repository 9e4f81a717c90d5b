"""The plain screens on standard input and output: for a pipe, and for a terminal left as it is."""

import termios
from collections.abc import Callable
from contextlib import suppress

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer, IReactorFDSet
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.client.cutting import Cutter
from twisted_chat.client.line import Line
from twisted_chat.client.screen import Complete, Typist


@implementer(IHalfCloseableProtocol)
class Pipe(Protocol):
    """Plain lines.

    What is typed is shown with its prompt when it is used, so that the output reads like the
    conversation that it is.
    """

    transport: StandardIO | None
    _typist: Typist

    interactive = False

    def __init__(self) -> None:
        self._cutter = Cutter()
        self._closed: Deferred[None] = Deferred()

    # What the client calls.

    def start(self, typist: Typist, complete: Complete) -> None:
        """Take lines from now on."""
        self._typist = typist
        self.resume()

    def show(self, line: Line) -> None:
        """Write a line."""
        self._write(f"{line.text}\n")

    def ask(self, prompt: str, hidden: bool) -> None:
        """Nothing is shown before there is an answer."""

    def used(self, prompt: str, line: str) -> None:
        """Write question and answer."""
        self.show(Line(f"{prompt}{line}".rstrip()))

    def pause(self) -> None:
        """Read no more."""
        if self.transport is not None:
            self.transport.pauseProducing()

    def resume(self) -> None:
        """Read again."""
        if self.transport is not None:
            self.transport.resumeProducing()

    def pace(self, producer: IPushProducer) -> None:
        """Pause the producer while standard output takes no more."""
        if self.transport is not None:
            self.transport.registerProducer(producer, True)

    def close(self) -> Deferred[None]:
        """Write what is left, then stop."""
        if self.transport is not None:
            self.transport.unregisterProducer()
            self.transport.loseConnection()
        return self._closed

    # What StandardIO calls.

    def connectionMade(self) -> None:
        self.pause()

    def dataReceived(self, data: bytes) -> None:
        for line in self._cutter.feed(data):
            self._typist.typed(line)

    def readConnectionLost(self) -> None:
        for line in self._cutter.finish():
            self._typist.typed(line)
        self._typist.ended()

    def writeConnectionLost(self) -> None:
        # StandardIO tells no more after this, whatever it is asked.
        self.connectionLost()
        self._typist.interrupted()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.transport = None
        self._closed.callback(None)

    def _write(self, text: str) -> None:
        if self.transport is not None:
            self.transport.write(text.encode(errors="replace"))


class Cooked(Pipe):
    """Plain lines for somebody who types on a terminal, which shows what is typed by itself.

    :param echo: has the terminal do so, or not.
    """

    interactive = True

    def __init__(self, echo: Callable[[bool], None]) -> None:
        super().__init__()
        self._standing = ""
        self._echo = echo
        self._hidden = False

    def show(self, line: Line) -> None:
        """Write a line, below a prompt that nobody has answered."""
        if self._standing:
            self._standing = ""
            self._write("\n")
        super().show(line)

    def ask(self, prompt: str, hidden: bool) -> None:
        """Write the prompt, if it does not stand there."""
        if hidden != self._hidden:
            self._hidden = hidden
            self._echo(not hidden)
        if prompt != self._standing:
            self._write(f"\n{prompt}" if self._standing else prompt)
            self._standing = prompt

    def used(self, prompt: str, line: str) -> None:
        """The terminal has shown it."""

    def dataReceived(self, data: bytes) -> None:
        self._standing = ""
        super().dataReceived(data)


def on_standard_io(screen: Pipe, reactor: IReactorFDSet) -> Pipe:
    """Connect the screen to standard input and output."""
    StandardIO(screen, reactor=reactor)
    return screen


def echo_on(descriptor: int) -> Callable[[bool], None]:
    """What has a terminal show what is typed, or nothing of it but the end of the line."""

    def set_echo(shown: bool) -> None:
        with suppress(termios.error):
            attributes = termios.tcgetattr(descriptor)
            local = attributes[3] | termios.ECHONL
            attributes[3] = local | termios.ECHO if shown else local & ~termios.ECHO
            termios.tcsetattr(descriptor, termios.TCSANOW, attributes)

    return set_echo
