"""What a page tells of the session itself: how many messages wait, and, once it has ended, why (R6, R10)."""

from __future__ import annotations

from sekisho.domain.sessions import EndReason
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.found_by import found_by
from sekisho.flows.ports.memory import LiveSession
from sekisho.kernel.secrets import Secret

__all__ = ["end_of_session", "unread_messages"]


def unread_messages(live: LiveSession, deps: Dependencies) -> int:
    with deps.storage.reading() as tx:
        return tx.inbox.unread(live.trader.id)


def end_of_session(token: Secret, deps: Dependencies) -> EndReason | None:
    """Why the session that this token opened has ended; None when there is none, or when it still goes on.

    Only the holder of the token learns it, so it tells a stranger nothing.
    """
    with deps.storage.reading() as tx:
        session = found_by(token, tx.sessions.by_token, deps.keyring)
    return session.end_reason if session else None
