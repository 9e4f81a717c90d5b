"""The screen of a terminal: prompt_toolkit edits the line, on the asyncio loop under the reactor.

The application runs from start to end, in raw mode throughout.  Whatever is shown is written where
the edited line stood, which is drawn again below it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.clipboard import InMemoryClipboard
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import BufferControl, Layout, Window
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import default_ui_style
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure

from twisted_chat.client.drawing import Reflowing, Stars
from twisted_chat.client.line import Line
from twisted_chat.client.paint import Fragment, painted
from twisted_chat.client.private import public, secret_from
from twisted_chat.client.screen import Complete, Typist


class Terminal:
    """A terminal with an edited line at its bottom.

    :param colours: whether to use them (https://no-color.org).
    """

    _typist: Typist
    _complete: Complete

    interactive = True

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        colours: bool = True,
        keyboard: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._loop = loop
        self._paint: Callable[[Line], list[Fragment]] = painted if colours else _unpainted
        self._prompt = ""
        self._hidden = False
        self._buffer = Buffer(history=InMemoryHistory(), multiline=False)
        self._app = self._application(keyboard or create_input(), output or _output())
        self._closed: Deferred[None] = Deferred()

    # What the client calls.

    def start(self, typist: Typist, complete: Complete) -> None:
        """Take lines from now on."""
        self._typist = typist
        self._complete = complete
        self._loop.set_exception_handler(self._fault)
        running = self._loop.create_task(self._run())
        Deferred.fromFuture(running).addErrback(self._failed).chainDeferred(self._closed)

    def show(self, line: Line) -> None:
        """Write a line above the one being edited, and ring if it is about the reader."""
        self._write(self._paint(line))
        if line.me:
            self._app.output.bell()
            self._app.output.flush()

    def ask(self, prompt: str, hidden: bool) -> None:
        """Show the prompt before the line being edited, and stars instead of it if it is hidden.

        What was begun to answer one question is no answer to another.
        """
        if prompt and self._prompt not in ("", prompt):
            self._put_away()
        if (prompt, hidden) != (self._prompt, self._hidden):
            self._prompt, self._hidden = prompt, hidden
            self._app.invalidate()

    def used(self, prompt: str, line: str) -> None:
        """It was shown when it was typed."""

    def pause(self) -> None:
        """Whoever types may type on: `Typist.crowded` says when it is too much."""

    def resume(self) -> None:
        """It never paused."""

    def pace(self, producer: IPushProducer) -> None:
        """Writing to a terminal waits for it, and so does everything else."""

    def close(self) -> Deferred[None]:
        """Take away the edited line and restore the terminal."""
        self._loop.call_soon(self._exit)
        return self._closed

    # The edited line.

    def _application(self, keyboard: Input, output: Output) -> Application[None]:
        stars = Stars(lambda line: 0 if self._hidden else secret_from(line))
        before = BeforeInput(lambda: self._prompt)
        control = BufferControl(self._buffer, input_processors=[stars, before])
        window = Window(control, wrap_lines=True, dont_extend_height=True)
        return Reflowing(
            layout=Layout(window),
            key_bindings=self._keys(),
            include_default_pygments_style=False,
            erase_when_done=True,
            input=keyboard,
            output=output,
        )

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        keys.add("enter")(self._entered)
        keys.add("tab")(self._tabbed)
        keys.add("c-c")(lambda event: self._typist.interrupted())
        keys.add("c-d", filter=Condition(lambda: not self._buffer.text))(
            lambda event: self._typist.interrupted()
        )
        keys.add("c-z")(lambda event: event.app.suspend_to_background())
        for report in (Keys.Vt100MouseEvent, Keys.CPRResponse):
            # Nobody asked for one; what is pasted may look like it, and be none that can be read.
            keys.add(report)(lambda event: None)
        return keys

    def _entered(self, event: KeyPressEvent) -> None:
        if self._typist.crowded:
            event.app.output.bell()
            return
        lines = _encodable(self._buffer.text).split("\n")
        self._put_away()
        for line in lines:
            self.show(Line(self._prompt + ("" if self._hidden else public(line))))
            self._typist.typed(line)

    def _put_away(self) -> None:
        """Begin another line, and remember this one, unless there is a secret in it."""
        text = self._buffer.text
        secret = self._hidden or any(public(line) != line for line in text.split("\n"))
        self._buffer.reset(append_to_history=not secret)
        if secret:
            # What was cut out of it could be pasted where it is seen.
            self._app.clipboard = InMemoryClipboard()

    def _tabbed(self, event: KeyPressEvent) -> None:
        if self._hidden:
            return
        document = self._buffer.document
        before, candidates = self._complete(document.text_before_cursor)
        self._buffer.document = Document(before + document.text_after_cursor, len(before))
        if candidates:
            self.show(Line("  ".join(candidates)))

    # Drawing.

    def _write(self, fragments: list[Fragment]) -> None:
        self._app.renderer.erase()
        print_formatted_text(self._app.output, [*fragments, ("", "\n")], default_ui_style())
        self._app.invalidate()

    # Beginning and end.

    async def _run(self) -> None:
        await self._app.run_async(handle_sigint=False, set_exception_handler=False)

    def _exit(self) -> None:
        if self._app.is_running and not self._app.is_done:
            self._app.exit()

    def _failed(self, failure: Failure) -> None:
        if failure.check(EOFError):
            self._typist.interrupted()
        else:
            self._typist.broken(failure.value)

    def _fault(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._typist.broken(context.get("exception") or RuntimeError(context["message"]))


def _encodable(text: str) -> str:
    """The text with U+FFFD for what came as no UTF-8, as in a line that comes through a pipe."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _unpainted(line: Line) -> list[Fragment]:
    return [("", line.text)]


def _output() -> Output:
    output = create_output()
    # A terminal that does not answer a question for the cursor's place gets a warning on its
    # screen after two seconds, and nothing here depends on the answer.
    output.enable_cpr = False  # type: ignore[attr-defined]
    return output
