"""How the edited line is drawn: stars for a secret, and all of it in a window that has changed."""

from collections.abc import Callable, Mapping

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.screen import Char


class Stars(Processor):
    """Shows stars instead of what is secret in a line.

    :param secret_from: where in a line that begins.
    """

    def __init__(self, secret_from: Callable[[str], int]) -> None:
        self._secret_from = secret_from

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """What to show of one line, a character for each."""
        text = fragment_list_to_text(transformation_input.fragments)
        at = self._secret_from(text)
        return Transformation([("", text[:at] + "*" * (len(text) - at))])


class Reflowing(Application[None]):
    """An application in a window that wraps its lines anew when it becomes narrower.

    tmux and today's terminals do.  prompt_toolkit looks for what it drew where it drew it, and
    would leave the part of a long line that moved up standing there for good.
    """

    def _on_resize(self) -> None:
        self.output.cursor_up(self._rows_gained(self.output.get_size().columns))
        super()._on_resize()

    def _rows_gained(self, columns: int) -> int:
        """How much further the cursor is below the start of what was drawn."""
        drawn = self.renderer.last_rendered_screen
        if drawn is None:
            return 0
        cursor = drawn.get_cursor_position(self.layout.current_window)
        above = sum(
            max(0, _width(drawn.data_buffer[row]) - 1) // columns for row in range(cursor.y)
        )
        return above + cursor.x // columns


def _width(row: Mapping[int, Char]) -> int:
    """The columns up to the last in which something stands."""
    return max((column + cell.width for column, cell in row.items() if cell.char != " "), default=0)
