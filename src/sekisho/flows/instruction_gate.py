"""What the checkpoint asks of an instruction beyond its rules: when it is judged, at the customer's Yes, and at the claim (R4, R11, R13).

What held when it was judged may hold no longer: the account was frozen, the mandate ended, or the session was somebody else's.
"""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.accounts import Right, Trader
from sekisho.domain.instructions import Instruction, InstructionKind
from sekisho.domain.sessions import Session
from sekisho.flows.checkpoint import address_admits, quarantined
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.addresses import parse_address
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused

__all__ = ["RIGHTS", "origin_admits", "party_admits", "quarantine_admits"]

RIGHTS = {
    InstructionKind.WITHDRAWAL: Right.WITHDRAW,
    InstructionKind.BANK_CHANGE: Right.WITHDRAW,
    InstructionKind.ORDER: Right.TRADE,
}


def party_admits(kind: InstructionKind, account: str, trader: str, now: datetime, tx: Transaction) -> Decision:
    """Whether this trader may do this on that account: freeze wins over everything."""
    kept, record = tx.accounts.get(account), tx.traders.get(trader)
    if kept is None or kept.frozen:
        return Refused(Reason.ACCOUNT_FROZEN)
    if record is None:
        return Refused(Reason.MANDATE_MISSING)
    decision = record.trader.admits()
    if decision.refused:
        return decision
    if record.trader.password_change_needed:  # somebody else has it (R3)
        return Refused(Reason.PASSWORD_CHANGE_NEEDED)
    seen = tx.accounts.seen_by(trader, account, now)
    if seen is None or not seen[1].allows(RIGHTS[kind], now):
        return Refused(Reason.MANDATE_MISSING)
    return Allowed()


def origin_admits(found: Instruction, now: datetime, tx: Transaction) -> Decision:
    """Whether its session, where it names one, is still as good as it was when it was judged, and the account's list lets it come from
    where it came (R5). That the session went idle takes nothing back."""
    record = tx.traders.get(found.trader)
    session = tx.sessions.get(found.session) if found.session else None
    if record is None or (found.session and session is None):
        return Refused(Reason.SESSION_UNKNOWN)
    if session is not None and session.end_reason is not None and session.end_reason.takes_back:
        return Refused(Reason.SESSION_ENDED)
    if (place := _place_admits(found, now, tx)).refused:
        return place
    return quarantine_admits(found.kind, record.trader, session, now)


def _place_admits(found: Instruction, now: datetime, tx: Transaction) -> Decision:
    lists = tx.address_lists.get(found.account)
    if lists is None:
        return Allowed()
    judged = tx.events.known([found.event]).get(found.event)
    place = judged.event.address if judged else None
    return address_admits(lists, found.trader, parse_address(place) if place else None, now)


def quarantine_admits(kind: InstructionKind, trader: Trader, session: Session | None, now: datetime) -> Decision:
    """Nothing leaves the account by a new login, or in the first day after a reset; orders stay open (R4, R16)."""
    if kind is InstructionKind.ORDER or not quarantined(trader, session, now):
        return Allowed()
    return Refused(Reason.QUARANTINED)
