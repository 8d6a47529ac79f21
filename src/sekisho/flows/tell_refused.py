"""Owners learn by notice that an address was refused (R5, R10): the trader himself, and the holders of the accounts that he acts for."""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.accounts import Role
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.kernel.decision import Reason
from sekisho.kernel.events import Fact

__all__ = ["ADDRESS_REASONS", "holders_of", "tell_refused_account", "tell_refused_address"]

ADDRESS_REASONS = frozenset({Reason.ADDRESS_REFUSED, Reason.ADDRESS_UNKNOWN})


def tell_refused_address(record: LoginRecord, program: str, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """His own list refused him, or somebody with his name."""
    notify(NoticeKind.ADDRESS_REFUSED, record, {"program": program}, now, tx, deps)
    for account, _ in tx.accounts.acted_for_by(record.trader.id, now):
        _tell_holders(account.id, record, program, now, tx, deps)


def tell_refused_account(record: LoginRecord, account: str, program: str, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """An account's list refused him: he sees it on his page, and its holder is told."""
    _tell_holders(account, record, program, now, tx, deps)


def holders_of(account: str, now: datetime, tx: Transaction) -> list[str]:
    """The traders who hold the account now: one, as long as nobody has ended his mandate."""
    return [mandate.trader for mandate, _ in tx.accounts.mandates_on(account) if mandate.role is Role.HOLDER and mandate.holds(now)]


def _tell_holders(account: str, refused: LoginRecord, program: str, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    params: dict[str, Fact] = {"who": refused.trader.name, "program": program}
    for holder in holders_of(account, now, tx):
        record = tx.traders.get(holder) if holder != refused.trader.id else None
        if record is not None:
            notify(NoticeKind.DELEGATE_REFUSED, record, params, now, tx, deps)
