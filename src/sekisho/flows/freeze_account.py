"""An account is frozen: nothing leaves it any more, at once and on every node (R11, R13; J20). Unfreezing needs a new identity check."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sekisho.domain.accounts import Account
from sekisho.domain.instructions import Instruction, InstructionState
from sekisho.flows.dependencies import Dependencies, QueueWebhook
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.tell_refused import holders_of
from sekisho.flows.unlock_login import StaffAct
from sekisho.kernel.errors import Kind as ErrorKind
from sekisho.kernel.errors import SekishoError, invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["FREEZE_REASONS", "freeze_account", "freeze_in", "stop_account", "unfreeze_account"]

FREEZE_REASONS = frozenset({"desk", "disputed", "monitoring", "reported"})


def freeze_account(number: str, reason: str, why: str, actor: str, deps: Dependencies) -> Account:
    """reason: one of FREEZE_REASONS; an account may have several, each lifted by itself (R11). Raises MISSING, INVALID."""
    if reason not in FREEZE_REASONS:
        raise invalid("This is no reason to freeze an account.", reason)
    now = deps.clock()
    with deps.storage.transaction() as tx:
        frozen, _ = freeze_in(_locked(number, tx), reason, why, actor, now, tx, deps)
    deps.outbox_ready()
    return frozen


def freeze_in(
    account: Account, reason: str, why: str, actor: str, now: datetime, tx: Transaction, deps: Dependencies
) -> tuple[Account, list[Instruction]]:
    """In a transaction of the caller's, which holds the account's lock. Freeze wins: what was open on it is cancelled now (R13).

    Returns the account and what was cancelled.
    """
    outcome = stop_account(account, reason, {"why": why[:500]}, actor, now, tx, deps.webhooks)
    if not account.frozen:
        _tell(account, NoticeKind.ACCOUNT_FROZEN, now, tx, deps)
    return outcome


def stop_account(
    account: Account, reason: str, told: dict[str, Fact], actor: str, now: datetime, tx: Transaction, webhooks: QueueWebhook
) -> tuple[Account, list[Instruction]]:
    """As `freeze_in`; its holders are not told. told: what the audit entry says besides."""
    frozen = replace(account, frozen=account.frozen | {reason})
    tx.accounts.freeze(account.id, frozen.frozen)
    ended = []
    for one in tx.instructions.open_of(account.id):
        cancelled = one.settle(InstructionState.CANCELLED, actor, now)
        tx.instructions.save(cancelled)
        ended.append(cancelled)
    facts: dict[str, Fact] = {"freeze": reason, **told, "cancelled": len(ended)}
    tx.audit.append(Event(EventKind.ACCOUNT_FROZEN, actor=actor, account=account.id, facts=facts), now)
    webhooks("account.frozen", {"account": account.number, "reason": reason, "instructions": [one.id for one in ended]}, now, tx)
    return frozen, ended


def unfreeze_account(number: str, reason: str, act: StaffAct, deps: Dependencies) -> Account:
    """Lifts one reason and leaves the others. Raises MISSING, and CONFLICT when it is not frozen for that (J20: a new identity check)."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        account = _locked(number, tx)
        if reason not in account.frozen:
            raise SekishoError(ErrorKind.CONFLICT, "The account is not frozen for that reason.", ", ".join(sorted(account.frozen)))
        open_again = replace(account, frozen=account.frozen - {reason})
        tx.accounts.freeze(account.id, open_again.frozen)
        facts: dict[str, Fact] = {
            "freeze": reason, "why": act.reason, "identity_check": act.identity_check, "still_frozen": bool(open_again.frozen),
        }  # fmt: skip
        tx.audit.append(Event(EventKind.ACCOUNT_UNFROZEN, actor=act.actor, account=account.id, facts=facts), now)
        if not open_again.frozen:
            deps.webhooks("account.unfrozen", {"account": account.number}, now, tx)
            _tell(account, NoticeKind.ACCOUNT_UNFROZEN, now, tx, deps)
    deps.outbox_ready()
    return open_again


def _locked(number: str, tx: Transaction) -> Account:
    found = tx.accounts.by_number(number.strip().upper())
    account = tx.accounts.lock(found.id) if found else None
    if account is None:
        raise missing(f"account {number}")
    return account


def _tell(account: Account, kind: NoticeKind, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    for holder in holders_of(account.id, now, tx):
        record = tx.traders.get(holder)
        if record is not None:
            notify(kind, record, {"account": account.title}, now, tx, deps)
