"""A chat on asyncio with uvloop: a line is a `transport.write` to each of the others."""

import asyncio
from typing import ClassVar, cast

import uvloop


class Chat(asyncio.Protocol):
    """One connection."""

    everyone: ClassVar[set["Chat"]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._rest = b""
        self.everyone.add(self)
        self._transport.write(b"Welcome.\n")

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            line += b"\n"
            for other in self.everyone:
                if other is not self:
                    other._transport.write(line)

    def connection_lost(self, exc: Exception | None) -> None:
        self.everyone.discard(self)


async def main() -> None:
    """Serve until told to stop."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Chat, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
