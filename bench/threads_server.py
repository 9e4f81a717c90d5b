"""The chat of the classic exercise, with a thread for each client: a line goes to all others.

As in the exercise, whoever speaks sends to each of the others in turn, and waits for the slowest.
It is correct where many such are not: lines may come in pieces, and never mix on the way out.
"""

import socket
import threading
from typing import BinaryIO


class Client:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def lines(self) -> BinaryIO:
        """What it says."""
        return self._connection.makefile("rb")

    def send(self, line: bytes) -> None:
        """Tell it something, whole, whoever else does so now."""
        with self._sending:
            self._connection.sendall(line)


clients: dict[Client, None] = {}
clients_lock = threading.Lock()


def handle_client(connection: socket.socket) -> None:
    """Pass on what one client says, until it leaves."""
    client = Client(connection)
    with clients_lock:
        clients[client] = None
    client.send(b"Welcome.\n")
    with connection, client.lines() as lines:
        try:
            for line in lines:
                broadcast(line, client)
        except OSError:
            pass
        finally:
            with clients_lock:
                del clients[client]


def broadcast(line: bytes, sender: Client) -> None:
    """Send a line to all but the one who said it."""
    with clients_lock:
        others = [client for client in clients if client is not sender]
    for client in others:
        try:
            client.send(line)
        except OSError:
            # Its own thread sees that it has gone.
            continue


def main() -> None:
    """Accept connections for ever."""
    server = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(server.getsockname()[1], flush=True)
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=handle_client, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
