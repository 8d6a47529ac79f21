"""What nodes tell each other: the gapless list of changes (R6) and the leases of background work (DESIGN §4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line
from sekisho.flows.ports.storage import Change, ChangeKind, Lease
from sekisho.kernel.times import to_ms

__all__ = ["CHANGES_CHANNEL", "CHANGES_COUNTER", "Changes", "Leases"]

CHANGES_CHANNEL = "sekisho_changes"  # of PostgreSQL's LISTEN and NOTIFY
CHANGES_COUNTER = "changes"

_c, _l = tables.changes, tables.leases

_NEXT = text(f"UPDATE counters SET value = value + 1 WHERE name = '{CHANGES_COUNTER}' RETURNING value")
_APPEND = insert(_c).inline()
# One round trip. The counter's row stays locked until the commit, so numbers appear in order and a rollback leaves no gap.
_APPEND_AND_NOTIFY = text(
    f"WITH next AS (UPDATE counters SET value = value + 1 WHERE name = '{CHANGES_COUNTER}' RETURNING value)"
    " INSERT INTO changes (sequence, kind, subject, at) SELECT value, :kind, :subject, :at FROM next"
    f" RETURNING sequence, pg_notify('{CHANGES_CHANNEL}', '')"
)
_SINCE = (
    select(_c.c.sequence, _c.c.kind, _c.c.subject)
    .where(_c.c.sequence > bindparam("after"))
    .order_by(_c.c.sequence)
    .limit(bindparam("most"))
)
_PURGE = delete(_c).where(_c.c.at < bindparam("before"))
_NEWEST = text(f"SELECT value FROM counters WHERE name = '{CHANGES_COUNTER}'")

_ACQUIRE = text(
    "INSERT INTO leases (name, holder, token, until) VALUES (:name, :holder, 1, :until)"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,"
    " token = leases.token + CASE WHEN leases.holder = excluded.holder AND leases.until > :now THEN 0 ELSE 1 END"
    " WHERE leases.holder = excluded.holder OR leases.until <= :now RETURNING token"
)
_HOLDS = (
    select(_l.c.until)
    .where(_l.c.name == bindparam("wanted"), _l.c.holder == bindparam("by"), _l.c.token == bindparam("fence"))
    .with_for_update(key_share=True)
)
_HELD = select(_l.c.until).where(_l.c.name == bindparam("wanted"))
_RELEASE = (
    update(_l).where(_l.c.name == bindparam("wanted"), _l.c.holder == bindparam("by"), _l.c.token == bindparam("fence")).values(until=0)
)


class Changes:
    """See `flows.ports.storage.Changes`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def append(self, kind: ChangeKind, subject: str, now: datetime) -> int:
        row = {"kind": kind.value, "subject": subject, "at": to_ms(now)}
        if self._line.is_postgresql:
            return int(self._line.value(_APPEND_AND_NOTIFY, row))
        sequence = int(self._line.value(_NEXT))
        self._line.run(_APPEND, {"sequence": sequence, **row})
        return sequence

    def since(self, sequence: int, limit: int = 1000) -> list[Change]:
        rows = self._line.all(_SINCE, {"after": sequence, "most": limit})
        return [Change(row[0], ChangeKind(row[1]), row[2]) for row in rows]

    def newest(self) -> int:
        return int(self._line.value(_NEWEST))

    def purge(self, before: datetime) -> int:
        return self._line.run(_PURGE, {"before": to_ms(before)})


class Leases:
    """See `flows.ports.storage.Leases`. A lease that ran out gets a new token even for its last holder."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def acquire(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        wanted = {"name": name, "holder": holder, "now": to_ms(now), "until": to_ms(until)}
        token = self._line.value(_ACQUIRE, wanted)
        return None if token is None else Lease(name, holder, int(token), until)

    def holds(self, lease: Lease, now: datetime) -> bool:
        wanted = {"wanted": lease.name, "by": lease.holder, "fence": lease.token}
        until = self._line.value(_HOLDS, wanted)
        return until is not None and until > to_ms(now)

    def held(self, name: str, now: datetime) -> bool:
        until = self._line.value(_HELD, {"wanted": name})
        return until is not None and until > to_ms(now)

    def release(self, lease: Lease) -> None:
        self._line.run(_RELEASE, {"wanted": lease.name, "by": lease.holder, "fence": lease.token})
