"""Standard input, cut into lines."""

import codecs
from collections.abc import Iterator

from twisted_chat.client.bounds import TYPED_BYTES


class Cutter:
    """Cuts bytes into lines as they come; of a line without an end it keeps only the beginning."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._begun = ""

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that are complete now."""
        first, *rest = self._decode(data).split("\n")
        self._begin(first)
        for piece in rest:
            yield self._take()
            self._begin(piece)

    def finish(self) -> Iterator[str]:
        """The last line, if it had no end."""
        self._begin(self._decode(b"", True))
        if self._begun:
            yield self._take()

    def _begin(self, piece: str) -> None:
        # The server refuses a line far shorter than this one, so what is cut off is never missed.
        self._begun = (self._begun + piece)[:TYPED_BYTES]

    def _take(self) -> str:
        line, self._begun = self._begun, ""
        return line.removesuffix("\r")
