"""What the parts that measure time need of a clock: a reactor is one, and so is a test's."""

from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None: ...

    def active(self) -> object: ...

    def reset(self, secondsFromNow: float) -> None: ...


class Clock(Protocol):
    """Twisted's ``IReactorTime``, as far as this program uses it."""

    def seconds(self) -> float: ...

    def callLater(
        self, delay: float, callable: Callable[..., Any], *args: Any, **kw: Any
    ) -> Any: ...
