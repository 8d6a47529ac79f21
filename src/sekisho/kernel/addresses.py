"""Internet addresses as texts: one form of each, wherever it is read, so that no list and no rule takes one for two (R5)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["Address", "Network", "parse_address", "unmapped"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LONGEST = 45  # eight groups, the last two written as IPv4
_MAPPED = 96  # bits before the IPv4 address in ::ffff:0:0/96


def parse_address(text: str) -> Address | None:
    """One address without port, zone id, brackets or blanks; IPv4-mapped IPv6 is unmapped. None when it is anything else.

    Its `str` is the normal form, in which addresses are kept and compared (RFC 5952).
    """
    if "%" in text or len(text) > _LONGEST:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def unmapped(network: Network) -> Network:
    """::ffff:192.0.2.0/120 is 192.0.2.0/24: addresses of such clients are unmapped too."""
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED and network.network_address.ipv4_mapped is not None:
        return IPv4Network((int(network.network_address.ipv4_mapped), network.prefixlen - _MAPPED))
    return network
