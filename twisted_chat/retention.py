"""Forgetting what was said in rooms that do not keep it for ever."""

from twisted_chat.chat import Chat
from twisted_chat.journal import Journal
from twisted_chat.rooms import Room
from twisted_chat.serverlog import ServerLog


class Retention:
    """Has the journal forget what is too old, room by room."""

    def __init__(self, chat: Chat, journal: Journal, log: ServerLog) -> None:
        self._chat = chat
        self._journal = journal
        self._log = log
        self._busy = False
        self._failing = False

    async def forget(self) -> None:
        """Forget it in all rooms; nothing, while that is still going on."""
        if self._busy:
            return
        self._busy = True
        try:
            for room in [room for room in self._chat.rooms.values() if room.charter.retention]:
                await self._forget_in(room)
            self._failing = False
        except Exception:
            self._say_once()
        finally:
            self._busy = False

    async def _forget_in(self, room: Room) -> None:
        if room.charter.retention:
            before = self._chat.guard.time() - room.charter.retention
            await self._journal.forget(room.ever_on_record, before)

    def _say_once(self) -> None:
        """Log why it failed, and not again each time until it works."""
        if not self._failing:
            self._failing = True
            self._log.fault("forgetting what is old")
