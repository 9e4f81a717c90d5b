"""TLS certificates that change while the server listens."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from certificates import Key, ec_key, rsa_key, self_signed
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactor
from twisted.python.failure import Failure

from twisted_chat.certificates import Certificates
from twisted_chat.operator_files import BadFile

# Twisted hands OpenSSL objects of a kind that goes away.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")


class Port:
    """An endpoint that listens in memory, with its certificate in a file."""

    def __init__(
        self,
        folder: Path,
        description: str = "ssl:6790:privateKey={pem}",
        key: Key | None = None,
    ) -> None:
        self.pem = folder / "chat.pem"
        self.pem.write_bytes(self_signed("first.example", key=key))
        self.reactor = MemoryReactor()
        self.certificates = Certificates()
        self.description = description.format(pem=self.pem)
        listening = self.certificates.reactor_for(self.description, self.reactor)
        self.listens = serverFromString(listening, self.description).listen(Factory())

    def connect(self, context: SSL.Context | None = None) -> tuple[SSL.Connection, SSL.Connection]:
        """Somebody who has shaken hands, and the server's end."""
        client = SSL.Connection(context or SSL.Context(SSL.TLS_CLIENT_METHOD), None)
        server = self.reactor.sslServers[0][2].serverConnectionForTLS(None)
        client.set_connect_state()
        server.set_accept_state()
        for _ in range(3):
            pass_on(client, server)
            pass_on(server, client)
        return client, server

    def reload(self) -> list[str]:
        """Read the files again and take them over; what has changed."""
        return self.certificates.take(self.certificates.read())


def pass_on(sender: SSL.Connection, receiver: SSL.Connection) -> None:
    """Have one go on, and the other get what it sends."""
    with suppress(SSL.WantReadError):
        sender.do_handshake()
    with suppress(SSL.WantReadError):
        receiver.bio_write(sender.bio_read(1 << 16))


def shown(client: SSL.Connection) -> bytes:
    """The certificate that somebody was shown."""
    certificate = client.get_peer_certificate(as_cryptography=True)
    assert certificate is not None
    return certificate.fingerprint(SHA256())


def of(pem: bytes) -> bytes:
    """The certificate of a file."""
    return x509.load_pem_x509_certificate(pem).fingerprint(SHA256())


@pytest.fixture
def port(tmp_path: Path) -> Port:
    """One that shows its first certificate."""
    return Port(tmp_path)


@pytest.mark.parametrize("kind", ["", "haproxy:"])
def test_shows_the_new_certificate_to_who_connects_next(tmp_path: Path, kind: str) -> None:
    """And who is connected notices nothing; the port is the one that was open all the time."""
    port = Port(tmp_path, kind + "ssl:6790:privateKey={pem}:interface=127.0.0.1:backlog=7")
    first, second = port.pem.read_bytes(), self_signed("second.example")
    client, server = port.connect()
    port.pem.write_bytes(second)
    assert shown(port.connect()[0]) == of(first)
    assert port.reload() == [f"certificate of {port.description}"]
    assert shown(port.connect()[0]) == of(second)
    assert shown(client) == of(first)
    client.send(b"still here")
    server.bio_write(client.bio_read(1000))
    assert server.recv(1000) == b"still here"
    assert len(port.reactor.sslServers) == 1
    number, _, _, backlog, interface = port.reactor.sslServers[0]
    assert (number, backlog, interface) == (6790, 7, "127.0.0.1")


def test_says_nothing_of_a_certificate_that_is_the_same(port: Port) -> None:
    """A reload for another reason does not talk of it."""
    assert port.reload() == []


def test_sees_that_the_chain_has_changed(tmp_path: Path) -> None:
    """An authority may renew its own certificate alone."""
    chain = tmp_path / "chain.pem"
    chain.write_bytes(self_signed("one.example"))
    port = Port(tmp_path, f"ssl:6790:privateKey={{pem}}:extraCertChain={chain}")
    chain.write_bytes(self_signed("two.example"))
    assert port.reload() == [f"certificate of {port.description}"]


def mismatched() -> bytes:
    """A certificate, and the key of another."""
    one, other = self_signed(), self_signed()
    return one.partition(b"-----BEGIN PRIVATE")[0] + b"".join(other.partition(b"-----BEGIN PR")[1:])


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        (b"", r"TLS cannot use it \(.+\)"),
        (b"no certificate\n", r"TLS cannot use it \(.+\)"),
        (self_signed()[:300], r"TLS cannot use it \(.+\)"),
        (mismatched(), "Certificate public and private keys do not match"),
        (None, "No such file or directory: {pem}"),
    ],
)
def test_keeps_the_old_one_where_the_new_one_is_of_no_use(
    port: Port, pem: bytes | None, said: str
) -> None:
    """A file that is half written, or belongs to another key, says so in a line."""
    first = of(port.pem.read_bytes())
    if pem is None:
        port.pem.unlink()
    else:
        port.pem.write_bytes(pem)
    with pytest.raises(BadFile, match=f"^{said.format(pem=port.pem)}: {port.description}$"):
        port.certificates.read()
    assert shown(port.connect()[0]) == first


def test_looks_at_all_that_a_certificate_needs(tmp_path: Path) -> None:
    """What OpenSSL would read when the first one connects is read before."""
    parameters = tmp_path / "dh.pem"
    parameters.write_text("no parameters")
    port = Port(tmp_path, f"ssl:6790:privateKey={{pem}}:dhParameters={parameters}")
    failed: list[Failure] = []
    port.listens.addErrback(failed.append)
    assert str(failed[0].value).startswith("TLS cannot use it (")
    assert failed[0].check(BadFile)
    assert port.reactor.sslServers == []


def test_is_the_reactor_in_all_else(tmp_path: Path) -> None:
    """What has no TLS listens as ever, and has no certificate to change."""
    port = Port(tmp_path, "tcp:6789:interface=127.0.0.1")
    assert [each[0] for each in port.reactor.tcpServers] == [6789]
    assert port.reload() == []


def test_reads_all_before_any_is_taken(tmp_path: Path) -> None:
    """Where the second of two is broken, the first stays as it was, too."""
    port = Port(tmp_path)
    other = tmp_path / "other.pem"
    other.write_bytes(self_signed())
    description = f"ssl:6791:privateKey={other}"
    reactor = port.certificates.reactor_for(description, port.reactor)
    serverFromString(reactor, description).listen(Factory())
    first = of(port.pem.read_bytes())
    port.pem.write_bytes(self_signed())
    other.write_bytes(b"")
    with pytest.raises(BadFile, match=description):
        port.reload()
    assert shown(port.connect()[0]) == first


SEALED = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
EC_CIPHERS = {f"ECDHE-ECDSA-{cipher}" for cipher in SEALED}
RSA_CIPHERS = {f"{exchange}-RSA-{cipher}" for exchange in ("ECDHE", "DHE") for cipher in SEALED}
"""What is to be spoken with a key of that kind.  Static RSA takes an RSA key."""


def old(cipher: str, version: int) -> SSL.Context:
    """Somebody who speaks that version at most, and of the older ciphers that one alone."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_cipher_list(f"{cipher}:@SECLEVEL=0".encode())
    context.set_max_proto_version(version)
    return context


@pytest.mark.parametrize("reloads", [False, True])
@pytest.mark.parametrize(("made", "safe"), [(ec_key, EC_CIPHERS), (rsa_key, RSA_CIPHERS)])
def test_speaks_nothing_that_is_not_safe(
    tmp_path: Path,
    made: Callable[[], Key],
    safe: set[str],
    reloads: bool,
    record_property: Callable[[str, object], None],
) -> None:
    """Of all that OpenSSL knows, what is forward secret and authenticated; after a reload too."""
    key = made()
    port = Port(tmp_path, key=key)
    if reloads:
        port.pem.write_bytes(self_signed("second.example", key=key))
        port.reload()
    everything = SSL.Connection(old("ALL:COMPLEMENTOFALL", SSL.TLS1_2_VERSION), None)
    tried = [name for name in everything.get_cipher_list() if not name.startswith("TLS_")]
    spoken = []
    for cipher in tried:
        with suppress(SSL.Error):
            client, _ = port.connect(old(cipher, SSL.TLS1_2_VERSION))
            spoken += [cipher] if client.get_cipher_name() else []
    record_property("ciphers tried, spoken", (len(tried), spoken))
    assert set(spoken) == safe


@pytest.mark.parametrize("version", [SSL.TLS1_VERSION, SSL.TLS1_1_VERSION])
def test_speaks_no_old_version(port: Port, version: int) -> None:
    """TLS 1.2 is the oldest."""
    with pytest.raises(SSL.Error):
        port.connect(old("ALL", version))
