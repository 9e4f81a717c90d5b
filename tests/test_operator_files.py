"""What the operator writes in files: the message of the day, and limits."""

from pathlib import Path

import pytest

from twisted_chat.limits import MOTD_BYTES, OFF, OPERATOR_FILE_BYTES, Limits
from twisted_chat.operator_files import BadFile, OperatorFiles


def limits_of(folder: Path, text: str, *settings: tuple[str, str]) -> Limits:
    """The limits that a file of this text says, with these on the command line."""
    path = folder / "limits"
    path.write_text(text)
    return OperatorFiles(limits=path, settings=settings).read_limits()


def test_has_every_limit_where_nothing_is_written() -> None:
    """No file is no message, and the limits of the program."""
    assert OperatorFiles().read_limits() == Limits()
    assert OperatorFiles().read_motd() == ""


def test_takes_limits_a_line_each(tmp_path: Path) -> None:
    """Spaces, empty lines and what comes after a # say nothing; what is not named stays."""
    text = (
        "\ufeff# for the open day\n\nrooms = 7\n  messages=off # none is slowed\n\t\nlogins= 3\r\n"
    )
    assert limits_of(tmp_path, text) == Limits(rooms=7, messages=OFF, logins=3)


def test_lets_the_command_line_win(tmp_path: Path) -> None:
    """And there the last word."""
    said = [("rooms", "8"), ("messages", "1"), ("messages", "2")]
    assert limits_of(tmp_path, "rooms = 7\nlogins = 3", *said) == Limits(
        rooms=8, logins=3, messages=2
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "logins = 7\nrooms = many",
            "line 2: rooms takes a number above 0, or off, and not 'many'",
        ),
        ("\n\ndoors = 1", "line 3: there is no limit 'doors'"),
        ("rooms 7", "line 1: a line is NAME = NUMBER, and not 'rooms 7'"),
        ("rooms =", "line 1: rooms takes a number above 0, or off, and not ''"),
        ("= 7", "line 1: there is no limit ''"),
        ("rooms = 7\n\nrooms = 8", "line 3: rooms is set in line 1 too"),
        ("rooms = 7 = 8", "line 1: rooms takes a number above 0, or off, and not '7 = 8'"),
        ("\x1b[2J\ud7ff = 1", "line 1: there is no limit '\\x1b[2J\\ud7ff'"),
        ("x = \x1b", "line 1: there is no limit 'x'"),
    ],
)
def test_says_which_line_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    """With what is wrong in it, in a line that a terminal can be shown."""
    with pytest.raises(BadFile) as wrong:
        limits_of(tmp_path, text)
    line = str(wrong.value)
    assert line.endswith(said)
    assert line.startswith(f"'{tmp_path / 'limits'}', ")
    assert line.isprintable()


def test_says_what_is_wrong_with_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A file of another kind is no reason to fail at reading it."""
    path = tmp_path / "limits"
    path.write_bytes(b"\xff\xfe\0\0")
    with pytest.raises(BadFile, match="line 1: a line is NAME = NUMBER"):
        OperatorFiles(limits=path).read_limits()


@pytest.mark.parametrize("files", ["motd", "limits"])
def test_says_which_file_cannot_be_read(tmp_path: Path, files: str) -> None:
    """One that is gone, or was never there."""
    path = tmp_path / "gone"
    wanted = OperatorFiles(**{files: path})  # type: ignore[arg-type]
    with pytest.raises(BadFile, match=f"^cannot read '{path}': No such file or directory$"):
        (wanted.read_motd if files == "motd" else wanted.read_limits)()


def test_bounds_the_message_of_the_day_each_time(tmp_path: Path) -> None:
    """What it is read again for may have become too long."""
    path = tmp_path / "motd"
    files = OperatorFiles(motd=path)
    path.write_text("Be kind.\n")
    assert files.read_motd() == "Be kind."
    path.write_text("x" * (MOTD_BYTES + 1))
    with pytest.raises(BadFile, match="a message has 2000 at most"):
        files.read_motd()


@pytest.mark.parametrize("files", ["motd", "limits"])
def test_reads_no_file_without_an_end(files: str) -> None:
    """What is larger than any of them is none of them."""
    read = OperatorFiles(**{files: Path("/dev/zero")})  # type: ignore[arg-type]
    with pytest.raises(BadFile, match=f"^'/dev/zero' has more than {OPERATOR_FILE_BYTES} bytes$"):
        (read.read_motd if files == "motd" else read.read_limits)()
