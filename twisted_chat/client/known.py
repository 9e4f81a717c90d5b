"""What one has read about and may want to type again: names, rooms and verbs, for Tab."""

from collections.abc import Iterable
from itertools import takewhile

from twisted_chat import answers, events
from twisted_chat.client.bounds import CANDIDATES, KNOWN
from twisted_chat.client.hearing import Heard
from twisted_chat.events import Event
from twisted_chat.verbs import TABLE


class Newest:
    """A set of words that forgets the oldest."""

    def __init__(self) -> None:
        self._words: dict[str, None] = {}

    def add(self, words: Iterable[str]) -> None:
        """Remember the words as the newest."""
        for word in words:
            self._words.pop(word, None)
            self._words[word] = None
        while len(self._words) > KNOWN:
            del self._words[next(iter(self._words))]

    def drop(self, word: str) -> None:
        """Forget the word."""
        self._words.pop(word, None)

    def beginning(self, start: str) -> list[str]:
        """The words that begin so, case aside, in order."""
        start = start.casefold()
        return sorted(word for word in self._words if word.casefold().startswith(start))


class Known:
    """The names, rooms and verbs there are to complete."""

    def __init__(self) -> None:
        self.names = Newest()
        self.rooms = Newest()

    def learn(self, heard: Heard) -> None:
        """Remember, or forget, whom and what the server names."""
        match heard:
            case answers.Welcome():
                self.names.add(heard.names)
                self.rooms.add([heard.room, *heard.rooms])
            case answers.Entered():
                self.names.add(heard.names)
                self.rooms.add([heard.room])
            case answers.Names():
                self.names.add(heard.names)
            case answers.People():
                self.names.add(person.name for person in heard.people)
            case answers.Rooms():
                self.rooms.add(line.room for line in heard.rooms)
            case answers.Missed():
                self._learn_all([*heard.told, *heard.mentions])
            case answers.Backlog() | answers.History() | answers.Found():
                self._learn_all(heard.events)
            case events.Left(room=""):
                self.names.drop(heard.who)
            case events.CrowdMoved():
                self.names.add(heard.joined)
            case events.Renamed():
                self.names.drop(heard.who)
                self.names.add([heard.to])
            case events.Invited():
                self.names.add([heard.by])
                self.rooms.add([heard.room])
            case events.Joined() | events.Said() | events.Told() | events.Emoted():
                self.names.add([heard.who])

    def _learn_all(self, happened: Iterable[Event]) -> None:
        for event in happened:
            self.learn(event)

    def complete(self, before: str) -> tuple[str, list[str]]:
        """What stands before the cursor, completed as far as it is certain, and what it may become.

        The list is empty where nothing, or only one word, fits.
        """
        head, word = _cut(before)
        fits = self._fitting(head, word)
        if not fits:
            return before, []
        if len(fits) == 1:
            return f"{head}{fits[0]} ", []
        return head + _longer(word, fits), fits[:CANDIDATES]

    def _fitting(self, head: str, word: str) -> list[str]:
        if not head and word.startswith("/"):
            return sorted(f"/{verb.name}" for verb in TABLE.verbs if verb.name.startswith(word[1:]))
        if word.startswith("#"):
            return self.rooms.beginning(word)
        return [name if head else f"{name}:" for name in self.names.beginning(word)]


def _longer(word: str, fits: list[str]) -> str:
    """What all that fits has in common; the word itself where that differs in case too early."""
    first, last = min(fits), max(fits)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last)))
    return first[:same] if same >= len(word) else word


def _cut(before: str) -> tuple[str, str]:
    """What comes before the last word, and that word."""
    at = before.rfind(" ") + 1
    return before[:at], before[at:]
