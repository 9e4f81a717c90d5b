"""The files of the page, as a browser is given them."""

import gzip
from collections.abc import Iterator

import pytest

from twisted_chat.doors.web.files import page_files
from twisted_chat.testing import MemoryServer
from twisted_chat.testing_web import Response

PATHS = sorted(path.decode() for path in page_files())
KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
MOST_BYTES = 60 * 1024


@pytest.fixture(scope="module")
def server() -> MemoryServer:
    """One for all, as nothing changes in it."""
    return MemoryServer()


def fetch(server: MemoryServer, path: str, **headers: str) -> Response:
    """A file, asked for with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    # Far apart, as they all come from one address.
    server.advance(2)
    return server.fetch("GET", path, headers=named)


def test_has_a_page() -> None:
    """What follows is not true of nothing."""
    assert {"/", "/index.html", "/main.js", "/style.css"} <= set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_gives_each_file_its_kind(server: MemoryServer, path: str) -> None:
    """Browsers are told not to guess another."""
    answer = fetch(server, path)
    assert answer.code == 200
    assert (
        answer.headers["content-type"] == KINDS[path.rpartition(".")[2] if path != "/" else "html"]
    )
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", PATHS)
def test_gives_each_file_compressed_to_who_wants_it_so(server: MemoryServer, path: str) -> None:
    """It is the same file, and caches are told that there are two forms of it."""
    packed = fetch(server, path, Accept_Encoding="gzip, deflate, br, zstd")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    plain = fetch(server, path)
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body


@pytest.mark.parametrize(
    "accepted", ["", "identity", "br", "gzip;q=0", "br, gzip;q=0.0", "gzip; q=0, *", "x-gzipped"]
)
def test_compresses_nothing_for_who_does_not_want_it(server: MemoryServer, accepted: str) -> None:
    """A program that cannot read it, for example."""
    assert "content-encoding" not in fetch(server, "/", Accept_Encoding=accepted).headers


@pytest.mark.parametrize("accepted", ["gzip", "GZIP", "gzip;q=1", "br;q=1, gzip;q=0.8", "a,gzip"])
def test_compresses_for_who_wants_it(server: MemoryServer, accepted: str) -> None:
    """However they say it (RFC 9110, section 12.5.3)."""
    assert fetch(server, "/", Accept_Encoding=accepted).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", PATHS)
def test_sends_no_file_again_that_a_browser_has(server: MemoryServer, path: str) -> None:
    """It says which one it has; also among others, and weakly, as proxies make it."""
    tag = fetch(server, path).headers["etag"]
    for had in (tag, f'"other", {tag}', f"W/{tag}"):
        answer = fetch(server, path, If_None_Match=had, Accept_Encoding="gzip")
        assert (answer.code, answer.body, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize("had", ['"other"', "", "other", '"'])
def test_sends_a_file_that_has_changed(server: MemoryServer, had: str) -> None:
    """The browser has an older one."""
    assert fetch(server, "/", If_None_Match=had).code == 200


def test_gives_two_files_two_tags(server: MemoryServer) -> None:
    """But the page itself, which has two paths."""
    tags = {path: fetch(server, path).headers["etag"] for path in PATHS}
    assert tags["/"] == tags["/index.html"]
    assert len(set(tags.values())) == len(PATHS) - 1


def test_is_small() -> None:
    """All of it together, as it is sent."""
    files = {file.tag: len(file.packed) for file in page_files().values()}
    assert sum(files.values()) <= MOST_BYTES


def test_shows_the_query_no_file(server: MemoryServer) -> None:
    """What stands after a question mark is for the page."""
    assert fetch(server, "/?room=%23dev").body == fetch(server, "/").body


def foreign() -> Iterator[str]:
    """What lies near the page on the disk, and whatever one might ask for."""
    yield from ("/__init__.py", "/../channel.py", "//", "//index.html", "/index.html/", "/browser/")
    yield from ("/page/", "/.", "/./index.html", "/INDEX.HTML", "/index.html%00", "/index%2ehtml")
    yield from ("/hook/", "/api", "/api/", "/ws/", "/ws/x", "/favicon.ico", "/.git/config")


@pytest.mark.parametrize("path", list(foreign()))
def test_has_nothing_else(server: MemoryServer, path: str) -> None:
    """A path is looked up, and never made one of the disk."""
    assert fetch(server, path).code in (404, 405)
