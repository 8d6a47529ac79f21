#!/usr/bin/env python3
"""Writes the network operators (autonomous systems) of addresses as an MMDB file: `build_operators.py OUT.mmdb`.

The source is the npm package @ip-location-db/asn (CC-BY-4.0: Route Views, the registries' statistics of the NRO, DB-IP Lite), two tables of
address ranges with number and name. Its version ends with the day of its data, which becomes the age of the file.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPRange, IPSet

PACKAGE = Path(__file__).parent.parent / "node_modules" / "@ip-location-db" / "asn"
TABLES = ("asn-ipv4.csv", "asn-ipv6.csv")
LEAST = 400_000  # ranges: a package that was cut short must not pass
ATTRIBUTION = "Operators of networks: Route Views (routeviews.org), NRO (nro.net) and DB-IP (db-ip.com), CC-BY-4.0"


class DatedWriter(MMDBWriter):
    """Says when the data was made, instead of when it was written: the same package gives the same bytes."""

    def __init__(self, made: datetime) -> None:
        super().__init__(6, "Sekisho-Operators", languages=["en"], description=ATTRIBUTION, ipv4_compatible=True, int_type="u32")
        self._made = made

    def _build_meta(self) -> dict[str, Any]:
        return {**super()._build_meta(), "build_epoch": int(self._made.timestamp())}


def day_of(version: str) -> datetime:
    """`2.3.2026061719` was made on 2026-06-17."""
    return datetime.strptime(version.rpartition(".")[2][:8], "%Y%m%d").replace(tzinfo=UTC)


def ranges() -> Iterator[tuple[str, str, int, str]]:
    """First address, last address, number, name."""
    for table in TABLES:
        with (PACKAGE / table).open(encoding="utf-8", newline="") as lines:
            for first, last, number, name in csv.reader(lines):
                yield first, last, int(number), name


def main(target: Path) -> None:
    networks: defaultdict[tuple[int, str], list[IPRange]] = defaultdict(list)
    for first, last, number, name in ranges():
        networks[number, name].append(IPRange(first, last))
    count = sum(map(len, networks.values()))
    if count < LEAST:
        raise SystemExit(f"only {count} ranges of network operators: at least {LEAST} are expected")
    made = day_of(json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["version"])
    writer = DatedWriter(made)
    for (number, name), held in networks.items():
        writer.insert_network(IPSet(held), {"autonomous_system_number": number, "autonomous_system_organization": name})
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    writer.to_db_file(str(draft))
    draft.replace(target)
    print(f"{len(networks)} network operators in {count} ranges, of {made:%Y-%m-%d}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
