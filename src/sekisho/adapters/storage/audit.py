"""The audit log: entries, the places of the chain, its signed heads (R8)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.audit_personal import as_written, is_wrapped
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.sealing import Sealing
from sekisho.domain.audit.chain import ORIGIN, ChainPoint, SealedEntry, SealedPosition
from sekisho.domain.audit.entry import AuditEntry, write_entry
from sekisho.domain.audit.head import Head
from sekisho.flows.own_events import monitored_body
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.events import Event
from sekisho.kernel.times import to_ms

__all__ = ["AuditEntries"]

_e, _h = tables.audit_entries, tables.audit_heads
_FIELDS = tuple(AuditEntry.__dataclass_fields__)
_ENTRY = [_e.c[name] for name in _FIELDS]

_APPEND = insert(_e).inline()
_TAKE_IN = insert(tables.event_intake).inline()
_UNSEALED = select(*_ENTRY).where(_e.c.position.is_(None), _e.c.id > bindparam("after")).order_by(_e.c.id).limit(bindparam("most"))
_LAST = select(_e.c.position, _e.c.link).where(_e.c.position.is_not(None)).order_by(_e.c.position.desc()).limit(1)
_CHECKPOINT = text("SELECT position, link FROM audit_checkpoint WHERE one = 1")
_SET_CHECKPOINT = text(
    "INSERT INTO audit_checkpoint (one, position, link) VALUES (1, :position, :link)"
    " ON CONFLICT (one) DO UPDATE SET position = excluded.position, link = excluded.link"
)
_PLACE = (
    update(_e).where(_e.c.id == bindparam("wanted"), _e.c.position.is_(None)).values(position=bindparam("place"), link=bindparam("chained"))
)
_READ = (
    select(*_ENTRY, _e.c.position, _e.c.link).where(_e.c.position >= bindparam("first")).order_by(_e.c.position).limit(bindparam("most"))
)
_COUNT = select(func.count()).select_from(_e).where(_e.c.position.is_not(None))
_FIRST_SINCE = select(_e.c.position).where(_e.c.position.is_not(None), _e.c.at_ms >= bindparam("since")).order_by(_e.c.position).limit(1)
_POINT_BEFORE = select(_e.c.position, _e.c.link).where(_e.c.position < bindparam("limit")).order_by(_e.c.position.desc()).limit(1)
_PURGE = delete(_e).where(_e.c.position <= bindparam("through"))
_EPOCH = text("SELECT epoch FROM meta WHERE one = 1")
_ADD_HEAD = insert(_h).inline()
_LAST_HEAD = select(_h).order_by(_h.c.number.desc()).limit(1)
_HEADS = select(_h).where(_h.c.number >= bindparam("first")).order_by(_h.c.number).limit(bindparam("most"))
_EXPORTED = text("SELECT number FROM audit_exports WHERE sink = :sink")
_MARK = text(
    "INSERT INTO audit_exports (sink, number, at) VALUES (:sink, :number, :at) ON CONFLICT (sink) DO UPDATE"
    " SET number = excluded.number, at = excluded.at WHERE audit_exports.number < excluded.number"
)


class AuditEntries:
    """See `flows.ports.audit.AuditEntries`."""

    def __init__(self, line: Line, sealing: Sealing) -> None:
        self._line = line
        self._sealing = sealing

    def append(self, event: Event, now: datetime) -> str | None:
        entry = write_entry(event, now, self._sealing.mac, self._sealing.seal)
        self._line.run(_APPEND, {name: getattr(entry, name) for name in _FIELDS})
        if (own := monitored_body(event, now)) is None:
            return None
        self._line.run(_TAKE_IN, {"body": own[1]})
        return own[0]

    def unsealed(self, limit: int, after: str = "") -> list[AuditEntry]:
        return [self._entry(row) for row in self._line.all(_UNSEALED, {"after": after, "most": limit})]

    def last_position(self) -> ChainPoint:
        row = self._line.first(_LAST)
        return self.checkpoint() if row is None else ChainPoint(*row)

    def checkpoint(self) -> ChainPoint:
        row = self._line.first(_CHECKPOINT)
        return ORIGIN if row is None else ChainPoint(*row)

    def place(self, positions: Sequence[SealedPosition]) -> None:
        if not positions:
            return
        rows = [{"wanted": one.id, "place": one.position, "chained": one.link} for one in positions]
        if self._line.run_each(_PLACE, rows) != len(rows):
            raise SekishoError(Kind.CONFLICT, "There is nothing here.", "an audit entry is unknown or placed already")

    def read(self, from_position: int, limit: int) -> list[SealedEntry]:
        rows = self._line.all(_READ, {"first": from_position, "most": limit})
        return [SealedEntry(self._entry(row[:-2]), row[-2], row[-1]) for row in rows]

    def _entry(self, row: SqlRow) -> AuditEntry:
        """As it was written, whatever key its personal fields are wrapped in by now."""
        entry = AuditEntry(*row)
        if entry.personal is None or not is_wrapped(entry.personal):
            return entry
        with suppress(SekishoError, ValueError):  # a wrapping that was changed stays: the entry is not intact
            return replace(entry, personal=as_written(entry.id, entry.personal, self._sealing.open))
        return entry

    def count(self) -> int:
        return int(self._line.value(_COUNT))

    def last_before(self, moment: datetime) -> ChainPoint | None:
        # Walks the chain from its start and stops at the first entry that is young enough: no scan of the whole log.
        first_kept = self._line.value(_FIRST_SINCE, {"since": to_ms(moment)})
        row = self._line.first(_LAST) if first_kept is None else self._line.first(_POINT_BEFORE, {"limit": first_kept})
        return None if row is None else ChainPoint(*row)

    def purge(self, through: ChainPoint) -> int:
        deleted = self._line.run(_PURGE, {"through": through.position})
        self._line.run(_SET_CHECKPOINT, {"position": through.position, "link": through.link})
        return deleted

    def epoch(self) -> int:
        return int(self._line.value(_EPOCH))

    def add_head(self, head: Head) -> None:
        row = {name: getattr(head, name) for name in Head.__dataclass_fields__}
        self._line.run(_ADD_HEAD, {**row, "standing": json.dumps(head.standing)})

    def last_head(self) -> Head | None:
        row = self._line.first(_LAST_HEAD)
        return None if row is None else _head_of(row)

    def heads(self, from_number: int, limit: int) -> list[Head]:
        return [_head_of(row) for row in self._line.all(_HEADS, {"first": from_number, "most": limit})]

    def unexported_heads(self, sink: str, limit: int) -> list[Head]:
        taken = self._line.value(_EXPORTED, {"sink": sink}) or 0
        return self.heads(taken + 1, limit)

    def mark_exported(self, sink: str, number: int, now: datetime) -> None:
        self._line.run(_MARK, {"sink": sink, "number": number, "at": to_ms(now)})


def _head_of(row: SqlRow) -> Head:
    number, position, link, at_ms, firm, epoch, standing, key_id, signature = row
    return Head(number, position, link, at_ms, firm, epoch, tuple(json.loads(standing)), key_id, signature)
