"""PostgreSQL, the production database (DESIGN §4): psycopg 3, READ COMMITTED with row locks, never a replica, commits always on disk.

Nothing waits longer than the deadline: not for a connection of the pool, a lock or a statement (the server's timeouts), nor for a
server that no longer answers at all (the client's own, since a cut network tells nobody).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, exc

from sekisho.adapters.storage.faults import translated
from sekisho.kernel.errors import unavailable

__all__ = ["PostgresDatabase", "connect_parameters"]

_POOL = 20
_QUICK = 0.3  # a lost connection that shows at once leaves time for a second try
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
    """A connection that gives up, and closes itself, when the server has not answered within `deadline` seconds."""

    deadline = 2.0

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, self.deadline if timeout is None else timeout)
        except errors._WaitTimeout as late:
            self.close()
            raise errors.OperationalError("the server does not answer") from late


class PostgresDatabase:
    """url: of the primary. deadline: longest wait for anything, in seconds."""

    def __init__(self, url: URL, deadline: float) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self.deadline = deadline
        self._engine = create_engine(
            self.url,
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=_POOL,
            max_overflow=0,
            pool_timeout=deadline,
            pool_use_lifo=True,
            use_native_hstore=False,
            hide_parameters=True,
        )
        self._writer = _beginning(self._engine, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        self._reader = _beginning(self._engine, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._begun(self._writer) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._begun(self._reader) as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction without the short timeouts; one at a time in the whole cluster of nodes."""
        engine = create_engine(
            self.url, creator=lambda: psycopg.connect(**connect_parameters(self.url)), poolclass=NullPool, hide_parameters=True
        )
        with translated(), engine.begin() as connection:
            connection.exec_driver_sql("SELECT set_config('lock_timeout', '30s', true)")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def _connect(self) -> psycopg.Connection[Any]:
        connection = _Bounded.connect(**connect_parameters(self.url), autocommit=True)
        connection.deadline = self.deadline
        try:
            row = connection.execute(_SESSION, {"wait": str(int(self.deadline * 1000))}).fetchone()
            if row is None or row[0]:
                raise unavailable("database: the server is a replica; name the primary")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _begun(self, engine: Engine) -> Iterator[Connection]:
        with translated(), _begin(engine) as connection:
            transaction = connection.get_transaction()
            assert transaction is not None
            with transaction:
                yield connection
                _refuse_failed(connection)


def connect_parameters(url: URL) -> dict[str, Any]:
    """What libpq needs. The time-outs stand, whatever the url says."""
    named = url.translate_connect_args(username="user", database="dbname")
    quick = {"connect_timeout": 2, "tcp_user_timeout": 2000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2}
    asked = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    return {"application_name": "sekisho", "target_session_attrs": "read-write", **asked, **named, **quick}


def _beginning(engine: Engine, begin: str) -> Engine:
    """The same pool; a transaction starts with that statement."""
    sibling = engine.execution_options(sekisho_begin=begin)
    event.listen(sibling, "begin", lambda connection: connection.exec_driver_sql(begin))
    return sibling


def _begin(engine: Engine) -> Connection:
    """A connection in a transaction. One that turns out lost is replaced once: nothing was said on it yet (a restarted server)."""
    started = monotonic()
    try:
        return _begin_once(engine)
    except exc.DBAPIError as error:
        if not error.connection_invalidated or monotonic() - started > _QUICK:
            raise
    return _begin_once(engine)


def _begin_once(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_failed(connection: Connection) -> None:
    """COMMIT of a failed transaction rolls back and says nothing: a caller that swallowed the error must not believe it was written."""
    driver = connection.connection.driver_connection
    if driver is not None and driver.info.transaction_status == TransactionStatus.INERROR:
        raise unavailable("database: the transaction had failed before its commit")
