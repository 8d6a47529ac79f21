"""The customer learns at once of an instruction that waits for him, or that is held (P7; R10, R13, J16)."""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.instructions import InstructionState
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.monitoring import Accepted
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.tell_refused import holders_of

__all__ = ["ask_customer"]

KINDS = {InstructionState.CHALLENGED: NoticeKind.INSTRUCTION_ASKED, InstructionState.HELD: NoticeKind.INSTRUCTION_HELD}


def ask_customer(accepted: Accepted, now: datetime, tx: Transaction, deps: Dependencies) -> bool:
    """In the commit that judged it: to the trader in whose name it came, and to the account's holder. Whether anybody was told."""
    found = accepted.instruction
    kind = KINDS.get(found.state) if found is not None and not accepted.again else None
    account = tx.accounts.get(found.account) if found is not None and kind is not None else None
    if found is None or kind is None or account is None:
        return False
    for trader in dict.fromkeys([found.trader, *holders_of(account.id, now, tx)]):
        record = tx.traders.get(trader)
        if record is not None:
            notify(kind, record, {"account": account.title}, now, tx, deps)
    return True
