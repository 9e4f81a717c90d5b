"""Hashes passwords where it keeps nobody waiting: argon2 (RFC 9106), in threads of its own."""

import secrets
from base64 import b64encode
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import ARGON2_VERSION

from twisted_chat.limits import HASHES_AT_ONCE, HASHES_WAITING
from twisted_chat.refused import TooBusy
from twisted_chat.threads import Work

T = TypeVar("T")


class Hasher:
    """Makes hashes, and compares with them; so many at once, so many waiting, and no more.

    :param work: threads for it, `HASHES_AT_ONCE` of them.
    :param argon: how it is done; as left out, with the parameters of RFC 9106 for little memory.
    """

    def __init__(self, work: Work, argon: PasswordHasher | None = None) -> None:
        self._work = work
        self._argon = argon or PasswordHasher()
        self._asked = 0
        self._nobodys = _nobodys_hash(self._argon)

    async def hash(self, password: str) -> str:
        """What to keep of a password.

        :raises TooBusy: too many others wait already.
        """
        return await self._do(lambda: self._argon.hash(password))

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether the hash is that of the password.

        An empty hash is nobody's: to say so takes as long as for another one.

        :raises TooBusy: too many others wait already.
        """
        try:
            return await self._do(lambda: self._argon.verify(hashed or self._nobodys, password))
        except VerifyMismatchError:
            return False

    def outdated(self, hashed: str) -> bool:
        """Whether it was made with other parameters than those of today."""
        return self._argon.check_needs_rehash(hashed)

    async def _do(self, function: Callable[[], T]) -> T:
        if self._asked >= HASHES_AT_ONCE + HASHES_WAITING:
            raise TooBusy("Too many people log in at the moment. Try again in a minute.")
        self._asked += 1
        try:
            return await self._work(function)
        finally:
            self._asked -= 1


def _nobodys_hash(argon: PasswordHasher) -> str:
    """A hash that no password has, with the same parameters as those that somebody has."""
    salt, rest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (argon.salt_len, argon.hash_len)
    )
    how = f"m={argon.memory_cost},t={argon.time_cost},p={argon.parallelism}"
    return f"$argon2{argon.type.name.lower()}$v={ARGON2_VERSION}${how}${salt}${rest}"
