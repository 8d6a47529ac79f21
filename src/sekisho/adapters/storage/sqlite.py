"""SQLite, the embedded database (DESIGN §4): WAL, synchronous=FULL, one writer that the process's threads queue for in order.

`busy_timeout` is for other processes (the command line) only; both waits together stay below the deadline. The file is looked at
before each transaction and each commit: SQLite would go on writing to a file that was moved away or deleted.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, exc

from sekisho.adapters.storage.faults import translated
from sekisho.adapters.storage.turns import FairLock
from sekisho.kernel.errors import invalid, unavailable

__all__ = ["SqliteDatabase", "file_uri"]

_OLDEST = (3, 35, 0)  # RETURNING
_READERS = 8
_MIGRATION_WAIT = 30.0


class SqliteDatabase:
    """path: of the database's file; made with mode 0600 when it is missing. deadline: longest wait for the write lock, in seconds."""

    def __init__(self, path: Path, deadline: float) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise invalid("This computer's SQLite is too old.", f"SQLite {sqlite3.sqlite_version}, needed 3.35 or newer")
        self.path = path
        self.deadline = deadline
        self._turns = FairLock()
        self._owner: int | None = None
        self._guard = threading.Lock()
        with translated_os():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        self._file = self._identity()
        self._writer = self._engine("BEGIN IMMEDIATE", size=1)
        self._readers = self._engine("BEGIN DEFERRED", size=_READERS)

    @contextmanager
    def writing(self, wait: float | None = None) -> Iterator[Connection]:
        """The one write transaction of this process. Raises UNAVAILABLE when its turn does not come in time."""
        give_up = monotonic() + (wait or self.deadline)
        if self._owner == threading.get_ident():
            raise RuntimeError("a write transaction within a write transaction")
        if not self._turns.acquire(give_up - monotonic()):
            raise unavailable("database: the write queue is too long")
        self._owner = threading.get_ident()
        try:
            self._check_file()
            with translated(), self._writer.connect() as connection:
                self._set_patience(connection, give_up - monotonic())
                with _discarded_on_fault(connection), connection.begin():
                    yield connection
                    self._check_file()
        finally:
            self._owner = None
            self._turns.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot; never waits for the writer."""
        self._check_file()
        with translated(), self._readers.connect() as connection, _discarded_on_fault(connection), connection.begin():
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A write transaction that waits for another process's migration."""
        with self.writing(wait=_MIGRATION_WAIT) as connection:
            yield connection

    def close(self) -> None:
        self._readers.dispose()
        self._writer.dispose()

    def _engine(self, begin: str, size: int) -> Engine:
        read_only = begin != "BEGIN IMMEDIATE"
        engine = create_engine(
            "sqlite://",
            creator=lambda: self._connect(read_only),
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            pool_timeout=self.deadline,
            hide_parameters=True,
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    def _connect(self, read_only: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(
            file_uri(self.path), uri=True, timeout=self.deadline, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            if read_only:
                connection.execute("PRAGMA query_only = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _set_patience(self, connection: Connection, seconds: float) -> None:
        """How long this connection waits for another process: what the queue has left over, in steps of 0.1 s to spare statements."""
        wanted = max(1, round(seconds * 10)) * 100
        info = connection.info
        if info.get("patience") != wanted:
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.execute(f"PRAGMA busy_timeout = {wanted}")
                info["patience"] = wanted

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _check_file(self) -> None:
        """The path still names the file that the connections have open; else they are dropped and the next transaction opens anew."""
        found = self._identity()
        if found is not None and found == self._file:
            return
        with self._guard:
            if found != self._file:
                self._file = found
                self.close()
        raise unavailable("database: its file is gone or was replaced")


def file_uri(path: Path) -> str:
    """mode=rw: a file that has vanished is an error, never a new empty database."""
    return f"file:{quote(str(path.absolute()))}?mode=rw"


@contextmanager
def _discarded_on_fault(connection: Connection) -> Iterator[None]:
    """A connection that saw a fault other than a refused row is closed, so that the next transaction starts afresh."""
    try:
        yield
    except exc.IntegrityError:
        raise
    except exc.DBAPIError:
        connection.invalidate()
        raise


@contextmanager
def translated_os() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unavailable(f"database: its file cannot be opened: {error.strerror}") from error
