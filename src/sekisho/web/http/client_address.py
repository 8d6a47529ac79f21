"""R5 *Client address*: where a request comes from, or `None` where nobody can vouch for it.

    peer not a trusted proxy ──────────────────────────────▶ the peer; the header is not looked at
    peer a trusted proxy ──▶ header once and well formed ──▶ the address it names
                         └─▶ header missing, doubled, malformed, or naming proxies only ──▶ no address
                             (malformed too: what nobody can come from, such as 0.0.0.0, multicast, broadcast)

`None` is refused wherever an IP list applies; it is never replaced by the proxy's own address, which would let every
stranger in as the proxy. In `x-forwarded-for` the walk starts at the right: each proxy appends its peer, so what stands
left of the first address that is no proxy was written by the client and is not even parsed (ASVS V4.1.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_network

from sekisho.kernel.addresses import Address, Network, parse_address

__all__ = ["TrustedProxies", "client_address", "source_network"]

_WIDEST_PREFIX = 8  # 10.0.0.0/8 and fc00::/8 are the widest networks that a proxy can sensibly stand in
_LONGEST_HEADER = 2048


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The proxies whose word counts, and the one header they give it in.

    networks: where the proxies stand; empty means that clients connect directly. Networks wider than /8 (thus 0.0.0.0/0)
    are an error (R5): they would let every client choose his address.
    header: its name; `x-forwarded-for` is read as a list from the right, any other must hold exactly one address.
    """

    networks: tuple[Network, ...] = ()
    header: str = "x-forwarded-for"

    def __post_init__(self) -> None:
        if not self.header or not all(part.isalnum() for part in self.header.split("-")) or not self.header.isascii():
            raise ValueError("the header of trusted proxies is a plain header name such as x-forwarded-for")
        if self.header.lower() in ("forwarded", "host"):
            raise ValueError(f"the header {self.header} holds no plain address; use x-forwarded-for or x-real-ip")
        for network in self.networks:
            if network.prefixlen < _WIDEST_PREFIX:
                raise ValueError(f"{network} is too wide for trusted proxies: at most /{_WIDEST_PREFIX} (R5)")
            if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
                raise ValueError(f"write {network} as an IPv4 network")

    @classmethod
    def parse(cls, networks: Iterable[str], header: str = "x-forwarded-for") -> TrustedProxies:
        """From the texts of the settings; ValueError names what is wrong (host bits set included)."""
        return cls(tuple(ip_network(text) for text in networks), header.lower())

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self.networks if network.version == address.version)


def client_address(peer: str | None, headers: Iterable[tuple[bytes, bytes]], proxies: TrustedProxies) -> Address | None:
    """The address a request comes from (R5), or None.

    peer: the address at the other end of the connection, as the server gives it. headers: raw, names in lower case.
    """
    direct = parse_address(peer) if peer else None
    if direct is None or direct not in proxies:
        return direct
    name = proxies.header.lower().encode()
    values = [value for key, value in headers if key == name]
    if len(values) != 1 or len(values[0]) > _LONGEST_HEADER:
        return None
    written = values[0].decode("latin-1")
    entries = written.split(",") if name == b"x-forwarded-for" else [written]
    for entry in reversed(entries):
        address = parse_address(entry.strip(" \t"))
        if address is None or _nobodys(address):
            return None
        if address not in proxies:
            return address
    return None


def _nobodys(address: Address) -> bool:
    """Unspecified, multicast or, in IPv4, reserved up to broadcast: no packet has it as its source (RFC 1122 §3.2.1.3)."""
    value = int(address)
    if isinstance(address, IPv4Address):
        return value == 0 or value >= 0xE000_0000
    return value == 0 or value >> 120 == 0xFF


def source_network(address: Address | None) -> str:
    """The source that fairness counts by (R2, R3): the /32 of an IPv4 address, the /64 of an IPv6 one; without address, one for all."""
    if address is None:
        return "none"
    prefix = 32 if isinstance(address, IPv4Address) else 64
    return str(ip_network((address, prefix), strict=False))
