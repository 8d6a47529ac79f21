"""Learns within a second what other nodes and the command line changed (R6): sessions ended, traders suspended, unlocked, reset.

SQLite: `PRAGMA data_version` every 250 ms on a connection of its own; it moves with every commit of another connection.
PostgreSQL: LISTEN, and a look every 500 ms in case a notification was lost.
The list of changes has no gaps, so after a lost database the watcher reads on where it stopped.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from sekisho.adapters.storage.coordination import Changes
from sekisho.adapters.storage.line import SQLITE, Line
from sekisho.adapters.storage.sqlite import SqliteDatabase, file_uri, identity
from sekisho.adapters.storage.storage import SqlStorage
from sekisho.flows.ports.storage import Change

if TYPE_CHECKING:
    from sekisho.adapters.storage.postgresql import PostgresDatabase

__all__ = ["ChangeWatcher"]

_LOG = logging.getLogger(__name__)
_SQLITE_PAUSE = 0.25
_BACK_OFF = (0.1, 0.25, 0.5)  # seconds before the next try; the last one for all further tries
_AT_ONCE = 1000


class _Eye(Protocol):
    """A connection of the watcher's own; every call raises when the database is lost."""

    def moved(self) -> bool:
        """Whether something may have changed since the call before."""

    def line(self) -> Line: ...
    def pause(self, stopping: threading.Event) -> None:
        """Until it is time to look again."""

    def close(self) -> None: ...


class ChangeWatcher:
    """Calls `on_change` for each change since `start`, in order, in a thread of its own. It outlives a lost database.

    A call that raises counts as not confirmed, and comes again. After a reconnection a change may come twice.
    """

    def __init__(self, storage: SqlStorage, on_change: Callable[[Change], None], clock: Callable[[], float] = monotonic) -> None:
        self._database = storage.database
        self._on_change = on_change
        self._clock = clock
        self._confirmed: float | None = None
        self._last: int | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def confirmed_age(self) -> float:
        """Seconds since everything that was committed then had been passed on; infinite before the first read and while it is lost."""
        confirmed = self._confirmed
        return math.inf if confirmed is None else max(0.0, self._clock() - confirmed)

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="change-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._confirmed = None

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                for _ in self._watch():
                    if failures:
                        _LOG.info("changes are read again")
                    failures = 0
            except Exception as error:  # whatever it was: without a watcher the node would have to stop serving
                self._confirmed = None
                if failures == 0:
                    _LOG.warning("changes cannot be read: %s", type(error).__name__)
                self._stopping.wait(_BACK_OFF[min(failures, len(_BACK_OFF) - 1)])
                failures += 1

    def _watch(self) -> Iterator[None]:
        """Yields after each confirmed read, until stopped; raises when the database is lost."""
        with closing(_open_eye(self._database)) as eye:
            first = True
            while not self._stopping.is_set():
                asked = self._clock()
                if eye.moved() or first:
                    self._pass_on(Changes(eye.line()))
                first = False
                self._confirmed = asked
                yield
                eye.pause(self._stopping)

    def _pass_on(self, changes: Changes) -> None:
        if self._last is None:
            self._last = changes.newest()  # nothing is remembered yet that an older change could concern
            return
        found = changes.since(self._last, _AT_ONCE)
        if not found and changes.newest() < self._last:
            self._last = 0  # an older database came back: all of its changes may be news
            found = changes.since(0, _AT_ONCE)
        while found:
            for change in found:
                self._on_change(change)
                self._last = change.sequence
            found = changes.since(self._last, _AT_ONCE) if len(found) == _AT_ONCE else []


class _SqliteEye:
    def __init__(self, database: SqliteDatabase) -> None:
        self._path = database.path
        self._file = identity(database.path)
        self._version: int | None = None
        self._connection = sqlite3.connect(file_uri(database.path), uri=True, timeout=_SQLITE_PAUSE, isolation_level=None)
        self._connection.execute("PRAGMA query_only = ON")

    def moved(self) -> bool:
        if self._file is None or identity(self._path) != self._file:
            raise FileNotFoundError("the database's file is gone or was replaced")
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        before, self._version = self._version, version
        return bool(version != before)

    def line(self) -> Line:
        return Line(self._connection, SQLITE)

    def pause(self, stopping: threading.Event) -> None:
        stopping.wait(_SQLITE_PAUSE)

    def close(self) -> None:
        self._connection.close()


def _open_eye(database: SqliteDatabase | PostgresDatabase) -> _Eye:
    if isinstance(database, SqliteDatabase):
        return _SqliteEye(database)
    from sekisho.adapters.storage.postgresql_eye import PostgresEye

    return PostgresEye(database)
