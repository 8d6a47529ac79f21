"""Lists of addresses (domain package `ip_restrictions`; R5). Long lists are read once and then shared by all who hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

from sqlalchemy import bindparam, select, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms
from sekisho.domain.ip_restrictions import AddressList, Entries, Entry, Exempt
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["AddressLists", "list_of"]

_a = tables.address_lists
_REMEMBERED = 2048  # lists; a session's check asks its list in memory

_GET = select(_a).where(_a.c.owner == bindparam("wanted"))
_LOCK = _GET.with_for_update(key_share=True)
_FIELDS = ("owner", "version", "entries", "changed", "changed_by", "pending", "before", "exempt", "due")
_ADD = text(
    f"INSERT INTO address_lists ({', '.join(_FIELDS)}) VALUES ({', '.join(':' + name for name in _FIELDS)}) ON CONFLICT (owner) DO NOTHING"
)
_SAVE = update(_a).where(_a.c.owner == bindparam("wanted"), _a.c.version == bindparam("last"))
_DUE = select(_a.c.owner).where(_a.c.due <= bindparam("now")).order_by(_a.c.due).limit(bindparam("most"))


class AddressLists:
    """See `flows.ports.own_gate.AddressLists`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def get(self, owner: str) -> AddressList | None:
        row = self._line.first(_GET, {"wanted": owner})
        return None if row is None else list_of(row)

    def of(self, owners: Iterable[str]) -> dict[str, AddressList]:
        found = ((owner, self.get(owner)) for owner in dict.fromkeys(owners))
        return {owner: kept for owner, kept in found if kept is not None}

    def lock(self, owner: str) -> AddressList | None:
        row = self._line.first(_LOCK, {"wanted": owner})
        return None if row is None else list_of(row)

    def save(self, kept: AddressList) -> None:
        if kept.version > 1:
            saved = self._line.run(_SAVE, {"wanted": kept.owner, "last": kept.version - 1, **_row(kept)})
        else:
            saved = self._line.run(_ADD, {"owner": kept.owner, **_row(kept)})
        if saved != 1:
            raise SekishoError(Kind.CONFLICT, "Somebody else has changed this list meanwhile. Look at it as it is now, and begin again.")

    def due(self, now: datetime, limit: int) -> list[str]:
        return [row[0] for row in self._line.all(_DUE, {"now": to_ms(now), "most": limit})]


def _row(kept: AddressList) -> dict[str, Any]:
    return {
        "version": kept.version,
        "entries": _kept(kept.entries),
        "changed": to_ms(kept.changed),
        "changed_by": kept.changed_by,
        "pending": None if kept.pending is None else _kept(kept.pending),
        "before": None if kept.before is None else _kept(kept.before),
        "exempt": json.dumps(sorted([one.trader, str(one.address)] for one in kept.exempt)),
        "due": ms(kept.due),
    }


def list_of(row: SqlRow) -> AddressList:
    owner, version, entries, changed, changed_by, pending, before, exempt, due = row
    return AddressList(
        owner=owner,
        version=version,
        entries=_entries(entries),
        changed=from_ms(changed),
        changed_by=changed_by,
        pending=None if pending is None else _entries(pending),
        before=None if before is None else _entries(before),
        exempt=frozenset(Exempt(trader, ip_address(address)) for trader, address in json.loads(exempt)),
        due=moment(due),
    )


def _kept(entries: Entries) -> str:
    return json.dumps([[str(one.network), one.label, ms(one.since), ms(one.until)] for one in entries], ensure_ascii=False)


@lru_cache(maxsize=_REMEMBERED)
def _entries(kept: str) -> Entries:
    rows = json.loads(kept)
    return Entries(tuple(Entry(_network(network), label, moment(since), moment(until)) for network, label, since, until in rows))


def _network(written: str) -> IPv4Network | IPv6Network:
    """As it was written here: `ip_network` would take several times as long to look for what people may have meant."""
    address, _, prefix = written.partition("/")
    if ":" in address:
        return IPv6Network((inet_pton(AF_INET6, address), int(prefix)))
    return IPv4Network((inet_pton(AF_INET, address), int(prefix)))
