"""Which addresses an outgoing call may reach, and the one look-up that finds them (R15, ASVS V1.3.6)."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence

from sekisho.adapters.outbound.failure import OutboundFailure, Why

__all__ = ["Address", "Network", "Resolver", "admitted", "look_up"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]  # host, port → addresses in order of preference; OSError when there are none

# Not public, and yet not among what `ipaddress` calls "not global": multicast, and ways to write an IPv4 address as an IPv6 one.
_ALSO_CLOSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("224.0.0.0/4", "192.88.99.0/24", "ff00::/8", "fec0::/10"),
        *("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"),
    )
)


def look_up(host: str, port: int) -> list[str]:
    """The system's resolver."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def admitted(resolver: Resolver, host: str, port: int, allowed: Sequence[Network], patience: float) -> list[Address]:
    """The addresses of `host`, looked up once. Raises OutboundFailure when there are none, when it takes longer than `patience` seconds,
    or when one of them is closed: a name that points inside as well as outside is an attack or a mistake."""
    found = [_unmapped(text) for text in _in_time(resolver, host, port, patience)]
    if not found:
        raise OutboundFailure(Why.UNKNOWN_HOST, host)
    if not all(_open(address) or any(address in network for network in allowed) for address in found):
        raise OutboundFailure(Why.ADDRESS_REFUSED, host)
    return list(dict.fromkeys(found))


def _unmapped(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _open(address: Address) -> bool:
    return address.is_global and not any(address in network for network in _ALSO_CLOSED)


def _in_time(resolver: Resolver, host: str, port: int, patience: float) -> Sequence[str]:
    """getaddrinfo knows no time-out, so it runs in a thread of its own, which is left behind when it is late."""
    answer: list[Sequence[str]] = []

    def ask() -> None:
        try:
            answer.append(resolver(host, port))
        except (OSError, UnicodeError):
            answer.append(())

    asking = threading.Thread(target=ask, name="look-up", daemon=True)
    asking.start()
    asking.join(patience)
    if asking.is_alive():
        raise OutboundFailure(Why.TIMED_OUT, host)
    return answer[0] if answer else ()
