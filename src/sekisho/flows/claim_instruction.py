"""The broker claims an instruction before he executes it: once, unchanged, in time, and through the checkpoint (R13)."""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.instructions import Instruction, InstructionState
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.instruction_gate import origin_admits, party_admits
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.decision import Decision, Reason, Refused
from sekisho.kernel.errors import missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["cancel_instruction", "claim_instruction", "expire_instructions", "see_instruction"]


def claim_instruction(instruction_id: str, claimed_hash: str, source: str, deps: Dependencies) -> Instruction | Refused:
    """EXECUTING, or why not. Raises MISSING for an instruction of another key's broker, or none."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        found = _locked(instruction_id, source, tx)
        decision = _admits(found, claimed_hash, now, tx)
        if isinstance(decision, Refused):
            tx.audit.append(_event(EventKind.INSTRUCTION_CLAIM_REFUSED, found, source, decision.reason), now)
            return decision
        claimed = found.settle(InstructionState.EXECUTING, source, now)
        tx.instructions.save(claimed)
        tx.audit.append(_event(EventKind.INSTRUCTION_CLAIMED, claimed, source), now)
        return claimed


def cancel_instruction(instruction_id: str, source: str, why: str, deps: Dependencies) -> Instruction | Refused:
    """The broker gives it up. Refused once it is being executed or settled otherwise; given up by the same system already, it stays so."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        found = _locked(instruction_id, source, tx)
        if found.state is InstructionState.CANCELLED and found.settled_by == source:
            return found
        if not found.state.is_open:
            return Refused(Reason.INSTRUCTION_NOT_ALLOWED)
        cancelled = found.settle(InstructionState.CANCELLED, source, now)
        tx.instructions.save(cancelled)
        tx.audit.append(_event(EventKind.INSTRUCTION_CANCELLED, cancelled, source, why or None), now)
        return cancelled


def see_instruction(instruction_id: str, source: str, deps: Dependencies) -> tuple[Instruction, str]:
    """With what the rules said of it, as JSON. Raises MISSING for one of another system, or none (R7)."""
    with deps.storage.reading() as tx:
        found = _own(tx.instructions.get(instruction_id), source)
        judged = tx.events.known([found.event]).get(found.event)
    return found, judged.reasons if judged else "{}"


def expire_instructions(deps: Dependencies, limit: int = 100) -> bool:
    """The owner's timer. The claim looks at the clock itself; this makes the state say so, a page of them in one commit: the sealer, which
    works in the same thread, has a second (R8). Whether more may wait.

    Their accounts are locked first, in the order in which all lock them: a freeze or a No finds what it cancels as it read it (R13).
    """
    now = deps.clock()
    with deps.storage.reading() as tx:
        over = tx.instructions.expired(now, limit)
    if not over:
        return False
    with deps.storage.transaction() as tx:
        tx.accounts.lock_all({one.account for one in over})
        for one in sorted(over, key=lambda one: one.id):
            found = tx.instructions.lock(one.id)
            if found is not None and found.state.is_open and now >= found.expires:
                tx.instructions.save(found.settle(InstructionState.EXPIRED, None, now))
                tx.audit.append(_event(EventKind.INSTRUCTION_EXPIRED, found, None), now)
    return len(over) == limit


def _locked(instruction_id: str, source: str, tx: Transaction) -> Instruction:
    """With its account's lock first, so that a freeze comes before or after, never amid (R13)."""
    tx.accounts.lock(_own(tx.instructions.get(instruction_id), source).account)
    return _own(tx.instructions.lock(instruction_id), source)


def _own(found: Instruction | None, source: str) -> Instruction:
    if found is None or not found.reference.startswith(f"{source}:"):
        raise missing("instruction")
    return found


def _admits(found: Instruction, claimed_hash: str, now: datetime, tx: Transaction) -> Decision:
    """Freeze wins over everything; gate and session are asked again, whatever was allowed before."""
    for decision in (party_admits(found.kind, found.account, found.trader, now, tx), origin_admits(found, now, tx)):
        if decision.refused:
            return decision
    return found.claim_admits(claimed_hash, now)


def _event(kind: EventKind, found: Instruction, actor: str | None, reason: str | None = None) -> Event:
    facts: dict[str, Fact] = {"instruction": found.id, "instruction_kind": found.kind, "verdict": found.verdict, "state": found.state}
    return Event(kind, actor=actor, trader=found.trader, account=found.account, reason=reason, facts=facts)
