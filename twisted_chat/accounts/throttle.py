"""Makes those wait who try passwords: each address, and each account, whoever tries it.

What is known is forgotten when the server ends; how long that takes is a wait too.
"""

import math
from collections.abc import Iterable

from twisted_chat.accounts.origin import Network, address_of, site_of
from twisted_chat.accounts.remembered import Remembered
from twisted_chat.accounts.tries import Tries
from twisted_chat.clock import Clock
from twisted_chat.limits import Limits
from twisted_chat.refused import TooManyTries

NO_ADDRESS = ""
"""What stands for those without an address (on a UNIX socket): they count as one."""


class Throttle:
    """Counts who tries what.

    An account's failures hold nobody back at an address where its owner has logged in before: so
    nobody locks them out by failing on purpose.

    :param trusted: networks of which an address is many people, as a class behind a router: what
        is tried there counts for each account by itself.
    """

    def __init__(self, limits: Limits, clock: Clock, trusted: Iterable[Network] = ()) -> None:
        self._limits = limits
        self._clock = clock
        self._trusted = tuple(trusted)
        self._addresses: Remembered[str, Tries] = Remembered()
        self._accounts: Remembered[str, Tries] = Remembered()
        self._failures: Remembered[tuple[str, str], int] = Remembered()
        self._owners: Remembered[tuple[str, str], None] = Remembered()

    def check(self, name_key: str, address: str | None, *, inside: bool = False) -> None:
        """Let a try pass, and count it as failed from now on: many at once are many already.

        :param inside: whether it is tried as the owner, who is in already: what others fail outside
            holds nobody back there.
        :raises TooManyTries: the address or the account has to wait.
        """
        now, origin = self._clock.seconds(), _origin(address)
        bucket = self._bucket(name_key, address)
        from_there = self._tries(self._addresses, bucket)
        of_account = self._tries(self._accounts, name_key)
        wait = from_there.wait(now)
        if not inside and (origin, name_key) not in self._owners:
            wait = max(wait, of_account.wait(now))
        _let_pass(wait)
        from_there.failed(now)
        of_account.failed(now)
        self._addresses.put(bucket, from_there)
        self._accounts.put(name_key, of_account)
        self._failures.put((origin, name_key), self._failures.get((origin, name_key), 0) + 1)

    def check_hash(self, address: str | None) -> None:
        """Let a hash pass, and count it, where nothing is tried; trusted networks are not counted.

        :raises TooManyTries: the address has to wait.
        """
        if self._trusts(address):
            return
        now, origin = self._clock.seconds(), _origin(address)
        from_there = self._tries(self._addresses, origin)
        _let_pass(from_there.wait_to_hash(now))
        from_there.hashed(now)
        self._addresses.put(origin, from_there)

    def succeeded(self, name_key: str, address: str | None) -> None:
        """It was the owner: forgive what this address had failed at this account, and only that.

        Who owns one account would else guess the password of another for ever.
        """
        pair = (_origin(address), name_key)
        self._forgive(name_key, address, self._failures.pop(pair, 0))
        self.owner_at(name_key, address)

    def owner_at(self, name_key: str, address: str | None) -> None:
        """The owner is at that address, as they have shown in another way than by a password."""
        self._owners.put((_origin(address), name_key), None)

    def undecided(self, name_key: str, address: str | None) -> None:
        """Nobody looked at the password: it was no failure."""
        pair = (_origin(address), name_key)
        self._failures.put(pair, max(0, self._failures.get(pair, 0) - 1))
        self._forgive(name_key, address, 1)

    def _forgive(self, name_key: str, address: str | None, failures: int) -> None:
        bucket = self._bucket(name_key, address)
        self._tries(self._addresses, bucket).forgive(failures)
        self._tries(self._accounts, name_key).forgive(failures)

    def _tries(self, table: Remembered[str, Tries], key: str) -> Tries:
        """What is remembered under a key, by the limit that holds now."""
        tries = table.get(key, Tries(self._limits.logins))
        tries.a_minute = self._limits.logins
        return tries

    def _bucket(self, name_key: str, address: str | None) -> str:
        """What counts together of all that is tried from an address."""
        origin = _origin(address)
        # Counted there too: where its owner has been, an account alone would hold nobody back.
        return f"{origin} {name_key}" if self._trusts(address) else origin

    def _trusts(self, address: str | None) -> bool:
        return address is not None and any(
            address_of(address) in network for network in self._trusted
        )


def _origin(address: str | None) -> str:
    return NO_ADDRESS if address is None else site_of(address_of(address))


def _let_pass(wait: float) -> None:
    """Stop who has to wait."""
    if wait > 0:
        seconds = math.ceil(wait)
        unit = "second" if seconds == 1 else "seconds"
        raise TooManyTries(f"Too many tries. Wait {seconds} {unit}.")
