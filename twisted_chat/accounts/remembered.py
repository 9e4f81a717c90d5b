"""A table with a bound, for what is known of strangers."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from twisted_chat.limits import ADDRESSES_REMEMBERED

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Remembers `ADDRESSES_REMEMBERED` things, and forgets the one that was put longest ago."""

    def __init__(self) -> None:
        self._table: OrderedDict[K, V] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._table

    def put(self, key: K, value: V) -> None:
        """Remember it, as the latest."""
        self._table[key] = value
        self._table.move_to_end(key)
        if len(self._table) > ADDRESSES_REMEMBERED:
            self._table.popitem(last=False)

    def get(self, key: K, otherwise: V) -> V:
        """What is remembered under the key."""
        return self._table.get(key, otherwise)

    def pop(self, key: K, otherwise: V) -> V:
        """Forget it; what it was."""
        return self._table.pop(key, otherwise)
