"""Sealing, heads, purge and verification on the real storage (R8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.adapters.audit_heads.file import FileSink, read_heads
from sekisho.adapters.storage import Sealing, open_storage
from sekisho.domain.audit.policy import AuditPolicy
from sekisho.flows.export_audit import stored_heads, stored_rows
from sekisho.flows.purge_audit import purge_old_entries
from sekisho.flows.seal_audit import publish_head, seal_new_entries
from sekisho.flows.verify_audit import Fault, verify_log
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.events import Event, EventKind
from tests.databases import *  # noqa: F403
from tests.fakes.audit_log import NOW, Key, MemoryStorage, sealing

KEY = Key()


@pytest.fixture
def deps(storage_url, tmp_path):
    storage = open_storage(storage_url, Sealing(KEY.mac, lambda plain, context: f"{context}:{plain}", lambda sealed, context: sealed))
    with storage.transaction() as tx:
        lease = tx.leases.acquire("owner", "here", NOW, NOW + timedelta(hours=1))
    yield replace(sealing(FileSink(tmp_path / "heads"), storage=MemoryStorage()), storage=storage, lease=lease, signer=KEY)
    storage.close()


def happen(deps, count, at=NOW):
    with deps.storage.transaction() as tx:
        for n in range(count):
            event = Event(EventKind.LOGIN_REFUSED, trader="trd_1", facts={"n": n}, personal={"program": "関所 \x00\ud800"})
            tx.audit.append(event, at + timedelta(milliseconds=n))


def report(deps, heads=None):
    with deps.storage.reading() as tx:
        log = tx.audit
        return verify_log(log.checkpoint(), stored_rows(log), stored_heads(log) if heads is None else heads, KEY.authentic, KEY.mac)


def test_a_log_that_is_sealed_signed_and_exported_verifies(deps, tmp_path):
    happen(deps, 1200)
    assert seal_new_entries(NOW, deps) == 1200
    publish_head(NOW, deps)
    happen(deps, 1)
    found = report(deps, read_heads(tmp_path / "heads"))
    assert found.ok and (found.entries, found.unsealed, found.uncovered, found.heads) == (1200, 1, 1, 1)


def test_a_purged_log_verifies_from_its_checkpoint(deps, tmp_path):
    happen(deps, 3, NOW - AuditPolicy().keep_audit - timedelta(days=1))
    happen(deps, 2)
    publish_head(NOW, deps)
    assert purge_old_entries(AuditPolicy(), NOW, deps) == 3
    found = report(deps, read_heads(tmp_path / "heads"))
    assert found.ok and found.start.position == 3 and found.entries == 3
    with deps.storage.transaction() as tx:
        tx.audit.purge(next(iter(tx.audit.read(5, 1))).point)
    assert Fault.PURGE_UNPROVEN in {finding.fault for finding in report(deps, read_heads(tmp_path / "heads")).findings}


def test_another_owner_stops_this_one(deps):
    happen(deps, 1)
    with deps.storage.transaction() as tx:
        assert tx.leases.acquire("owner", "there", NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    with pytest.raises(SekishoError):
        seal_new_entries(NOW + timedelta(hours=2), deps)
    assert report(deps).unsealed == 1
