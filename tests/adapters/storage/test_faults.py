"""A database that is locked, full, gone or silent: UNAVAILABLE in time, nothing half-written, and back by itself (DESIGN §4)."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import make_url, text

from sekisho.adapters.storage import SqlStorage, open_storage
from sekisho.flows.ports.storage import ChangeKind
from sekisho.kernel.errors import Kind, SekishoError
from tests.adapters.storage.conftest import NOW
from tests.databases import PostgresServer, new_server, plain_sealing

DEADLINE = 1.0
NOISE = 4.0  # a busy machine adds its own waits


def _append(storage: SqlStorage) -> int:
    with storage.transaction() as tx:
        return tx.changes.append(ChangeKind.TRADER, "trd_1", NOW)


def _refused(storage: SqlStorage, within: float = DEADLINE + NOISE) -> None:
    """Writing and reading are both refused in time."""
    for call in (lambda: _append(storage), storage.ping):
        started = monotonic()
        with pytest.raises(SekishoError) as refused:
            call()
        assert refused.value.kind is Kind.UNAVAILABLE
        assert monotonic() - started < within


def _refused_at_once(storage: SqlStorage) -> None:
    """What one caller found out by waiting, the next ones need not: they would stand in line for threads (DESIGN §4)."""
    started = monotonic()
    for _ in range(20):
        with pytest.raises(SekishoError):
            _append(storage)
    assert monotonic() - started < DEADLINE * 5


def _recovers(storage: SqlStorage) -> int:
    """The next number, within a moment and without opening anew."""
    end = monotonic() + 15
    while monotonic() < end:
        try:
            return _append(storage)
        except SekishoError as error:
            assert error.kind is Kind.UNAVAILABLE
        sleep(0.02)
    raise AssertionError("the database is back, the storage is not")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sekisho.db"


@pytest.fixture
def on_file(file: Path) -> Iterator[SqlStorage]:
    storage = open_storage(f"sqlite:///{file}", plain_sealing(), deadline=DEADLINE)
    assert _append(storage) == 1
    yield storage
    storage.close()


def test_a_file_that_was_moved_away_is_not_written_on(on_file: SqlStorage, file: Path) -> None:
    aside = file.with_name("aside")
    file.rename(aside)
    _refused(on_file)
    assert not file.exists()  # no new empty database in its place
    aside.rename(file)
    assert _recovers(on_file) == 2


def test_a_file_that_vanishes_within_a_transaction_takes_no_commit(on_file: SqlStorage, file: Path) -> None:
    with pytest.raises(SekishoError) as refused, on_file.transaction() as tx:
        tx.changes.append(ChangeKind.TRADER, "trd_1", NOW)
        file.rename(file.with_name("aside"))
    assert refused.value.kind is Kind.UNAVAILABLE
    file.with_name("aside").rename(file)
    assert _recovers(on_file) == 2


def test_another_process_that_holds_the_write_lock(on_file: SqlStorage, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = monotonic()
    with pytest.raises(SekishoError) as refused:
        _append(on_file)
    assert refused.value.kind is Kind.UNAVAILABLE
    assert DEADLINE * 0.5 < monotonic() - started < DEADLINE + NOISE
    on_file.ping()  # readers go on
    _refused_at_once(on_file)
    other.execute("ROLLBACK")
    other.close()
    assert _recovers(on_file) == 2


def test_a_full_disk(on_file: SqlStorage) -> None:
    with on_file.database.writing() as line:
        pages = line.value(text("PRAGMA page_count"))
        line.value(text(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(SekishoError) as refused, on_file.transaction() as tx:
        for number in range(500):
            tx.changes.append(ChangeKind.TRADER, f"trd_{number}" * 20, NOW)
    assert refused.value.kind is Kind.UNAVAILABLE
    assert "full" in refused.value.detail
    assert _append(on_file) == 2  # nothing of the 500 stands; the connection with the limit is gone


def test_a_damaged_file(file: Path) -> None:
    file.write_bytes(b"this is no database" * 100)
    with pytest.raises(SekishoError) as refused:
        open_storage(f"sqlite:///{file}", plain_sealing(), deadline=DEADLINE)
    assert refused.value.kind is Kind.UNAVAILABLE


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SekishoError) as refused:
        open_storage(f"sqlite:///{tmp_path}/none/sekisho.db", plain_sealing())
    assert refused.value.kind is Kind.UNAVAILABLE


def test_the_write_queue_is_bounded_in_time(on_file: SqlStorage) -> None:
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with on_file.transaction():
            inside.set()
            done.wait(90)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert inside.wait(20)
        with pytest.raises(SekishoError) as refused:
            _append(on_file)
        assert refused.value.kind is Kind.UNAVAILABLE and "queue" in refused.value.detail
    finally:
        done.set()
        thread.join()
    assert _append(on_file) == 2


def test_a_write_transaction_within_another_is_a_mistake_that_shows(on_file: SqlStorage) -> None:
    with pytest.raises(RuntimeError), on_file.transaction(), on_file.transaction():
        pass
    assert _append(on_file) == 2


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that these tests may stop."""
    server = new_server()
    yield server
    server.remove()


@pytest.fixture
def on_server(own_server: PostgresServer) -> Iterator[SqlStorage]:
    storage = open_storage(own_server.new_database(), plain_sealing(), deadline=DEADLINE)
    assert _append(storage) == 1
    yield storage
    storage.close()


@pytest.mark.postgres
def test_a_stopped_server(own_server: PostgresServer, on_server: SqlStorage) -> None:
    own_server.stop("immediate")
    try:
        _refused(on_server)
    finally:
        own_server.start()
    assert _recovers(on_server) == 2


@pytest.mark.postgres
def test_a_restarted_server_is_not_even_noticed(own_server: PostgresServer, on_server: SqlStorage) -> None:
    own_server.stop()
    own_server.start()
    assert _append(on_server) == 2


@pytest.mark.postgres
def test_a_server_that_no_longer_answers(own_server: PostgresServer, on_server: SqlStorage) -> None:
    with on_server.database.reading() as line:
        backend = line.value(text("SELECT pg_backend_pid()"))
    assert own_server.folder is not None
    main = int((own_server.folder / "data/postmaster.pid").read_text().split()[0])
    own_server.signal(backend, signal.SIGSTOP)
    try:
        started = monotonic()
        with pytest.raises(SekishoError) as refused:
            _append(on_server)
        assert refused.value.kind is Kind.UNAVAILABLE
        assert monotonic() - started < DEADLINE + NOISE
        own_server.signal(main, signal.SIGSTOP)
        _refused_at_once(on_server)
    finally:
        own_server.signal(main, signal.SIGCONT)
        own_server.signal(backend, signal.SIGCONT)
    assert _recovers(on_server) == 2


@pytest.mark.postgres
def test_no_more_connections_than_the_pool_and_no_endless_wait_for_one(on_server: SqlStorage) -> None:
    inside, done = threading.Semaphore(0), threading.Event()

    def hold() -> None:
        with on_server.reading():
            inside.release()
            done.wait(90)

    threads = [threading.Thread(target=hold) for _ in range(20)]
    try:
        for thread in threads:  # one after the other: each may open a connection, and all at once would take longer than the deadline
            thread.start()
            assert inside.acquire(timeout=60)
        _refused(on_server)
    finally:
        done.set()
        for thread in threads:
            if thread.ident:
                thread.join()
    assert _recovers(on_server) == 2


@pytest.mark.postgres
def test_a_server_that_takes_connections_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = make_url("postgresql://sekisho@127.0.0.1/db").set(port=silent.getsockname()[1])
        started = monotonic()
        with pytest.raises(SekishoError) as refused:
            open_storage(url.render_as_string(), plain_sealing(), deadline=DEADLINE)
        assert refused.value.kind is Kind.UNAVAILABLE
        assert monotonic() - started < 2 + NOISE  # libpq's shortest time-out is 2 s
