"""Every parser of the program as a function of bytes, for hypothesis and for atheris.

A target comes back where its bytes were understood, or refused in a way that is documented; all
else that it raises is a fault.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from parsers import client, record, served, text
from parsers.seeds import EVENTS, HEARD, PAGES, REQUESTS, TYPED, WORDS

SLOWEST_SECONDS = 1
"""Of a processor, for one input: more is a hang."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, and what it is given at first.

    :param most: bytes of an input: enough for all that it tells apart.
    """

    take: Callable[[bytes], None]
    seeds: Sequence[bytes]
    most: int = 120

    def seconds(self, data: bytes) -> float:
        """Have it take an input; how long that is, of a processor."""
        before = time.process_time()
        self.take(data)
        return time.process_time() - before


TARGETS: Mapping[str, Target] = {
    "clean": Target(text.cleaned, WORDS),
    "names": Target(text.names, WORDS),
    "moments": Target(text.moments, WORDS, 48),
    "masks": Target(text.masks, WORDS),
    "patterns": Target(text.patterns, WORDS, 300),
    "how": Target(text.how, WORDS),
    "typed": Target(text.typed, TYPED, 300),
    "request": Target(text.request, REQUESTS, 500),
    "telnet": Target(text.telnet, PAGES, 300),
    "event": Target(record.event, EVENTS, 500),
    "import": Target(record.imported, record.LINES, 700),
    "search": Target(record.searched, WORDS),
    "stranger": Target(served.stranger, PAGES, 600),
    "person": Target(served.person, TYPED, 600),
    "program": Target(served.program, REQUESTS, 800),
    "negotiation": Target(served.negotiation, PAGES, 400),
    "administrator": Target(served.administrator, REQUESTS, 600),
    "cut": Target(served.cut, PAGES, 400),
    "pipe": Target(client.pipe, PAGES, 400),
    "commands": Target(client.commands, TYPED, 600),
    "heard": Target(client.heard, HEARD, 1000),
    "keys": Target(client.keys, TYPED, 100),
}
