"""The customer says No (P7; R4, R5, R7, R11, R13, R14): with one factor, from any session, and from anywhere.

It wins over every Yes, builds no habit, and freezes the account. It takes a mandate that sees the account now, whichever: the instruction
bears his name. The account's list of addresses does not stand in its way: who sits outside it learns and moves nothing by a No, and the
owner abroad must be able to stop what a thief began. What was settled otherwise, or was carried out long ago, is nothing that a No stops.
"""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.accounts import Right
from sekisho.domain.instructions import Instruction, InstructionState
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action
from sekisho.flows.confirm_instruction import answer_event, locked_instruction, own_instruction
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.dispute_execution import executions_of, write_dispute
from sekisho.flows.dispute_login import logins_behind
from sekisho.flows.freeze_account import freeze_in
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.prove_password import prove_password
from sekisho.kernel.decision import Decision, Reason, Refused
from sekisho.kernel.events import EventKind
from sekisho.kernel.secrets import Secret

__all__ = ["dispute_instruction"]


async def dispute_instruction(
    instruction: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies
) -> Instruction | Refused:
    """No. Before the execution it never happens; after it the broker is asked to cancel (R13). The account is frozen."""
    named, _ = await deps.run(own_instruction, live, instruction, deps)
    if isinstance(decision := named.dispute_admits(deps.clock()), Refused):
        return decision  # nothing that a password could change

    def dispute(record: LoginRecord, now: datetime, tx: Transaction) -> Instruction | Refused:
        found = locked_instruction(instruction, tx)
        if found is None or isinstance(_admits(found, record.trader.id, now, tx), Refused):
            return Refused(Reason.INSTRUCTION_NOT_ALLOWED)
        disputed = found.settle(InstructionState.DISPUTED, record.trader.id, now)
        tx.instructions.save(disputed)
        tx.audit.append(answer_event(EventKind.INSTRUCTION_DISPUTED, disputed), now)
        for event in (found.event, *executions_of(found, tx), *logins_behind(found, now, tx, deps)):
            write_dispute(found, event, record.trader.id, now, tx)
        kind = "instruction.cancel" if found.state is InstructionState.EXECUTING else "instruction.disputed"
        deps.webhooks(kind, {"instruction": found.id, "state": disputed.state.value}, now, tx)
        account = tx.accounts.get(found.account)
        if account is not None:
            freeze_in(account, "disputed", f"the trader said No to {found.id}", record.trader.id, now, tx, deps)
        return disputed

    outcome = await prove_password(Action.DISPUTE_INSTRUCTION, password, live, caller, deps, dispute)
    deps.outbox_ready()
    return outcome


def _admits(found: Instruction, trader: str, now: datetime, tx: Transaction) -> Decision:
    """Asked again in the commit: meanwhile the mandate may have ended, or another No have come."""
    seen = tx.accounts.seen_by(trader, found.account, now)
    if found.trader != trader or seen is None or not seen[1].allows(Right.VIEW, now):
        return Refused(Reason.MANDATE_MISSING)
    return found.dispute_admits(now)
