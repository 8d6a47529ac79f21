"""R5 *Client address*, as a table."""

from __future__ import annotations

import pytest

from sekisho.web.http.client_address import TrustedProxies, client_address, parse_address, source_network

PROXIES = TrustedProxies.parse(["10.0.0.0/8", "2001:db8:aaaa::/48", "192.0.2.1/32"])
REAL_IP = TrustedProxies.parse(["10.0.0.0/8"], "X-Real-IP")
DIRECT = TrustedProxies()
XFF, REAL = "x-forwarded-for", "x-real-ip"


@pytest.mark.parametrize(
    ("proxies", "peer", "headers", "expected"),
    [
        # clients that connect directly: no header is looked at
        (DIRECT, "203.0.113.7", [], "203.0.113.7"),
        (DIRECT, "203.0.113.7", [(XFF, "198.51.100.1")], "203.0.113.7"),
        (DIRECT, "2001:db8::7", [], "2001:db8::7"),
        (DIRECT, "::ffff:203.0.113.7", [], "203.0.113.7"),
        (DIRECT, "fe80::1%eth0", [], None),
        (DIRECT, None, [], None),
        (DIRECT, "", [], None),
        (DIRECT, "unix", [], None),
        # a stranger who plays the proxy
        (PROXIES, "203.0.113.7", [(XFF, "198.51.100.1")], "203.0.113.7"),
        (PROXIES, "203.0.113.7", [(XFF, "10.0.0.1"), (XFF, "x")], "203.0.113.7"),
        (PROXIES, "192.0.2.2", [(XFF, "198.51.100.1")], "192.0.2.2"),
        # one proxy
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.7")], "203.0.113.7"),
        (PROXIES, "192.0.2.1", [(XFF, "203.0.113.7")], "203.0.113.7"),
        (PROXIES, "::ffff:10.0.0.1", [(XFF, "203.0.113.7")], "203.0.113.7"),
        (PROXIES, "2001:db8:aaaa::1", [(XFF, "2001:db8:1::7")], "2001:db8:1::7"),
        (PROXIES, "10.0.0.1", [(XFF, "::ffff:203.0.113.7")], "203.0.113.7"),
        (PROXIES, "10.0.0.1", [(XFF, " \t203.0.113.7 ")], "203.0.113.7"),
        # what the client wrote himself stands left and is not believed, nor even parsed
        (PROXIES, "10.0.0.1", [(XFF, "198.51.100.1, 203.0.113.7")], "203.0.113.7"),
        (PROXIES, "10.0.0.1", [(XFF, "garbage, 203.0.113.7")], "203.0.113.7"),
        (PROXIES, "10.0.0.1", [(XFF, ",,,203.0.113.7")], "203.0.113.7"),
        # a chain of proxies, walked from the right
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.7, 10.0.0.2")], "203.0.113.7"),
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.7,192.0.2.1,10.0.0.2")], "203.0.113.7"),
        (PROXIES, "10.0.0.1", [(XFF, "198.51.100.1, 203.0.113.7, ::ffff:10.0.0.2")], "203.0.113.7"),
        # a trusted proxy that says nothing usable: no address at all
        (PROXIES, "10.0.0.1", [], None),
        (PROXIES, "10.0.0.1", [(REAL, "203.0.113.7")], None),
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.7"), (XFF, "203.0.113.7")], None),
        (PROXIES, "10.0.0.1", [(XFF, "")], None),
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.7,")], None),
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.7, , 10.0.0.2")], None),
        (PROXIES, "10.0.0.1", [(XFF, "unknown")], None),
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.7:4711")], None),
        (PROXIES, "10.0.0.1", [(XFF, "[2001:db8::7]")], None),
        (PROXIES, "10.0.0.1", [(XFF, "2001:db8::7%eth0")], None),
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.07")], None),
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113")], None),
        (PROXIES, "10.0.0.1", [(XFF, "3405803783")], None),
        (PROXIES, "10.0.0.1", [(XFF, "10.0.0.2")], None),
        (PROXIES, "10.0.0.1", [(XFF, "203.0.113.7, " + "10.0.0.2, " * 300 + "10.0.0.2")], None),
        # a header of one value
        (REAL_IP, "10.0.0.1", [(REAL, "203.0.113.7")], "203.0.113.7"),
        (REAL_IP, "10.0.0.1", [(REAL, "198.51.100.1, 203.0.113.7")], None),
        (REAL_IP, "10.0.0.1", [(XFF, "203.0.113.7")], None),
        (REAL_IP, "10.0.0.1", [(REAL, "203.0.113.7"), (REAL, "198.51.100.1")], None),
    ],
)
def test_the_address_of_a_client(proxies: TrustedProxies, peer: str | None, headers: list[tuple[str, str]], expected: str | None) -> None:
    found = client_address(peer, [(name.encode(), value.encode()) for name, value in headers], proxies)
    assert (str(found) if found else None) == expected


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
