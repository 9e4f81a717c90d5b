"""The client: a conversation, its connection and its screen, and the lines that wait in between."""

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime, IStreamClientEndpoint

from twisted_chat.client.bounds import SIGNAL_SECONDS, TYPED_AHEAD
from twisted_chat.client.connection import Link
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.hearing import Heard
from twisted_chat.client.line import Line
from twisted_chat.client.private import public
from twisted_chat.client.proof import NO_PROOF, Proof
from twisted_chat.client.screen import Screen

NAMELESS = "The server's certificate has no name that could be checked (subjectAltName)."


class Client:
    """Joins a conversation to the world.

    Lines wait here, in the order typed, until the conversation can use them; while any waits, no
    more are read.  ``done`` fires with the exit code when the screen is restored.

    :param mark: begins the ids of its requests (see `Conversation`).
    """

    def __init__(
        self,
        screen: Screen,
        endpoint: IStreamClientEndpoint,
        clock: IReactorTime,
        where: str,
        mark: str,
        *,
        name: str = "",
        room: str = "",
        proof: Proof = NO_PROOF,
        retry: bool = True,
    ) -> None:
        self.done: Deferred[int] = Deferred()
        self.fault: BaseException | None = None
        self._screen = screen
        self._clock = clock
        self._link = Link(endpoint, clock, self, retry=retry)
        self._conversation = Conversation(
            self, where, mark, name=name, room=room, proof=proof, attended=screen.interactive
        )
        self._waiting: deque[str | None] = deque()
        self._alarm: IDelayedCall | None = None
        self._set_flow: Callable[[], None] = self._pause_if_waiting

    def start(self) -> None:
        """Begin the conversation."""
        self._screen.start(self, self._conversation.known.complete)
        self._screen.pace(self._link)
        self._conversation.start()
        self._go_on()

    # What the screen says.

    @property
    def crowded(self) -> bool:
        """Whether so many lines wait that no more should be taken."""
        return len(self._waiting) >= TYPED_AHEAD

    def typed(self, line: str) -> None:
        """A line was typed; who gives up waiting need not wait for it."""
        if self._screen.interactive and self._conversation.urgent(line):
            self._conversation.give_back()
        self._waiting.append(line)
        self._go_on()

    def ended(self) -> None:
        """No more will be typed; that too waits until all before it is used."""
        self._waiting.append(None)
        self._go_on()

    def interrupted(self) -> None:
        """Leave at once, whatever waits, but in order."""
        self._waiting.clear()
        self._conversation.interrupted(SIGNAL_SECONDS)
        self._go_on()

    def distrusted(self) -> None:
        """Nobody can tell whether it is the right server: end before anything is sent to it."""
        self._link.abort()
        self._waiting.clear()
        self._conversation.give_up(NAMELESS)

    def broken(self, fault: BaseException | None) -> None:
        """Something is wrong that nobody can type around: end, and say so when all is restored."""
        self.fault = self.fault or fault or RuntimeError("a fault of which nothing is known")
        self._waiting.clear()
        self._conversation.exit(1)

    # What the connection says.

    def connected(self) -> None:
        """The server is there."""
        self._conversation.connected()
        self._go_on()

    def failed(self, why: str, delay: float | None) -> None:
        """The server is not there."""
        self._conversation.failed(why, delay)
        self._go_on()

    def heard(self, heard: Heard) -> None:
        """The server said something."""
        self._conversation.heard(heard)
        self._go_on()

    def lost(self, why: str, delay: float | None) -> None:
        """The connection is gone."""
        self._conversation.lost(why, delay)
        self._go_on()

    # What the conversation wants.

    def show(self, line: Line) -> None:
        """Show a line."""
        self._screen.show(line)

    def send(self, line: bytes) -> None:
        """Send a line."""
        self._link.send(line)

    def connect(self) -> None:
        """Connect, and stay so."""
        self._link.open()

    def disconnect(self) -> None:
        """Close the connection, or give up connecting."""
        self._link.close()

    def wake_in(self, seconds: float) -> None:
        """Set the one alarm clock."""
        self._stop_alarm()
        self._alarm = self._clock.callLater(seconds, self._woke)

    def take_back(self) -> list[str]:
        """The lines that wait; the end of input is none, and waits on."""
        lines = [public(line) for line in self._waiting if line is not None]
        ends = None in self._waiting
        self._waiting.clear()
        if ends:
            self._waiting.append(None)
        return lines

    def exit(self, code: int) -> None:
        """Restore the screen, then be done."""
        self._stop_alarm()
        self._waiting.clear()
        self._screen.close().addBoth(lambda _: self.done.callback(code))

    def _woke(self) -> None:
        self._conversation.woke()
        self._go_on()

    def _stop_alarm(self) -> None:
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()

    # The lines in between.

    def _go_on(self) -> None:
        """Use what can be used now, then ask for what is missing."""
        while self._waiting and self._conversation.takes(self._waiting[0]):
            self._use(self._waiting.popleft())
        if not self._conversation.over:
            self._set_flow()
            self._screen.ask(self._conversation.prompt, self._conversation.hidden)

    def _use(self, line: str | None) -> None:
        if line is None:
            self._conversation.ended()
        else:
            shown = "" if self._conversation.hidden else public(line)
            self._screen.used(self._conversation.prompt, shown)
            self._conversation.typed(line)

    def _pause_if_waiting(self) -> None:
        if self._waiting:
            self._set_flow = self._resume_if_empty
            self._screen.pause()

    def _resume_if_empty(self) -> None:
        if not self._waiting:
            self._set_flow = self._pause_if_waiting
            self._screen.resume()
