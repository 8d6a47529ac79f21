"""What a judged login brings about, in the commit that judged it (P7, R4; J16, N51): quarantine, or the end of its session.

challenge   the session is quarantined for a day: nothing that matters can be changed from it
hold        the same
refuse      the session ends, and a login makes nothing known, neither a client (R3) nor a habit (R14); the trader is told on every way
"""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime

import msgspec

from sekisho.domain.monitoring.verdict import Verdict
from sekisho.domain.sessions import EndReason, Session
from sekisho.flows.complete_login import QUARANTINE
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.dispute_login import dispute_refused_login
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.monitoring import Accepted, KeptReasons, Outcome
from sekisho.flows.ports.storage import ChangeKind, LoginRecord, Transaction
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["act_on_logins", "tell_touched"]

LOGIN = "login.completed"
KINDS = frozenset({LOGIN, "session.seen"})


def act_on_logins(outcomes: Sequence[Outcome], now: datetime, tx: Transaction, deps: Dependencies) -> list[str]:
    """The sessions that were touched: memories forget them, and `tell_touched` tells the nodes once nothing more is to be locked."""
    spoken = [one for one in outcomes if isinstance(one, Accepted) and one.verdict is not Verdict.ALLOW and one.event.kind in KINDS]
    records, sessions = _locked({one.event.session for one in spoken if one.event.session is not None}, tx)
    touched: dict[str, None] = {}
    for one in spoken:
        session = sessions.get(one.event.session or "")
        refused_login = one.verdict is Verdict.REFUSE and one.event.kind == LOGIN
        if refused_login:
            dispute_refused_login(one.event, now, tx)
        if session is not None and (session.ended is None or refused_login):  # who logs off before the verdict is no less refused
            sessions[session.id] = _act(one, session, records[session.trader], now, tx, deps)
            touched[session.id] = None
    return list(touched)


def tell_touched(sessions: Sequence[str], now: datetime, tx: Transaction) -> None:
    for session in sessions:
        tx.changes.append(ChangeKind.SESSION, session, now)


def _locked(ids: Set[str], tx: Transaction) -> tuple[dict[str, LoginRecord], dict[str, Session]]:
    """All at once, in the order of the house: a batch has logins of many traders."""
    traders = {seen.trader for id_ in ids if (seen := tx.sessions.get(id_)) is not None}
    records = {trader: record for trader in sorted(traders) if (record := tx.traders.lock(trader)) is not None}
    locked = [tx.sessions.lock(id_) for id_ in sorted(ids)] if records else []
    return records, {session.id: session for session in locked if session is not None and session.trader in records}


def _act(accepted: Accepted, session: Session, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> Session:
    event = accepted.event
    touched = _touched(session, accepted.verdict, now)
    tx.sessions.save(touched)
    if accepted.verdict is Verdict.REFUSE and event.kind == LOGIN and session.client is not None:
        _forget_client(session.trader, session.client, now, tx)
    facts: dict[str, Fact] = {"session": session.id, "verdict": accepted.verdict, "event": event.id, "reasons": _codes(accepted)}
    tx.audit.append(Event(EventKind.LOGIN_JUDGED, trader=session.trader, facts=facts), now)
    told = NoticeKind.LOGIN_STOPPED if accepted.verdict is Verdict.REFUSE else NoticeKind.LOGIN_SUSPICIOUS
    notify(told, record, {"program": session.program}, now, tx, deps)
    return touched


def _codes(accepted: Accepted) -> str:
    """Of the rules, and no more: what they saw is personal and stands with the event, not in the chain (R8)."""
    kept = msgspec.json.decode(accepted.reasons, type=KeptReasons)
    return json.dumps(list(dict.fromkeys(one.code for one in kept.reasons if one.counts)))


def _forget_client(trader: str, client: str, now: datetime, tx: Transaction) -> None:
    """Else a thief who was refused would be no stranger the next time. One known of old goes too: this login rotated its token, so that
    nobody but who was refused can hold the present one. A stolen *session* takes no client from its owner.
    """
    if tx.known_clients.drop(trader, client):
        facts: dict[str, Fact] = {"client": client}
        tx.audit.append(Event(EventKind.KNOWN_CLIENT_DROPPED, trader=trader, reason=EndReason.SUSPICIOUS, facts=facts), now)


def _touched(session: Session, verdict: Verdict, now: datetime) -> Session:
    if session.ended is not None:
        return session
    if verdict is Verdict.REFUSE:
        return session.end(EndReason.SUSPICIOUS, now)
    until = now + QUARANTINE
    kept = session.quarantined_until
    return replace(session, quarantined_until=max(kept, until) if kept else until)
