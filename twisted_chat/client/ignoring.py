"""Whom one hears no more: the server forgets it with a guest, and the client does not."""

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

    def add(self, name: str) -> None:
        """Hear them no more."""
        self._names[user_name(name)] = None

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
