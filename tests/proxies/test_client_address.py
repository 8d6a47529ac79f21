"""R5 *Client address*, as a function: the table, and what a socket cannot carry."""

from __future__ import annotations

import pytest

from sekisho.kernel.addresses import parse_address
from sekisho.web.http.client_address import TrustedProxies, client_address, source_network
from tests.proxies.address_cases import CASES, DOORS, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_address_that_we_see(case: Case) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in case.headers]
    found = client_address(case.peer, headers, DOORS[case.door])
    assert (str(found) if found else None) == case.seen


def test_the_table_is_whole() -> None:
    assert len(CASES) >= 40 and len({case.name for case in CASES}) == len(CASES)
    assert {case.door for case in CASES} == set(DOORS)


@pytest.mark.parametrize(
    ("peer", "seen"),
    [
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("fe80::1%eth0", None),
        (None, None),
        ("", None),
        ("unix", None),
    ],
)
def test_peers_that_no_loopback_socket_has(peer: str | None, seen: str | None) -> None:
    found = client_address(peer, [(b"x-forwarded-for", b"198.51.100.1")], DOORS["forwarded-for"])
    assert (str(found) if found else None) == seen


def test_a_trusted_proxy_is_known_by_its_mapped_address_too() -> None:
    found = client_address("::ffff:127.0.0.2", [(b"x-forwarded-for", b"203.0.113.7")], DOORS["forwarded-for"])
    assert str(found) == "203.0.113.7"


@pytest.mark.parametrize("networks", [["0.0.0.0/0"], ["::/0"], ["10.0.0.0/8", "0.0.0.0/1"], ["::ffff:10.0.0.0/104"], ["10.0.0.1/8"], ["x"]])
def test_proxies_that_would_vouch_for_everybody_are_an_error(networks: list[str]) -> None:
    with pytest.raises(ValueError):
        TrustedProxies.parse(networks)


@pytest.mark.parametrize("header", ["", "forwarded", "Host", "x forwarded", "x-forwarded-for:"])
def test_a_header_that_holds_no_plain_address_is_an_error(header: str) -> None:
    with pytest.raises(ValueError):
        TrustedProxies.parse(["10.0.0.0/8"], header)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("nothing", "none"),
    ],
)
def test_fairness_counts_by_network(address: str, network: str) -> None:
    assert source_network(parse_address(address)) == network
