"""What the server logs about people, in the words that operators of this chat know.

It costs the server no speed when much happens: beyond so many lines a second, lines are counted
and not written.  What people say comes here cleaned and goes out as a field, never as a format.
"""

from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.clock import Clock
from twisted_chat.events import Emoted, Event, Kicked, Said


class ServerLog:
    """The log of one server.

    :param lines_per_second: how many lines about people are written in a second.
    :param quiet: leave out what people say.
    """

    _log = Logger()

    def __init__(self, clock: Clock, lines_per_second: int, quiet: bool = False) -> None:
        self._clock = clock
        self.lines_per_second = lines_per_second
        self._quiet = quiet
        self._written = 0
        self._left_out = 0
        self.faults = 0
        """How often the program failed at something."""

    def running(self) -> None:
        """The server accepts connections."""
        self._log.info("Server is running...")

    def cannot_start(self, why: str) -> None:
        """The server ends before it has begun."""
        self._log.critical("{why}", why=why)

    def way_in(self, how: str) -> None:
        """One way to get in, as one would type it."""
        self._log.info("Enter with: {how}", how=how)

    def connected(self, peer: str) -> None:
        """Somebody connected."""
        if self._may_write():
            self._log.info("New connection from {peer}", peer=peer)

    def turned_away(self, peer: str, why: str) -> None:
        """Somebody connected and was refused."""
        if self._may_write():
            self._log.info("Refused connection from {peer}: {why}", peer=peer, why=why)

    def entered(self, who: str) -> None:
        """Somebody has a name."""
        if self._may_write():
            self._log.info("User {who} has joined the chat.", who=who)

    def gone(self, who: str, reason: str) -> None:
        """Somebody's name is free again."""
        if self._may_write():
            self._log.info("Removing user: {who} from clients", who=who, reason=reason)

    def received(self, who: str, text: str) -> None:
        """Somebody sent a line for all to read."""
        if not self._quiet and self._may_write():
            # A TAB begins the second line of what takes several, and here there is one.
            line = text.replace("\t", " ").replace("\n", " / ")
            self._log.info("Received message from {who}: {text}", who=who, text=line)

    def happened(self, event: Event) -> None:
        """Something happened that is the log's business; what is private is not."""
        if isinstance(event, Said | Emoted):
            self.received(event.who, event.text)
        elif isinstance(event, Kicked) and self._may_write():
            self._log.info(
                "User {who} was kicked from {room} by {by}",
                who=event.who,
                room=event.room,
                by=event.by,
            )

    def fault(self, doing: str, why: Failure | None = None) -> None:
        """The program failed at something; the exception being handled is why, if none is given.

        It counts as a line about people, as what one of them can repeat could fill the disk.
        """
        self.faults += 1
        if self._may_write():
            self._log.failure("Failed at {doing}", failure=why, doing=doing)

    def ahead(self, latest: str, now: str) -> None:
        """What is on record is from after now, and what happens will be too."""
        self._log.warn(
            "The record goes up to {latest}, and the clock says {now}: all that happens until then"
            " is dated like that. docs/operations.md says under Clocks what to do.",
            latest=latest,
            now=now,
        )

    def reloaded(self, changes: str) -> None:
        """What the operator changed in files holds from now on."""
        self._log.info("Reloaded: {changes}", changes=changes)

    def not_reloaded(self, why: str) -> None:
        """It does not hold, as something in it is wrong."""
        self._log.error("Not reloaded, nothing is changed: {why}", why=why)

    def saves_again(self) -> None:
        """What happens is put on record again, after it could not be."""
        self._log.info("What happens is put on record again.")

    def blocked(self, seconds: float, where: str, left_out: int) -> None:
        """The reactor was kept from turning, so many times since this was logged last."""
        self._log.warn(
            "Everybody waited for {seconds:.3f} seconds or more ({left_out} times more since the"
            " last of these lines), in {where}",
            seconds=seconds,
            left_out=left_out,
            where=where,
        )

    def metrics_at(self, where: str) -> None:
        """Where the figures are to be had."""
        self._log.info("Metrics at: {where}", where=where)

    def lets_nobody_in(self) -> None:
        """A connection could not be accepted."""
        self._log.warn(
            "No descriptor is left: nobody is let in for now. docs/operations.md says under Limits"
            " how there are more."
        )

    def lets_in_again(self) -> None:
        """Connections are accepted again."""
        self._log.info("Whoever connects is let in again.")

    def dropped(self, peer: str, why: str) -> None:
        """A connection was closed by the server, and why."""
        if self._may_write():
            self._log.warn("Dropping {peer}: {why}", peer=peer, why=why)

    def _may_write(self) -> bool:
        if self._written == 0:
            self._clock.callLater(1, self._next_second)
        self._written += 1
        if self._written <= self.lines_per_second:
            return True
        self._left_out += 1
        return False

    def _next_second(self) -> None:
        if self._left_out:
            self._log.info("{count} more lines left out", count=self._left_out)
        self._written = self._left_out = 0
