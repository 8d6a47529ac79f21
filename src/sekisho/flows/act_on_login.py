"""What a judged login brings about, in the commit that judged it (P7, R4; J16, N51): quarantine, or the end of its session.

challenge   the session is quarantined for a day: nothing that matters can be changed from it
hold        the same
refuse      the session ends, and a login makes no known client; the trader is told on every way
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sekisho.domain.monitoring.verdict import Verdict
from sekisho.domain.sessions import EndReason, Session
from sekisho.flows.complete_login import QUARANTINE
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.monitoring import Accepted
from sekisho.flows.ports.storage import ChangeKind, Transaction
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["act_on_login"]

LOGIN = "login.completed"
KINDS = frozenset({LOGIN, "session.seen"})


def act_on_login(accepted: Accepted, now: datetime, tx: Transaction, deps: Dependencies) -> str | None:
    """The session that was touched, so that memories forget it."""
    event = accepted.event
    if accepted.verdict is Verdict.ALLOW or event.kind not in KINDS or event.session is None:
        return None
    seen = tx.sessions.get(event.session)
    record = tx.traders.lock(seen.trader) if seen else None
    session = tx.sessions.lock(event.session) if record else None
    if session is None or record is None or session.ended is not None:
        return None
    tx.sessions.save(_touched(session, accepted.verdict, now))
    tx.changes.append(ChangeKind.SESSION, session.id, now)
    if accepted.verdict is Verdict.REFUSE and event.kind == LOGIN and session.client is not None:
        _forget_client(session.trader, session.client, now, tx)
    facts: dict[str, Fact] = {"session": session.id, "verdict": accepted.verdict, "event": event.id, "reasons": accepted.reasons[:2000]}
    tx.audit.append(Event(EventKind.LOGIN_JUDGED, trader=session.trader, facts=facts), now)
    told = NoticeKind.LOGIN_STOPPED if accepted.verdict is Verdict.REFUSE else NoticeKind.LOGIN_SUSPICIOUS
    notify(told, record, {"program": session.program}, now, tx, deps)
    return session.id


def _forget_client(trader: str, client: str, now: datetime, tx: Transaction) -> None:
    """Else a thief who was refused would be no stranger the next time. One known of old goes too: this login rotated its token, so that
    nobody but who was refused can hold the present one. A stolen *session* takes no client from its owner.
    """
    if tx.known_clients.drop(trader, client):
        facts: dict[str, Fact] = {"client": client}
        tx.audit.append(Event(EventKind.KNOWN_CLIENT_DROPPED, trader=trader, reason=EndReason.SUSPICIOUS, facts=facts), now)


def _touched(session: Session, verdict: Verdict, now: datetime) -> Session:
    if verdict is Verdict.REFUSE:
        return session.end(EndReason.SUSPICIOUS, now)
    until = now + QUARANTINE
    kept = session.quarantined_until
    return replace(session, quarantined_until=max(kept, until) if kept else until)
