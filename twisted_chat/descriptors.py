"""How many connections the process's file descriptors leave room for."""

import math
import resource

from twisted_chat.limits import DESCRIPTORS_SHARE


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
