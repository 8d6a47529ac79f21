"""`sekisho audit` as a person types it. The house is a stand-in with the log in memory; files and keys are real."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import pytest
from typer.testing import CliRunner

from sekisho.adapters.audit_heads.file import FileSink
from sekisho.adapters.cryptography.audit_key import create_audit_key, load_audit_key, public_path
from sekisho.cli.audit import app
from sekisho.flows.seal_audit import publish_head
from tests.fakes.audit_log import NOW, MemoryAudit, MemoryStorage, happen, sealing


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A log of five entries with exported heads, its audit key, and the house that `open_house` opens."""
    create_audit_key(tmp_path / "audit.key")
    key = load_audit_key(tmp_path / "audit.key", None)
    deps = sealing(FileSink(tmp_path / "heads"), storage=MemoryStorage(MemoryAudit(key)))
    happen(deps, 5)
    publish_head(NOW, deps)
    module = ModuleType("sekisho.bootstrap.command_line")
    house = SimpleNamespace(storage=deps.storage, audit_key=key, audit_public_key=key.public.pem())
    module.open_house = lambda config: nullcontext(house)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return SimpleNamespace(folder=tmp_path, log=deps.storage.audit, public=public_path(tmp_path / "audit.key"))


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def exported(place):
    assert run("export", place.folder / "log").exit_code == 0
    return place.folder / "log"


def test_the_database_is_verified_with_its_own_heads_or_exported_ones(place):
    alone, witnessed = run("verify"), run("verify", "--against", place.folder / "heads")
    assert alone.exit_code == witnessed.exit_code == 0
    assert "The log is what was written." in alone.output and "Without --against" in alone.output
    assert "Without --against" not in witnessed.output


def test_an_export_is_verified_without_the_house(place, monkeypatch):
    file = exported(place)
    monkeypatch.setitem(sys.modules, "sekisho.bootstrap.command_line", None)
    result = run("verify", "--file", file, "--against", place.folder / "heads", "--public-key", place.public, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert (report["ok"], report["witnessed"], report["entries"], report["uncovered"]) == (True, True, 5, 0)


def test_a_changed_export_names_the_entry_and_exits_with_one(place):
    file = exported(place)
    file.write_text(file.read_text().replace('"trader":"trd_2"', '"trader":"trd_9"'))
    result = run("verify", "--file", file, "--against", place.folder / "heads", "--public-key", place.public)
    assert result.exit_code == 1
    assert f"altered: position 3: entry {place.log.sealed[2].entry.id}" in result.output
    assert "NOT what was written: 1 faults" in result.output


def test_a_cut_database_is_found_against_the_heads(place):
    del place.log.sealed[3:]
    place.log.all_heads.clear()
    assert run("verify").exit_code == 0
    result = run("verify", "--against", place.folder / "heads", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["findings"][0]["fault"] == "tail_cut"


def test_macs_are_checked_with_the_audit_key(place):
    create_audit_key(place.folder / "other.key")
    file = exported(place)
    assert run("verify", "--file", file, "--audit-key", place.folder / "audit.key").exit_code == 0
    assert run("verify", "--file", file, "--audit-key", place.folder / "other.key").exit_code == 1


def test_the_macs_of_the_database_are_checked_too(place):
    happen(SimpleNamespace(storage=SimpleNamespace(audit=place.log)), 1)
    place.log.waiting[0] = replace(place.log.waiting[0], mac="00" * 32)
    result = run("verify")
    assert result.exit_code == 1 and f"wrong_mac: entry {place.log.waiting[0].id}" in result.output


def test_heads_without_a_key_are_wrong_use(place):
    assert run("verify", "--file", exported(place), "--against", place.folder / "heads").exit_code == 2
    assert run("verify", "--file", place.folder / "nothing").exit_code == 2


def test_heads_of_an_older_key_need_that_key_too(place):
    create_audit_key(place.folder / "other.key")
    other = public_path(place.folder / "other.key")
    assert run("verify", "--public-key", other).exit_code == 1
    assert run("verify", "--public-key", other, "--public-key", place.public).exit_code == 0


def test_forged_ids_do_not_steer_the_terminal(place):
    file = exported(place)
    file.write_text(file.read_text().replace(place.log.sealed[0].entry.id, "\\u001b[2Jx"))
    result = run("verify", "--file", file)
    assert result.exit_code == 1 and "\x1b[2J" not in result.output


def test_heads_are_listed(place):
    assert "position           5" in run("heads").output
    assert json.loads(run("heads", "--json").output)["position"] == 5
