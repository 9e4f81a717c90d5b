"""The files of the page, read once when the server starts; no request names a path on the disk."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from twisted_chat.doors.web.answer import Answer
from twisted_chat.doors.web.whence import Asked, header

_KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file, as it is and compressed."""

    kind: str
    plain: bytes
    packed: bytes
    tag: str
    """Says whether a browser has it already, in whichever form (RFC 9110, section 8.8.3)."""

    def answer(self, asked: Asked) -> Answer:
        """The file, or that it has not changed."""
        headers = {"Cache-Control": "no-cache", "ETag": self.tag, "Vary": "Accept-Encoding"}
        if self.tag in header(asked, "if-none-match"):
            return Answer(b"", 304, self.kind, headers)
        if _takes_gzip(header(asked, "accept-encoding")):
            return Answer(self.packed, 200, self.kind, {**headers, "Content-Encoding": "gzip"})
        return Answer(self.plain, 200, self.kind, headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether a client can read that (RFC 9110, section 12.5.3)."""
    for one in accepted.lower().split(","):
        coding, _, quality = one.partition(";")
        if coding.strip() == "gzip":
            return not quality or quality.strip().removeprefix("q=").strip("0.") != ""
    return False


@cache
def page_files() -> dict[bytes, PageFile]:
    """All files of the page, by the path under which a browser asks for each."""
    found = {}
    for file in files("twisted_chat.doors.web").joinpath("page").iterdir():
        kind = _KINDS.get(file.name.rpartition(".")[2])
        if kind is not None:
            found[f"/{file.name}".encode()] = _file(kind, file.read_bytes())
    found[b"/"] = found[b"/index.html"]
    return found


def _file(kind: str, plain: bytes) -> PageFile:
    packed = gzip.compress(plain, 9, mtime=0)
    return PageFile(kind, plain, packed, f'W/"{sha256(plain).hexdigest()[:16]}"')
