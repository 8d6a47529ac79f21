"""Migrations on both databases."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from sekisho.adapters.storage import SqlStorage, open_storage
from sekisho.adapters.storage.schema import HEAD
from sekisho.adapters.storage.tables import metadata
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.times import from_ms
from tests.databases import plain_sealing


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # of SQLite, which a plan names in `test_sessions`
def test_the_migrations_build_what_the_tables_say(empty_database: str) -> None:
    storage = open_storage(empty_database, plain_sealing())
    with storage.database.migrating() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    storage.close()


def test_the_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", "sekisho.adapters.storage:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_snapshots_of_before_they_had_parts_are_kept(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the first start behind the upgrade would replay the whole log while everybody waits, and know nothing of what was purged."""
    state = bytes(range(256)) * 5000
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", partial(_upgrade_to, "0008", command.upgrade))
        before = open_storage(empty_database, plain_sealing())
    add = text("INSERT INTO engine_snapshots (sequence, fingerprint, made, data) VALUES (:sequence, :fingerprint, 1, :data)")
    with before.database.writing() as line:
        for sequence, fingerprint, data in ((7, "f", b"older"), (8, "f", state), (8, "g", b"other")):
            line.run(add, {"sequence": sequence, "fingerprint": fingerprint, "data": data})
    before.close()
    storage = open_storage(empty_database, plain_sealing())
    with storage.reading() as tx:
        assert tx.snapshots.newest("f") == (8, state) and tx.snapshots.newest("g") == (8, b"other")
    with storage.transaction() as tx:
        (other,) = tx.snapshots.outlived("f", from_ms(2), from_ms(2))  # of its own two both are whole
        assert tx.snapshots.drop(other, 16) == 1 and tx.snapshots.newest("g") is None
    storage.close()


def _upgrade_to(revision: str, upgrade: Callable[[Config, str], None], config: Config, newest: str) -> None:
    upgrade(config, revision)


def test_two_processes_may_start_at_once(empty_database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        storages: list[SqlStorage] = list(pool.map(lambda _: open_storage(empty_database, plain_sealing(), deadline=20), range(4)))
    for storage in storages:
        with storage.reading() as tx:
            assert tx.changes.newest() == 0 and tx.audit.epoch() == 1
        storage.close()


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """SQLite refuses at once, and waits for nothing, where two change a new file to write-ahead logging."""
    for number in range(12):
        with ThreadPoolExecutor(8) as pool:
            opened = pool.map(lambda _, n=number: open_storage(f"sqlite:///{tmp_path}/{n}.db", plain_sealing(), deadline=60), range(8))
            for storage in list(opened):
                storage.close()


def test_a_newer_schema_is_refused_and_left_alone(storage: SqlStorage, storage_url: str) -> None:
    with storage.database.writing() as line:
        line.run(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SekishoError) as refused:
        open_storage(storage_url, plain_sealing())
    assert refused.value.kind is Kind.CONFLICT and "9999" in refused.value.detail
    with storage.reading() as tx:
        assert tx.changes.newest() == 0


def test_a_new_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path}/new.db", plain_sealing())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    storage.close()
    assert modes and set(modes.values()) == {0o600}, modes


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db", "nonsense", ""])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(SekishoError) as refused:
        open_storage(url, plain_sealing())
    assert refused.value.kind is Kind.INVALID


def test_a_url_that_cannot_be_used_never_shows_its_password() -> None:
    with pytest.raises(SekishoError) as refused:
        open_storage("postgresql://name:hunter2@127.0.0.1:1/db", plain_sealing(), deadline=0.5)
    assert refused.value.kind is Kind.UNAVAILABLE
    assert "hunter2" not in str(refused.value)


def test_every_connection_is_set_to_keep_what_it_commits(storage: SqlStorage, storage_url: str) -> None:
    with storage.database.writing() as line:
        if make_url(storage_url).drivername == "sqlite":
            assert line.value(text("PRAGMA journal_mode")) == "wal"
            assert line.value(text("PRAGMA synchronous")) == 2  # FULL
            assert line.value(text("PRAGMA foreign_keys")) == 1
        else:
            assert line.value(text("SHOW synchronous_commit")) == "on"
            assert line.value(text("SHOW transaction_isolation")) == "read committed"
