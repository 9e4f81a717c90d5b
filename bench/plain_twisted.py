"""A chat on Twisted as it is usually written: a `transport.write` to each of the others."""

from typing import Any, ClassVar

from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure


class Chat(LineOnlyReceiver):
    """One connection."""

    delimiter = b"\n"
    transport: Any
    everyone: ClassVar[set["Chat"]] = set()

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        self.everyone.add(self)
        self.transport.write(b"Welcome.\n")

    def lineReceived(self, line: bytes) -> None:
        line += b"\n"
        for other in self.everyone:
            if other is not self:
                other.transport.write(line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.everyone.discard(self)


def main() -> None:
    """Serve until told to stop."""
    endpoint = TCP4ServerEndpoint(reactor, 0, backlog=4096, interface="127.0.0.1")
    listening = endpoint.listen(Factory.forProtocol(Chat))
    listening.addCallback(lambda port: print(port.getHost().port, flush=True))
    reactor.run()


if __name__ == "__main__":
    main()
