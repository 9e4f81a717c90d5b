"""Who answers which question: the page's files, the WebSocket, and what programs ask over HTTP."""

from collections.abc import Callable

from twisted_chat.doors.web.answer import Answer, of_text
from twisted_chat.doors.web.files import page_files
from twisted_chat.doors.web.origins import Origins
from twisted_chat.doors.web.request import Coming, Question
from twisted_chat.doors.web.whence import header

Route = Callable[[Question], "Answer | Coming | None"]
"""Answers a question at once or later; None where it has seen to the connection itself."""


class Site:
    """The paths that there are, each with the methods that it takes.

    :param origins: which pages may act here, and by which names we are reached.
    """

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._routes: dict[bytes, dict[bytes, Route]] = {}
        self._below: dict[bytes, dict[bytes, Route]] = {}
        for path, file in page_files().items():
            self.add(path, b"GET", file.answer)

    def add(self, path: bytes, method: bytes, route: Route) -> None:
        """Have a route answer a path; where that ends in a slash, each name below it."""
        routes = self._below if path.endswith(b"/") and path != b"/" else self._routes
        routes.setdefault(path, {})[method] = route

    def refuses(self, question: Question, secure: bool) -> Answer | None:
        """Why a page may not act here for whoever looks at it; None where it may.

        :param secure: whether the browser came by TLS.
        """
        origin = header(question, "origin") or None
        if self._origins.may_talk(origin, header(question, "host"), secure):
            return None
        return of_text(
            "Only the chat's own page may do that. Its operator can name others: twistd chat"
            " --web-origin.",
            403,
        )

    def answer(self, question: Question) -> "Answer | Coming | None":
        """The answer to a question."""
        if not self._origins.knows(header(question, "host"), question.by_loopback):
            return of_text(
                "This chat does not go by that name. Its operator can say that it does:"
                " twistd chat --web-origin.",
                421,
            )
        routes = self._routes_of(question.path)
        if routes is None:
            return of_text("There is no such page.", 404)
        method = b"GET" if question.method == b"HEAD" else question.method
        if method not in routes:
            allowed = ", ".join(sorted(name.decode() for name in routes))
            return of_text(f"Only {allowed}.", 405, Allow=allowed)
        return routes[method](question)

    def _routes_of(self, path: bytes) -> dict[bytes, Route] | None:
        if path in self._routes:
            return self._routes[path]
        above, slash, name = path.rpartition(b"/")
        return self._below.get(above + slash) if name else None
