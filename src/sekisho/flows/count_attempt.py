"""Counting an attempt at a secret: reserved as failed before it is checked, settled after (R1, R3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorState
from sekisho.domain.lockout import STRANGERS, Attempts, FailureTotal, Restriction
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import LifeEntry, LoginRecord, Transaction
from sekisho.kernel.decision import Decision, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id

__all__ = ["NOBODY", "Counted", "decoy_index", "decoy_row", "lane_admits", "reserve", "settle_failure", "settle_success"]

NOBODY = "nobody"  # whose row an unknown name is looked for under, where a known one's is
_DECOYS = 4096


@dataclass(frozen=True, slots=True)
class Counted:
    """A reservation that was made: where it counts, and under which id. at: when; None for one that a node left behind."""

    id: str
    authenticator: str
    lane: str
    at: datetime | None = None


def decoy_index(username: str, deps: Dependencies) -> int:
    """Which decoy a name falls to: always the same, and nobody without the key can tell which."""
    digest = hashlib.sha256(deps.keyring.keyed_hash(Purpose.DECOYS, username).encode()).digest()
    return int.from_bytes(digest[:4]) % _DECOYS


def decoy_row(username: str, deps: Dependencies) -> str:
    """One of 4,096 rows that unknown and refused names write to, so that every first step makes the same commits (R1)."""
    return f"decoy_{decoy_index(username, deps):04d}"


def lane_admits(authenticator: str, lane: str, now: datetime, tx: Transaction, deps: Dependencies) -> Decision:
    """Whether an attempt with this authenticator in this lane would be checked."""
    attempts, total = tx.lockouts.read(authenticator, lane)
    decision = total.admits(deps.policies.lockout)
    return decision if decision.refused else attempts.admits(now)


def reserve(
    authenticator: str, lane: str, record: LoginRecord | None, now: datetime, tx: Transaction, deps: Dependencies
) -> Counted | Refused:
    """Count one attempt as failed. Refused ones count nothing and prolong nothing. A decoy row always takes it."""
    attempts, total = tx.lockouts.lock(authenticator, lane)
    policy = deps.policies.lockout
    counted = Counted(new_id("try", now), authenticator, lane, now)
    if authenticator.startswith("decoy_"):
        tx.lockouts.save(authenticator, lane, Attempts(1, now), FailureTotal(1))
        return counted
    for decision in (total.admits(policy), attempts.admits(now)):
        if isinstance(decision, Refused):
            if record is not None and attempts.orphaned(now):
                _settle_orphan(Counted("", authenticator, lane), attempts, total, record, now, tx, deps)
            return decision
    tx.lockouts.save(authenticator, lane, attempts.reserve(counted.id, policy, now), total.reserve())
    return counted


def settle_success(counted: Counted, now: datetime, tx: Transaction) -> bool:
    """The secret was right: own reservation removed, count cleared. False, and nothing done, when its lane was unlocked meanwhile (R1)."""
    attempts, total = tx.lockouts.lock(counted.authenticator, counted.lane)
    if counted.at is not None and attempts.unlocked_since(counted.id, counted.at, now):
        return False
    after = attempts.succeeded(counted.id, now)
    tx.lockouts.save(counted.authenticator, counted.lane, after, total.succeeded(len(after.open)))
    return True


def settle_failure(counted: Counted, record: LoginRecord | None, now: datetime, tx: Transaction, deps: Dependencies) -> bool:
    """The secret was wrong: the count stands. Tells owner and audit when it brought a restriction. Returns whether it did."""
    attempts, total = tx.lockouts.lock(counted.authenticator, counted.lane)
    after = attempts.failed(counted.id, now)
    tx.lockouts.save(counted.authenticator, counted.lane, after, total)
    if record is None:
        return False
    authenticator = _own(record, counted.authenticator)
    if authenticator is None:
        return False
    if not total.admits(deps.policies.lockout).refused:
        restriction = attempts.restriction
        if restriction is not None and restriction.caused_by == counted.id:
            _tell_restriction(counted, after, record, authenticator, now, tx, deps)
        return restriction is not None and not restriction.over(now)
    if authenticator.state is AuthenticatorState.ACTIVE:
        _disable(authenticator, record, now, tx, deps)
    return True


def _settle_orphan(
    counted: Counted, attempts: Attempts, total: FailureTotal, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies
) -> None:
    """A node died between reservation and answer: the next one to be refused brings audit and notice of the restriction."""
    assert attempts.restriction is not None and attempts.restriction.caused_by is not None  # it is orphaned
    after = attempts.failed(attempts.restriction.caused_by, now)
    tx.lockouts.save(counted.authenticator, counted.lane, after, total)
    if authenticator := _own(record, counted.authenticator):
        _tell_restriction(counted, after, record, authenticator, now, tx, deps)


def _own(record: LoginRecord, authenticator: str) -> Authenticator | None:
    return next((one for one in (record.password, record.phone) if one is not None and one.id == authenticator), None)


def _tell_restriction(
    counted: Counted,
    after: Attempts,
    record: LoginRecord,
    authenticator: Authenticator,
    now: datetime,
    tx: Transaction,
    deps: Dependencies,
) -> None:
    restriction = after.restriction
    assert restriction is not None  # the caller has seen it
    facts: dict[str, Fact] = {
        "authenticator": counted.authenticator,
        "method": authenticator.kind.value,
        "strangers": counted.lane == STRANGERS,
        "failures": after.failures,
        "until_unlocked": restriction.until is None,
    }
    tx.audit.append(Event(EventKind.LOGIN_RESTRICTED, trader=record.trader.id, facts=facts), now)
    _notice_restriction(restriction, record, now, tx, deps)


def _notice_restriction(restriction: Restriction, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    if restriction.until is None:
        notify(NoticeKind.LOGIN_RESTRICTED_UNTIL_UNLOCKED, record, {}, now, tx, deps)
    else:
        minutes = -(-int((restriction.until - restriction.since).total_seconds()) // 60)
        notify(NoticeKind.LOGIN_RESTRICTED, record, {"minutes": minutes}, now, tx, deps)


def _disable(authenticator: Authenticator, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """Failures over all lanes reached the limit: this authenticator must be bound anew (N29)."""
    tx.authenticators.save(replace(authenticator, state=AuthenticatorState.DISABLED, changed=now))
    tx.authenticators.note(LifeEntry(authenticator.id, now, "disabled", by="failures"))
    facts: dict[str, Fact] = {"authenticator": authenticator.id, "method": authenticator.kind.value}
    tx.audit.append(Event(EventKind.AUTHENTICATOR_DISABLED, trader=record.trader.id, facts=facts), now)
    notify(NoticeKind.AUTHENTICATOR_DISABLED, record, {}, now, tx, deps)
