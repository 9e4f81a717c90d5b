"""Whom a rule is about: a name, an account, an address, or a network."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twisted_chat.masks import Mask, Masks, read_mask
from twisted_chat.refused import BadRequest, NameNotAllowed

Who = tuple[str, str | None, str | None]

SAM: Who = ("sam", "sam", "10.0.0.5")
"""Who owns the name."""

GUEST: Who = ("sam", None, "10.0.0.5")
"""Who only bears it."""

KIM: Who = ("kim", None, "2001:db8:1:2:3::4")
UNIX: Who = ("kim", None, None)
"""Who has no address, as they come by a UNIX socket."""


def about(mask: str, who: Who) -> bool:
    """Whether a mask is about somebody, which one and many together say alike."""
    one = read_mask(mask)
    matches = one.matches(*who)
    assert bool(list(Masks([(one, mask)]).about(*who))) is matches
    return matches


# Names.


@pytest.mark.parametrize("mask", ["Sam", "sAM", " Sam ", "Ｓａｍ", "name:Sam", "NAME:sam"])
def test_means_whoever_has_a_name(mask: str) -> None:
    """The owner of the account as well as a guest, in any case, and nobody else."""
    assert [about(mask, who) for who in (SAM, GUEST, KIM)] == [True, True, False]


@pytest.mark.parametrize("mask", ["account:Sam", "ACCOUNT:sam", "account: Sam"])
def test_means_the_owner_of_an_account(mask: str) -> None:
    """And no guest of the name."""
    assert [about(mask, who) for who in (SAM, GUEST, KIM)] == [True, False, False]


def test_means_the_owner_of_an_account_by_another_name() -> None:
    """Who is called otherwise is still who has the account."""
    assert [about(mask, ("sammy", "sam", None)) for mask in ("Sam", "account:Sam")] == [True, True]


@pytest.mark.parametrize(
    ("mask", "shown"),
    [
        ("Sam", "Sam"),
        ("name:Sam", "Sam"),
        ("account:Sam", "account:Sam"),
        ("name:10.0.0.5", "name:10.0.0.5"),
        ("account:10.0.0.5", "account:10.0.0.5"),
    ],
)
def test_is_written_so_that_it_is_read_again(mask: str, shown: str) -> None:
    """With no more words than it takes."""
    read = read_mask(mask)
    assert str(read) == shown
    assert read_mask(shown) == read


@pytest.mark.parametrize("name", ["10.0.0.5", "1.2", "2024.11"])
def test_takes_what_looks_like_an_address_for_a_name_when_told_so(name: str) -> None:
    """It is about who is called that, and not about who comes from there."""
    mask = read_mask(f"name:{name}")
    assert not mask.is_address
    assert mask.matches(name, None, None)
    assert not mask.matches("kim", None, name)


@pytest.mark.parametrize(
    ("mask", "name", "spelled"),
    [("sam", "Sam", "Sam"), ("account:sam", "Sam", "account:Sam"), ("name:1.2", "1.2", "name:1.2")],
)
def test_is_spelled_as_its_holder_spells_it(mask: str, name: str, spelled: str) -> None:
    """It is about the same one."""
    read = read_mask(mask)
    assert str(read.spelled(name)) == spelled
    assert read.spelled(name) == read


@pytest.mark.parametrize("text", ["", "  ", "two words", "name:", "account:", "a" * 33, "-x", "\0"])
def test_refuses_what_nobody_can_be_called(text: str) -> None:
    """With the reason that who asks for the name would be given."""
    with pytest.raises(NameNotAllowed, match="name"):
        read_mask(text)


# Addresses.


@pytest.mark.parametrize("mask", ["10.0.0.5", "10.0.0.5/32", "::ffff:10.0.0.5", "::ffff:a00:5/128"])
def test_means_who_comes_from_an_address(mask: str) -> None:
    """However it is written, and whatever they are called; not who has no address."""
    assert [about(mask, who) for who in (SAM, GUEST, KIM, UNIX)] == [True, True, False, False]
    assert str(read_mask(mask)) == "10.0.0.5"


@pytest.mark.parametrize("address", ["10.0.0.5", "::ffff:10.0.0.5", "::ffff:10.0.0.5%eth0"])
def test_knows_an_address_that_another_one_wraps(address: str) -> None:
    """A socket for both protocols shows IPv4 in IPv6."""
    assert about("10.0.0.5", ("kim", None, address))
    assert about("10.0.0.0/8", ("kim", None, address))
    assert not about("::/16", ("kim", None, address))


@pytest.mark.parametrize(
    ("mask", "inside", "outside", "shown"),
    [
        ("10.0.0.0/8", "10.255.255.255", "11.0.0.0", "10.0.0.0/8"),
        ("10.9.9.9/8", "10.0.0.0", "9.255.255.255", "10.0.0.0/8"),
        ("10.0.0.0/255.255.255.0", "10.0.0.255", "10.0.1.0", "10.0.0.0/24"),
        ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0", "10.0.0.0/8"),
        ("2001:db8::/32", "2001:db8:ffff::", "2001:db9::", "2001:db8::/32"),
        ("2001:db8::1/128", "2001:db8::1", "2001:db8::2", "2001:db8::1/128"),
    ],
)
def test_means_who_comes_from_a_network(mask: str, inside: str, outside: str, shown: str) -> None:
    """From its first address to its last."""
    assert [about(mask, ("kim", None, address)) for address in (inside, outside)] == [True, False]
    assert str(read_mask(mask)) == shown


@pytest.mark.parametrize("mask", ["2001:db8:1:2::9", "2001:DB8:1:2:0:0:0:9", "2001:db8:1:2::9%en0"])
def test_means_the_site_of_an_ipv6_address(mask: str) -> None:
    """Its owner has all of its /64; what follows a % is this machine's own."""
    assert [about(mask, who) for who in (KIM, SAM)] == [True, False]
    assert not about(mask, ("kim", None, "2001:db8:1:3:3::4"))
    assert str(read_mask(mask)) == "2001:db8:1:2::/64"


def test_knows_an_address_with_a_zone() -> None:
    """A link-local one, as sockets show it."""
    assert about("fe80::/64", ("kim", None, "fe80::1%eth0"))


@pytest.mark.parametrize(
    ("mask", "least"),
    [
        ("10.0.0.0/7", "/8"),
        ("0.0.0.0/0", "/8"),
        ("2001::/15", "/16"),
        ("::/0", "/16"),
        ("::ffff:10.0.0.0/103", "/8"),
        ("::ffff:0.0.0.0/96", "/8"),
    ],
)
def test_refuses_a_network_that_is_nearly_everybody(mask: str, least: str) -> None:
    """With one bit fewer than there must be."""
    with pytest.raises(BadRequest, match=f"nearly everybody: a network has {least} at least"):
        read_mask(mask)


@pytest.mark.parametrize("mask", ["10.0.0.0/8", "2001::/16", "::ffff:10.0.0.0/104"])
def test_takes_the_widest_network_that_may_be(mask: str) -> None:
    """With as many bits as there must be."""
    assert read_mask(mask).is_address


@pytest.mark.parametrize(
    "text",
    [
        *("10.0.0", "10.0.0.256", "1.2.3.4.5", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.5/", "/8"),
        *("2001:db8::/129", "2001:::1", ":", "10.0.0.5:6789", "nick:Sam", "http://example.org/"),
        *("10.0.0.0/-1", "10.0.0.5/255.0.255.0", "1" * 100 + ".1", "١.٢.٣/8", "::1\n::2"),
    ],
)
def test_refuses_what_is_no_address(text: str) -> None:
    """In one line that says what one may write."""
    with pytest.raises(BadRequest) as refused:
        read_mask(text)
    assert refused.value.text.startswith("That is no address. Write NAME, account:NAME, an address")


# Whether two are the same.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sam", "sAM"),
        ("Sam", "name:sam"),
        ("account:Sam", "account:sam"),
        ("10.0.0.5", "::ffff:10.0.0.5"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("2001:db8::1", "2001:db8::/64"),
    ],
)
def test_is_the_same_as_another_that_is_about_the_same(one: str, other: str) -> None:
    """However the two are written."""
    assert read_mask(one) == read_mask(other)
    assert hash(read_mask(one)) == hash(read_mask(other))


def test_is_not_the_same_as_one_that_is_about_others() -> None:
    """A name, its account, an address, and networks of different widths."""
    masks = ["Sam", "Kim", "account:Sam", "10.0.0.0", "name:10.0.0.0", "10.0.0.0/8", "10.0.0.0/9"]
    assert len({read_mask(mask) for mask in [*masks, "::/16", "::/17", "::"]}) == len(masks) + 3


@pytest.mark.parametrize(
    ("mask", "name", "width"),
    [
        ("Sam", "sam", None),
        ("account:Sam", "sam", None),
        ("10.0.0.0/8", None, (4, 8)),
        ("2001:db8::1", None, (6, 64)),
    ],
)
def test_is_a_name_or_a_network(mask: str, name: str | None, width: tuple[int, int] | None) -> None:
    """Only the second tells an address."""
    read = read_mask(mask)
    assert (read.name_key, read.width, read.is_address) == (name, width, width is not None)


# Many of them.


def test_finds_all_that_are_about_somebody() -> None:
    """By their name, their account and their address, each in its width."""
    written = ["Sam", "account:Sam", "Kim", "10.0.0.5", "10.0.0.0/8", "11.0.0.0/8", "2001:db8::/32"]
    masks = Masks((read_mask(mask), mask) for mask in written)
    assert sorted(masks.about(*SAM)) == ["10.0.0.0/8", "10.0.0.5", "Sam", "account:Sam"]
    assert sorted(masks.about(*GUEST)) == ["10.0.0.0/8", "10.0.0.5", "Sam"]
    assert sorted(masks.about(*KIM)) == ["2001:db8::/32", "Kim"]
    assert list(masks.about(*UNIX)) == ["Kim"]


def test_keeps_the_last_of_several_that_are_the_same() -> None:
    """One is enough."""
    masks = Masks([(read_mask("Sam"), "first"), (read_mask("sam"), "last")])
    assert list(masks.about(*GUEST)) == ["last"]


@settings(deadline=None, database=None)
@given(st.ip_addresses(), st.ip_addresses(), st.integers(8, 128))
@example(IPv4Address("0.0.0.0"), IPv6Address("::ffff:0:0"), 8)
def test_is_about_the_network_that_an_address_is_in(
    own: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address, bits: int
) -> None:
    """As the standard library has it; of one's own network one always is.

    An IPv4 address that IPv6 only wraps is that address.
    """
    if own.version == 6 and (bits < 16 or own.ipv4_mapped):
        return
    length = min(bits, own.max_prefixlen)
    mask = f"{own}/{length}"
    assert about(mask, ("kim", None, str(own)))
    plain = (other.ipv4_mapped if isinstance(other, IPv6Address) else None) or other
    same = own.version == plain.version and not (
        (int(own) ^ int(plain)) >> (own.max_prefixlen - length)
    )
    assert about(mask, ("kim", None, str(other))) is same


@settings(deadline=None, database=None)
@given(st.text(max_size=50))
def test_reads_any_text_or_refuses_it(text: str) -> None:
    """What it reads it reads again as it writes it."""
    try:
        mask = read_mask(text)
    except (BadRequest, NameNotAllowed):
        return
    assert isinstance(mask, Mask)
    assert read_mask(str(mask)) == mask
