"""The owner's timer: changes of lists whose delay is over. The gate itself knows by the clock; this tells owners and audit (R5, R10)."""

from __future__ import annotations

from dataclasses import replace

from sekisho.flows.address_lists import Guarded, ListKind
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind
from sekisho.flows.ports.storage import ChangeKind, Transaction
from sekisho.flows.restrict_addresses import tell
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["apply_due_lists"]


def apply_due_lists(deps: Dependencies, limit: int = 200) -> int:
    """Each in a commit of its own. Returns how many."""
    with deps.storage.reading() as tx:
        due = tx.address_lists.due(deps.clock(), limit)
    for owner in due:
        _apply(owner, deps)
    if due:
        deps.outbox_ready()
    return len(due)


def _apply(owner: str, deps: Dependencies) -> None:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        kept = tx.address_lists.lock(owner)
        if kept is None or kept.due is None or now < kept.due:
            return
        tx.address_lists.save(replace(kept.at(now), version=kept.version + 1))
        widened = kept.pending is not None
        guarded = _guarded(owner, tx)
        facts: dict[str, Fact] = {"version": kept.version + 1, "widened": widened}
        tx.audit.append(Event(EventKind.ADDRESS_LIST_APPLIED, facts=facts, trader=guarded.trader, account=guarded.account), now)
        if guarded.trader is not None:
            tx.changes.append(ChangeKind.TRADER, owner, now)
        if widened:
            tell(guarded, NoticeKind.ADDRESSES_LOOSENED, {"whose": guarded.title}, None, now, tx, deps)


def _guarded(owner: str, tx: Transaction) -> Guarded:
    record = tx.traders.get(owner)
    if record is not None:
        return Guarded(owner, ListKind.TRADER, record.trader.name)
    account = tx.accounts.get(owner)
    return Guarded(owner, ListKind.ACCOUNT, account.title if account else owner)
