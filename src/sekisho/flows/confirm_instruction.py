"""The customer is asked whether an instruction is his (P7; R4, R5, R7, R13; J08, J16). His No is `dispute_instruction`.

Yes: by a proof made for that one instruction, only where it was challenged, by who may give such a one, and from where the account's list
lets him. What is held is never released by a Yes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from sekisho.domain.accounts import Account, Mandate, Right
from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.instructions.instruction import Detail
from sekisho.domain.notifications.safe_text import quotable
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action, account_for, note_refused_object, quarantined, refuse_object
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.instruction_gate import RIGHTS, origin_admits
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.screen_instruction import life_of
from sekisho.flows.step_up import spend_proof
from sekisho.flows.tell_refused import ADDRESS_REASONS
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_, Language, translator
from sekisho.texts.formats import Formats

__all__ = ["act_of", "answer_event", "confirm_instruction", "instruction_to_confirm", "locked_instruction", "own_instruction"]
__all__ += ["see_instructions", "seen_instruction"]

ACTS = {
    InstructionKind.WITHDRAWAL: N_("withdraw %(amount)s from %(account)s to %(payee)s (ending in %(ending)s)"),
    InstructionKind.BANK_CHANGE: N_("change the bank account of %(account)s to %(payee)s (ending in %(ending)s)"),
    InstructionKind.ORDER: N_("%(side)s %(quantity)s of %(symbol)s on %(account)s (%(terms)s)"),
}
UNNAMED = N_("an unnamed destination")
ORDER_TYPE, LIMIT, NO_LIMIT = N_("type %(type)s"), N_("limit price %(price)s"), N_("without a limit price")
SIDES = {"buy": N_("buy"), "sell": N_("sell")}


def see_instructions(live: LiveSession, deps: Dependencies) -> list[tuple[Instruction, Account | None]]:
    """His newest ones, those that wait for him first. Without the account where its list does not hold his address (`own_instruction`)."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        found = tx.instructions.of_trader(live.trader.id, now, 50)
        seen = {account: account_for(live, account, Right.VIEW, now, tx) for account in {one.account for one in found}}
    pairs = [(one, _shown(seen[one.account])) for one in found]
    return sorted(pairs, key=lambda pair: pair[0].state is not InstructionState.CHALLENGED)


def own_instruction(live: LiveSession, instruction: str, deps: Dependencies) -> tuple[Instruction, Account | None]:
    """One that was given in this trader's name, on an account that he may see now; else MISSING, audited (R7).

    From outside the account's list it comes without the account: of it nothing is told there, but that it waits, so that its owner can say
    No from anywhere (R4, R5).
    """
    now = deps.clock()
    with deps.storage.reading() as tx:
        found = tx.instructions.get(instruction)
        seen = seen_instruction(found, Right.VIEW, live, now, tx)
    if found is None or (isinstance(seen, Refused) and seen.reason not in ADDRESS_REASONS):
        refuse_object(live, "instruction", instruction, deps)
    if isinstance(seen, Refused):
        note_refused_object(live, "account", found.account, deps, seen)
    return found, _shown(seen)


def instruction_to_confirm(live: LiveSession, instruction: str, deps: Dependencies) -> tuple[Instruction, Account]:
    """One of his own that he may say Yes to, and from there: with the right that it takes to give it; else MISSING, audited (R5, R7)."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        found = tx.instructions.get(instruction)
        seen = seen_instruction(found, RIGHTS[found.kind] if found else Right.VIEW, live, now, tx)
    if found is not None and not isinstance(seen, Refused):
        return found, seen[0]
    if found is not None and isinstance(seen, Refused) and seen.reason in ADDRESS_REASONS:
        refuse_object(live, "account", found.account, deps, seen)
    refuse_object(live, "instruction", instruction, deps)


def seen_instruction(
    found: Instruction | None, right: Right, live: LiveSession, now: datetime, tx: Transaction
) -> tuple[Account, Mandate] | Refused:
    """Its account, as `account_for`, if it was given in this trader's name."""
    if found is None or found.trader != live.trader.id:
        return Refused(Reason.MANDATE_MISSING)
    return account_for(live, found.account, right, now, tx)


def _shown(seen: tuple[Account, Mandate] | Refused) -> Account | None:
    return None if isinstance(seen, Refused) else seen[0]


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
        "ending": _ending(str(told.get("payee") or "")),
        "terms": _terms(told, say, formats),
        "side": say(SIDES.get(str(told.get("side")), SIDES["buy"])),
    }
    return say(ACTS[instruction.kind]) % words


def _ending(payee: str) -> str:
    """What is left of an identifier where it is too long to be read, or to stand in a message: its last four characters."""
    return "".join(character for character in payee if character.isalnum())[-4:] or "-"


def _terms(told: Mapping[str, Detail], say: Callable[[str], str], formats: Formats) -> str:
    """Of an order: its type as the broker calls it, and its limit price."""
    type_, limit = quotable(str(told.get("order_type") or "")), told.get("limit_price")
    price = say(NO_LIMIT) if limit is None else say(LIMIT) % {"price": formats.number(int(limit))}
    return f"{say(ORDER_TYPE) % {'type': type_}}, {price}" if type_ else price


def confirm_instruction(token: Secret, digits: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> Instruction | Refused:
    """The proof begun for CONFIRM_INSTRUCTION is spent; the verdict's life begins anew, and the broker is told."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        proven = spend_proof(token, digits, Action.CONFIRM_INSTRUCTION, live, now, tx, deps)
        if isinstance(proven, Refused):
            return proven
        found = locked_instruction(proven.proposal, tx)
        refused = Refused(Reason.MANDATE_MISSING) if found is None else _may_confirm(found, live, now, tx)
        if refused is not None or found is None:
            return refused or Refused(Reason.MANDATE_MISSING)
        expires = now + life_of(found.kind, deps.policies.monitoring)
        confirmed = found.settle(InstructionState.ALLOWED, live.trader.id, now, expires)
        tx.instructions.save(confirmed)
        tx.audit.append(answer_event(EventKind.INSTRUCTION_CONFIRMED, confirmed), now)
        deps.webhooks("instruction.confirmed", {"instruction": found.id, "state": confirmed.state.value}, now, tx)
        return confirmed


def locked_instruction(instruction: str, tx: Transaction) -> Instruction | None:
    """Its account first: a freeze comes before or after, never amid (R13)."""
    seen = tx.instructions.get(instruction)
    if seen is None or tx.accounts.lock(seen.account) is None:
        return None
    return tx.instructions.lock(instruction)


def _may_confirm(found: Instruction, live: LiveSession, now: datetime, tx: Transaction) -> Refused | None:
    """Not without the right to give it, nor from outside the account's list (R5, R7); not from a quarantined session, whatever the proof
    (R4); not on a frozen account; not what the claim would refuse."""
    seen = seen_instruction(found, RIGHTS[found.kind], live, now, tx)
    if isinstance(seen, Refused):
        return seen
    if seen[0].frozen:
        return Refused(Reason.ACCOUNT_FROZEN)
    if quarantined(live.trader, live.session, now):
        return Refused(Reason.QUARANTINED)
    for decision in (found.answer_admits(now), origin_admits(found, now, tx)):
        if isinstance(decision, Refused):
            return decision
    return None


def answer_event(kind: EventKind, found: Instruction) -> Event:
    facts: dict[str, Fact] = {"instruction": found.id, "verdict": found.verdict, "reasons": json.dumps(found.reasons)}
    return Event(kind, actor=found.trader, trader=found.trader, account=found.account, facts=facts)
