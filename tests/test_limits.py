"""Every number that protects the server and the people on it."""

import dataclasses
import re
from pathlib import Path

import pytest

from twisted_chat import limits
from twisted_chat.limits import OFF, Limits

DOCS = Path(__file__).parent.parent / "docs"
NAMES = [field.name for field in dataclasses.fields(Limits)]


def test_gives_each_limit_a_reason() -> None:
    """An operator reads why before changing a number."""
    assert [name for name, _, why in Limits.described() if not why.strip()] == []


def test_takes_no_number_beyond_what_there_is_to_count() -> None:
    """A timer is set with some of them."""
    assert Limits().changed("goodbye_seconds", "9" * 400).goodbye_seconds == OFF


def test_describes_each_limit_with_its_default() -> None:
    """What help shows is what is in force."""
    described = {name: default for name, default, _ in Limits.described()}
    assert described == dataclasses.asdict(Limits())


@pytest.mark.parametrize("name", NAMES)
def test_changes_one_limit_and_no_other(name: str) -> None:
    """Setting a limit leaves the rest as they are."""
    changed = dataclasses.asdict(Limits().changed(name, "1"))
    assert changed == {**dataclasses.asdict(Limits()), name: 1}


@pytest.mark.parametrize("name", NAMES)
def test_lifts_a_limit_that_is_off(name: str) -> None:
    """Nothing is large enough to reach it then."""
    assert getattr(Limits().changed(name, "off"), name) == OFF


@pytest.mark.parametrize("value", ["0", "-1", "", "1.5", "1e3", "OFF", " 1", "²", "١", "one"])
def test_refuses_what_is_no_number_above_zero(value: str) -> None:
    """The error shows what was written, and what may be."""
    with pytest.raises(ValueError, match="rooms takes a number above 0, or off, and not"):
        Limits().changed("rooms", value)


@pytest.mark.parametrize("name", ["", "room", "Rooms", "__class__", "described"])
def test_refuses_a_limit_that_there_is_not(name: str) -> None:
    """Nothing but a limit can be set."""
    with pytest.raises(ValueError, match="there is no limit"):
        Limits().changed(name, "1")


def test_names_the_test_of_each_bound() -> None:
    """The page on what the server withstands has all of them, and tests that there are."""
    page = (DOCS / "reliability.md").read_text(encoding="utf-8").partition("## The bounds")[2]
    rows = re.findall(r"^\| (`.+`) \| (`.+`) \|$", page, re.MULTILINE)
    named = [name for bounds, _ in rows for name in re.findall("`([A-Za-z_0-9]+)`", bounds)]
    constants = [name for name in vars(limits) if name.isupper() and name != "OFF"]
    assert sorted(named) == sorted([*NAMES, *constants])
    tests = {test for _, tests in rows for test in re.findall("`(.+?)`", tests)}
    assert [test for test in tests if not (Path(__file__).parent / test).is_file()] == []


def test_says_what_happens_at_each_limit() -> None:
    """The operator's page has all that can be set."""
    page = (DOCS / "operations.md").read_text(encoding="utf-8").partition("## Limits")[2]
    rows = re.findall(r"^\| (`.+`) \| [^`]", page.partition("\n## ")[0], re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall("`(.+?)`", row)) == sorted(NAMES)
