"""How long a look into the past may take, before it ends with what it has."""

import time

WORK_SECONDS = 0.025
"""Of a processor: what many ask for at the same time is answered one after the other."""

WAIT_SECONDS = 0.5
"""In all, where a slow disk or a busy machine keeps it waiting."""


class Patience:
    """The time that is left to whoever is asked, in the thread that asks."""

    def __init__(self) -> None:
        self._work_ends = time.thread_time() + WORK_SECONDS
        self._wait_ends = time.monotonic() + WAIT_SECONDS

    def ended(self) -> bool:
        """Whether it is time to come to an end."""
        return time.thread_time() > self._work_ends or time.monotonic() > self._wait_ends
