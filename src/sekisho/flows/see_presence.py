"""What a page tells of the session itself: how much waits for him, and, once it has ended, why (R6, R10)."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.domain.sessions import EndReason
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.found_by import found_by
from sekisho.flows.ports.memory import LiveSession
from sekisho.kernel.secrets import Secret

__all__ = ["NOTHING_WAITS", "Waiting", "end_of_session", "waiting_for"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Counts beside the menu. instructions: challenged or held."""

    messages: int = 0
    instructions: int = 0


NOTHING_WAITS = Waiting()


def waiting_for(live: LiveSession, deps: Dependencies) -> Waiting:
    with deps.storage.reading() as tx:
        return Waiting(tx.inbox.unread(live.trader.id), len(tx.instructions.unanswered_by(live.trader.id, deps.clock())))


def end_of_session(token: Secret, deps: Dependencies) -> EndReason | None:
    """Why the session that this token opened has ended; None when there is none, or when it still goes on.

    Only the holder of the token learns it, so it tells a stranger nothing.
    """
    with deps.storage.reading() as tx:
        session = found_by(token, tx.sessions.by_token, deps.keyring)
    return session.end_reason if session else None
