"""The customer says No (P7; R4, R5, R7, R11, R13, R14): with one factor, from any session, and from anywhere.

It wins over every Yes, builds no habit, and freezes the account. It takes a mandate that sees the account now, whichever: the instruction
bears his name. The account's list of addresses does not stand in its way: who sits outside it learns and moves nothing by a No, and the
owner abroad must be able to stop what a thief began.

Whoever gave it is shut out: the trader's other sessions end, and a change of contact data that waits is stopped. His other clients are
forgotten too, but by a No from a quarantined session: a thief with a relayed code must not make strangers of the owner's devices (R3, R4).
That he can end their sessions by it gives him nothing new: one factor does that from any session (R6).

What was settled otherwise, or was carried out long ago, is nothing that a No stops.
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
from sekisho.flows.log_off import end_others, tell_ended
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.prove_password import prove_password
from sekisho.flows.settle_contact import stop_waiting_contacts
from sekisho.kernel.decision import Decision, Reason, Refused
from sekisho.kernel.events import EventKind
from sekisho.kernel.secrets import Secret

__all__ = ["dispute_instruction"]


async def dispute_instruction(
    instruction: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies
) -> Instruction | Refused:
    """Before the execution it never happens; after it the broker is asked to cancel (R13). The account is frozen."""
    named, _ = await deps.run(own_instruction, live, instruction, deps)
    if isinstance(decision := named.dispute_admits(deps.clock()), Refused):
        return decision  # nothing that a password could change

    ended: list[str] = []

    def dispute(record: LoginRecord, now: datetime, tx: Transaction) -> Instruction | Refused:
        found = tx.instructions.get(instruction)
        if found is None or _admits(found, record.trader.id, now, tx).refused:
            return Refused(Reason.INSTRUCTION_NOT_ALLOWED)
        ended.extend(end_others(record, live.session, now, tx))  # sessions before accounts: the order of locks
        stop_waiting_contacts(record, "disputed", now, tx, deps)
        outcome = _stop(instruction, record, now, tx, deps)
        tell_ended(ended, record.trader.id, now, tx)
        return outcome

    outcome = await prove_password(Action.DISPUTE_INSTRUCTION, password, live, caller, deps, dispute)
    for session in ended:
        deps.memory.forget_session(session)
    deps.outbox_ready()
    return outcome


def _stop(instruction: str, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> Instruction | Refused:
    """The instruction itself, and the account; asked again under the account's lock."""
    trader, found = record.trader.id, locked_instruction(instruction, tx)
    if found is None or _admits(found, trader, now, tx).refused:
        return Refused(Reason.INSTRUCTION_NOT_ALLOWED)
    disputed = found.settle(InstructionState.DISPUTED, trader, now)
    tx.instructions.save(disputed)
    tx.audit.append(answer_event(EventKind.INSTRUCTION_DISPUTED, disputed), now)
    for event in (found.event, *executions_of(found, tx), *logins_behind(found, now, tx, deps)):
        write_dispute(found, event, trader, now, tx)
    kind = "instruction.cancel" if found.state is InstructionState.EXECUTING else "instruction.disputed"
    deps.webhooks(kind, {"instruction": found.id, "state": disputed.state.value}, now, tx)
    account = tx.accounts.get(found.account)
    if account is not None:
        freeze_in(account, "disputed", f"the trader said No to {found.id}", trader, now, tx, deps)
    return disputed


def _admits(found: Instruction, trader: str, now: datetime, tx: Transaction) -> Decision:
    """Asked again in the commit: meanwhile the mandate may have ended, or another No have come."""
    seen = tx.accounts.seen_by(trader, found.account, now)
    if found.trader != trader or seen is None or not seen[1].allows(Right.VIEW, now):
        return Refused(Reason.MANDATE_MISSING)
    return found.dispute_admits(now)
