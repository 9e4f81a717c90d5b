"""Every number that bounds the client, with its reason."""

LISTED = 10
"""Lines named that were not sent: enough to know which they are; a pipe has thousands waiting."""

UNANSWERED = 10
"""Requests under way at once: half of the server's burst, a twentieth of where it closes."""

LINE_BYTES = 4096
"""What the server takes as one line; a longer one is refused here, where its sender can see it."""

ANSWER_BYTES = 1 << 20
"""One line of the server's: what was said before comes with up to 256 KiB of it in one answer."""

TYPED_BYTES = 1 << 16
"""One line of standard input: above any line that can be sent, and small beside a process."""

TYPED_AHEAD = 1000
"""Lines that wait on a terminal until they can be sent: more is a paste gone wrong."""

KNOWN = 1000
"""Names, and rooms, that Tab completes: the newest that one can have read about."""

IGNORED = 1000
"""Names that are ignored: the server allows fewer at a time, and forgets those who are gone."""

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

DEAD_SECONDS = 60
"""Until a server that acknowledges nothing is lost: a network can go without a word, and whoever
only reads would wait for hours."""

RETRY_SECONDS = 30
"""The longest pause between two attempts to connect: one can wait for it and look."""

MARK_BYTES = 8
"""Of chance at the beginning of this process's ids: another of the same user never has them."""

SECRET_BYTES = 1024
"""Read of a file with a password or a token: no server takes one as long."""
