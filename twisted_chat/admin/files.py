"""Files that are there as a whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted_chat.admin.errors import Unable


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Where to write a file: when that has ended well, it has its name.

    :param force: whether it may take the place of another one.
    :raises Unable: it may not, or cannot be written.
    """
    _check_free(path, force)
    try:
        with TemporaryDirectory(dir=path.parent, prefix=".half-") as folder:
            half = Path(folder, path.name)
            yield half
            os.replace(half, path)
    except OSError as error:
        raise Unable(f"{path}: {error.strerror}. Choose another place.") from None


def _check_free(path: Path, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if not path.is_file():
        raise Unable(f"{path} is no plain file: choose another name.")
    if not force:
        raise Unable(f"{path} is there already: choose another name, or add --force.")
