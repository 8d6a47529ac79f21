"""The storage of a node: opens the database, gives transactions (see `flows.ports.storage.Storage`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, bindparam, exc, func, literal, make_url, select, text, union_all, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.schema import upgrade
from sekisho.adapters.storage.sealing import Sealing
from sekisho.adapters.storage.sqlite import SqliteDatabase
from sekisho.adapters.storage.transaction import SqlTransaction
from sekisho.kernel.errors import invalid
from sekisho.kernel.times import from_ms, utc_now

if TYPE_CHECKING:
    from sekisho.adapters.storage.postgresql import PostgresDatabase

__all__ = ["DEADLINE", "SqlStorage", "open_storage", "open_unchanged"]

DEADLINE = 1.8  # seconds; 0.2 less than the 2 s of DESIGN §4, which the answer itself may need

_SERVER_CLOCK = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
_last_audit = select(tables.audit_entries.c.at_ms.label("at")).order_by(tables.audit_entries.c.id.desc()).limit(1).subquery()
_NEWEST_TIME = select(
    func.max(
        union_all(
            select(_last_audit.c.at),  # ids sort by time
            select(func.max(tables.sessions.c.last_input)),
            select(func.max(tables.sends.c.at)),
            select(tables.changes.c.at).where(tables.changes.c.sequence == select(func.max(tables.changes.c.sequence)).scalar_subquery()),
            select(literal(0)),
        )
        .subquery()
        .c.at
    )
)
_CANARY = select(tables.meta.c.canary)
_SET_CANARY = update(tables.meta).values(canary=bindparam("sealed"))
_PING = text("SELECT 1")


class SqlStorage:
    """Transactions on one database. A thread opens one write transaction at a time."""

    def __init__(self, database: SqliteDatabase | PostgresDatabase, sealing: Sealing, clock: Callable[[], datetime]) -> None:
        self.database = database
        self._sealing = sealing
        self._clock = clock

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        with self.database.writing() as line:
            yield SqlTransaction(line, self._sealing)

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        with self.database.reading() as line:
            yield SqlTransaction(line, self._sealing)

    def clock(self) -> datetime:
        """PostgreSQL's own clock; SQLite has none but this machine's."""
        if isinstance(self.database, SqliteDatabase):
            return self._clock()
        with self.database.reading() as line:
            return from_ms(line.value(_SERVER_CLOCK))

    def newest_time(self) -> datetime | None:
        """Of the last audit entry, input, send and change; None for a database that has seen nothing."""
        with self.database.reading() as line:
            newest = line.value(_NEWEST_TIME)
        return from_ms(newest) if newest else None

    def check_canary(self, seal: Callable[[], str], fits: Callable[[str], bool]) -> bool:
        """Whether the sealed text that this database keeps fits the keyring; a database without one gets it now."""
        with self.database.writing() as line:
            kept = line.value(_CANARY)
            if kept is None:
                line.run(_SET_CANARY, {"sealed": seal()})
                return True
        return fits(str(kept))

    def ping(self) -> None:
        """Returns when the database answers; else SekishoError UNAVAILABLE."""
        with self.database.reading() as line:
            line.value(_PING)

    def close(self) -> None:
        self.database.close()


def open_storage(url: str, sealing: Sealing, *, clock: Callable[[], datetime] = utc_now, deadline: float = DEADLINE) -> SqlStorage:
    """Opens `sqlite:///PATH` or `postgresql://…`, and brings the schema up to date.

    Raises SekishoError: INVALID for another url, CONFLICT for a schema newer than this version, UNAVAILABLE when it cannot be reached.
    """
    storage = SqlStorage(_database(url, deadline), sealing, clock)
    try:
        upgrade(storage.database)
    except BaseException:
        storage.close()
        raise
    return storage


def open_unchanged(url: str, sealing: Sealing, *, clock: Callable[[], datetime] = utc_now, deadline: float = DEADLINE) -> SqlStorage:
    """Opens it as it is, whatever its schema: for looking only."""
    return SqlStorage(_database(url, deadline), sealing, clock)


def _database(text_url: str, deadline: float) -> SqliteDatabase | PostgresDatabase:
    problem = "A database is named as sqlite:///PATH or postgresql://NAME@HOST/DATABASE."
    try:
        url: URL = make_url(text_url)
    except (exc.ArgumentError, ValueError):
        raise invalid(problem, "the url cannot be read") from None  # the url may hold a password: not quoted
    kind = url.drivername.partition("+")[0]
    if kind in {"postgresql", "postgres"}:
        from sekisho.adapters.storage.postgresql import PostgresDatabase

        return PostgresDatabase(url, deadline)
    if kind == "sqlite" and url.database and url.database != ":memory:":
        return SqliteDatabase(Path(url.database), deadline)
    raise invalid(problem, f"not a {kind} url of a file or server")
