"""Lifting a restriction: by the trader's one press from a known client, or by staff with a recorded identity check (P4, R3).

The press takes no factor, so it does no more than it must: it lifts what is restricted for strangers, stops their logins in progress and
nobody else's, and does nothing once failures since the last success are a third of what disables the authenticator. Then it takes a new
login from a known client, or a call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.accounts.names import typed_username
from sekisho.domain.lockout import STRANGERS, FailureTotal
from sekisho.flows import checkpoint
from sekisho.flows.checkpoint import Action
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import ChangeKind, LoginRecord, Transaction
from sekisho.kernel.errors import invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["StaffAct", "checked_staff_act", "lift_own_restriction", "press_lifts", "strangers_restricted", "unlock_login"]


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
        lifted = _unlock(record, act.actor, facts, now, tx, deps)
    deps.memory.forget_trader(record.trader.id)
    deps.outbox_ready()
    return lifted


def lift_own_restriction(live: LiveSession, deps: Dependencies) -> int:
    """One press of a trader who logged in completely from a known client lifts the strangers' restriction (R3).

    Returns of how many authenticators; 0, with nothing written and nobody told, when none is restricted or the press may not lift it.
    """
    now, trader = deps.clock(), live.trader.id
    with deps.storage.transaction() as tx:
        if not _may_press(live, now, tx, deps):
            return 0
        tx.ceremonies.void_logins(trader, STRANGERS)  # before the trader: the order of locks
        record = tx.traders.lock(trader)
        restricted = _restricted(record, now, tx) if record else {}
        if record is None or not restricted:
            return 0  # another press came first, and stopped those logins as well
        for authenticator in restricted:
            tx.lockouts.unlock(authenticator, STRANGERS)
        facts: dict[str, Fact] = {"lanes": len(restricted), "session": live.session.id}
        tx.audit.append(Event(EventKind.LOGIN_UNRESTRICTED, actor=trader, trader=trader, facts=facts), now)
        notify(NoticeKind.LOGIN_UNRESTRICTED, record, {}, now, tx, deps)
    deps.outbox_ready()
    return len(restricted)


def _may_press(live: LiveSession, now: datetime, tx: Transaction, deps: Dependencies) -> bool:
    record = tx.traders.get(live.trader.id)
    if record is None or live.session.client is None or checkpoint.admits(Action.LIFT_RESTRICTION, live, now).refused:
        return False
    return strangers_restricted(record, now, tx) and press_lifts(record, now, tx, deps)


def strangers_restricted(record: LoginRecord, now: datetime, tx: Transaction) -> bool:
    """Whether strangers are kept from this trader's login now."""
    return bool(_restricted(record, now, tx))


def press_lifts(record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> bool:
    """Whether the trader's press would still lift it (R3); else it takes a new login from a known client first."""
    return _liftable(_restricted(record, now, tx), deps)


def _restricted(record: LoginRecord, now: datetime, tx: Transaction) -> dict[str, FailureTotal]:
    """Of each authenticator that is restricted for strangers now, the failures since its last success."""
    read = {one.id: tx.lockouts.read(one.id, STRANGERS) for one in (record.password, record.phone) if one is not None}
    return {authenticator: total for authenticator, (attempts, total) in read.items() if attempts.admits(now).refused}


def _liftable(restricted: dict[str, FailureTotal], deps: Dependencies) -> bool:
    return all(total.lifts(deps.policies.lockout) for total in restricted.values())


def _unlock(record: LoginRecord, actor: str, facts: dict[str, Fact], now: datetime, tx: Transaction, deps: Dependencies) -> int:
    lanes = []
    for authenticator in (record.password, record.phone):
        if authenticator is not None:
            lanes += tx.lockouts.unlock(authenticator.id, None)
    tx.traders.save(replace(record.trader, gate_version=record.trader.gate_version + 1))
    tx.changes.append(ChangeKind.TRADER, record.trader.id, now)
    facts = {**facts, "lanes": len(lanes)}
    tx.audit.append(Event(EventKind.TRADER_UNLOCKED, actor=actor, trader=record.trader.id, facts=facts), now)
    notify(NoticeKind.LOGIN_UNRESTRICTED, record, {}, now, tx, deps)
    return len(lanes)
