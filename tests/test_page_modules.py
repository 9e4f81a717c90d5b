"""The modules of the page, in node: each file of tests in tests/page/ is run as it is."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).with_name("page").glob("*.test.mjs"))
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None and not os.environ.get("CI"), reason="there is no node here")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_page_modules(file: Path) -> None:
    """It passes its own tests, and shows what they say where it does not."""
    assert NODE is not None, "node is needed for the page's tests"
    ran = subprocess.run(
        [NODE, "--test", "--test-reporter=spec", str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_page_modules_are_there() -> None:
    """It does not pass for want of files to run."""
    assert FILES
