"""What people can ask for: the table, from what is typed or sent to a request and to its answer."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twisted_chat import events
from twisted_chat.limits import (
    ANSWER_BYTES_PER_LINE,
    ID_CHARS,
    LIST_BYTES,
    LISTED_TOPIC_CHARS,
    REASON_CHARS,
)
from twisted_chat.refused import (
    BadRequest,
    NameNotAllowed,
    NothingSaid,
    Refused,
    TooLong,
    UnknownVerb,
)
from twisted_chat.testing import End, MemoryServer
from twisted_chat.verbs import TABLE, Request, Verb
from twisted_chat.verbs.explained import EXPLAINED
from twisted_chat.verbs.lists import BESIDE_EVENT, cut, size_of, weight

WORDS = sorted((word, verb.name) for verb in TABLE.verbs for word in (verb.name, *verb.short))

NUMBERS = [
    (verb, field.name)
    for verb in TABLE.verbs
    for field in msgspec.structs.fields(verb.request)[1:]
    if "int" in str(field.type)
]
"""Each field that takes a number."""

COUPLE = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}"


# The table itself.


def test_has_one_meaning_for_each_word() -> None:
    """No short form is another verb's."""
    assert len({word for word, _ in WORDS}) == len(WORDS)


@pytest.mark.parametrize("verb", TABLE.verbs, ids=lambda verb: verb.name)
def test_shows_in_its_usage_what_its_request_has(verb: Verb) -> None:
    """What help says can be given is a field on the wire."""
    assert {_field(verb, word) for word in verb.words} <= set(verb.fields)


@pytest.mark.parametrize("verb", TABLE.verbs, ids=lambda verb: verb.name)
def test_requires_what_its_usage_shows_without_brackets(verb: Verb) -> None:
    """And lets the rest be left out."""
    needed = [field.name for field in msgspec.structs.fields(verb.request) if field.required]
    assert needed == [_field(verb, word) for word in verb.words if not word.startswith("[")]


@pytest.mark.parametrize(("word", "name"), WORDS)
def test_knows_each_verb_by_each_of_its_words(word: str, name: str) -> None:
    """Its name and its short forms."""
    assert TABLE.named(word).name == name


def test_lists_every_verb_with_its_usage() -> None:
    """Help is the table, in its order."""
    usages = [line.usage for name in TABLE.chapters for line in TABLE.help(name)]
    pointers = [f"/help {name}" for name in TABLE.chapters]
    assert [usage for usage in usages if usage not in pointers] == [
        verb.usage for verb in TABLE.verbs
    ]
    assert len(set(usages)) == len(usages)


def test_tells_on_its_first_page_of_the_others() -> None:
    """Help fits on a screen, and names every verb all the same."""
    first = " ".join(f"{line.usage} {line.text}" for line in TABLE.help())
    assert [verb.name for verb in TABLE.verbs if verb.name not in first] == []


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("msg", "Write to one person alone. Also: /m, /tell, /pm, /query."),
        ("motd", "Show the message of the day."),
    ],
)
def test_helps_with_one_verb(word: str, text: str) -> None:
    """With its short forms, where it has some."""
    (line,) = TABLE.help(word)
    assert line.text == text


@pytest.mark.parametrize("name", EXPLAINED)
def test_explains_a_verb_in_a_few_lines(name: str) -> None:
    """They fit on a screen, and each example is one that can be typed as it stands."""
    verb = TABLE.named(name)
    (line,) = TABLE.help(name)
    assert line.more == EXPLAINED[verb.name]
    assert len(EXPLAINED[name]) <= 3
    assert max(map(len, EXPLAINED[name])) <= 95
    assert {TABLE.of(TABLE.parse(example)) for example in _examples(name)} == {verb}


def test_explains_only_where_one_verb_is_asked_for() -> None:
    """A list stays one of lines."""
    assert [line for name in TABLE.chapters for line in TABLE.help(name) if line.more] == []
    assert "more" not in msgspec.to_builtins(TABLE.help("motd")[0])


# What is typed.


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hi there", {"type": "say", "text": "hi there"}),
        ("  hi", {"type": "say", "text": "  hi"}),
        ("//join me", {"type": "say", "text": "/join me"}),
        ("//", {"type": "say", "text": "/"}),
        ("/say hi", {"type": "say", "text": "hi"}),
        ("/me waves  twice", {"type": "me", "text": "waves  twice"}),
        ("/M Sam hi  you", {"type": "msg", "name": "Sam", "text": "hi  you"}),
        ("/msg  Sam   hi", {"type": "msg", "name": "Sam", "text": "hi"}),
        ("/join dev", {"type": "join", "room": "#dev"}),
        ("/j #dev", {"type": "join", "room": "#dev"}),
        ("/who", {"type": "who"}),
        ("/who dev", {"type": "who", "room": "#dev"}),
        ("/part", {"type": "part"}),
        ("/part #dev", {"type": "part", "room": "#dev"}),
        ("/part dev", {"type": "part", "room": "#dev"}),
        ("/part\tdev", {"type": "part", "room": "#dev"}),
        ("/part #dev gone home", {"type": "part", "room": "#dev", "reason": "gone home"}),
        ("/kick Sam too loud", {"type": "kick", "name": "Sam", "reason": "too loud"}),
        ("/topic", {"type": "topic"}),
        ("/topic  new one ", {"type": "topic", "text": "new one"}),
        ("/lock on", {"type": "lock", "on": True}),
        ("/time off", {"type": "time", "on": False}),
        ("/quiet", {"type": "quiet"}),
        ("/quit", {"type": "quit"}),
        ("/bye see you", {"type": "quit", "reason": "see you"}),
        ("/help /join", {"type": "help", "verb": "/join"}),
    ],
)
def test_understands_what_is_typed(line: str, expected: dict[str, Any]) -> None:
    """A line is a verb with its arguments, or something to say."""
    assert _as_json(TABLE.parse(line)) == expected


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("/msg", "/msg NAME TEXT"),
        ("/msg Sam", "/msg NAME TEXT"),
        ("/join", "/join ROOM"),
        ("/join #a #b", "/join ROOM"),
        ("/time", "/time on|off"),
        ("/time maybe", "/time on|off"),
        ("/names all", "/names"),
        ("/me", "/me TEXT"),
        ("/say", "/say TEXT"),
    ],
)
def test_says_how_a_verb_is_used(line: str, usage: str) -> None:
    """Too few words, or too many, or the wrong ones."""
    with pytest.raises(BadRequest) as refused:
        TABLE.parse(line)
    assert refused.value.text == f"Usage: {usage}"


@pytest.mark.parametrize(
    ("line", "nearest"),
    [("/whoo", "/who"), ("/jion #dev", "/join"), ("/nikc x", "/nick"), ("/", "/"), ("/Ω", "/")],
)
def test_names_the_nearest_verb_for_one_that_is_not(line: str, nearest: str) -> None:
    """So a slip of the finger is mended, and never said to the room."""
    with pytest.raises(UnknownVerb, match=f"Did you mean {nearest}"):
        TABLE.parse(line)


def test_repeats_no_more_than_a_few_words_of_an_unknown_verb() -> None:
    """An error is short, however long the word was."""
    with pytest.raises(UnknownVerb) as refused:
        TABLE.parse("/" + "x" * 4000)
    assert len(refused.value.text) < 100


@pytest.mark.parametrize(
    "line",
    [
        *("/history 0", "/history -1", "/history before 0", "/history 5 before 99999999999999999"),
        *("/context 3 0", "/context 0", "/context 3 -1", "/delete 0", "/context ²"),
        *("/search tea before:0", "/delete 9007199254740993", f"/delete {'9' * 4000}"),
        f"/history {'9' * 4000}",
    ],
)
def test_refuses_to_count_to_what_is_no_number_of_anything(
    line: str, faults: Callable[[], int]
) -> None:
    """A clear error, and no fault."""
    alex = MemoryServer().person("Alex")
    alex.type(line)
    (answer,) = alex.lines()
    assert answer.startswith(("-> Numbers go from 1", "-> Usage: /", "-> What is "))
    assert faults() == 0


@given(st.text())
def test_refuses_or_understands_any_line(line: str) -> None:
    """Nothing else can come of it."""
    try:
        request = TABLE.parse(line)
    except Refused as why:
        refused = why
    else:
        assert TABLE.of(request) in TABLE.verbs
        return
    assert refused.text.strip()


# What is sent.


@pytest.mark.parametrize("verb", TABLE.verbs, ids=lambda verb: verb.name)
def test_reads_from_json_what_it_writes(verb: Verb) -> None:
    """The client's form of a request is the server's, with the id that was chosen."""
    fields = msgspec.structs.fields(verb.request)[1:]
    sent = {"type": str(verb.request.__struct_config__.tag)} | {
        field.name: _sample(field) for field in fields
    }
    request = TABLE.decode(msgspec.json.encode(sent).decode())
    assert TABLE.of(request) is verb
    assert msgspec.json.decode(TABLE.encode(request, 5)) == {**sent, "id": 5}


@pytest.mark.parametrize(("verb", "field"), NUMBERS, ids=lambda it: getattr(it, "name", it))
@pytest.mark.parametrize("number", [-1, 0, 2**53 + 1, 2**63, 2**70])
def test_keeps_to_the_bounds_of_a_number(
    verb: Verb, field: str, number: int, faults: Callable[[], int]
) -> None:
    """A clear error that says where, and no fault; 0 is before the first of what is numbered."""
    server = MemoryServer()
    alex = server.program("Alex")
    fields = msgspec.structs.fields(verb.request)
    needed = {one.name: _sample(one) for one in fields if one.required}
    kind = str(verb.request.__struct_config__.tag)
    answer = _asked(alex, **{"type": kind, **needed, field: number})
    if number == 0 and field in ("after", "seen", "skip"):
        assert answer["type"] in ("history", "entered", "people")
    else:
        assert (answer["code"], f"$.{field}" in answer["text"]) == ("bad_request", True)
    assert faults() == 0


@pytest.mark.parametrize("field", ["v", "seen", "backlog", "id"])
@pytest.mark.parametrize("number", [-1, 2**63, 2**70])
def test_keeps_to_the_bounds_of_a_number_in_a_hello(
    field: str, number: int, faults: Callable[[], int]
) -> None:
    """The same, before somebody is in; an id may be below 0."""
    end = MemoryServer().connect()
    end.ask(**{"type": "hello", "v": 1, "name": "Alex", field: number})
    first = end.objects()[0]
    if (field, number) == ("id", -1):
        assert first["type"] == "welcome"
    else:
        assert first["code"] == ("version" if field == "v" else "bad_request")
    assert faults() == 0


@pytest.mark.parametrize(
    "line",
    [
        *("", "hi", "{", "[]", "null", "1", '"say"', "{}", '{"type":"say"}', '{"type":"dance"}'),
        *('{"type":"say","text":1}', '{"type":"say","text":null}', '{"type":"say","text":["a"]}'),
        *('{"type":"say","text":"a","x":1}', '{"type":"lock","on":1}', '{"type":"join","room":{}}'),
        *('{"type":"hello","v":"1","name":"A"}', '{"type":"say","text":"\\ud800"}', "[" * 4000),
        '{"type":"say","text":"a","id":1.5}',
    ],
)
def test_refuses_json_that_is_no_request(line: str) -> None:
    """With what is wrong, and where."""
    with pytest.raises(BadRequest) as refused:
        TABLE.decode(line)
    assert refused.value.text.strip()
    assert refused.value.text.isprintable()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"type": "say", "text": ""}, NothingSaid),
        ({"type": "say", "text": " \u200b\n"}, NothingSaid),
        ({"type": "me", "text": "\u202e"}, NothingSaid),
        ({"type": "nick", "name": "a b"}, NameNotAllowed),
        ({"type": "join", "room": "#"}, NameNotAllowed),
    ],
)
def test_refuses_a_field_that_cannot_be_used(sent: dict[str, Any], why: type[Refused]) -> None:
    """Well formed, and still nothing that can be done."""
    with pytest.raises(Refused) as refused:
        TABLE.decode(msgspec.json.encode(sent).decode())
    assert type(refused.value) is why


def test_cleans_every_text_on_its_way_in() -> None:
    """What a verb is given is safe for everybody else."""
    request = TABLE.decode('{"type":"say","text":"\\u001b[31mred\\u202e\\u2028QUIT "}')
    assert _as_json(request)["text"] == "\ufffd[31mred QUIT"


@pytest.mark.parametrize("kind", ["away", "quit", "part", "kick"])
def test_takes_a_reason_as_long_as_one_may_be(kind: str) -> None:
    """At the bound it is taken, and one more character is too long."""
    field = "text" if kind == "away" else "reason"
    sent = {"type": kind, field: "x" * REASON_CHARS} | ({"name": "Sam"} if kind == "kick" else {})
    assert getattr(TABLE.decode(_json(sent)), field) == "x" * REASON_CHARS
    with pytest.raises(TooLong, match="200 characters at most"):
        TABLE.decode(_json(sent | {field: "x" * (REASON_CHARS + 1)}))


@pytest.mark.parametrize(
    ("most", "beyond"),
    [("x" * ID_CHARS, "x" * (ID_CHARS + 1)), (2**53, 2**53 + 1), (-(2**53), -(2**53) - 1)],
)
def test_takes_an_id_as_long_as_one_may_be(most: str | int, beyond: str | int) -> None:
    """At the bound it is held until the answer, above it is refused, and not repeated either."""
    line, too_much = (_json({"type": "who", "id": chosen}) for chosen in (most, beyond))
    assert TABLE.decode(line).id == TABLE.id_of(line) == most
    assert TABLE.id_of(too_much) is None
    with pytest.raises(BadRequest):
        TABLE.decode(too_much)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"type":"dance","id":5}', 5),
        ('{"id":"a","text":1}', "a"),
        ("{}", None),
        ("[" * 4000, None),
    ],
)
def test_finds_the_id_of_what_is_no_request(line: str, expected: str | int | None) -> None:
    """So that the error can be told apart from others."""
    assert TABLE.id_of(line) == expected


# Lists in answers.


def test_cuts_a_list_to_what_an_answer_may_hold() -> None:
    """At the bound all are shown, one byte above it the last is left out."""
    assert cut(["x"] * 10, lambda _: LIST_BYTES // 10) == (["x"] * 10, 0)
    assert cut(["x"] * 10, lambda _: LIST_BYTES // 10 + 1) == (["x"] * 9, 1)


def test_shows_one_line_of_a_list_however_long() -> None:
    """An answer that shows nothing would be none."""
    assert cut(["x", "y"], lambda _: LIST_BYTES + 1) == (["x"], 1)
    assert cut([], size_of) == ([], 0)


def test_counts_the_bytes_of_a_list_and_not_its_characters() -> None:
    """A name in another script takes more room."""
    assert size_of("a", "字") == 1 + 3 + 2 * size_of("")


@pytest.mark.parametrize(
    ("chars", "lines"),
    [(ANSWER_BYTES_PER_LINE - 1, 0), (ANSWER_BYTES_PER_LINE, 1), (3 * ANSWER_BYTES_PER_LINE, 3)],
)
def test_counts_a_long_answer_like_so_many_lines(chars: int, lines: int) -> None:
    """Short ones are free, as asking for them is a line in itself."""
    text = "x" * (chars - BESIDE_EVENT)
    assert weight([events.Said(room="#lobby", who="Sam", text=text)]) == lines


def test_says_how_many_names_it_leaves_out() -> None:
    """A short request has no long answer, and no name gets lost in silence."""
    server = MemoryServer()
    alex, *_ = (server.program(f"{'x' * 20}{number}", f"192.0.2.{number}") for number in range(60))
    answer = _asked(alex, type="names")
    assert len(answer["names"]) + answer["more"] == 60
    assert 30 < len(answer["names"]) < 60


def test_shows_as_much_of_a_topic_in_a_list_as_fits_a_line() -> None:
    """At the bound all of it, above it the beginning."""
    server = MemoryServer()
    alex = server.program("Alex")
    for length in (LISTED_TOPIC_CHARS, LISTED_TOPIC_CHARS + 1):
        _asked(alex, type="join", room=f"r{length}")
        _asked(alex, type="topic", text="x" * length)
    shown = {room["room"]: room["topic"] for room in _asked(alex, type="list")["rooms"]}
    assert shown == {"#lobby": "", "#r80": "x" * 80, "#r81": "x" * 80 + "..."}


def test_leaves_no_joiner_behind_where_it_cuts() -> None:
    """An emoji that is cut in two is one emoji, and nothing that nobody sees."""
    server = MemoryServer()
    alex = server.program("Alex")
    _asked(alex, type="join", room="dev")
    _asked(alex, type="topic", text="x" * (LISTED_TOPIC_CHARS - 2) + COUPLE)
    (shown,) = (room["topic"] for room in _asked(alex, type="list")["rooms"] if room["topic"])
    assert shown == "x" * (LISTED_TOPIC_CHARS - 2) + COUPLE[0] + "..."
    with pytest.raises(UnknownVerb) as refused:
        TABLE.parse("/" + "x" * 38 + COUPLE)
    assert refused.value.text.isprintable()


# What comes of them, beyond what the chat decides.


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"type": "reply", "text": "hi"}, "nobody_there"),
        ({"type": "switch", "room": "dev"}, "not_in_room"),
        ({"type": "ignore", "name": "Alex"}, "nothing_said"),
        ({"type": "unignore", "name": "Sam"}, "nobody_there"),
        ({"type": "hello", "v": 1, "name": "Max"}, "already_entered"),
        ({"type": "help", "verb": "dance"}, "unknown_verb"),
    ],
)
def test_refuses_what_makes_no_sense(request_: dict[str, Any], code: str) -> None:
    """Each with its own code."""
    alex = MemoryServer().program("Alex")
    assert _asked(alex, **request_)["code"] == code


def test_needs_a_room_to_say_something_in() -> None:
    """Who has left them all is told how to find one."""
    alex = MemoryServer().program("Alex")
    _asked(alex, type="part")
    assert _asked(alex, type="say", text="hi")["code"] == "not_in_room"


@pytest.mark.parametrize("name", ["Sam", "SAM", "sam"])
def test_goes_on_ignoring_who_comes_back(name: str) -> None:
    """A name is the same in any case, and so is whom one does not want to hear."""
    server = MemoryServer()
    alex, sam = server.program("Alex"), server.program("Sam")
    _asked(alex, type="ignore", name="Sam")
    sam.hang_up()
    back = server.program(name)
    alex.received()
    back.ask(type="say", text="hi")
    assert alex.objects() == []


def test_ignores_what_was_said_just_before_another_name_was_taken() -> None:
    """Also where both come in one go."""
    server = MemoryServer()
    alex, sam = server.program("Alex"), server.person("Sam")
    _asked(alex, type="ignore", name="Sam")
    sam.send(b"hi\n/nick Max\n")
    assert [told["type"] for told in alex.objects()] == ["renamed"]


def test_replies_to_who_wrote_last() -> None:
    """Whatever they are called by now, until they have left."""
    server = MemoryServer()
    alex, sam = server.program("Alex"), server.program("Sam")
    _asked(sam, type="msg", name="Alex", text="psst")
    _asked(sam, type="nick", name="Max")
    assert _asked(alex, type="reply", text="yes?")["text"] == "Told Max."
    sam.hang_up()
    assert _asked(alex, type="reply", text="yes?")["code"] == "nobody_there"


@pytest.mark.parametrize("reason", ["", "lunch"])
def test_says_that_the_one_who_was_told_is_away(reason: str) -> None:
    """So nobody waits for an answer."""
    server = MemoryServer()
    alex, sam = server.program("Alex"), server.program("Sam")
    _asked(sam, type="away", text=reason)
    expected = f"Told Sam. They are away{f': {reason}' if reason else '.'}"
    assert _asked(alex, type="msg", name="sam", text="hi")["text"] == expected


def _examples(name: str) -> list[str]:
    start = "Example: "
    return [line.removeprefix(start) for line in EXPLAINED[name] if line.startswith(start)]


def _as_json(request: Request) -> Any:
    return msgspec.json.decode(TABLE.encode(request))


def _json(sent: dict[str, Any]) -> str:
    return msgspec.json.encode(sent).decode()


def _asked(end: End, **request: Any) -> dict[str, Any]:
    end.received()
    end.ask(id=1, **request)
    return next(told for told in end.objects() if told.get("id") == 1)


def _field(verb: Verb, word: str) -> str:
    """The field that a word of the usage is; an option may be called otherwise than its field."""
    name, _, value = word.strip("[]").partition(":")
    if value:
        return name if name in verb.fields else value.lower()
    return "on" if name == "on|off" else name.lower().removeprefix("#")


def _sample(field: msgspec.structs.FieldInfo) -> object:
    """A value that the field takes."""
    if field.name == "room":
        return "#dev"
    kinds = str(field.type)
    return True if "bool" in kinds else 5 if "int" in kinds else "Sam"
