"""R5 *Client address* as a table. Every row is asked three times: as a function, over a socket, and through nginx (the header as forged).

Peers are loopback addresses, so that the same rows travel over real sockets. A row says what the direct peer is, what it sends, and which
address we then see; `None`: we see none, and lists refuse.
"""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.web.http.client_address import TrustedProxies

__all__ = ["CASES", "DOORS", "Case"]

XFF, REAL, FWD = "X-Forwarded-For", "X-Real-IP", "Forwarded"
PROXY, OTHER_PROXY, STRANGER = "127.0.0.2", "127.8.0.9", "127.0.0.7"
CLIENT, FORGED = "203.0.113.7", "198.51.100.1"

DOORS = {
    "direct": TrustedProxies(),
    "forwarded-for": TrustedProxies.parse([f"{PROXY}/32", "127.8.0.0/16", "10.0.0.0/8", "192.0.2.1/32", "2001:db8:aaaa::/48"], XFF),
    "real-ip": TrustedProxies.parse([f"{PROXY}/32", "::1/128"], REAL),
}


@dataclass(frozen=True)
class Case:
    """door: whom the server trusts, a key of `DOORS`. peer: the address at the other end of the connection."""

    name: str
    door: str
    peer: str
    headers: tuple[tuple[str, str], ...]
    seen: str | None


def _rows(door: str, peer: str, *rows: tuple[str, list[tuple[str, str]], str | None]) -> list[Case]:
    return [Case(name, door, peer, tuple(headers), seen) for name, headers, seen in rows]


CASES = [
    *_rows(
        "direct",
        STRANGER,
        ("direct: no header", [], STRANGER),
        ("direct: X-Forwarded-For is not looked at", [(XFF, FORGED)], STRANGER),
        ("direct: X-Real-IP is not looked at", [(REAL, FORGED)], STRANGER),
        ("direct: Forwarded is not looked at", [(FWD, f"for={FORGED}")], STRANGER),
        ("direct: doubled and malformed", [(XFF, "x"), (XFF, ",,,")], STRANGER),
    ),
    *_rows("direct", "::1", ("direct: IPv6", [(XFF, FORGED)], "::1")),
    *_rows(
        "forwarded-for",
        STRANGER,
        ("stranger: no header", [], STRANGER),
        ("stranger plays the proxy", [(XFF, FORGED)], STRANGER),
        ("stranger names a trusted proxy", [(XFF, f"{FORGED}, {PROXY}")], STRANGER),
        ("stranger doubles the header", [(XFF, FORGED), (XFF, PROXY)], STRANGER),
        ("stranger sends a malformed one", [(XFF, "%00,;")], STRANGER),
    ),
    *_rows("forwarded-for", "::1", ("stranger by IPv6", [(XFF, FORGED)], "::1")),
    *_rows(
        "forwarded-for",
        PROXY,
        ("proxy names the client", [(XFF, CLIENT)], CLIENT),
        ("header in other letters", [("x-FORWARDED-for", CLIENT)], CLIENT),
        ("proxy names an IPv6 client", [(XFF, "2001:db8:1::7")], "2001:db8:1::7"),
        ("IPv6 written long and large", [(XFF, "2001:0DB8:0001:0000:0000:0000:0000:0007")], "2001:db8:1::7"),
        ("IPv4-mapped is unmapped", [(XFF, f"::ffff:{CLIENT}")], CLIENT),
        ("IPv4-mapped in hexadecimal", [(XFF, "::ffff:cb00:7107")], CLIENT),
        ("blanks around", [(XFF, f" \t{CLIENT} ")], CLIENT),
        ("forged on the left", [(XFF, f"{FORGED}, {CLIENT}")], CLIENT),
        ("garbage on the left is not even parsed", [(XFF, f"'<>\";--, {CLIENT}")], CLIENT),
        ("empty entries on the left", [(XFF, f",,,{CLIENT}")], CLIENT),
        ("forged trusted proxy on the left", [(XFF, f"10.0.0.1, {CLIENT}")], CLIENT),
        ("two proxies", [(XFF, f"{CLIENT}, 10.0.0.2")], CLIENT),
        ("three proxies of both families", [(XFF, f"{CLIENT},192.0.2.1,2001:db8:aaaa::1")], CLIENT),
        ("a proxy written as mapped", [(XFF, f"{FORGED}, {CLIENT}, ::ffff:10.0.0.2")], CLIENT),
        ("an untrusted hop is the client", [(XFF, f"{CLIENT}, 192.0.2.2, 10.0.0.2")], "192.0.2.2"),
        ("another header beside it", [(REAL, FORGED), (FWD, f"for={FORGED}"), (XFF, CLIENT)], CLIENT),
        ("no header", [], None),
        ("only another header", [(REAL, CLIENT)], None),
        ("only Forwarded", [(FWD, f"for={CLIENT}")], None),
        ("underscores are another header", [("X_Forwarded_For", CLIENT)], None),
        ("doubled", [(XFF, CLIENT), (XFF, CLIENT)], None),
        ("doubled in other letters", [(XFF, FORGED), ("x-forwarded-for", CLIENT)], None),
        ("doubled, one empty", [(XFF, CLIENT), (XFF, "")], None),
        ("empty", [(XFF, "")], None),
        ("a comma at the end", [(XFF, f"{CLIENT},")], None),
        ("a gap between proxies", [(XFF, f"{CLIENT}, , 10.0.0.2")], None),
        ("unknown", [(XFF, "unknown")], None),
        ("an obfuscated name (RFC 7239 §6.3)", [(XFF, "_hidden")], None),
        ("Forwarded's own form", [(XFF, f"for={CLIENT}")], None),
        ("quoted", [(XFF, f'"{CLIENT}"')], None),
        ("IPv4 with a port", [(XFF, f"{CLIENT}:4711")], None),
        ("IPv6 in brackets", [(XFF, "[2001:db8:1::7]")], None),
        ("IPv6 in brackets with a port", [(XFF, "[2001:db8:1::7]:443")], None),
        ("a zone id", [(XFF, "2001:db8:1::7%eth0")], None),
        ("a zone id at a link-local address", [(XFF, "fe80::1%25eth0")], None),
        ("a leading zero", [(XFF, "203.0.113.07")], None),
        ("three numbers", [(XFF, "203.0.113")], None),
        ("one number", [(XFF, "3405803783")], None),
        ("hexadecimal", [(XFF, "0xcb.0.0x71.7")], None),
        ("a network", [(XFF, f"{CLIENT}/32")], None),
        ("a name", [(XFF, "localhost")], None),
        ("a number too large", [(XFF, "203.0.113.256")], None),
        ("letters beyond ASCII", [(XFF, "²03.0.113.7")], None),
        ("a no-break space", [(XFF, f"\xa0{CLIENT}")], None),
        ("the right end is bad", [(XFF, f"{CLIENT}, unknown")], None),
        ("a bad hop behind a good proxy", [(XFF, f"{CLIENT}, unknown, 10.0.0.2")], None),
        ("proxies only", [(XFF, "192.0.2.1, 10.0.0.2")], None),
        ("the proxy names itself", [(XFF, PROXY)], None),
        ("unspecified", [(XFF, "0.0.0.0")], None),
        ("unspecified, IPv6", [(XFF, "::")], None),
        ("multicast", [(XFF, "224.0.0.1")], None),
        ("broadcast", [(XFF, "255.255.255.255")], None),
        ("huge", [(XFF, f"{CLIENT}, " + "10.0.0.2, " * 300 + "10.0.0.2")], None),
        ("one huge word", [(XFF, "1" * 4000)], None),
    ),
    *_rows("forwarded-for", OTHER_PROXY, ("another trusted proxy", [(XFF, f"{CLIENT}, {PROXY}")], CLIENT)),
    *_rows(
        "real-ip",
        PROXY,
        ("real-ip: the client", [(REAL, CLIENT)], CLIENT),
        ("real-ip: beside a forged X-Forwarded-For", [(XFF, FORGED), (REAL, CLIENT)], CLIENT),
        ("real-ip: mapped", [(REAL, f"::ffff:{CLIENT}")], CLIENT),
        ("real-ip: a list is malformed", [(REAL, f"{FORGED}, {CLIENT}")], None),
        ("real-ip: missing", [(XFF, CLIENT)], None),
        ("real-ip: doubled", [(REAL, CLIENT), (REAL, FORGED)], None),
        ("real-ip: empty", [(REAL, "")], None),
        ("real-ip: names a proxy", [(REAL, PROXY)], None),
        ("real-ip: with a port", [(REAL, f"{CLIENT}:80")], None),
    ),
    *_rows("real-ip", "::1", ("real-ip: proxy by IPv6", [(REAL, "2001:db8:1::7")], "2001:db8:1::7")),
    *_rows("real-ip", STRANGER, ("real-ip: stranger", [(REAL, CLIENT)], STRANGER)),
]
