"""A trader chooses his own logoff time, within the firm's bounds (P5, I34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sekisho.domain.sessions import idle_of
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import ChangeKind
from sekisho.kernel.errors import invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["set_logoff_time"]


def set_logoff_time(live: LiveSession, minutes: int, deps: Dependencies) -> timedelta:
    """Holds for this and later sessions; other live ones keep theirs. Raises INVALID outside the bounds. Returns the new time."""
    policy = deps.policies.sessions
    if not policy.idle_shortest.total_seconds() <= minutes * 60 <= policy.idle_longest.total_seconds():
        raise invalid("Choose one of the times offered.", "logoff time", minutes="Choose one of the times offered.")
    chosen = timedelta(minutes=minutes)
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(live.trader.id)
        session = tx.sessions.lock(live.session.id)
        if record is None or session is None:
            raise missing("session")
        tx.traders.save(replace(record.trader, logoff_after=chosen))
        tx.sessions.save(replace(session, idle=idle_of(session.channel, chosen, policy)))
        tx.changes.append(ChangeKind.SESSION, session.id, now)
        facts: dict[str, Fact] = {"minutes": minutes}
        tx.audit.append(Event(EventKind.LOGOFF_TIME_CHANGED, actor=live.trader.id, trader=live.trader.id, facts=facts), now)
    deps.memory.forget_session(live.session.id)
    return chosen
