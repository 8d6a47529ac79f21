"""Lifting a restriction: by the trader's one press from a known client, or by staff with a recorded identity check (P4, R3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.accounts.names import typed_username
from sekisho.domain.lockout import STRANGERS
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import ChangeKind, LoginRecord, Transaction
from sekisho.kernel.errors import invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["StaffAct", "checked_staff_act", "lift_own_restriction", "strangers_restricted", "unlock_login"]


@dataclass(frozen=True, slots=True)
class StaffAct:
    """Who of the staff did it, why, and how the customer's identity was checked. actor: `os:NAME` on the command line."""

    actor: str
    reason: str
    identity_check: str


def checked_staff_act(actor: str, reason: str, identity_check: str) -> StaffAct:
    """Raises INVALID unless reason and identity check are written out (R3, J20)."""
    for name, text in (("reason", reason), ("identity check", identity_check)):
        if len(text.strip()) < 5 or not text.isprintable():
            raise invalid("Write the reason and how the identity was checked, in a few words each.", name)
    return StaffAct(actor, reason.strip()[:500], identity_check.strip()[:500])


def unlock_login(username: str, act: StaffAct, deps: Dependencies) -> int:
    """Every lane of every authenticator. The sum of failures stays (R3). Returns how many lanes were restricted."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        found = tx.traders.by_username(typed_username(username))
        record = tx.traders.lock(found.trader.id) if found else None
        if record is None:
            raise missing("trader")
        facts: dict[str, Fact] = {"identity_check": act.identity_check, "why": act.reason}
        lifted = _lift(record, None, act.actor, facts, now, tx, deps)
    deps.memory.forget_trader(record.trader.id)
    deps.outbox_ready()
    return lifted


def lift_own_restriction(live: LiveSession, deps: Dependencies) -> int:
    """One press of a trader who logged in completely from a known client lifts the strangers' restriction (R3)."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(live.trader.id)
        if record is None:
            raise missing("trader")
        lifted = _lift(record, STRANGERS, live.trader.id, {}, now, tx, deps)
    deps.memory.forget_trader(live.trader.id)
    deps.outbox_ready()
    return lifted


def strangers_restricted(record: LoginRecord, now: datetime, tx: Transaction) -> bool:
    """Whether strangers are kept from this trader's login now."""
    for authenticator in (record.password, record.phone):
        if authenticator is not None and tx.lockouts.read(authenticator.id, STRANGERS)[0].admits(now).refused:
            return True
    return False


def _lift(
    record: LoginRecord, lane: str | None, actor: str, facts: dict[str, Fact], now: datetime, tx: Transaction, deps: Dependencies
) -> int:
    lanes = []
    for authenticator in (record.password, record.phone):
        if authenticator is not None:
            lanes += tx.lockouts.unlock(authenticator.id, lane)
    tx.traders.save(replace(record.trader, gate_version=record.trader.gate_version + 1))
    tx.changes.append(ChangeKind.TRADER, record.trader.id, now)
    kind = EventKind.TRADER_UNLOCKED if lane is None else EventKind.LOGIN_UNRESTRICTED
    facts = {**facts, "lanes": len(lanes)}
    tx.audit.append(Event(kind, actor=actor, trader=record.trader.id, facts=facts), now)
    notify(NoticeKind.LOGIN_UNRESTRICTED, record, {}, now, tx, deps)
    return len(lanes)
