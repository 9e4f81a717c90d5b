"""How the stdio client proves whose a name is, and keeps it to itself, by calling it."""

import pytest
from conversations import World, back, begun, error, go_back, joined, kinds, ok, welcome

from twisted_chat import answers
from twisted_chat.client.asking import Asked
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.private import public
from twisted_chat.client.proof import NO_PROOF, password, token
from twisted_chat.verbs import TABLE

PASSWORD = "correct horse"
NEEDED = "-> Alex needs a password. Enter alone asks for another name."


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def talk(world: World) -> Conversation:
    """A conversation that shows its menu."""
    return begun(world)


@pytest.fixture
def chat(talk: Conversation, world: World) -> Conversation:
    """A conversation in the chat."""
    return joined(talk, world)


@pytest.fixture
def asked(talk: Conversation, world: World) -> Conversation:
    """A conversation that asks for a password."""
    talk.typed("1")
    talk.typed("Alex")
    world.shown(), world.sent()
    talk.heard(error("name_owned"))
    return talk


# The question.


@pytest.mark.parametrize("code", ["name_owned", "guests_not_allowed"])
def test_asks_for_the_password_of_a_name(talk: Conversation, world: World, code: str) -> None:
    """Where the name is somebody's, and where only accounts come in."""
    talk.typed("1")
    talk.typed("Alex")
    assert not talk.hidden
    world.shown(), world.sent()
    talk.heard(error(code))
    assert (talk.prompt, talk.hidden, talk.takes(PASSWORD)) == ("Password: ", True, True)
    talk.typed(PASSWORD)
    assert world.shown() == [NEEDED, "Joining the chat as Alex..."]
    (hello,) = world.sent()
    assert (hello["name"], hello["password"]) == ("Alex", PASSWORD)
    talk.heard(welcome(resume=""))
    assert (talk.prompt, talk.hidden) == ("You: ", False)


@pytest.mark.parametrize("code", ["wrong_password", "too_many_tries", "too_busy"])
def test_asks_for_the_password_again(asked: Conversation, world: World, code: str) -> None:
    """Who types it once more has not given it for a name."""
    asked.typed(PASSWORD)
    world.shown()
    asked.heard(error(code, "That was nothing."))
    assert world.shown() == ["-> That was nothing.", NEEDED]
    assert (asked.prompt, asked.hidden) == ("Password: ", True)
    asked.typed(PASSWORD)
    assert world.sent()[-1]["name"] == "Alex"


def test_asks_for_the_name_again_where_the_password_was_right(
    asked: Conversation, world: World
) -> None:
    """Another one would not help."""
    asked.typed(PASSWORD)
    asked.heard(error("banned"))
    assert (asked.prompt, asked.hidden) == ("Enter your username: ", False)


def test_asks_for_the_name_again_without_a_password(asked: Conversation, world: World) -> None:
    """Nothing is sent for it."""
    asked.typed("")
    assert asked.prompt == "Enter your username: "
    assert world.sent() == []


def test_keeps_asking_when_the_connection_goes(asked: Conversation, world: World) -> None:
    """The password is sent on the next one."""
    asked.lost("No name within 60 seconds.", 2.0)
    asked.typed(PASSWORD)
    assert world.wanted
    asked.connected()
    assert world.sent()[-1]["password"] == PASSWORD
    asked.lost("The server is full.", 2.0)
    asked.connected()
    assert world.sent()[-1]["password"] == PASSWORD


def test_proves_the_name_that_it_was_started_with(world: World) -> None:
    """And no other one, when that is refused."""
    talk = Conversation(world, "tcp:test:1", "t", name="Alex", proof=token("from a file"))
    talk.start()
    talk.connected()
    assert world.sent()[-1]["token"] == "from a file"
    talk.heard(error("wrong_password"))
    talk.typed("Sam")
    assert "token" not in world.sent()[-1]


def test_shows_all_rooms_of_an_account(talk: Conversation, world: World) -> None:
    """It may have been in several when it left."""
    talk.typed("1")
    talk.typed("Alex")
    world.shown()
    talk.heard(welcome(resume="", rooms=["#lobby", "#dev"]))
    assert world.shown() == ["-> You are in #lobby, #dev."]
    assert talk.known.rooms.beginning("#d") == ["#dev"]


# Registering.


@pytest.mark.parametrize("code", ["", "an-invitation"])
def test_registers_who_has_no_name_yet(talk: Conversation, world: World, code: str) -> None:
    """The password is sent, shown nowhere, and good for coming back."""
    talk.typed("1")
    world.shown(), world.sent()
    talk.typed(f"/register Alex secret-word {code}")
    (hello,) = world.sent()
    told = [hello.get(key, "") for key in ("name", "register", "password", "code")]
    assert told == ["Alex", True, "secret-word", code]
    talk.heard(answers.Notice(code="registered", text="The name Alex is yours."))
    talk.heard(welcome(resume=""))
    assert world.shown()[:2] == ["Registering as Alex...", "-> The name Alex is yours."]
    assert proof_after(talk, world) == {"password": "secret-word"}


@pytest.mark.parametrize("why", ["name_owned", "registration_closed", "too_many_tries"])
def test_asks_for_another_name_where_it_cannot_be_had(
    talk: Conversation, world: World, why: str
) -> None:
    """There is no password to ask for."""
    talk.typed("1")
    talk.typed("/register Alex secret-word")
    world.shown()
    talk.heard(error(why, "No."))
    assert (world.shown(), talk.prompt) == (["-> No."], "Enter your username: ")


def test_registers_on_the_next_connection(talk: Conversation, world: World) -> None:
    """Where this one is lost before there was an answer."""
    talk.typed("1")
    talk.typed("/register Alex secret-word")
    talk.lost("", 2.0)
    talk.connected()
    assert [hello["register"] for hello in world.sent()] == [True, True]


# After a break.


def proof_after(chat: Conversation, world: World) -> dict[str, str]:
    """What it shows the server when it comes back."""
    chat.lost("", 2.0)
    chat.connected()
    hello = world.sent()[-1]
    return {key: hello[key] for key in ("password", "token", "resume") if key in hello}


@pytest.mark.parametrize("proof", [password(PASSWORD), token(PASSWORD)])
def test_comes_back_with_what_it_came_with(world: World, proof: object) -> None:
    """Nobody is asked for it again."""
    talk = Conversation(world, "tcp:test:1", "t", name="Alex", proof=proof)  # type: ignore[arg-type]
    talk.start()
    talk.connected()
    talk.heard(welcome(resume=""))
    world.sent()
    assert list(proof_after(talk, world).values()) == [PASSWORD]


@pytest.mark.parametrize(
    ("line", "proof"),
    [
        (f"/register {PASSWORD.replace(' ', '')}", {"password": "correcthorse"}),
        ("/passwd old new", {"password": "new"}),
        ("/drop old", {}),
        ("/tokens", {"resume": "a secret of a guest"}),
    ],
)
def test_follows_what_proves_who_it_is(
    chat: Conversation, world: World, line: str, proof: dict[str, str]
) -> None:
    """From the moment that the server has done it."""
    chat.typed(line)
    chat.heard(ok(1))
    assert proof_after(chat, world) == proof


def test_proves_nothing_new_with_what_was_refused(chat: Conversation, world: World) -> None:
    """The old secret is still the right one."""
    chat.typed("/register x")
    chat.heard(error("password_not_allowed", request_id=1))
    assert "password" not in proof_after(chat, world)


def test_is_in_the_rooms_of_its_other_sessions(chat: Conversation, world: World) -> None:
    """What the owner of an account did elsewhere meanwhile stands."""
    chat.typed("/register secret")
    chat.heard(ok(1))
    back(chat, world)
    chat.heard(welcome(resume="", rooms=["#lobby", "#dev"]))
    go_back(chat, world)
    assert world.shown() == ["You are Alex again, in #lobby, #dev."]


# Becoming somebody else.


def test_goes_on_as_the_owner_of_an_account(chat: Conversation, world: World) -> None:
    """In the account's rooms, and with its password after a break."""
    chat.typed("/login Sam secret")
    assert not chat.takes("for whichever room it will be")
    sam = welcome("Sam", room="#dev", rooms=["#lobby", "#dev"], resume="")
    chat.heard(sam.to("t-1"))
    assert world.shown()[0] == "-> You are Sam, in #dev. Nobody else is here yet."
    chat.typed("hello")
    assert world.sent()[-1]["room"] == "#dev"
    chat.heard(ok(2))
    assert proof_after(chat, world) == {"password": "secret"}
    chat.heard(welcome("Sam", resume="", room="#lobby", rooms=["#lobby", "#dev"]))
    go_back(chat, world)
    assert world.shown()[-1] == "You are Sam again, in #lobby, #dev."


def test_asks_for_another_name_after_a_logout(chat: Conversation, world: World) -> None:
    """On the same connection."""
    chat.typed("/logout")
    assert not chat.takes("not as the same one")
    chat.heard(answers.Ok(id="t-1", text="You are Alex no more."))
    assert world.shown() == ["-> You are Alex no more."]
    assert chat.prompt == "Enter your username: "
    world.sent()
    chat.typed("Sam")
    assert [request["name"] for request in world.sent()] == ["Sam"]


def test_asks_for_another_name_when_the_server_does(chat: Conversation, world: World) -> None:
    """Where only accounts come in, who gives up theirs is outside."""
    chat.typed("/drop secret")
    chat.heard(ok(1))
    chat.typed("hello")
    chat.typed("still there?")
    chat.heard(error("not_entered", "Say hello first.", 2))
    assert world.shown() == [
        "-> Say hello first.",
        "These lines may not have arrived:",
        "  still there?",
    ]
    assert chat.prompt == "Enter your username: "


def test_ends_where_nobody_can_be_asked_for_another_name(world: World) -> None:
    """All that a pipe had to say was read, and the last of it was refused for want of a name."""
    talk = Conversation(world, "tcp:test:1", "t", name="Alex", attended=False)
    talk.start()
    talk.connected()
    talk.heard(welcome())
    talk.typed("hello")
    talk.ended()
    world.shown()
    talk.heard(error("not_entered", "Say hello first.", 1))
    assert world.shown() == ["-> Say hello first."]
    assert (world.code, kinds(world.sent())) == (1, ["hello", "say"])


# Secrets.


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("/register secret", "/register ..."),
        ("/register secret code", "/register ..."),
        ("/LOGIN Sam secret", "/LOGIN ..."),
        ("/passwd old new", "/passwd ..."),
        ("/drop secret", "/drop ..."),
        ("/register", "/register"),
        ("/token bot", "/token bot"),
        ("/nonsense secret", "/nonsense secret"),
        ("/", "/"),
        ("hello", "hello"),
        ("//register secret", "//register secret"),
        ("/ register secret", "/ register ..."),
        ("/register\tsecret", "/register\t..."),
        ("/login secret", "/login ..."),
        ("/drop ", "/drop "),
        ("  /register secret", "  /register ..."),
        (" //register secret", " //register secret"),
    ],
)
def test_shows_no_more_of_a_secret_than_its_verb(line: str, shown: str) -> None:
    assert public(line) == shown


def test_takes_no_verb_for_a_name(talk: Conversation, world: World) -> None:
    """Nothing is sent of it, nor shown: it may be a ``/login``."""
    talk.typed("1")
    world.shown()
    talk.typed("/login Sam secret")
    assert world.shown() == [
        "-> Give a name first; who owns it is asked for the password. q goes back to the menu.",
        "-> /register NAME PASSWORD [CODE] makes a name your own.",
    ]
    assert (world.sent(), talk.prompt) == ([], "Enter your username: ")


def test_names_no_secret_among_what_may_be_lost(chat: Conversation, world: World) -> None:
    """The line with it is shown as far as its verb."""
    chat.typed("/register secret")
    chat.lost("", 2.0)
    assert world.shown()[:2] == ["These lines may not have arrived:", "  /register ..."]


def test_shows_no_secret_in_a_traceback() -> None:
    """Neither what is kept for coming back nor what is on its way."""
    request = TABLE.parse("/login Sam secret")
    kept = [password("secret"), token("secret"), Asked(request, public("/login Sam secret"))]
    assert "secret" not in repr(kept).replace("secret=", "")
    assert not NO_PROOF
