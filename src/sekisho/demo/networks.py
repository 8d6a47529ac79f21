"""Where the demo's people and thieves seem to come from. Loopback addresses stand for operators, since nothing leaves this machine.

    127.0.0.0/16        nowhere: whoever looks at the demo
    127.(100+n).0.0/16  the nth operator of the simulator, such as 127.100.0.0/16 for NTT Communications (OCN) in Japan

Addresses of the simulated market lie in those operators' real blocks. Countries of everything else come from the built-in file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from sekisho.demo.simulation.carriers import CARRIERS, Carrier
from sekisho.flows.ports.geodata import Credit, Geodata, Origin

__all__ = ["DemoGeodata", "loopback_of"]

_FIRST = 100  # 127.100.0.0/16 and on


def loopback_of(carrier: Carrier, network: int, host: int) -> str:
    """An address of this machine that stands for one of that operator. network, host: 1 to 254."""
    return f"127.{_FIRST + CARRIERS.index(carrier)}.{network}.{host}"


@dataclass(frozen=True, slots=True)
class DemoGeodata:
    """A `Geodata`. beneath: asked about every address that is none of the simulator's."""

    beneath: Geodata

    @property
    def built(self) -> datetime | None:
        return self.beneath.built

    @property
    def credits(self) -> tuple[Credit, ...]:
        return self.beneath.credits

    def look(self, address: IPv4Address | IPv6Address | None) -> Origin:
        if isinstance(address, IPv4Address) and (carrier := _carrier_of(address)) is not None:
            return Origin(carrier.country, f"{carrier.asn} {carrier.name}")
        return self.beneath.look(address)


def _carrier_of(address: IPv4Address) -> Carrier | None:
    if address.is_loopback:
        place = (int(address) >> 16 & 255) - _FIRST
        return CARRIERS[place] if 0 <= place < len(CARRIERS) else None
    return next((carrier for network, carrier in _BLOCKS if address in network), None)


_BLOCKS = sorted(
    ((IPv4Network(block), carrier) for carrier in CARRIERS for block in carrier.blocks), key=lambda one: one[0].prefixlen, reverse=True
)
