"""TLS certificates that change while the server listens: who connects next is shown the new one.

Twisted alone reads the strings of endpoints.  It hands what comes of the files that they name to
the reactor that is to listen, so that it is there that a certificate is taken out and put in.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.protocol import Factory
from zope.interface import directlyProvides, implementer, providedBy

from twisted_chat.operator_files import BadFile

if TYPE_CHECKING:
    from OpenSSL.SSL import Connection
    from twisted.internet.ssl import CertificateOptions


CIPHERS = b":".join(
    exchange + b"-" + cipher
    for exchange in (b"ECDHE-ECDSA", b"ECDHE-RSA", b"DHE-RSA")
    for cipher in (b"AES128-GCM-SHA256", b"AES256-GCM-SHA384", b"CHACHA20-POLY1305")
)
"""What TLS 1.2 may use, as Mozilla's intermediate configuration has it: forward secret, and with
authenticated encryption.  Twisted's own list has CBC, and RSA keys that open what was recorded.
TLS 1.3 has nothing else, and what is older is not spoken."""


class Certificates:
    """Those of all endpoints that speak TLS."""

    def __init__(self) -> None:
        self._shown: list[Shown] = []

    def reactor_for(self, description: str, reactor: Any) -> Any:
        """A reactor for an endpoint of this description, which is this one in all else."""
        return _Listening(reactor, description, self._shown)

    def read(self) -> "Sequence[CertificateOptions]":
        """What the files hold now, for each endpoint.

        :raises BadFile: one of them is of no use.
        """
        return [self._options_of(shown.description) for shown in self._shown]

    def take(self, read: "Sequence[CertificateOptions]") -> list[str]:
        """Show what was read from now on; what has changed."""
        pairs = list(zip(self._shown, read, strict=True))
        changed = [shown.description for shown, new in pairs if _of(shown.options) != _of(new)]
        for shown, new in pairs:
            shown.options = new
        return [f"certificate of {description}" for description in changed]

    def _options_of(self, description: str) -> "CertificateOptions":
        asked = _Asked()
        try:
            serverFromString(asked, description).listen(Factory())
            return _checked(asked.options)
        except Exception as why:
            # Files and libraries fail in ways of their own; all of them mean the same here.
            raise BadFile(f"{_words(why)}: {description}") from None


@implementer(IOpenSSLServerConnectionCreator)
class Shown:
    """The certificate of one endpoint, as it is now."""

    def __init__(self, description: str, options: "CertificateOptions") -> None:
        self.description = description
        self.options = options

    def serverConnectionForTLS(self, tlsProtocol: object) -> "Connection":
        # Imported where there is TLS, as it takes a while.
        from OpenSSL.SSL import Connection

        return Connection(self.options.getContext(), None)


class _Listening:
    """A reactor that listens with a certificate that can be changed."""

    def __init__(self, reactor: Any, description: str, shown: list[Shown]) -> None:
        self._reactor = reactor
        self._description = description
        self._all = shown
        directlyProvides(self, *providedBy(reactor))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def listenSSL(
        self,
        port: int,
        factory: Factory,
        contextFactory: "CertificateOptions",
        backlog: int = 50,
        interface: str = "",
    ) -> Any:
        shown = Shown(self._description, _checked(contextFactory))
        listening = self._reactor.listenSSL(port, factory, shown, backlog, interface)
        self._all.append(shown)
        return listening


class _Asked:
    """Listens to nothing, and keeps what it would show."""

    options: "CertificateOptions"

    def listenSSL(
        self, port: int, factory: Factory, contextFactory: "CertificateOptions", **_: object
    ) -> None:
        self.options = contextFactory


def _checked(options: "CertificateOptions") -> "CertificateOptions":
    """The same, if key and certificate belong together, for what is safe to speak.

    :raises BadFile: they do not.
    """
    # Imported where there is TLS, as it takes a while.
    from OpenSSL.SSL import TLS1_2_VERSION

    try:
        context = options.getContext()
        context.set_cipher_list(CIPHERS)
        context.set_min_proto_version(TLS1_2_VERSION)
    except Exception as why:
        raise BadFile(_words(why)) from None
    return options


def _of(options: "CertificateOptions") -> list[bytes]:
    """What is shown, to be compared."""
    chain = (options.certificate, *options.extraCertChain)
    return [one.digest("sha256") for one in chain if one is not None]


def _words(why: Exception) -> str:
    if isinstance(why, OSError) and why.strerror:
        return f"{why.strerror}: {why.filename}"
    if why.args and isinstance(why.args[0], list) and why.args[0]:
        # OpenSSL's errors: library, function, reason.
        return f"TLS cannot use it ({why.args[0][0][-1]})"
    return str(why).partition("\n")[0].rstrip(".") or type(why).__name__
