"""How the watcher of changes sees PostgreSQL (see `watch`)."""

from __future__ import annotations

import threading

from sekisho.adapters.storage.coordination import CHANGES_CHANNEL
from sekisho.adapters.storage.line import Line
from sekisho.adapters.storage.postgresql import POSTGRESQL, PostgresDatabase, open_session

__all__ = ["PostgresEye"]

_PAUSE = 0.5


class PostgresEye:
    def __init__(self, database: PostgresDatabase) -> None:
        self._connection = open_session(database.url, database.deadline)
        self._connection.execute(f"LISTEN {CHANGES_CHANNEL}")

    def moved(self) -> bool:
        return True  # asking the server whether something moved costs as much as asking what

    def line(self) -> Line:
        return Line(self._connection, POSTGRESQL)

    def pause(self, stopping: threading.Event) -> None:
        for _ in self._connection.notifies(timeout=_PAUSE, stop_after=1):
            return

    def close(self) -> None:
        self._connection.close()
