"""What the broker carried out of a disputed instruction makes nothing known to its account (R14): told before the No, or behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.instructions.instruction import CARRIED_OUT_WITHIN
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.spelling import one_spelling
from sekisho.flows.ports.monitoring import Accepted, Outcome
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.times import to_ms

__all__ = ["EXECUTIONS", "dispute_late_executions", "executions_of", "write_dispute"]

_EXECUTIONS = {InstructionKind.WITHDRAWAL: "withdrawal.executed", InstructionKind.BANK_CHANGE: "bank_account.changed"}
EXECUTIONS = frozenset(_EXECUTIONS.values())
_LOOKED_AT = 1_000  # events of an account


def executions_of(found: Instruction, tx: Transaction) -> list[str]:
    """What the broker has told of since, on the same account and to the same payee, within days."""
    asked = tx.events.known([found.event]).get(found.event)
    if found.kind not in _EXECUTIONS or asked is None:
        return []
    later = [row.event for row in tx.events.of_account(found.account, _LOOKED_AT) if row.event.sequence > asked.event.sequence]
    return [event.id for event in later if _follows(event, found)]


def dispute_late_executions(outcomes: Sequence[Outcome], now: datetime, tx: Transaction) -> None:
    """Of what has just entered the log. The disputes follow through the intake."""
    told = [one.event for one in outcomes if isinstance(one, Accepted) and not one.again and one.event.kind in EXECUTIONS]
    accounts = {event.account for event in told if event.account is not None}
    disputed = tx.instructions.in_state(accounts, InstructionState.DISPUTED) if accounts else []
    for event in told:
        if (found := next((one for one in disputed if _follows(event, one)), None)) is not None:
            write_dispute(found, event.id, found.trader, now, tx)


def write_dispute(found: Instruction, event: str, actor: str, now: datetime, tx: Transaction) -> None:
    facts: dict[str, Fact] = {"disputed": event}
    tx.audit.append(Event(EventKind.EVENT_DISPUTED, actor, found.trader, found.account, facts=facts), now)


def _follows(event: MonitoredEvent, found: Instruction) -> bool:
    """Of an event that entered the log behind the instruction, whichever clock it was told by: whether it is what was carried out of it."""
    payees = {one_spelling(str(payee)) for payee in (event.payee, found.details.get("payee"))}
    carries_out = event.kind == _EXECUTIONS.get(found.kind) and len(payees) == 1
    return carries_out and event.account == found.account and event.at <= to_ms(found.received + CARRIED_OUT_WITHIN)
