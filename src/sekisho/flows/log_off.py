"""Sessions end by hand: log off, end one, end all others (P5; N46, V7.4)."""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.sessions import EndReason, Session
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action, quarantined, refuse_object
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import ChangeKind, LoginRecord, Transaction
from sekisho.flows.prove_password import Then, prove_password
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret

__all__ = ["end_one_session", "end_other_sessions", "end_others", "end_session", "log_off", "other_session", "tell_ended"]


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


async def end_other_sessions(password: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> int | Refused:
    """The trader ends every session but this one, with one factor, and forgets every other known client (R3, R6; V7.5.2).

    From a quarantined session the known clients stay: a thief with a relayed code must not take the owner's lane (R4).
    Returns how many sessions ended.
    """

    def end(record: LoginRecord, now: datetime, tx: Transaction) -> list[str]:
        ended = end_others(record, live.session, now, tx)
        tell_ended(ended, record.trader.id, now, tx)
        return ended

    return await _prove_and_end(password, live, caller, deps, end)


def end_others(record: LoginRecord, kept: Session, now: datetime, tx: Transaction) -> list[str]:
    """In a transaction of the caller's, which has the trader's row, and calls `tell_ended` when it has locked all that it will."""
    trader = record.trader.id
    ended = tx.sessions.end_all(trader, EndReason.ENDED_BY_TRADER, now, keep=kept.id)
    if not quarantined(record.trader, kept, now):
        facts: dict[str, Fact] = {"count": tx.known_clients.drop_all(trader, keep=kept.client)}
        tx.audit.append(Event(EventKind.KNOWN_CLIENT_DROPPED, actor=trader, trader=trader, facts=facts), now)
    return ended


def tell_ended(sessions: list[str], trader: str, now: datetime, tx: Transaction) -> None:
    """To the other nodes, and to the audit."""
    _tell(sessions, trader, EndReason.ENDED_BY_TRADER, trader, now, tx)


def other_session(live: LiveSession, session_id: str, deps: Dependencies) -> Session:
    """Another live session of the same trader. Raises MISSING when there is none of that id, audited (R7)."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        found = _other(live, session_id, now, tx)
    if found is None:
        refuse_object(live, "session", session_id, deps)
    return found


async def end_one_session(session_id: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> int | Refused:
    """The trader ends one other session of his, with one factor (R6; V7.5.2). Raises MISSING as `other_session`.

    Its client stays known. Returns how many sessions ended: none when that one has ended meanwhile.
    """
    await deps.run(other_session, live, session_id, deps)

    def end(record: LoginRecord, now: datetime, tx: Transaction) -> list[str]:
        found = _other(live, session_id, now, tx)
        if found is None:
            return []
        tx.sessions.save(found.end(EndReason.ENDED_BY_TRADER, now))
        _tell([found.id], found.trader, EndReason.ENDED_BY_TRADER, found.trader, now, tx)
        return [found.id]

    return await _prove_and_end(password, live, caller, deps, end)


async def _prove_and_end(password: Secret, live: LiveSession, caller: Caller, deps: Dependencies, end: Then[list[str]]) -> int | Refused:
    ended = await prove_password(Action.END_SESSIONS, password, live, caller, deps, end)
    if isinstance(ended, Refused):
        return ended
    for session_id in ended:
        deps.memory.forget_session(session_id)
    return len(ended)


def _other(live: LiveSession, session_id: str, now: datetime, tx: Transaction) -> Session | None:
    others = (one for one in tx.sessions.live_of(live.trader.id) if one.id != live.session.id and not one.admits(now).refused)
    return next((one for one in others if one.id == session_id), None)


def _tell(sessions: list[str], trader: str, reason: EndReason, actor: str, now: datetime, tx: Transaction) -> None:
    for session_id in sessions:
        tx.changes.append(ChangeKind.SESSION, session_id, now)
        facts: dict[str, Fact] = {"session": session_id}
        tx.audit.append(Event(EventKind.SESSION_ENDED, actor=actor, trader=trader, reason=reason, facts=facts), now)
