"""How long a server that runs takes to notice what was changed."""

import time

from twisted_chat.journal.admin import AdminStore

TAKEN_SECONDS = 5
"""A server looks for changes every second: one that has not by then hangs, or is at its end."""

LOOK_SECONDS = 0.05
"""Between two looks whether it has."""


def wait_until_taken(store: AdminStore) -> bool:
    """Wait until the server on the directory has taken over what was changed; whether it has."""
    deadline = time.monotonic() + TAKEN_SECONDS
    while store.has_changes():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
