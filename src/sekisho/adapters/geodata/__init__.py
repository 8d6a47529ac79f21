"""Country and network of an address, from MMDB files (MaxMind DB format 2.0): built in, or the operator's own.

Built in are the country by the delegations of the internet registries (CC0, npm package @ip-location-db/geo-whois-asn-country-mmdb) and
the network's operator, its autonomous system, by Route Views, the NRO and DB-IP (CC-BY-4.0, npm package @ip-location-db/asn).
Files are mapped into memory, so that processes share them and only what is looked at is loaded.
"""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import maxminddb

from sekisho.flows.ports.geodata import NOWHERE, Credit, Origin
from sekisho.kernel.errors import invalid

__all__ = ["BUILT_IN", "BUILT_IN_NETWORKS", "MmdbGeodata", "open_geodata"]

BUILT_IN = Path(__file__).parent / "data" / "country.mmdb"
BUILT_IN_NETWORKS = BUILT_IN.with_name("operators.mmdb")
_CREDITS = (
    Credit("Route Views", "https://www.routeviews.org"),
    Credit("NRO", "https://www.nro.net"),
    Credit("IP Geolocation by DB-IP", "https://db-ip.com"),
)
_LONGEST_NETWORK = 64


class MmdbGeodata:
    """Implements `flows.ports.geodata.Geodata`. Either reader may be missing."""

    def __init__(self, country: maxminddb.Reader | None, network: maxminddb.Reader | None, credited: tuple[Credit, ...] = ()) -> None:
        self._country = country
        self._network = network
        self._credits = credited

    @property
    def credits(self) -> tuple[Credit, ...]:
        return self._credits

    @property
    def built(self) -> datetime | None:
        made = [reader.metadata().build_epoch for reader in (self._country, self._network) if reader is not None]
        return datetime.fromtimestamp(min(made), UTC) if made else None

    def look(self, address: IPv4Address | IPv6Address | None) -> Origin:
        if address is None or address.is_private:
            return NOWHERE
        return Origin(_country_of(_found(self._country, address)), _network_of(_found(self._network, address)))


def open_geodata(country_file: Path | None, network_file: Path | None) -> MmdbGeodata:
    """The operator's files, else what is built in. SekishoError INVALID names the setting whose file cannot be read."""
    country = _opened(country_file, "geodata.country_file")
    if country is None and BUILT_IN.exists():
        country = _opened(BUILT_IN, "geodata.country_file")
    network = _opened(network_file, "geodata.network_file")
    if network is None and BUILT_IN_NETWORKS.exists():
        return MmdbGeodata(country, _opened(BUILT_IN_NETWORKS, "geodata.network_file"), _CREDITS)
    return MmdbGeodata(country, network)


def _opened(path: Path | None, setting: str) -> maxminddb.Reader | None:
    if path is None:
        return None
    try:
        reader = maxminddb.open_database(path, maxminddb.MODE_MMAP)
        reader.metadata()
        reader.get("8.8.8.8")  # a file that was cut short fails here and not at a login
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise invalid(
            "A file of places cannot be read. It must be in the MaxMind DB format.", f"{setting}: {type(error).__name__}"
        ) from None
    return reader


def _found(reader: maxminddb.Reader | None, address: IPv4Address | IPv6Address) -> dict[str, Any]:
    if reader is None:
        return {}
    try:
        record = reader.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return {}  # an IPv6 address in a file of IPv4 networks; a damaged page must keep nobody out
    return record if isinstance(record, dict) else {}


def _country_of(record: dict[str, Any]) -> str:
    """`{"country_code": "JP"}`, or `{"country": {"iso_code": "JP"}}` as in GeoLite2."""
    nested = record.get("country")
    code = record.get("country_code") or (nested.get("iso_code") if isinstance(nested, dict) else nested)
    return code if isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha() and code.isupper() else ""


def _network_of(record: dict[str, Any]) -> str:
    number, name = record.get("autonomous_system_number"), record.get("autonomous_system_organization")
    parts = [f"AS{number}" if isinstance(number, int) else "", name if isinstance(name, str) else ""]
    text = " ".join(part for part in parts if part)
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST_NETWORK].strip()
