"""Two network namespaces and a cable between them that is slow, loses packets, or is cut.

Where the kernel has `netem`, the cable is a pair of veth interfaces, which `tc` spoils.  Where it
has not, each namespace has a TUN interface, and this process carries packets from one to the other
as `netem` would.  Needs root, and `ip` and `tc`.
"""

import asyncio
import fcntl
import os
import random
import struct
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

HERE, THERE = "10.99.99.1", "10.99.99.2"

_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x1001
_PACKET_BYTES = 65_536


@dataclass(frozen=True)
class Weather:
    """What becomes of a packet in either direction."""

    delay_ms: float
    jitter_ms: float
    loss_percent: float


CUT = Weather(0, 0, 100)
"""Nothing goes through, and nobody is told."""


def inside(namespace: str) -> tuple[str, ...]:
    """A command that runs another in a namespace."""
    return ("ip", "netns", "exec", namespace)


class Cable(ABC):
    """What joins the two namespaces."""

    def __init__(self, spaces: tuple[str, str]) -> None:
        self.spaces = spaces

    @abstractmethod
    def lay(self) -> None:
        """Join them."""

    @abstractmethod
    def spoil(self, weather: Weather) -> None:
        """Have packets be late and lost from now on."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it; what belongs to the namespaces goes with them."""

    def _come_up(self) -> None:
        for name, own, other in zip(self.spaces, (HERE, THERE), (THERE, HERE), strict=True):
            _run(*inside(name), *f"ip address add {own} peer {other} dev cable".split())
            _run(*inside(name), *["ip", "link", "set", "lo", "up"])
            _run(*inside(name), *["ip", "link", "set", "cable", "up"])


class NetemCable(Cable):
    """A pair of interfaces, which the kernel spoils."""

    def lay(self) -> None:
        here, there = self.spaces
        _run(*f"ip link add cable netns {here} type veth peer name cable netns {there}".split())
        self._come_up()

    def spoil(self, weather: Weather) -> None:
        late = f"delay {weather.delay_ms}ms {weather.jitter_ms}ms loss {weather.loss_percent}%"
        for name in self.spaces:
            _run(*inside(name), *f"tc qdisc replace dev cable root netem {late}".split())

    def close(self) -> None:
        pass


class CarriedCable(Cable):
    """Two interfaces, and this process between them."""

    def __init__(self, spaces: tuple[str, str]) -> None:
        super().__init__(spaces)
        self._weather = Weather(0, 0, 0)
        self._ends: list[int] = []

    def lay(self) -> None:
        for name in self.spaces:
            end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            self._ends.append(end)
            passing = f"cable-{os.getpid() % 10**6}"
            fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", passing.encode(), _IFF_TUN_NO_PI))
            _run(*f"ip link set {passing} netns {name} name cable".split())
        self._come_up()
        loop = asyncio.get_running_loop()
        for end, other in (self._ends, self._ends[::-1]):
            loop.add_reader(end, self._carry, end, other)

    def spoil(self, weather: Weather) -> None:
        self._weather = weather

    def close(self) -> None:
        for end in self._ends:
            asyncio.get_running_loop().remove_reader(end)
            os.close(end)
        self._ends.clear()

    def _carry(self, end: int, other: int) -> None:
        packet = os.read(end, _PACKET_BYTES)
        weather = self._weather
        if random.random() * 100 >= weather.loss_percent:
            late = weather.delay_ms + random.uniform(-1, 1) * weather.jitter_ms
            asyncio.get_running_loop().call_later(late / 1000, self._hand_over, other, packet)

    def _hand_over(self, end: int, packet: bytes) -> None:
        # The other end may be gone, or have no room: then the packet is lost.
        if end in self._ends:
            with suppress(OSError):
                os.write(end, packet)


@contextmanager
def joined() -> Iterator[Cable]:
    """Two namespaces with a cable; they are gone at the end."""
    mark = f"chat{os.getpid()}"
    spaces = (f"{mark}-a", f"{mark}-b")
    cable: Cable | None = None
    try:
        for name in spaces:
            _run("ip", "netns", "add", name)
        cable = NetemCable(spaces) if _has_netem(spaces[0]) else CarriedCable(spaces)
        cable.lay()
        yield cable
    finally:
        if cable is not None:
            cable.close()
        for name in spaces:
            with suppress(subprocess.CalledProcessError):
                _run("ip", "netns", "del", name)


def _has_netem(space: str) -> bool:
    try:
        _run(*inside(space), *["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"])
    except subprocess.CalledProcessError:
        return False
    _run(*inside(space), *["tc", "qdisc", "del", "dev", "lo", "root"])
    return True


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
