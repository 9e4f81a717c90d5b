"""What somebody is shown of the past without asking: on coming in, on coming back, in a room."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from twisted_chat.answers import Backlog, Missed, NewsLine, Reply
from twisted_chat.audience import Wish
from twisted_chat.chat import Chat
from twisted_chat.events import Emoted, Recorded, Said, Told
from twisted_chat.journal import PRIVATE, SERVER, Journal, News, Scope
from twisted_chat.limits import HISTORY_EVENTS, MISSED_EVENTS
from twisted_chat.names import RoomName, user_name
from twisted_chat.rooms import Room, User
from twisted_chat.verbs import Hello
from twisted_chat.verbs.lists import weight


class Remembering:
    """The past, as far as it is one user's to see.

    :param hello: what a program wishes of it; None for a person.
    :param usual: how much is shown of what was said in a room before one enters it.
    :param charge: counts what is shown like so many lines that the user sent.
    """

    def __init__(
        self,
        journal: Journal,
        user: User,
        hello: Hello | None,
        usual: int,
        charge: Callable[[int], None],
    ) -> None:
        self._journal = journal
        self._user = user
        self._hello = hello
        self._usual = usual
        self._charge = charge
        self._seen = None if hello is None else hello.seen
        self._bot = hello is not None and hello.bot
        self._most = _backlog_for(hello, usual)

    def of_another(self, user: User) -> "Remembering":
        """The past of the user that the session goes on as."""
        return Remembering(self._journal, user, self._hello, self._usual, self._charge)

    def first(self, chat: Chat, looks_at: RoomName | None, came_back: bool) -> Wish:
        """What is shown on coming in: all that was missed, or the last of one room."""
        user = self._user
        rooms = {key: str(room.name) for room in user.rooms.values() for key in [room.on_record]}
        if self._seen is not None:
            keys = [key for room in user.rooms.values() for key in chat.readable(user, room)]
            keys.append(SERVER)
            read = partial(self._since, Scope(keys, user.identity), self._seen)
            return Wish(read, after=self._seen)
        room = None if looks_at is None else user.rooms[looks_at]
        scope = None if room is None else Scope(chat.readable(user, room))
        welcome_back = came_back and user.account is not None and not self._bot
        name = "" if room is None else str(room.name)
        return Wish(partial(self._arrival, rooms if welcome_back else {}, scope, name), name)

    def of_room(self, chat: Chat, room: Room, seen: int | None) -> Wish:
        """What is shown on entering a room: the last of it, or all since a number."""
        scope = Scope(chat.readable(self._user, room))
        most = self._most if seen is None else HISTORY_EVENTS
        name, after = str(room.name), seen or 0
        return Wish(partial(self._backlog, scope, name, after, most), name, after)

    async def _since(self, scope: Scope, seen: int, upto: int) -> Sequence[Reply]:
        return await self._backlog(scope, "", seen, HISTORY_EVENTS, upto)

    async def _arrival(
        self, rooms: dict[str, str], scope: Scope | None, room: str, upto: int
    ) -> Sequence[Reply]:
        backlog = [] if scope is None else await self._backlog(scope, room, 0, self._most, upto)
        missed = await self._missed(rooms, backlog, upto) if rooms else []
        return [*missed, *backlog]

    async def _backlog(
        self, scope: Scope, room: str, seen: int, most: int, upto: int
    ) -> list[Backlog]:
        if not most:
            return []
        page = await self._journal.past(scope, upto=upto, after=seen, most=most)
        events = [event for event in page.events if not self._ignored(event)]
        self._charge(weight(events))
        return [Backlog(room=room, events=events, more=page.more)] if events else []

    async def _missed(
        self, rooms: dict[str, str], backlog: Sequence[Backlog], upto: int
    ) -> Sequence[Reply]:
        user = self._user
        missed = await self._journal.missed(
            user.identity, str(user.name), upto=upto, most=MISSED_EVENTS
        )
        shown = {**rooms, PRIVATE: PRIVATE}
        news = [line for line in missed.news if line.room in shown]
        if not news:
            return []
        user.missed = {line.room: (line.after, upto, line.new) for line in news}
        if missed.told:
            user.correspondent = user_name(missed.told[-1].who)
        mentions = [event for event in missed.mentions if event.room in rooms.values()]
        lines = [_line(line, shown[line.room]) for line in news]
        seen = {event.seq for event in (*missed.told, *mentions)}
        since = {shown[line.room]: line.after for line in news}
        seen |= {seq for one in backlog for seq in self._new_in(one, since.get(one.room, upto))}
        more = sum(line.new for line in news) > len(seen)
        return [Missed(rooms=lines, told=missed.told, mentions=mentions, more=more)]

    def _new_in(self, backlog: Backlog, after: int) -> Iterable[int]:
        """The numbers of what others said there after that one, as it is counted for the news."""
        for event in backlog.events:
            if event.seq <= after or not isinstance(event, Said | Emoted):
                continue
            if user_name(event.who) != self._user.name:
                yield event.seq

    def _ignored(self, event: Recorded) -> bool:
        """Whether somebody says it whom the user ignores."""
        if not self._user.ignored or not isinstance(event, Said | Emoted | Told):
            return False
        return user_name(event.who) in self._user.ignored


def _line(news: News, room: str) -> NewsLine:
    return NewsLine(room=room, new=news.new, mentions=news.mentions)


def _backlog_for(hello: Hello | None, usual: int) -> int:
    """How much of what was said before somebody sees: a bot none, unless it asks."""
    if hello is None:
        return usual
    if hello.backlog is not None:
        return hello.backlog
    return 0 if hello.bot else usual
