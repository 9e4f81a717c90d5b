"""How far something is that takes longer than a moment."""

from types import TracebackType

from twisted_chat.admin.console import Console

UNHEARD_SECONDS = 1
"""What is done by then nobody waits for."""

FRAME_SECONDS = 0.1
"""Between two words: more often is not seen."""


class Meter:
    """Says in one line of a terminal how much is done, and leaves nothing of it behind.

    :param doing: what is done, as ``Copying``.
    """

    def __init__(self, console: Console, doing: str) -> None:
        self._console = console
        self._doing = doing
        self._drawn = False
        self._terminal = console.stderr.isatty()
        self._next = console.ticks() + UNHEARD_SECONDS

    def __enter__(self) -> "Meter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        why: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._draw("")

    def begin(self) -> None:
        """Say at once that it has begun, where it does not tell how far it is."""
        if self._terminal:
            self._draw(f"{self._doing}...")

    def __call__(self, done: int, of: int) -> None:
        """So much of all is done."""
        if self._terminal and self._console.ticks() >= self._next:
            self._next = self._console.ticks() + FRAME_SECONDS
            self._draw(f"{self._doing}: {100 * done // max(of, 1)} %")

    def _draw(self, words: str) -> None:
        self._drawn = True
        self._console.stderr.write(f"\r{words}\x1b[K")
        self._console.stderr.flush()
