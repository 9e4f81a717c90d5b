"""What one session alone is told."""

import msgspec
import pytest

from twisted_chat.answers import Error, Ok, Person, Whois


@pytest.mark.parametrize("request_id", [7, 0, "a", ""])
def test_carries_the_id_that_the_request_came_with(request_id: int | str) -> None:
    """Whatever the client chose comes back, zero and nothing included."""
    answer = Ok().to(request_id)
    assert msgspec.json.decode(msgspec.json.encode(answer)) == {"type": "ok", "id": request_id}


def test_has_no_id_where_the_request_had_none() -> None:
    """The field is absent, and not null."""
    assert msgspec.json.encode(Ok().to(None)) == b'{"type":"ok"}'


def test_carries_the_number_of_what_was_put_on_record() -> None:
    """An ok learns its number late, and keeps its id and text."""
    answer = Ok(text="Done.").to(3).numbered(9)
    assert msgspec.json.decode(msgspec.json.encode(answer)) == {
        "type": "ok",
        "id": 3,
        "seq": 9,
        "text": "Done.",
    }


def test_says_why_not_with_a_code_and_a_text() -> None:
    """An error is an answer like any other."""
    assert msgspec.json.encode(Error(code="too_long", text="No.").to("x")) == (
        b'{"type":"error","id":"x","code":"too_long","text":"No."}'
    )


def test_calls_what_whois_finds_a_person() -> None:
    """The tag of that answer is the protocol's word for it."""
    found = Whois(name="Alex", rooms=["#lobby"], seconds=3)
    assert msgspec.json.decode(msgspec.json.encode(found))["type"] == "person"


def test_tells_away_without_a_word_from_here() -> None:
    """Nobody is away for a None, and somebody is for an empty text."""
    here, away = Person(name="Alex"), Person(name="Alex", away="")
    assert [msgspec.json.encode(person) for person in (here, away)] == [
        b'{"name":"Alex"}',
        b'{"name":"Alex","away":""}',
    ]
