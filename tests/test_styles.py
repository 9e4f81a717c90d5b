"""How doors write what their users hear, as bytes."""

import gc
from weakref import ref

import pytest

from twisted_chat import answers, events
from twisted_chat.events import Event
from twisted_chat.styles import JsonStyle, Style, Styles, TextStyle, View

SAID = events.Said(room="#lobby", who="Zoë", text="hi", seq=3, time=2.5)
COMINGS = (
    events.Joined(room="#lobby", who="Alex"),
    events.Left(who="Alex"),
    events.WentAway(who="Alex"),
    events.CameBack(who="Alex"),
)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_writes_a_line_of_text(newline: bytes) -> None:
    """In UTF-8, with the line end of its door."""
    style = TextStyle(View(current="#lobby"), newline)
    assert style.event(SAID) == "Zoë: hi".encode() + newline


def test_writes_a_line_of_json() -> None:
    """One object, with number and time."""
    assert JsonStyle(View()).event(SAID) == (
        '{"type":"said","seq":3,"time":2.5,"room":"#lobby","who":"Zoë","text":"hi"}\n'.encode()
    )


def test_points_an_arrow_at_each_line_of_an_answer() -> None:
    """So that no answer can be taken for somebody's words."""
    motd = answers.Motd(text="a\nb")
    assert TextStyle(View(), b"\r\n").reply(motd) == b"-> a\r\n-> b\r\n"
    assert JsonStyle(View()).reply(motd) == b'{"type":"motd","text":"a\\nb"}\n'


def test_asks_and_says_goodbye_without_an_arrow() -> None:
    """They are answers to nothing."""
    style = TextStyle(View(), b"\n")
    told = style.reply(answers.Prompt(text="Name:")) + style.reply(answers.Goodbye(text="Bye."))
    assert told == b"Name:\nBye.\n"


def test_writes_nothing_where_there_is_nothing_to_say() -> None:
    """An ok without words is for programs."""
    assert TextStyle(View(), b"\n").reply(answers.Ok()) == b""
    assert JsonStyle(View()).reply(answers.Ok()) == b'{"type":"ok"}\n'


@pytest.mark.parametrize("event", COMINGS)
@pytest.mark.parametrize("style", [TextStyle(View(quiet=True), b"\n"), JsonStyle(View(quiet=True))])
def test_leaves_out_who_comes_and_goes_for_who_wants_quiet(style: Style, event: Event) -> None:
    """And writes the rest."""
    assert style.event(event) == b""
    assert style.event(SAID) != b""


@pytest.mark.parametrize("event", COMINGS)
@pytest.mark.parametrize("style", [TextStyle(View(), b"\n"), JsonStyle(View())])
def test_writes_who_comes_and_goes_for_others(style: Style, event: Event) -> None:
    """One line, as all events."""
    assert style.event(event).count(b"\n") == 1


def test_is_the_same_for_all_who_see_the_same() -> None:
    """So their bytes are made once."""
    styles = Styles()
    one, other = View(current="#a"), View(current="#a")
    assert styles.text(one, b"\n") is styles.text(other, b"\n")
    assert styles.json(View(current="#a")) is styles.json(View(current="#b"))


def test_is_another_for_who_sees_something_else() -> None:
    """Another room, another line end, more or less."""
    styles = Styles()
    views = (View(), View(current="#a"), View(clock=True), View(quiet=True))
    kept: list[Style] = [styles.text(view, end) for view in views for end in (b"\n", b"\r\n")]
    kept += [styles.json(View()), styles.json(View(quiet=True))]
    assert len({id(style) for style in kept}) == 2 * len(views) + 2


def test_forgets_a_style_that_nobody_uses() -> None:
    """Rooms come and go, and a server runs for years."""
    forgotten = ref(Styles().text(View(current="#a"), b"\n"))
    styles = Styles()
    used, unused = styles.text(View(), b"\n"), ref(styles.json(View()))
    gc.collect()
    assert [forgotten(), unused()] == [None, None]
    assert styles.text(View(), b"\n") is used


def test_shows_each_backlog_as_it_is() -> None:
    """Whatever was shown to the one before."""
    style = TextStyle(View(current="#lobby"), b"\n")
    one, two = (
        answers.Backlog(
            room="#lobby",
            events=[events.Said(room="#lobby", who="Alex", text=text, seq=1, time=1e9)],
            more=False,
        )
        for text in ("one", "two")
    )
    shown = [style.reply(reply).split()[-1] for reply in (one, one, two, one)]
    assert shown == [b"one", b"one", b"two", b"one"]
