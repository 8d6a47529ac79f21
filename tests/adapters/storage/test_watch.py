"""The watcher of changes, on both databases (R6: seen within a second)."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from sekisho.adapters.storage import ChangeWatcher, SqlStorage, open_storage
from sekisho.flows.ports.storage import Change, ChangeKind
from tests.adapters.storage.conftest import NOW
from tests.databases import PostgresServer, new_server, plain_sealing


def _append(storage: SqlStorage, subject: str) -> None:
    with storage.transaction() as tx:
        tx.changes.append(ChangeKind.SESSION, subject, NOW)


def _until(condition: object, seconds: float = 20) -> None:
    give_up = monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert monotonic() < give_up
        threading.Event().wait(0.01)


class Seen:
    """Collects what a watcher passes on."""

    def __init__(self, storage: SqlStorage) -> None:
        self.changes: queue.Queue[Change] = queue.Queue()
        self.failing = False
        self.watcher = ChangeWatcher(storage, self._take)

    def _take(self, change: Change) -> None:
        if self.failing:
            raise RuntimeError("the caller's fault")
        self.changes.put(change)

    def subjects(self, count: int, seconds: float = 20) -> list[str]:
        return [self.changes.get(timeout=seconds).subject for _ in range(count)]


@pytest.fixture
def seen(storage: SqlStorage) -> Iterator[Seen]:
    _append(storage, "before")
    one = Seen(storage)
    assert one.watcher.confirmed_age == math.inf
    one.watcher.start()
    _until(lambda: one.watcher.confirmed_age < 1)
    yield one
    one.watcher.stop()
    assert one.watcher.confirmed_age == math.inf


def test_changes_of_another_node_are_seen_within_a_second_and_in_order(storage_url: str, seen: Seen) -> None:
    other = open_storage(storage_url, plain_sealing())
    started = monotonic()
    _append(other, "ses_1")
    assert seen.subjects(1) == ["ses_1"]  # and not "before"
    assert monotonic() - started < 3  # a second, and what a busy machine adds
    for number in range(2, 6):
        _append(other, f"ses_{number}")
    assert seen.subjects(4) == ["ses_2", "ses_3", "ses_4", "ses_5"]
    other.close()


def test_a_quiet_database_stays_confirmed(seen: Seen) -> None:
    ages = []
    for _ in range(15):
        ages.append(seen.watcher.confirmed_age)
        threading.Event().wait(0.1)
    assert max(ages) < 3
    assert seen.changes.empty()


def test_a_caller_that_fails_gets_the_change_again(storage: SqlStorage, seen: Seen) -> None:
    seen.failing = True
    _append(storage, "ses_1")
    _until(lambda: seen.watcher.confirmed_age == math.inf)  # not passed on, so not confirmed
    seen.failing = False
    assert seen.subjects(1) == ["ses_1"]
    _until(lambda: seen.watcher.confirmed_age < 1)


def test_a_lost_file_is_noticed_and_read_on_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "sekisho.db"
    storage = open_storage(f"sqlite:///{path}", plain_sealing())
    seen = Seen(storage)
    seen.watcher.start()
    _until(lambda: seen.watcher.confirmed_age < 1)
    path.rename(tmp_path / "aside")
    _until(lambda: seen.watcher.confirmed_age == math.inf)
    (tmp_path / "aside").rename(path)
    other = open_storage(f"sqlite:///{path}", plain_sealing())
    _append(other, "ses_1")
    assert seen.subjects(1) == ["ses_1"]
    _until(lambda: seen.watcher.confirmed_age < 1)
    seen.watcher.stop()
    other.close()
    storage.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    server = new_server()
    yield server
    server.remove()


@pytest.mark.postgres
def test_a_stopped_server_is_noticed_and_nothing_is_missed(own_server: PostgresServer) -> None:
    url = own_server.new_database()
    storage = open_storage(url, plain_sealing())
    seen = Seen(storage)
    seen.watcher.start()
    _until(lambda: seen.watcher.confirmed_age < 1)
    own_server.stop("immediate")
    _until(lambda: seen.watcher.confirmed_age == math.inf)
    own_server.start()
    other = open_storage(url, plain_sealing())
    _append(other, "ses_1")
    assert seen.subjects(1) == ["ses_1"]
    _until(lambda: seen.watcher.confirmed_age < 1)
    seen.watcher.stop()
    other.close()
    storage.close()
