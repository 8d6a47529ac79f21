"""Undoing a change of a list while its delay runs, with one factor (R5, I24).

Cancel: what the change would newly allow never takes effect; it only keeps things closed, so any session may. Take back: what it forbade
is allowed again; not from a quarantined session, whose holder may be a thief with a relayed code (R4).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sekisho.domain.ip_restrictions import AddressList
from sekisho.flows.address_lists import guarded_by, kept_list
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import ChangeKind, LoginRecord, Transaction
from sekisho.flows.prove_password import prove_password
from sekisho.flows.restrict_addresses import guarded_list, tell
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret

__all__ = ["cancel_change", "take_back"]

Undo = Callable[[AddressList, str, datetime], AddressList]


async def cancel_change(owner: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> AddressList | Refused:
    """Raises MISSING for a list that is not his, INVALID when nothing waits any more."""
    return await _undo(Action.CANCEL_RESTRICTION, AddressList.cancelled, owner, password, live, caller, deps)


async def take_back(owner: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> AddressList | Refused:
    """Raises MISSING for a list that is not his, INVALID when the delay is over."""
    return await _undo(Action.TAKE_BACK_RESTRICTION, AddressList.taken_back, owner, password, live, caller, deps)


async def _undo(
    action: Action, undo: Undo, owner: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies
) -> AddressList | Refused:
    _, kept = await deps.run(guarded_list, live, owner, deps)
    undo(kept, live.trader.id, deps.clock())  # raises before anything is counted

    def then(record: LoginRecord, now: datetime, tx: Transaction) -> AddressList | Refused:
        return _keep(action, undo, owner, record, now, tx, deps)

    outcome = await prove_password(action, password, live, caller, deps, then)
    if isinstance(outcome, AddressList):
        deps.memory.forget_trader(owner)
        deps.outbox_ready()
    return outcome


def _keep(
    action: Action, undo: Undo, owner: str, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies
) -> AddressList | Refused:
    guarded = next((one for one in guarded_by(record.trader, now, tx) if one.id == owner), None)
    if guarded is None:
        return Refused(Reason.MANDATE_MISSING)
    try:
        after = undo(kept_list(guarded, now, tx, lock=True), record.trader.id, now)
    except SekishoError:
        return Refused(Reason.STATE_CHANGED)  # the delay ended while the password was checked
    tx.address_lists.save(after)
    if guarded.trader is not None:
        tx.changes.append(ChangeKind.TRADER, owner, now)
    facts: dict[str, Fact] = {"version": after.version, "networks": len(after.entries)}
    whose = (guarded.trader, guarded.account)
    tx.audit.append(Event(EventKind.ADDRESS_LIST_CANCELLED, record.trader.id, *whose, reason=action.value, facts=facts), now)
    params: dict[str, Fact] = {"whose": guarded.title, "who": record.trader.name}
    tell(guarded, NoticeKind.ADDRESSES_CANCELLED, params, record.trader, now, tx, deps)
    return after
