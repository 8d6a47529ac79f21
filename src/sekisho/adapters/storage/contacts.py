"""Addresses of traders with their dated life (domain package `accounts`; R4, R10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms
from sekisho.domain.accounts import Contact, ContactKind, ContactState
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Contacts"]

_c = tables.contacts

_ADD = insert(_c).inline()
_SAVE = update(_c).where(_c.c.id == bindparam("wanted"))
_OF = (
    select(_c)
    .where(_c.c.trader == bindparam("wanted"), _c.c.state != ContactState.ENDED.value)
    .order_by(_c.c.added, _c.c.id)
)  # fmt: skip
_DUE = (
    select(_c)
    .where(or_(*(_c.c.state == state.value for state in (ContactState.UNCONFIRMED, ContactState.WAITING))), _c.c.due <= bindparam("now"))
    .order_by(_c.c.due, _c.c.id)
    .limit(bindparam("most"))
)


class Contacts:
    """See `flows.ports.own_gate.Contacts`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, contact: Contact) -> None:
        fixed = {
            "id": contact.id,
            "trader": contact.trader,
            "kind": contact.kind.value,
            "added": to_ms(contact.added),
            "added_by": contact.added_by,
        }
        self._line.run(_ADD, {**fixed, **_changing(contact)})

    def save(self, contact: Contact) -> None:
        self._line.save(_SAVE, {"wanted": contact.id, **_changing(contact)})

    def of(self, trader: str) -> list[Contact]:
        return [_contact_of(row) for row in self._line.all(_OF, {"wanted": trader})]

    def due(self, now: datetime, limit: int) -> list[Contact]:
        return [_contact_of(row) for row in self._line.all(_DUE, {"now": to_ms(now), "most": limit})]


def _changing(contact: Contact) -> dict[str, Any]:
    return {
        "state": contact.state.value,
        "value": contact.value,
        "confirmed": ms(contact.confirmed),
        "due": ms(contact.due),
        "ended": ms(contact.ended),
    }


def _contact_of(row: SqlRow) -> Contact:
    id_, trader, kind, state, value, added, confirmed, due, ended, added_by = row
    return Contact(
        id=id_,
        trader=trader,
        kind=ContactKind(kind),
        state=ContactState(state),
        value=value,
        added=from_ms(added),
        added_by=added_by,
        confirmed=moment(confirmed),
        due=moment(due),
        ended=moment(ended),
    )
