"""PostgreSQL, the production database (DESIGN §4): psycopg 3, READ COMMITTED with row locks, never a replica, commits always on disk.

Nothing waits longer than the deadline: not for a connection of the pool, a lock or a statement (the server's timeouts), nor for a
server that no longer answers at all (the client's own, since a cut network tells nobody).

Loaded only where such a database is used: the driver takes 8 MiB.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, NullPool, Pool, QueuePool, create_engine, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect
from sqlalchemy.pool import PoolProxiedConnection

from sekisho.adapters.storage.faults import Faults
from sekisho.adapters.storage.line import Compiled, Line
from sekisho.adapters.storage.silence import Silence
from sekisho.kernel.errors import unavailable

__all__ = ["POSTGRESQL", "PostgresDatabase", "connect_parameters", "open_session"]

_dialect: Callable[..., Dialect] = PGDialect_psycopg  # untyped in SQLAlchemy
POSTGRESQL = Compiled(_dialect(paramstyle="pyformat"))
_FAULTS = Faults((psycopg.Error,), (psycopg.IntegrityError,), (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError))
_POOL = 20
_QUICK = 0.3  # a lost connection that shows at once leaves time for a second try
_SERVER_FIRST = 0.8  # of the deadline: the server gives up a lock before we take its silence for its death
_UPGRADE_LOCK = 0x53454B4953484F  # "SEKISHO": one migration at a time
_SESSION = (
    "SELECT pg_is_in_recovery(), set_config('statement_timeout', %(wait)s, false), set_config('lock_timeout', %(wait)s, false),"
    " set_config('idle_in_transaction_session_timeout', '60000', false),"
    # Stronger than `on` stays: remote_apply waits for the replicas as well.
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,"
    " false)"
)
RV = TypeVar("RV")


class _Bounded(psycopg.Connection[Any]):
    """A connection that gives up, and closes itself, when the server has not answered within `deadline` seconds.

    psycopg passes a timeout only where waiting in vain is no fault, as for notifications.
    """

    deadline = 2.0

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.deadline)
        except errors._WaitTimeout as late:
            self.close()
            raise errors.OperationalError("the server does not answer") from late


class PostgresDatabase:
    """url: of the primary. deadline: longest wait for anything, in seconds."""

    has_revision = text("SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('alembic_version')")

    def __init__(self, url: URL, deadline: float) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self.deadline = deadline
        self._guard = threading.Lock()
        self._silence = Silence(psycopg.OperationalError, lambda: open_session(self.url, deadline).close())
        creator: Any = self._connect
        self._pool: Pool = QueuePool(creator, pool_size=_POOL, max_overflow=0, timeout=deadline, use_lifo=True, reset_on_return=None)

    @contextmanager
    def writing(self) -> Iterator[Line]:
        with self._begun("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE") as line:
            yield line

    @contextmanager
    def reading(self) -> Iterator[Line]:
        with self._begun("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as line:
            yield line

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction without the short timeouts; one at a time among all nodes."""
        engine = create_engine(
            self.url, creator=lambda: psycopg.connect(**connect_parameters(self.url)), poolclass=NullPool, hide_parameters=True
        )
        with _FAULTS.translated(), engine.begin() as connection:
            connection.exec_driver_sql("SELECT set_config('lock_timeout', '30s', true)")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
            yield connection

    def close(self) -> None:
        self._silence.close()
        self._pool.dispose()

    def _connect(self) -> psycopg.Connection[Any]:
        self._silence.check()
        return open_session(self.url, self.deadline)

    @contextmanager
    def _begun(self, begin: str) -> Iterator[Line]:
        with _FAULTS.translated():
            with self._silence.noticed():
                lent = self._lend(begin)
            driver: Any = lent.driver_connection
            try:
                yield Line(driver, POSTGRESQL)
                if driver.info.transaction_status == TransactionStatus.INERROR:
                    # COMMIT would roll back and say nothing: who swallowed the error must not believe that it was written.
                    raise unavailable("database: the transaction had failed before its commit")
                driver.execute("COMMIT")
            except BaseException:
                if driver.closed:
                    self._silence.begins()
                _give_up(lent, driver)
                raise
            finally:
                lent.close()

    def _lend(self, begin: str) -> PoolProxiedConnection:
        """A connection in a transaction. One that turns out lost is replaced once: nothing was said on it yet (a restarted server)."""
        started, pool = monotonic(), self._pool
        lent = pool.connect()
        try:
            self._begin(lent, begin)
        except psycopg.OperationalError:
            with self._guard:
                if pool is self._pool:  # its other connections are most likely lost as well
                    pool.dispose()
                    self._pool = pool.recreate()
            if monotonic() - started > _QUICK:
                raise
            lent = self._pool.connect()
            self._begin(lent, begin)
        return lent

    def _begin(self, lent: PoolProxiedConnection, begin: str) -> None:
        driver: Any = lent.driver_connection
        try:
            self._silence.check()
            driver.execute(begin)
        except BaseException:
            lent.invalidate()
            lent.close()
            raise


def open_session(url: URL, deadline: float) -> psycopg.Connection[Any]:
    """A connection to the primary, in autocommit, with the house's time-outs. Raises psycopg.Error, or UNAVAILABLE for a replica."""
    connection = _Bounded.connect(**connect_parameters(url), autocommit=True)
    connection.deadline = deadline
    try:
        row = connection.execute(_SESSION, {"wait": str(int(deadline * _SERVER_FIRST * 1000))}).fetchone()
        if row is None or row[0]:
            raise unavailable("database: the server is a replica; name the primary")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_parameters(url: URL) -> dict[str, Any]:
    """What libpq needs. The time-outs stand, whatever the url says."""
    named = url.translate_connect_args(username="user", database="dbname")
    quick = {"connect_timeout": 2, "tcp_user_timeout": 2000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2}
    asked = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    return {"application_name": "sekisho", "target_session_attrs": "read-write", **asked, **named, **quick}


def _give_up(lent: PoolProxiedConnection, driver: Any) -> None:
    """Rolls back; a connection on which that fails is closed."""
    try:
        driver.execute("ROLLBACK")
    except psycopg.Error:
        lent.invalidate()
