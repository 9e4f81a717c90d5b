"""How far something is that takes longer than a moment."""

from types import TracebackType

from twisted_chat.admin.console import Console

UNHEARD_SECONDS = 1
"""What is done by then nobody waits for."""

FRAME_SECONDS = 0.1
"""Between two words on a terminal: more often is not seen."""

LINE_SECONDS = 5
"""Between two lines where there is no terminal: a log that somebody can read."""


class Meter:
    """Says on standard error how much is done; on a terminal it leaves nothing behind.

    :param doing: what is done, as ``Copying``.
    """

    def __init__(self, console: Console, doing: str) -> None:
        self._console = console
        self._doing = doing
        self._drawn = False
        self._terminal = console.stderr.isatty()
        self._next = console.ticks() + (UNHEARD_SECONDS if self._terminal else LINE_SECONDS)

    def __enter__(self) -> "Meter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        why: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._draw("\r\x1b[K")

    def begin(self) -> None:
        """Say at once that it has begun, where it does not tell how far it is."""
        if self._terminal:
            self._draw(f"{self._doing}...")

    def __call__(self, done: int, of: int) -> None:
        """So much of all is done."""
        now = self._console.ticks()
        if now < self._next:
            return
        self._next = now + (FRAME_SECONDS if self._terminal else LINE_SECONDS)
        words = f"{self._doing}: {100 * done // max(of, 1)} %"
        if self._terminal:
            self._draw(f"\r{words}\x1b[K")
        else:
            self._console.tell(words)

    def _draw(self, words: str) -> None:
        self._drawn = True
        self._console.stderr.write(words)
        self._console.stderr.flush()
