"""The ordered record of what happened, as every implementation has to keep it."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from journals import (
    ALEX,
    EVER,
    KIM,
    KINDS,
    LOBBY,
    NOW,
    SAM,
    Moment,
    commit,
    deleted,
    joined,
    left,
    opened,
    result,
    said,
    texts,
    told,
)
from twisted.internet.defer import Deferred

from twisted_chat import events
from twisted_chat.journal import (
    PRIVATE,
    SERVER,
    Again,
    Entry,
    Found,
    Journal,
    Missed,
    News,
    Page,
    Present,
    Put,
    Scope,
    catching_up,
    patience,
    recalling,
)
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.journal.recalling import GLANCE
from twisted_chat.limits import ANSWER_BYTES, NEWS_COUNTED

HI = events.Said(room="#lobby", who="Alex", text="hi")
HERE = events.Joined(room="#lobby", who="Alex")
KICKED = events.Kicked(room="#lobby", who="alex", by="sam")


@pytest.fixture
def time() -> Moment:
    """The time that the journal asks for."""
    return Moment()


@pytest.fixture(params=KINDS)
def journal(request: pytest.FixtureRequest, tmp_path: Path, time: Moment) -> Iterator[Journal]:
    """One of each kind, with nothing in it."""
    with opened(request.param, tmp_path / "data", time) as journal:
        yield journal


# Numbers and times.


def test_numbers_what_is_kept_in_order(journal: Journal) -> None:
    """From one, and on through all batches, without a gap."""
    batches = [commit(journal, HI, HI), commit(journal), commit(journal, HI, HERE, HI)]
    assert [[event.seq for event in batch] for batch in batches] == [[1, 2], [], [3, 0, 4]]


def test_knows_the_last_number(journal: Journal) -> None:
    """Nothing at first; what passes does not count."""
    numbers = [journal.last]
    for batch in ([HI, HI], [HERE], [HI]):
        commit(journal, *batch)
        numbers.append(journal.last)
    assert numbers == [0, 2, 2, 3]


def test_dates_every_event_of_a_batch_with_one_moment(journal: Journal, time: Moment) -> None:
    """To the millisecond, since the epoch, what passes too."""
    time.now = 1_700_000_000.12345
    assert {event.time for event in commit(journal, HI, HERE)} == {1_700_000_000.123}


def test_never_goes_back_in_time(journal: Journal, time: Moment) -> None:
    """A clock that is set back stands still for the record, until it is where it was."""
    times = []
    for time.now in (NOW, NOW - 3600, NOW + 1):
        times += [event.time for event in commit(journal, HI, HERE)]
    assert times == [NOW, NOW, NOW, NOW, NOW + 1, NOW + 1]


def test_knows_the_time_of_the_newest(journal: Journal, time: Moment) -> None:
    """None at first; it stands still with the record."""
    latest = [journal.latest]
    for time.now in (NOW, NOW - 3600, NOW + 1):
        commit(journal, HI)
        latest.append(journal.latest)
    assert latest == [0, NOW, NOW, NOW + 1]


def test_gives_the_events_back_as_they_were(journal: Journal) -> None:
    """In the same order, and with nothing changed but time and number."""
    assert commit(journal, HERE, HI) == [
        events.Joined(room="#lobby", who="Alex", time=NOW),
        events.Said(room="#lobby", who="Alex", text="hi", time=NOW, seq=1),
    ]


def test_never_gives_a_number_twice(journal: Journal) -> None:
    """Not even that of the newest, when it is gone."""
    commit(journal, HI)
    result(journal.forget(["#lobby"], NOW + 1))
    assert [event.seq for event in commit(journal, HI)] == [2]


# What is sent again.


def test_records_a_program_s_own_id_once(journal: Journal) -> None:
    """The second is answered with the number of the first."""
    commit(journal, said("hi", once="1"))
    assert commit(journal, said("hi", once="1"), said("ho", once="2")) == [
        Again(seq=1, time=NOW, same=True),
        events.Said(room="#lobby", who="amy", text="ho", time=NOW, seq=2),
    ]
    assert texts(_past(journal).events) == ["hi", "ho"]


def test_finds_what_was_sent_with_an_id(journal: Journal) -> None:
    """The actor's own, whatever the id and they themselves are called; also what is deleted."""
    odd = "\ud800'\0"
    commit(journal, said("a", once=odd), said("b", KIM, once=odd), said("c", KIM, once="2"))
    commit(journal, deleted(2, actor=KIM))
    sent = [("g:amy", odd), (KIM, odd), (KIM, "2"), ("g:amy", "2"), (odd, odd)]
    assert [result(journal.sent(*one)) for one in sent] == [1, 2, 3, 0, 0]


def test_records_it_once_within_a_batch(journal: Journal) -> None:
    """Both may have come in one turn of the reactor."""
    assert commit(journal, said("hi", once="1"), said("hi", once="1"))[1] == Again(
        seq=1, time=NOW, same=True
    )
    assert journal.last == 1


def test_knows_when_an_id_means_something_else(journal: Journal) -> None:
    """Other words, another room, another kind."""
    commit(journal, said("hi", once="1"))
    others = [
        said("ho", once="1"),
        said("hi", room="#dev", once="1"),
        Entry(events.Emoted(room="#lobby", who="amy", text="hi"), "g:amy", once="1"),
        told("hi", once="1"),
    ]
    assert [event.same for event in commit(journal, *others) if isinstance(event, Again)] == [
        *[False] * 4
    ]


def test_lets_everybody_have_the_same_ids(journal: Journal) -> None:
    """An id is an actor's own."""
    recorded = commit(journal, said("hi", once="1"), said("hi", actor=KIM, once="1"))
    assert [event.seq for event in recorded] == [1, 2]


def test_takes_what_was_deleted_for_the_same(journal: Journal) -> None:
    """Who sends it again is told that it is on record, and it does not come back."""
    commit(journal, said("hi", once="1"))
    commit(journal, deleted(1))
    assert commit(journal, said("hi", once="1")) == [Again(seq=1, time=NOW, same=True)]
    assert texts(_past(journal).events) == [""]


def test_takes_what_was_deleted_in_the_same_batch_for_the_same(journal: Journal) -> None:
    """It was said, deleted, and sent again, all at once."""
    batch = [said("a", once="1"), deleted(1), said("b", once="1")]
    assert commit(journal, *batch)[2] == Again(seq=1, time=NOW, same=True)
    assert [event.seq for event in _past(journal).events] == [2]


# What was said before.


def test_shows_the_newest_in_order(journal: Journal) -> None:
    """And whether there is more before it."""
    commit(journal, *(said(str(number)) for number in range(5)))
    assert texts(_past(journal, most=3).events) == ["2", "3", "4"]
    assert [_past(journal, most=most).more for most in (3, 4, 5, 6)] == [True, True, False, False]


def test_shows_the_oldest_if_asked(journal: Journal) -> None:
    """In order too, and whether there is more after it."""
    commit(journal, *(said(str(number)) for number in range(5)))
    page = result(journal.past(LOBBY, upto=4, after=1, most=2, oldest=True))
    assert (texts([*page.events]), page.more) == (["1", "2"], True)
    page = result(journal.past(LOBBY, upto=4, after=1, most=3, oldest=True))
    assert (texts([*page.events]), page.more) == (["1", "2", "3"], False)


def test_shows_what_lies_between_two_numbers(journal: Journal) -> None:
    """The upper one with it, the lower one without."""
    commit(journal, *(said(str(number)) for number in range(1, 6)))
    page = result(journal.past(LOBBY, upto=4, after=2, most=9))
    assert (texts([*page.events]), page.more) == (["3", "4"], False)


@pytest.mark.parametrize("oldest", [False, True])
def test_shows_what_was_said_since_a_time(journal: Journal, time: Moment, oldest: bool) -> None:
    """That moment with it."""
    for step in range(4):
        time.now = NOW + step
        commit(journal, said(str(step)))
    page = result(journal.past(LOBBY, upto=EVER, since=NOW + 2, most=9, oldest=oldest))
    assert (texts([*page.events]), page.more) == (["2", "3"], False)


def test_shows_rooms_that_were_asked_for_alone(journal: Journal) -> None:
    """Mixed, in the order in which it happened."""
    commit(journal, said("a"), said("b", room="#dev"), said("c", room="#ops"), said("d"))
    page = _past(journal, Scope(["#dev", "#lobby", "#dev"]))
    assert texts([*page.events]) == ["a", "b", "d"]


def test_knows_a_room_by_its_key(journal: Journal) -> None:
    """However somebody writes it."""
    commit(journal, said("hi", room="#LoBBy"))
    assert texts([*_past(journal).events]) == ["hi"]


def test_keeps_it_under_another_room_if_told_so(journal: Journal) -> None:
    """As a room that is made again under its old name is another one."""
    commit(journal, said("hi", room="#dev"), said("ho", room="#dev", place="#dev!2"))
    assert texts(_past(journal, Scope(["#dev"])).events) == ["hi"]
    assert texts(_past(journal, Scope(["#dev!2"])).events) == ["ho"]


def test_shows_what_is_told_alone_to_these_two(journal: Journal) -> None:
    """And to nobody else, whatever room they ask for."""
    commit(journal, told("psst", "g:amy", ALEX), told("pst", SAM, SAM))
    seen = [_past(journal, Scope(rooms, who)).events for rooms, who in _READERS]
    assert [texts(one) for one in seen] == [["psst"], ["psst"], ["pst"], [], [], []]


_READERS: list[tuple[list[str], str]] = [
    *(([], "g:amy"), ([], ALEX), ([PRIVATE], SAM)),
    *(([], KIM), ([PRIVATE], KIM), ([PRIVATE, SERVER, "", "#lobby"], "")),
]


def test_shows_everything_of_a_scope_once(journal: Journal) -> None:
    """Rooms and what one was told alone, in the order in which it happened."""
    commit(journal, said("a"), told("b"), said("c"), told("d", ALEX, ALEX), told("e", ALEX, SAM))
    page = _past(journal, Scope(["#lobby"], ALEX), most=4)
    assert (texts(page.events), page.more) == (["b", "c", "d", "e"], True)


def test_shows_what_concerns_the_server_in_its_own_place(journal: Journal) -> None:
    """An act without a room, or with the room ``*``."""
    down = events.LockedDown(by="alex", on=True)
    ban = events.Banned(room="*", who="kim", by="alex")
    commit(journal, Entry(down, ALEX), Entry(ban, ALEX))
    assert _past(journal) == Page([], False)
    assert [event.seq for event in _past(journal, Scope([SERVER])).events] == [1, 2]


def test_keeps_an_answer_small(journal: Journal) -> None:
    """The newest part of it, and at least one event however large it is."""
    commit(journal, *(said("x" * (ANSWER_BYTES // 4)) for _ in range(6)), said("é" * ANSWER_BYTES))
    assert [event.seq for event in _past(journal).events] == [7]
    assert _past(journal).more
    page = result(journal.past(LOBBY, upto=6, most=9))
    assert ([event.seq for event in page.events], page.more) == ([4, 5, 6], True)


def test_shows_what_was_said_around_something(journal: Journal) -> None:
    """The same room alone, half before and half after, with more before where after ends."""
    for number in range(1, 6):
        commit(journal, said(str(number)), said("x", room="#dev"))
    assert _around(journal, 5, most=3) == ["2", "3", "4"]
    assert _around(journal, 5, most=9) == ["1", "2", "3", "4", "5"]
    assert _around(journal, 9, most=3) == ["3", "4", "5"]
    assert _around(journal, 5, most=1) == ["3"]


def test_shows_nothing_around_what_one_may_not_read(journal: Journal) -> None:
    """Nor around what is not there, or not yet told."""
    commit(journal, said("a"), said("b", room="#dev"), told("c", SAM, KIM))
    assert [_around(journal, seq) for seq in (2, 3, 4, 0, -1)] == [[]] * 5
    page = result(journal.around(1, LOBBY, upto=0, most=9))
    assert page == Page([], False)


def test_shows_the_conversation_around_what_was_told(journal: Journal) -> None:
    """With whomever it was; what is said in rooms is not part of it."""
    commit(journal, told("a", SAM, ALEX), said("b"), told("c", ALEX, KIM), told("d", KIM, SAM))
    page = result(journal.around(3, Scope(["#lobby"], ALEX), upto=EVER, most=9))
    assert texts(page.events) == ["a", "c"]


def test_finds_an_event_with_who_did_it(journal: Journal) -> None:
    """By its number, where there is one."""
    commit(journal, told("hi", SAM, ALEX))
    found = result(journal.entry(1))
    assert found is not None
    assert (found.event, found.actor, found.concerns, found.room) == (
        events.Told(who="sam", to="alex", text="hi", seq=1, time=NOW),
        *(SAM, ALEX, PRIVATE),
    )
    assert [result(journal.entry(seq)) for seq in (0, 2, -1)] == [None] * 3


# What is found.


@pytest.mark.parametrize(
    "text",
    [
        *("C++20", "foo.png", "https://example.org/?a=b&c=d", '"quoted"', "it's", "100 %"),
        *("AND", "a OR b", "NEAR(a b)", "col:x", "-minus", "*", "(", "'", '"', "a*", "^a", "{"),
        *("日本語", "本", "日本", "\N{GRINNING FACE}", "é", "e\N{COMBINING ACUTE ACCENT}"),
        *("İstanbul", "straße", "Ὀδυσσεύς", "a\0b", "\0", "\ud800", "\ud83d\ude00", "%_", "\\"),
        *("   ", "tab\there", "x" * 300, "ab", "\N{ZERO WIDTH JOINER}", "DROP TABLE event; --"),
    ],
)
def test_finds_any_text_as_it_was_typed(journal: Journal, text: str) -> None:
    """Alone, in the middle of a line, and in no line without it."""
    commit(journal, said(text), said(f"before{text}after"), said("quite another line"))
    found = [event.seq for event in result(_search(journal, text)).events]
    assert found in ([2, 1], [3, 2, 1])
    assert (3 in found) == (text in "quite another line")


@pytest.mark.parametrize(
    ("said_so", "typed"),
    [("Hello World", "hELLO w"), ("ПРИВЕТ", "привет"), ("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος")],
)
def test_finds_it_in_any_case(journal: Journal, said_so: str, typed: str) -> None:
    """In any script that has cases."""
    commit(journal, said(said_so))
    assert texts(result(_search(journal, typed)).events) == [said_so]


def test_finds_nothing_without_a_text(journal: Journal) -> None:
    """Everything has it, which is no search."""
    commit(journal, said("hi"))
    assert result(_search(journal, "")) == Found([], 0)


def test_finds_what_is_written_in_topics_and_told(journal: Journal) -> None:
    """And what people do; but nothing in acts of moderation."""
    commit(
        journal,
        Entry(events.TopicSet(room="#lobby", who="amy", text="needle"), ALEX),
        Entry(events.Emoted(room="#lobby", who="amy", text="needles"), ALEX),
        Entry(events.Kicked(room="#lobby", who="amy", by="alex", reason="needle"), ALEX),
        told("a needle", KIM, ALEX),
        told("no needle", KIM, SAM),
    )
    found = result(_search(journal, "needle", Scope(["#lobby"], ALEX)))
    assert [event.seq for event in found.events] == [4, 2, 1]


def test_goes_on_from_what_it_has_reached(journal: Journal) -> None:
    """A page at a time, and nothing is found twice, or left out."""
    commit(journal, *(said("needle" if number % 2 else "hay") for number in range(1, 12)))
    pages, upto = [], EVER
    while upto:
        found = result(_search(journal, "needle", upto=upto, most=4))
        pages.append([event.seq for event in found.events])
        upto = found.reached - 1 if found.reached else 0
    assert pages == [[11, 9, 7, 5], [3, 1]]


def test_finds_between_numbers_and_since_a_time(journal: Journal, time: Moment) -> None:
    """As the past is shown."""
    for step in range(1, 6):
        time.now = NOW + step
        commit(journal, said("needle"))
    between = result(_search(journal, "needle", after=1, upto=3))
    assert [event.seq for event in between.events] == [3, 2]
    since = result(_search(journal, "needle", since=NOW + 4))
    assert [event.seq for event in since.events] == [5, 4]


def test_finds_what_somebody_said(journal: Journal) -> None:
    """By their name, in any case."""
    commit(journal, said("needle", "g:Amy"), said("needle", "g:amya"), said("needle", SAM))
    found = [result(_search(journal, "needle", who=who)).events for who in ("AMY", "sam", "bob")]
    assert [[event.seq for event in one] for one in found] == [[1], [3], []]


def test_finds_nothing_out_of_the_scope(journal: Journal) -> None:
    """Neither in other rooms nor in what others told each other."""
    commit(journal, said("needle", room="#dev"), told("needle", SAM, KIM))
    for scope in (LOBBY, Scope(["#lobby", PRIVATE, SERVER], ALEX), Scope()):
        assert result(_search(journal, "needle", scope)).events == []


# What goes away.


def test_takes_a_deleted_message_off_the_record(journal: Journal) -> None:
    """From everywhere, in the batch that says so; the deletion is on record."""
    commit(journal, said("a secret"), said("hi"))
    commit(journal, deleted(1))
    assert [event.seq for event in _past(journal).events] == [2, 3]
    assert result(_search(journal, "secret")) == Found([], 0)
    assert result(journal.entry(1)) is None
    assert _around(journal, 1) == []


def test_deletes_what_came_in_the_same_batch(journal: Journal) -> None:
    """The number is known to nobody yet, but it is no reason to keep the text."""
    commit(journal, said("a secret"), deleted(1))
    assert [event.seq for event in _past(journal).events] == [2]


def test_notes_the_deletion_of_what_was_told_where_it_was(journal: Journal) -> None:
    """Those two see it, and nobody else."""
    commit(journal, told("a secret", SAM, ALEX))
    commit(journal, deleted(1, "", SAM, ALEX))
    seen = [_past(journal, Scope([PRIVATE], who)).events for who in (SAM, ALEX, KIM)]
    assert [[event.seq for event in one] for one in seen] == [[2], [2], []]


def test_forgets_what_was_said_before_a_time(journal: Journal, time: Moment) -> None:
    """In these rooms; what comes at that moment stays, and so do acts of moderation."""
    for step in range(3):
        time.now = NOW + step
        commit(journal, said("needle"), said("x", room="#dev"), Entry(KICKED, SAM, ALEX))
    assert result(journal.forget(["#lobby", "#ops", "#lobby"], NOW + 2)) == 2
    assert result(journal.forget(["#lobby"], NOW + 2)) == 0
    assert [event.seq for event in _past(journal).events] == [3, 6, 7, 9]
    assert len(_past(journal, Scope(["#dev"])).events) == 3
    assert [event.seq for event in result(_search(journal, "needle")).events] == [7]


def test_forgets_nothing_that_was_told_alone(journal: Journal) -> None:
    """It is in no room, whatever the room is called."""
    commit(journal, told("psst"))
    assert result(journal.forget([PRIVATE], NOW + 1)) == 0
    assert result(journal.entry(1)) is not None


# How far somebody has heard.


def test_follows_an_account_from_when_it_comes(journal: Journal) -> None:
    """From the event before; and all that it is told alone, which may be from before it came."""
    commit(journal, said("a"), joined(ALEX), said("b"), joined(ALEX, "#dev"))
    assert result(journal.heard(ALEX)) == {"#lobby": 1, PRIVATE: 0, "#dev": 2}


def test_follows_no_guests(journal: Journal) -> None:
    """Nobody knows whether they come back."""
    commit(journal, joined(KIM), left(KIM))
    assert result(journal.heard(KIM)) == {}
    assert result(journal.missed(KIM, "kim", upto=EVER, most=9)) == Missed([], [], [])


def test_remembers_how_far_one_had_heard_whose_connection_was_lost(journal: Journal) -> None:
    """As it is told; and never less than what was there when they came."""
    commit(journal, said("a"), joined(ALEX), said("b"), joined(ALEX, "#dev"), said("c"))
    lost = events.Left(room="", who="alex")
    commit(journal, said("d"), Entry(lost, ALEX, heard=2), said("e"))
    heard = result(journal.heard(ALEX))
    assert (heard["#lobby"], heard["#dev"]) == (2, 2)
    commit(journal, joined(ALEX), Entry(lost, ALEX, heard=1))
    assert result(journal.heard(ALEX))["#lobby"] == 2


def test_remembers_how_far_one_had_heard_who_left(journal: Journal) -> None:
    """Everything before the leaving, in every room that one was in."""
    commit(journal, joined(ALEX), joined(ALEX, "#dev"), said("a"), said("b"))
    commit(journal, said("c"), left(ALEX), said("d"))
    assert result(journal.heard(ALEX)) == {"#lobby": 3, PRIVATE: 3, "#dev": 3}


def test_keeps_that_while_one_is_here_again(journal: Journal) -> None:
    """What was missed can be asked for until one leaves."""
    commit(journal, joined(ALEX), left(ALEX), said("a"))
    commit(journal, joined(ALEX), said("b"))
    assert result(journal.heard(ALEX)) == {"#lobby": 0, PRIVATE: 0}


def test_leaves_rooms_as_they_were_that_one_did_not_come_back_to(journal: Journal) -> None:
    """Who was in the lobby alone has heard nothing of the others."""
    commit(journal, joined(ALEX), joined(ALEX, "#dev"), left(ALEX), said("a", room="#dev"))
    commit(journal, joined(ALEX), left(ALEX))
    assert result(journal.heard(ALEX)) == {"#lobby": 1, PRIVATE: 1, "#dev": 0}


@pytest.mark.parametrize(
    "out",
    [
        left(ALEX, "#dev"),
        Entry(events.Kicked(room="#dev", who="a", by="b"), SAM, ALEX),
        Entry(events.Banned(room="#dev", who="a", by="b"), SAM, ALEX),
    ],
)
def test_forgets_a_room_that_one_is_out_of(journal: Journal, out: Entry) -> None:
    """By one's own will, or another's."""
    commit(journal, joined(ALEX), joined(ALEX, "#dev"), joined(SAM, "#dev"), out)
    assert result(journal.heard(ALEX)) == {"#lobby": 0, PRIVATE: 0}
    assert result(journal.heard(SAM)) == {"#dev": 0, PRIVATE: 0}


def test_forgets_the_room_alone_that_an_account_is_banned_from(journal: Journal) -> None:
    """Also while it is away and the room private; not where an address is, nor on the server."""
    for room in ("#lobby", "#dev!2"):
        commit(journal, joined(ALEX, room), joined(SAM, room))
    commit(journal, left(ALEX))
    banned = [events.Banned(room=room, who="alex", by="sam") for room in ("#dev", "*")]
    commit(journal, Entry(banned[0], SAM, "192.0.2.7", room="#dev!2"), Entry(banned[1], SAM, ALEX))
    assert result(journal.heard(ALEX)) == {"#lobby": 0, "#dev!2": 0, PRIVATE: 0}
    commit(journal, Entry(banned[0], SAM, ALEX, room="#dev!2"))
    assert result(journal.heard(ALEX)) == {"#lobby": 0, PRIVATE: 0}
    assert result(journal.heard(SAM)) == {"#lobby": 0, "#dev!2": 0, PRIVATE: 0}


def test_follows_who_is_in_a_room_without_an_event(journal: Journal) -> None:
    """As the journal is told by `Present`, under the room that it names."""
    commit(journal, said("a"), Entry(Present(), ALEX, room="#dev!2"))
    assert result(journal.heard(ALEX)) == {"#dev!2": 1, PRIVATE: 0}


def made_private(on: bool, place: str, moves: str) -> Entry:
    """That a room is private from now on, or open, and on record under something else."""
    event = events.MadePrivate(room="#dev", by="alex", on=on)
    return Entry(event, ALEX, room=place, moves=moves)


def test_moves_with_a_room(journal: Journal) -> None:
    """When it is on record under something else from then on."""
    commit(journal, joined(ALEX, "#dev!2"), joined(SAM, "#dev!2"), left(SAM))
    commit(journal, made_private(False, "#dev", moves="#dev!2"))
    heard = {"#dev": 0, PRIVATE: 0}
    assert [result(journal.heard(who)) for who in (ALEX, SAM)] == [heard, heard]
    commit(journal, left(ALEX))
    assert result(journal.heard(ALEX)) == {"#dev": 1, PRIVATE: 1}


def test_moves_who_is_here_alone_into_a_private_room(journal: Journal) -> None:
    """Who is away is not let in by that."""
    commit(journal, joined(ALEX, "#dev"), joined(SAM, "#dev"), left(SAM))
    commit(journal, made_private(True, "#dev!2", moves="#dev"))
    assert result(journal.heard(ALEX)) == {"#dev!2": 0, PRIVATE: 0}
    assert result(journal.heard(SAM)) == {"#dev": 0, PRIVATE: 0}


# What somebody has missed.


def test_counts_what_is_new(journal: Journal) -> None:
    """Per room, the most recently active first; what others said, and nothing else."""
    commit(journal, joined(ALEX), joined(ALEX, "#dev"), joined(ALEX, "#ops"), left(ALEX))
    commit(journal, said("a", room="#dev"), said("b"), said("c"), said("d", ALEX))
    commit(journal, Entry(events.TopicSet(room="#ops", who="sam", text="t"), SAM), said("e"))
    assert _missed(journal).news == [News("#lobby", 0, 3, 0), News("#dev", 0, 1, 0)]


def test_counts_up_to_a_number(journal: Journal) -> None:
    """What comes later one hears."""
    commit(journal, joined(ALEX), left(ALEX), *(said("alex", room="#lobby") for _ in range(4)))
    missed = result(journal.missed(ALEX, "alex", upto=3, most=9))
    assert missed.news == [News("#lobby", 0, 3, 3)]
    assert [event.seq for event in missed.mentions] == [1, 2, 3]


def test_counts_so_many_and_no_more(journal: Journal) -> None:
    """Beyond that nobody cares how many there are."""
    commit(journal, joined(ALEX), left(ALEX), *(said("x") for _ in range(NEWS_COUNTED + 5)))
    assert _missed(journal).news == [News("#lobby", 0, NEWS_COUNTED, 0)]


def test_tells_what_one_was_told_alone(journal: Journal) -> None:
    """The newest of it, the oldest first; not what one told others."""
    commit(journal, joined(ALEX), left(ALEX), told("a", SAM), told("b", KIM), told("c", SAM))
    commit(journal, told("d", ALEX, SAM), told("e", SAM, KIM), told("alex", KIM))
    missed = _missed(journal, most=2)
    assert texts(missed.told) == ["c", "alex"]
    assert missed.news == [News(PRIVATE, 0, 4, 0)]
    assert missed.mentions == []


@pytest.mark.parametrize("before", [[], [joined(ALEX)]])
def test_tells_what_an_account_was_told_that_never_was_in(
    journal: Journal, before: list[Entry]
) -> None:
    """All of it, whether it has come in by now or not; what it heard then is not told again."""
    commit(journal, said("x"), told("a", SAM), said("y"), told("b", KIM), *before)
    assert _missed(journal).news == [News(PRIVATE, 0, 2, 0)]
    assert texts(_missed(journal).told) == ["a", "b"]
    commit(journal, joined(ALEX), left(ALEX), told("c", SAM))
    assert texts(_missed(journal).told) == ["c"]


@pytest.mark.parametrize(
    "text",
    [
        *("alex", "Alex!", "hi ALEX", "@alex", "alex: hi", "(alex)", "alex, you", '"alex"'),
        *("alex.", "ask alex.", "alex's", "hi @Alex?", "alex/sam", "x alex-", "…alex…"),
    ],
)
def test_finds_what_mentions_one(journal: Journal, text: str) -> None:
    """The name as a word of its own, in any case."""
    commit(journal, joined(ALEX), left(ALEX), said("hi"), said(text), said("ho"))
    missed = _missed(journal)
    assert texts(missed.mentions) == [text]
    assert missed.news == [News("#lobby", 0, 3, 1)]


@pytest.mark.parametrize(
    "text", ["alexa", "xalex", "alex2", "alex_b", "alex-b", "b.alex", "ale x", "al\0ex"]
)
def test_takes_no_other_name_for_a_mention(journal: Journal, text: str) -> None:
    """What it is only a part of."""
    commit(journal, joined(ALEX), left(ALEX), said(text))
    assert _missed(journal).mentions == []


@pytest.mark.parametrize("name", ["Al", "é", "名前", "c.d-e_f", "Straße", "x" * 32])
def test_finds_mentions_of_any_name(journal: Journal, name: str) -> None:
    """Short ones, which no index finds, and those that look like patterns."""
    commit(journal, joined(ALEX), left(ALEX), said(f"hi {name}, all"), said("nobody"))
    missed = result(journal.missed(ALEX, name.upper(), upto=EVER, most=9))
    assert texts(missed.mentions) == [f"hi {name}, all"]


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "'", "*", "(", "x" * 5000])
def test_finds_no_mention_of_what_is_no_name(journal: Journal, name: str) -> None:
    """And does not fail."""
    commit(journal, joined(ALEX), left(ALEX), said("hi all"))
    assert result(journal.missed(ALEX, name, upto=EVER, most=9)).mentions == []


def test_looks_for_a_short_name_in_the_last_that_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As no index finds it: at the bound in all of it, and beyond it in the newest."""
    monkeypatch.setattr(catching_up, "SCANNED_ROWS", 3)
    with opened("disk", tmp_path / "data", Moment()) as journal:
        commit(journal, joined(ALEX), left(ALEX), *(said(f"al {number}") for number in range(3)))
        missed = result(journal.missed(ALEX, "al", upto=EVER, most=9))
        assert texts(missed.mentions) == ["al 0", "al 1", "al 2"]
        commit(journal, said("al 3"))
        missed = result(journal.missed(ALEX, "al", upto=EVER, most=9))
        assert texts(missed.mentions) == ["al 1", "al 2", "al 3"]
        assert missed.news == [News("#lobby", 0, 4, 3)]


def test_shows_the_newest_mentions(journal: Journal) -> None:
    """So many, the oldest of them first; all are counted."""
    commit(journal, joined(ALEX), left(ALEX), *(said(f"alex {number}") for number in range(5)))
    missed = _missed(journal, most=2)
    assert texts(missed.mentions) == ["alex 3", "alex 4"]
    assert missed.news == [News("#lobby", 0, 5, 5)]


def test_counts_no_mentions_of_one_s_own_or_elsewhere(journal: Journal) -> None:
    """Nor what was heard, nor a topic."""
    commit(journal, joined(ALEX), said("alex before"), left(ALEX))
    commit(journal, said("alex", ALEX), said("alex", room="#ops"))
    commit(journal, Entry(events.TopicSet(room="#lobby", who="sam", text="alex"), SAM))
    assert _missed(journal) == Missed([], [], [])
    commit(journal, said("alex at last"), said("alex", ALEX))
    assert texts(_missed(journal).mentions) == ["alex at last"]
    assert _missed(journal).news == [News("#lobby", 1, 1, 1)]


# What moderators did.


def test_shows_acts_of_moderation(journal: Journal) -> None:
    """The newest, the oldest of them first, in these rooms or in all."""
    ban = events.Banned(room="#dev", who="kim", by="alex")
    down = events.LockedDown(by="alex", on=True)
    commit(journal, said("x"), Entry(KICKED, SAM, ALEX), Entry(ban, ALEX), Entry(down, ALEX))
    assert _audit(journal, ["#lobby", "#dev"]) == [2, 3]
    assert _audit(journal, ["#lobby", "#dev"], most=1) == [3]
    assert _audit(journal, ["#lobby", "#dev"], upto=2) == [2]
    assert _audit(journal, [SERVER]) == [4]
    assert _audit(journal, None) == [2, 3, 4]
    (kick,) = result(journal.audit(["#lobby"], upto=EVER, most=9))
    assert (kick.actor, kick.concerns, kick.room) == (SAM, ALEX, "#lobby")


def test_shows_deletions_of_what_was_told_where_all_is_shown(journal: Journal) -> None:
    """They are in no room."""
    commit(journal, told("x", SAM, ALEX), deleted(1, "", SAM, ALEX))
    assert _audit(journal, None) == [2]
    assert _audit(journal, [PRIVATE, "#lobby"]) == []


# Durable state.


def test_keeps_state_under_kind_and_key(journal: Journal) -> None:
    """What is put again replaces it, and None forgets it."""
    _put(journal, Put("a", "1", b"{}"), Put("b", "1", b"[]"), Put("a", "2", b"1"))
    _put(journal, Put("a", "1", b"2"), Put("a", "2", None), Put("a", "3", None))
    assert journal.records() == [("a", "1", b"2"), ("b", "1", b"[]")]


def test_changes_what_exists_if_told_so(journal: Journal) -> None:
    """What somebody else has removed does not come back."""
    _put(journal, Put("a", "1", b"1"), Put("a", "2", b"1", if_there=True))
    _put(journal, Put("a", "1", b"2", if_there=True))
    assert journal.records() == [("a", "1", b"2")]


def test_keeps_state_together_with_events(journal: Journal) -> None:
    """In the same batch."""
    result(journal.commit([said("hi")], [Put("a", "1", b"1")], told=0))
    assert journal.records() == [("a", "1", b"1")]
    assert journal.last == 1


def test_hears_of_no_changes_of_its_own(journal: Journal) -> None:
    """It made them."""
    _put(journal, Put("a", "1", b"1"))
    assert result(journal.changes()) == []


# How it ends.


def test_can_be_closed_twice(journal: Journal) -> None:
    """And has everything until then."""
    commit(journal, said("hi"))
    result(journal.close(told=1))
    result(journal.close())
    assert journal.last == 1


def test_looks_at_so_much_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the bound at all of it, and beyond it one goes on from where the answer ended."""
    monkeypatch.setattr(recalling, "SCANNED_ROWS", 3)
    journal = MemoryJournal(Moment())
    commit(journal, said("needle"), said("hay"), said("hay"))
    found = result(_search(journal, "needle", upto=EVER, most=9))
    assert (texts(found.events), found.reached) == (["needle"], 0)
    commit(journal, said("hay"))
    found = result(_search(journal, "needle", upto=EVER, most=9))
    assert (texts(found.events), found.reached) == ([], 2)
    found = result(_search(journal, "needle", upto=found.reached - 1, most=9))
    assert (texts(found.events), found.reached) == (["needle"], 0)


def test_looks_for_so_long_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time at all it is a few that are looked at; one goes on from there."""
    monkeypatch.setattr(patience, "WORK_SECONDS", -1)
    journal = MemoryJournal(Moment())
    commit(journal, joined(ALEX), left(ALEX), *[said("alex")] * (GLANCE + 50))
    found = result(_search(journal, "alex", upto=EVER, most=999))
    assert (len(found.events), found.reached) == (GLANCE - 1, 52)
    found = result(_search(journal, "alex", upto=found.reached - 1, most=999))
    assert (len(found.events), found.reached) == (51, 0)
    assert _missed(journal, most=999).news == [News("#lobby", 0, GLANCE + 50, GLANCE - 1)]


@pytest.mark.parametrize("letter", ["x", "X", "\U0001f600"])
def test_remembers_so_many_bytes(letter: str) -> None:
    """In memory the oldest is forgotten for more, however many bytes a character takes."""
    journal = MemoryJournal(Moment(), most_bytes=1 << 20)
    tracemalloc.start()
    for number in range(1000):
        commit(journal, said(f"{number} {letter * 2000}"))
    (taken, _), remembered = tracemalloc.get_traced_memory(), _past(journal, most=9999).events
    tracemalloc.stop()
    assert 1 << 19 < taken < 1.1 * (1 << 20)
    assert [event.seq for event in remembered[-3:]] == [998, 999, 1000]


def test_forgets_so_many_bytes_with_what_is_deleted() -> None:
    """They are there for what comes after it."""
    journal = MemoryJournal(Moment(), most_bytes=40_000)
    commit(journal, *(said(f"{number} {'x' * 10_000}") for number in range(3)))
    commit(journal, deleted(2), said(f"3 {'x' * 10_000}"))
    assert [event.seq for event in _past(journal).events] == [1, 3, 4, 5]
    commit(journal, said(f"4 {'x' * 10_000}"))
    assert [event.seq for event in _past(journal).events] == [3, 4, 5, 6]


def test_remembers_so_much_and_no_more() -> None:
    """In memory the oldest is forgotten, with the id that it was sent with."""
    journal = MemoryJournal(Moment(), most=3)
    commit(journal, *(said(str(number), once=str(number)) for number in range(5)))
    assert texts(_past(journal).events) == ["2", "3", "4"]
    assert result(journal.entry(1)) is None
    assert [event.seq for event in commit(journal, said("4", once="4"))] == [5]
    assert [event.seq for event in commit(journal, said("0", once="0"))] == [6]


# What they are asked here.


def _past(journal: Journal, scope: Scope = LOBBY, most: int = 99) -> Page:
    return result(journal.past(scope, upto=EVER, most=most))


def _around(journal: Journal, seq: int, most: int = 9) -> list[str]:
    return texts(result(journal.around(seq, LOBBY, upto=EVER, most=most)).events)


def _search(
    journal: Journal,
    text: str,
    scope: Scope = LOBBY,
    *,
    who: str = "",
    after: int = 0,
    since: float = 0,
    upto: int = EVER,
    most: int = 20,
) -> Deferred[Found]:
    return journal.search(text, scope, who=who, after=after, since=since, upto=upto, most=most)


def _missed(journal: Journal, most: int = 9) -> Missed:
    return result(journal.missed(ALEX, "alex", upto=EVER, most=most))


def _audit(journal: Journal, rooms: list[str] | None, upto: int = EVER, most: int = 9) -> list[int]:
    return [act.event.seq for act in result(journal.audit(rooms, upto=upto, most=most))]


def _put(journal: Journal, *puts: Put) -> None:
    result(journal.commit([], puts))
