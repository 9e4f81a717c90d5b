"""Who may act at the web door, by which names it is reached, and where its guests come from."""

import socket
from ipaddress import ip_network

import pytest

from twisted_chat.doors.web.origins import Origins, is_here, is_origin
from twisted_chat.limits import Limits
from twisted_chat.session import Session
from twisted_chat.testing import MemoryServer
from twisted_chat.testing_web import NAME, BrowserEnd, Response

CHAT = "https://chat.example.org"
PROXY = "10.0.0.1"
PROXIES = (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))


AFAR = "198.51.100.7"
"""Where somebody is who comes by the network."""


def asked(server: MemoryServer, host: str, path: str = "/", peer: str = AFAR) -> Response:
    """What is answered to who asks by that name."""
    end = server.web_connection(peer)
    end.request("GET", path, name=host)
    answer = end.response()
    end.hang_up()
    return answer


# By which name.


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:6780", "192.0.2.7:80", "[::1]", "[::1]:6780", "[2001:db8::1]"),
        *("localhost", "LocalHost:6780", "server", "nas.local", "chat.lan:6780", "a.b.internal"),
        *("chat.localhost", "pi.home.arpa", "chat.example.org", "CHAT.EXAMPLE.ORG:8443"),
    ],
)
def test_answers_under_names_that_no_stranger_can_own(host: str) -> None:
    """And under those that the operator gave, in any case and at any port."""
    assert asked(MemoryServer(origins=[CHAT]), host).code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:6780", "chat.example.org.evil.example", "example.org"),
        *("127.0.0.1.evil.example", "xchat.example.org", "local.evil.example", "evil.localx"),
        *("127.0.0.1.", "0x7f.1", "127.1", "localhost.", "evil.example.", ".", "..", "a..b"),
        *("127.0.0.1@evil.example", "evil.example@127.0.0.1", "127.0.0.1,evil.example"),
        *("127.0.0.1/evil.example", "evil.example/127.0.0.1", "127.0.0.1?x", "localhost#x"),
        *("[::1", "[::1].evil.example", "[evil.example]", "::1", ":6780", "", "127.0.0.1:x"),
        *("127.0.0.1:99999", "127.0.0.1:6780:6780", "127.0.0.1:6780,evil.example", "local host"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/ws", "/nothing"])
def test_answers_under_no_other_name(host: str, path: str) -> None:
    """Its owner could have it lead here, and be taken for us (DNS rebinding)."""
    assert asked(MemoryServer(origins=[CHAT]), host, path).code in (400, 421)


@pytest.mark.parametrize(
    "hosts",
    [
        b"",
        b"Host: 127.0.0.1\r\nHost: evil.example\r\n",
        b"Host: evil.example\r\nHost: localhost\r\n",
        b"Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n",
    ],
    ids=["none", "two", "two, the other way", "the same twice"],
)
def test_answers_to_no_request_that_does_not_say_one_name(hosts: bytes) -> None:
    """It is not for us to choose (RFC 9112, section 3.2)."""
    end = MemoryServer().web_connection()
    end.send(b"GET / HTTP/1.1\r\n%b\r\n" % hosts)
    assert end.received()[9:12] in (b"400", b"421")


def test_says_how_a_name_is_given() -> None:
    """To the operator, who is likely the first to see it."""
    answer = asked(MemoryServer(), "chat.example.org")
    assert (answer.code, "--web-origin" in answer.text) == (421, True)


# Which pages.

OWN = f"http://{NAME}"
FOREIGN = (
    *(None, "null", "", "http://evil.example", "http://127.0.0.1:6781", "http://127.0.0.1"),
    *(f"https://{NAME}", f"{OWN}.evil.example", f"{OWN}@evil.example", "http://localhost:6780"),
    *(f"{OWN}/", f"{OWN}/page", f"ws://{NAME}", "file://", f"{OWN},{OWN}", f"{OWN} {OWN}"),
    *(f"http://evil.example#{OWN}", f"http://user@{NAME}", "http://[::1]:6780", "http://"),
)


@pytest.mark.parametrize("origin", FOREIGN, ids=str)
def test_opens_no_websocket_to_a_foreign_page(origin: str | None) -> None:
    """403, and nothing of a chat comes into being for it."""
    server = MemoryServer(origins=[CHAT])
    end = server.web_socket(origin=origin)
    assert end.refusal is not None
    assert end.refusal.code == 403
    assert not end.open
    assert not server.house.sessions


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        *((NAME, OWN), (NAME, OWN.upper()), (NAME, CHAT), (NAME, f"{CHAT}:443")),
        *(("localhost", "http://localhost"), ("localhost:80", "http://localhost")),
        *(("[::1]:6780", "http://[::1]:6780"), ("nas.local", "http://nas.local:80")),
    ],
)
def test_opens_a_websocket_to_its_own_page(name: str, origin: str) -> None:
    """By whichever name it was reached; and to those that the operator named."""
    assert MemoryServer(origins=[CHAT]).web_socket(AFAR, name=name, origin=origin).open


@pytest.mark.parametrize(
    ("host", "code"),
    [
        *(("127.0.0.1:6780", 200), ("localhost", 200), ("[::1]", 200), ("chat.example.org", 200)),
        *((socket.gethostname(), 200), ("evil.local", 421), ("server", 421), ("x.lan", 421)),
    ],
)
def test_trusts_no_name_of_the_network_where_it_is_on_loopback(host: str, code: int) -> None:
    """Whoever runs the network could have such a name lead to this machine itself."""
    assert asked(MemoryServer(origins=[CHAT]), host, peer="127.0.0.1").code == code


@pytest.mark.parametrize("host", ["127.0.0.1:99999", "127.0.0.1:x", "[", "a,b"])
@pytest.mark.parametrize("origin", [None, "", "null", "file://", "http://a:x"])
def test_takes_what_is_no_origin_for_nobody_s(host: str, origin: str | None) -> None:
    """Neither by a name that is none."""
    assert not Origins([CHAT]).may_talk(origin, host, secure=False)


@pytest.mark.parametrize("secure", [False, True])
def test_tells_a_page_by_tls_from_one_without(secure: bool) -> None:
    """They are not of the same origin."""
    origins = Origins()
    assert origins.may_talk("https://x", "x", secure) is secure
    assert origins.may_talk("http://x", "x", secure) is not secure
    assert origins.may_talk("https://x:443", "x", secure) is secure


@pytest.mark.parametrize(
    ("text", "right"),
    [
        *((CHAT, True), ("http://127.0.0.1:6780", True), ("http://[::1]", True)),
        *((f"{CHAT}/", False), (f"{CHAT}/chat", False), ("chat.example.org", False), ("*", False)),
        *(("ftp://x", False), ("https://", False), ("https://x:y", False), ("null", False)),
        *(("https://a@b", False), ("https://x?y", False), ("", False)),
    ],
)
def test_knows_what_an_origin_is(text: str, right: bool) -> None:
    """As an operator writes it."""
    assert is_origin(text) is right


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *(("localhost:6780", True), ("127.0.0.1", True), ("127.8.8.8:1", True), ("[::1]", True)),
        *(("x.localhost", True), ("192.0.2.1", False), ("nas.local", False), ("", False)),
        *(("localhost.evil.example", False), ("127.0.0.1.evil.example", False)),
    ],
)
def test_knows_which_names_are_this_machine_s(host: str, here: bool) -> None:
    """For who registers first, and must be its owner."""
    assert is_here(host) is here


# Whence.


def come(server: MemoryServer, host: str | None, name: str = "Kim", **headers: str) -> BrowserEnd:
    """Somebody who comes in from there, by a proxy that says this of them."""
    said = {key.replace("_", "-"): value for key, value in headers.items()}
    end = server.web_socket(host, headers=said)
    if end.open:
        end.ask(type="hello", v=1, name=name)
    return end


def sessions(server: MemoryServer) -> list[Session]:
    """All that there are."""
    return [one for one in server.house.sessions if isinstance(one, Session)]


def address(server: MemoryServer, name: str = "Kim") -> str:
    """Whence somebody is here, as the house sees it."""
    users = {str(one.user.name): one for one in sessions(server) if one.user is not None}
    return str(users[name].address)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("6.6.6.6, 192.0.2.7", "192.0.2.7"),
        ("6.6.6.6,192.0.2.7 , 10.0.0.2", "192.0.2.7"),
        ("6.6.6.6, 192.0.2.7, 10.0.0.2,10.0.0.3", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("192.0.2.7, fd00::5", "192.0.2.7"),
        ("192.0.2.7, ::ffff:10.0.0.9", "192.0.2.7"),
        ("10.0.0.2", PROXY),
        ("", PROXY),
        ("unknown", PROXY),
        ("6.6.6.6, unknown", PROXY),
        ("6.6.6.6, 192.0.2.7:5000", PROXY),
        ("6.6.6.6, <script>", PROXY),
        ("6.6.6.6, 192.0.2.7,", PROXY),
        ("6.6.6.6, _hidden, 10.0.0.2", PROXY),
    ],
)
def test_believes_a_proxy_that_was_named(said: str, taken: str) -> None:
    """It wrote down the last address that is no proxy's; what stands left of that anybody may have
    written, and what is left of something that is no address too."""
    server = MemoryServer(proxies=PROXIES)
    come(server, PROXY, X_Forwarded_For=said)
    assert address(server) == taken


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.9", "10.0.1.1", None])
def test_believes_nobody_else(host: str | None) -> None:
    """Whatever they say; but who says it is not taken for somebody on this machine."""
    server = MemoryServer(proxies=PROXIES)
    come(server, host, X_Forwarded_For="192.0.2.7")
    assert address(server) == str(host)
    (session,) = sessions(server)
    assert not session.local


def test_believes_proxies_on_unix_sockets_where_they_were_named() -> None:
    """They have no address of their own."""
    server = MemoryServer(proxies_unix=True)
    come(server, None, X_Forwarded_For="192.0.2.7")
    come(server, None, "Sam", X_Forwarded_For="nonsense")
    assert (address(server), address(server, "Sam")) == ("192.0.2.7", "None")


@pytest.mark.parametrize(
    ("host", "name", "local"),
    [
        *(("127.0.0.1", NAME, True), ("::1", "[::1]:6780", True), (None, "localhost", True)),
        *(("192.0.2.1", "nas.local", False), ("192.0.2.1", "127.0.0.1", False)),
    ],
)
def test_knows_who_is_on_this_machine(host: str | None, name: str, local: bool) -> None:
    """By the address and the name that they reached it by."""
    server = MemoryServer()
    end = server.web_socket(host, name=name, origin=f"http://{name}")
    end.ask(type="hello", v=1, name="Kim")
    (session,) = sessions(server)
    assert session.local is local


def test_takes_no_word_of_a_proxy_for_being_on_this_machine() -> None:
    """Anybody may say that of themselves."""
    server = MemoryServer(proxies=PROXIES)
    come(server, PROXY, X_Forwarded_For="127.0.0.1")
    (session,) = sessions(server)
    assert not session.local


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_believes_a_proxy_about_tls(scheme: str) -> None:
    """It is the proxy's page then, by TLS or without."""
    server = MemoryServer(proxies=PROXIES)
    for origin in ("http", "https"):
        end = server.web_socket(
            PROXY, origin=f"{origin}://{NAME}", headers={"X-Forwarded-Proto": scheme}
        )
        assert end.open is (origin == scheme)
    stranger = server.web_socket(origin=f"https://{NAME}", headers={"X-Forwarded-Proto": "https"})
    assert not stranger.open


# How many.


def test_counts_the_connections_of_an_address_at_all_doors() -> None:
    """One limit, however they come."""
    server = MemoryServer(Limits(connections_per_address=3))
    server.person("Alex")
    kim = server.browser("Kim")
    asks = server.web_connection()
    told = server.web_connection()
    assert told.received().startswith(b"HTTP/1.1 429 Too Many Requests")
    assert told.closed
    assert server.connect().closed
    asks.hang_up()
    assert not server.connect().closed
    kim.hang_up()
    assert not server.web_connection().closed
    assert server.house.figures.turned_away["too_many"] == 2


def test_counts_new_connections_of_an_address_at_all_doors() -> None:
    """Those of a minute."""
    server = MemoryServer(Limits(connects_per_minute=2))
    server.connect()
    server.web_connection()
    assert server.web_connection().closed
    assert server.connect().closed
    server.advance(30)
    assert not server.web_connection().closed


def test_counts_those_behind_a_proxy_by_their_own_addresses() -> None:
    """The proxy itself may bring any number; who is too many is told so."""
    server = MemoryServer(Limits(connections_per_address=2), proxies=PROXIES)
    ends = [come(server, PROXY, f"u{n}", X_Forwarded_For=f"192.0.2.{n}") for n in range(1, 6)]
    assert all(end.open for end in ends)
    ends.append(come(server, PROXY, "Sam", X_Forwarded_For="192.0.2.1"))
    refused = come(server, PROXY, "Joe", X_Forwarded_For="192.0.2.1").refusal
    assert refused is not None
    assert (refused.code, "too many connections" in refused.text) == (429, True)
    ends[-1].hang_up()
    assert come(server, PROXY, "Joe", X_Forwarded_For="192.0.2.1").open


def test_forgets_none_that_it_counted() -> None:
    """However a connection ends, and whatever it was until then."""
    server = MemoryServer(Limits(connections_per_address=1), proxies=PROXIES)
    for how in ("hang_up", "drop"):
        for host in ("192.0.2.9", PROXY):
            come(server, host, X_Forwarded_For="192.0.2.7").hang_up()
            getattr(server.web_connection(host), how)()
            refused = server.web_socket(host, origin="null")
            getattr(refused, how)()
    assert not come(server, "192.0.2.9").closed
    assert not come(server, PROXY, "Sam", X_Forwarded_For="192.0.2.7").closed


def test_is_full_for_all_doors() -> None:
    """The number in all."""
    server = MemoryServer(Limits(connections=2))
    server.connect()
    first = server.web_connection()
    assert server.web_connection().closed
    first.hang_up()
    assert not server.web_connection().closed


@pytest.mark.parametrize("said", ["fe80::1%\x1b]52;c;cm0=\x07", "::1%lo", "127.0.0.1%x"])
def test_takes_no_text_for_an_address(said: str) -> None:
    """What stands behind a percent sign could be anything, and would reach terminals and logs."""
    server = MemoryServer(proxies=[ip_network("127.0.0.0/8")])
    come(server, "127.0.0.1", X_Forwarded_For=said)
    assert address(server) == "127.0.0.1"
