"""The event log of monitoring and its intake (domain package `monitoring`; R14)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import TextClause, bindparam, delete, func, insert, literal_column, or_, select, text

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.ports.monitoring import LoggedEvent
from sekisho.kernel.times import to_ms

__all__ = ["EventLog"]

_e, _i = tables.monitored_events, tables.event_intake
_ROW = [_e.c[name] for name in ("body", "hash", "rules", "verdict", "points", "features", "reasons")]
_COLUMNS = "body, hash, rules, verdict, points, features, reasons"

_LAST = select(_e.c.sequence, _e.c.at).order_by(_e.c.sequence.desc()).limit(1)
# Lists of ids travel as one parameter: as JSON, or as an array.
_KNOWN = text(f"SELECT {_COLUMNS} FROM monitored_events WHERE id IN (SELECT value FROM json_each(:ids))")
_KNOWN_PG = text(f"SELECT {_COLUMNS} FROM monitored_events WHERE id = ANY(:ids)")
_LOGGED = text("SELECT id FROM monitored_events WHERE id IN (SELECT value FROM json_each(:ids))")
_LOGGED_PG = text("SELECT id FROM monitored_events WHERE id = ANY(:ids)")
_APPEND = insert(_e).inline()
_READ = select(*_ROW).where(_e.c.sequence > bindparam("after")).order_by(_e.c.sequence).limit(bindparam("most"))
_BODIES = select(_e.c.sequence, _e.c.body).where(_e.c.sequence > bindparam("after")).order_by(_e.c.sequence)
_SOME_BODIES = _BODIES.limit(bindparam("most"))
_GET = select(*_ROW).where(_e.c.sequence == bindparam("wanted"))
_OF_ACCOUNT = select(*_ROW).where(_e.c.account == bindparam("wanted")).order_by(_e.c.sequence.desc()).limit(bindparam("most"))
_IS_LOGIN = or_(*(_e.c.kind == literal_column(f"'{kind}'") for kind in ("login.completed", "session.seen")))
_LOGINS_OF = select(*_ROW).where(_e.c.trader == bindparam("wanted"), _IS_LOGIN, _e.c.at >= bindparam("since"))
_LOGINS_OF = _LOGINS_OF.order_by(_e.c.sequence.desc()).limit(bindparam("most"))
_NEWEST_SPOKEN = select(*_ROW).where(_e.c.verdict != literal_column("'allow'")).order_by(_e.c.sequence.desc()).limit(bindparam("most"))
_HELD = or_(_e.c.verdict == literal_column("'hold'"), _e.c.verdict == literal_column("'refuse'"))
_OF = _e.c.account == bindparam("wanted")
_SPOKEN = {(of_one, held): _NEWEST_SPOKEN.where(*[_OF] * of_one, *[_HELD] * held) for of_one in (False, True) for held in (False, True)}
_PURGE = delete(_e).where(_e.c.sequence <= bindparam("through"))
_NEWEST = select(func.max(_e.c.sequence)).scalar_subquery()  # stays, however old: numbers and times go on from it
_OLD = (
    select(_e.c.sequence)
    .where(_e.c.at < bindparam("before"), _e.c.sequence <= bindparam("through"), _e.c.sequence < _NEWEST)
    .order_by(_e.c.sequence)
    .limit(bindparam("most"))
)
_LAST_OLD = select(func.max(_OLD.subquery().c.sequence))
_BEFORE = select(_e.c.sequence).where(_e.c.at < bindparam("moment")).order_by(_e.c.at.desc(), _e.c.sequence.desc()).limit(1)
_COUNTS = (
    select(_e.c.kind, _e.c.verdict, func.count())
    .where(_e.c.at >= bindparam("since"), _e.c.at < bindparam("until"))
    .group_by(_e.c.kind, _e.c.verdict)
    .order_by(_e.c.kind, _e.c.verdict)
)
_INTAKE = select(_i.c.number, _i.c.body).order_by(_i.c.number).limit(bindparam("most"))
_INTAKE_COUNT = select(func.count()).select_from(_i)
_TAKEN = delete(_i).where(_i.c.number == bindparam("wanted"))

_decode = msgspec.msgpack.Decoder(MonitoredEvent).decode
_encode = msgspec.msgpack.Encoder().encode


class EventLog:
    """See `flows.ports.monitoring.EventLog`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def last(self) -> tuple[int, int]:
        row = self._line.first(_LAST)
        return (0, 0) if row is None else (row[0], row[1])

    def known(self, ids: Sequence[str]) -> dict[str, LoggedEvent]:
        found = [_logged(row) for row in self._of_ids(_KNOWN, _KNOWN_PG, ids)]
        return {one.event.id: one for one in found}

    def logged(self, ids: Sequence[str]) -> set[str]:
        return {row[0] for row in self._of_ids(_LOGGED, _LOGGED_PG, ids)}

    def _of_ids(self, statement: TextClause, on_postgresql: TextClause, ids: Sequence[str]) -> list[SqlRow]:
        if not ids:
            return []
        if self._line.is_postgresql:
            return self._line.all(on_postgresql, {"ids": list(ids)})
        return self._line.all(statement, {"ids": json.dumps(list(ids))})

    def append(self, rows: Sequence[LoggedEvent]) -> None:
        if rows:
            self._line.run_each(_APPEND, [_values(row) for row in rows])

    def read(self, after: int, limit: int) -> list[LoggedEvent]:
        return [_logged(row) for row in self._line.all(_READ, {"after": after, "most": limit})]

    def bodies(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        rows = self._line.all(_SOME_BODIES, {"after": after, "most": limit})
        return [(row[0], bytes(row[1])) for row in rows]

    def get(self, sequence: int) -> LoggedEvent | None:
        row = self._line.first(_GET, {"wanted": sequence})
        return None if row is None else _logged(row)

    def of_account(self, account: str, limit: int) -> list[LoggedEvent]:
        return [_logged(row) for row in self._line.all(_OF_ACCOUNT, {"wanted": account, "most": limit})]

    def logins_of(self, trader: str, since: datetime, limit: int) -> list[LoggedEvent]:
        wanted = {"wanted": trader, "since": to_ms(since), "most": limit}
        return [_logged(row) for row in self._line.all(_LOGINS_OF, wanted)]

    def spoken(self, account: str | None, held: bool, limit: int) -> list[LoggedEvent]:
        wanted = {} if account is None else {"wanted": account}
        return [_logged(row) for row in self._line.all(_SPOKEN[account is not None, held], {**wanted, "most": limit})]

    def purge(self, before: datetime, through: int, limit: int) -> tuple[int, int]:
        last = self._line.value(_LAST_OLD, {"before": to_ms(before), "through": through, "most": limit})
        return (0, 0) if last is None else (self._line.run(_PURGE, {"through": last}), int(last))

    def before(self, moment: datetime) -> int:
        return int(self._line.value(_BEFORE, {"moment": to_ms(moment)}) or 0)

    def counts(self, since: datetime, until: datetime) -> list[tuple[str, str, int]]:
        rows = self._line.all(_COUNTS, {"since": to_ms(since), "until": to_ms(until)})
        return [(kind, verdict or "", count) for kind, verdict, count in rows]

    def intake(self, limit: int) -> list[tuple[int, str]]:
        return [(row[0], row[1]) for row in self._line.all(_INTAKE, {"most": limit})]

    def intake_count(self) -> int:
        return int(self._line.value(_INTAKE_COUNT))

    def taken(self, numbers: Sequence[int]) -> None:
        if numbers:
            self._line.run_each(_TAKEN, [{"wanted": number} for number in numbers])


def _values(row: LoggedEvent) -> dict[str, object]:
    event = row.event
    return {
        "sequence": event.sequence,
        "id": event.id,
        "at": event.at,
        "kind": event.kind,
        "account": event.account,
        "trader": event.trader,
        "body": _encode(event),
        "hash": row.hash,
        "rules": row.rules,
        "verdict": row.verdict.value,
        "points": row.points,
        "features": row.features,
        "reasons": row.reasons,
    }


def _logged(row: SqlRow) -> LoggedEvent:
    body, hash_, rules, verdict, points, features, reasons = row
    kept = None if features is None else bytes(features)
    return LoggedEvent(_decode(bytes(body)), hash_, rules, Verdict(verdict or "allow"), points or 0, kept, reasons or "{}")
