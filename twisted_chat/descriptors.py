"""How many connections the process's file descriptors leave room for."""

import math
import os
import resource

from twisted_chat.limits import DESCRIPTORS_SHARE, OFF


def room_for_connections(wanted: int) -> int:
    """Raise the soft limit as far as ``wanted`` needs and the hard limit lets it.

    :returns: how many connections there is room for, the process's other needs aside.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = math.ceil(min(wanted, 1 << 20) / DESCRIPTORS_SHARE)
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return int(soft * DESCRIPTORS_SHARE)


def descriptors_left() -> int:
    """How many the process can still open, or more than that; 0 where there is none.

    The system gives out the lowest number that is free, so there are no more than those above it.
    It is asked for each connection: to count what is open would take too long.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        lowest = os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return 0
    os.close(lowest)
    return OFF if soft == resource.RLIM_INFINITY else soft - lowest


def open_descriptors() -> int:
    """How many the process has open, the one that looks aside; 0 where the system does not tell."""
    try:
        return len(os.listdir("/dev/fd")) - 1
    except OSError:
        return 0
