"""An account as the broker's own systems name it: by its number (DESIGN §6). They see every account; it is their book."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.domain.accounts import Account, Mandate, Trader
from sekisho.flows.add_account import end_mandate
from sekisho.flows.dependencies import Dependencies
from sekisho.kernel.errors import missing

__all__ = ["AccountCard", "end_mandate_of", "see_account"]


@dataclass(frozen=True, slots=True)
class AccountCard:
    """mandates: past ones too."""

    account: Account
    mandates: list[tuple[Mandate, Trader]]


def see_account(number: str, deps: Dependencies) -> AccountCard:
    """Raises MISSING."""
    with deps.storage.reading() as tx:
        account = tx.accounts.by_number(number.strip().upper())
        if account is None:
            raise missing("account")
        return AccountCard(account, tx.accounts.mandates_on(account.id))


def end_mandate_of(username: str, mandate: str, reason: str, actor: str, deps: Dependencies) -> str:
    """Raises MISSING unless it is a mandate of that trader that has not ended."""
    with deps.storage.reading() as tx:
        record = tx.traders.by_username(username.strip().lower())
        held = tx.accounts.acted_for_by(record.trader.id, deps.clock()) if record else []
    if mandate not in {one.id for _, one in held}:
        raise missing("mandate")
    return end_mandate(mandate, reason, actor, deps)
