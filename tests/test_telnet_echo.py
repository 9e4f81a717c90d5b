"""Telnet does not show a password, where the peer agrees to that (RFC 857)."""

import pytest

from twisted_chat.limits import OFF, Limits
from twisted_chat.testing import End, MemoryServer

IAC, NOP = b"\xff", b"\xf1"
DO, DONT, WILL, WONT = b"\xfd", b"\xfe", b"\xfb", b"\xfc"
ECHO = b"\x01"
ASKED = b"Password:\r\n"
SEEN = b"Password (it can be seen as you type):\r\n"
ASK_NAME = b"Enter your username:\r\n"
HORSE = b"correct-horse"


def knock() -> End:
    """Somebody with a telnet that negotiates, at a server where Alex has an account."""
    server = MemoryServer(Limits(logins=OFF))
    alex = server.person("Alex")
    alex.type(f"/register {HORSE.decode()}")
    alex.hang_up()
    end = server.connect()
    end.send(IAC + NOP)
    end.received()
    return end


def hears(end: End, sent: bytes) -> bytes:
    """What comes of these bytes."""
    end.send(sent)
    return end.received()


def test_hides_a_password_as_it_is_typed() -> None:
    """From the question to the end of the line, which the peer did not show either."""
    end = knock()
    assert hears(end, b"Alex\r\n") == IAC + WILL + ECHO + ASKED
    assert hears(end, IAC + DO + ECHO) == b""
    heard = hears(end, HORSE + b"\r\n")
    assert heard.startswith(b"\r\n" + IAC + WONT + ECHO + b"-> You are Alex, in #lobby")
    assert hears(end, IAC + DONT + ECHO) == b""
    assert hears(end, b"/motd\r\n") == b"-> There is no message of the day.\r\n"


def test_asks_for_the_next_password_as_for_the_first() -> None:
    """After a wrong one, and after an empty line and the name."""
    end = knock()
    assert hears(end, b"Alex\r\n") == IAC + WILL + ECHO + ASKED
    for typed in (b"wrong-horse", b""):
        end.send(IAC + DO + ECHO)
        heard = hears(end, typed + b"\r\n")
        assert heard.startswith(b"\r\n" + IAC + WONT + ECHO)
        assert heard.endswith(ASKED if typed else ASK_NAME)
        again = hears(end, IAC + DONT + ECHO + (b"" if typed else b"Alex\r\n"))
        assert again == IAC + WILL + ECHO + (b"" if typed else ASKED)
    end.send(IAC + DO + ECHO)
    assert b"You are Alex" in hears(end, HORSE + b"\r\n")


def test_shows_again_what_is_typed_though_the_peer_is_slow() -> None:
    """It agrees when the password was sent already: then there is nothing to hide any more."""
    end = knock()
    heard = hears(end, b"Alex\r\n" + HORSE + b"\r\n")
    assert heard.startswith(IAC + WILL + ECHO + ASKED + b"-> You are Alex")
    assert hears(end, IAC + DO + ECHO) == IAC + WONT + ECHO
    assert hears(end, IAC + DONT + ECHO) == b""


def test_hides_the_next_password_though_the_peer_is_slow() -> None:
    """What it agrees to last is what is wanted last."""
    end = knock()
    hears(end, b"Alex\r\n")
    end.send(IAC + DO + ECHO)
    end.send(b"\r\n")
    end.received()
    assert hears(end, b"Alex\r\n") == ASKED
    assert hears(end, IAC + DONT + ECHO) == IAC + WILL + ECHO
    assert hears(end, IAC + DO + ECHO) == b""
    assert hears(end, HORSE + b"\r\n").startswith(b"\r\n" + IAC + WONT + ECHO)


def test_says_that_a_password_can_be_seen_where_the_peer_shows_it() -> None:
    """Once it has refused to hide it; and it is not asked again."""
    end = knock()
    hears(end, b"Alex\r\n")
    assert hears(end, IAC + DONT + ECHO) == b""
    assert hears(end, b"\r\n") == ASK_NAME
    assert hears(end, b"Alex\r\n") == SEEN
    assert b"You are Alex" in hears(end, HORSE + b"\r\n")


@pytest.mark.parametrize("asked", [DO, DONT])
def test_echoes_for_nobody_who_only_asks(asked: bytes) -> None:
    """It is not the peer who decides that."""
    end = knock()
    answer = {DO: IAC + WONT + ECHO, DONT: b""}
    assert hears(end, IAC + asked + ECHO) == answer[asked]


def test_bears_any_answer_at_any_time() -> None:
    """Whatever a peer says of its echo, and when, the password is asked for and taken."""
    for answers in range(3**4):
        end = knock()
        for step in (b"Alex\r\n", b"\r\n", b"Alex\r\n", HORSE + b"\r\n"):
            end.send(step)
            answer = (b"", DO, DONT)[answers % 3]
            answers //= 3
            end.send(IAC + answer + ECHO if answer else b"")
        assert b"You are Alex, in #lobby" in end.received()
