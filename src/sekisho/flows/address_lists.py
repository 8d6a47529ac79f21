"""Whose lists of addresses somebody may see and change (P3, R5, R7; I20-I21).

    an account's list        its holder, and who manages its security
    the holder's own list    nobody but himself
    another trader's list    who manages the security of every account that he acts for

The last line keeps one holder from opening, or closing, what another one rules: for his own account he has the account's list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sekisho.domain.accounts import Account, Mandate, Right, Role, Trader
from sekisho.domain.ip_restrictions import AddressList, Entries
from sekisho.flows.ports.storage import Transaction

__all__ = ["Guarded", "ListKind", "affected_by", "guarded_account", "guarded_by", "guarded_trader", "kept_list", "people_to_tell"]


class ListKind(StrEnum):
    ACCOUNT = "account"
    TRADER = "trader"


@dataclass(frozen=True, slots=True)
class Guarded:
    """What a list guards. id: of the account or trader. title: its name. accounts: numbers of the accounts that it is about."""

    id: str
    kind: ListKind
    title: str
    accounts: tuple[str, ...] = ()

    @property
    def trader(self) -> str | None:
        return self.id if self.kind is ListKind.TRADER else None

    @property
    def account(self) -> str | None:
        return self.id if self.kind is ListKind.ACCOUNT else None


def guarded_by(editor: Trader, now: datetime, tx: Transaction) -> list[Guarded]:
    """All lists that this trader may change: his own first, then by account."""
    managed = _managed(editor, now, tx)
    found: dict[str, Guarded] = {}
    if _may_edit_trader(editor, editor, {account.id for account in managed}, now, tx):
        found[editor.id] = _of_trader(editor, now, tx)
    for account in managed:
        found[account.id] = _of_account(account)
        for mandate, trader in tx.accounts.mandates_on(account.id):
            if mandate.holds(now) and trader.id not in found and _may_edit_trader(editor, trader, {one.id for one in managed}, now, tx):
                found[trader.id] = _of_trader(trader, now, tx)
    return list(found.values())


def guarded_account(number: str, tx: Transaction) -> Guarded | None:
    """For staff: any account's list."""
    account = tx.accounts.by_number(number.strip().upper())
    return None if account is None else _of_account(account)


def guarded_trader(username: str, now: datetime, tx: Transaction) -> tuple[Guarded, bool] | None:
    """For staff: a trader's list, and whether he is a holder, whose own list only he himself may change."""
    record = tx.traders.by_username(username.strip().lower())
    if record is None:
        return None
    return _of_trader(record.trader, now, tx), _holds_any(_mandates(record.trader, now, tx))


def kept_list(guarded: Guarded, now: datetime, tx: Transaction, *, lock: bool = False) -> AddressList:
    """The list as it stands now; an empty one, of version 0, where none was ever made."""
    kept = tx.address_lists.lock(guarded.id) if lock else tx.address_lists.get(guarded.id)
    return kept.at(now) if kept is not None else AddressList(guarded.id, 0, Entries(), now, "")


def affected_by(guarded: Guarded, now: datetime, tx: Transaction) -> dict[str, str]:
    """Traders whom the list concerns: id → name."""
    if guarded.kind is ListKind.TRADER:
        return {guarded.id: guarded.title}
    return {trader.id: trader.name for mandate, trader in tx.accounts.mandates_on(guarded.id) if mandate.holds(now)}


def people_to_tell(guarded: Guarded, now: datetime, tx: Transaction) -> list[str]:
    """Who gets the notices of a list: the holders concerned, and the trader whose list it is."""
    accounts = [guarded.id]
    people = []
    if guarded.kind is ListKind.TRADER:
        people = [guarded.id]
        accounts = [account.id for account, _ in tx.accounts.acted_for_by(guarded.id, now)]
    for account in accounts:
        people += [mandate.trader for mandate, _ in tx.accounts.mandates_on(account) if mandate.role is Role.HOLDER and mandate.holds(now)]
    return list(dict.fromkeys(people))


def _managed(editor: Trader, now: datetime, tx: Transaction) -> list[Account]:
    return [account for account, mandate in _mandates(editor, now, tx) if mandate.allows(Right.MANAGE_SECURITY, now)]


def _mandates(trader: Trader, now: datetime, tx: Transaction) -> list[tuple[Account, Mandate]]:
    return tx.accounts.acted_for_by(trader.id, now)


def _may_edit_trader(editor: Trader, trader: Trader, managed: set[str], now: datetime, tx: Transaction) -> bool:
    acts_for = _mandates(trader, now, tx)
    if _holds_any(acts_for):
        return editor.id == trader.id
    return bool(acts_for) and {account.id for account, _ in acts_for} <= managed


def _holds_any(mandates: list[tuple[Account, Mandate]]) -> bool:
    return any(mandate.role is Role.HOLDER for _, mandate in mandates)


def _of_account(account: Account) -> Guarded:
    return Guarded(account.id, ListKind.ACCOUNT, account.title, (account.number,))


def _of_trader(trader: Trader, now: datetime, tx: Transaction) -> Guarded:
    return Guarded(trader.id, ListKind.TRADER, trader.name, tuple(account.number for account, _ in _mandates(trader, now, tx)))
