"""Who stands at the door, as far as the door can tell."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from sekisho.domain.sessions import Channel
from sekisho.kernel.addresses import Address
from sekisho.kernel.secrets import Secret

__all__ = ["Caller", "source_of"]


@dataclass(frozen=True, slots=True)
class Caller:
    """address: None when it could not be established (R5): refused wherever a list applies.

    program: a short, printable description of the client, for notices and the desk. host: the name in the address bar, for the
    origin-bound form of messages (R4). client_token: what it presents as a known client (R3); it is never a factor.
    """

    address: Address | None
    program: str
    channel: Channel
    language: str
    host: str
    client_token: Secret | None = None

    @property
    def source(self) -> str:
        return source_of(self.address)

    @property
    def shown_address(self) -> str | None:
        return None if self.address is None else str(self.address)


def source_of(address: Address | None) -> str:
    """The network that fairness and evidence count by: /32 of IPv4, /64 of IPv6 (R2, R3)."""
    if address is None:
        return "unknown"
    prefix = 32 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, prefix), strict=False))
