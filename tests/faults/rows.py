"""What stands in the database, read past the server: the truth that its answers are held against."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from sekisho.kernel.events import EventKind

__all__ = ["Rows"]

_TOTALS = (
    "SELECT a.trader, a.kind, l.failures FROM authenticators a JOIN lockouts l ON l.authenticator = a.id"
    " WHERE l.lane = '' AND a.kind IN ('password', 'phone')"
)
_OPEN = "SELECT count(*) FROM lockouts WHERE open <> '[]' AND authenticator NOT LIKE 'decoy%'"


class Rows:
    """Every question opens the database anew, as another process does."""

    def __init__(self, database: str) -> None:
        url = make_url(database)
        self._url = url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url

    def totals(self) -> dict[tuple[str, str], int]:
        """Failures over all lanes since the last success, by trader and kind of authenticator."""
        return {(row[0], row[1]): row[2] for row in self._all(_TOTALS)}

    def total(self, trader: str, kind: str) -> int:
        return self.totals().get((trader, kind), 0)

    def attempts_being_checked(self) -> int:
        return int(self._all(_OPEN)[0][0])

    def sessions(self) -> Counter[str]:
        """How many each trader was ever given."""
        return Counter(row[0] for row in self._all("SELECT trader FROM sessions"))

    def completed_ceremonies(self) -> Counter[str]:
        return Counter(row[0] for row in self._all("SELECT trader FROM ceremonies WHERE purpose = 'login' AND state = 'complete'"))

    def logins_completed(self) -> Counter[str]:
        """How often the audit log tells of a completed login, by the session that it opened."""
        facts = self._all("SELECT facts FROM audit_entries WHERE kind = :kind", kind=EventKind.LOGIN_COMPLETED.value)
        return Counter(json.loads(row[0])["session"] for row in facts)

    def codes_queued(self) -> Counter[str]:
        return Counter(row[0] for row in self._all("SELECT trader FROM outbox WHERE kind = 'code.login'"))

    def messages(self) -> dict[str, str]:
        """The state of every message by its id, which is its idempotency key."""
        return {row[0]: row[1] for row in self._all("SELECT id, state FROM outbox")}

    def positions(self) -> list[int]:
        return [row[0] for row in self._all("SELECT position FROM audit_entries WHERE position IS NOT NULL ORDER BY position")]

    def changes(self) -> list[int]:
        return [row[0] for row in self._all("SELECT sequence FROM changes ORDER BY sequence")]

    def unsealed(self) -> int:
        return int(self._all("SELECT count(*) FROM audit_entries WHERE position IS NULL")[0][0])

    def lease_holder(self) -> str | None:
        """Of the owner's lease, while it is not over by the clock."""
        found = self._all("SELECT holder FROM leases WHERE name = 'owner' AND until > :now", now=int(time.time() * 1000))
        return str(found[0][0]) if found else None

    def epoch(self) -> tuple[int, bool]:
        """The database's epoch, and whether it is a copy that waits to be accepted."""
        ((epoch, restored),) = self._all("SELECT epoch, restored FROM meta")
        return epoch, restored is not None

    def tables(self) -> int:
        """How many tables of ours there are."""
        if self._url.drivername == "sqlite":
            return int(self._all("SELECT count(*) FROM sqlite_master WHERE type = 'table'")[0][0])
        return int(self._all("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")[0][0])

    def others_at_work(self) -> int:
        """Connections of other programs to this PostgreSQL database."""
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return int(self._all(asked)[0][0])

    @contextmanager
    def write_lock(self) -> Iterator[None]:
        """Nobody else writes what acceptance must write first: the lease of background work."""
        with self._open() as connection:
            if self._url.drivername == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.exec_driver_sql("LOCK TABLE leases IN EXCLUSIVE MODE")
            yield
            connection.rollback()

    def make_due(self) -> None:
        """As if the minute were over for which a dead worker's claim holds a message."""
        with self._open() as connection, connection.begin():
            connection.execute(text("UPDATE outbox SET due = created WHERE state = 'waiting'"))

    def _all(self, statement: str, **values: Any) -> list[Any]:
        with self._open() as connection:
            return list(connection.execute(text(statement), values))

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        engine = create_engine(self._url, poolclass=NullPool, connect_args={"timeout": 10} if self._url.drivername == "sqlite" else {})
        with engine.connect() as connection:
            yield connection
        engine.dispose()
