"""What can happen, and its one JSON form."""

from typing import Any, Union, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twisted_chat import events
from twisted_chat.events import Event, tag_of

KINDS: tuple[type[Event], ...] = tuple(
    kind for kind in Event.__subclasses__() if kind.__module__ == events.__name__
)

PASSING: set[type[Event]] = {
    *(events.Joined, events.Left, events.CrowdMoved, events.Renamed, events.Invited),
    *(events.WentAway, events.CameBack),
}

# What msgspec needs to tell the kinds apart by their tag.
DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[KINDS])  # noqa: UP007

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(codec="utf-8")),
    int: st.integers(0, 2**53),
    float: st.floats(0, 1e12),
    bool: st.booleans(),
    tuple[str, ...]: st.lists(st.text(st.characters(codec="utf-8"))).map(tuple),
}


def _fields(kind: type[Event]) -> dict[str, st.SearchStrategy[Any]]:
    return {field.name: VALUES[field.type] for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize(
    ("name", "tag"),
    [("Said", "said"), ("TopicSet", "topic_set"), ("WentAway", "went_away")],
)
def test_names_a_kind_on_the_wire_by_its_class(name: str, tag: str) -> None:
    """The tag is the class's name in small letters and underscores."""
    assert tag_of(name) == tag


def test_has_a_tag_of_its_own_for_each_kind() -> None:
    """No two kinds can be taken for each other."""
    assert len({tag_of(kind.__name__) for kind in KINDS}) == len(KINDS)


def test_keeps_what_people_did_to_be_remembered() -> None:
    """All get a number, and are found again, but who comes and goes."""
    assert {kind for kind in KINDS if not kind.kept} == PASSING
    assert set(KINDS) - PASSING == set(get_args(events.Recorded))


def test_takes_words_alone_for_speech() -> None:
    """What one may ignore is what somebody says, and nothing that changes who is where."""
    words: set[type[Event]] = {events.Said, events.Emoted, events.Told, events.Invited}
    assert {kind for kind in KINDS if kind.speech} == words


def test_leaves_out_of_its_json_what_is_not_known_yet() -> None:
    """An event without number and time does not write them."""
    said = events.Said(room="#lobby", who="Alex", text="hi")
    assert msgspec.json.encode(said) == (
        b'{"type":"said","room":"#lobby","who":"Alex","text":"hi"}'
    )


def test_writes_its_number_and_time_when_on_record() -> None:
    """The journal's additions are part of the JSON."""
    left = events.Told(who="Alex", to="Sam", text="hi", seq=7, time=1.5)
    assert msgspec.json.decode(msgspec.json.encode(left)) == {
        "type": "told",
        "seq": 7,
        "time": 1.5,
        "who": "Alex",
        "to": "Sam",
        "text": "hi",
    }


@given(st.one_of([st.builds(kind, **_fields(kind)) for kind in KINDS]))
def test_comes_back_from_json_as_it_was(event: Event) -> None:
    """Wire and journal read what was written, whatever its fields say."""
    assert DECODER.decode(msgspec.json.encode(event)) == event


def test_cannot_be_changed_after_the_fact() -> None:
    """An event is frozen."""
    said = events.Said(room="#lobby", who="Alex", text="hi")
    with pytest.raises(AttributeError):
        said.text = "something else"  # type: ignore[misc]
