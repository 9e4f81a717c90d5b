"""Compiles the C files of this folder when they are needed, each once."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from platformdirs import user_cache_path

FOLDER = Path(__file__).parent
FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra")


def compiled(name: str) -> Path | None:
    """The program made from a C file, of this folder if it has no other; None without a ``cc``.

    :raises subprocess.CalledProcessError: it does not compile; what is wrong is on standard error.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    cache = user_cache_path("twisted_chat") / "bench"
    source = FOLDER / name
    program = cache / f"{source.stem}-{_fingerprint(source)}"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Beside it and then renamed, so that nobody runs what is half written.
        fresh = program.with_suffix(f".{os.getpid()}")
        subprocess.run([compiler, *FLAGS, "-o", fresh, source], check=True)
        fresh.replace(program)
    return program


def _fingerprint(source: Path) -> str:
    """Of all that the program is made from: the file, and the headers beside it."""
    files = [source, *sorted(source.parent.glob("*.h"))]
    contents = b"\0".join([*(file.read_bytes() for file in files), *map(str.encode, FLAGS)])
    return hashlib.sha256(contents).hexdigest()[:16]
