"""Retention of instructions: settled ones older than `monitoring.keep_instructions` go, in steps that the audit log names (R8, J18).

An open one never goes, however old; nor one whose event the log still has, so that a repeat is answered as the first time (R14).
"""

from __future__ import annotations

from sekisho.flows.dependencies import Dependencies
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["purge_old_instructions"]

_STEP = 10_000  # in one transaction


def purge_old_instructions(deps: Dependencies, step: int = _STEP) -> bool:
    """One step. Whether another one may find more."""
    now = deps.clock()
    before = now - deps.policies.monitoring.keep_instructions
    with deps.storage.transaction() as tx:
        gone = tx.instructions.purge(before, step)
        if gone:
            facts: dict[str, Fact] = {"instructions": gone, "before": before.isoformat(timespec="seconds")}
            tx.audit.append(Event(EventKind.INSTRUCTIONS_PURGED, facts=facts), now)
    return gone == step
