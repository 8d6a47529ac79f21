"""Sessions end by hand: log off, end one, end all others (P5; N46, V7.4)."""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.sessions import EndReason
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import ChangeKind, Transaction
from sekisho.kernel.errors import missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["end_other_sessions", "end_session", "log_off"]


def log_off(live: LiveSession, deps: Dependencies) -> None:
    """The trader logs off. A session that has ended meanwhile is none the worse."""
    end_session(live.session.id, EndReason.LOGGED_OFF, live.trader.id, deps)


def end_session(session_id: str, reason: EndReason, actor: str, deps: Dependencies) -> None:
    """End one session. Raises MISSING when there is none of that id; ended ones stay as they are."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        session = tx.sessions.lock(session_id)
        if session is None:
            raise missing("session")
        if session.ended is None:
            tx.sessions.save(session.end(reason, now))
            _tell([session.id], session.trader, reason, actor, now, tx)
    deps.memory.forget_session(session_id)
    deps.observer.session(reason)


def end_other_sessions(live: LiveSession, deps: Dependencies) -> int:
    """The trader ends every session but this one, and forgets every other known client (R3, R6). Returns how many ended."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        ended = tx.sessions.end_all(live.trader.id, EndReason.ENDED_BY_TRADER, now, keep=live.session.id)
        dropped = tx.known_clients.drop_all(live.trader.id, keep=live.session.client)
        _tell(ended, live.trader.id, EndReason.ENDED_BY_TRADER, live.trader.id, now, tx)
        facts: dict[str, Fact] = {"count": dropped}
        tx.audit.append(Event(EventKind.KNOWN_CLIENT_DROPPED, actor=live.trader.id, trader=live.trader.id, facts=facts), now)
    for session_id in ended:
        deps.memory.forget_session(session_id)
    return len(ended)


def _tell(sessions: list[str], trader: str, reason: EndReason, actor: str, now: datetime, tx: Transaction) -> None:
    for session_id in sessions:
        tx.changes.append(ChangeKind.SESSION, session_id, now)
        facts: dict[str, Fact] = {"session": session_id}
        tx.audit.append(Event(EventKind.SESSION_ENDED, actor=actor, trader=trader, reason=reason, facts=facts), now)
