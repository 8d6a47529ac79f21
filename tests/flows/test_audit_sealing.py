"""Sealing, heads, sinks and purge (R8), on the port in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.audit.chain import ORIGIN
from sekisho.domain.audit.policy import AuditPolicy
from sekisho.flows.export_audit import stored_heads, stored_rows
from sekisho.flows.purge_audit import purge_old_entries
from sekisho.flows.seal_audit import export_heads, publish_head, seal_new_entries
from sekisho.flows.verify_audit import Fault, verify_log
from sekisho.kernel.errors import Kind, SekishoError
from tests.fakes.audit_log import NOW, Key, MemorySink, happen, sealing

POLICY = AuditPolicy()


def report(deps, heads=None):
    log = deps.storage.audit
    return verify_log(log.checkpoint(), stored_rows(log), stored_heads(log) if heads is None else heads, log.key.authentic, log.key.mac)


def test_every_waiting_entry_gets_a_position_without_gaps():
    deps = sealing()
    happen(deps, 2500)
    assert seal_new_entries(NOW, deps) == 2500
    assert [row.position for row in deps.storage.audit.sealed] == list(range(1, 2501))
    assert seal_new_entries(NOW, deps) == 0
    assert report(deps).ok


def test_an_idle_log_costs_no_write_transaction():
    deps = sealing()
    seal_new_entries(NOW, deps)
    assert deps.storage.writes == 0


def test_an_entry_that_commits_late_gets_a_later_position():
    deps, log = (d := sealing()), d.storage.audit
    happen(deps, 3)
    late = log.waiting.pop(0)
    seal_new_entries(NOW, deps)
    log.waiting.append(late)
    assert late.id < log.sealed[0].entry.id
    seal_new_entries(NOW, deps)
    assert log.sealed[-1].entry == late and log.sealed[-1].position == 3
    assert report(deps).ok


@pytest.mark.parametrize(
    "forge",
    [
        lambda e: replace(e, reason="changed"),
        lambda e: replace(e, mac="00" * 32),
        lambda e: replace(e, personal="other"),
    ],
)
def test_a_forged_entry_is_never_sealed_and_holds_up_no_other(forge):
    deps, log = (d := sealing()), d.storage.audit
    happen(deps, 1001)
    log.waiting[0] = forge(log.waiting[0])
    assert seal_new_entries(NOW, deps) == 1000
    assert deps.watch.refused == [log.waiting[0].id]
    found = report(deps)
    assert found.findings[0].entry == log.waiting[0].id and found.findings[0].fault in {Fault.ALTERED, Fault.WRONG_MAC}


def test_an_entry_refused_for_its_mac_is_seen_without_the_key_too():
    deps, log = (d := sealing()), d.storage.audit
    happen(deps, 2)
    log.waiting[0] = replace(log.waiting[0], mac="00" * 32)
    publish_head(NOW + timedelta(hours=2), deps)
    found = verify_log(ORIGIN, stored_rows(log), stored_heads(log), log.key.authentic)
    assert [f.fault for f in found.findings] == [Fault.LEFT_UNSEALED]


def test_one_who_lost_the_lease_neither_seals_nor_signs():
    deps = sealing()
    happen(deps, 1)
    deps.storage.owner = 2
    for act in (seal_new_entries, publish_head):
        with pytest.raises(SekishoError) as error:
            act(NOW, deps)
        assert error.value.kind is Kind.UNAVAILABLE
    assert not deps.storage.audit.sealed and not deps.storage.audit.all_heads


def test_a_head_covers_all_that_was_written_and_bears_what_stands():
    sink = MemorySink()
    deps = sealing(sink, standing=lambda tx, previous: ("trd_9",) if previous is None else ())
    assert publish_head(NOW, deps).position == 0
    happen(deps, 3)
    head = publish_head(NOW + timedelta(minutes=1), deps)
    assert (head.number, head.position, head.firm, head.epoch) == (2, 3, "frm_1", 1)
    assert [h.standing for h in sink.heads] == [("trd_9",), ()]
    assert deps.storage.audit.key.authentic(head) and not Key(seed=b"x" * 32).authentic(head)
    assert report(deps, sink.heads).uncovered == 0


def test_a_failing_sink_is_retried_in_order_and_holds_up_no_other():
    bad, good = MemorySink("far", down=True), MemorySink("near")
    deps = sealing(bad, good)
    for minute in range(3):
        publish_head(NOW + timedelta(minutes=minute), deps)
    assert deps.watch.failed == ["far: disk full"] * 3
    assert [h.number for h in good.heads] == [1, 2, 3] and not bad.heads
    assert export_heads(NOW, deps) == {"near"}
    bad.down = False
    assert export_heads(NOW, deps) == {"far", "near"}
    assert bad.heads == good.heads


def test_a_new_sink_gets_the_heads_of_before_in_pages():
    deps = sealing()
    for minute in range(205):
        publish_head(NOW + timedelta(minutes=minute), deps)
    late = MemorySink("late")
    export_heads(NOW, replace(deps, sinks=(late,)))
    assert [h.number for h in late.heads] == list(range(1, 206))


def aged(sink):
    """Five entries past retention, two within it."""
    deps = sealing(sink)
    happen(deps, 5, NOW - POLICY.keep_audit - timedelta(days=1))
    publish_head(NOW - POLICY.keep_audit, deps)
    happen(deps, 2, NOW - timedelta(days=1))
    publish_head(NOW - timedelta(days=1), deps)
    return deps


def test_a_purge_is_an_entry_and_the_rest_stays_verifiable():
    sink = MemorySink()
    deps = aged(sink)
    assert purge_old_entries(POLICY, NOW, deps) == 5
    found = report(deps, sink.heads)
    assert found.ok and found.start.position == 5 and found.entries == 3 and found.uncovered == 0
    assert purge_old_entries(POLICY, NOW, deps) == 0


def test_nothing_is_deleted_before_every_sink_knows():
    sink = MemorySink()
    deps = aged(sink)
    sink.down = True
    assert purge_old_entries(POLICY, NOW, deps) == 0
    assert deps.storage.audit.count() == 8 and deps.storage.audit.checkpoint() == ORIGIN
    sink.down = False
    assert purge_old_entries(POLICY, NOW, deps) == 5
    assert report(deps, sink.heads).ok


def test_a_log_cut_at_its_start_is_no_purge():
    sink = MemorySink()
    deps = aged(sink)
    log = deps.storage.audit
    log.purge(log.sealed[3].point)
    found = report(deps, sink.heads)
    assert [(f.fault, f.position) for f in found.findings] == [(Fault.PURGE_UNPROVEN, 5)]


def test_a_purge_that_no_head_covers_proves_nothing():
    sink = MemorySink()
    deps = aged(sink)
    before = list(sink.heads)
    purge_old_entries(POLICY, NOW, deps)
    assert [f.fault for f in report(deps, before).findings] == [Fault.PURGE_UNPROVEN]


def test_a_purge_entry_counts_for_its_own_point_only():
    sink = MemorySink()
    deps = aged(sink)
    purge_old_entries(POLICY, NOW, deps)
    log = deps.storage.audit
    log.purge(log.sealed[0].point)
    assert [f.fault for f in report(deps, sink.heads).findings] == [Fault.PURGE_UNPROVEN]
