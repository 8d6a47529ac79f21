"""Where an address seems to be: a guess from public registers, for people to read. Nothing is ever blocked by it alone (issue of P3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

__all__ = ["NOWHERE", "Credit", "Geodata", "Origin"]


@dataclass(frozen=True, slots=True)
class Origin:
    """country: ISO 3166-1 alpha-2, or empty. network: number and name of the autonomous system, or empty; at most 64 characters."""

    country: str = ""
    network: str = ""


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Credit:
    """A source that wants to be named, with a link, where its data is shown."""

    name: str
    url: str


class Geodata(Protocol):
    @property
    def built(self) -> datetime | None:
        """When the data was made, of two files the older; None without data."""

    @property
    def credits(self) -> tuple[Credit, ...]:
        """Whom pages name that show networks."""

    def look(self, address: IPv4Address | IPv6Address | None) -> Origin:
        """Never raises; private and unknown addresses are nowhere."""
