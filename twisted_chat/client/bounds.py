"""Every number that bounds the client, with its reason."""

UNANSWERED = 10
"""Requests under way at once: half of the server's burst, a twentieth of where it closes."""

LINE_BYTES = 4096
"""What the server takes as one line; a longer one is refused here, where its sender can see it."""

ANSWER_BYTES = 1 << 16
"""One line of the server's: its lists are cut near 1,000 bytes, its longest lines near 4,096."""

TYPED_BYTES = 1 << 16
"""One line of standard input: above any line that can be sent, and small beside a process."""

TYPED_AHEAD = 1000
"""Lines that wait on a terminal until they can be sent: more is a paste gone wrong."""

KNOWN = 1000
"""Names, and rooms, that Tab completes: the newest that one can have read about."""

CANDIDATES = 40
"""Completions shown at once: a few lines of them."""

LEAVE_SECONDS = 10
"""For the server to answer what is under way and to say goodbye; then the client goes anyway."""

SIGNAL_SECONDS = 2
"""The same after SIGTERM or Ctrl-C: somebody is waiting for the process to end."""

NAME_SECONDS = 5
"""Between two attempts to get one's own name back after a lost connection."""

NAME_TRIES = 30
"""Of those attempts: 150 seconds, and the server counts a dead peer as lost after 120."""

RETRY_SECONDS = 30
"""The longest pause between two attempts to connect: one can wait for it and look."""
