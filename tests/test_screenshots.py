"""The script that takes the pictures of the page for the docs still finds its way through it."""

from pathlib import Path

import pytest
from conftest import tool
from screenshots import DOCS, main

PICTURES = {"page.png", "page-dark.png", "page-phone.png"}


@pytest.mark.timeout(120)
def test_takes_the_pictures_of_the_docs(tmp_path: Path) -> None:
    """All of those that the docs show, and no other."""
    tool("chromium"), tool("chromedriver")
    assert main(tmp_path) == 0
    assert {picture.name for picture in tmp_path.iterdir()} == PICTURES
    assert {picture.name for picture in DOCS.glob("*.png")} == PICTURES
