"""The conversation between the one who types and the server: which state it is in.

It is pure: lines typed and objects heard come in as calls, and what follows from them goes to an
`Outside`.  It knows no transport, no terminal, no clock and no reactor.
"""

from collections.abc import Callable

from twisted_chat.answers import Welcome
from twisted_chat.client import chatting, menu, rejoining, returning
from twisted_chat.client.asking import Unanswered, request_ids
from twisted_chat.client.bounds import LEAVE_SECONDS
from twisted_chat.client.hearing import Heard
from twisted_chat.client.known import Known
from twisted_chat.client.outside import Outside, Voice
from twisted_chat.client.presence import Presence
from twisted_chat.client.proof import NO_PROOF, Proof
from twisted_chat.client.state import State


class Conversation(Voice):
    """A menu, and behind it a chat.

    :param mark: begins the ids of its requests; no other process of the same user has the same.
    :param name: what to join as, without the menu.
    :param proof: what proves that the name is one's own.
    :param attended: whether somebody is there who can be asked.
    """

    def __init__(
        self,
        outside: Outside,
        where: str,
        mark: str,
        *,
        name: str = "",
        room: str = "",
        proof: Proof = NO_PROOF,
        attended: bool = True,
    ) -> None:
        super().__init__(outside)
        self.ids = request_ids(mark)
        self.where = where
        self.room = room
        self.known = Known()
        self.linked = False
        self._name = name
        self._proof = proof
        self._attended = attended
        self._state = self._sleeper = State(self)

    # What happens.

    def start(self) -> None:
        """Connect, then show the menu, or join under the name given beforehand."""
        self.reach((lambda: self.enter(self._name, self._proof)) if self._name else self.to_menu)

    @property
    def prompt(self) -> str:
        """What to show before the line being typed."""
        return self._state.prompt

    @property
    def hidden(self) -> bool:
        """Whether the line being typed is not to be seen."""
        return self._state.hidden

    @property
    def over(self) -> bool:
        """Whether the program ends."""
        return isinstance(self._state, Over)

    def takes(self, line: str | None) -> bool:
        """Whether this line, or the end of input, is of use now; otherwise it waits."""
        return self._state.takes(line)

    def urgent(self, line: str) -> bool:
        """Whether a line is meant for what goes on now, whatever was typed before it."""
        return self._state.urgent(line)

    def typed(self, line: str) -> None:
        """A line was typed."""
        self._state.typed(line)

    def ended(self) -> None:
        """No more will be typed."""
        self._state.ended()

    def interrupted(self, seconds: float = LEAVE_SECONDS) -> None:
        """Whoever types wants to go, now; the server has so long to say goodbye."""
        self._state.interrupted(seconds)

    def connected(self) -> None:
        """The server is there."""
        self.linked = True
        self.say("Connected to server.")
        self._state.connected()

    def failed(self, why: str, delay: float | None) -> None:
        """The server is not there; it is tried again after so many seconds, if at all."""
        self._state.failed(why, delay)

    def heard(self, heard: Heard) -> None:
        """The server said something."""
        self.known.learn(heard)
        self._state.heard(heard)

    def lost(self, why: str, delay: float | None) -> None:
        """The connection is gone; it is tried again after so many seconds, if at all."""
        self.linked = False
        self._state.lost(why, delay)

    def woke(self) -> None:
        """The time asked for has passed; a state that is no more does not want to know."""
        if self.is_in(self._sleeper):
            self._state.woke()

    # What states do.

    def disconnect(self) -> None:
        """Close the connection, or give up connecting."""
        self.linked = False
        self.outside.disconnect()

    def wake_in(self, seconds: float) -> None:
        """Wake the present state after so long."""
        self._sleeper = self._state
        self.outside.wake_in(seconds)

    def is_in(self, state: State) -> bool:
        """Whether that is the present state."""
        return self._state is state

    # The ways from state to state.

    def _go(self, state: State) -> None:
        if not self.over:
            self._state = state
            state.begin()

    def reach(self, then: Callable[[], None]) -> None:
        """Connect if need be, then go on."""
        if self.linked:
            then()
        else:
            self._go(menu.Connecting(self, then))

    def keep_trying(self, why: str, delay: float | None, then: Callable[[], None]) -> None:
        """The server is not there: try again, or give up where no time to try again is given."""
        if delay is None:
            self.give_up(why)
        else:
            self._go(menu.Retrying(self, then, why, delay))

    def give_up(self, why: str) -> None:
        """The server is not there, and is not tried again."""
        self.say(why)
        self.exit(1)

    def to_menu(self) -> None:
        """Show the menu."""
        self._go(menu.Menu(self))

    def to_naming(self) -> None:
        """Ask for a name."""
        self._go(menu.Naming(self))

    @property
    def unattended(self) -> bool:
        """Whether there is one name to join as, and nobody who could be asked for another."""
        return bool(self._name) and not self._attended

    def name_again(self) -> None:
        """Ask for another name than the one that cannot be had."""
        if self.unattended:
            self.exit(1)
        else:
            self._ask_anew()
            self.to_naming()

    def turned_away(self, unanswered: Unanswered) -> None:
        """One is not who one was any more: what was typed in the chat answers no question."""
        self.doubt(unanswered.give_up())
        self.give_back()
        if self._attended:
            self.to_naming()
        else:
            self.exit(1)

    def enter(self, name: str, proof: Proof = NO_PROOF) -> None:
        """Join under a name."""
        self._go(menu.Entering(self, name, proof))

    def register(self, name: str, proof: Proof, code: str = "") -> None:
        """Join under a name that is to be one's own."""
        self._go(menu.Registering(self, name, proof, code))

    def prove(self, name: str) -> None:
        """Ask for the password of a name."""
        self._ask_anew()
        self._go(menu.Proving(self, name))

    def _ask_anew(self) -> None:
        """What a person typed before a question came answers it no more than a half-typed line."""
        if self._attended:
            self.give_back()

    def chat(self, presence: Presence, unanswered: Unanswered | None = None) -> None:
        """Be in the chat."""
        waiting = Unanswered(self.ids) if unanswered is None else unanswered
        self._go(chatting.Chatting(self, presence, waiting))

    def finish(self, presence: Presence, unanswered: Unanswered) -> None:
        """Leave at the end of input, once all that was typed is answered."""
        self._go(chatting.Finishing(self, presence, unanswered))

    def leave(
        self,
        unanswered: Unanswered,
        then: Callable[[], None],
        *,
        quit_line: bytes = chatting.QUIT,
        seconds: float = LEAVE_SECONDS,
    ) -> None:
        """Leave the chat."""
        self._go(chatting.Leaving(self, unanswered, then, quit_line, seconds))

    def lose(
        self,
        presence: Presence,
        unanswered: Unanswered,
        why: str,
        delay: float | None,
        tries: int = 0,
    ) -> None:
        """The connection broke in the middle of the chat: get it, the name and the rooms back."""
        if delay is None:
            self.give_up(returning.loss(why))
        else:
            self._go(returning.Lost(self, presence, unanswered, why, delay, tries))

    def come_back(self, presence: Presence, unanswered: Unanswered, tries: int) -> None:
        """Take the same name again, which was tried so often before."""
        self._go(returning.Returning(self, presence, unanswered, tries))

    def rejoin(self, presence: Presence, unanswered: Unanswered, welcome: Welcome) -> None:
        """Be where one was, out of where the server has let one in, and hear what was missed."""
        self._go(rejoining.Rejoining(self, presence, unanswered, welcome))

    def exit(self, code: int = 0) -> None:
        """End, once and for all."""
        if self.over:
            return
        self._go(Over(self))
        self.disconnect()
        self.outside.exit(code)


class Over(State):
    """The program ends; nothing is of interest any more."""

    def interrupted(self, seconds: float) -> None:
        """It ends already."""
