"""Retention: entries older than the policy's `keep_audit` are deleted, and the log itself says so (R8, ASVS V14.2.7).

    audit.purged entry ──▶ sealed ──▶ head signed ──▶ taken by every sink ──▶ entries deleted, last point stays as checkpoint

Deletion comes last: a log that starts later than position 1 is valid only when an entry under an exported head announced that very point.
Death in between leaves an announcement without a deletion; the next run announces again. Heads stay: they bear what R9 witnesses.
"""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.audit.chain import purge_facts
from sekisho.domain.audit.policy import AuditPolicy
from sekisho.flows.seal_audit import SealDependencies, owned, publish_head
from sekisho.kernel.events import Event, EventKind

__all__ = ["purge_old_entries"]


def purge_old_entries(policy: AuditPolicy, now: datetime, deps: SealDependencies) -> int:
    """Announce and delete what is too old; returns how many entries went. Call it once a day; 0 too when a sink did not take the head."""
    with owned(now, deps) as tx:
        through = tx.audit.last_before(now - policy.keep_audit)
        if through is None:
            return 0
        tx.audit.append(Event(EventKind.AUDIT_PURGED, facts=purge_facts(through)), now)
    head = publish_head(now, deps)
    with owned(now, deps) as tx:
        if any(waiting.number <= head.number for sink in deps.sinks for waiting in tx.audit.unexported_heads(sink.name, 1)):
            return 0
        return tx.audit.purge(through)
