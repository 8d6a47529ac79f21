"""Automatic logoff: a session that is over by the clock ends, after its row was read again (P5, R6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sekisho.domain.sessions import EndReason, Session, book_input
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import ChangeKind
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind

__all__ = ["end_over_sessions", "end_when_over", "record_input"]


def record_input(live: LiveSession, age: timedelta, deps: Dependencies) -> LiveSession | Refused:
    """The person did something `age` ago (0 to 60 s). Committed before the answer; a session already over stays over."""
    received = deps.clock()
    mark = deps.memory.mark()
    with deps.storage.transaction() as tx:
        session = tx.sessions.lock(live.session.id)
        if session is None:
            return Refused(Reason.SESSION_UNKNOWN)
        decision = session.admits(received)
        if isinstance(decision, Refused):
            return decision
        session = book_input(session, received, age)
        tx.sessions.save(session)
    booked = replace(live, session=session)
    deps.memory.keep(booked, mark)
    return booked


def end_when_over(session_id: str, deps: Dependencies) -> Session | None:
    """End the session if its row says that it is over; else return the row as it now stands. None when it has ended."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        session = tx.sessions.lock(session_id)
        if session is None or session.ended is not None:
            return None
        decision = session.admits(now)
        if not isinstance(decision, Refused):
            return session
        reason = EndReason.IDLE if decision.reason is Reason.SESSION_IDLE else EndReason.TOO_OLD
        tx.sessions.save(session.end(reason, now))
        tx.changes.append(ChangeKind.SESSION, session.id, now)
        event = Event(EventKind.SESSION_ENDED, trader=session.trader, reason=reason, facts={"session": session.id})
        tx.audit.append(event, now)
    deps.memory.forget_session(session_id)
    deps.observer.session(reason)
    return None


def end_over_sessions(deps: Dependencies, limit: int = 50) -> bool:
    """The owner's timer: sessions that nobody asked about end too, so that the desk and the audit see it. A few at once: the sealer, which
    works in the same thread, has a second (R8). Whether more may wait."""
    with deps.storage.reading() as tx:
        over = tx.sessions.over(deps.clock(), limit)
    for session_id in over:
        end_when_over(session_id, deps)
    return len(over) == limit
