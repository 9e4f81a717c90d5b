"""Has Python's collector of cycles go rarely through what stays anyway.

What is there when the server has started stays for good, and what people bring with them for as
long as they are there.  With Python's own settings a busy room pays a tenth of its speed for
looking all the same, and waits for it.  What a closed connection leaves behind, some kilobytes,
waits longer to be found: where 4,000 come and go, again and again, that is 40 MB at most.
"""

import gc

THRESHOLDS = (5_000, 20, 10)
"""After how many new objects the young ones are looked at, after how many times that the older, and
after how many times all: ten times rarer than Python does it."""


def spare() -> None:
    """Forget about what is there by now, and look more rarely at what comes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
