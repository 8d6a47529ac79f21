"""What a list allows is the same however its networks are cut: neighbours count as one (R5)."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.ip_restrictions import Entries, Entry


def _v4(drawn: tuple[int, int]) -> IPv4Network:
    last, prefix = drawn
    return IPv4Network((0xCB007100 | last, prefix), strict=False)


def _v6(drawn: tuple[int, int]) -> IPv6Network:
    last, prefix = drawn
    return IPv6Network((0x2001_0DB8 << 96 | last, prefix + 96), strict=False)


SMALL = st.tuples(st.integers(0, 255), st.integers(24, 32))


@given(st.lists(SMALL.map(_v4), max_size=40), st.lists(SMALL.map(_v6), max_size=20))
def test_joined_networks_are_those_of_the_standard_library(four: list[IPv4Network], six: list[IPv6Network]) -> None:
    joined = [entry.network for entry in Entries(tuple(map(Entry, [*four, *six])))._joined]
    assert joined == [*collapse_addresses(four), *collapse_addresses(six)]


def test_halves_cover_the_whole_and_not_more() -> None:
    halves = Entries((Entry(IPv4Network("203.0.113.128/25")), Entry(IPv4Network("203.0.113.0/25"))))
    assert halves.cover(Entries((Entry(IPv4Network("203.0.113.0/24")),)))
    assert not halves.cover(Entries((Entry(IPv4Network("203.0.112.0/23")),)))
