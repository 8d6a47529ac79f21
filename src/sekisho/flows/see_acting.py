"""Who may do what on an account, from where, and when he last logged in: for its holder, and who manages its security (I20, R7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.domain.accounts import Mandate, Trader
from sekisho.flows.address_lists import guarded_by
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.own_gate import LoginFilter, Outcome
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.see_portal import AccountPage, see_account

__all__ = ["Acting", "ActingPage", "see_acting"]

_SECOND = timedelta(seconds=1)  # the login of this moment counts too


@dataclass(frozen=True, slots=True)
class Acting:
    """A mandate of now with its trader. networks: how many he is limited to; 0 when he may come from anywhere.

    editable: whether the reader may change that list. last_login: the last completed one within this mandate, and no earlier.
    """

    mandate: Mandate
    trader: Trader
    networks: int
    editable: bool
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class ActingPage:
    """networks, editable: of the account's own list, as in `Acting`."""

    page: AccountPage
    networks: int
    editable: bool
    acting: list[Acting]


def see_acting(live: LiveSession, account: str, deps: Dependencies) -> ActingPage:
    """Raises MISSING for an account that is not his to see; who does not manage its security is shown himself alone (R7)."""
    page, now = see_account(live, account, deps), deps.clock()
    with deps.storage.reading() as tx:
        editable = {guarded.id for guarded in guarded_by(live.trader, now, tx)}
        acting = [
            Acting(mandate, trader, _networks(trader.id, now, tx), trader.id in editable, _last_login(mandate, now, tx, deps))
            for mandate, trader in page.traders
        ]
        return ActingPage(page, _networks(account, now, tx), account in editable, acting)


def _networks(owner: str, now: datetime, tx: Transaction) -> int:
    kept = tx.address_lists.get(owner)
    return len(kept.at(now).entries) if kept else 0


def _last_login(mandate: Mandate, now: datetime, tx: Transaction, deps: Dependencies) -> datetime | None:
    since = max(mandate.since, now - deps.policies.sessions.keep_logins)
    found = tx.logins.of([mandate.trader], LoginFilter(since, now + _SECOND, Outcome.COMPLETED), 1)
    return found[0].at if found else None
