"""The command that enters by a port, as it is printed on start."""

import socket

import pytest
from twisted.internet.address import HostnameAddress, IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress

from twisted_chat.ways_in import page_at, way_in

HERE = socket.gethostname()


@pytest.mark.parametrize(
    ("address", "kind", "command"),
    [
        (IPv4Address("TCP", "127.0.0.1", 6789), "tcp", "nc 127.0.0.1 6789"),
        (IPv6Address("TCP", "::1", 6789), "tcp6", "nc ::1 6789"),
        (IPv4Address("TCP", "0.0.0.0", 6789), "tcp", f"nc {HERE} 6789"),
        (IPv6Address("TCP", "::", 6789), "tcp", f"nc {HERE} 6789"),
        (
            IPv4Address("TCP", "127.0.0.1", 6697),
            "ssl",
            "openssl s_client -quiet -connect 127.0.0.1:6697",
        ),
        (
            IPv6Address("TCP", "::1", 6697),
            "tls",
            "openssl s_client -quiet -connect [::1]:6697",
        ),
        (UNIXAddress("/run/chat"), "unix", "nc -U /run/chat"),
        (UNIXAddress(b"/run/chat"), "unix", "nc -U /run/chat"),
        (UNIXAddress(None), "unix", "nc -U "),
        (IPv4Address("TCP", "10.0.0.1", 1), "haproxy", "the proxy in front of 10.0.0.1:1"),
    ],
)
def test_says_what_to_type(address: IAddress, kind: str, command: str) -> None:
    """For every kind of port that an endpoint makes."""
    assert way_in(address, kind) == command


@pytest.mark.parametrize(
    ("address", "kind", "where"),
    [
        (IPv4Address("TCP", "127.0.0.1", 9100), "tcp", "http://127.0.0.1:9100/metrics"),
        (IPv4Address("TCP", "0.0.0.0", 9100), "tcp", f"http://{HERE}:9100/metrics"),
        (IPv6Address("TCP", "::1", 9100), "tcp6", "http://[::1]:9100/metrics"),
        (IPv4Address("TCP", "10.0.0.1", 9100), "ssl", "https://10.0.0.1:9100/metrics"),
        (UNIXAddress("/run/m"), "unix", "curl --unix-socket /run/m http://localhost/metrics"),
    ],
)
def test_says_where_the_figures_are(address: IAddress, kind: str, where: str) -> None:
    """For every kind of port that shows them."""
    assert page_at(address, kind, "metrics") == where
    assert page_at(address, kind) == where.removesuffix("metrics")


def test_shows_an_address_that_it_does_not_know() -> None:
    """Rather than nothing."""
    address = HostnameAddress(b"example.org", 6789)
    assert way_in(address, "onion") == page_at(address, "onion") == str(address)
