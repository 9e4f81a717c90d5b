"""One page of the past for all who ask for the same: after a start everybody comes back at once."""

from collections.abc import Callable, Hashable

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twisted_chat.journal import Page


class SharedPage:
    """The page that was asked for last, while it is read and as long as it may be shown."""

    def __init__(self) -> None:
        self._what: Hashable = None
        self._asked: _Asked | None = None

    def ask(self, what: Hashable, read: Callable[[], Deferred[Page]]) -> Deferred[Page]:
        """The page, which is read unless it is the one that was asked for last."""
        if self._asked is None or self._asked.failed or what != self._what:
            self._what, self._asked = what, _Asked()
            read().addBoth(self._asked.answer)
        return self._asked.page()

    def forget(self) -> None:
        """The record has changed: who asks from now on may see another page."""
        self._asked = None


class _Asked:
    """A page that is being read, or was, and who waits for it."""

    def __init__(self) -> None:
        self._read: Page | Failure | None = None
        self._waiting: list[Deferred[Page]] = []

    @property
    def failed(self) -> bool:
        """Whether it could not be read."""
        return isinstance(self._read, Failure)

    def page(self) -> Deferred[Page]:
        page: Deferred[Page] = Deferred()
        if self._read is None:
            self._waiting.append(page)
        else:
            page.callback(self._read)
        return page

    def answer(self, read: Page | Failure) -> None:
        self._read = read
        waiting, self._waiting = self._waiting, []
        for page in waiting:
            page.callback(read)
