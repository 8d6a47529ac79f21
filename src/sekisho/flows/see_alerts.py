"""What needs a trader's attention now: what was stopped in his name, what is frozen, who else is in (P7; R3, R4, R11, J08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.accounts import Account
from sekisho.domain.instructions import Instruction
from sekisho.domain.sessions import Session
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.unlock_login import press_lifts, strangers_restricted

__all__ = ["Alerts", "alerts_of"]


@dataclass(frozen=True, slots=True)
class Alerts:
    """press_lifts: whether one press still lifts what is restricted for strangers (R3).

    unanswered: instructions in his name that wait for him or are held, newest first. newcomers: other sessions of his from clients
    that were unknown, or that the rules did not trust; empty for a session that is one itself, which may not judge its owner's.
    """

    strangers_restricted: bool
    press_lifts: bool
    unanswered: list[Instruction]
    frozen: list[Account]
    newcomers: list[Session]

    @property
    def any(self) -> bool:
        return self.strangers_restricted or bool(self.unanswered or self.frozen or self.newcomers)


def alerts_of(
    live: LiveSession, record: LoginRecord, accounts: list[Account], now: datetime, tx: Transaction, deps: Dependencies
) -> Alerts:
    """accounts: those he may act for."""
    others = [session for session in tx.sessions.live_of(live.trader.id) if session.id != live.session.id]
    trusted = not live.session.quarantined(now)
    return Alerts(
        strangers_restricted=strangers_restricted(record, now, tx),
        press_lifts=press_lifts(record, now, tx, deps),
        unanswered=tx.instructions.unanswered_by(live.trader.id, now),
        frozen=[account for account in accounts if account.frozen],
        newcomers=[one for one in others if trusted and one.quarantined(now) and not one.admits(now).refused],
    )
