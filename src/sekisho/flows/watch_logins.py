"""Logins whose password was right and whose second factor never came: evidence that a password is out (R3, R10, N14)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyState
from sekisho.domain.lockout import STRANGERS
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["close_expired_logins", "two_unfinished_sources"]

EVIDENCE = timedelta(hours=24)


def two_unfinished_sources(but: Ceremony, password_changed: datetime, tx: Transaction) -> bool:
    """Whether strangers from two networks (/32 or /64) left logins with today's password unfinished within 24 h of each other.

    but: the login being completed. The evidence waits for it, however late it comes.
    """
    unfinished = [one for one in tx.ceremonies.unfinished_logins(but.trader, STRANGERS, password_changed) if one.id != but.id]
    return any(one.source != after.source and after.started - one.started <= EVIDENCE for one, after in pairwise(unfinished))


def close_expired_logins(deps: Dependencies, limit: int = 200) -> int:
    """The owner's timer: each login that ran out after a right password becomes a notice to the owner. Returns how many."""
    with deps.storage.reading() as tx:
        expired = tx.ceremonies.expired_logins(deps.clock(), limit)
    for ceremony in expired:  # each for itself: one that cannot be told must not silence the others
        _close(ceremony.token_hash, deps)
    if expired:
        deps.outbox_ready()
    return len(expired)


def _close(token_hash: str, deps: Dependencies) -> None:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        ceremony = tx.ceremonies.lock_by_token(token_hash)
        record = tx.traders.get(ceremony.trader) if ceremony else None
        if ceremony is None or record is None or ceremony.state is not CeremonyState.OPEN:
            return
        tx.ceremonies.save(ceremony.died(now))
        facts: dict[str, Fact] = {"ceremony": ceremony.id, "step": "security_code", "lane": ceremony.lane}
        tx.audit.append(Event(EventKind.LOGIN_REFUSED, trader=ceremony.trader, reason="unfinished", facts=facts), now)
        if ceremony.lane == STRANGERS:
            notify(NoticeKind.PASSWORD_WITHOUT_SECOND_FACTOR, record, {"program": ceremony.program}, now, tx, deps)
