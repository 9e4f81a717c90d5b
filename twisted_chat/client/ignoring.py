"""Whom one hears no more: the server forgets it with a guest, and the client does not."""

from twisted_chat.client.bounds import IGNORED
from twisted_chat.events import Event
from twisted_chat.names import Name, Unusable, user_name


class Ignoring:
    """The names that are ignored, in the order in which that began."""

    def __init__(self) -> None:
        self._names: dict[Name, None] = {}

    @property
    def names(self) -> list[str]:
        """The names, as they were typed."""
        return [str(name) for name in self._names]

    def added_to(self, names: list[str]) -> list[str]:
        """The names that the server knows to be ignored, and those that it has forgotten."""
        known = {_read(name) for name in names}
        return [*names, *(str(name) for name in self._names if name not in known)]

    def add(self, name: str) -> None:
        """Hear them no more."""
        self._names[user_name(name)] = None
        if len(self._names) > IGNORED:
            del self._names[next(iter(self._names))]

    def remove(self, name: str) -> None:
        """Hear them again."""
        self._names.pop(user_name(name), None)

    def rename(self, old: str, new: str) -> None:
        """Somebody is called otherwise from now on, and ignored all the same."""
        name = _read(old) if self._names else None
        if name in self._names:
            self.remove(old)
            self.add(new)

    def keeps_out(self, event: Event) -> bool:
        """Whether somebody says it who is ignored."""
        if not self._names or not event.speech:
            return False
        return _read(str(getattr(event, "who", ""))) in self._names


def _read(name: str) -> Name | None:
    try:
        return user_name(name)
    except Unusable:
        return None
