"""The customer is asked whether an instruction is his (P7; R4, R11, R13; J08, J16).

Yes: by a proof made for that one instruction, and only where it was challenged; what is held is never released by a Yes. No: with one
factor, from any session; it wins over every Yes, builds no habit (R14), and freezes the account.
"""

from __future__ import annotations

import json
from datetime import datetime

from sekisho.domain.accounts import Account
from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.notifications.safe_text import quotable
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action, quarantined, refuse_object
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.dispute_execution import executions_of, write_dispute
from sekisho.flows.freeze_account import freeze_in
from sekisho.flows.instruction_gate import origin_admits
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.prove_password import prove_password
from sekisho.flows.step_up import spend_proof
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_, Language, translator
from sekisho.texts.formats import Formats

__all__ = ["act_of", "confirm_instruction", "dispute_instruction", "own_instruction", "see_instructions"]

ACTS = {
    InstructionKind.WITHDRAWAL: N_("withdraw %(amount)s from %(account)s to %(payee)s"),
    InstructionKind.BANK_CHANGE: N_("change the bank account of %(account)s to %(payee)s"),
    InstructionKind.ORDER: N_("%(side)s %(quantity)s of %(symbol)s on %(account)s"),
}
UNNAMED = N_("an unnamed destination")
SIDES = {"buy": N_("buy"), "sell": N_("sell")}


def see_instructions(live: LiveSession, deps: Dependencies) -> list[tuple[Instruction, Account]]:
    """His newest ones, with their accounts; those that wait for him first."""
    with deps.storage.reading() as tx:
        found = tx.instructions.of_trader(live.trader.id, 50)
        accounts = {one.account: tx.accounts.get(one.account) for one in found}
    pairs = [(one, account) for one in found if (account := accounts[one.account]) is not None]
    return sorted(pairs, key=lambda pair: pair[0].state is not InstructionState.CHALLENGED)


def own_instruction(live: LiveSession, instruction: str, deps: Dependencies) -> tuple[Instruction, Account]:
    """One that this trader gave, or that was given in his name; else MISSING, audited (R7)."""
    with deps.storage.reading() as tx:
        found = tx.instructions.get(instruction)
        account = tx.accounts.get(found.account) if found else None
    if found is None or account is None or found.trader != live.trader.id:
        refuse_object(live, "instruction", instruction, deps)
    return found, account


def act_of(instruction: Instruction, account: Account, language: Language, deps: Dependencies) -> str:
    """What a Yes allows, in words: on the page, in the message and in the audit (J08)."""
    say = translator(language).gettext
    formats = Formats(language, deps.policies.firm.time_zone)
    told = instruction.details
    words = {
        "account": quotable(account.title),
        "payee": quotable(str(told.get("payee_name") or "")) or say(UNNAMED),
        "amount": formats.money(int(told.get("amount") or 0), str(told.get("currency") or "JPY")),
        "quantity": formats.number(int(told.get("quantity") or 0)),
        "symbol": quotable(str(told.get("symbol") or "")),
        "side": say(SIDES.get(str(told.get("side")), SIDES["buy"])),
    }
    return say(ACTS[instruction.kind]) % words


def confirm_instruction(token: Secret, digits: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> Instruction | Refused:
    """The proof begun for CONFIRM_INSTRUCTION is spent; the verdict's life begins anew, and the broker is told."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        proven = spend_proof(token, digits, Action.CONFIRM_INSTRUCTION, live, now, tx, deps)
        if isinstance(proven, Refused):
            return proven
        found = _locked(proven.proposal, tx)
        refused = _may_confirm(found, live, now, tx)
        if refused is not None or found is None:
            return refused or Refused(Reason.MANDATE_MISSING)
        confirmed = found.settle(InstructionState.ALLOWED, live.trader.id, now, now + deps.policies.monitoring.instruction_life)
        tx.instructions.save(confirmed)
        tx.audit.append(_event(EventKind.INSTRUCTION_CONFIRMED, confirmed), now)
        deps.webhooks("instruction.confirmed", {"instruction": found.id, "state": confirmed.state.value}, now, tx)
        return confirmed


async def dispute_instruction(
    instruction: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies
) -> Instruction | Refused:
    """No. Before the execution it never happens; after it the broker is asked to cancel (R13). The account is frozen."""
    await deps.run(own_instruction, live, instruction, deps)

    def dispute(record: LoginRecord, now: datetime, tx: Transaction) -> Instruction | Refused:
        found = _locked(instruction, tx)
        if found is None or found.trader != record.trader.id or found.state is InstructionState.DISPUTED:
            return Refused(Reason.STATE_CHANGED)
        was_executing = found.state is InstructionState.EXECUTING
        disputed = found.settle(InstructionState.DISPUTED, record.trader.id, now)
        tx.instructions.save(disputed)
        tx.audit.append(_event(EventKind.INSTRUCTION_DISPUTED, disputed), now)
        for event in (found.event, *executions_of(found, tx)):
            write_dispute(found, event, record.trader.id, now, tx)
        kind = "instruction.cancel" if was_executing else "instruction.disputed"
        deps.webhooks(kind, {"instruction": found.id, "state": disputed.state.value}, now, tx)
        account = tx.accounts.get(found.account)
        if account is not None:
            freeze_in(account, "disputed", f"the trader said No to {found.id}", record.trader.id, now, tx, deps)
        return disputed

    outcome = await prove_password(Action.DISPUTE_INSTRUCTION, password, live, caller, deps, dispute)
    deps.outbox_ready()
    return outcome


def _locked(instruction: str, tx: Transaction) -> Instruction | None:
    """Its account first: a freeze comes before or after, never amid (R13)."""
    seen = tx.instructions.get(instruction)
    if seen is None or tx.accounts.lock(seen.account) is None:
        return None
    return tx.instructions.lock(instruction)


def _may_confirm(found: Instruction | None, live: LiveSession, now: datetime, tx: Transaction) -> Refused | None:
    """Not from a quarantined session, whatever the proof (R4); not on a frozen account; not what the claim would refuse."""
    if found is None or found.trader != live.trader.id:
        return Refused(Reason.MANDATE_MISSING)
    account = tx.accounts.get(found.account)
    if account is None or account.frozen:
        return Refused(Reason.ACCOUNT_FROZEN)
    if quarantined(live.trader, live.session, now):
        return Refused(Reason.QUARANTINED)
    for decision in (found.answer_admits(now), origin_admits(found, now, tx)):
        if isinstance(decision, Refused):
            return decision
    return None


def _event(kind: EventKind, found: Instruction) -> Event:
    facts: dict[str, Fact] = {"instruction": found.id, "verdict": found.verdict, "reasons": json.dumps(found.reasons)}
    return Event(kind, actor=found.trader, trader=found.trader, account=found.account, facts=facts)
