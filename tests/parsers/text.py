"""The parsers of what people and programs write, one by one."""

from collections.abc import Callable
from contextlib import suppress
from math import isfinite

from parsers.bits import check_shown, decoded, halves
from twisted_chat.doors.telnet import Telnet
from twisted_chat.limits import LONGEST_SPAN_SECONDS, ROOM_CHARS
from twisted_chat.masks import read_mask
from twisted_chat.moments import Unclear, moment, span, until_words, written
from twisted_chat.names import Name, Unusable, room_name, user_name
from twisted_chat.patterns import read_pattern
from twisted_chat.refused import BadRequest, NameNotAllowed, Refused
from twisted_chat.text import clean
from twisted_chat.verbs import TABLE, Request
from twisted_chat.verbs.past import read_how

NOW = 1_700_000_000.0


def cleaned(data: bytes) -> None:
    """What is clean is shown, and stays as it is."""
    made = clean(decoded(data))
    check_shown(made)
    assert clean(made) == made


def names(data: bytes) -> None:
    """What is a name is one, and the same, as it is shown."""
    readers: list[Callable[[str], Name]] = [user_name, room_name]
    for read in readers:
        try:
            name = read(decoded(data))
        except Unusable as why:
            check_shown(str(why))
            continue
        again = read(name.shown)
        assert (again.shown, again.key) == (name.shown, name.key)
        check_shown(name.shown)
        assert len(name.shown) <= ROOM_CHARS
        assert name.looks


def moments(data: bytes) -> None:
    """A time is one that can be shown; a span is read again from how it is written."""
    text = decoded(data)
    with suppress(Unclear):
        assert isfinite(moment(text, NOW))
    try:
        seconds = span(text)
    except Unclear:
        return
    assert 0 < seconds <= LONGEST_SPAN_SECONDS
    assert span(written(seconds)) == seconds
    assert until_words(NOW + seconds, NOW).startswith("until ")


def masks(data: bytes) -> None:
    """A mask is read again from how it is shown."""
    try:
        mask = read_mask(decoded(data))
    except (BadRequest, NameNotAllowed):
        return
    assert read_mask(str(mask)) == mask
    check_shown(str(mask))
    mask.matches("alex", None, "10.0.0.1")
    mask.matches("alex", "alex", "2001:db8::1")


def patterns(data: bytes) -> None:
    """The first line is a pattern, and looked for in the others."""
    written_down, _, line = data.partition(b"\n")
    try:
        pattern = read_pattern(decoded(written_down))
    except BadRequest as why:
        check_shown(why.text)
        return
    assert read_pattern(str(pattern)) == pattern
    assert pattern.steps >= 0
    pattern.found_in(clean(decoded(line)))
    assert not pattern.found_in("")


def how(data: bytes) -> None:
    """How much of the past somebody wants to see."""
    try:
        most, since, before = read_how(clean(decoded(data)))
    except BadRequest:
        return
    assert all(number is None or number > 0 for number in (most, before))
    assert since is None or since.strip()


def typed(data: bytes) -> None:
    """A line as the door takes it from a person, then as the client would send it."""
    try:
        asked: Request = TABLE.parse(clean(data.decode("utf-8", "replace")))
    except Refused as why:
        check_shown(why.text)
        return
    assert TABLE.of(asked) in TABLE.verbs
    assert TABLE.decode(TABLE.encode(asked, 1).decode()) is not None


def request(data: bytes) -> None:
    """A line as the door takes it from a program."""
    line = data.decode("utf-8", "replace")
    TABLE.id_of(line)
    try:
        asked = TABLE.decode(line)
    except Refused as why:
        check_shown(why.text)
        return
    again = TABLE.decode(TABLE.encode(asked).decode())
    assert TABLE.encode(again) == TABLE.encode(asked)


class Wire:
    """What telnet writes to."""

    def __init__(self) -> None:
        self.written = b""
        self.disconnecting = False

    def write(self, data: bytes) -> None:
        """What it answers."""
        self.written += data

    def loseConnection(self) -> None:
        """It gives up."""
        self.disconnecting = True


def telnet(data: bytes) -> None:
    """The same is heard wherever it is cut, with a password asked for or not."""
    first, second = halves(data)
    for hidden in (False, True):
        assert _heard([first, second], hidden) == _heard([first + second], hidden)


def _heard(pieces: list[bytes], hidden: bool) -> tuple[bytes, bytes, int, bool]:
    taken: list[bytes] = []
    left: list[None] = []
    wire = Wire()
    peer = Telnet(taken.append, lambda: left.append(None))
    peer.makeConnection(wire)
    peer.hide_typing(hidden)
    for piece in pieces:
        peer.dataReceived(piece)
    peer.hide_typing(False)
    return b"".join(taken), wire.written, len(left), wire.disconnecting
