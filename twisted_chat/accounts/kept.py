"""Records of one kind, in memory as they are on record."""

from collections.abc import Callable, ItemsView
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec

from twisted_chat.journal import Put
from twisted_chat.ledger import Change

T = TypeVar("T", bound=msgspec.Struct)


def digest(secret: str) -> str:
    """What is on record in place of a secret that we made: nobody guesses it, salted or not."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def together(*changes: Change) -> Change:
    """Several changes as one, which is taken back as one."""

    def undo() -> None:
        for change in reversed(changes):
            change.undo()

    return Change(tuple(put for change in changes for put in change.puts), undo)


class Kept(Generic[T]):
    """Records by their keys.

    :param form: what a record is.
    :param moved: is told what was under a key, and what is from now on; None is nothing.
    """

    def __init__(
        self, kind: str, form: type[T], moved: Callable[[str, T | None, T | None], None]
    ) -> None:
        self._kind = kind
        self._form = form
        self._moved = moved
        self._records: dict[str, T] = {}

    def __len__(self) -> int:
        return len(self._records)

    def get(self, key: str) -> T | None:
        """The record under a key."""
        return self._records.get(key)

    def items(self) -> ItemsView[str, T]:
        """All records, with their keys."""
        return self._records.items()

    def take_over(self, key: str, value: bytes | None) -> tuple[T | None, T | None]:
        """Take what is on record, or is no more; what was there before, and what is now."""
        after = None if value is None else msgspec.json.decode(value, type=self._form)
        return self._set(key, after), after

    def change(self, key: str, after: T | None, *, if_there: bool = False) -> Change:
        """Keep a record under a key; None forgets it.

        :param if_there: whether it only changes what exists, so that a removal stands.
        """
        before = self._set(key, after)

        def undo() -> None:
            # What another process has made of it meanwhile is on record, and stands.
            if self.get(key) is after:
                self._set(key, before)

        value = None if after is None else msgspec.json.encode(after)
        return Change((Put(self._kind, key, value, if_there),), undo)

    def _set(self, key: str, after: T | None) -> T | None:
        before = self._records.pop(key, None)
        if after is not None:
            self._records[key] = after
        self._moved(key, before, after)
        return before
