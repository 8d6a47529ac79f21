"""Whom the lost part of the log had stopped is stopped again, by what its exported heads carry (R9).

Heads carry no unlock and no lifting: who was let in again since is stopped once more, and so is an account that was opened again; staff
lift it with a recorded identity check. Ids that the copy does not know were made after it; there is nothing to stop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.audit.head import Head
from sekisho.domain.audit.standing import Standing, read_standing
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorState
from sekisho.domain.lockout import STRANGERS, LockoutPolicy
from sekisho.flows.dependencies import QueueWebhook
from sekisho.flows.freeze_account import stop_account
from sekisho.flows.ports.storage import LifeEntry, Transaction
from sekisho.kernel.errors import invalid
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["Again", "standing_of", "stop_again"]

_OVER = (AuthenticatorState.DISABLED, AuthenticatorState.REMOVED)


@dataclass(frozen=True, slots=True)
class Again:
    """Who stops whom again. policy: how long a restriction for a time is. webhooks: the broker is told of freezes once more (R13)."""

    actor: str
    policy: LockoutPolicy
    webhooks: QueueWebhook
    now: datetime


def standing_of(heads: Iterable[Head]) -> list[tuple[Standing, str, str]]:
    """Each once, accounts last. SekishoError INVALID for one that this version cannot read: nothing may be passed over."""
    try:
        named = {read_standing(text) for head in heads for text in head.standing}
        return sorted(named, key=lambda one: (one[0] is Standing.FROZEN, one))
    except ValueError as error:
        raise invalid("The heads carry what this version does not know. Please install a newer one.", str(error)) from None


def stop_again(what: Standing, object_id: str, reason: str, again: Again, tx: Transaction) -> bool:
    """False when this copy knows no such id, or it is stopped as sternly already. reason: of a freeze."""
    match what:
        case Standing.SUSPENDED:
            return _suspend(object_id, again, tx)
        case Standing.FROZEN:
            return _freeze(object_id, reason, again, tx)
        case Standing.ENDED:
            return _end_mandate(object_id, again, tx)
        case Standing.DISABLED:
            return sum(_disable(one, again, tx) for one in _named(object_id, tx)) > 0
        case Standing.RESTRICTED | Standing.LOCKED:
            locked = what is Standing.LOCKED
            return sum(_restrict(one, locked, again, tx) for one in _named(object_id, tx)) > 0


def _named(object_id: str, tx: Transaction) -> list[Authenticator]:
    """The authenticator of that id, or all that a trader of that id has; without removed ones."""
    trader = object_id if object_id.startswith("trd_") else tx.upkeep.trader_of(object_id)
    kept = tx.authenticators.of(trader) if trader else []
    return [one for one in kept if object_id in (one.id, one.trader) and one.state is not AuthenticatorState.REMOVED]


def _restrict(authenticator: Authenticator, until_unlocked: bool, again: Again, tx: Transaction) -> bool:
    """In the strangers' lane: no known client outlives a restore."""
    attempts, total = tx.lockouts.lock(authenticator.id, STRANGERS)
    after = attempts.restricted_again(again.policy, until_unlocked, again.now)
    if after == attempts:
        return False
    tx.lockouts.save(authenticator.id, STRANGERS, after, total)
    facts: dict[str, Fact] = {
        "authenticator": authenticator.id,
        "method": authenticator.kind.value,
        "strangers": True,
        "failures": after.failures,
        "until_unlocked": until_unlocked,
    }
    _audit(EventKind.LOGIN_RESTRICTED, authenticator.trader, facts, again, tx)
    return True


def _disable(authenticator: Authenticator, again: Again, tx: Transaction) -> bool:
    if authenticator.state in _OVER:
        return False
    tx.authenticators.save(replace(authenticator, state=AuthenticatorState.DISABLED, changed=again.now))
    tx.authenticators.note(LifeEntry(authenticator.id, again.now, "disabled", again.actor))
    facts: dict[str, Fact] = {"authenticator": authenticator.id, "method": authenticator.kind.value}
    _audit(EventKind.AUTHENTICATOR_DISABLED, authenticator.trader, facts, again, tx)
    return True


def _suspend(trader: str, again: Again, tx: Transaction) -> bool:
    record = tx.traders.lock(trader)
    if record is None or record.trader.suspended is not None:
        return False
    tx.traders.save(replace(record.trader, suspended=again.now, gate_version=record.trader.gate_version + 1))
    _audit(EventKind.TRADER_SUSPENDED, trader, {}, again, tx)
    return True


def _freeze(account: str, reason: str, again: Again, tx: Transaction) -> bool:
    """Its open instructions are cancelled, as by any freeze."""
    kept = tx.accounts.lock(account)
    if kept is None or reason in kept.frozen:
        return False
    stop_account(kept, reason, {"by_restore": True}, again.actor, again.now, tx, again.webhooks)
    return True


def _end_mandate(mandate: str, again: Again, tx: Transaction) -> bool:
    if tx.accounts.end_mandate(mandate, again.now) is None:
        return False
    _audit(EventKind.MANDATE_ENDED, None, {"mandate": mandate}, again, tx)
    return True


def _audit(kind: EventKind, trader: str | None, facts: dict[str, Fact], again: Again, tx: Transaction) -> None:
    tx.audit.append(Event(kind, actor=again.actor, trader=trader, facts={**facts, "by_restore": True}), again.now)
