"""SQLite, the embedded database (DESIGN §4): WAL, synchronous=FULL, one writer that the process's threads queue for in order.

`busy_timeout` is for other processes (the command line) only; both waits together stay below the deadline. The file is looked at
before each transaction and each commit: SQLite would go on writing to a file that was moved away or deleted.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, NullPool, Pool, QueuePool, create_engine, event, text

from sekisho.adapters.storage.faults import Faults
from sekisho.adapters.storage.line import SQLITE, Line
from sekisho.adapters.storage.silence import Silence
from sekisho.adapters.storage.turns import FairLock
from sekisho.kernel.errors import invalid, unavailable

__all__ = ["SqliteDatabase", "file_uri", "identity"]

_FAULTS = Faults((sqlite3.DatabaseError,), (sqlite3.IntegrityError,), (sqlite3.ProgrammingError,))
_OLDEST = (3, 35, 0)  # RETURNING
_READERS = 8
_MIGRATION_WAIT = 30.0


class SqliteDatabase:
    """path: of the database's file; made with mode 0600 when it is missing. deadline: longest wait for the write lock, in seconds."""

    has_revision = text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")

    def __init__(self, path: Path, deadline: float) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise invalid("This computer's SQLite is too old.", f"SQLite {sqlite3.sqlite_version}, needed 3.35 or newer")
        self.path = path
        self.deadline = deadline
        self._turns = FairLock()
        self._silence = Silence(sqlite3.OperationalError, self._ask)  # while another process holds the write lock
        self._owner: int | None = None
        self._guard = threading.Lock()
        _make(path)
        self._file = identity(self.path)
        self._writers = self._pool(1, read_only=False)
        self._readers = self._pool(_READERS, read_only=True)

    @contextmanager
    def writing(self) -> Iterator[Line]:
        """The one write transaction of this process. Raises UNAVAILABLE when its turn does not come in time."""
        give_up = monotonic() + self.deadline
        self._silence.check()
        with self._turn(self.deadline):
            self._check_file()
            with _FAULTS.translated(), _checked_out(self._writers) as (driver, info):
                with self._silence.noticed():
                    _set_patience(driver, info, give_up - monotonic())
                    driver.execute("BEGIN IMMEDIATE")
                yield Line(driver, SQLITE)
                self._check_file()
                driver.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[Line]:
        """A snapshot; never waits for the writer."""
        self._check_file()
        with _FAULTS.translated(), _checked_out(self._readers) as (driver, _):
            driver.execute("BEGIN DEFERRED")
            yield Line(driver, SQLITE)
            driver.execute("COMMIT")

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A write transaction that waits for another process's migration."""
        with self._turn(_MIGRATION_WAIT), _FAULTS.translated():
            engine = create_engine(
                "sqlite://", creator=lambda: self._connect(wait=_MIGRATION_WAIT), poolclass=NullPool, hide_parameters=True
            )
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            with engine.begin() as connection:
                yield connection

    def close(self) -> None:
        self._silence.close()
        self._drop_connections()

    def _drop_connections(self) -> None:
        self._readers.dispose()
        self._writers.dispose()

    @contextmanager
    def _turn(self, wait: float) -> Iterator[None]:
        if self._owner == threading.get_ident():
            raise RuntimeError("a write transaction within a write transaction")
        if not self._turns.acquire(wait):
            raise unavailable("database: the write queue is too long")
        self._owner = threading.get_ident()
        try:
            yield
        finally:
            self._owner = None
            self._turns.release()

    def _pool(self, size: int, *, read_only: bool) -> Pool:
        creator: Any = lambda: self._connect(self.deadline, read_only)  # noqa: E731
        return QueuePool(creator, pool_size=size, max_overflow=0, timeout=self.deadline, reset_on_return=None)

    def _connect(self, wait: float, read_only: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(
            file_uri(self.path), uri=True, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            _keep_write_ahead(connection, wait)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            if read_only:
                connection.execute("PRAGMA query_only = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _ask(self) -> None:
        """Returns when the write lock can be had."""
        with closing(self._connect(wait=0)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")

    def _check_file(self) -> None:
        """The path still names the file that the connections have open; else they are dropped and the next transaction opens anew."""
        found = identity(self.path)
        if found is not None and found == self._file:
            return
        with self._guard:
            if found != self._file:
                self._file = found
                self._drop_connections()
                self._writers, self._readers = self._writers.recreate(), self._readers.recreate()
        raise unavailable("database: its file is gone or was replaced")


def file_uri(path: Path) -> str:
    """mode=rw: a file that has vanished is an error, never a new empty database."""
    return f"file:{quote(str(path.absolute()))}?mode=rw"


def identity(path: Path) -> tuple[int, int] | None:
    """Tells one file from another in its place; None while there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _make(path: Path) -> None:
    """The file, readable by its owner alone; SQLite gives the same mode to the files beside it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise unavailable(f"database: its file cannot be opened: {error.strerror}") from error


def _keep_write_ahead(connection: sqlite3.Connection, wait: float) -> None:
    """Write-ahead logging; nothing but a look where the file has it. To change a new file to it takes the whole file, and SQLite does not
    wait for that as it waits for locks: two processes that start at once would fail.
    """
    give_up = monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= give_up:
                raise
            sleep(0.02)


@contextmanager
def _checked_out(pool: Pool) -> Iterator[tuple[sqlite3.Connection, dict[Any, Any]]]:
    """A connection, rolled back when its block fails. One that saw a fault is closed, so that the next transaction starts afresh."""
    lent = pool.connect()
    driver: Any = lent.driver_connection
    try:
        yield driver, lent.info
    except BaseException as error:
        if isinstance(error, _FAULTS.faults) and not isinstance(error, _FAULTS.refused):
            lent.invalidate()
        elif driver.in_transaction:
            driver.rollback()
        raise
    finally:
        lent.close()


def _set_patience(driver: sqlite3.Connection, info: dict[Any, Any], seconds: float) -> None:
    """How long this connection waits for another process: what the queue has left over, in steps of 0.1 s to spare statements."""
    wanted = max(1, round(seconds * 10)) * 100
    if info.get("patience") != wanted:
        driver.execute(f"PRAGMA busy_timeout = {wanted}")
        info["patience"] = wanted
