"""Counts of failures and their restrictions (domain package `lockout`; R1, R3).

One row per authenticator and lane; lane "" carries the failures over all lanes, so that one statement reads or writes both. Its row is
always locked first: attempts at one authenticator queue there, whatever their lane.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ClauseElement, bindparam, select, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms
from sekisho.domain.lockout import Attempts, FailureTotal, OpenReservation, Restriction
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Lockouts"]

_TOTAL = ""
_l = tables.lockouts
_COLUMNS = "lane, failures, last_failure, restricted_since, restricted_until, restricted_by, open"
_VALUES = ":failures, :last_failure, :restricted_since, :restricted_until, :restricted_by, :open"

_READ = text(f"SELECT {_COLUMNS} FROM lockouts WHERE authenticator = :authenticator AND lane IN ('', :lane)")
# ORDER BY: the total's row first, in every transaction, so that two of them never wait for each other.
_LOCK = text(f"SELECT {_COLUMNS} FROM lockouts WHERE authenticator = :authenticator AND lane IN ('', :lane) ORDER BY lane FOR UPDATE")
# Makes the rows that are missing and locks those that exist, the total's first; returns what stands there now.
_CREATE = text(
    f"INSERT INTO lockouts (authenticator, {_COLUMNS}) VALUES (:authenticator, '', 0, NULL, NULL, NULL, NULL, '[]'),"
    " (:authenticator, :lane, 0, NULL, NULL, NULL, NULL, '[]')"
    f" ON CONFLICT (authenticator, lane) DO UPDATE SET lane = lockouts.lane RETURNING {_COLUMNS}"
)
_SAVE = text(
    f"INSERT INTO lockouts (authenticator, {_COLUMNS}) VALUES (:authenticator, '', :total, NULL, NULL, NULL, NULL, '[]'),"
    f" (:authenticator, :lane, {_VALUES}) ON CONFLICT (authenticator, lane) DO UPDATE SET failures = excluded.failures,"
    " last_failure = excluded.last_failure, restricted_since = excluded.restricted_since,"
    " restricted_until = excluded.restricted_until, restricted_by = excluded.restricted_by, open = excluded.open"
)
_RESTRICTED = text(
    "SELECT count(*) FROM lockouts WHERE restricted_since IS NOT NULL AND (restricted_until IS NULL OR restricted_until > :now)"
    " AND substr(authenticator, 1, 6) <> 'decoy_'"
)
_LANES_OF = select(*[_l.c[name] for name in _COLUMNS.split(", ")]).where(_l.c.authenticator == bindparam("wanted")).order_by(_l.c.lane)
_LOCK_LANES_OF = _LANES_OF.with_for_update()
_LIFT = update(_l).where(_l.c.authenticator == bindparam("wanted"), _l.c.lane == bindparam("wanted_lane"))


class Lockouts:
    """See `flows.ports.storage.Lockouts`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def lock(self, authenticator: str, lane: str) -> tuple[Attempts, FailureTotal]:
        if not self._line.is_postgresql:  # SQLite has one writer: reading is enough
            return self.read(authenticator, lane)
        wanted = {"authenticator": authenticator, "lane": _checked(lane)}
        rows = self._line.all(_LOCK, wanted)
        if len(rows) < 2:
            rows = self._line.all(_CREATE, wanted)
        return _split(rows)

    def save(self, authenticator: str, lane: str, attempts: Attempts, total: FailureTotal) -> None:
        row = {"authenticator": authenticator, "lane": _checked(lane), "total": total.failures, **_lane_row(attempts)}
        self._line.run(_SAVE, row)

    def read(self, authenticator: str, lane: str) -> tuple[Attempts, FailureTotal]:
        return _split(self._line.all(_READ, {"authenticator": authenticator, "lane": _checked(lane)}))

    def restricted(self, now: datetime) -> int:
        return int(self._line.value(_RESTRICTED, {"now": to_ms(now)}))

    def lanes_of(self, authenticator: str) -> dict[str, Attempts]:
        lanes = self._lanes(_LANES_OF, authenticator)
        return {lane: attempts for lane, attempts in lanes.items() if attempts != Attempts()}

    def unlock(self, authenticator: str, lane: str | None) -> list[str]:
        lanes = self._lanes(_LOCK_LANES_OF, authenticator)
        chosen = [one for one in lanes if lane in (None, one)]
        for one in chosen:
            self._line.run(_LIFT, {"wanted": authenticator, "wanted_lane": one, **_lane_row(lanes[one].unlocked())})
        return [one for one in chosen if lanes[one].restriction is not None]

    def _lanes(self, statement: ClauseElement, authenticator: str) -> dict[str, Attempts]:
        rows = self._line.all(statement, {"wanted": authenticator})
        return {row[0]: _attempts_of(row) for row in rows if row[0] != _TOTAL}


def _lane_row(attempts: Attempts) -> dict[str, Any]:
    restriction = attempts.restriction
    return {
        "failures": attempts.failures,
        "last_failure": ms(attempts.last_failure),
        "restricted_since": restriction and to_ms(restriction.since),
        "restricted_until": restriction and ms(restriction.until),
        "restricted_by": restriction and restriction.caused_by,
        "open": json.dumps([[one.id, to_ms(one.at)] for one in attempts.open]) if attempts.open else "[]",
    }


def _checked(lane: str) -> str:
    if lane == _TOTAL:
        raise ValueError("a lane has a name")
    return lane


def _split(rows: Iterable[SqlRow]) -> tuple[Attempts, FailureTotal]:
    attempts, total = Attempts(), FailureTotal()
    for row in rows:
        if row[0] == _TOTAL:
            total = FailureTotal(row[1])
        else:
            attempts = _attempts_of(row)
    return attempts, total


def _attempts_of(row: SqlRow) -> Attempts:
    _, failures, last_failure, since, until, caused_by, reservations = row
    return Attempts(
        failures=failures,
        last_failure=moment(last_failure),
        restriction=None if since is None else Restriction(from_ms(since), moment(until), caused_by),
        open=tuple(OpenReservation(id_, from_ms(at)) for id_, at in json.loads(reservations)) if reservations != "[]" else (),
    )
