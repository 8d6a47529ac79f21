"""What `sekisho doctor` asks of the database, besides what the repositories know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from sekisho.adapters.storage.line import Line
from sekisho.adapters.storage.rows import moment
from sekisho.adapters.storage.schema import REVISION, Database
from sekisho.kernel.times import from_ms

__all__ = ["Holder", "Sealed", "Traders", "canary", "holder_of", "postgresql_settings", "revision_of", "sealed", "traders"]

_SETTINGS = (
    "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),"
    " current_setting('synchronous_commit'), pg_is_in_recovery()::text"
)
_LEASE = text("SELECT holder, until FROM leases WHERE name = :wanted")
_UNSEALED = text("SELECT count(*), min(at_ms) FROM audit_entries WHERE position IS NULL")
_EXPORTS = text("SELECT sink, number FROM audit_exports ORDER BY sink")
_CANARY = text("SELECT canary FROM meta")
_TRADERS = text(
    "SELECT count(*), sum(CASE WHEN activated IS NULL THEN 0 ELSE 1 END), sum(CASE WHEN relay_acknowledged IS NULL THEN 0 ELSE 1 END)"
    " FROM traders"
)


@dataclass(frozen=True, slots=True)
class Holder:
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """unsealed: entries without a position; oldest of them. taken: number of the last head that each sink took."""

    unsealed: int
    oldest: datetime | None
    taken: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Traders:
    """acknowledged: how many confirmed that codes can be relayed (R4)."""

    all: int
    active: int
    acknowledged: int


def revision_of(database: Database) -> str | None:
    """Of the schema; None for a database without tables."""
    with database.reading() as line:
        return str(line.value(REVISION)) if line.value(database.has_revision) else None


def postgresql_settings(line: Line) -> dict[str, str]:
    names = ("server_version", "fsync", "full_page_writes", "synchronous_commit", "in_recovery")
    return dict(zip(names, map(str, line.all(text(_SETTINGS))[0]), strict=True))


def canary(line: Line) -> str | None:
    """The text that the master key sealed; None before the first start."""
    found = line.value(_CANARY)
    return None if found is None else str(found)


def holder_of(lease: str, line: Line) -> Holder | None:
    row = line.first(_LEASE, {"wanted": lease})
    return None if row is None else Holder(str(row[0]), from_ms(row[1]))


def sealed(line: Line) -> Sealed:
    count, oldest = line.all(_UNSEALED)[0]
    return Sealed(int(count), moment(oldest), {row[0]: int(row[1]) for row in line.all(_EXPORTS)})


def traders(line: Line) -> Traders:
    return Traders(*(int(value or 0) for value in line.all(_TRADERS)[0]))
