"""R9: a backup is consistent though somebody writes, holds no key, is never half written, and is put back whole, closed, or not at all."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sekisho.adapters.backup import file as backup_file
from sekisho.adapters.backup.file import open_backup
from sekisho.bootstrap.accepting import accept
from sekisho.bootstrap.backups import make_backup, restore_backup
from sekisho.bootstrap.closure import Closure
from sekisho.bootstrap.house import House
from sekisho.domain.audit.head import Head
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.events import Event, EventKind
from tests.bootstrap.backup_house import Ground

OPERATOR = "os:operator"
WHY = "the server burnt down"


def quiet(done: int, total: int | None) -> None: ...


@contextmanager
def writing(house: House) -> Iterator[list[int]]:
    """Two rows in each commit, again and again: a copy holds both or neither."""
    told, stop = [0], threading.Event()

    def run() -> None:
        while not stop.is_set():
            with suppress(SekishoError):  # a busy machine's 503: neither of the two
                write(told[0])
                told[0] += 1

    def write(number: int) -> None:
        with house.storage.transaction() as tx:
            for half in ("first", "second"):
                event = Event(EventKind.LOGIN_REFUSED, facts={"round": number, "half": half, "text": "x" * 2000})
                tx.audit.append(event, house.clock())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        while told[0] < 20:
            stop.wait(0.01)
        yield told
    finally:
        stop.set()
        thread.join()


def rounds(house: House) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    with house.storage.reading() as tx:
        for entry in tx.audit.unsealed(1_000_000):
            facts = json.loads(entry.facts)
            if "round" in facts:
                found.setdefault(facts["round"], set()).add(facts["half"])
    return found


def test_a_backup_under_load_is_one_moment_of_the_database(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = ground.folder / "monday.backup"
    with ground.open(ground.settings()) as house:
        with writing(house) as told:
            before = told[0]
            make_backup(house, backup, OPERATOR, quiet)
            after = told[0]
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        with house.storage.reading() as tx:
            assert tx.upkeep.backed_up() is not None
    empty = ground.settings("empty machine")
    manifest = restore_backup(empty, backup, quiet)
    assert manifest.epoch == 1
    with ground.open(empty) as restored:
        found = rounds(restored)
        assert before <= len(found) <= after + 1
        assert all(halves == {"first", "second"} for halves in found.values())
        assert sorted(found) == list(range(len(found)))


def test_a_backup_holds_no_key_and_is_no_use_without(ground: Ground) -> None:
    backup = ground.folder / "monday.backup"
    settings = ground.settings()
    with ground.open(settings) as house:
        make_backup(house, backup, OPERATOR, quiet)
    assert settings.keyring.file and settings.audit.key_file
    raw = backup.read_bytes()
    for path in (settings.keyring.file, settings.audit.key_file):
        for word in path.read_text().split():
            assert len(word) < 32 or (word.encode() not in raw and bytes.fromhex(word) not in raw)
    empty = ground.settings("empty machine")
    with pytest.raises(SekishoError) as refused:
        restore_backup(ground.with_other_keys(empty), backup, quiet)
    assert "audit.key_file" in refused.value.detail
    with pytest.raises(SekishoError) as refused:
        restore_backup(replace(empty, keyring=ground.with_other_keys(empty).keyring), backup, quiet)
    assert "keyring.file" in refused.value.detail
    restore_backup(empty, backup, quiet)


def test_what_was_put_back_is_closed_until_it_is_accepted(ground: Ground) -> None:
    backup, settings = ground.folder / "monday.backup", ground.settings()
    with ground.open(settings) as house:
        make_backup(house, backup, OPERATOR, quiet)
    empty = ground.settings("empty machine")
    restore_backup(empty, backup, quiet)
    with ground.open(empty) as house:
        changes: list[str] = []
        closure = Closure(house, lambda: changes.append("changed"))
        closure.look()
        assert "not accepted yet" in closure.why
        with pytest.raises(SekishoError) as refused:
            accept(house, WHY, OPERATOR, [], heads_lost=False)
        assert "--heads-lost" in refused.value.detail
        done = accept(house, WHY, OPERATOR, [], heads_lost=True)
        assert done is not None and done.epoch == 2
        closure.look()
        assert closure.why == "" and len(changes) == 2
        assert accept(house, WHY, OPERATOR, [], heads_lost=False) is None
        assert '"epoch":2' in (ground.folder / "heads.jsonl").read_text()


def test_an_older_copy_under_a_running_house_closes_it_on_every_node(ground: Ground) -> None:
    """Whoever saw a newer head than the database has now closes it, and writes that down for nodes without a file of heads."""
    with ground.open(ground.settings()) as house:
        closure = Closure(house, lambda: None)
        closure.look()
        assert closure.why == ""
        closure._newest = Head(7, 0, "", 0, house.settings.firm.id, 1, (), "", "")
        closure.look()
        assert "older than its last exported head, number 7" in closure.why
        elsewhere = Closure(house, lambda: None)
        elsewhere.look()
        assert "not accepted yet" in elsewhere.why


def test_nothing_is_overwritten(ground: Ground) -> None:
    backup, settings = ground.folder / "monday.backup", ground.settings()
    with ground.open(settings) as house:
        make_backup(house, backup, OPERATOR, quiet)
        kept = backup.read_bytes()
        with pytest.raises(SekishoError) as refused:
            make_backup(house, backup, OPERATOR, quiet)
        assert "not overwritten" in refused.value.public_message and backup.read_bytes() == kept
    with pytest.raises(SekishoError) as refused:
        restore_backup(settings, backup, quiet)
    assert "already" in refused.value.public_message or "not empty" in refused.value.public_message
    assert sorted(path.name for path in ground.folder.iterdir() if ".part" in path.name or ".copy" in path.name) == []


@pytest.mark.parametrize("damage", ["cut", "content", "manifest", "header", "empty", "other file"])
def test_a_damaged_backup_changes_nothing(damage: str, ground: Ground) -> None:
    backup = ground.folder / "monday.backup"
    with ground.open(ground.settings()) as house:
        make_backup(house, backup, OPERATOR, quiet)
    raw = backup.read_bytes()
    middle = backup_file.HEADER + (len(raw) - backup_file.HEADER) // 2
    backup.write_bytes(
        {
            "cut": raw[:middle],
            "content": raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :],
            "manifest": raw.replace(b'"epoch":1', b'"epoch":9', 1),
            "header": raw[:-1].replace(b"sekisho-backup-1", b"sekisho-backup-9", 1),
            "empty": b"",
            "other file": os.urandom(20_000),
        }[damage]
    )
    empty = ground.settings("empty machine")
    with pytest.raises(SekishoError):
        restore_backup(empty, backup, quiet)
    assert not empty.server.data_folder.exists() or [path.name for path in empty.server.data_folder.iterdir()] == []
    backup.write_bytes(raw)
    restore_backup(empty, backup, quiet)


def test_a_missing_program_is_named(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    if ground.server is None:
        pytest.skip("SQLite needs no program")
    with ground.open(ground.settings()) as house:
        monkeypatch.setenv("PATH", str(ground.folder))
        with pytest.raises(SekishoError) as refused:
            make_backup(house, ground.folder / "monday.backup", OPERATOR, quiet)
    assert "pg_dump" in refused.value.detail and "postgresql-client" in refused.value.detail
    assert not (ground.folder / "monday.backup").exists()


def test_the_manifest_tells_what_it_holds(ground: Ground) -> None:
    backup = ground.folder / "monday.backup"
    with ground.open(ground.settings()) as house:
        made = make_backup(house, backup, OPERATOR, quiet)
    with open_backup(backup) as (manifest, _):
        assert manifest == made
        assert manifest.size == backup.stat().st_size - backup_file.HEADER
        assert set(manifest.shown()) >= {"made_at", "version", "database", "revision", "epoch", "position", "head", "sha256"}
        assert manifest.canary not in json.dumps(manifest.shown())


def test_a_place_that_cannot_be_written_is_told(ground: Ground) -> None:
    with ground.open(ground.settings()) as house:
        with pytest.raises(SekishoError) as refused:
            make_backup(house, Path("/dev/full/monday.backup"), OPERATOR, quiet)
        assert "cannot be written" in refused.value.public_message
        with house.storage.reading() as tx:
            assert tx.upkeep.backed_up() is None
