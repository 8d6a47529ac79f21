"""Retention of the event log: events older than `monitoring.keep_events` go, in small steps, each named in the audit log (R8, R14).

    event ──snapshot of the engine behind it──▶ may go ──older than keep_events──▶ deleted, with an entry

Windows and habits of the rules in force live on in the snapshot, which knows what the log has forgotten: an event goes only when the
newest snapshot of their features lies behind it. Features that are declared anew know what the log still has. The newest event stays for
ever, so that numbers and times go on from it.
"""

from __future__ import annotations

from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.rules_in_force import rules_in_force
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["purge_old_events"]

_STEP = 10_000  # events in one transaction


def purge_old_events(deps: Dependencies, step: int = _STEP) -> bool:
    """One step. Whether another one may find more."""
    now = deps.clock()
    before = now - deps.policies.monitoring.keep_events
    with deps.storage.reading() as tx:
        rules = rules_in_force(now, tx)
    book = read_rules(rules.text)
    if isinstance(book, tuple):
        return False  # the writer says so, loudly
    with deps.storage.transaction() as tx:
        snapshot = tx.snapshots.newest_of(book.features.fingerprint)
        gone, last = (0, 0) if snapshot is None else tx.events.purge(before, snapshot[0], step)
        if gone:
            facts: dict[str, Fact] = {"events": gone, "through": last, "before": before.isoformat(timespec="seconds")}
            tx.audit.append(Event(EventKind.EVENTS_PURGED, facts=facts), now)
    return gone == step
