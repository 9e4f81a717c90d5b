"""On what it was measured: the machine, the versions, the commit, as far as they are known."""

import os
import platform
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.irc_servers import found

PATIENCE_SECONDS = 10

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
"""File systems on which a sync costs nothing, and keeps nothing."""


def machine() -> dict[str, object]:
    """The machine, and where the servers' files were."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "files_on": files_on(),
    }


def files_on() -> str:
    """The kind of file system that the servers' files are on; empty where it is not known."""
    return _filesystem(Path(tempfile.gettempdir()).resolve())


def versions() -> dict[str, str]:
    """Of all that took part, as far as it is here."""
    return dict(_versions())


def commit() -> str:
    """The commit of the checkout, with a plus where files differ from it; empty without git."""
    here = Path(__file__).parent
    known = _said("git", "-C", str(here), "rev-parse", "--short=12", "HEAD")
    changed = _said("git", "-C", str(here), "status", "--porcelain", "--untracked-files=no")
    return f"{known}+" if known and changed else known


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", platform.python_version()
    yield "sqlite", sqlite3.sqlite_version
    for package in ("twisted-chat", "twisted", "uvloop", "msgspec"):
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue
    for program, option in (
        ("cc", "--version"),
        ("ngircd", "--version"),
        ("inspircd", "--version"),
    ):
        said = _said(found(program), option).splitlines()
        if said:
            yield program, said[0]


def _said(*command: str) -> str:
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return finished.stdout.strip() if finished.returncode == 0 else ""


def _processor() -> str:
    try:
        known = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        known = None
    return known[1] if known else platform.processor()


def _filesystem(path: Path) -> str:
    """The kind of file system that a path is on."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return ""
    inside = [(mount[1], mount[2]) for mount in mounts if path.is_relative_to(mount[1])]
    return max(inside, key=lambda mount: len(mount[0]))[1] if inside else ""
