"""Snapshots of the engine, in parts: none of them asks more of a database than it does within its time (R14)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert, select, text

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line
from sekisho.flows.ports.monitoring import SnapshotPart
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Snapshots"]

_s = tables.engine_snapshots
_WHOLE = _s.c.part == _s.c.parts

_ADD = insert(_s).inline()
_NEWEST = (
    select(_s.c.id, _s.c.parts, _s.c.sequence, _s.c.made)
    .where(_WHOLE, _s.c.fingerprint == bindparam("wanted"))
    .order_by(_s.c.sequence.desc(), _s.c.id.desc())
    .limit(1)
)
_PART = select(_s.c.data).where(_s.c.id == bindparam("wanted"), _s.c.part == bindparam("number"))
_ALL_WHOLE = select(_s.c.id, _s.c.fingerprint, _s.c.made).where(_WHOLE).order_by(_s.c.sequence.desc(), _s.c.id.desc())
_TORN = text("SELECT id FROM engine_snapshots GROUP BY id HAVING max(part) < max(parts) AND max(made) < :before")
_DROP = text(
    "DELETE FROM engine_snapshots WHERE id = :wanted"
    " AND part IN (SELECT part FROM engine_snapshots WHERE id = :wanted ORDER BY part DESC LIMIT :most)"
)
_KEPT = 2  # of the rules that make snapshots; the one before the newest in case that one is damaged


class Snapshots:
    """See `flows.ports.monitoring.Snapshots`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, part: SnapshotPart) -> None:
        row = {name: getattr(part, name) for name in ("id", "part", "parts", "fingerprint", "sequence", "data")}
        self._line.run(_ADD, {**row, "made": to_ms(part.made)})

    def newest(self, fingerprint: str) -> tuple[int, bytes] | None:
        row = self._line.first(_NEWEST, {"wanted": fingerprint})
        if row is None:
            return None
        id_, parts, sequence, _ = row
        return sequence, b"".join(self._line.value(_PART, {"wanted": id_, "number": number}) or b"" for number in range(1, parts + 1))

    def newest_of(self, fingerprint: str) -> tuple[int, datetime] | None:
        row = self._line.first(_NEWEST, {"wanted": fingerprint})
        return None if row is None else (row[2], from_ms(row[3]))

    def outlived(self, fingerprint: str, others_before: datetime, torn_before: datetime) -> list[str]:
        whole = self._line.all(_ALL_WHOLE)
        same = [id_ for id_, of, _ in whole if of == fingerprint]
        others = [id_ for id_, of, made in whole if of != fingerprint and made < to_ms(others_before)]
        torn = [row[0] for row in self._line.all(_TORN, {"before": to_ms(torn_before)})]
        return [*same[_KEPT:], *others, *torn]

    def drop(self, snapshot: str, limit: int) -> int:
        return self._line.run(_DROP, {"wanted": snapshot, "most": limit})
