"""What the operator writes in files: read at the start, and again when they ask for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twisted_chat.limits import MOTD_BYTES, MOTD_LINES, OPERATOR_FILE_BYTES, Limits
from twisted_chat.text import clean


class BadFile(Exception):
    """A file that cannot be used: which one, and why."""


@dataclass(frozen=True, kw_only=True)
class OperatorFiles:
    """Where they are; each of them may be missing."""

    motd: Path | None = None
    limits: Path | None = None
    settings: tuple[tuple[str, str], ...] = ()
    """Limits from the command line, which win over those of the file."""

    def read_motd(self) -> str:
        """The message of the day.

        :raises BadFile: it cannot be read, or is too long.
        """
        if self.motd is None:
            return ""
        text = _read(self.motd)
        if len(text) > MOTD_BYTES:
            raise BadFile(
                f"{str(self.motd)!r} has {len(text)} bytes; a message has {MOTD_BYTES} at most"
            )
        lines = text.decode("utf-8", "replace").splitlines()
        if len(lines) > MOTD_LINES:
            raise BadFile(
                f"{str(self.motd)!r} has {len(lines)} lines; a message has {MOTD_LINES} at most"
            )
        return "\n".join(clean(line).rstrip() for line in lines).strip("\n")

    def read_limits(self) -> Limits:
        """The limits that are to hold.

        :raises BadFile: the file cannot be read, or a line of it is no limit.
        """
        limits = Limits()
        if self.limits is not None:
            for number, name, value in _settings(self.limits):
                try:
                    limits = limits.changed(name, value)
                except ValueError as why:
                    raise BadFile(f"{str(self.limits)!r}, line {number}: {why}") from None
        for name, value in self.settings:
            limits = limits.changed(name, value)
        return limits


def _settings(path: Path) -> Iterator[tuple[int, str, str]]:
    """The lines that say something, each with its number."""
    seen: dict[str, int] = {}
    for number, line in enumerate(_read(path).decode("utf-8-sig", "replace").splitlines(), 1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        name, equals, value = (part.strip() for part in said.partition("="))
        if not equals:
            raise BadFile(
                f"{str(path)!r}, line {number}: a line is NAME = NUMBER, and not {said!r}"
            )
        if name in seen:
            raise BadFile(f"{str(path)!r}, line {number}: {name} is set in line {seen[name]} too")
        seen[name] = number
        yield number, name, value


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            read = file.read(OPERATOR_FILE_BYTES + 1)
    except OSError as why:
        raise BadFile(f"cannot read {str(path)!r}: {why.strerror}") from None
    if len(read) > OPERATOR_FILE_BYTES:
        raise BadFile(f"{str(path)!r} has more than {OPERATOR_FILE_BYTES} bytes")
    return read
